package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// makeClip has ffmpeg make a clip, for a test only.
func makeClip(t *testing.T, args ...string) {
	t.Helper()
	if b, err := exec.Command("ffmpeg", append([]string{"-v", "error", "-y"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %q: %v: %s", args, err, b)
	}
}

func needFFmpeg(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("SKIPPED, NOTHING PROVED: " + tool + " is not installed")
		}
	}
}

// pictures decodes a clip to luma planes, one for each picture.
func pictures(t *testing.T, path string) (y [][]byte, w, h int) {
	t.Helper()
	b, err := exec.Command("ffmpeg", "-v", "error", "-noautorotate", "-i", path, "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newY4MReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := r.next()
		if err == io.EOF {
			return y, r.width, r.height
		}
		if err != nil {
			t.Fatal(err)
		}
		y = append(y, bytes.Clone(p.Y))
	}
}

// A camera may lie on its side, or give two fields for a picture: the figure stands upright and whole whatever the camera, in a clip that says nothing of
// either, with as many pictures as there were.
func TestARotatedOrInterlacedClipGivesAnUprightWholeFigure(t *testing.T) {
	needFFmpeg(t)
	dir := t.TempDir()
	straight := filepath.Join(dir, "straight.mp4")
	makeClip(t, "-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=0.48", "-c:v", "libx264", "-pix_fmt", "yuv420p", straight)
	for _, c := range []struct {
		name, file string
		w, h       int
		args       []string
	}{
		{"as it was taken", "a.mp4", 160, 120, []string{"-i", straight, "-c", "copy"}},
		{"on its side", "b.mp4", 120, 160, []string{"-i", straight, "-c", "copy", "-metadata:s:v:0", "rotate=90"}},
		{"on its head", "c.mp4", 160, 120, []string{"-i", straight, "-c", "copy", "-metadata:s:v:0", "rotate=180"}},
		{"in two fields", "d.mp4", 160, 120, []string{"-f", "lavfi", "-i", "testsrc=size=160x120:rate=50:duration=0.48", "-vf", "tinterlace=interleave_top", "-c:v", "libx264",
			"-flags", "+ilme+ildct", "-x264opts", "tff=1", "-pix_fmt", "yuv420p"}},
		{"in WebM, every sample of colour", "e.webm", 160, 120, []string{"-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=0.48", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv444p"}},
		{"of ten bits", "f.mp4", 160, 120, []string{"-i", straight, "-c:v", "libx264", "-pix_fmt", "yuv420p10le"}},
		{"of full range", "g.mp4", 160, 120, []string{"-i", straight, "-c:v", "libx264", "-pix_fmt", "yuvj420p"}},
		{"with pixels that are not square", "h.mp4", 160, 120, []string{"-i", straight, "-vf", "setsar=4/3", "-c:v", "libx264", "-pix_fmt", "yuv420p"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, out := filepath.Join(dir, c.file), filepath.Join(dir, "out"+c.file)
			makeClip(t, append(c.args, in)...)
			report := runMask(t, "-in", in, "-out", out, "-session", "2")
			got, w, h := pictures(t, out)
			if len(got) != 12 || w != c.w || h != c.h || report.Frames != 12 || report.Faults != 0 || report.Dropped != 0 {
				t.Fatalf("%d pictures of %d by %d, %+v", len(got), w, h, report)
			}
			said, err := exec.Command("ffprobe", "-v", "error", "-show_streams", out).Output()
			if err != nil || bytes.Contains(said, []byte("rotation")) || bytes.Contains(said, []byte("field_order=t")) {
				t.Errorf("the masked clip tells how the camera was held: %v", err)
			}
			// Upright: the lower edge holds the shoulders, which are brighter than the ground along the upper edge; whole: no row tells itself from the next as
			// two fields do.
			edge := func(y int) (sum float64) {
				for x := range w {
					sum += float64(got[11][y*w+x]) / float64(w)
				}
				return sum
			}
			if top, low := edge(2), edge(h-3); low < top+10 {
				t.Errorf("the figure does not stand upright: %.0f above, %.0f below", top, low)
			}
			var odd, even float64
			for y := 0; y+2 < h; y++ {
				for x := range w {
					odd += math.Abs(float64(got[11][y*w+x]) - float64(got[11][(y+1)*w+x]))
					even += math.Abs(float64(got[11][y*w+x]) - float64(got[11][(y+2)*w+x]))
				}
			}
			if odd > even {
				t.Error("the figure is combed")
			}
		})
	}
}

// speeches are clips of licensed speech outside this repository (LibriSpeech, CC BY 4.0); without them a synthetic voice speaks.
func speeches(t *testing.T, dir string) (files []string) {
	found, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "attack", "voice", "eval", "*", "*.flac"))
	last := ""
	for _, f := range found {
		if who := filepath.Dir(f); who != last {
			files, last = append(files, f), who
		}
	}
	if len(files) == 0 {
		if _, err := exec.LookPath("espeak-ng"); err != nil {
			t.Skip("SKIPPED, NOTHING PROVED: neither licensed speech (../shared/attack/voice) nor espeak-ng is here")
		}
		for i, text := range []string{"I saw him at the door. Then he left, and I called my sister.", "No. Nobody told me to say that, and I was never asked before."} {
			f := filepath.Join(dir, fmt.Sprintf("said%d.wav", i))
			if b, err := exec.Command("espeak-ng", "-w", f, text).CombinedOutput(); err != nil {
				t.Fatalf("espeak-ng: %v: %s", err, b)
			}
			files = append(files, f)
		}
	}
	return files
}

