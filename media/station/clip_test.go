package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/sys/unix"
)

// buzz is a speech-like sound: pulses at a pitch, in syllables.
func buzz(rate, n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		t := float64(i) / float64(rate)
		v := 0.0
		for k := 1; k < 16; k++ {
			v += math.Sin(2*math.Pi*130*float64(k)*t) / float64(k)
		}
		if math.Mod(t, .5) > .3 {
			v = 0
		}
		out[i] = int16(6000 * v)
	}
	return out
}

func wavFile(t *testing.T, dir string, rate, channels, n int) string {
	t.Helper()
	pcm := buzz(rate, n)
	var b bytes.Buffer
	b.WriteString("RIFF\xff\xff\xff\xffWAVELIST\x04\x00\x00\x00INFOfmt \x10\x00\x00\x00\x01\x00")
	le := func(v any) { binary.Write(&b, binary.LittleEndian, v) }
	le(uint16(channels))
	le(uint32(rate))
	le(uint32(rate * channels * 2))
	le(uint16(channels * 2))
	le(uint16(16))
	b.WriteString("data")
	le(uint32(2 * n * channels))
	for _, v := range pcm {
		for range channels {
			le(v)
		}
	}
	path := filepath.Join(dir, "in.wav")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mask runs the command as a user does and returns its report.
func runMask(t *testing.T, args ...string) clipReport {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"mask"}, args...), &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	var report clipReport
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil || strings.Count(stdout.String(), "\n") != 1 {
		t.Fatalf("stdout %q: %v", &stdout, err)
	}
	return report
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAMaskedWAVHasTheRateAndCountOfItsOriginalInMono(t *testing.T) {
	for _, c := range []struct{ rate, channels, n int }{{16000, 1, 16000}, {48000, 2, 48001}, {44100, 2, 44100}, {8000, 1, 8003}, {11025, 1, 5000}, {48000, 1, 0}, {48000, 1, 1}, {96000, 2, 50000}} {
		dir := t.TempDir()
		out := filepath.Join(dir, "out.wav")
		report := runMask(t, "-in", wavFile(t, dir, c.rate, c.channels, c.n), "-out", out)
		if report.Dropped != 0 || report.Faults != 0 || report.LatencyMs <= 0 || report.Kind != "wav" {
			t.Errorf("%+v: %+v", c, report)
		}
		b := read(t, out)
		got, err := readWAV(bytes.NewReader(b))
		if err != nil || got.rate != c.rate || len(got.samples) != c.n || len(b) != 44+2*c.n {
			t.Errorf("%+v: %d bytes, %v", c, len(b), err)
		}
	}
}

func TestTheMasksOwnDelayIsCut(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.wav")
	const rate = 16000
	runMask(t, "-in", wavFile(t, dir, rate, 1, 4*rate), "-out", out, "-session", "1")
	masked, err := readWAV(bytes.NewReader(read(t, out)))
	if err != nil {
		t.Fatal(err)
	}
	original := toFloat(buzz(rate, 4*rate))
	const hop = rate / 200 // 5 ms
	envelope := func(x []float32) (e []float64) {
		for i := 0; i+hop <= len(x); i += hop {
			sum := 0.0
			for _, v := range x[i : i+hop] {
				sum += float64(v * v)
			}
			e = append(e, math.Sqrt(sum))
		}
		return
	}
	a, b := envelope(original), envelope(masked.samples)
	best, at := 0.0, 0
	for lag := -20; lag <= 40; lag++ {
		sum := 0.0
		for i := 200; i < 700; i++ {
			sum += a[i] * b[i+lag]
		}
		if sum > best {
			best, at = sum, lag
		}
	}
	if at < -4 || at > 4 {
		t.Errorf("the masked sound lags by %d ms", 5*at)
	}
}

