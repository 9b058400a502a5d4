package evidence

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

func near(a, b time.Time, within time.Duration) bool { return a.Sub(b).Abs() <= within }

func TestAClipHoldsTheMinuteBeforeAndTheMinuteAfterAndPlays(t *testing.T) {
	c := newCourt(t, openLocker(t))
	c.cameras = []*camera{newCamera(t, "court/hall", needle)}
	c.carry(Carried{"clerk": {"court/hall": both}})
	c.run(3 * time.Minute)
	pressed := c.now
	c.flag("f1", "clerk", 0)
	c.run(After + 3*time.Second)
	frozen, failed := c.outcomes()
	if len(frozen) != 1 || len(failed) != 0 {
		t.Fatalf("%+v %+v", frozen, failed)
	}
	f := frozen[0]
	if !near(f.From, pressed.Add(-Before), 1100*time.Millisecond) || !near(f.To, pressed.Add(After), 200*time.Millisecond) || f.Gaps != 0 || f.Short != "" || !slices.Equal(f.Flags, []string{"f1"}) || f.Label != "court/hall" {
		t.Errorf("%+v, pressed %v", f, pressed)
	}
	if n, err := strconv.Atoi(c.plays(f)); err != nil || n < 3000 || n > 3030 {
		t.Errorf("%d pictures, %v", n, err)
	}
}

func TestAClipHoldsNothingThatTheSeatDidNotCarry(t *testing.T) {
	c := newCourt(t, openLocker(t))
	hall, witness, dock := newCamera(t, "court/hall", "HALL-needle-1"), newCamera(t, "witness/puppet+neutral", "WITNESS-needle-2"), newCamera(t, "court/dock", "DOCK-needle-3")
	c.cameras = []*camera{hall, witness, dock}
	everything := map[string]Tracks{"court/hall": both, "witness/puppet+neutral": both, "court/dock": both}
	c.carry(Carried{"bench": everything, "lawyer": {"court/hall": both, "court/dock": Picture}, "support": {}})
	c.run(65 * time.Second)
	hall.needle = []byte("\xf8HALL-needle-later")
	c.carry(Carried{"bench": everything, "lawyer": {"court/dock": Picture}, "support": {}}) // the hall is taken from her
	c.run(20 * time.Second)
	c.flag("of the lawyer", "lawyer", 0)
	c.flag("of who carries nothing", "support", 0)
	c.flag("of nobody", "gone", 0)
	c.run(After + 3*time.Second)
	frozen, failed := c.outcomes()
	if len(failed) != 0 || len(frozen) != 2 {
		t.Fatalf("%+v %+v", frozen, failed)
	}
	for _, f := range frozen {
		b := c.clear(f)
		switch f.Label {
		case "court/hall":
			if !bytes.Contains(b, []byte("HALL-needle-1")) || bytes.Contains(b, []byte("HALL-needle-later")) {
				t.Error("the hall's clip does not end where the hall was taken from the seat")
			}
		case "court/dock":
			if bytes.Contains(b, []byte("DOCK-needle-3")) || c.plays(f) == "" {
				t.Error("a seat that had the dock's picture alone got its sound, or no picture")
			}
		default:
			t.Errorf("a clip of %s, which the seat never carried", f.Label)
		}
		if !slices.Equal(f.Flags, []string{"of the lawyer"}) {
			t.Errorf("the clip of %s is said to be of %v", f.Label, f.Flags)
		}
	}
}

func TestATrackThatBeginsAfterTheFlagIsInItsClip(t *testing.T) {
	c := newCourt(t, openLocker(t))
	c.carry(Carried{"lawyer": {}})
	c.run(5 * time.Second)
	c.flag("f1", "lawyer", 0)
	c.run(20 * time.Second)
	c.cameras = []*camera{newCamera(t, "witness/puppet+neutral", needle)}
	c.carry(Carried{"lawyer": {"witness/puppet+neutral": both}})
	c.run(After - 20*time.Second + 3*time.Second)
	frozen, failed := c.outcomes()
	if len(frozen) != 1 || len(failed) != 0 || !near(frozen[0].To.Add(-frozen[0].Duration), frozen[0].From, time.Second) || frozen[0].Duration < 38*time.Second || frozen[0].Duration > 41*time.Second {
		t.Fatalf("%+v %+v", frozen, failed)
	}
}

