package evidence

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"

	"parda/media/relay"
)

// fakeRelay is a relay of the tests: what is fed goes to the taps, where the label may flow.
type fakeRelay struct {
	mu   sync.Mutex
	taps map[string]map[relay.Media]relay.Tap
	keys map[string]int
}

func newFakeRelay() *fakeRelay {
	return &fakeRelay{taps: map[string]map[relay.Media]relay.Tap{}, keys: map[string]int{}}
}

func (s *fakeRelay) Tap(label string, m relay.Media, t relay.Tap) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taps[label] == nil {
		s.taps[label] = map[relay.Media]relay.Tap{}
	}
	s.taps[label][m] = t
	t.Flow(true)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.taps[label], m)
		t.Flow(false)
	}
}

func (s *fakeRelay) RequestKeyFrame(label string) { s.mu.Lock(); s.keys[label]++; s.mu.Unlock() }

func (s *fakeRelay) give(label string, m relay.Media, p relay.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.taps[label][m]; t != nil {
		t.Packet(p)
	}
}

// camera makes the packets of a label: a picture of the recorder's test clip every 40 ms, with a key frame each second, and two Opus packets with a needle in them.
type camera struct {
	label      string
	needle     []byte
	clip       [][]byte
	i          int
	vseq, aseq uint16
	vts, ats   uint32
	pay        codecs.VP8Payloader
	noPicture  bool
}

func newCamera(t testing.TB, label, needle string) *camera {
	t.Helper()
	b, err := os.ReadFile("../../../media/recording/testdata/clip.ivf")
	if err != nil {
		t.Fatal(err)
	}
	c := &camera{label: label, needle: append([]byte{0xF8}, needle...), vseq: 65000, aseq: 65100, vts: 1<<32 - 9000}
	for b = b[32:]; len(b) >= 12; {
		n := int(binary.LittleEndian.Uint32(b))
		c.clip = append(c.clip, b[12:12+n])
		b = b[12+n:]
	}
	return c
}

func (c *camera) shoot(s *fakeRelay, at time.Time) {
	frame := c.clip[c.i%len(c.clip)]
	c.i++
	for i, b := range c.pay.Payload(1100, frame) {
		if !c.noPicture {
			s.give(c.label, relay.Video, relay.Packet{Epoch: 1, Sequence: c.vseq, Timestamp: c.vts, Marker: i == len(frame)/1100, Key: i == 0 && frame[0]&1 == 0, Payload: b, Arrived: at})
		}
		c.vseq++
	}
	c.vts += 3600
	for i := range 2 {
		s.give(c.label, relay.Audio, relay.Packet{Epoch: 1, Sequence: c.aseq, Timestamp: c.ats, Payload: c.needle, Arrived: at.Add(time.Duration(i) * 20 * time.Millisecond)})
		c.aseq++
		c.ats += 960
	}
}

// court is a keeper whose clock the test turns. Its disk runs.
type court struct {
	t       *testing.T
	k       *Keeper
	relay   *fakeRelay
	dir     string
	now     time.Time
	cameras []*camera

	mu    sync.Mutex
	told  []Outcome
	books []Outcome
}

