package proceeding

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/gateway/ledger"
	"parda/media/relay"
)

func TestAfterAPanicTheWitnessIsShownToNobodyAndTheHearingGoesOnAnswering(t *testing.T) {
	c := sit(t)
	c.live()
	err := c.do(t.Context(), func() { // in the hearing's own goroutine: no other step of it comes between
		c.lines.mu.Lock()
		c.lines.trip = true
		c.lines.mu.Unlock()
		c.changed()
	})
	if err == nil {
		t.Error("whoever asked for the step is told that it was done")
	}
	if seen := c.lines.whoSees(); len(seen) > 0 {
		t.Fatalf("after the panic the witness is seen by %v", seen)
	}
	c.until("the bench is told", func() bool { _, told := c.alarms["gateway_fault"]; return told })
	c.must("judge", "entry.add", map[string]any{"kind": "note", "text": "The picture is gone."})
	c.must("judge", "testimony.pause", nil)
	if seen := c.lines.whoSees(); len(seen) > 0 {
		t.Errorf("a command after the panic shows the witness to %v", seen)
	}
}

func TestALogThatDoesNotFollowHidesTheWitnessUntilTheJudgeResumes(t *testing.T) {
	c := sit(t)
	c.live()
	if _, err := c.cfg.Ledger.Checkpoint(t.Context(), "h1"); err != nil {
		t.Fatal(err)
	}
	var logs []string
	err := filepath.WalkDir(filepath.Join(c.folder, "ledger"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "tile" {
			logs = append(logs, path)
			return fs.SkipDir
		}
		return err
	})
	if err != nil || len(logs) != 1 {
		t.Fatalf("the log's tiles: %v %v", logs, err)
	}
	if err := os.Rename(logs[0], logs[0]+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(logs[0], nil, 0o600); err != nil { // a file in the way: nothing can be written below it
		t.Fatal(err)
	}
	c.must("judge", "entry.add", map[string]any{"kind": "note", "text": "kept in the store"})
	c.until("the log is seen not to follow", func() bool { return c.unproven })
	if seen := c.lines.whoSees(); len(seen) > 0 {
		t.Errorf("without a log that proves it the witness is seen by %v", seen)
	}
	if err := errors.Join(os.Remove(logs[0]), os.Rename(logs[0]+".away", logs[0])); err != nil {
		t.Fatal(err)
	}
	c.until("the log follows again", func() bool { return !c.unproven })
	c.inside(func() {
		if c.state.Testimony.Phase == hearing.Live {
			t.Error("testimony goes on by itself")
		}
	})
	if seen := c.lines.whoSees(); len(seen) > 0 {
		t.Errorf("before the judge resumed the witness is seen by %v", seen)
	}
	c.certify()
	c.must("judge", "testimony.call", nil)
	if len(c.lines.whoSees()) == 0 {
		t.Error("the judge resumed and nobody sees the witness")
	}
	events, err := c.cfg.Ledger.Load(t.Context(), "h1")
	if err != nil {
		t.Fatal(err)
	}
	if last, err := c.cfg.Ledger.Checkpoint(t.Context(), "h1"); err != nil || last.Size < uint64(len(events)) {
		t.Errorf("the log covers %d of %d events: %v", last.Size, len(events), err)
	}
}

func TestNoPublicationOutlivesItsPage(t *testing.T) {
	for name, during := range map[string]func(c *court){
		"the seat is taken back while its connection is made": func(c *court) { c.inside(func() { c.drop("defence", "seat_taken") }) },
		"the page offers again while its connection is made": func(c *court) {
			s, _ := c.current("defence")
			if _, err := c.Send(c.t.Context(), s, "v=0\r\nm=audio 9 x\r\n"); err != nil {
				c.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := sit(t)
			s, _ := c.page("defence")
			c.lines.mu.Lock()
			c.lines.whileMade = func() { during(c) }
			c.lines.mu.Unlock()
			if _, err := c.Send(t.Context(), s, "v=0\r\nm=audio 9 x\r\n"); err != nil {
				t.Fatal(err)
			}
			var held int
			c.inside(func() {})
			c.inside(func() {
				for _, a := range c.sessions {
					if a.publication != "" {
						held++
					}
				}
			})
			if open := c.lines.connections(); open != held {
				t.Errorf("%d publications are open, and pages hold %d", open, held)
			}
		})
	}
}

func TestAPlayerIsCutWhenItsSeatIsTakenBack(t *testing.T) {
	c := sit(t)
	welcome := Hold{Check: func() error { return nil }}
	if _, _, err := c.Watch(t.Context(), "gallery", "offer", welcome); err != nil {
		t.Fatal(err)
	}
	if c.lines.connections() != 1 {
		t.Fatal("a player of the gallery receives nothing")
	}
	c.inside(func() { c.drop("gallery", "seat_taken") })
	if c.lines.connections() != 0 {
		t.Error("a player receives after its seat was taken back")
	}
	if _, _, err := c.Watch(t.Context(), "gallery", "offer", Hold{Check: func() error { return access.ErrRemoved }}); err == nil || c.lines.connections() != 0 {
		t.Errorf("a seat that was taken back while the connection was made: %v, %d connections", err, c.lines.connections())
	}
	if _, _, err := c.Watch(t.Context(), "defence", "offer", welcome); err == nil {
		t.Error("counsel's seat receives without a page")
	}
}

func TestASeatHasSoManyPagesAndNoMore(t *testing.T) {
	c := sit(t)
	for i := range sessionsOfSeat {
		if _, refused := c.page("defence"); refused != 0 {
			t.Fatalf("page %d is refused with %d", i+1, refused)
		}
	}
	if _, refused := c.page("defence"); refused == 0 {
		t.Error("one page more is let in")
	}
	if _, refused := c.page("judge"); refused != 0 {
		t.Errorf("another seat is refused with %d", refused)
	}
}

func TestARecordingThatCannotBeFinishedStandsInTheProtocolAndIsRepairedBeforeItIsSigned(t *testing.T) {
	c := sit(t)
	c.live()
	var label string
	c.inside(func() {
		for label = range c.record.flowing {
			break
		}
	})
	tap := c.lines.tapped(label)
	for i := range 50 { // a second of sound
		tap.Packet(relay.Packet{Epoch: 1, Sequence: uint16(i), Timestamp: uint32(960 * i), Payload: []byte{0xf8, 0xff, 0xfe}, Arrived: time.Now()})
	}
	c.until("the file has grown", func() bool { return partsOf(c) > 1024 })
	names, err := filepath.Glob(filepath.Join(c.folder, "h1", "recordings", "*.webm.part"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no file is being written: %v", err)
	}
	// A folder stands where the finished file must go, until the hearing is closed.
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(strings.TrimSuffix(name, ".part"), "in the way"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c.must("judge", "testimony.pause", nil)
	c.until("the bench is told", func() bool { _, told := c.alarms["recorder_stopped"]; return told })
	for _, name := range names {
		if err := os.RemoveAll(strings.TrimSuffix(name, ".part")); err != nil {
			t.Fatal(err)
		}
	}
	c.must("judge", "testimony.release", nil)
	c.must("judge", "hearing.close", nil)
	c.until("the protocol is rendered", func() bool { return c.state.Signing != nil })
	events, err := c.cfg.Ledger.Load(t.Context(), "h1")
	if err != nil {
		t.Fatal(err)
	}
	if !entered(events, hearing.RecordingFailed) {
		t.Error("that the file could not be finished is not entered")
	}
	if !entered(events, hearing.RecordingSegment) {
		t.Error("the file was not repaired before the protocol was rendered")
	}
}

// partsOf is how many bytes the files hold that are being written.
func partsOf(c *court) (bytes int64) {
	names, _ := filepath.Glob(filepath.Join(c.folder, "h1", "recordings", "*.webm.part"))
	for _, name := range names {
		if st, err := os.Stat(name); err == nil {
			bytes += st.Size()
		}
	}
	return bytes
}

func TestTheRecordersJobsAreDoneInOrderAndAllBeforeTheEnd(t *testing.T) {
	j := newJobs()
	var done []int
	begin, ended := make(chan struct{}), make(chan struct{})
	j.add(func() { <-begin })
	for i := range 1000 { // the hearing never waits for a disk that stands still
		j.add(func() { done = append(done, i) })
	}
	go func() { defer close(ended); j.run() }()
	j.add(func() { j.add(func() { done = append(done, 1000) }) }) // what a job asks for is done too
	close(begin)
	j.close()
	<-ended
	if len(done) != 1001 {
		t.Fatalf("%d of 1001 jobs were done", len(done))
	}
	for i, n := range done {
		if n != i {
			t.Fatalf("job %d was done as number %d", n, i)
		}
	}
}

func entered(events []ledger.Event, code hearing.Code) bool {
	for _, e := range events {
		if e.Code == string(code) {
			return true
		}
	}
	return false
}
