package hearing

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// flaggedBy raises a flag that concerns a target, and gives its id.
func (c *court) flaggedBy(seat, concerns string, more m) string {
	c.t.Helper()
	args := m{"kind": "gesture", "source": "THE-SOURCE", "target": "THE-TARGET", "note": "THE-NOTE", "concerns": concerns}
	for k, v := range more {
		args[k] = v
	}
	return c.do(seat, "flag.raise", args)["flag"].(string)
}

func (c *court) ruled(t *testing.T) FlagRuledPayload {
	t.Helper()
	for _, e := range slices.Backward(c.events) {
		if e.Code == FlagRuled {
			p, err := Payload[FlagRuledPayload](e)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	t.Fatal("nothing was ruled")
	return FlagRuledPayload{}
}

var adverse = []string{RulingWarn, RulingMute, RulingHide, RulingRemove}

// holds says whether what an adverse ruling does holds for a target.
func (c *court) holds(ruling, target string) bool {
	seat, _ := c.s.Seat(target)
	view := c.s.Views[target]
	switch ruling {
	case RulingMute:
		return seat.Muted || view.Muted
	case RulingHide:
		return seat.Hidden || view.Hidden
	case RulingRemove:
		return seat.ID != "" && !seat.Admitted
	}
	return true
}

// The heart of it: an adverse ruling acts at once, and becomes final over no flag on which the person named could not answer. Each way of being heard, each ruling, each target.
func TestNoAdverseRulingBecomesFinalWhileThePersonConcernedWasNotHeard(t *testing.T) {
	ways := map[string]func(c *court, f, target string){
		"answers in writing": func(c *court, f, target string) {
			c.do("judge", "flag.put", m{"flag": f, "seat": target, "form": "gist", "gist": "g"})
			c.do(target, "flag.answer", m{"flag": f, "text": "No."})
		},
		"is heard orally": func(c *court, f, target string) {
			c.do("judge", "flag.heard", m{"flag": f, "seat": target, "how": "orally", "positions": "No."})
		},
		"declines": func(c *court, f, target string) {
			c.refused(CodeWrongPhase, "judge", "flag.heard", m{"flag": f, "seat": target, "how": "declined"})
			c.do("judge", "flag.put", m{"flag": f, "seat": target, "form": "orally"})
			c.do("judge", "flag.heard", m{"flag": f, "seat": target, "how": "declined"})
		},
		"is away": func(c *court, f, target string) {
			c.refused(CodeWrongPhase, "judge", "flag.heard", m{"flag": f, "seat": target, "how": "absent"})
			c.do("judge", "flag.put", m{"flag": f, "seat": target, "form": "orally"})
			c.do("judge", "flag.heard", m{"flag": f, "seat": target, "how": "absent"})
		},
	}
	combinations := 0
	for _, target := range []string{"prosecutor", "defence", "lawyer", "interpreter", "support", "guardian", "screen", "gallery", "dock", "hall", "counsel"} {
		for _, ruling := range adverse {
			for way, hear := range ways {
				c := newCourt(t)
				c.live()
				f := c.flaggedBy("clerk", "", nil)
				to, _ := c.s.target(target)
				if ruling == RulingMute && !to.mutable() || ruling == RulingRemove && to.View() {
					c.refused(CodeNotAllowed, "judge", "flag.rule", m{"flag": f, "ruling": ruling, "seat": target})
					continue
				}
				if !to.writes() && way == "answers in writing" {
					c.refused(CodeNotAllowed, "judge", "flag.put", m{"flag": f, "seat": target, "form": "gist", "gist": "g"})
					continue
				}
				combinations++
				c.do("judge", "flag.rule", m{"flag": f, "ruling": ruling, "seat": target, "reason": "A reason."})
				p := c.ruled(t)
				if !p.Provisional || p.Owed == "" || !c.holds(ruling, target) {
					t.Fatalf("%s on %s: %+v", ruling, target, p)
				}
				if len(c.s.Pending) != 1 || c.s.Pending[0].Flag != f || c.s.Pending[0].About != "flag" || c.s.Pending[0].Seat != target {
					t.Fatalf("%s on %s owes %+v", ruling, target, c.s.Pending)
				}
				give := m{"id": p.Owed, "reason": "r", "positions": "p"}
				c.refused(CodeNotHeard, "judge", "ruling.give", give)
				c.do("judge", "testimony.release", nil)
				c.refused(CodeRulingOwed, "judge", "hearing.close", nil)
				hear(c, f, target)
				c.do("judge", "ruling.give", give)
				if len(c.s.Pending) != 0 {
					t.Errorf("%s on %s, who %s: still owed %+v", ruling, target, way, c.s.Pending)
				}
				c.do("judge", "hearing.close", nil)

				// Heard first: final at once with a reason, and nothing is owed.
				c = newCourt(t)
				c.live()
				f = c.flaggedBy("clerk", target, nil)
				hear(c, f, target)
				c.do("judge", "flag.rule", m{"flag": f, "ruling": ruling, "reason": "A reason."})
				if p := c.ruled(t); p.Provisional || p.Against != target || len(c.s.Pending) != 0 || !c.holds(ruling, target) {
					t.Errorf("%s on %s, who %s before: %+v, %+v", ruling, target, way, p, c.s.Pending)
				}
			}
		}
	}
	if combinations < 100 {
		t.Errorf("only %d combinations were tried", combinations)
	}
}

func TestBeingHeardOnOneFlagIsNotBeingHeardOnAnother(t *testing.T) {
	c := newCourt(t)
	c.live()
	one, two := c.flaggedBy("clerk", "support", nil), c.flaggedBy("lawyer", "support", nil)
	c.do("judge", "flag.heard", m{"flag": one, "seat": "support", "how": "orally"})
	c.do("judge", "flag.rule", m{"flag": two, "ruling": "warn"})
	if !c.ruled(t).Provisional {
		t.Error("who was heard on another flag was not heard on this one")
	}
	c.do("judge", "flag.rule", m{"flag": one, "ruling": "remove", "seat": "guardian"})
	if !c.ruled(t).Provisional {
		t.Error("somebody else was heard")
	}
}

func TestARestrictionOfAPartyWhoWasHeardOwesItsReason(t *testing.T) {
	for _, ruling := range []string{RulingMute, RulingHide, RulingRemove} {
		c := newCourt(t)
		c.live()
		f := c.flaggedBy("clerk", "lawyer", nil)
		c.do("judge", "flag.heard", m{"flag": f, "seat": "lawyer", "how": "orally"})
		c.do("judge", "flag.rule", m{"flag": f, "ruling": ruling})
		if len(c.s.Pending) != 1 || c.s.Pending[0].Flag != "" || c.s.Pending[0].About != ruling {
			t.Errorf("%s without a reason: %+v", ruling, c.s.Pending)
		}
	}
}

func TestARulingNamesNobodyWhoIsProtectedDecidesOrWrites(t *testing.T) {
	c := newCourt(t)
	c.live()
	f := c.flaggedBy("defence", "", nil)
	for _, ruling := range adverse {
		for _, seat := range []string{"witness", "judge", "judge2", "reserve", "clerk"} {
			c.refused(CodeNotAllowed, "judge", "flag.rule", m{"flag": f, "ruling": ruling, "seat": seat})
		}
		if ruling != RulingWarn {
			c.refused(CodeSeatUnknown, "judge", "flag.rule", m{"flag": f, "ruling": ruling})
		}
		c.refused(CodeSeatUnknown, "judge", "flag.rule", m{"flag": f, "ruling": ruling, "seat": "nobody"})
	}
	c.do("judge", "flag.rule", m{"flag": f, "ruling": "warn"}) // to all
	if p := c.ruled(t); p.Provisional || len(c.s.Pending) != 0 {
		t.Errorf("a warning to all: %+v", p)
	}
	for _, seat := range []string{"witness", "judge", "clerk", "nobody"} {
		g := c.flaggedBy("defence", seat, nil)
		if d := c.s.Flags[g].Detail; d.Concerns != "" || d.ConcernsRole != "" {
			t.Errorf("a flag concerns %s: %+v", seat, d)
		}
		for _, name := range []string{"flag.put", "flag.heard"} {
			if _, _, err := c.try("judge", name, m{"flag": g, "seat": seat, "form": "orally", "how": "orally"}); err == nil {
				t.Errorf("%s to %s was taken", name, seat)
			}
		}
	}
}

func TestRulingsOnOneFlagAddUpAndADismissedFlagIsTakenUpAgainForAReason(t *testing.T) {
	c := newCourt(t)
	c.live()
	f := c.flaggedBy("defence", "gallery", nil)
	for _, ruling := range []string{RulingEnter, RulingPause, RulingPrivate, RulingRefer, RulingWarn, RulingRemove} {
		c.do("judge", "flag.rule", m{"flag": f, "ruling": ruling})
	}
	for _, twice := range []string{RulingEnter, RulingRefer} {
		c.refused(CodeBadArgument, "judge", "flag.rule", m{"flag": f, "ruling": twice})
	}
	if got := c.s.Flags[f].Did; len(got) != 6 || c.s.Testimony.Phase != Paused || c.s.Kind != Private || c.s.Attends("gallery") {
		t.Errorf("%v %s %s", got, c.s.Testimony.Phase, c.s.Kind)
	}
	c.refused(CodeReasonRequired, "judge", "flag.rule", m{"flag": f, "ruling": RulingDismiss})
	c.do("judge", "flag.rule", m{"flag": f, "ruling": RulingDismiss, "reason": "A mistake."})
	c.refused(CodeBadArgument, "judge", "flag.rule", m{"flag": f, "ruling": RulingDismiss, "reason": "Again."})
	c.refused(CodeReasonRequired, "judge", "flag.rule", m{"flag": f, "ruling": RulingEnter})
	c.do("judge", "flag.rule", m{"flag": f, "ruling": RulingEnter, "reason": "It was none."})
	if c.s.Flags[f].Closed {
		t.Error("the flag is closed still")
	}
}

// What is put is as much as the form says, and the one who raised it is never in it; the form itself is refused where it could tell.
func TestAFlagIsPutInTheFormThatTheJudgeAllows(t *testing.T) {
	for name, p := range map[string]struct {
		raiser, target string
		discreet       bool
		args           m
		code           string
	}{
		"whole":                         {"clerk", "defence", false, m{"form": "whole"}, ""},
		"whole, discreet":               {"support", "guardian", true, m{"form": "whole"}, CodeNotAllowed},
		"whole, hers":                   {"witness", "guardian", false, m{"form": "whole"}, CodeNotAllowed},
		"gist, discreet":                {"support", "guardian", true, m{"form": "gist", "gist": "g"}, ""},
		"gist, hers":                    {"witness", "guardian", false, m{"form": "gist", "gist": "g"}, ""},
		"gist without a text":           {"clerk", "defence", false, m{"form": "gist", "gist": " "}, CodeBadArgument},
		"gist that is too long":         {"clerk", "defence", false, m{"form": "gist", "gist": strings.Repeat("ə", 2001)}, CodeBadArgument},
		"whole with a gist":             {"clerk", "defence", false, m{"form": "whole", "gist": "g"}, CodeBadArgument},
		"orally":                        {"clerk", "dock", false, m{"form": "orally"}, ""},
		"whole to the screen":           {"clerk", "screen", false, m{"form": "whole"}, CodeNotAllowed},
		"gist to the dock":              {"clerk", "dock", false, m{"form": "gist", "gist": "g"}, CodeNotAllowed},
		"in a form that does not exist": {"clerk", "defence", false, m{"form": "sung"}, CodeBadArgument},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCourt(t)
			c.live()
			f := c.flaggedBy(p.raiser, "", m{"discreet": p.discreet})
			p.args["flag"], p.args["seat"] = f, p.target
			if p.code != "" {
				c.refused(p.code, "judge", "flag.put", p.args)
				return
			}
			c.do("judge", "flag.put", p.args)
			for _, seat := range []string{"judge2", "clerk", "prosecutor", "witness"} {
				c.refused(CodeNotAllowed, seat, "flag.put", p.args)
			}
		})
	}
}