func openLocker(t testing.TB) *Locker {
	t.Helper()
	dir := t.TempDir()
	l, err := OpenLocker(filepath.Join(dir, "evidence"), filepath.Join(dir, "evidence.key"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newCourt(t *testing.T, l *Locker) *court {
	t.Helper()
	c := sleepingCourt(t, l)
	c.wake()
	return c
}

// sleepingCourt is one whose disk does not run yet, as before Start.
func sleepingCourt(t *testing.T, l *Locker) *court {
	t.Helper()
	c := &court{t: t, relay: newFakeRelay(), dir: l.dir, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	c.k = New(Config{Hearing: "case-1", Locker: l, Source: c.relay, Now: func() time.Time { return c.now },
		Register: func(o Outcome) error { c.mu.Lock(); c.books = append(c.books, o); c.mu.Unlock(); return nil }})
	c.k.disk.enter = c.enter
	return c
}

func (c *court) enter(o Outcome) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, o)
	return nil
}

func (c *court) wake() {
	go c.k.disk.run()
	c.t.Cleanup(func() { c.k.disk.close(); <-c.k.disk.done })
}

// carry says who carries what from now on. Every label that anybody carries may be kept.
func (c *court) carry(by Carried) {
	seen := map[string]bool{}
	var labels []string
	for _, of := range by {
		for label := range of {
			if !seen[label] {
				seen[label] = true
				labels = append(labels, label)
			}
		}
	}
	c.k.Carries(c.now, c.now, labels, by)
	c.k.beat(c.now)
}

const both = Picture | Sound

// run lets time pass: pictures come, and the keeper's clock beats.
func (c *court) run(d time.Duration) {
	for end := c.now.Add(d); c.now.Before(end); {
		for _, cam := range c.cameras {
			cam.shoot(c.relay, c.now)
		}
		was := c.now
		c.now = c.now.Add(40 * time.Millisecond)
		if c.now.UnixNano()/int64(turnEvery) != was.UnixNano()/int64(turnEvery) {
			c.k.beat(c.now)
		}
	}
}

func (c *court) flag(id, seat string, ago time.Duration) {
	c.k.Freeze(id, seat, false, c.now.Add(-ago))
	c.k.beat(c.now)
}

// outcomes waits until the disk has done all that it was given.
func (c *court) outcomes() (frozen []Frozen, failed []Failed) {
	c.t.Helper()
	for done := make(chan struct{}); ; {
		c.k.disk.add(func(*disk) { close(done) })
		<-done
		break
	}
	c.settle()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.told) != len(c.books) {
		c.t.Errorf("the hearing was told %d outcomes, the register %d", len(c.told), len(c.books))
	}
	for _, o := range c.told {
		if o.Frozen != nil {
			frozen = append(frozen, *o.Frozen)
		}
		if o.Failed != nil {
			failed = append(failed, *o.Failed)
		}
	}
	return frozen, failed
}

// settle lets the disk's goroutine enter what its jobs left owing: that is done after the jobs of a round.
func (c *court) settle() {
	done := make(chan struct{})
	c.k.disk.add(func(*disk) { close(done) })
	<-done
}

// clear is a clip's content.
func (c *court) clear(f Frozen) []byte {
	c.t.Helper()
	r, err := c.k.cfg.Locker.Open(f.ID, false, f.Sealed.SealedSHA256)
	if err != nil {
		c.t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// plays asks ffmpeg whether it can play a clip from end to end without a complaint, and how many pictures it has.
func (c *court) plays(f Frozen) (pictures string) {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), f.ID+".webm")
	if err := os.WriteFile(path, c.clear(f), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if said := tool(c.t, "ffmpeg", "-v", "warning", "-i", path, "-map", "0:v?", "-f", "null", "-"); said != "" {
		c.t.Errorf("ffmpeg complains: %s", said)
	}
	return strings.TrimSpace(tool(c.t, "ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path))
}

// tool runs a program of ffmpeg's, or skips the test loudly.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed, so nothing says that a player can play this", name)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// onDisk searches every file under a folder.
func onDisk(t *testing.T, dir string, needle []byte) (files []string, bytesThere int64) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		bytesThere += int64(len(b))
		if bytes.Contains(b, needle) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, bytesThere
}

// inRing counts the needles that can still be read in memory.
func (c *court) inRing(label string, needle []byte) (n int) {
	s := c.k.lines[label]
	if s == nil {
		return 0
	}
	if err := s.ring.read(time.Time{}, func(_ relay.Media, p relay.Packet) {
		if bytes.Contains(p.Payload, needle) {
			n++
		}
	}); err != nil {
		c.t.Fatal(err)
	}
	return n
}
