package recording

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parda/media/relay"
)

const testLabel = "witness/puppet+neutral"

// record records pictures of the clip and returns the one segment.
func record(t *testing.T, dir string, play func(*testSource, *feeder, time.Time)) Segment {
	t.Helper()
	r, k := newRecorder(t, dir)
	src := &testSource{}
	if err := r.Start(src, testLabel); err != nil {
		t.Fatal(err)
	}
	play(src, newFeeder(), time.Now())
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	if len(k.segments) != 1 {
		t.Fatalf("%d segments", len(k.segments))
	}
	return k.segments[0]
}

func about(a, b, within time.Duration) bool { return (a - b).Abs() <= within }

func TestASegmentPlaysAndSeeksInOtherPlayers(t *testing.T) {
	dir := t.TempDir()
	began := time.Now()
	s := record(t, dir, func(src *testSource, f *feeder, at time.Time) { src.feed(f, at, 100) })
	if s.File != "0001.webm" || s.Label != testLabel || !about(s.Duration, 4*time.Second, 100*time.Millisecond) || len(s.Gaps) != 0 || !about(s.Start.Sub(began), 0, time.Second) {
		t.Errorf("%+v", s)
	}
	path := filepath.Join(dir, s.File)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != s.SHA256 || int64(len(b)) != s.Size {
		t.Error("hash or size is not the file's")
	}
	again, err := Segments(dir)
	if err != nil || len(again) != 1 || again[0].SHA256 != s.SHA256 || !again[0].Start.Equal(s.Start) || again[0].Duration != s.Duration {
		t.Errorf("Segments says %+v, %v", again, err)
	}
	if missed, err := Missed(dir, func(file string) bool { return file == "0001.webm" }); err != nil || len(missed) != 0 {
		t.Errorf("Missed says %+v, %v, of what is known", missed, err)
	}
	shown := tool(t, "ffprobe", "-v", "error", "-show_entries", "format=duration:stream=codec_name,width,height,nb_read_frames", "-count_frames", "-of", "csv=p=0", path)
	if !strings.Contains(shown, "vp8,160,120,100") || !strings.Contains(shown, "opus,200") {
		t.Errorf("ffprobe sees %q", shown)
	}
	f := strings.Fields(shown)
	if d, err := strconv.ParseFloat(strings.Trim(f[len(f)-1], ","), 64); err != nil || d < 3.9 || d > 4.1 {
		t.Errorf("ffprobe's duration is %q", f[len(f)-1])
	}
	if said := tool(t, "ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"); said != "" {
		t.Errorf("ffmpeg complains: %s", said)
	}
	at := tool(t, "ffprobe", "-v", "error", "-read_intervals", "2.5%+#1", "-select_streams", "v", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", path)
	if !strings.HasPrefix(at, "2.0") || !strings.Contains(at, "K") {
		t.Errorf("seeking to 2.5 s leads to %q, want the key frame at 2 s", at)
	}
}

func TestAGapIsAGapInTheRecordingAndIsTold(t *testing.T) {
	dir := t.TempDir()
	var hole time.Time
	s := record(t, dir, func(src *testSource, f *feeder, at time.Time) {
		hole = src.feed(f, at, 50)
		src.feed(f, hole.Add(3*time.Second), 50)
	})
	if len(s.Gaps) != 1 || !about(s.Gaps[0].Duration, 3*time.Second, 100*time.Millisecond) || !about(s.Gaps[0].Start.Sub(hole), 0, 100*time.Millisecond) {
		t.Fatalf("%+v", s.Gaps)
	}
	if !about(s.Duration, 7*time.Second, 100*time.Millisecond) {
		t.Errorf("the duration is %v, want the true 7 s", s.Duration)
	}
}

func TestAPictureIsRecordedFromAKeyFrameOnlyAlsoWhenTheSourceComesBack(t *testing.T) {
	dir := t.TempDir()
	s := record(t, dir, func(src *testSource, f *feeder, at time.Time) {
		f.i = 10 // mid-way: 15 pictures that are none without what came before
		at = src.feed(f, at, 40)
		f.epoch, f.i, f.vseq, f.aseq, f.vts, f.ats = 2, 5, 9, 9, 1, 1
		src.feed(f, at, 40)
	})
	shown := tool(t, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0", filepath.Join(dir, s.File))
	flags := strings.Fields(shown)
	if len(flags) != 45 || !strings.HasPrefix(flags[0], "K") || !strings.HasPrefix(flags[25], "K") {
		t.Errorf("%d pictures: %v", len(flags), flags)
	}
	if said := tool(t, "ffmpeg", "-v", "warning", "-i", filepath.Join(dir, s.File), "-f", "null", "-"); said != "" {
		t.Errorf("ffmpeg complains: %s", said)
	}
}

func TestSoundAloneAndNothingAtAllAreFine(t *testing.T) {
	dir := t.TempDir()
	s := record(t, dir, func(src *testSource, f *feeder, at time.Time) {
		for range 100 {
			_, audio := f.next(at)
			for _, p := range audio {
				src.give(relay.Audio, p)
			}
			at = at.Add(40 * time.Millisecond)
		}
	})
	if !about(s.Duration, 4*time.Second, 100*time.Millisecond) {
		t.Errorf("%+v", s)
	}
	r, k := newRecorder(t, dir)
	if err := r.Start(&testSource{}, testLabel); err != nil {
		t.Fatal(err)
	}
	if r.State() != On {
		t.Errorf("state %s", r.State())
	}
	if err := r.Stop(); err != nil || len(k.segments) != 0 || r.State() != Off {
		t.Errorf("%v, %d segments of nothing, state %s", err, len(k.segments), r.State())
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != s.File {
		t.Errorf("the folder holds %v, %v", left, err)
	}
	if got := tool(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", filepath.Join(dir, s.File)); strings.TrimSpace(got) != "opus" {
		t.Errorf("ffprobe sees %q", got)
	}
}

// recordUntilKilled is the child of the test below: it records at real time and says what it has been given.
func recordUntilKilled(dir string) {
	r, err := New(Config{Dir: dir})
	if err != nil {
		panic(err)
	}
	src := &testSource{}
	if err := r.Start(src, testLabel); err != nil {
		panic(err)
	}
	f := newFeeder()
	first := f.clip[:25] // one key frame only: nothing but the clock makes the writer write
	f.clip = first
	for range 20 {
		f.clip = append(f.clip[:len(f.clip):len(f.clip)], first[1:]...)
	}
	for range time.Tick(40 * time.Millisecond) {
		at := time.Now()
		src.feed(f, at, 1)
		fmt.Println(at.UnixNano())
	}
}

func TestKillLosesLessThanASecond(t *testing.T) {
	for i := range 3 {
		dir := t.TempDir()
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "PARDA_RECORDING_CHILD="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var last int64
		lines := bufio.NewScanner(out)
		for n := 0; n < 45+13*i && lines.Scan(); n++ {
			if last, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		if err := child.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, out)
		_ = child.Wait() // killed
		got, err := Recover(dir)
		if err != nil || len(got) != 1 {
			t.Fatalf("%v, %v", got, err)
		}
		lost := time.Unix(0, last).Sub(got[0].Start.Add(got[0].Duration))
		if lost > time.Second {
			t.Errorf("kill -9 lost %v", lost)
		}
		t.Logf("kill -9 lost %v", lost)
		if said := tool(t, "ffmpeg", "-v", "warning", "-i", filepath.Join(dir, got[0].File), "-f", "null", "-"); said != "" {
			t.Errorf("ffmpeg complains: %s", said)
		}
	}
}

// part returns the bytes of a file as they are while it is being written.
func part(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	var b []byte
	record(t, dir, func(src *testSource, f *feeder, at time.Time) {
		src.feed(f, at, 100)
		eventually(t, 5*time.Second, "all but the last cluster is written", func() bool {
			var err error
			b, err = os.ReadFile(filepath.Join(dir, "0001.webm.part"))
			return err == nil && bytes.Count(b, []byte{0x1F, 0x43, 0xB6, 0x75}) >= 4
		})
	})
	return b
}

func TestATornTailIsLeftOutAndAllBeforeItStays(t *testing.T) {
	whole := part(t)
	full, err := scan(bytes.NewReader(whole))
	if err != nil || full.torn {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		hurt  func([]byte) []byte
		costs bool // the last cluster
	}{
		"cut":        {func(b []byte) []byte { return b[:len(b)-1000] }, true},
		"zeros":      {func(b []byte) []byte { return append(b, make([]byte, 5000)...) }, false},
		"a hole":     {func(b []byte) []byte { clear(b[len(b)-700 : len(b)-600]); return b }, true},
		"one bit":    {func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, true},
		"head again": {func(b []byte) []byte { return append(b, b[:100]...) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "0007.webm.part"), c.hurt(slices.Clone(whole)), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := Recover(dir)
			if err != nil || len(got) != 1 || got[0].File != "0007.webm" || got[0].Label != testLabel {
				t.Fatalf("%+v %v", got, err)
			}
			if got[0].Duration < full.end-2*time.Second || (got[0].Duration < full.end-full.times[0]) != c.costs {
				t.Errorf("%v of %v are left", got[0].Duration, full.end)
			}
			if said := tool(t, "ffmpeg", "-v", "warning", "-i", filepath.Join(dir, got[0].File), "-f", "null", "-"); said != "" {
				t.Errorf("ffmpeg complains: %s", said)
			}
		})
	}
}

func TestRecoverDoneTwiceGivesTheSameFile(t *testing.T) {
	whole := part(t)
	dir := t.TempDir()
	var first Segment
	for i := range 2 { // a crash after the rename and before the part was removed
		if err := os.WriteFile(filepath.Join(dir, "0001.webm.part"), whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "0001.webm.temp"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Recover(dir)
		if err != nil || len(got) != 1 {
			t.Fatalf("%v %v", got, err)
		}
		if i == 1 && got[0].SHA256 != first.SHA256 {
			t.Error("the second time made another file")
		}
		first = got[0]
	}
	r, _ := newRecorder(t, dir)
	if err := r.Start(&testSource{}, testLabel); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "0002.webm.part")); err != nil {
		t.Error("the next file is not 0002")
	}
}

func TestWhatCannotBeRepairedIsToldAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	junk := bytes.Repeat([]byte("junk"), 1000)
	for name, b := range map[string][]byte{"0001.webm.part": junk, "0002.webm.part": nil, "0003.webm.part": partHead(testLabel, time.Now()), "0004.webm.part": part(t), "notes.txt": junk} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Recover(dir)
	if !errors.Is(err, ErrNotOurs) || len(got) != 1 || got[0].File != "0004.webm" {
		t.Fatalf("%+v %v", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"0001.webm.part", "0004.webm", "notes.txt"}; !slices.Equal(names, want) {
		t.Errorf("left: %v, want %v", names, want)
	}
	if got, err := Recover(filepath.Join(dir, "absent")); err != nil || got != nil {
		t.Errorf("a folder that is not there: %v %v", got, err)
	}
}

func FuzzScan(f *testing.F) {
	b := append(partHead(testLabel, time.Now()), clusterElement([]block{{track: videoTrack, key: true, data: readClip()[0][:20]}, {track: audioTrack, at: time.Second, data: []byte{0xFC, 1}}})...)
	f.Add(b)
	f.Add(b[:len(b)-3])
	f.Add([]byte("junk"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := scan(bytes.NewReader(b))
		if err != nil || len(c.clusters) == 0 {
			return
		}
		var out bytes.Buffer
		if _, err := writeFinal(&out, bytes.NewReader(b), c); err != nil {
			t.Fatal(err)
		}
		again, err := scan(&out)
		if err != nil || again.torn || len(again.times) != len(c.times) || again.end != c.end {
			t.Fatalf("what was finished reads otherwise: %v", err)
		}
		c.segment("", "", 0)
	})
}
