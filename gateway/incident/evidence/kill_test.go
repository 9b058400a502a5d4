package evidence

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("PARDA_EVIDENCE_CHILD"); dir != "" {
		freezeUntilKilled(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// freezeUntilKilled is the child of the test below: a flag was raised a while ago, packets come in real time, and the disk writes.
func freezeUntilKilled(dir string) {
	l, err := OpenLocker(filepath.Join(dir, "evidence"), filepath.Join(dir, "evidence.key"))
	if err != nil {
		panic(err)
	}
	relay := newFakeRelay()
	k := New(Config{Hearing: "case-1", Locker: l, Source: relay})
	k.Start(func(Outcome) error { return nil })
	k.Carries(time.Now(), time.Now(), []string{"court/hall"}, Carried{"clerk": {"court/hall": both}})
	time.Sleep(600 * time.Millisecond)
	cam := newCamera(new(testing.B), "court/hall", needle)
	tick := time.NewTicker(40 * time.Millisecond)
	for i := 0; ; i++ {
		<-tick.C
		cam.shoot(relay, time.Now())
		if i == 25 {
			k.Freeze("f1", "clerk", false, time.Now())
		}
		if i > 25+75 {
			os.Stdout.WriteString("going\n")
		}
	}
}

func TestKillInTheMinuteAfterAFlagKeepsWhatIsThereAndSaysWhatIsNot(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "PARDA_EVIDENCE_CHILD="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines, n := bufio.NewScanner(out), 0; n < 20 && lines.Scan(); n++ {
	}
	killed := time.Now()
	if err := child.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = child.Wait() // killed
	if files, size := onDisk(t, dir, []byte(needle)); len(files) > 0 || size < 1000 {
		t.Fatalf("%d bytes on disk, in clear in %v", size, files)
	}
	l, err := OpenLocker(filepath.Join(dir, "evidence"), filepath.Join(dir, "evidence.key"))
	if err != nil {
		t.Fatal(err)
	}
	c := sleepingCourt(t, l)
	waiting := []Waiting{{"f1", killed}, {"never reached the disk", killed.Add(-time.Second)}, {"over long ago", killed.Add(-time.Hour)}}
	if err := c.k.Recover(killed, waiting, c.enter); err != nil {
		t.Fatal(err)
	}
	c.wake()
	frozen, failed := c.outcomes()
	if len(frozen) != 1 || frozen[0].Short != Stopped || !slices.Equal(frozen[0].Flags, []string{"f1"}) {
		t.Fatalf("%+v", frozen)
	}
	if lost := killed.Sub(frozen[0].To); lost > 2*time.Second {
		t.Errorf("kill -9 lost %v", lost)
	} else {
		t.Logf("kill -9 lost %v", lost)
	}
	if c.plays(frozen[0]) == "" {
		t.Error("it does not play")
	}
	if len(failed) != 2 || failed[0].Why != Stopped || !slices.Equal(failed[0].Flags, []string{"f1"}) || failed[0].To.Before(killed.Add(50*time.Second)) ||
		!slices.Equal(failed[1].Flags, []string{"never reached the disk"}) {
		t.Errorf("%+v", failed)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "evidence"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), partSuffix) || strings.HasSuffix(e.Name(), metaSuffix) {
			t.Errorf("%s is left", e.Name())
		}
	}
}

func TestAGatewayThatEndsInOrderFinishesWhatIsOpen(t *testing.T) {
	relay := newFakeRelay()
	var told []Outcome
	k := New(Config{Hearing: "case-1", Locker: openLocker(t), Source: relay, Register: func(o Outcome) error { told = append(told, o); return nil }})
	k.Start(func(Outcome) error { return nil })
	k.Carries(time.Now(), time.Now(), []string{"court/hall"}, Carried{"clerk": {"court/hall": both}})
	time.Sleep(600 * time.Millisecond)
	cam := newCamera(t, "court/hall", needle)
	for range 50 {
		cam.shoot(relay, time.Now())
	}
	k.Freeze("f1", "clerk", false, time.Now())
	time.Sleep(300 * time.Millisecond)
	k.Close()
	if len(told) != 2 || told[1].Frozen == nil && told[0].Frozen == nil {
		t.Fatalf("%+v", told)
	}
	for _, o := range told {
		if o.Frozen != nil && o.Frozen.Short != Stopped || o.Failed != nil && o.Failed.Why != Stopped {
			t.Errorf("%+v %+v", o.Frozen, o.Failed)
		}
	}
}
