package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/media/relay"
)

// kept40 is what a feeder gives for n pictures of 40 ms each, as somebody kept it.
func kept40(f *feeder, at time.Time, n int) (video, audio []relay.Packet) {
	for i := range n {
		v, a := f.next(at.Add(time.Duration(i) * 40 * time.Millisecond))
		video, audio = append(video, v...), append(audio, a...)
	}
	return video, audio
}

func clipFile(t *testing.T, video, audio []relay.Packet) (path string, s Segment) {
	t.Helper()
	var b bytes.Buffer
	s, err := WriteClip(&b, testLabel, video, audio)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(b.Bytes()); s.SHA256 != hex.EncodeToString(sum[:]) || s.Size != int64(b.Len()) {
		t.Error("hash or size is not the clip's")
	}
	path = filepath.Join(t.TempDir(), "clip.webm")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := tool(t, "ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"); said != "" {
		t.Errorf("ffmpeg complains: %s", said)
	}
	return path, s
}

func TestAClipOfKeptPacketsPlaysWhole(t *testing.T) {
	video, audio := kept40(newFeeder(), time.Now(), 100)
	path, s := clipFile(t, video, audio)
	if !about(s.Duration, 4*time.Second, 100*time.Millisecond) || len(s.Gaps) != 0 {
		t.Errorf("%+v", s)
	}
	shown := tool(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,nb_read_frames", "-count_frames", "-of", "csv=p=0", path)
	if !strings.Contains(shown, "vp8,100") || !strings.Contains(shown, "opus,200") {
		t.Errorf("ffprobe sees %q", shown)
	}
}

func TestAClipHealsOrderAndBeginsWithAKeyFrameAfterEveryHole(t *testing.T) {
	f := newFeeder()
	f.i = 10 // 15 pictures that are none without what came before
	at := time.Now()
	video, audio := kept40(f, at, 40)
	late, more := kept40(f, at.Add(4*time.Second), 50) // of the same epoch
	video, audio = append(video, late...), append(audio, more...)
	f.epoch, f.i, f.vseq, f.vts = 2, 5, 9, 1
	third, rest := kept40(f, at.Add(8*time.Second), 45)
	video, audio = append(video, third...), append(audio, rest...)
	lost := slices.IndexFunc(video, func(p relay.Packet) bool { return p.Key }) + 30
	video = slices.Delete(video, lost, lost+1)
	for i := 0; i+3 < len(video); i += 3 { // neighbours change places, as on a network
		if video[i].Epoch == video[i+1].Epoch {
			video[i].Arrived, video[i+1].Arrived = video[i+1].Arrived, video[i].Arrived
		}
	}
	rand.Shuffle(len(video), func(i, j int) { video[i], video[j] = video[j], video[i] })
	path, s := clipFile(t, video, audio)
	if len(s.Gaps) != 2 {
		t.Errorf("gaps %+v, want the two of over two seconds", s.Gaps)
	}
	flags := strings.Fields(tool(t, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0", path))
	if len(flags) == 0 || !strings.HasPrefix(flags[0], "K") || len(flags) >= 120 || len(flags) < 60 {
		t.Errorf("%d pictures of 135, %v", len(flags), flags)
	}
}

func TestNothingMakesNoClip(t *testing.T) {
	f := newFeeder()
	f.i = 1
	video, _ := kept40(f, time.Now(), 20) // no key frame among them
	for name, v := range map[string][]relay.Packet{"no packets": nil, "no key frame": video} {
		var b bytes.Buffer
		if _, err := WriteClip(&b, testLabel, v, nil); !errors.Is(err, ErrNoPackets) || b.Len() != 0 {
			t.Errorf("%s: %v, %d bytes", name, err, b.Len())
		}
	}
	_, audio := kept40(newFeeder(), time.Now(), 50)
	path, _ := clipFile(t, nil, audio)
	if got := tool(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path); strings.TrimSpace(got) != "opus" {
		t.Errorf("ffprobe sees %q", got)
	}
}
