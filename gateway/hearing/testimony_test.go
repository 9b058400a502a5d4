package hearing

import (
	"slices"
	"testing"
	"time"
)

func TestNothingIsCalledBeforeASignedOrderIdentityConsentAndAStation(t *testing.T) {
	c := newCourt(t)
	c.refused(CodeOrderNotSigned, "judge", "hearing.open", nil)
	c.refused(CodeOrderNotSigned, "witness", "testimony.rehearse", nil)
	c.open("no_confrontation")
	c.refused(CodeWrongPhase, "judge", "testimony.call", nil)
	c.do("judge", "testimony.rehearse", nil)
	c.refused(CodeWrongPhase, "judge", "testimony.call", nil)
	c.do("witness", "witness.consent", m{"language": "az", "interpreter": true})
	c.at(Ready)
	c.refused(CodeIdentityNotVerified, "judge", "testimony.call", nil)
	c.do("judge", "identity.verified", m{"how": "passport"})
	c.refused(CodeStationMissing, "judge", "testimony.call", nil)
	c.s.Facts.StationUp = true
	c.do("judge", "hearing.suspend", nil)
	c.refused(CodeWrongPhase, "judge", "testimony.call", nil)
	c.do("judge", "hearing.resume", nil)
	for _, seat := range []string{"judge2", "clerk", "prosecutor", "defence", "lawyer", "witness", "gallery"} {
		c.refused(CodeNotAllowed, seat, "testimony.call", nil)
	}
	c.certify()
	c.do("judge", "testimony.call", nil)
	c.at(Live)
}

// TestProtectingNeedsNoReasonAndNoPermission is I8: whoever protects stops the testimony at once, whatever they write beside it,
// wherever it has a meaning.
func TestProtectingNeedsNoReasonAndNoPermission(t *testing.T) {
	protectors := []string{"judge", "judge2", "reserve", "clerk", "interpreter", "support", "guardian", "witness"}
	for _, seat := range protectors {
		for _, args := range []m{nil, {}, {"why": "nonsense"}, {"why": 7}, {"why": "break", "more": true}} {
			for _, phase := range []TestimonyPhase{Rehearsal, Ready, Live, Paused} {
				c := newCourt(t)
				c.live()
				switch phase {
				case Paused:
					c.do("judge", "testimony.pause", nil)
				case Ready:
					c.enter(Restarted(c.s, c.now))
				case Rehearsal:
					c.enter(Restarted(c.s, c.now))
					c.do("judge", "testimony.rehearse", nil)
				}
				c.at(phase)
				c.do(seat, "testimony.pause", args)
				if got := c.s.Testimony.Phase; got != Paused && got != Waiting {
					t.Fatalf("%s paused in %s with %v: %s", seat, phase, args, got)
				}
			}
		}
	}
}

func TestWhoProtectsStopsFromOutsideAClosedSessionToo(t *testing.T) {
	for _, seat := range []string{"interpreter", "support", "guardian"} {
		c := newCourt(t)
		c.live()
		c.do("judge", "session.kind", m{"kind": "closed"})
		c.at(Live)
		c.refused(CodeUndertakingRequired, "prosecutor", "objection.raise", nil)
		c.do(seat, "testimony.pause", nil)
		c.at(Paused)
	}
}

func TestAPartyAsksForAPause(t *testing.T) {
	for _, seat := range []string{"prosecutor", "defence", "lawyer"} {
		c := newCourt(t)
		c.live()
		c.do(seat, "testimony.pause", m{"text": "A document."})
		c.at(Live)
		if n := len(c.s.Requests); n != 1 || c.s.Requests[0].What != "pause" || c.s.Requests[0].Seat != seat {
			t.Fatalf("%s: %+v", seat, c.s.Requests)
		}
	}
}

func TestTheWitnessTightensAlways(t *testing.T) {
	c := newCourt(t)
	c.do("witness", "witness.tighten", m{"picture": "card"}) // before any order
	c.live()
	c.do("witness", "witness.tighten", m{"voice": "silence"})
	if got := c.s.Testimony.Tightened; got != (WitnessTightenedPayload{Picture: "card", Voice: "silence"}) {
		t.Errorf("%+v: the first wish was forgotten", got)
	}
	c.refused(CodeBadArgument, "witness", "witness.tighten", m{"picture": "natural"})
	c.refused(CodeBadArgument, "witness", "witness.tighten", m{"picture": "puppet"})
	c.do("witness", "witness.tighten", m{"picture": "", "voice": ""})
	if got := c.s.Testimony.Tightened; got != (WitnessTightenedPayload{AsOrdered: true}) {
		t.Errorf("%+v: a wish that was taken back must have words of its own in the protocol", got)
	}
	c.refused(CodeNotAllowed, "judge", "witness.tighten", m{"picture": ""})
}