func TestTheSameClipAndSeedGiveTheSameBytesAndAnotherSeedOthers(t *testing.T) {
	dir := t.TempDir()
	in := wavFile(t, dir, 16000, 1, 16000)
	name := func(n string) string { return filepath.Join(dir, n+".wav") }
	for n, seed := range map[string]string{"a": "7", "b": "7", "c": "8"} {
		runMask(t, "-in", in, "-out", name(n), "-session", seed)
	}
	for _, n := range []string{"d", "e"} {
		runMask(t, "-in", in, "-out", name(n))
	}
	if !bytes.Equal(read(t, name("a")), read(t, name("b"))) {
		t.Error("the same seed gave other bytes")
	}
	if bytes.Equal(read(t, name("a")), read(t, name("c"))) || bytes.Equal(read(t, name("d")), read(t, name("e"))) {
		t.Error("another seed gave the same bytes")
	}
}

func y4mFile(t *testing.T, dir, chroma string, w, h, frames int) string {
	t.Helper()
	size := map[string]int{"420jpeg": w*h + 2*((w+1)/2)*((h+1)/2), "422": w*h + 2*((w+1)/2)*h, "444": 3 * w * h, "mono": w * h}[chroma]
	var b bytes.Buffer
	b.WriteString("YUV4MPEG2 W" + itoa(w) + " H" + itoa(h) + " F30000:1001 Ip A1:1 C" + chroma + " XSECRET=camera\n")
	for f := range frames {
		b.WriteString("FRAME XTIME=now\n")
		for i := range size {
			b.WriteByte(byte(i*7 + f*13))
		}
	}
	path := filepath.Join(dir, "in.y4m")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestAMaskedY4MHasAPictureForEachOneAndNothingOfTheHeader(t *testing.T) {
	for _, c := range []struct {
		chroma       string
		w, h, frames int
	}{{"420jpeg", 160, 120, 12}, {"420jpeg", 161, 121, 3}, {"422", 96, 64, 4}, {"444", 97, 65, 4}, {"mono", 64, 64, 1}} {
		for _, mode := range []string{modePuppet, modeCard} {
			dir := t.TempDir()
			out := filepath.Join(dir, "out.y4m")
			report := runMask(t, "-in", y4mFile(t, dir, c.chroma, c.w, c.h, c.frames), "-out", out, "-face", mode, "-session", "1")
			b := read(t, out)
			header := "YUV4MPEG2 W" + itoa(c.w) + " H" + itoa(c.h) + " F30000:1001 Ip A1:1 C420jpeg\n"
			want := len(header) + c.frames*(6+c.w*c.h+2*((c.w+1)/2)*((c.h+1)/2))
			if !bytes.HasPrefix(b, []byte(header)) || len(b) != want || report.Frames != c.frames || report.Faults != 0 {
				t.Errorf("%+v %s: %d bytes of %d, %+v", c, mode, len(b), want, report)
			}
		}
	}
}

func TestAMaskedPNGIsAPictureOfTheSameSizeWithNothingOfTheOriginal(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.png")
	img := image.NewRGBA(image.Rect(0, 0, 321, 241))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	img.Set(10, 10, color.RGBA{255, 0, 0, 255})
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	f.Close()
	report := runMask(t, "-in", in, "-out", out)
	masked, err := png.Decode(bytes.NewReader(read(t, out)))
	if err != nil || masked.Bounds() != img.Bounds() || report.Frames != 1 || report.Kind != "png" {
		t.Fatalf("%v, %+v", err, report)
	}
	if r, g, b, _ := masked.At(10, 10).RGBA(); r == 0xffff && g == 0 && b == 0 {
		t.Error("a pixel of the original is left")
	}
}

func TestAMaskedVideoKeepsItsPicturesMasksItsSoundAndDropsItsMetadata(t *testing.T) {
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("SKIPPED, NOTHING PROVED: " + tool + " is not installed")
		}
	}
	for _, ext := range []string{".mp4", ".webm"} {
		dir := t.TempDir()
		in := filepath.Join(dir, "in"+ext)
		made := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=1", "-f", "lavfi", "-i", "sine=frequency=300:duration=1",
			"-metadata", "title=secret-title", "-metadata", "comment=secret-comment", "-shortest", in)
		if b, err := made.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		outs := []string{filepath.Join(dir, "a"+ext), filepath.Join(dir, "b"+ext)}
		for _, out := range outs {
			report := runMask(t, "-in", in, "-out", out, "-session", "3")
			if report.Frames != 25 || report.Sound != "masked" || report.Faults != 0 {
				t.Errorf("%s: %+v", ext, report)
			}
		}
		a := read(t, outs[0])
		if !bytes.Equal(a, read(t, outs[1])) {
			t.Errorf("%s: the same seed gave other bytes", ext)
		}
		if bytes.Contains(a, []byte("secret")) {
			t.Errorf("%s: metadata was carried over", ext)
		}
		b, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_type,nb_read_frames", "-of", "compact", outs[0]).Output()
		if err != nil || !strings.Contains(string(b), "video|nb_read_frames=25") || !strings.Contains(string(b), "audio") {
			t.Errorf("%s: %v %s", ext, err, b)
		}
	}
}