func TestFiveHundredFlagsInAMinuteShareTheirClips(t *testing.T) {
	c := newCourt(t, openLocker(t))
	c.cameras = []*camera{newCamera(t, "court/hall", needle), newCamera(t, "witness/puppet+neutral", "other")}
	seats := []string{"bench", "clerk", "prosecution", "defence", "lawyer", "interpreter"}
	by := Carried{}
	for _, s := range seats {
		by[s] = map[string]Tracks{"court/hall": both, "witness/puppet+neutral": both}
	}
	c.carry(by)
	c.run(70 * time.Second)
	for i := range 500 {
		c.flag(fmt.Sprintf("f%d", i), seats[i%len(seats)], 0)
		c.run(120 * time.Millisecond)
	}
	c.run(After + 3*time.Second)
	frozen, failed := c.outcomes()
	of := map[string]int{}
	var kept, span time.Duration
	for _, f := range frozen {
		for _, flag := range f.Flags {
			of[flag+" "+f.Label]++
		}
		kept += f.Duration
	}
	span = 2 * (Before + time.Minute + After)
	if len(frozen) != 2 || len(failed) != 0 || kept > span+4*time.Second {
		t.Errorf("%d clips of %v in all, failed %v", len(frozen), kept, failed)
	}
	for i := range 500 {
		for _, label := range []string{"court/hall", "witness/puppet+neutral"} {
			if n := of[fmt.Sprintf("f%d %s", i, label)]; n != 1 {
				t.Fatalf("flag %d has %d clips of %s", i, n, label)
			}
		}
	}
	if _, size := onDisk(t, c.dir, []byte(needle)); size > 4*int64(len(c.clear(frozen[0]))+len(c.clear(frozen[1]))) {
		t.Errorf("%d bytes are on disk", size)
	}
}

func TestADiscreetFlagSharesNoClipWithOneThatOthersMayKnow(t *testing.T) {
	c := newCourt(t, openLocker(t))
	c.cameras = []*camera{newCamera(t, "court/hall", needle)}
	c.carry(Carried{"clerk": {"court/hall": both}, "lawyer": {"court/hall": both}})
	c.run(70 * time.Second)
	pressed := c.now
	c.flag("open", "clerk", 0)
	c.run(45 * time.Second)
	c.k.Freeze("discreet", "lawyer", true, c.now)
	c.k.beat(c.now)
	c.run(After + 3*time.Second)
	frozen, failed := c.outcomes()
	if len(frozen) != 2 || len(failed) != 0 {
		t.Fatalf("%+v %+v", frozen, failed)
	}
	for _, f := range frozen {
		if len(f.Flags) != 1 || f.Flags[0] == "open" && !near(f.To, pressed.Add(After), time.Second) || f.Flags[0] == "discreet" && f.Duration < 115*time.Second {
			t.Errorf("%v from %v to %v", f.Flags, f.From.Sub(pressed), f.To.Sub(pressed))
		}
	}
	if frozen[0].Flags[0] != "open" {
		t.Error("the clip of the open flag waited for the discreet one")
	}
}

func TestFlagsWithoutEndKeepLittleMoreThanTwiceWhatWasCarriedAndMissNothing(t *testing.T) {
	c := newCourt(t, openLocker(t))
	c.cameras = []*camera{newCamera(t, "court/hall", needle)}
	c.carry(Carried{"clerk": {"court/hall": both}, "lawyer": {"court/hall": both}})
	c.run(70 * time.Second)
	began := c.now
	pressed := map[string]time.Time{}
	for i := range 40 { // over 14 minutes, and then two that come after a clip was ended
		id := fmt.Sprintf("f%d", i)
		pressed[id] = c.now
		c.flag(id, []string{"clerk", "lawyer"}[i%2], 0)
		c.run(21 * time.Second)
	}
	c.run(45 * time.Second)
	pressed["late"] = c.now
	c.flag("late", "clerk", 0)
	c.run(After + 3*time.Second)
	frozen, failed := c.outcomes()
	if len(failed) != 0 {
		t.Fatalf("%+v", failed)
	}
	var kept time.Duration
	for _, f := range frozen {
		kept += f.Duration
		if f.Duration > MostSpan+Before+margin+10*time.Second {
			t.Errorf("a clip of %v", f.Duration)
		}
	}
	if most := 22 * c.now.Sub(began.Add(-Before)) / 10; kept > most {
		t.Errorf("%v are kept of %v", kept, c.now.Sub(began))
	}
	for id, at := range pressed {
		var mine []Frozen
		for _, f := range frozen {
			if slices.Contains(f.Flags, id) {
				mine = append(mine, f)
			}
		}
		for want := at.Add(-Before + 2*time.Second); want.Before(at.Add(After - 2*time.Second)); want = want.Add(time.Second) {
			if !slices.ContainsFunc(mine, func(f Frozen) bool { return !f.From.After(want) && !f.To.Before(want) }) {
				t.Fatalf("%s: %v of its window is in none of its %d clips", id, want.Sub(at), len(mine))
			}
		}
	}
	t.Logf("%d clips, %v kept of %v", len(frozen), kept, c.now.Sub(began))
}