func TestFearStopsAndIsForTheBenchAlone(t *testing.T) {
	c := newCourt(t)
	c.live()
	result := c.do("witness", "witness.afraid", nil)
	c.at(Paused)
	flag := c.s.Flags[result["flag"].(string)]
	if !flag.Discreet || c.s.Testimony.PauseCode != "break" || c.s.Testimony.Discreet != "afraid" {
		t.Errorf("%+v %+v", flag, c.s.Testimony)
	}
}

func TestTheWitnessCanTakeHerConsentBack(t *testing.T) {
	for _, phase := range []TestimonyPhase{Rehearsal, Ready, Live, Paused} {
		c := newCourt(t)
		c.live()
		switch phase {
		case Paused:
			c.do("judge", "testimony.pause", nil)
		case Ready:
			c.enter(Restarted(c.s, c.now))
		case Rehearsal:
			c.enter(Restarted(c.s, c.now))
			c.do("judge", "testimony.rehearse", nil)
		}
		c.do("witness", "witness.refuse", nil)
		c.at(Waiting)
		if c.s.Testimony.Consent != nil || !c.s.Testimony.Refused {
			t.Error("consent stands")
		}
	}
}

// TestLooseningNeedsAReasonAndAConfirmation is the other half of I8.
func TestLooseningNeedsAReasonAndAConfirmation(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.do("judge", "session.kind", m{"kind": "closed"})
	c.refused(CodeReasonRequired, "judge", "session.kind", m{"kind": "public"})
	c.refused(CodeReasonRequired, "judge", "session.kind", m{"kind": "public", "confirm": true, "reason": " "})
	c.refused(CodeConfirmRequired, "judge", "session.kind", m{"kind": "private", "reason": "r"})
	c.do("judge", "session.kind", m{"kind": "private", "reason": "r", "confirm": true})

	c.do("judge", "order.draft", m{"template": "no_confrontation", "reason": "r", "renderings": m{"public": m{"picture": "puppet", "voice": "neutral", "delay_s": 0}}})
	args := m{"bytes": c.s.Draft, "signature": c.judge.sign(t, c.s.Draft)}
	c.refused(CodeReasonRequired, "judge", "order.sign", args)
	args["reason"] = "The press asked."
	c.refused(CodeConfirmRequired, "judge", "order.sign", args)
	args["confirm"] = true
	c.do("judge", "order.sign", args)
	c.at(Waiting)
	if c.s.Testimony.Consent != nil {
		t.Error("the witness agreed to less than she would be shown with now")
	}
}

func TestATighterOrderNeedsAReasonAndNoConfirmationAndTestimonyGoesOn(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.order(m{"template": "no_confrontation", "reason": "r", "renderings": m{"public": nil}, "session": "private"}, m{"reason": "A camera in the hall."})
	c.at(Live)
	if c.s.Kind != Private || len(c.s.Pending) != 0 || c.s.Order.Order.Version != 2 {
		t.Errorf("%s %v %d", c.s.Kind, c.s.Pending, c.s.Order.Order.Version)
	}
	c.refused(CodeNotAllowed, "judge", "session.kind", m{"kind": "public", "reason": "r", "confirm": true})
}

func TestOnlyTheDraftIsSignedWithTheSeatsOwnKey(t *testing.T) {
	c := newCourt(t)
	c.do("judge", "order.draft", m{"template": "identity_hidden", "reason": "r"})
	draft := c.s.Draft
	c.refused(CodeSignatureInvalid, "judge", "order.sign", m{"bytes": draft, "signature": c.judge.sign(t, draft)})
	c.do("judge", "key.enrol", m{"key": c.judge.spki})
	c.refused(CodeSignatureInvalid, "judge", "order.sign", m{"bytes": draft, "signature": c.clerk.sign(t, draft)})
	_, other := sample(t)
	c.refused(CodeOrderInvalid, "judge", "order.sign", m{"bytes": other, "signature": c.judge.sign(t, other)})
	c.refused(CodeNotAllowed, "judge2", "order.sign", m{"bytes": draft, "signature": c.judge.sign(t, draft)})
	c.do("judge", "order.sign", m{"bytes": draft, "signature": c.judge.sign(t, draft)})
	if c.s.Order == nil || c.s.Order.KeyCode != KeyCode(c.judge.spki) || c.s.Draft != nil {
		t.Errorf("%+v", c.s.Order)
	}
}