func TestOnlyTheSeatToWhichAFlagWasPutAnswersOnceAndAlsoWhenItWasRemoved(t *testing.T) {
	c := newCourt(t)
	c.live()
	f := c.flaggedBy("clerk", "guardian", nil)
	answer := m{"flag": f, "text": "  I looked at the clock.  "}
	c.refused(CodeWrongPhase, "guardian", "flag.answer", answer)
	c.do("judge", "flag.put", m{"flag": f, "seat": "guardian", "form": "orally"})
	c.refused(CodeWrongPhase, "guardian", "flag.answer", answer) // the judge allowed it orally
	c.do("judge", "flag.put", m{"flag": f, "seat": "guardian", "form": "whole"})
	c.do("judge", "flag.rule", m{"flag": f, "ruling": "remove"})
	c.refused(CodeRemoved, "guardian", "flag.raise", nil)
	c.refused(CodeWrongPhase, "support", "flag.answer", answer)
	c.refused(CodeNotAllowed, "guardian", "flag.answer", m{"flag": "f9", "text": "x"})
	c.refused(CodeBadArgument, "guardian", "flag.answer", m{"flag": f, "text": " "})
	c.refused(CodeBadArgument, "guardian", "flag.answer", m{"flag": f, "text": strings.Repeat("ə", 2001)})
	if !slices.Contains(Can(c.s, LegalRepresentative, "guardian", c.now), "flag.answer") {
		t.Error("who was removed is not told that an answer is possible")
	}
	c.do("guardian", "flag.answer", answer)
	c.refused(CodeWrongPhase, "guardian", "flag.answer", answer)
	if p, _ := c.s.Flags[f].put("guardian"); p.Said != "I looked at the clock." {
		t.Errorf("%+v", p)
	}
	c.refused(CodeWrongPhase, "judge", "flag.put", m{"flag": f, "seat": "guardian", "form": "gist", "gist": "g"})
}

