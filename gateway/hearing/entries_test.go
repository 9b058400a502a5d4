package hearing

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// add enters a line and returns the index of its event.
func (c *court) add(seat string, args m) uint64 {
	c.t.Helper()
	c.do(seat, "entry.add", args)
	return c.events[len(c.events)-1].Index
}

func TestEveryKindOfEntryIsWrittenWithItsSpeakerItsLanguageAndTheInterpretersRendering(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	for _, kind := range EntryKinds() {
		args := m{"kind": kind, "text": " Я помню. ", "lang": "ru", "interpreted": m{"text": " Xatırlayıram. ", "lang": "az"}}
		if kind != "ruling" {
			args["speaker"] = "witness"
		}
		c.add("clerk", args)
		p, err := Payload[EntryAddedPayload](c.events[len(c.events)-1])
		if err != nil {
			t.Fatal(err)
		}
		if p.Kind != kind || p.Text != "Я помню." || p.Lang != "ru" || p.Interpreted == nil || *p.Interpreted != (Interpreted{"Xatırlayıram.", "az"}) || p.Speaker == "" || p.At == nil {
			t.Errorf("%s: %+v", kind, p)
		}
		if (p.Number != "") != (kind == "exhibit") {
			t.Errorf("%s has the number %q", kind, p.Number)
		}
	}
	long := strings.Repeat("ə", maxTextRunes)
	c.add("clerk", m{"kind": "note", "text": long, "interpreted": m{"text": long, "lang": "ru"}})
	for name, args := range map[string]m{
		"no text":                           {"kind": "note"},
		"too long":                          {"kind": "note", "text": long + "x"},
		"a megabyte":                        {"kind": "note", "text": strings.Repeat("x", 1<<20)},
		"a rendering without its language":  {"kind": "note", "text": "x", "interpreted": m{"text": "y"}},
		"a rendering that says nothing":     {"kind": "note", "text": "x", "interpreted": m{"text": " ", "lang": "ru"}},
		"a rendering longer than a page":    {"kind": "note", "text": "x", "interpreted": m{"text": long + "x", "lang": "ru"}},
		"a language that is none":           {"kind": "note", "text": "x", "lang": "?"},
		"a note with a number":              {"kind": "note", "text": "x", "number": "3"},
		"an exhibit with an unreadable one": {"kind": "exhibit", "text": "x", "number": "3\u202e"},
		"a speaker who is nobody":           {"kind": "answer", "text": "x", "speaker": "king"},
		"a system event":                    {"kind": "system", "text": "x"},
	} {
		t.Run(name, func(t *testing.T) { c.refused(CodeBadArgument, "clerk", "entry.add", args) })
	}
}

func TestNoTwoExhibitsHaveOneNumber(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	for _, step := range []struct{ asked, want string }{{"", "1"}, {"2", "2"}, {"2/14", "2/14"}, {"5", "5"}, {"", "6"}, {" 3a ", "3a"}, {"", "7"}} {
		got := c.do("clerk", "entry.add", m{"kind": "exhibit", "text": "A photograph.", "number": step.asked})
		if got["number"] != step.want {
			t.Errorf("asked for %q: %v, want %s", step.asked, got, step.want)
		}
	}
	c.refused(CodeNumberTaken, "clerk", "entry.add", m{"kind": "exhibit", "text": "Another.", "number": "2/14"})
}