func TestAFlagPressedWhileTheLinkWasDownGetsWhatIsThereAndTheEntrySaysSo(t *testing.T) {
	c := newCourt(t, openLocker(t))
	c.cameras = []*camera{newCamera(t, "court/hall", needle)}
	c.carry(Carried{"lawyer": {"court/hall": both}})
	c.run(4 * time.Minute)
	now := c.now
	c.flag("soon", "lawyer", 45*time.Second)
	c.flag("long ago", "lawyer", 3*time.Minute)
	c.run(After)
	frozen, failed := c.outcomes()
	if len(frozen) != 1 || frozen[0].Short != OlderThanRing || !slices.Equal(frozen[0].Flags, []string{"soon"}) || frozen[0].From.Before(now.Add(-Forget-time.Second)) || !near(frozen[0].To, now.Add(15*time.Second), time.Second) {
		t.Errorf("%+v", frozen)
	}
	if len(failed) != 1 || failed[0].Why != OlderThanRing || !slices.Equal(failed[0].Flags, []string{"long ago"}) {
		t.Errorf("%+v", failed)
	}
}

func TestWhatIsNotFrozenIsSaidAndNeverPassedOver(t *testing.T) {
	for name, c := range map[string]struct {
		break_ func(*court)
		flags  int
		why    string
	}{
		"the disk is full": {func(c *court) {
			c.k.cfg.Locker.open = func(string) (file, error) { return nil, syscall.ENOSPC }
		}, 1, DiskFailed},
		"the locker is full": {func(c *court) {
			c.k.cfg.Most = 1000
			if err := os.WriteFile(filepath.Join(c.dir, "old.sealed"), make([]byte, 1001), 0o600); err != nil {
				c.t.Fatal(err)
			}
		}, 1, NoRoom},
		"too many flags": {func(c *court) {}, mostFlags + 3, TooMany},
	} {
		t.Run(name, func(t *testing.T) {
			court := newCourt(t, openLocker(t))
			court.cameras = []*camera{newCamera(t, "court/hall", needle)}
			court.carry(Carried{"clerk": {"court/hall": both}})
			court.run(3 * time.Second)
			c.break_(court)
			for i := range c.flags {
				court.k.Freeze(fmt.Sprintf("f%d", i), "clerk", false, court.now)
			}
			court.k.beat(court.now)
			court.run(After + 3*time.Second)
			frozen, failed := court.outcomes()
			said := map[string]bool{}
			for _, f := range frozen {
				for _, id := range f.Flags {
					said[id] = true
				}
			}
			reasons := 0
			for _, f := range failed {
				for _, id := range f.Flags {
					said[id] = true
				}
				if f.Why == c.why {
					reasons++
				}
			}
			if reasons == 0 || len(said) != c.flags {
				t.Errorf("%d of %d flags have an outcome; failed %d, frozen %d", len(said), c.flags, len(failed), len(frozen))
			}
		})
	}
}

func TestADiskThatFailsInTheMiddleKeepsWhatIsThere(t *testing.T) {
	c := newCourt(t, openLocker(t))
	c.cameras = []*camera{newCamera(t, "court/hall", needle)}
	c.carry(Carried{"clerk": {"court/hall": both}})
	c.run(65 * time.Second)
	c.flag("f1", "clerk", 0)
	c.run(20 * time.Second)
	c.outcomes()
	broken := false
	c.k.disk.add(func(d *disk) {
		p := &c.k.lines["court/hall"].open.clip.paper
		p.part, broken = &brittle{p.part}, true
	})
	c.run(After)
	frozen, failed := c.outcomes()
	if !broken || len(failed) != 0 || len(frozen) != 1 || frozen[0].Short != DiskFailed || frozen[0].Duration < 75*time.Second || frozen[0].Duration > 90*time.Second {
		t.Fatalf("%+v %+v", frozen, failed)
	}
}

// brittle is a file that takes nothing more.
type brittle struct{ file }

func (b *brittle) Write([]byte) (int, error) { return 0, syscall.EIO }

func TestAnOutcomeThatCannotBeEnteredIsTriedAgain(t *testing.T) {
	l := openLocker(t)
	c := newCourt(t, l)
	c.cameras = []*camera{newCamera(t, "court/hall", needle)}
	c.carry(Carried{"clerk": {"court/hall": both}})
	c.run(3 * time.Second)
	c.flag("f1", "clerk", 0)
	deaf := c.k.disk.enter
	c.k.disk.add(func(d *disk) { d.enter = func(Outcome) error { return io.ErrClosedPipe } })
	c.run(After + 3*time.Second)
	if frozen, _ := c.outcomes(); len(frozen) != 0 {
		t.Fatal("it was entered")
	}
	// The gateway ends before it could be entered, and starts again: the clip is found.
	again := sleepingCourt(t, l)
	if err := again.k.Recover(c.now, nil, again.enter); err != nil {
		t.Fatal(err)
	}
	found := len(again.told) == 1 && again.told[0].Frozen != nil && len(again.books) == 1
	if !found || !bytes.Contains(again.clear(*again.told[0].Frozen), []byte(needle)) {
		t.Errorf("%+v", again.told)
	}
	c.k.disk.add(func(d *disk) { d.enter = deaf })
	if frozen, _ := c.outcomes(); len(frozen) != 1 {
		t.Errorf("%d outcomes once it can be entered", len(frozen))
	}
}
