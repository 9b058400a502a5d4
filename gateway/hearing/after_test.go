package hearing

import (
	"slices"
	"strings"
	"testing"
)

// released takes a fresh hearing past the testimony.
func (c *court) released() {
	c.t.Helper()
	c.live()
	c.do("judge", "testimony.release", nil)
	c.at(Released)
}

func TestTheWitnessAsksAndRemarksAfterHerTestimonyAndNotBefore(t *testing.T) {
	for name, step := range map[string]struct {
		to   func(*court)
		code string // "" is accepted
	}{
		"before the order":       {func(*court) {}, CodeWrongPhase},
		"while she waits":        {func(c *court) { c.open("no_confrontation") }, CodeWrongPhase},
		"ready":                  {(*court).ready, CodeWrongPhase},
		"live":                   {(*court).live, CodeWrongPhase},
		"paused":                 {func(c *court) { c.live(); c.do("judge", "testimony.pause", nil) }, CodeWrongPhase},
		"released":               {(*court).released, ""},
		"released, suspended":    {func(c *court) { c.released(); c.do("judge", "hearing.suspend", nil) }, ""},
		"released, closed doors": {func(c *court) { c.released(); c.do("judge", "session.kind", m{"kind": Closed}) }, ""},
		"released, order over":   {func(c *court) { c.released(); c.now = c.now.Add(2 * DefaultValidity); c.enter(Overdue(c.s, c.now)) }, ""},
		"the hearing is closed":  {func(c *court) { c.released(); c.do("judge", "hearing.close", nil) }, CodeWrongPhase},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCourt(t)
			step.to(c)
			for _, command := range []string{"question.request", "remark.add"} {
				if can := slices.Contains(Can(c.s, ProtectedWitness, "witness", c.now), command); can != (step.code == "") {
					t.Errorf("%s: can is %v", command, can)
				}
				if step.code != "" {
					c.refused(step.code, "witness", command, m{"text": "x"})
				} else {
					c.do("witness", command, m{"text": "x"})
				}
			}
		})
	}
}

func TestHerQuestionWaitsForTheBenchAndIsAnsweredOnce(t *testing.T) {
	c := newCourt(t)
	c.released()
	if got := c.do("witness", "question.request", m{"text": "  Why was the door locked?  "}); got["request"] != "q1" {
		t.Fatalf("%v", got)
	}
	want := Request{ID: "q1", Seat: "witness", Role: ProtectedWitness, What: "question", Text: "Why was the door locked?", At: c.s.Requests[0].At}
	if len(c.s.Requests) != 1 || c.s.Requests[0] != want {
		t.Fatalf("%+v", c.s.Requests)
	}
	c.refused(CodeNotAllowed, "witness", "request.done", m{"id": "q1"})
	c.do("judge", "request.done", m{"id": "q1", "ruling": "allowed"})
	c.refused(CodeWrongPhase, "judge", "request.done", m{"id": "q1"})
}

func TestHerRemarkIsAnEntryThatSheAloneCanWrite(t *testing.T) {
	c := newCourt(t)
	c.released()
	c.do("witness", "remark.add", m{"text": " It was in March, not in May. ", "lang": "az"})
	last := c.events[len(c.events)-1]
	p, err := Payload[EntryAddedPayload](last)
	if err != nil || last.Actor != "witness" || p.Kind != KindRemark || p.Speaker != "witness" || p.By != ProtectedWitness ||
		p.Text != "It was in March, not in May." || p.Lang != "az" || p.Sealed != "" || p.At == nil {
		t.Fatalf("%s %+v %v", last.Actor, p, err)
	}
	for _, seat := range []string{"judge", "clerk"} {
		c.refused(CodeBadArgument, seat, "entry.add", m{"kind": KindRemark, "speaker": "witness", "text": "x"})
	}
	for _, seat := range []string{"judge", "clerk", "lawyer", "support", "defence"} {
		c.refused(CodeNotAllowed, seat, "remark.add", m{"text": "x"})
	}
	c.refused(CodeNotAllowed, "witness", "entry.add", m{"kind": "note", "text": "x"})
	c.do("clerk", "entry.amend", m{"entry": last.Index, "text": "misspelt", "reason": "x"})
}

