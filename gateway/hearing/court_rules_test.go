package hearing

import (
	"testing"
	"time"
)

func TestARestrictionIsProvisionalAndARulingIsOwed(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		args    m
		about   string
	}{
		"private session":      {"session.kind", m{"kind": "private"}, "kind"},
		"closed session":       {"session.kind", m{"kind": "closed"}, "kind"},
		"muting the defence":   {"seat.mute", m{"seat": "defence"}, "mute"},
		"muting the lawyer":    {"seat.mute", m{"seat": "lawyer"}, "mute"},
		"removing a party":     {"seat.remove", m{"seat": "prosecutor"}, "remove"},
		"removing the gallery": {"seat.remove", m{"seat": "gallery"}, "remove"},
		"removing the dock":    {"seat.remove", m{"seat": "screen"}, "remove"},
	} {
		t.Run(name, func(t *testing.T) {
			court := newCourt(t)
			court.live()
			court.do("judge", c.command, c.args)
			if len(court.s.Pending) != 1 || court.s.Pending[0].About != c.about {
				t.Fatalf("%+v", court.s.Pending)
			}
			owed := court.s.Pending[0]
			if d := Overdue(court.s, owed.Due); d != nil {
				t.Error("overdue too early")
			}
			court.now = owed.Due.Add(time.Second)
			court.enter(Overdue(court.s, court.now))
			if !court.s.Pending[0].Overdue || Overdue(court.s, court.now.Add(time.Hour)) != nil {
				t.Error("overdue is not entered once")
			}
			court.do("judge", "testimony.release", nil)
			court.refused(CodeRulingOwed, "judge", "hearing.close", nil)
			court.refused(CodeReasonRequired, "judge", "ruling.give", m{"id": owed.ID, "reason": "r"})
			court.refused(CodeReasonRequired, "judge", "ruling.give", m{"id": owed.ID, "positions": "p"})
			court.refused(CodeNotAllowed, "judge2", "ruling.give", m{"id": owed.ID, "reason": "r", "positions": "p"})
			court.do("judge", "ruling.give", m{"id": owed.ID, "reason": "r", "positions": "The defence objects."})
			if len(court.s.Pending) != 0 {
				t.Error("still owed")
			}
			court.do("judge", "hearing.close", nil)
		})
	}
}

func TestWhatRestrictsNoPartyOwesNothing(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.do("judge", "seat.mute", m{"seat": "interpreter"})
	c.do("judge", "seat.remove", m{"seat": "support"})
	c.at(Live)
	if len(c.s.Pending) != 0 {
		t.Errorf("%+v", c.s.Pending)
	}
}

func TestBenchClerkAndWitnessCannotBeRemovedNorTheJudgeMuteHerself(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	for _, seat := range []string{"judge", "judge2", "reserve", "clerk", "witness"} {
		c.refused(CodeNotAllowed, "judge", "seat.remove", m{"seat": seat})
	}
	c.refused(CodeNotAllowed, "judge", "seat.mute", m{"seat": "judge"})
	c.refused(CodeNotAllowed, "judge", "seat.mute", m{"seat": "witness"})
	c.refused(CodeSeatUnknown, "judge", "seat.mute", m{"seat": "nobody"})
}

