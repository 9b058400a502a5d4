package register

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/store"
)

func TestAFlagOfAHearingStandsInTheRegisterWithItsStory(t *testing.T) {
	c := newCourt(t)
	c.holds("h1", "baku")
	c.flag("h1", "f1", "defence", hearing.DefenceCounsel, map[string]any{"kind": "look", "source": "the man in the second row"})
	c.happens("h1", "flag.detailed", "defence", map[string]any{"id": "f1", "kind": "gesture", "source": "the man in the second row", "note": "he drew a finger across his throat", "concerns": "hall"})
	c.happens("h1", "flag.put", "judge", map[string]any{"flag": "f1", "seat": "hall", "role": "public", "flag_form": "orally"})
	c.happens("h1", "flag.ruled", "judge", map[string]any{"id": "f1", "seat": "defence", "role": "defence_counsel", "ruling": "warn", "reason": "seen by the bench", "against": "hall", "provisional": true})
	c.happens("h1", "protection.requested", "judge", map[string]any{"flag": "f1", "seat": "judge", "role": "presiding_judge", "own_motion": true, "measures": []string{"closed_session"}})
	c.mirrors("baku", "h1")
	i := c.get("baku", IncidentOf("h1", "f1"))
	if i.Kind != "gesture" || c.Text("baku", i.Note) == "" || i.By != (Who{Role: "defence_counsel", Hearing: "h1", Seat: "defence"}) || i.Concerns != "hall" || c.Text("baku", i.CaseNo) != "1(004)-77/2026" {
		t.Errorf("%+v", i)
	}
	if len(i.Rulings) != 1 || i.Rulings[0].Ruling != "warn" || i.Rulings[0].Seat != "hall" || !i.Rulings[0].Provisional || c.Text("baku", i.Rulings[0].Reason) != "seen by the bench" || !i.Entered() {
		t.Errorf("%+v", i.Rulings)
	}
	if len(i.Requests) != 1 || i.Requests[0].Received.IsZero() || !i.Requests[0].OwnMotion {
		t.Errorf("%+v", i.Requests)
	}
	if all := c.ProtectionOf("baku", "h1"); len(all) != 1 || all[0].Flag != "f1" {
		t.Errorf("the hearing's console is told %+v", all)
	}
	if all := c.ProtectionOf("baku", "h2"); len(all) != 0 {
		t.Errorf("another hearing's console is told %+v", all)
	}
}

// Whatever the moment at which the gateway dies between the hearing's book and the register's, and however often the mirror runs: each flag stands there once, and the same.
// Two tabs send one press at once, or a book holds it twice: what was entered about the incident meanwhile stays.
func TestWhatIsFiledTwiceReplacesNothing(t *testing.T) {
	c := newCourt(t)
	judge := as("baku", rights.Judge)
	id := c.files(judge, filing(c))
	c.must(c.AddNote(t.Context(), judge, "baku", id, "a note"))
	twice := &IncidentFiledPayload{About: About{Incident: id, By: judge.Door}, When: c.clock()}
	if fresh, err := c.EnterNew(t.Context(), "baku", twice); fresh || err != nil || len(c.get("baku", id).Timeline) != 2 {
		t.Errorf("filed again: %v %v, %d entries", fresh, err, len(c.get("baku", id).Timeline))
	}
	if _, err := c.Enter(t.Context(), "baku", twice); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if i := c.get("baku", id); c.Text("baku", i.Note) != filing(c).Note || len(i.Timeline) != 3 {
			t.Errorf("%+v", i)
		}
		c.again()
	}
}

func TestRequestsOfOneIncidentDoNotBuryTheConsole(t *testing.T) {
	c := newCourt(t)
	c.holds("h1", "baku")
	c.flag("h1", "f1", "lawyer", hearing.VictimsLawyer, map[string]any{"kind": "look"})
	c.mirrors("baku", "h1")
	id, judge := IncidentOf("h1", "f1"), as("baku", rights.Judge, "h1")
	var last string
	for range waitingMost {
		request, err := c.Ask(t.Context(), judge, "baku", id, nil, "n", true)
		c.must(err)
		last = request
	}
	if _, err := c.Ask(t.Context(), judge, "baku", id, nil, "n", true); refusal(err) != "too_many" {
		t.Errorf("one more: %v", err)
	}
	c.must(c.Decided(t.Context(), judge, "baku", id, last, time.Time{}, true, nil, ""))
	if _, err := c.Ask(t.Context(), judge, "baku", id, nil, "n", true); err != nil {
		t.Errorf("after one was decided: %v", err)
	}
}