func TestAStrikeStaysBesideTheEntryWithItsReasonAndIsTakenBackByAnother(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	c.refused(CodeWrongPhase, "clerk", "entry.strike", m{"entry": 1, "reason": "r"})
	sealed := c.add("clerk", m{"kind": "answer", "text": "Yes.", "sealed": "parties"})
	plain := c.add("clerk", m{"kind": "question", "text": "Why?"})
	c.refused(CodeWrongPhase, "clerk", "entry.restore", m{"entry": sealed, "reason": "r"})
	c.refused(CodeReasonRequired, "clerk", "entry.strike", m{"entry": sealed, "reason": " "})
	c.refused(CodeBadArgument, "clerk", "entry.strike", m{"entry": 1, "reason": "r"})
	c.refused(CodeBadArgument, "clerk", "entry.strike", m{"reason": "r"})
	c.refused(CodeNotAllowed, "defence", "entry.strike", m{"entry": sealed, "reason": "r"})
	c.do("clerk", "entry.strike", m{"entry": sealed, "reason": " misheard "})
	p, err := Payload[EntryMarkedPayload](c.events[len(c.events)-1])
	if err != nil || p.At == nil || p.Entry != sealed || p.Reason != "misheard" || p.Sealed != "parties" || p.By != CourtClerk {
		t.Errorf("%+v %v", p, err)
	}
	if !c.s.Entries[sealed].Struck || c.s.Entries[plain].Struck {
		t.Errorf("%+v", c.s.Entries)
	}
	c.refused(CodeWrongPhase, "judge", "entry.strike", m{"entry": sealed, "reason": "again"})
	c.refused(CodeWrongPhase, "judge", "entry.amend", m{"entry": sealed, "text": "No."})
	c.refused(CodeReasonRequired, "judge", "entry.restore", m{"entry": sealed})
	c.do("judge", "entry.restore", m{"entry": sealed, "reason": "it was said"})
	if c.s.Entries[sealed].Struck {
		t.Error("it is still struck")
	}
	c.do("judge", "entry.amend", m{"entry": sealed, "text": "No."})
}

func TestAnAmendmentOfAStruckLineIsRefusedThroughAnyAmendmentBetween(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	line := c.add("clerk", m{"kind": "note", "text": "one"})
	c.do("clerk", "entry.amend", m{"entry": line, "text": "two"})
	second := c.events[len(c.events)-1].Index
	c.do("clerk", "entry.amend", m{"entry": second, "text": "three"})
	third := c.events[len(c.events)-1].Index
	c.do("clerk", "entry.strike", m{"entry": line, "reason": "r"})
	for _, i := range []uint64{line, second, third} {
		c.refused(CodeWrongPhase, "clerk", "entry.amend", m{"entry": i, "text": "four"})
	}
	c.do("clerk", "entry.restore", m{"entry": line, "reason": "r"})
	c.do("clerk", "entry.strike", m{"entry": third, "reason": "r"}) // one amendment alone
	c.do("clerk", "entry.amend", m{"entry": second, "text": "four"})
}

func TestTheClerkStrikesNeitherARulingNorTheWitnesssRemark(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.do("judge", "testimony.release", nil)
	c.do("witness", "remark.add", m{"text": "I said no."})
	remark := c.events[len(c.events)-1].Index
	ruling := c.add("clerk", m{"kind": "ruling", "text": "Overruled."})
	for _, i := range []uint64{remark, ruling} {
		c.refused(CodeNotAllowed, "clerk", "entry.strike", m{"entry": i, "reason": "r"})
		c.do("judge", "entry.strike", m{"entry": i, "reason": "r"})
		c.refused(CodeNotAllowed, "clerk", "entry.restore", m{"entry": i, "reason": "r"})
		c.do("judge", "entry.restore", m{"entry": i, "reason": "r"})
	}
}

func TestWhatWasWrittenWithoutALinkKeepsTheTimeItWasWritten(t *testing.T) {
	c := newCourt(t)
	c.open("no_confrontation")
	line := c.add("clerk", m{"kind": "note", "text": "one"})
	before, ahead := c.now.Add(-time.Minute), c.now.Add(time.Hour)
	for _, step := range []struct {
		name string
		args m
		at   time.Time
		want time.Time
	}{
		{"entry.add", m{"kind": "note", "text": "two"}, before, before},
		{"entry.amend", m{"entry": line, "text": "three"}, before, before},
		{"entry.strike", m{"entry": line, "reason": "r"}, before, before},
		{"entry.restore", m{"entry": line, "reason": "r"}, ahead, time.Time{}}, // a clock that runs ahead: the gateway's counts
	} {
		raw, err := json.Marshal(step.args)
		if err != nil {
			t.Fatal(err)
		}
		drafts, _, err := Decide(c.s, Actor{Seat: "clerk", Role: CourtClerk}, Command{Name: step.name, Args: raw, At: step.at}, c.now)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if step.want.IsZero() {
			step.want = c.now
		}
		c.enter(drafts)
		p, err := Payload[struct{ At time.Time }](c.events[len(c.events)-1])
		if err != nil || !p.At.Equal(step.want) {
			t.Errorf("%s is entered with %v, want %v (%v)", step.name, p.At, step.want, err)
		}
	}
}
