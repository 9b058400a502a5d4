package hearing

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// phasesOf takes a fresh hearing to each phase of a testimony, and to each phase of the hearing in which something can still be said.
var phasesOf = map[string]func(c *court){
	"before the order": func(*court) {},
	"waiting":          func(c *court) { c.open("no_confrontation") },
	"rehearsal":        func(c *court) { c.open("no_confrontation"); c.do("witness", "testimony.rehearse", nil) },
	"ready":            (*court).ready,
	"live":             (*court).live,
	"paused":           func(c *court) { c.live(); c.do("judge", "testimony.pause", nil) },
	"released":         (*court).released,
	"suspended":        func(c *court) { c.live(); c.do("judge", "hearing.suspend", nil) },
	"closed doors":     func(c *court) { c.live(); c.do("judge", "session.kind", m{"kind": Closed}) },
	"concluded":        func(c *court) { c.released(); c.do("judge", "hearing.close", nil) },
}

// Whatever is written beside it, a flag, a sign of duress and an emergency are taken, in every phase of an unsigned hearing and also after a certificate that says no.
func TestAFlagDuressAndAnEmergencyNeverFailOverAnArgument(t *testing.T) {
	for phase, to := range phasesOf {
		for _, name := range []string{"flag.raise", "duress.raise", "emergency.raise"} {
			for _, seat := range []string{"witness", "judge"} {
				for _, args := range []any{nil, m{}, m{"means": 7, "by": []int{1}, "kind": m{}}, m{"unknown": true}, m{"means": "song", "by": "king", "kind": "stare", "concerns": "nobody"}, []int{1}, "x", 5} {
					c := newCourt(t)
					to(c)
					if _, _, err := c.try(seat, name, args); err != nil {
						t.Errorf("%s: %s by %s with %v: %v", phase, name, seat, args, err)
					}
				}
			}
		}
	}
}

func TestWhoRaisesDuressAndEmergencies(t *testing.T) {
	for _, spec := range DefaultSeats() {
		for _, name := range []string{"duress.raise", "emergency.raise"} {
			c := newCourt(t)
			c.live()
			_, _, err := c.try(spec.ID, name, nil)
			if may := spec.Role == ProtectedWitness || spec.Role == PresidingJudge; (err == nil) != may {
				t.Errorf("%s by %s: %v", name, spec.ID, err)
			}
			if name == "duress.raise" && err == nil {
				if d, ok := c.s.Duress(); !ok || d.Means != map[Role]string{ProtectedWitness: "key", PresidingJudge: "phrase"}[spec.Role] {
					t.Errorf("%s: %+v", spec.ID, d)
				}
			}
		}
	}
}

// without leaves out of drafts what stands aside.
func without(drafts []Draft) (rest []Draft, aside int) {
	for _, d := range drafts {
		if d.Aside {
			aside++
		} else {
			rest = append(rest, d)
		}
	}
	return rest, aside
}

// A sign of duress leaves nothing in the hearing's ledger, and no result in its answer; the bench's answers leave there what the same pause leaves that the bench gives without any duress.
func TestDuressLeavesNothingWhereEverybodysNumbersComeFrom(t *testing.T) {
	for phase, to := range phasesOf {
		for _, seat := range []string{"witness", "judge"} {
			c := newCourt(t)
			to(c)
			before := c.s.Clone()
			drafts, result, err := c.try(seat, "duress.raise", m{"means": "key"})
			if rest, aside := without(drafts); err != nil || len(rest) != 0 || aside != 1 || result != nil {
				t.Fatalf("%s: %v %v %v", phase, drafts, result, err)
			}
			after := c.s.Clone()
			after.Duresses, after.DuressSeq, after.Rev = before.Duresses, before.DuressSeq, before.Rev
			if !reflect.DeepEqual(before, after) {
				t.Errorf("%s: the state changed in more than the duress", phase)
			}
		}
	}
	for do, plainly := range map[string]m{DoPause: nil, DoClearRoom: {"why": PauseClearRoom}} { // nil: what F8 sends
		with, plain := newCourt(t), newCourt(t)
		for _, c := range []*court{with, plain} {
			c.live()
		}
		with.do("witness", "duress.raise", nil)
		plain.now = with.now
		a, _, err := with.try("judge", "duress.answer", m{"do": do})
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := plain.try("judge", "testimony.pause", plainly)
		if err != nil {
			t.Fatal(err)
		}
		rest, aside := without(a)
		x, _ := json.Marshal(rest)
		y, _ := json.Marshal(b)
		if aside != 1 || string(x) != string(y) {
			t.Errorf("%s: the ledger tells it from a pause:\n%s\n%s", do, x, y)
		}
	}
}