func TestABadClipIsRefusedInASentenceAndNothingIsWritten(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	wav := wavFile(t, dir, 16000, 1, 100)
	good := read(t, wav)
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"no flags":                   {nil, exitUsage},
		"unknown flag":               {[]string{"-x"}, exitUsage},
		"no such file":               {[]string{"-in", filepath.Join(dir, "none.wav")}, exitFailed},
		"a folder":                   {[]string{"-in", t.TempDir() + ".wav"}, exitFailed},
		"text called WAV":            {[]string{"-in", file("text.wav", "hello")}, exitFailed},
		"cut WAV header":             {[]string{"-in", file("cut.wav", string(good[:30]))}, exitFailed},
		"WAV of floats":              {[]string{"-in", file("float.wav", strings.Replace(string(good), "\x10\x00\x00\x00\x01\x00", "\x10\x00\x00\x00\x03\x00", 1))}, exitFailed},
		"text called Y4M":            {[]string{"-in", file("text.y4m", "hello")}, exitFailed},
		"Y4M cut in a picture":       {[]string{"-in", file("cut.y4m", "YUV4MPEG2 W64 H64 F25:1 C420\nFRAME\nxxx")}, exitFailed},
		"Y4M without a picture":      {[]string{"-in", file("empty.y4m", "YUV4MPEG2 W64 H64 F25:1 C420\n")}, exitFailed},
		"Y4M too large":              {[]string{"-in", file("large.y4m", "YUV4MPEG2 W999999 H999999 F25:1 C420\n")}, exitFailed},
		"Y4M of 10 bits":             {[]string{"-in", file("deep.y4m", "YUV4MPEG2 W64 H64 F25:1 C420p10\n")}, exitFailed},
		"text called PNG":            {[]string{"-in", file("text.png", "hello")}, exitFailed},
		"text called MP4":            {[]string{"-in", file("text.mp4", "hello")}, exitFailed},
		"playlist called MP4":        {[]string{"-in", file("list.mp4", "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n")}, exitFailed},
		"text called WebM":           {[]string{"-in", file("text.webm", "hello")}, exitFailed},
		"unknown kind":               {[]string{"-in", file("a.avi", "hello")}, exitFailed},
		"unknown voice":              {[]string{"-in", wav, "-voice", "natural"}, exitFailed},
		"unknown face":               {[]string{"-in", wav, "-face", "blur"}, exitFailed},
		"out of another kind":        {[]string{"-in", wav, "-out", filepath.Join(dir, "out.mp4")}, exitFailed},
		"out in a folder that isn't": {[]string{"-in", wav, "-out", filepath.Join(dir, "none", "out.wav")}, exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			before, _ := os.ReadDir(dir)
			args := append([]string{"mask"}, c.args...)
			if len(c.args) > 1 && !strings.Contains(strings.Join(c.args, " "), "-out") {
				args = append(args, "-out", filepath.Join(dir, "out"+filepath.Ext(c.args[1])))
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), args, &stdout, &stderr)
			after, _ := os.ReadDir(dir)
			if code != c.code || stdout.Len() > 0 || stderr.Len() == 0 || len(after) != len(before) {
				t.Errorf("exit %d, stdout %q, stderr %q, %d files more", code, &stdout, &stderr, len(after)-len(before))
			}
		})
	}
}