// A flag is not entered for the parties without what those concerned have said already.
func TestAFlagIsEnteredWithTheAnswersThatWereGiven(t *testing.T) {
	c := newCourt(t)
	c.live()
	f := c.flaggedBy("clerk", "defence", nil)
	c.do("judge", "flag.put", m{"flag": f, "seat": "defence", "form": "whole"})
	c.do("defence", "flag.answer", m{"flag": f, "text": "It was a cough."})
	c.do("judge", "flag.heard", m{"flag": f, "seat": "dock", "how": "orally", "positions": "I said nothing."})
	c.do("judge", "flag.rule", m{"flag": f, "ruling": "enter"})
	if p := c.ruled(t); p.Answers != "It was a cough. / I said nothing." {
		t.Errorf("%q", p.Answers)
	}
	c.do("judge", "flag.rule", m{"flag": f, "ruling": "refer"})
	if p := c.ruled(t); p.Answers != "" || !p.Entered {
		t.Errorf("said twice: %+v", p)
	}
	g := c.flaggedBy("support", "guardian", m{"discreet": true})
	c.do("judge", "flag.heard", m{"flag": g, "seat": "guardian", "how": "orally", "positions": "x"})
	c.do("judge", "flag.rule", m{"flag": g, "ruling": "warn"})
	if p := c.ruled(t); p.Answers != "" || !p.Discreet || c.s.Flags[g].Entered {
		t.Errorf("discreet: %+v", p)
	}
}

