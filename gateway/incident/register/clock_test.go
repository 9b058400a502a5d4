package register

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/incident"
)

// asked is a court with one incident and a request about it that was received at the court's clock.
func asked(t *testing.T, change ...func(*Config)) (c *court, id, request string, received time.Time) {
	c = newCourt(t, change...)
	lawyer := as("baku", rights.VictimsLawyer)
	id = c.files(lawyer, filing(c))
	request, err := c.Ask(t.Context(), lawyer, "baku", id, []string{"closed_session"}, "She asks for it.", false)
	c.must(err)
	received = c.clock()
	c.must(c.Received(t.Context(), as("baku", rights.CourtClerk), "baku", id, request, time.Time{}))
	return c, id, request, received
}

// marks are those that were entered, as "mark hours due".
func (c *court) marks(id string) []string {
	c.t.Helper()
	var all []string
	for _, m := range c.get("baku", id).Requests[0].Marks {
		all = append(all, fmt.Sprintf("%s %d %s", m.Mark, m.Hours, m.Due.Format("01-02T15:04")))
	}
	return all
}

// go to a moment and look once, as the ticker does.
func (c *court) goes(at time.Time) {
	c.t.Helper()
	c.at(at)
	c.must(c.Tick(c.t.Context()))
}

func TestTheClockWarnsAt48And66HoursAndEntersTheOverrunAt72Once(t *testing.T) {
	c, id, _, received := asked(t)
	var got []int
	for after := time.Duration(0); after <= 80*time.Hour; after += 30 * time.Minute {
		c.goes(received.Add(after))
		c.must(c.Tick(t.Context())) // a look more changes nothing
		if n := len(c.marks(id)); n != len(got) {
			got = append(got, int(after/time.Hour))
			if c.get("baku", id).Requests[0].Marks[n-1].At != received.Add(after) {
				t.Errorf("a mark says another moment of its entry than the clock's")
			}
		}
	}
	if !reflect.DeepEqual(got, []int{48, 66, 72}) {
		t.Errorf("marks came after %v hours", got)
	}
	want := []string{"warn 48 11-24T10:30", "warn 66 11-25T04:30", "overrun 72 11-25T10:30"}
	if !reflect.DeepEqual(c.marks(id), want) {
		t.Errorf("%v", c.marks(id))
	}
	if n := c.events("baku")["request.mark"]; n != 3 {
		t.Errorf("%d marks in the book", n)
	}
}

func TestAHairBefore72HoursIsNoOverrun(t *testing.T) {
	c, id, request, received := asked(t)
	c.goes(received.Add(72*time.Hour - time.Millisecond))
	if got := c.marks(id); len(got) != 2 {
		t.Errorf("%v", got)
	}
	c.must(c.Decided(t.Context(), as("baku", rights.Judge), "baku", id, request, time.Time{}, true, []string{"closed_session"}, ""))
	c.goes(received.Add(30 * 24 * time.Hour))
	if got := c.marks(id); len(got) != 2 {
		t.Errorf("a request that was granted in time overruns: %v", got)
	}
}

func TestAGatewayThatSleptThroughNamesEachMarkOnceAtItsMoment(t *testing.T) {
	c, id, _, received := asked(t)
	c.stop()
	c.at(received.Add(9 * 24 * time.Hour))
	c.start()
	c.goes(c.clock())
	want := []string{"warn 48 11-24T10:30", "warn 66 11-25T04:30", "overrun 72 11-25T10:30", "court_route 0 11-28T20:00"}
	if got := c.marks(id); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	for _, m := range c.get("baku", id).Requests[0].Marks {
		if !m.At.Equal(received.Add(9 * 24 * time.Hour)) {
			t.Errorf("%s says that it was entered %v: a sleep must show", m.Mark, m.At)
		}
	}
	for range 3 {
		c.again()
		c.goes(c.clock().Add(time.Hour))
	}
	if n := c.events("baku")["request.mark"]; n != 4 {
		t.Errorf("%d marks in the book after three restarts", n)
	}
}