// TestTheDefenceCanAlwaysPutQuestions is I9.
func TestTheDefenceCanAlwaysPutQuestions(t *testing.T) {
	t.Run("muting it pauses, and it stays so until it can speak", func(t *testing.T) {
		c := newCourt(t)
		c.live()
		c.do("judge", "seat.mute", m{"seat": "defence"})
		c.at(Paused)
		if c.s.Testimony.PauseCode != "defence_muted" || len(c.s.Pending) != 1 || c.s.Pending[0].About != "mute" {
			t.Errorf("%+v %+v", c.s.Testimony, c.s.Pending)
		}
		c.refused(CodeDefenceAbsent, "judge", "testimony.call", m{"reason": "r", "confirm": true})
		c.do("judge", "seat.unmute", m{"seat": "defence"})
		c.certify()
		c.do("judge", "testimony.call", nil)
	})
	t.Run("removing it pauses", func(t *testing.T) {
		c := newCourt(t)
		c.live()
		c.do("judge", "seat.remove", m{"seat": "defence"})
		c.at(Paused)
		c.refused(CodeDefenceAbsent, "judge", "testimony.call", m{"reason": "r", "confirm": true})
		c.do("judge", "seat.admit", m{"seat": "defence"})
		c.certify()
		c.do("judge", "testimony.call", nil)
	})
	t.Run("an outage of over 5 s pauses, one of 5 s does not", func(t *testing.T) {
		c := newCourt(t)
		c.live()
		c.enter(LinkLost(c.s, "defence", c.now))
		seat, _ := c.s.Seat("defence")
		if d := DefenceLost(c.s, nil, seat.LostAt.Add(DefenceOutage)); d != nil {
			t.Error("paused too early")
		}
		c.enter(DefenceLost(c.s, nil, seat.LostAt.Add(DefenceOutage+time.Millisecond)))
		c.at(Paused)
		c.refused(CodeDefenceAbsent, "judge", "testimony.call", nil)
		c.certify()
		c.do("judge", "testimony.call", m{"reason": "Counsel stands in the courtroom.", "confirm": true})
		if d := DefenceLost(c.s, nil, c.now.Add(time.Hour)); d != nil {
			t.Error("what the judge passed over with a reason pauses again")
		}
		c.enter(LinkBack(c.s, "defence", c.now))
		c.enter(LinkLost(c.s, "defence", c.now))
		if d := DefenceLost(c.s, nil, c.now.Add(time.Hour)); d == nil {
			t.Error("a new outage does not pause")
		}
	})
	t.Run("a short outage is entered and testimony goes on", func(t *testing.T) {
		c := newCourt(t)
		c.live()
		c.enter(LinkLost(c.s, "defence", c.now))
		c.enter(LinkBack(c.s, "defence", c.now))
		c.at(Live)
		if c.entered(SeatLinkLost) != 1 || DefenceLost(c.s, nil, c.now.Add(time.Minute)) != nil {
			t.Error("the outage is not over")
		}
	})
	t.Run("refusing the undertaking is entered and locks nobody out", func(t *testing.T) {
		c := newCourt(t)
		c.live()
		c.do("defence", "undertaking.sign", m{"agree": false})
		c.do("judge", "session.kind", m{"kind": "closed"})
		c.do("defence", "objection.raise", nil)
		if !c.s.Attends("defence") || !c.s.Attends("screen") || c.entered(UndertakingRefused) != 1 {
			t.Error("defence or dock is locked out")
		}
	})
}

func TestAfterAnInterruptionTestimonyIsReadyNotLive(t *testing.T) {
	for name, cause := range map[string]func(*court) []Draft{
		"the station's link": func(c *court) []Draft { return LinkLost(c.s, "witness", c.now) },
		"its media":          func(c *court) []Draft { return Interrupted(c.s, "station_lost", c.now) },
		"the gateway":        func(c *court) []Draft { return Restarted(c.s, c.now) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCourt(t)
			c.live()
			c.enter(cause(c))
			c.at(Ready)
			c.enter(LinkBack(c.s, "witness", c.now))
			c.at(Ready)
			c.certify()
			c.do("judge", "testimony.call", nil)
			c.at(Live)
			c.do("clerk", "testimony.pause", nil)
			c.enter(cause(c))
			c.at(Paused)
		})
	}
}

func TestARehearsalThatIsInterruptedStartsOver(t *testing.T) {
	c := newCourt(t)
	c.open("identity_hidden")
	c.do("witness", "testimony.rehearse", nil)
	c.enter(Restarted(c.s, c.now))
	c.at(Waiting)
}