func TestARemovedSeatDoesNothingUntilItIsAdmitted(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.do("judge", "floor.give", m{"seat": "lawyer"})
	c.do("judge", "seat.remove", m{"seat": "lawyer"})
	if c.s.Testimony.Floor != "" {
		t.Error("who is gone has the floor")
	}
	for _, name := range CommandNames() {
		if _, _, err := c.try("lawyer", name, nil); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	c.do("judge", "seat.admit", m{"seat": "lawyer"})
	c.do("lawyer", "flag.raise", nil)
}

func TestAClosedSessionKeepsOnlyWhoIsBound(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	c.do("lawyer", "undertaking.sign", m{"agree": true})
	c.do("prosecutor", "undertaking.sign", m{"agree": false})
	c.do("judge", "session.kind", m{"kind": "closed"})
	want := map[string]bool{"judge": true, "judge2": true, "judge3": true, "reserve": true, "clerk": true, "prosecutor": false, "defence": true,
		"lawyer": true, "interpreter": false, "support": false, "guardian": false, "witness": true, "screen": true, "gallery": false}
	for seat, attends := range want {
		if c.s.Attends(seat) != attends {
			t.Errorf("%s attends: %v", seat, !attends)
		}
	}
	c.do("interpreter", "undertaking.sign", m{"agree": true})
	if !c.s.Attends("interpreter") {
		t.Error("the undertaking does not let in")
	}
	c.do("clerk", "seat.reissue", m{"seat": "interpreter"})
	if c.s.Attends("interpreter") {
		t.Error("another person comes in on the old one's undertaking")
	}
	c.refused(CodeNotAllowed, "gallery", "undertaking.sign", m{"agree": true})
}

func TestANewLinkIsForAnothersSeatAndNeverForTheWitnesss(t *testing.T) {
	c := newCourt(t)
	c.refused(CodeNotAllowed, "clerk", "seat.reissue", m{"seat": "clerk"})
	c.refused(CodeNotAllowed, "judge", "seat.reissue", m{"seat": "judge"})
	c.refused(CodeNotAllowed, "clerk", "seat.reissue", m{"seat": "witness"})
	c.refused(CodeSeatUnknown, "clerk", "seat.reissue", m{"seat": "nobody"})
	c.do("clerk", "seat.reissue", m{"seat": "judge"})
	c.do("judge", "seat.reissue", m{"seat": "clerk"})
}

func TestTheFloorIsForWhomTheOrderLetsAddressTheWitness(t *testing.T) {
	c := newCourt(t)
	c.order(m{"template": "anonymous_to_defence", "reason": "r", "questioners": []Role{PresidingJudge, DefenceCounsel}}, nil)
	c.do("judge", "hearing.open", nil)
	c.do("judge", "floor.give", m{"seat": "defence"})
	c.do("judge", "floor.give", m{"seat": "judge2"})
	c.refused(CodeNotAllowed, "judge", "floor.give", m{"seat": "prosecutor"})
	c.refused(CodeNotAllowed, "judge", "floor.give", m{"seat": "gallery"})
	c.refused(CodeNotAllowed, "judge", "floor.give", m{"seat": "witness"})
	c.do("judge", "floor.give", m{"seat": ""})
	if c.s.Kind != Private {
		t.Error("the order's session is not in force")
	}
}

func TestAnIncidentIsNeverLost(t *testing.T) {
	for _, seat := range []string{"judge", "clerk", "prosecutor", "defence", "lawyer", "interpreter", "support", "guardian", "witness"} {
		for _, args := range []m{nil, {"kind": "look", "note": "n"}, {"kind": "stare"}, {"kind": 7, "note": "n"}, {"unknown": true}, {"discreet": "yes"}} {
			c := newCourt(t) // before the hearing opens
			if id := c.do(seat, "flag.raise", args)["flag"]; id != "f1" {
				t.Errorf("%s with %v: %v", seat, args, id)
			}
		}
	}
	c := newCourt(t)
	c.do("defence", "flag.raise", m{"discreet": "yes"})
	if !c.s.Flags["f1"].Discreet {
		t.Error("what could not be read was not taken as discreet")
	}
}

func TestAFlagKeepsTheTimeItWasPressed(t *testing.T) {
	for name, at := range map[string]time.Duration{"late": -time.Minute, "from the future": time.Hour} {
		c := newCourt(t)
		d, _, err := Decide(c.s, Actor{Seat: "defence", Role: DefenceCounsel}, Command{Name: "flag.raise", At: c.now.Add(at)}, c.now)
		if err != nil {
			t.Fatal(err)
		}
		want := c.now
		if at < 0 {
			want = c.now.Add(at)
		}
		if p := d[0].Payload.(FlagRaisedPayload); !p.PressedAt.Equal(want) {
			t.Errorf("%s: %v", name, p.PressedAt)
		}
	}
}

func TestOnlyTheRaiserAddsToAFlagAndOnlyTheBenchRules(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.do("defence", "flag.raise", nil)
	c.refused(CodeWrongPhase, "prosecutor", "flag.detail", m{"flag": "f1", "kind": "look"})
	c.do("prosecutor", "flag.raise", nil)
	c.refused(CodeNotAllowed, "prosecutor", "flag.detail", m{"flag": "f1", "kind": "look"})
	c.do("defence", "flag.detail", m{"flag": "f1", "kind": "look", "source": "gallery"})
	c.refused(CodeNotAllowed, "clerk", "flag.rule", m{"flag": "f1", "ruling": "enter"})
	c.refused(CodeReasonRequired, "judge", "flag.rule", m{"flag": "f1", "ruling": "dismiss"})
	c.refused(CodeSeatUnknown, "judge", "flag.rule", m{"flag": "f1", "ruling": "remove"})
	c.do("judge", "flag.rule", m{"flag": "f1", "ruling": "enter"})
	c.refused(CodeBadArgument, "judge", "flag.rule", m{"flag": "f1", "ruling": "enter"})
}

func TestARulingOnAFlagDoesWhatItSays(t *testing.T) {
	for ruling, holds := range map[string]func(*court) bool{
		"pause":   func(c *court) bool { return c.s.Testimony.Phase == Paused && c.s.Testimony.PauseCode == "flag" },
		"private": func(c *court) bool { return c.s.Kind == Private && len(c.s.Pending) == 1 },
		"remove":  func(c *court) bool { return !c.s.Attends("gallery") && len(c.s.Pending) == 1 },
		"warn":    func(c *court) bool { return c.s.Testimony.Phase == Live && len(c.s.Pending) == 0 },
		"refer":   func(c *court) bool { return c.s.Testimony.Phase == Live },
	} {
		c := newCourt(t)
		c.live()
		c.do("defence", "flag.raise", m{"kind": "gesture"})
		args := m{"flag": "f1", "ruling": ruling}
		if ruling == "remove" {
			args["seat"] = "gallery"
		}
		c.do("judge", "flag.rule", args)
		if !holds(c) || !c.s.Flags["f1"].Ruled {
			t.Errorf("%s: %+v", ruling, c.s.Testimony)
		}
	}
}

func TestAnAmendmentIsANewEntrySealedAsTheOld(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	c.do("clerk", "entry.add", m{"kind": "answer", "speaker": "protected_witness", "text": "Yes.", "sealed": "parties", "lang": "az"})
	index := c.events[len(c.events)-1].Index
	c.do("judge", "entry.amend", m{"entry": index, "text": "No.", "reason": "misheard"})
	p, err := Payload[EntryAmendedPayload](c.events[len(c.events)-1])
	if err != nil || p.Entry != index || p.Sealed != "parties" {
		t.Errorf("%+v %v", p, err)
	}
	c.refused(CodeBadArgument, "clerk", "entry.amend", m{"entry": 1, "text": "x"})
	c.refused(CodeBadArgument, "clerk", "entry.add", m{"kind": "system", "text": "x"})
	c.refused(CodeBadArgument, "clerk", "entry.add", m{"kind": "note", "text": " "})
	c.refused(CodeBadArgument, "clerk", "entry.add", m{"kind": "note", "text": "x", "seeled": "bench"})
	c.refused(CodeNotAllowed, "prosecutor", "entry.add", m{"kind": "note", "text": "x"})
}

func TestRequestsAreAnsweredOnce(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	c.do("defence", "objection.raise", m{"text": "Leading."})
	c.do("lawyer", "question.request", nil)
	c.refused(CodeBadArgument, "judge", "request.done", m{"id": "q1", "ruling": "perhaps"})
	c.do("judge", "request.done", m{"id": "q1", "ruling": "sustained"})
	c.refused(CodeBadArgument, "judge", "request.done", m{"id": "q1"})
	if len(c.s.Requests) != 1 || c.s.Requests[0].What != "question" {
		t.Errorf("%+v", c.s.Requests)
	}
}

func TestOneSeatsRequestsDoNotBuryTheOthers(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	var first Result
	for i := range openRequests {
		if r := c.do("defence", "objection.raise", m{"text": "I object."}); i == 0 {
			first = r
		}
	}
	c.refused(CodeTooMany, "defence", "objection.raise", m{"text": "I object."})
	c.do("prosecutor", "objection.raise", m{"text": "I object."})
	c.do("defence", "flag.raise", nil)
	c.do("judge", "request.done", m{"id": first["request"], "ruling": "overruled"})
	c.do("defence", "objection.raise", m{"text": "I object again."})
}

func TestTheProtocolIsSignedByJudgeAndByAClerkWhoHoldsAKeyThenSealed(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.refused(CodeWrongPhase, "judge", "hearing.close", nil)
	c.do("clerk", "key.enrol", m{"key": c.clerk.spki})
	c.do("judge", "testimony.release", nil)
	c.do("judge", "hearing.close", nil)
	c.refused(CodeWrongPhase, "judge", "protocol.sign", m{})
	first := []byte("statement one")
	c.enter(Rendered(ProtocolRenderedPayload{Statement: first}))
	c.do("judge", "protocol.sign", m{"signature": c.judge.sign(t, first)})
	c.do("defence", "flag.raise", m{"kind": "words"}) // late, and not lost: what was signed does not say it
	if c.s.Signing != nil || c.s.Phase != Concluded {
		t.Fatal("signatures stand over a protocol that grew")
	}
	second := []byte("statement two")
	c.enter(Rendered(ProtocolRenderedPayload{Statement: second}))
	c.refused(CodeSignatureInvalid, "judge", "protocol.sign", m{"signature": c.judge.sign(t, first)})
	c.do("judge", "protocol.sign", m{"signature": c.judge.sign(t, second)})
	if Seal(c.s, "00") != nil {
		t.Fatal("sealed without the clerk")
	}
	c.refused(CodeWrongPhase, "judge", "protocol.sign", m{"signature": c.judge.sign(t, second)})
	c.do("clerk", "protocol.sign", m{"signature": c.clerk.sign(t, second)})
	if c.s.Phase != Signed {
		t.Fatal(c.s.Phase)
	}
	c.refused(CodeWrongPhase, "defence", "flag.raise", nil)
	c.enter(Seal(c.s, "00"))
	if c.s.Phase != Sealed || len(Can(c.s, PresidingJudge, "judge", c.now)) != 0 {
		t.Error("something can be done to a sealed hearing")
	}
}

func TestAHearingWithoutTestimonyCanBeClosed(t *testing.T) {
	c := newCourt(t)
	c.ready()
	c.do("judge", "hearing.close", nil)
	if len(Can(c.s, ProtectedWitness, "witness", c.now)) == 0 {
		t.Error("the witness cannot even be afraid any more")
	}
	c.refused(CodeWrongPhase, "judge", "testimony.call", nil)
}
