package hearing

import (
	"encoding/json"
	"testing"
	"time"
)

func args(t *testing.T, v map[string]any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every command is named, in each state in which its touch depends on one; a command that nobody thought of needs a touch.
func TestWhatSignsOrLoosensNeedsATouchAndNothingElse(t *testing.T) {
	plain := New()
	plain.Kind = Private
	plain.Seats = []Seat{{ID: "judge", Role: PresidingJudge, Admitted: true}, {ID: "defence", Role: DefenceCounsel, Admitted: true}, {ID: "out", Role: VictimsLawyer}}
	lost := plain.Clone()
	lost.Seats[1].LinkLost = true
	afraid := plain.Clone()
	afraid.Testimony.Discreet, afraid.Testimony.PauseCode = "afraid", "break"

	type line struct {
		rule  string
		state *State
		args  map[string]any
		want  bool
	}
	depends := map[string][]line{
		"order.sign":     {{"always", plain, nil, true}},
		"protocol.sign":  {{"always", plain, nil, true}},
		"seat.take_stop": {{"always", plain, map[string]any{"seat": "out", "reason": "r"}, true}}, "emergency.end": {{"always", plain, map[string]any{"reason": "r"}, true}},
		"session.kind": {{"wider", plain, map[string]any{"kind": "public", "reason": "r", "confirm": true}, true}, {"as it is", plain, map[string]any{"kind": "private"}, false},
			{"stricter", plain, map[string]any{"kind": "closed"}, false}, {"no kind", plain, map[string]any{"kind": "secret"}, true}, {"unreadable", plain, map[string]any{"kind": 3}, true}},
		"seat.admit": {{"removed", plain, map[string]any{"seat": "out"}, true}, {"in already", plain, map[string]any{"seat": "defence"}, false}, {"unreadable", plain, nil, true}},
		"flag.rule": {{"dismissed", plain, map[string]any{"flag": "f1", "ruling": "dismiss"}, true}, {"entered", plain, map[string]any{"flag": "f1", "ruling": "enter"}, false},
			{"removed for it", plain, map[string]any{"flag": "f1", "ruling": "remove", "seat": "out"}, false}, {"unreadable", plain, nil, true}},
		"testimony.call": {{"nothing in the way", plain, nil, false}, {"the defence's link is broken", lost, nil, true}, {"she was afraid", afraid, nil, true},
			{"no certificate of the room", plain, map[string]any{"without_certificate": true}, true}, {"unreadable", plain, map[string]any{"without_certificate": 3}, true}},
	}
	judge := Actor{Seat: "judge", Role: PresidingJudge}
	for _, name := range CommandNames() {
		if _, ok := touches[name]; !ok {
			t.Errorf("%s: nobody said whether it needs a touch", name)
		}
		lines := depends[name]
		if lines == nil { // never, whatever holds
			lines = []line{{"never", plain, nil, false}, {"never", lost, map[string]any{"kind": "public"}, false}, {"never", afraid, nil, false}}
		}
		for _, l := range lines {
			if got := NeedsStepUp(l.state, judge, Command{Name: name, Args: args(t, l.args)}); got != l.want {
				t.Errorf("%s, %s: a touch is needed: %v, want %v", name, l.rule, got, l.want)
			}
		}
	}
	if len(touches) != len(CommandNames()) {
		t.Errorf("%d lines for %d commands", len(touches), len(CommandNames()))
	}
	if !NeedsStepUp(plain, judge, Command{Name: "vault.give_away"}) {
		t.Error("a command that nobody thought of needs no touch")
	}
}

// A4: a page that writes an argument twice, or in capitals, gets the loosening past neither the command nor the touch.
func TestATouchIsAskedForWhatTheCommandWillRead(t *testing.T) {
	s := New()
	s.Kind = Closed
	s.Seats = []Seat{{ID: "judge", Role: PresidingJudge, Admitted: true}}
	judge := Actor{Seat: "judge", Role: PresidingJudge}
	for _, args := range []string{`{"kind":"closed","KIND":"public","reason":"r","confirm":true}`, `{"kind":"closed","kind":"public","reason":"r","confirm":true}`,
		`{"Kind":"public","reason":"r","confirm":true}`, `{"\u006bind":"public","reason":"r","confirm":true}`} {
		c := Command{Name: "session.kind", Args: json.RawMessage(args)}
		drafts, _, err := Decide(s, judge, c, time.Now())
		if err != nil || len(drafts) != 1 || drafts[0].Payload.(SessionKindPayload).Kind != Public {
			t.Fatalf("%s: %v %v: this check would hold nothing", args, drafts, err)
		}
		if !NeedsStepUp(s, judge, c) {
			t.Errorf("%s loosens without a touch", args)
		}
	}
}

// I6 and I8: who stops, tightens or reports is asked for nothing, and the protected person never.
func TestWhatProtectsIsNeverAskedForATouch(t *testing.T) {
	s := New()
	s.Seats = []Seat{{ID: "witness", Role: ProtectedWitness, Admitted: true}, {ID: "defence", Role: DefenceCounsel, Admitted: true, LinkLost: true}}
	s.Testimony.Discreet = "afraid"
	for _, name := range append(CommandNames(), "no.such") {
		if NeedsStepUp(s, Actor{Seat: "witness", Role: ProtectedWitness}, Command{Name: name}) {
			t.Errorf("%s: the protected person is asked for a touch", name)
		}
	}
	for _, role := range Roles() {
		for _, name := range []string{"testimony.pause", "flag.raise", "flag.detail", "hearing.suspend", "seat.remove", "seat.mute", "objection.raise", "question.request",
			"duress.raise", "duress.answer", "emergency.raise", "flag.answer", "flag.request"} {
			if NeedsStepUp(s, Actor{Seat: "x", Role: role}, Command{Name: name, Args: json.RawMessage(`{`)}) {
				t.Errorf("%s by %s: a touch is asked for", name, role)
			}
		}
	}
}

// The clerk cannot loosen: of the commands that can need a touch, the only one that is hers is to sign the protocol.
func TestTheClerkCannotLoosen(t *testing.T) {
	for _, r := range rules {
		loosens := r.name == "order.sign" || r.name == "session.kind" || r.name == "seat.admit" || r.name == "flag.rule" || r.name == "testimony.call" || r.name == "seat.take_stop" || r.name == "emergency.end"
		if loosens && r.who(CourtClerk) {
			t.Errorf("a clerk may give %s", r.name)
		}
	}
}