// A crash in the middle of a clip, or of the decoder that is started for it, must not leave raw sound or pictures in a core dump.
func TestNoCoreDumpIsLeftByTheOfflineMask(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max > 0 { // a limit that the machine has set already proves nothing
		if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: 1, Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if code := run(t.Context(), []string{"mask", "-in", wavFile(t, dir, 16000, 1, 1600), "-out", filepath.Join(dir, "out.wav")}, io.Discard, io.Discard); code != exitOK {
		t.Fatalf("exit %d", code)
	}
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil || limit.Cur != 0 {
		t.Errorf("core dumps of %d bytes, %v", limit.Cur, err)
	}
}

func TestTheOfflineMaskIsTheLivePathsBlockByBlock(t *testing.T) {
	s := offlineSession("5")
	c := clipConfig{face: modePuppet, voice: modeNeutral}
	one, err := c.masks(s, clipMinSide, clipMinSide)
	if err != nil {
		t.Fatal(err)
	}
	two, err := c.masks(s, clipMinSide, clipMinSide)
	if err != nil {
		t.Fatal(err)
	}
	in := toFloat(buzz(48000, 48000))
	offline := maskSamples(one.voice, one.soundDelay.units, in)
	whole := maskSamples(two.voice, 0, append(in, make([]float32, 960)...)) // the stream of blocks as the live path makes it
	for i, v := range offline.pcm[:47000] {
		if v != whole.pcm[i+one.soundDelay.units] {
			t.Fatalf("sample %d differs", i)
		}
	}
}

func TestResamplingThereAndBackKeepsSpeechAndLength(t *testing.T) {
	for _, rate := range []int{8000, 16000, 22050, 44100, 96000} {
		in := make([]float32, rate)
		for i := range in {
			in[i] = float32(.5 * math.Sin(2*math.Pi*1000*float64(i)/float64(rate)))
		}
		back := resample(resample(in, rate, 48000), 48000, rate)
		worst := 0.0
		for i := rate / 10; i < rate*9/10; i++ {
			worst = max(worst, math.Abs(float64(back[i]-in[i])))
		}
		if worst > 2e-3 || len(back) < rate || len(back) > rate+2 {
			t.Errorf("%d Hz: off by %g, %d samples", rate, worst, len(back))
		}
	}
}

// FuzzReadWAV and FuzzReadY4M: no file makes the station panic, or believe in more than the file holds.
func FuzzReadWAV(f *testing.F) {
	f.Add([]byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x02\x00\x00\x00\x00\x01"))
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := readWAV(iotest.OneByteReader(bytes.NewReader(b)))
		if err == nil && 2*len(s.samples) > len(b) {
			t.Fatalf("%d samples of %d bytes", len(s.samples), len(b))
		}
	})
}

func FuzzReadY4M(f *testing.F) {
	f.Add([]byte("YUV4MPEG2 W64 H64 F25:1 Cmono\nFRAME\n"))
	f.Add([]byte("YUV4MPEG2 W64 H65 F0:0 C444 X\nFRAME\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.Contains(b, []byte("W4")) { // a large picture is a large allocation
			t.Skip()
		}
		y, err := newY4MReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		for range 3 {
			if _, err := y.next(); err != nil {
				if err != io.EOF && err.Error() == "" {
					t.Fatal("an error without a sentence")
				}
				return
			}
		}
	})
}

func TestAnInterruptedMaskLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var stdout, stderr bytes.Buffer
	out := filepath.Join(dir, "out.y4m")
	code := run(ctx, []string{"mask", "-in", y4mFile(t, dir, "420jpeg", 64, 64, 5), "-out", out}, &stdout, &stderr)
	if files, _ := os.ReadDir(dir); code != exitFailed || len(files) != 1 {
		t.Errorf("exit %d, %d files", code, len(files))
	}
}