func TestTheDebtOfADiscreetFlagIsMarkedAsTheBenchsInEveryEntry(t *testing.T) {
	for _, ruling := range adverse {
		c := newCourt(t)
		c.live()
		f := c.flaggedBy("support", "guardian", m{"discreet": true})
		c.do("judge", "flag.rule", m{"flag": f, "ruling": ruling})
		if d := c.s.Pending[0]; d.About != "flag" || d.Flag != f || !d.Discreet {
			t.Errorf("%s: %+v", ruling, d)
		}
		c.refused(CodeNotHeard, "judge", "ruling.give", m{"id": c.s.Pending[0].ID, "reason": "r", "positions": "p"})
		c.enter(Overdue(c.s, c.s.Pending[0].Due.Add(time.Second)))
		c.do("judge", "flag.heard", m{"flag": f, "seat": "guardian", "how": "orally"})
		c.do("judge", "ruling.give", m{"id": c.s.Pending[0].ID, "reason": "r", "positions": "p"})
		g := c.flaggedBy("support", "lawyer", m{"discreet": true}) // heard, and no reason: the restriction itself owes
		c.do("judge", "flag.heard", m{"flag": g, "seat": "lawyer", "how": "orally"})
		c.do("judge", "flag.rule", m{"flag": g, "ruling": ruling})
		owed := 0
		for _, e := range c.events {
			if in(e.Code, RulingOwed, RulingGiven, RulingOverdue) {
				if owed++; !strings.Contains(string(e.Payload), `"discreet":true`) {
					t.Errorf("%s: everybody reads %s %s", ruling, e.Code, e.Payload)
				}
			}
		}
		if want := map[bool]int{true: 3, false: 4}[ruling == RulingWarn]; owed != want {
			t.Errorf("%s: %d entries of debts, want %d", ruling, owed, want)
		}
	}
}

