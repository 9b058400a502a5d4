package hearing

import (
	"testing"
	"time"
)

// I9: the defence, and the accused by the screen in the courtroom, see and hear, or testimony stands still.
func TestAnOutageOfTheDefenceOrOfTheAccusedsScreenPausesTestimonyAfterFiveSeconds(t *testing.T) {
	called := time.Unix(1_700_000_000, 0)
	at := func(s float64) time.Time { return called.Add(time.Duration(s * float64(time.Second))) }
	for name, c := range map[string]struct {
		phase  TestimonyPhase
		seat   Seat
		lost   map[string]time.Time
		now    time.Time
		paused bool
	}{
		"nobody is out":                     {Live, Seat{ID: "defence", Role: DefenceCounsel}, nil, at(60), false},
		"counsel, five seconds":             {Live, Seat{ID: "defence", Role: DefenceCounsel}, map[string]time.Time{"defence": at(10)}, at(15), false},
		"counsel, over five seconds":        {Live, Seat{ID: "defence", Role: DefenceCounsel}, map[string]time.Time{"defence": at(10)}, at(15.1), true},
		"the screen, over five seconds":     {Live, Seat{ID: "screen", Role: CourtroomScreen}, map[string]time.Time{"screen": at(10)}, at(15.1), true},
		"the gallery":                       {Live, Seat{ID: "gallery", Role: Gallery}, map[string]time.Time{"gallery": at(10)}, at(60), false},
		"the prosecutor":                    {Live, Seat{ID: "prosecutor", Role: Prosecutor}, map[string]time.Time{"prosecutor": at(10)}, at(60), false},
		"out already when the judge called": {Live, Seat{ID: "defence", Role: DefenceCounsel}, map[string]time.Time{"defence": at(-1)}, at(60), false},
		"testimony is paused":               {Paused, Seat{ID: "defence", Role: DefenceCounsel}, map[string]time.Time{"defence": at(10)}, at(60), false},
		"the link is entered as broken":     {Live, Seat{ID: "defence", Role: DefenceCounsel, LinkLost: true, LostAt: at(10)}, nil, at(15.1), true},
	} {
		c.seat.Admitted, c.seat.Entered = true, true
		s := New()
		s.Seats = append(s.Seats, c.seat)
		s.Testimony.Phase, s.Testimony.Since = c.phase, called
		if drafts := DefenceLost(s, c.lost, c.now); (len(drafts) > 0) != c.paused {
			t.Errorf("%s: %d entries, want a pause %v", name, len(drafts), c.paused)
		}
	}
}