// In what words a flag is put to the person concerned is the judge's: the register does not tell a party the others.
func TestWhatWasPutToSomebodyIsToldToThePartiesInNoOtherWords(t *testing.T) {
	c := newCourt(t)
	c.holds("h1", "baku")
	c.flag("h1", "f1", "lawyer", hearing.VictimsLawyer, map[string]any{"kind": "gesture", "target": "Zq target", "source": "Zq source", "note": "Zq note"})
	c.happens("h1", "flag.ruled", "judge", map[string]any{"id": "f1", "seat": "lawyer", "role": "victims_lawyer", "ruling": "enter"})
	c.mirrors("baku", "h1")
	told := func(role rights.Role) string {
		return asJSON(t, c.List(as("baku", role, "h1"), Query{}))
	}
	if !strings.Contains(told(rights.DefenceCounsel), "Zq note") {
		t.Fatal("a flag that is entered is not told to the parties: nothing would be proved")
	}
	c.happens("h1", "flag.put", "judge", map[string]any{"flag": "f1", "seat": "defence", "role": "defence_counsel", "flag_form": "gist", "gist": "G."})
	c.mirrors("baku", "h1")
	for role, want := range map[rights.Role]bool{rights.DefenceCounsel: false, rights.Prosecutor: false, rights.Judge: true, rights.CourtClerk: true} {
		if got := told(role); strings.Contains(got, "Zq") != want || !strings.Contains(got, "gesture") {
			t.Errorf("%s: %s", role, got)
		}
	}
	if got := c.List(as("baku", rights.DefenceCounsel, "h1"), Query{Text: "Zq note"}); len(got.Incidents) != 0 {
		t.Error("the filter tells more than the list")
	}
}

func TestTheMirrorIsIdempotentAndMissesNothingOverCrashes(t *testing.T) {
	c := newCourt(t)
	c.holds("h1", "baku")
	rng := rand.New(rand.NewPCG(7, 7))
	for n := range 40 {
		c.flag("h1", fmt.Sprintf("f%d", n+1), "lawyer", hearing.VictimsLawyer, map[string]any{"note": fmt.Sprint("note ", n)})
		if n%3 == 0 {
			c.happens("h1", "flag.ruled", "judge", map[string]any{"id": fmt.Sprintf("f%d", n+1), "seat": "lawyer", "role": "victims_lawyer", "ruling": "enter"})
		}
		switch rng.IntN(5) {
		case 0: // the disk fails between the two books
			c.store.SetFault(failing{[]string{store.StepBegin, store.StepWrite, store.StepCommit}[rng.IntN(3)]})
			if err := c.Mirror(t.Context(), "baku", "h1", nil); err == nil {
				t.Fatal("a mirror that could not write says that it did")
			}
			c.store.SetFault(nil)
		case 1: // the gateway dies before the mirror looked
			c.again()
		case 2:
			c.mirrors("baku", "h1")
			c.mirrors("baku", "h1")
		case 3: // and right after it
			c.mirrors("baku", "h1")
			c.again()
		}
	}
	c.mirrors("baku", "h1")
	c.again()
	c.mirrors("baku", "h1")
	if n := c.events("baku"); n["incident.flagged"] != 40 || n["incident.step"] != 14 {
		t.Errorf("%v", n)
	}
	for n := range 40 {
		i := c.get("baku", IncidentOf("h1", fmt.Sprintf("f%d", n+1)))
		if c.Text("baku", i.Note) != fmt.Sprint("note ", n) || i.Entered() != (n%3 == 0) {
			t.Errorf("f%d: %+v", n+1, i)
		}
	}
	if _, there := c.Get("ganja", IncidentOf("h1", "f1")); there {
		t.Error("a flag of Baku stands in Ganja")
	}
}

// failing fails one step of the store.
type failing struct{ step string }

func (f failing) Before(step string) error {
	if step == f.step {
		return errors.New("no space left on device")
	}
	return nil
}

func TestTheFoldAfterARestartIsWhatItWas(t *testing.T) {
	c, id, request, received := asked(t)
	c.goes(received.Add(80 * time.Hour))
	c.must(c.Decided(t.Context(), as("baku", "judge"), "baku", id, request, time.Time{}, false, nil, "No."))
	c.must(c.AddNote(t.Context(), as("baku", "victims_lawyer"), "baku", id, "again"))
	before := asJSON(t, c.get("baku", id))
	c.again()
	if after := asJSON(t, c.get("baku", id)); after != before {
		t.Errorf("%s\nbecame\n%s", before, after)
	}
}

func TestFilingIsIdempotentByItsKeyAndItsPerson(t *testing.T) {
	c := newCourt(t)
	lawyer := as("baku", "victims_lawyer")
	f := filing(c)
	f.Key = "k1"
	id := c.files(lawyer, f)
	for range 3 {
		again, fresh, err := c.File(t.Context(), lawyer, f)
		if err != nil || fresh || again != id {
			t.Errorf("%s %v %v", again, fresh, err)
		}
		c.again()
	}
	other := c.files(as("baku", "support_person"), f) // the same key of somebody else is another incident
	f.Key = ""
	if third := c.files(lawyer, f); other == id || third == id {
		t.Error("two incidents have one id")
	}
	if n := c.events("baku")["incident.filed"]; n != 3 {
		t.Errorf("%d filings in the book", n)
	}
}