func TestDuressStandsUntilTheBenchStandsDownForAReason(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.refused(CodeWrongPhase, "judge", "duress.answer", m{"do": "pause"})
	c.do("witness", "duress.raise", nil)
	c.do("witness", "duress.raise", nil)
	for _, seat := range []string{"judge2", "clerk", "witness", "prosecutor"} {
		c.refused(CodeNotAllowed, seat, "duress.answer", m{"do": "stand_down", "reason": "r"})
	}
	c.refused(CodeBadArgument, "judge", "duress.answer", m{"do": "nothing"})
	c.do("judge", "duress.answer", m{"do": "clear_room"})
	c.refused(CodeReasonRequired, "judge", "duress.answer", m{"do": "stand_down"})
	d, ok := c.s.Duress()
	if !ok || len(d.Do) != 1 || d.Do[0].Do != "clear_room" {
		t.Fatalf("%+v", d)
	}
	c.do("judge", "duress.answer", m{"do": "stand_down", "reason": "The key was sat on."})
	if _, ok := c.s.Duress(); ok {
		t.Error("it stands still")
	}
}

// The sealed book may be folded before, after or between the ledger's events: the state is the same. And it is copied into the record once, at closing, in whatever pieces.
func TestTheSealedBookIsFoldedInAnyOrderAndCopiedIntoTheRecordOnce(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.do("witness", "duress.raise", m{"means": "key"})
	c.do("judge", "duress.answer", m{"do": "clear_room"})
	if IntoRecord(c.s) != nil {
		t.Error("copied while the hearing runs: everybody would count it")
	}
	c.do("judge", "duress.answer", m{"do": "stand_down", "reason": "r"})
	c.do("judge", "testimony.release", nil)
	c.do("judge", "hearing.close", nil)
	var book, main []Event
	for _, e := range c.events {
		if e.Code == DuressRaised || e.Code == DuressAnswered {
			book = append(book, e)
		} else {
			main = append(main, e)
		}
	}
	s := New()
	for _, e := range append(main, book...) {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	s.Facts = c.s.Facts
	a, _ := json.Marshal(s)
	b, _ := json.Marshal(c.s)
	if string(a) != string(b) {
		t.Errorf("the order of the books matters:\n%s\n%s", a, b)
	}
	drafts := IntoRecord(c.s)
	if len(drafts) != 3 {
		t.Fatalf("%d of 3 are copied", len(drafts))
	}
	c.enter(Rendered(ProtocolRenderedPayload{Statement: []byte("s")}))
	c.enter(drafts[:1])
	if c.s.Signing != nil {
		t.Error("what was rendered does not say it, and may be signed")
	}
	if left := IntoRecord(c.s); len(left) != 2 {
		t.Errorf("after a crash between them %d are left", len(left))
	}
	c.enter(IntoRecord(c.s))
	if IntoRecord(c.s) != nil {
		t.Error("copied twice")
	}
	for _, d := range drafts {
		if d.Actor != string(System) || d.Aside {
			t.Errorf("%+v", d)
		}
	}
}

// An emergency takes testimony from whatever could go on to be seen, in every phase, and she never comes back but by a new certificate that was given after its end, and a new call.
func TestSheComesBackFromAnEmergencyOnlyByANewCertificateAndANewCall(t *testing.T) {
	for phase, to := range phasesOf {
		for _, seat := range []string{"witness", "judge"} {
			c := newCourt(t)
			to(c)
			c.do(seat, "emergency.raise", m{"by": "officer"})
			if !c.s.InEmergency() || c.s.Testimony.Phase == Live || c.s.Testimony.Phase == Rehearsal {
				t.Errorf("%s: %+v, testimony is %s", phase, c.s.Emergency, c.s.Testimony.Phase)
			}
			if want := map[string]string{"witness": PressedByOfficer, "judge": PressedByBench}[seat]; c.s.Emergency.By != want {
				t.Errorf("%s by %s: by %s", phase, seat, c.s.Emergency.By)
			}
			before := len(c.events)
			c.do(seat, "emergency.raise", nil)
			if len(c.events) != before {
				t.Error("entered twice")
			}
		}
	}
	c := newCourt(t)
	c.live()
	c.do("witness", "emergency.raise", nil)
	c.at(Paused)
	if c.s.Testimony.PauseCode != "break" || c.s.Testimony.Discreet != PauseEmergency {
		t.Errorf("%+v", c.s.Testimony)
	}
	over := m{"reason": "r", "confirm": true, "without_certificate": true}
	c.certify() // while it stands
	c.refused(CodeWrongPhase, "judge", "testimony.call", nil)
	c.refused(CodeWrongPhase, "judge", "testimony.call", over)
	c.refused(CodeReasonRequired, "judge", "emergency.end", nil)
	c.refused(CodeNotAllowed, "witness", "emergency.end", m{"reason": "r"})
	c.do("judge", "emergency.end", m{"reason": "The police are there."})
	c.at(Paused)
	c.refused(CodeRoomNotCertified, "judge", "testimony.call", nil)
	c.refused(CodeRoomNotCertified, "judge", "testimony.call", over)
	c.do("witness", "room.certify", m{"same": true, "free": false, "with": []string{}})
	c.refused(CodeRoomNotCertified, "judge", "testimony.call", over)
	c.certify()
	c.now = c.now.Add(CertificateHolds + time.Minute)
	c.refused(CodeRoomNotCertified, "judge", "testimony.call", over)
	c.certify()
	c.do("judge", "testimony.call", nil)
	c.at(Live)
	c.do("judge", "testimony.pause", nil)
	c.do("judge", "testimony.call", over) // what an emergency demanded is over with it
}

func TestAfterTheRoomWasClearedNobodyStaysBesideHerButTheOfficer(t *testing.T) {
	for _, ask := range []string{"testimony.pause", "duress.answer"} {
		for _, from := range []string{"live", "ready", "paused", "rehearsal", "waiting"} {
			c := newCourt(t)
			phasesOf[from](c)
			c.do("witness", "duress.raise", nil)
			args := m{"why": "clear_room"}
			if ask == "duress.answer" {
				args = m{"do": "clear_room"}
			}
			c.do("judge", ask, args)
			if c.s.Testimony.PauseCode != "judge" || c.s.Testimony.Discreet != PauseClearRoom {
				t.Errorf("%s from %s: the room is told %q, everybody else %q", ask, from, c.s.Testimony.Discreet, c.s.Testimony.PauseCode)
			}
			if from == "rehearsal" || from == "waiting" {
				c.at(Waiting)
				c.do("judge", "identity.verified", m{"how": "h"})
				c.s.Facts.StationUp = true
				c.do("witness", "testimony.rehearse", nil)
				c.do("witness", "witness.consent", m{"language": "az", "interpreter": false})
			}
			over := m{"reason": "r", "confirm": true, "without_certificate": true}
			c.refused(CodeRoomNotCertified, "judge", "testimony.call", over)
			for _, with := range [][]string{{"interpreter"}, {"legal_representative", "officer"}} {
				c.do("witness", "room.certify", m{"same": true, "free": true, "with": with})
				if why := c.s.RoomWhy(c.now); why != voidNotAlone {
					t.Errorf("%s from %s: with %v: %q", ask, from, with, why)
				}
				c.refused(CodeRoomNotCertified, "judge", "testimony.call", over)
			}
			c.do("witness", "room.certify", m{"same": true, "free": true, "with": []string{"officer"}})
			c.do("judge", "testimony.call", nil)
			c.at(Live)
		}
	}
}

// I8: she tightens, stops and flags whatever stands.
func TestSheMayAlwaysTightenWhateverStands(t *testing.T) {
	for phase, to := range phasesOf {
		for _, danger := range []string{"", "duress.raise", "emergency.raise"} {
			c := newCourt(t)
			to(c)
			if danger != "" {
				c.do("witness", danger, nil)
			}
			c.do("witness", "witness.tighten", m{"picture": "card", "voice": "silence"})
			c.do("witness", "flag.raise", m{"discreet": true})
			c.do("witness", "witness.afraid", nil)
			if got := c.s.Testimony.Tightened; got.Picture != "card" || got.Voice != "silence" || len(c.s.Flags) != 2 {
				t.Errorf("%s after %q: %+v", phase, danger, got)
			}
		}
	}
}

// The pause that only a judge may call technical is any judge's; nobody else's word makes it one.
func TestATechnicalPauseIsAJudgesAtAnyTime(t *testing.T) {
	for _, spec := range DefaultSeats() {
		if !spec.Role.Protects() {
			continue
		}
		for _, why := range []string{PauseTechnical, PauseClearRoom} {
			c := newCourt(t)
			c.live()
			c.do(spec.ID, "testimony.pause", m{"why": why})
			if got := c.s.Testimony; (got.PauseCode == PauseTechnical) != (spec.Role.Bench() && why == PauseTechnical) || (got.Discreet == PauseClearRoom) != (spec.Role.Bench() && why == PauseClearRoom) {
				t.Errorf("%s, %s: %s %s", spec.ID, why, got.PauseCode, got.Discreet)
			}
		}
	}
}