func TestTheCourtRouteOpensOnDaySevenOfSilenceAndFiveDaysRunFromService(t *testing.T) {
	judge, clerk := as("baku", rights.Judge), as("baku", rights.CourtClerk)
	t.Run("refused and never served", func(t *testing.T) {
		c, id, request, received := asked(t)
		c.goes(received.Add(24 * time.Hour))
		c.must(c.Decided(t.Context(), judge, "baku", id, request, time.Time{}, false, nil, "No danger is shown."))
		c.goes(received.Add(20 * 24 * time.Hour))
		if got := c.marks(id); !reflect.DeepEqual(got, []string{"court_route 0 11-28T20:00"}) { // the 29th begins at 20:00 UTC of the 28th in Baku
			t.Errorf("%v", got)
		}
	})
	t.Run("served", func(t *testing.T) {
		c, id, request, received := asked(t)
		c.goes(received.Add(24 * time.Hour))
		c.must(c.Decided(t.Context(), judge, "baku", id, request, time.Time{}, false, nil, "No danger is shown."))
		c.goes(received.Add(48 * time.Hour)) // Tuesday the 24th: five days end on Sunday, moved to Monday the 30th
		c.must(c.Served(t.Context(), clerk, "baku", id, request, time.Time{}))
		v, err := c.Show(as("baku", rights.VictimsLawyer), "baku", id)
		c.must(err)
		if q := v.Requests[0]; q.Next == nil || q.Next.Mark != "complaint_end" || q.Next.At != "2026-11-30T20:00:00.000Z" || q.Phase != RequestIsServed {
			t.Errorf("%s", asJSON(t, q))
		}
		c.goes(received.Add(30 * 24 * time.Hour))
		if got := c.marks(id); !reflect.DeepEqual(got, []string{"complaint_end 0 11-30T20:00"}) {
			t.Errorf("%v", got)
		}
	})
	t.Run("complained in time", func(t *testing.T) {
		c, id, request, received := asked(t)
		c.goes(received.Add(time.Hour))
		c.must(c.Decided(t.Context(), judge, "baku", id, request, time.Time{}, false, nil, "No danger is shown."))
		c.must(c.Served(t.Context(), clerk, "baku", id, request, time.Time{}))
		c.must(c.Complained(t.Context(), clerk, "baku", id, request, time.Time{}))
		c.goes(received.Add(30 * 24 * time.Hour))
		if got := c.marks(id); len(got) != 0 {
			t.Errorf("%v", got)
		}
		if all := c.Protection(judge); len(all) != 0 {
			t.Errorf("a request that went to complaint is still due: %s", asJSON(t, all))
		}
	})
}

// A receipt that is entered late starts the clock when it was, and what has passed since is entered at once.
func TestAReceiptInThePastBringsItsMarksAtOnce(t *testing.T) {
	c := newCourt(t)
	lawyer := as("baku", rights.VictimsLawyer)
	id := c.files(lawyer, filing(c))
	request, err := c.Ask(t.Context(), lawyer, "baku", id, nil, "", false)
	c.must(err)
	filed := c.clock()
	c.goes(filed.Add(75 * time.Hour))
	c.must(c.Received(t.Context(), as("baku", rights.CourtClerk), "baku", id, request, filed.Add(time.Hour)))
	if got := c.marks(id); len(got) != 3 || !strings.HasPrefix(got[2], "overrun") {
		t.Errorf("%v", got)
	}
}

func TestAMomentLiesNeitherInTheFutureNorBeforeWhatCameBeforeIt(t *testing.T) {
	c := newCourt(t)
	lawyer, judge, clerk := as("baku", rights.VictimsLawyer), as("baku", rights.Judge), as("baku", rights.CourtClerk)
	id := c.files(lawyer, filing(c))
	request, err := c.Ask(t.Context(), lawyer, "baku", id, nil, "", false)
	c.must(err)
	filed := c.clock()
	c.goes(filed.Add(10 * time.Hour))
	hours := func(h int) time.Time { return filed.Add(time.Duration(h) * time.Hour) }
	steps := []struct {
		name    string
		do      func(at time.Time) error
		wrong   []time.Time
		right   time.Time
		already string
	}{
		{"received", func(at time.Time) error { return c.Received(t.Context(), clerk, "baku", id, request, at) }, []time.Time{hours(11), hours(-1)}, hours(2), "phase_wrong"},
		{"decided", func(at time.Time) error {
			return c.Decided(t.Context(), judge, "baku", id, request, at, false, nil, "No.")
		}, []time.Time{hours(11), hours(1)}, hours(4), "phase_wrong"},
		{"served", func(at time.Time) error { return c.Served(t.Context(), clerk, "baku", id, request, at) }, []time.Time{hours(11), hours(3)}, hours(6), "phase_wrong"},
		{"complaint", func(at time.Time) error { return c.Complained(t.Context(), clerk, "baku", id, request, at) }, []time.Time{hours(11), hours(3)}, hours(8), "phase_wrong"},
	}
	for n, s := range steps {
		for _, later := range steps[n+1:] { // nothing comes before its turn; a refusal may be complained of before its copy is served
			if s.name == "served" {
				continue
			}
			if err := later.do(hours(9)); refusal(err) != "phase_wrong" {
				t.Errorf("%s before %s: %v", later.name, s.name, err)
			}
		}
		for _, at := range s.wrong {
			if err := s.do(at); refusal(err) != "at_wrong" {
				t.Errorf("%s at %v: %v", s.name, at, err)
			}
		}
		c.must(s.do(s.right))
		if err := s.do(s.right); refusal(err) != s.already {
			t.Errorf("%s twice: %v", s.name, err)
		}
	}
	if err := c.Received(t.Context(), clerk, "baku", id, "r-none", time.Time{}); refusal(err) != "request_unknown" {
		t.Errorf("%v", err)
	}
}

