package incident

import (
	"encoding/json"
	"testing"
	"time"

	"parda/gateway/hearing"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func apply(t *testing.T, r *Register, at time.Time, actor string, code hearing.Code, payload any) {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(hearing.Event{Time: at, Code: code, Actor: actor, Payload: raw}); err != nil {
		t.Fatal(err)
	}
}

func register(t *testing.T) *Register {
	r := &Register{}
	apply(t, r, noon, "system", hearing.HearingCreated, hearing.HearingCreatedPayload{Seats: hearing.DefaultSeats()})
	apply(t, r, noon, "defence", hearing.FlagRaised, hearing.FlagRaisedPayload{ID: "f1", Seat: "defence", Role: hearing.DefenceCounsel, PressedAt: noon.Add(-time.Minute)})
	return r
}

func TestAFlagKeepsBothTimesAndItsWholeStory(t *testing.T) {
	r := register(t)
	apply(t, r, noon, "defence", hearing.FlagDetailed, hearing.FlagDetailedPayload{ID: "f1", FlagDetail: hearing.FlagDetail{Kind: "look", Note: "n"}})
	before := r.Flags()
	apply(t, r, noon.Add(time.Second), "judge2", hearing.FlagRuled, hearing.FlagRuledPayload{ID: "f1", Ruling: "remove", Reason: "r", Removed: "gallery", Against: "gallery"})
	f := r.Flags()[0]
	if !f.PressedAt.Equal(noon.Add(-time.Minute)) || !f.ReceivedAt.Equal(noon) || f.Detail.Kind != "look" || f.Detailed != 1 {
		t.Errorf("%+v", f)
	}
	if f.Latest() == nil || *f.Latest() != (Ruling{Ruling: "remove", Reason: "r", Against: "gallery", By: hearing.Judge, At: noon.Add(time.Second)}) {
		t.Errorf("%+v", f.Rulings)
	}
	if before[0].Latest() != nil {
		t.Error("a list that was handed out changed")
	}
}

func TestWhoSeesWhichFlag(t *testing.T) {
	warned, dismissed := []Ruling{{Ruling: "warn"}}, []Ruling{{Ruling: "dismiss"}}
	const bench, clerk, party, rest = "bench", "clerk", "party", "rest"
	for name, c := range map[string]struct {
		flag Flag
		sees []string
	}{
		"raised":                   {Flag{}, []string{bench, clerk}},
		"ruled on":                 {Flag{Rulings: warned}, []string{bench, clerk, party}},
		"referred alone":           {Flag{Rulings: []Ruling{{Ruling: "refer"}}}, []string{bench, clerk}},
		"dismissed":                {Flag{Rulings: dismissed}, []string{bench, clerk}},
		"entered, dismissed later": {Flag{Rulings: append(warned, dismissed...)}, []string{bench, clerk, party}},
		"put to somebody":          {Flag{Puts: []Put{{Seat: "interpreter", Form: "whole"}, {Seat: "defence", Form: "gist"}}}, []string{bench, clerk}},
		"discreet":                 {Flag{Discreet: true}, []string{bench}},
		"discreet and ruled":       {Flag{Discreet: true, Rulings: warned}, []string{bench}},
	} {
		c.flag.Seat, c.flag.Role = "support", hearing.SupportPerson
		for _, s := range hearing.DefaultSeats() {
			group := rest
			switch {
			case s.Role.Bench():
				group = bench
			case s.Role == hearing.CourtClerk:
				group = clerk
			case s.Role.Party():
				group = party
			}
			want := s.ID == "support"
			for _, g := range c.sees {
				want = want || g == group
			}
			if got := MaySee(c.flag, Viewer{Seat: s.ID, Role: s.Role, Attends: true}); got != want {
				t.Errorf("%s at %s: %v", name, s.ID, got)
			}
			if got := MaySee(c.flag, Viewer{Seat: s.ID, Role: s.Role}); got != (s.ID == "support") {
				t.Errorf("%s at %s from outside: %v", name, s.ID, got)
			}
			if got := MaySeeReferral(c.flag, Viewer{Seat: s.ID, Role: s.Role}); got != (group == bench || group == clerk || s.ID == "support") { // whom it is about would be warned
				t.Errorf("%s at %s: its referral: %v", name, s.ID, got)
			}
		}
	}
}

func TestTheRegisterShowsASeatOnlyItsFlags(t *testing.T) {
	r := register(t)
	apply(t, r, noon, "witness", hearing.FlagRaised, hearing.FlagRaisedPayload{ID: "f2", Seat: "witness", Role: hearing.ProtectedWitness, Discreet: true})
	for seat, want := range map[string]int{"judge": 2, "clerk": 1, "defence": 1, "witness": 1, "prosecutor": 0, "gallery": 0} {
		for _, s := range hearing.DefaultSeats() {
			if s.ID == seat {
				if got := r.SeenBy(Viewer{Seat: seat, Role: s.Role, Attends: true}); len(got) != want {
					t.Errorf("%s sees %d flags, want %d", seat, len(got), want)
				}
			}
		}
	}
	var none *Register
	if none.SeenBy(Viewer{Seat: "judge", Role: hearing.PresidingJudge, Attends: true}) != nil {
		t.Error("no register shows something")
	}
}

func TestAFlagThatCannotBeReadIsAnError(t *testing.T) {
	for _, code := range []hearing.Code{hearing.HearingCreated, hearing.FlagRaised, hearing.FlagDetailed, hearing.FlagRuled, hearing.FlagPut, hearing.FlagAnswered, hearing.FlagHeard, hearing.ProtectionRequested, hearing.RulingGiven} {
		if (&Register{}).Apply(hearing.Event{Code: code, Payload: []byte(`[]`)}) == nil {
			t.Errorf("%s was taken", code)
		}
	}
}

// What somebody was heard on is not what is flagged after a change, and who takes over a seat reads nothing that was put to another. Words that are put whole are those that the judge put.
func TestWhatWasPutCountsOnlyForTheWordsAndThePersonItWasPutTo(t *testing.T) {
	r := register(t)
	detail := func(note string) {
		apply(t, r, noon, "defence", hearing.FlagDetailed, hearing.FlagDetailedPayload{ID: "f1", FlagDetail: hearing.FlagDetail{Kind: "look", Note: note}})
	}
	put := func() {
		apply(t, r, noon, "judge", hearing.FlagPut, hearing.FlagPutPayload{Flag: "f1", Seat: "support", Form: "whole"})
	}
	answer := func() {
		apply(t, r, noon, "support", hearing.FlagAnswered, hearing.FlagAnsweredPayload{Flag: "f1", Seat: "support", Text: "No."})
	}
	is := func(when string, stale, answered bool, note string) {
		t.Helper()
		p, q := r.Flags()[0].Puts[0], r.PutTo("support")
		if p.Stale != stale || len(q) != 1 || q[0].Answered != answered || q[0].Note != note {
			t.Errorf("%s: %+v %+v", when, p, q)
		}
	}
	detail("first")
	put()
	answer()
	detail("first")
	is("the same words", false, true, "first")
	before := r.Flags()
	detail("second")
	is("other words", true, true, "first")
	if before[0].Puts[0].Stale {
		t.Error("a list that was handed out changed")
	}
	put()
	is("put anew", false, false, "second")
	detail("third")
	apply(t, r, noon.Add(time.Second), "judge", hearing.FlagHeard, hearing.FlagHeardPayload{Flag: "f1", Seat: "support", Heard: "orally"})
	is("heard in the room", false, true, "second")
	apply(t, r, noon, "clerk", hearing.SeatReissued, hearing.SeatPayload{Seat: "support"})
	if q := r.PutTo("support"); len(q) != 0 || !r.Flags()[0].Puts[0].Stale {
		t.Errorf("another person reads %+v", q)
	}
	put()
	is("put to the new person", false, false, "third")
}

// The account counts with the seat; where accounts hold the seats, a flag that names none is nobody's own.
func TestAFlagIsOfTheAccountThatRaisedItAndNotOfTheSeat(t *testing.T) {
	for _, c := range []struct {
		raised, sits string
		own          bool
	}{{"p-first", "p-first", true}, {"p-first", "p-next", false}, {"", "p-next", false}, {"", "", true}, {"p-first", "", false}} {
		f := Flag{Seat: "lawyer", Role: hearing.VictimsLawyer, Person: c.raised, Discreet: true}
		who := Viewer{Seat: "lawyer", Role: hearing.VictimsLawyer, Person: c.sits, Attends: true}
		if MaySee(f, who) != c.own || MaySeeReferral(f, who) != c.own {
			t.Errorf("raised by %q, %q sits there: sees %v, referral %v", c.raised, c.sits, MaySee(f, who), MaySeeReferral(f, who))
		}
	}
}