func TestAFlagIsMadeDiscreetAndNeverOpenAgain(t *testing.T) {
	c := newCourt(t)
	f := c.flaggedBy("support", "", nil)
	c.do("support", "flag.detail", m{"flag": f, "discreet": true})
	c.do("support", "flag.detail", m{"flag": f, "kind": "look"})
	p, err := Payload[FlagDetailedPayload](c.events[len(c.events)-1])
	if err != nil || !c.s.Flags[f].Discreet || !p.Discreet { // the entry that says more of it is as discreet
		t.Errorf("it is open again: %+v", p)
	}
	g := c.flaggedBy("support", "", nil)
	c.do("judge", "flag.rule", m{"flag": g, "ruling": "enter"})
	c.refused(CodeWrongPhase, "support", "flag.detail", m{"flag": g, "discreet": true})
	c.do("support", "flag.detail", m{"flag": g, "kind": "look"}) // and it is detailed after a ruling
}

// Who may file a flag as a request for protection: every seat, over flags of every kind.
func TestWhoFilesAFlagAsARequestForProtection(t *testing.T) {
	for name, f := range map[string]struct {
		discreet bool
		rule     string
		who      []string
	}{
		"raised":            {false, "", []string{"judge", "support"}},
		"entered":           {false, "enter", []string{"judge", "support", "lawyer", "prosecutor"}},
		"dismissed":         {false, "dismiss", []string{"judge", "support"}},
		"discreet":          {true, "", []string{"judge"}},
		"discreet, ruled":   {true, "enter", []string{"judge"}},
		"discreet, refused": {true, "dismiss", []string{"judge"}},
	} {
		for _, seat := range DefaultSeats() {
			c := newCourt(t)
			c.live()
			id := c.flaggedBy("support", "", m{"discreet": f.discreet})
			if f.rule != "" {
				c.do("judge", "flag.rule", m{"flag": id, "ruling": f.rule, "reason": "r"})
			}
			_, _, err := c.try(seat.ID, "flag.request", m{"flag": id, "measures": []string{"escort"}, "note": "n"})
			if want := slices.Contains(f.who, seat.ID); (err == nil) != want {
				t.Errorf("%s by %s: %v, want it taken: %v", name, seat.ID, err, want)
			}
			if err == nil {
				p, _ := Payload[ProtectionRequestedPayload](c.events[len(c.events)-1])
				if p.OwnMotion != (seat.ID == "judge") || p.Discreet != f.discreet || !reflect.DeepEqual(p.Measures, []string{"escort"}) {
					t.Errorf("%s by %s: %+v", name, seat.ID, p)
				}
				before := len(c.events)
				c.do(seat.ID, "flag.request", m{"flag": id})
				if len(c.events) != before {
					t.Error("filed twice by one seat")
				}
			}
		}
	}
	c := newCourt(t)
	f := c.flaggedBy("support", "", nil)
	c.refused(CodeBadArgument, "judge", "flag.request", m{"flag": f, "measures": make([]string, 21)})
	c.refused(CodeBadArgument, "judge", "flag.request", m{"flag": f, "measures": []string{strings.Repeat("x", 101)}})
	c.refused(CodeNotAllowed, "judge", "flag.request", m{"flag": "f9"})
}

// The judge takes a stop from anybody but the witness: every seat of a hearing, and what each can do afterwards.
func TestAStopIsTakenFromAnybodyButTheWitness(t *testing.T) {
	taken := 0
	for _, spec := range DefaultSeats() {
		c := newCourt(t)
		c.live()
		_, _, err := c.try("judge", "seat.take_stop", m{"seat": spec.ID, "reason": "r"})
		may := spec.Role.Protects() && spec.Role != ProtectedWitness && spec.ID != "judge"
		if (err == nil) != may {
			t.Fatalf("%s: %v, want it taken: %v", spec.ID, err, may)
		}
		for _, seat := range DefaultSeats() {
			c.refused(CodeNotAllowed, map[bool]string{true: "judge2", false: seat.ID}[seat.ID == "judge"], "seat.take_stop", m{"seat": "support", "reason": "r"})
		}
		if spec.Role == ProtectedWitness {
			c.do("witness", "testimony.pause", nil)
			c.at(Paused)
		}
		if !may {
			continue
		}
		taken++
		c.do(spec.ID, "testimony.pause", m{"text": "stop"})
		c.at(Live)
		if len(c.s.Requests) != 1 || c.s.Requests[0].What != "pause" {
			t.Errorf("%s: its press is lost: %+v", spec.ID, c.s.Requests)
		}
		c.do("judge", "seat.give_stop", m{"seat": spec.ID})
		c.do(spec.ID, "testimony.pause", nil)
		c.at(Paused)
		if c.s.Testimony.PausedAt != spec.ID {
			t.Errorf("%s paused, and the bench is told %q", spec.ID, c.s.Testimony.PausedAt)
		}
	}
	if taken < 7 {
		t.Errorf("only %d stops were taken", taken)
	}
	c := newCourt(t)
	c.live()
	c.refused(CodeReasonRequired, "judge", "seat.take_stop", m{"seat": "support"})
	c.s.Seats[slices.IndexFunc(c.s.Seats, func(s Seat) bool { return s.ID == "witness" })].NoStop = true // even then
	c.do("witness", "testimony.pause", nil)
	c.at(Paused)
}