func TestWhatTheWitnessWritesIsCheckedAndNeverCut(t *testing.T) {
	c := newCourt(t)
	c.released()
	long := strings.Repeat("ə", maxRemarkRunes)
	for name, bad := range map[string]m{
		"nothing": nil, "blank": {"text": " \n"}, "too long": {"text": long + "ə"}, "misspelt": {"text": "x", "txt": "y"}, "no text": {"text": 7},
		"a seal": {"text": "x", "sealed": "bench"}, "another speaker": {"text": "x", "speaker": "accused"}, "no language": {"text": "x", "lang": "<b>"},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			c.refused(CodeBadArgument, "witness", "remark.add", bad)
			c.refused(CodeBadArgument, "witness", "question.request", bad)
		})
	}
	c.t = t
	c.do("witness", "remark.add", m{"text": long})
	c.do("witness", "question.request", m{"text": long})
	if p, _ := Payload[EntryAddedPayload](c.events[len(c.events)-2]); p.Text != long {
		t.Error("the remark was cut")
	}
	if c.s.Requests[0].Text != long {
		t.Error("the question was cut")
	}
}

// TestAfterTheTestimonyNothingSheDoesBringsItBack gives every command of hers in released.
func TestAfterTheTestimonyNothingSheDoesBringsItBack(t *testing.T) {
	c := newCourt(t)
	c.released()
	for _, name := range CommandNames() {
		for _, args := range []m{nil, {"text": "x"}, {"language": "az", "interpreter": false}, {"picture": "", "voice": ""}, {"picture": "ok", "voice": "ok"}} {
			_, _, _ = c.try("witness", name, args)
			if c.at(Released); c.s.Testimony.Consent == nil {
				t.Fatalf("%s took her consent back", name)
			}
		}
	}
	if c.entered(FlagRaised) < 2 || !c.s.Flags["f1"].Discreet {
		t.Errorf("she could not flag: %+v", c.s.Flags)
	}
	if c.entered(TestimonyLive) != 1 || c.entered(TestimonyPaused) != 0 {
		t.Error("the testimony moved")
	}
}

func TestARulingThatIsWrittenNamesAJudge(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	for name, r := range map[string]struct {
		seat, speaker, want string // want "" is refused
	}{
		"the clerk names nobody":          {"clerk", "", "presiding_judge"},
		"the judge writes her own":        {"judge", "", "presiding_judge"},
		"the clerk names a judge":         {"clerk", "judge", "judge"},
		"the clerk names the reserve":     {"clerk", "reserve_judge", "reserve_judge"},
		"a prosecutor makes no ruling":    {"clerk", "prosecutor", ""},
		"the witness makes no ruling":     {"clerk", "witness", ""},
		"the accused make no ruling":      {"clerk", "accused", ""},
		"the clerk's office rules not":    {"clerk", "court_clerk", ""},
		"nobody of this court has ruled":  {"clerk", "king", ""},
		"the judge names a side judge":    {"judge", "judge", "judge"},
		"the judge names defence counsel": {"judge", "defence_counsel", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			args := m{"kind": "ruling", "text": "x", "speaker": r.speaker}
			if r.want == "" {
				c.refused(CodeBadArgument, r.seat, "entry.add", args)
				return
			}
			c.do(r.seat, "entry.add", args)
			if p, _ := Payload[EntryAddedPayload](c.events[len(c.events)-1]); p.Speaker != r.want {
				t.Errorf("speaker %q, want %q", p.Speaker, r.want)
			}
		})
	}
}

func TestTheBenchSpeaksThroughThePresidingJudge(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.do("defence", "flag.raise", nil)
	c.do("judge", "session.kind", m{"kind": Private})
	for _, seat := range []string{"judge2", "judge3", "reserve"} {
		for _, name := range []string{"order.draft", "flag.rule", "ruling.give", "request.done", "session.kind", "seat.remove", "testimony.call"} {
			c.refused(CodeNotAllowed, seat, name, nil)
		}
		c.do(seat, "testimony.pause", nil) // stopping needs no permission
	}
}
