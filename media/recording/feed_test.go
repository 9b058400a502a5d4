package recording

import (
	"encoding/binary"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"
	"go.uber.org/goleak"

	"parda/media/relay"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("PARDA_RECORDING_CHILD"); dir != "" {
		recordUntilKilled(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("did not happen within %v: %s", within, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// testSource is a relay of the tests: what is fed goes to the taps.
type testSource struct {
	mu   sync.Mutex
	taps map[relay.Media]relay.Tap
	keys int
}

func (s *testSource) Tap(_ string, m relay.Media, t relay.Tap) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taps == nil {
		s.taps = map[relay.Media]relay.Tap{}
	}
	s.taps[m] = t
	t.Flow(true)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.taps, m)
		t.Flow(false)
	}
}

func (s *testSource) RequestKeyFrame(string) { s.mu.Lock(); s.keys++; s.mu.Unlock() }

func (s *testSource) give(m relay.Media, p relay.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.taps[m]; t != nil {
		t.Packet(p)
	}
}

// readClip returns the frames of testdata/clip.ivf: 100 pictures at 25 a second, a key frame each second.
func readClip() [][]byte {
	b, err := os.ReadFile("testdata/clip.ivf")
	if err != nil {
		panic(err)
	}
	var out [][]byte
	for b = b[32:]; len(b) >= 12; {
		n := int(binary.LittleEndian.Uint32(b))
		out = append(out, b[12:12+n])
		b = b[12+n:]
	}
	return out
}

// feeder makes packets of a clip and of Opus silence, with RTP numbers and times of its own.
type feeder struct {
	clip       [][]byte
	i          int
	epoch      uint64
	vseq, aseq uint16
	vts, ats   uint32
	pay        codecs.VP8Payloader
}

func newFeeder() *feeder {
	return &feeder{clip: readClip(), epoch: 1, vseq: 65530, aseq: 65500, vts: 1<<32 - 9000, ats: 77}
}

// next gives the packets of the next 40 ms, which arrive at at.
func (f *feeder) next(at time.Time) (video, audio []relay.Packet) {
	frame := f.clip[f.i%len(f.clip)]
	f.i++
	parts := f.pay.Payload(300, frame)
	for i, b := range parts {
		video = append(video, relay.Packet{Epoch: f.epoch, Sequence: f.vseq, Timestamp: f.vts, Marker: i == len(parts)-1, Key: i == 0 && frame[0]&1 == 0, Payload: b, Arrived: at})
		f.vseq++
	}
	f.vts += 3600
	for i := range 2 {
		audio = append(audio, relay.Packet{Epoch: f.epoch, Sequence: f.aseq, Timestamp: f.ats, Payload: []byte{0xF8, 0xFF, 0xFE}, Arrived: at.Add(time.Duration(i) * 20 * time.Millisecond)})
		f.aseq++
		f.ats += 960
	}
	return video, audio
}

func (s *testSource) feed(f *feeder, at time.Time, pictures int) time.Time {
	for range pictures {
		video, audio := f.next(at)
		for _, p := range video {
			s.give(relay.Video, p)
		}
		for _, p := range audio {
			s.give(relay.Audio, p)
		}
		at = at.Add(40 * time.Millisecond)
	}
	return at
}

// tool runs a program of ffmpeg's, or skips the test loudly.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed, so nothing says that other players can play this", name)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// newRecorder makes a recorder whose segments and stops are kept.
func newRecorder(t *testing.T, dir string) (*Recorder, *kept) {
	t.Helper()
	k := &kept{}
	r, err := New(Config{Dir: dir, OnSegment: k.segment, OnStopped: k.stop})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop() })
	return r, k
}

type kept struct {
	mu       sync.Mutex
	segments []Segment
	stops    []error
}

func (k *kept) segment(s Segment) { k.mu.Lock(); k.segments = append(k.segments, s); k.mu.Unlock() }
func (k *kept) stop(err error)    { k.mu.Lock(); k.stops = append(k.stops, err); k.mu.Unlock() }

func (k *kept) stopped() []error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]error(nil), k.stops...)
}