// The drawn mouth follows the energy of the masked voice in whole clips with sound: what the figure's picture shows against what the clip's sound holds,
// both as the court gets them.
func TestTheMouthFollowsTheMaskedVoiceOfAClip(t *testing.T) {
	needFFmpeg(t)
	dir := t.TempDir()
	files := speeches(t, dir)
	if os.Getenv("PARDA_SOAK") == "" { // every reader in the long form
		files = files[:2]
	}
	for i, speech := range files {
		in, out := filepath.Join(dir, fmt.Sprintf("in%d.mp4", i)), filepath.Join(dir, fmt.Sprintf("out%d.mp4", i))
		makeClip(t, "-f", "lavfi", "-i", "color=gray:size=320x240:rate=25", "-t", "6", "-i", speech, "-t", "6", "-shortest", "-c:v", "libx264", "-c:a", "aac", "-ar", "48000", in)
		report := runMask(t, "-in", in, "-out", out, "-session", fmt.Sprint(i))
		drawn, _, _ := pictures(t, out)
		sound, err := exec.Command("ffmpeg", "-v", "error", "-i", out, "-ac", "1", "-ar", "48000", "-f", "s16le", "-").Output()
		if err != nil || report.Sound != "masked" || report.Faults != 0 || len(drawn) < 50 {
			t.Fatalf("%v %+v, %d pictures", err, report, len(drawn))
		}
		var dark, energy []float64
		for k, y := range drawn {
			sum, n := 0.0, 0.0
			for _, v := range y { // nobody is read, so the mouth alone moves
				sum -= float64(v)
			}
			var power float64
			for s := k * 1920; s < (k+1)*1920 && 2*s+1 < len(sound); s++ {
				v := float64(int16(binary.LittleEndian.Uint16(sound[2*s:]))) / 32768
				power, n = power+v*v, n+1
			}
			dark, energy = append(dark, sum), append(energy, math.Sqrt(power/cmp.Or(n, 1)))
		}
		r := pearson(dark, energy)
		t.Logf("%s, %.1f s: r2 of the mouth and the masked voice %.2f", filepath.Base(speech), float64(len(drawn))/25, r*math.Abs(r))
		if r < 0 || r*r < .5 {
			t.Errorf("%s: the mouth does not follow the masked voice", filepath.Base(speech))
		}
	}
}

func pearson(a, b []float64) float64 {
	var ma, mb, c, va, vb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(b))
	}
	for i := range a {
		c, va, vb = c+(a[i]-ma)*(b[i]-mb), va+(a[i]-ma)*(a[i]-ma), vb+(b[i]-mb)*(b[i]-mb)
	}
	return c / math.Sqrt(va*vb+1e-12)
}