func TestTheOrdersEndStopsTestimony(t *testing.T) {
	c := newCourt(t)
	c.live()
	end := noon.Add(DefaultValidity + time.Minute)
	if d := Overdue(c.s, end.Add(-time.Hour)); d != nil {
		t.Errorf("too early: %v", d)
	}
	c.now = end
	c.enter(Overdue(c.s, c.now))
	c.at(Paused)
	if c.s.Testimony.PauseCode != "order_expired" || Overdue(c.s, c.now) != nil {
		t.Error("the end is not entered once")
	}
	c.refused(CodeOrderNotSigned, "judge", "testimony.call", nil)
}

func TestAFaceInAMaskTakesTestimonyBackToRehearsal(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.enter(Tripwire(c.s, "witness/puppet+neutral", c.now))
	c.at(Waiting)
	if len(c.s.FaceFound) != 1 {
		t.Fatal("the label is not cut")
	}
	c.do("witness", "testimony.rehearse", nil)
	c.do("witness", "witness.consent", m{"language": "az", "interpreter": false})
	c.certify()
	c.do("judge", "testimony.call", nil)
}

func TestAFailedLedgerPausesWhatWasLive(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.enter(LedgerBackAgain(c.s, c.now.Add(-time.Minute), c.now))
	c.at(Paused)
	if c.s.LedgerFailed || c.entered(LedgerFailed) != 1 {
		t.Error("the failure is not entered, or is not over")
	}
}

func TestCanListsExactlyWhatDecideWouldConsider(t *testing.T) {
	c := newCourt(t)
	c.live()
	for _, seat := range c.s.Seats {
		names := Can(c.s, seat.Role, seat.ID, c.now)
		for _, name := range CommandNames() {
			_, _, err := Decide(c.s, Actor{Seat: seat.ID, Role: seat.Role}, Command{Name: name}, c.now)
			refusal, _ := err.(*Error)
			early := refusal != nil && slices.Contains([]string{CodeNotAllowed, CodeWrongPhase, CodeRemoved, CodeUndertakingRequired}, refusal.Code)
			if slices.Contains(names, name) == early {
				t.Errorf("%s, %s: can %v, decide %v", seat.ID, name, !early, err)
			}
		}
		if seat.Role.Passive() && len(names) > 0 {
			t.Errorf("%s has something to press: %v", seat.ID, names)
		}
	}
	if got := Can(c.s, PresidingJudge, "clerk", c.now); len(got) != 0 {
		t.Errorf("another role than the seat's can %v", got)
	}
}

// TestEachSafeguardHoldsAlone takes one safeguard away from a state that no command could bring about.
func TestEachSafeguardHoldsAlone(t *testing.T) {
	for name, c := range map[string]struct {
		take func(*State)
		code string
	}{
		"consent":  {func(s *State) { s.Testimony.Consent = nil }, CodeConsentMissing},
		"tripwire": {func(s *State) { s.FaceFound["witness/puppet+neutral"] = noon }, CodeConsentMissing},
		"identity": {func(s *State) { s.Testimony.Identity = false }, CodeIdentityNotVerified},
		"order":    {func(s *State) { s.Order = nil }, CodeOrderNotSigned},
		"hearing":  {func(s *State) { s.Phase = Scheduled }, CodeWrongPhase},
		"station":  {func(s *State) { s.Facts = Facts{} }, CodeStationMissing},
	} {
		court := newCourt(t)
		court.ready()
		c.take(court.s)
		court.refused(c.code, "judge", "testimony.call", nil)
		if slices.Contains(Can(court.s, PresidingJudge, "judge", court.now), "testimony.call") {
			t.Errorf("%s: can", name)
		}
	}
}

func TestALooserOrderTakesConsentAwayWhateverThePhase(t *testing.T) {
	c := newCourt(t)
	c.ready()
	p, err := Payload[OrderSignedPayload](Event{Payload: c.signedPayload()})
	if err != nil {
		t.Fatal(err)
	}
	for _, loosens := range []bool{false, true} {
		p.Loosens = loosens
		c.enter([]Draft{{Code: OrderSigned, Actor: "judge", Payload: p}})
		if (c.s.Testimony.Consent == nil) != loosens {
			t.Errorf("loosens %v: consent %v", loosens, c.s.Testimony.Consent)
		}
	}
}

// signedPayload returns the payload of the order in force.
func (c *court) signedPayload() []byte {
	for _, e := range c.events {
		if e.Code == OrderSigned {
			return e.Payload
		}
	}
	return nil
}