func TestACourtThatActsOnItsOwnStartsItsOwnClock(t *testing.T) {
	c := newCourt(t)
	id := c.files(as("baku", rights.VictimsLawyer), filing(c))
	judge := as("baku", rights.Judge)
	_, err := c.Ask(t.Context(), judge, "baku", id, nil, "", true)
	c.must(err)
	if q := c.get("baku", id).Requests[0]; !q.OwnMotion || !q.Received.Equal(c.clock()) {
		t.Errorf("%+v", q)
	}
	if _, err := c.Ask(t.Context(), as("baku", rights.VictimsLawyer), "baku", id, nil, "", true); refusal(err) != "not_allowed" {
		t.Errorf("a lawyer acts in the court's name: %v", err)
	}
}

// The gateway may run in any zone, and the clocks may be turned meanwhile: the same moments are entered. The deadlines' own table is in gateway/incident.
func TestZonesAndClocksThatAreTurnedMoveNothingInTheRegister(t *testing.T) {
	for _, tc := range []struct{ zone, received, overrun, route string }{
		{"Asia/Baku", "2015-03-28T08:00:00Z", "2015-03-31T08:00:00Z", "2015-04-03T19:00:00Z"}, // forward on the 29th
		{"Asia/Baku", "2015-10-24T07:00:00Z", "2015-10-27T07:00:00Z", "2015-10-30T20:00:00Z"}, // back on the 25th
		{"Europe/Berlin", "2026-03-28T11:00:00Z", "2026-03-31T11:00:00Z", "2026-04-03T22:00:00Z"},
		{"America/Asuncion", "2023-09-30T16:00:00Z", "2023-10-03T16:00:00Z", "2023-10-07T03:00:00Z"},
	} {
		for _, runsIn := range []string{"UTC", "Asia/Baku", "Pacific/Apia", "America/Los_Angeles"} {
			here, err := time.LoadLocation(runsIn)
			if err != nil {
				t.Fatal(err)
			}
			received, err := time.Parse(time.RFC3339, tc.received)
			if err != nil {
				t.Fatal(err)
			}
			c := newCourt(t, func(cfg *Config) {
				var file map[string]any
				if err := json.Unmarshal(incident.DefaultDeadlines(), &file); err != nil {
					t.Fatal(err)
				}
				file["zone"], file["warn_hours"] = tc.zone, []int{}
				b, _ := json.Marshal(file)
				if cfg.Deadlines, err = incident.ReadDeadlines(b); err != nil {
					t.Fatal(err)
				}
			})
			c.at(received.In(here))
			id := c.files(as("baku", rights.VictimsLawyer), filing(c))
			_, err = c.Ask(t.Context(), as("baku", rights.Judge), "baku", id, nil, "", true)
			c.must(err)
			var got []string
			for at := received; at.Before(received.Add(9 * 24 * time.Hour)); at = at.Add(time.Hour) {
				c.goes(at.In(here))
			}
			for _, m := range c.get("baku", id).Requests[0].Marks {
				got = append(got, m.Due.Format(time.RFC3339))
				if m.At.Sub(m.Due) >= time.Hour || m.At.Before(m.Due) {
					t.Errorf("%s in %s: %s was due %v and entered %v", tc.zone, runsIn, m.Mark, m.Due, m.At)
				}
			}
			if want := []string{tc.overrun, tc.route}; !reflect.DeepEqual(got, want) {
				t.Errorf("%s, running in %s: %v, want %v", tc.zone, runsIn, got, want)
			}
		}
	}
}

func TestWhatIsDueIsShownInItsOrderWithItsAlarm(t *testing.T) {
	c, id, _, received := asked(t)
	judge := as("baku", rights.Judge)
	for _, tc := range []struct {
		after time.Duration
		alarm string
		phase string
	}{{0, "", RequestIsReceived}, {47 * time.Hour, "", RequestIsReceived}, {48 * time.Hour, "protection_due", RequestIsReceived}, {72 * time.Hour, "protection_overrun", RequestIsOverdue}} {
		c.goes(received.Add(tc.after))
		all := c.Protection(judge)
		if len(all) != 1 || all[0].Alarm != tc.alarm || all[0].Phase != tc.phase || all[0].Incident != id {
			t.Errorf("after %v: %s", tc.after, asJSON(t, all))
		}
	}
	if other := c.Protection(as("ganja", rights.Judge)); len(other) != 0 {
		t.Errorf("another court is told: %s", asJSON(t, other))
	}
	// A decision that is entered afterwards and was in time: what the book says of the overrun stays, and is shown as void.
	c.must(c.Decided(t.Context(), judge, "baku", id, c.get("baku", id).Requests[0].ID, received.Add(71*time.Hour), true, nil, ""))
	v, err := c.Show(judge, "baku", id)
	c.must(err)
	if m := v.Requests[0].Marks; len(m) != 3 || !m[2].Void || m[0].Void {
		t.Errorf("%s", asJSON(t, m))
	}
}

func TestTheAlarmStandsFromTheCourtsOwnHour(t *testing.T) {
	c, _, _, received := asked(t, func(cfg *Config) { cfg.AlarmHour = 24 })
	for after, want := range map[time.Duration]string{23 * time.Hour: "", 24 * time.Hour: "protection_due"} {
		c.goes(received.Add(after))
		if got := c.Protection(as("baku", rights.Judge))[0].Alarm; got != want {
			t.Errorf("after %v: %q", after, got)
		}
	}
}