func TestWhatIsNotDurableIsNotAcknowledged(t *testing.T) {
	c := newCourt(t)
	lawyer := as("baku", "victims_lawyer")
	id := c.files(lawyer, filing(c))
	before := asJSON(t, c.get("baku", id))
	for _, step := range []string{store.StepBegin, store.StepWrite, store.StepCommit} {
		c.store.SetFault(failing{step})
		if _, fresh, err := c.File(t.Context(), lawyer, filing(c)); refusal(err) != "not_durable" || fresh {
			t.Errorf("%s: filed: %v %v", step, fresh, err)
		}
		if err := c.AddNote(t.Context(), lawyer, "baku", id, "note"); refusal(err) != "not_durable" {
			t.Errorf("%s: noted: %v", step, err)
		}
		if _, err := c.Enter(t.Context(), "baku", &EvidenceFailedPayload{About: About{Incident: id, By: System()}, Why: "disk"}); refusal(err) != "not_durable" {
			t.Errorf("%s: entered: %v", step, err)
		}
		c.store.SetFault(nil)
		if after := asJSON(t, c.get("baku", id)); after != before || len(c.All("baku")) != 1 {
			t.Errorf("%s: the register shows what is on no disk: %s", step, after)
		}
	}
}

func TestAFlagThatWasMadeDiscreetStaysSo(t *testing.T) {
	c := newCourt(t)
	c.holds("h1", "baku")
	c.flag("h1", "f1", "lawyer", hearing.VictimsLawyer, nil)
	c.happens("h1", "flag.detailed", "lawyer", map[string]any{"id": "f1", "discreet": true})
	c.happens("h1", "flag.detailed", "lawyer", map[string]any{"id": "f1", "kind": "words"})
	c.mirrors("baku", "h1")
	if i := c.get("baku", IncidentOf("h1", "f1")); !i.Discreet || i.Kind != "words" {
		t.Errorf("%+v", i)
	}
}

// Who raised a flag is the account that the hearing says sat there then, however late it is mirrored: whoever sits there next raised nothing.
func TestTheNextPersonInASeatRaisedNothing(t *testing.T) {
	c := newCourt(t)
	c.at(time.Now().Add(time.Hour)) // long after what the hearing's clock says
	c.holds("h1", "baku")
	first, next := as("baku", "victims_lawyer", "h1"), as("baku", "victims_lawyer", "h1")
	next.Person = "p-next"
	c.flag("h1", "f1", "lawyer", hearing.VictimsLawyer, map[string]any{"discreet": true, "person": first.Person})
	c.flag("h1", "f2", "lawyer", hearing.VictimsLawyer, map[string]any{"discreet": true}) // of before
	c.must(c.Mirror(t.Context(), "baku", "h1", func(hearing, seat string) string { return next.Person }))
	byDoor := func(v Viewer) Viewer {
		v.Only, v.Sits = "h1", []Sitting{{"h1", "lawyer", "victims_lawyer"}}
		return v
	}
	for _, tc := range []struct {
		name string
		who  Viewer
		flag string
		want Depth
	}{
		{"who raised it", first, "f1", AsRaised}, {"who raised it, by the seat's door", byDoor(first), "f1", AsRaised},
		{"who sits there now", next, "f1", Nothing}, {"who sits there now, by the seat's door", byDoor(next), "f1", Nothing},
		{"one of before, by the account", next, "f2", Nothing}, {"one of before, by the seat's door", byDoor(next), "f2", Nothing},
	} {
		if got := DepthFor(tc.who, c.get("baku", IncidentOf("h1", tc.flag))); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestFiveHundredFlagsAreAllInTheRegister(t *testing.T) {
	c := newCourt(t)
	c.holds("h1", "baku")
	for n := range 500 {
		c.flag("h1", fmt.Sprintf("f%d", n+1), "defence", hearing.DefenceCounsel, nil)
		if n%7 == 0 {
			c.mirrors("baku", "h1")
		}
	}
	c.mirrors("baku", "h1")
	judge := as("baku", "judge", "h1")
	found, before := map[string]bool{}, ""
	for {
		page := c.List(judge, Query{Before: before})
		for _, l := range page.Incidents {
			found[l.Flag] = true
			before = l.ID
		}
		if !page.More {
			break
		}
	}
	if len(found) != 500 {
		t.Errorf("%d of 500 flags are listed", len(found))
	}
	if got := reflect.ValueOf(c.All("baku")).Len(); got != 500 {
		t.Errorf("%d incidents", got)
	}
}