func TestTheDockIsMutedAndHiddenAndGivenBack(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.refused(CodeWrongPhase, "judge", "seat.show", m{"seat": "dock"})
	c.do("judge", "seat.mute", m{"seat": "dock"})
	if !c.s.Views["dock"].Muted || len(c.s.Pending) != 1 { // it restricts the accused
		t.Fatalf("%+v %+v", c.s.Views, c.s.Pending)
	}
	f := c.flaggedBy("lawyer", "dock", nil)
	if c.s.Flags[f].Detail.ConcernsRole != RoleAccused {
		t.Errorf("%+v", c.s.Flags[f].Detail)
	}
	c.do("judge", "flag.rule", m{"flag": f, "ruling": "hide"})
	if c.s.Views["dock"] != (ViewState{Muted: true, Hidden: true}) {
		t.Errorf("%+v", c.s.Views)
	}
	c.do("judge", "seat.show", m{"seat": "dock"})
	c.do("judge", "seat.unmute", m{"seat": "dock"})
	if len(c.s.Views) != 0 {
		t.Errorf("%+v", c.s.Views)
	}
	for _, name := range []string{"seat.remove", "seat.admit", "seat.reissue", "seat.take_stop", "seat.give_stop"} {
		c.refused(CodeSeatUnknown, "judge", name, m{"seat": "dock", "reason": "r"})
	}
}

// What everybody reads of the effect of a ruling is what they would read where the bench did it for another reason: every effect, with and without a flag behind it.
func TestTheEffectOfARulingOnADiscreetFlagTellsNothingOfTheFlag(t *testing.T) {
	for ruling, without := range map[string]struct {
		name string
		args m
	}{
		RulingMute: {"seat.mute", m{"seat": "interpreter"}}, RulingRemove: {"seat.remove", m{"seat": "guardian"}},
		RulingPause: {"testimony.pause", m{"why": "judge"}}, RulingPrivate: {"session.kind", m{"kind": "private"}}, RulingHide: {}, RulingWarn: {}, RulingEnter: {}, RulingRefer: {},
	} {
		c, plain := newCourt(t), newCourt(t)
		c.live()
		plain.live()
		f := c.flaggedBy("witness", "", m{"discreet": true})
		args := m{"flag": f, "ruling": ruling, "reason": "THE-REASON"}
		if target := map[string]string{RulingMute: "interpreter", RulingRemove: "guardian", RulingHide: "support", RulingWarn: "support"}[ruling]; target != "" {
			args["seat"] = target
		}
		from := len(c.events)
		c.do("judge", "flag.rule", args)
		var open []string
		for _, e := range c.events[from:] {
			if d, _ := Describe(e.Code); e.Code != FlagRuled && e.Code != RulingOwed && d.Level != LevelJudges {
				open = append(open, string(e.Code)+" "+string(e.Payload))
			}
		}
		var want []string
		if without.name != "" {
			from = len(plain.events)
			plain.do("judge", without.name, without.args)
			for _, e := range plain.events[from:] {
				if e.Code != RulingOwed {
					want = append(want, string(e.Code)+" "+string(e.Payload))
				}
			}
			if !slices.Equal(open, want) {
				t.Errorf("%s: %v, want %v", ruling, open, want)
			}
		}
		for _, text := range open {
			if strings.Contains(text, "THE-REASON") || strings.Contains(text, "flag") {
				t.Errorf("%s tells: %s", ruling, text)
			}
		}
	}
}
