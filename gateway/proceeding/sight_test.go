package proceeding

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/visibility"
	"parda/signaling"
)

func TestASeatIsCutOffWhenEachOfItsPathsIs(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	for name, c := range map[string]struct {
		paths []time.Time
		cut   bool
		since time.Time
	}{
		"one good path":             {[]time.Time{{}}, false, time.Time{}},
		"one bad path":              {[]time.Time{at}, true, at},
		"a second browser is good":  {[]time.Time{at, {}}, false, time.Time{}},
		"both are bad, one earlier": {[]time.Time{at, at.Add(time.Minute)}, true, at.Add(time.Minute)},
	} {
		since, cut := cutOff(map[string][]time.Time{"defence": c.paths})["defence"]
		if cut != c.cut || !since.Equal(c.since) {
			t.Errorf("%s: cut off %v since %v", name, cut, since)
		}
	}
}

func TestWhatTheRelayFindsOfAConnectionIsItsOutage(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1_700_000_000+int64(s), 0) }
	x := newSights()
	for i, c := range []struct {
		found Sight
		slot  string
		at    int
		out   int // since; 0: not out
	}{
		{PictureHeld, "hall", 1, 0}, // another picture than the witness's
		{PictureHeld, "witness", 2, 2},
		{Deaf, "", 5, 2},
		{PictureBack, "witness", 0, 5},
		{Hears, "", 0, 0},
		{Deaf, "", 9, 9},
		{Hears, "", 0, 0},
		{PictureBack, "hall", 0, 0},
	} {
		x.note(c.found, "s1", c.slot, at(c.at))
		want := time.Time{}
		if c.out > 0 {
			want = at(c.out)
		}
		if got := x.out("s1"); !got.Equal(want) {
			t.Errorf("step %d, %s %s: out since %v, want %v", i, c.found, c.slot, got, want)
		}
	}
	if len(x.paths) > 0 {
		t.Error("a connection that is as it should be is still kept")
	}
}

func TestASeatWhoseLinkBreaksAgainAndAgainIsShown(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	x, alarms := newSights(), map[string]visibility.AlarmView{}
	lose := func(seat string, after time.Duration) {
		b, err := json.Marshal(hearing.SeatPayload{Seat: seat})
		if err != nil {
			t.Fatal(err)
		}
		x.noteBroken(hearing.Event{Code: hearing.SeatLinkLost, Time: at.Add(after), Payload: b})
	}
	shown := func(after time.Duration) (out []string) {
		x.unsteady(alarms, at.Add(after))
		for _, a := range alarms {
			if a.Code != "link_unsteady" || a.Since == "" {
				t.Errorf("%+v", a)
			}
			out = append(out, a.Detail)
		}
		slices.Sort(out)
		return out
	}
	lose("defence", 0)
	lose("prosecutor", time.Minute)
	lose("defence", 10*time.Minute)
	if got := shown(11 * time.Minute); len(got) > 0 {
		t.Errorf("after two: %q", got)
	}
	lose("defence", 20*time.Minute)
	if got := shown(21 * time.Minute); !slices.Equal(got, []string{"defence 3"}) {
		t.Errorf("after three: %q", got)
	}
	if x.unsteady(alarms, at.Add(22*time.Minute)) {
		t.Error("nothing changed, and it is told again")
	}
	if got := shown(31 * time.Minute); len(got) > 0 {
		t.Errorf("half an hour after the first: %q", got)
	}
}

// The whole: defence counsel's page is there, and the relay finds that nothing it sends is heard.
func TestAnOutageOfTheDefencesSightPausesTestimonyThoughThePageIsThere(t *testing.T) {
	c := sit(t)
	c.live()
	s, ok := c.current("defence")
	if !ok {
		s, _ = c.page("defence")
	}
	if _, err := c.Receive(t.Context(), s, "v=0\r\n"); err != nil {
		t.Fatal(err)
	}
	c.inside(func() {}) // Receive notes the connection's id a step later
	var id string
	c.inside(func() { id = c.sessions[s].subscription })
	phase := func() (at hearing.TestimonyPhase, why string) {
		c.inside(func() { at, why = c.state.Testimony.Phase, c.state.Testimony.PauseCode })
		return at, why
	}
	c.Saw(Deaf, id, "", c.cfg.Now().Add(-time.Second))
	c.Saw(Hears, id, "", time.Time{})
	c.inside(func() { c.tick(t.Context()) })
	if at, _ := phase(); at != hearing.Live {
		t.Fatalf("after an outage of a second testimony is %s", at)
	}
	spare := &signaling.Session{Seat: "defence"}
	c.inside(func() {
		c.sessions[spare] = &attendee{subscription: "spare"}
		c.sights.note(Deaf, id, "", c.cfg.Now().Add(-hearing.DefenceOutage-time.Second))
		c.state.Testimony.Since = c.cfg.Now().Add(-time.Minute)
		c.tick(t.Context())
	})
	if at, _ := phase(); at != hearing.Live {
		t.Fatalf("with a spare path testimony is %s", at)
	}
	c.inside(func() { delete(c.sessions, spare); c.tick(t.Context()) })
	if at, why := phase(); at != hearing.Paused || why != "defence_lost" {
		t.Fatalf("after an outage of the defence testimony is %s (%s)", at, why)
	}
	c.inside(func() {
		if seat, _ := c.state.Seat("defence"); !seat.LinkLost {
			t.Error("the outage is not entered")
		}
	})
	c.Saw(Hears, id, "", time.Time{})
	c.inside(func() { c.tick(t.Context()) })
	c.inside(func() {
		if seat, _ := c.state.Seat("defence"); seat.LinkLost {
			t.Error("the end of the outage is not entered")
		}
	})
	if at, _ := phase(); at != hearing.Paused {
		t.Errorf("testimony is %s: only the judge resumes", at)
	}
}
