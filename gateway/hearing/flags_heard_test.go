package hearing

import (
	"testing"
	"time"
)

// Whoever was heard was heard on what was flagged then: other words, or another person in the seat, and an adverse ruling is provisional again, and one that is owed cannot be given.
func TestNoAdverseRulingBecomesFinalOnAnAccusationThatThePersonNeverHeard(t *testing.T) {
	answers := func(c *court, f string) {
		c.do("judge", "flag.put", m{"flag": f, "seat": "lawyer", "form": "gist", "gist": "You looked."})
		c.do("lawyer", "flag.answer", m{"flag": f, "text": "I did."})
	}
	heard := func(c *court, f string) {
		c.do("judge", "flag.heard", m{"flag": f, "seat": "lawyer", "how": "orally", "positions": "I did."})
	}
	away := func(c *court, f string) {
		c.do("judge", "flag.put", m{"flag": f, "seat": "lawyer", "form": "orally"})
		c.do("judge", "flag.heard", m{"flag": f, "seat": "lawyer", "how": "absent"})
	}
	detail := func(change m) func(*court, string) {
		return func(c *court, f string) {
			args := m{"flag": f, "kind": "gesture", "source": "THE-SOURCE", "target": "THE-TARGET", "note": "THE-NOTE", "concerns": "lawyer"}
			for k, v := range change {
				args[k] = v
			}
			c.do("clerk", "flag.detail", args)
		}
	}
	for how, hear := range map[string]func(*court, string){"answered": answers, "was heard": heard, "was away": away} {
		for what, change := range map[string]func(*court, string){
			"another kind":    detail(m{"kind": "threat_relative"}),
			"another source":  detail(m{"source": "the other man"}),
			"another note":    detail(m{"note": "threatened the children"}),
			"another concern": detail(m{"concerns": "guardian"}),
			"another person": func(c *court, _ string) {
				c.do("clerk", "seat.reissue", m{"seat": "lawyer"})
			},
			"put in other words": func(c *court, f string) {
				if how == "answered" { // what was answered is not put again
					detail(m{"kind": "words"})(c, f)
				}
				c.do("judge", "flag.put", m{"flag": f, "seat": "lawyer", "form": "gist", "gist": "You threatened the children."})
			},
		} {
			c := newCourt(t)
			c.live()
			f := c.flaggedBy("clerk", "lawyer", nil)
			hear(c, f)
			detail(nil)(c, f)
			if p, _ := c.s.Flags[f].put("lawyer"); p.Stale || !c.s.Flags[f].heard("lawyer") {
				t.Errorf("%s: the same words again undo it", how)
			}
			change(c, f)
			if said := c.s.Flags[f].answers(); how != "was away" && said != "I did." {
				t.Errorf("%s, then %s: what was said is lost: %q", how, what, said)
			}
			c.do("judge", "flag.rule", m{"flag": f, "ruling": "remove", "seat": "lawyer", "reason": "A reason."})
			p := c.ruled(t)
			if !p.Provisional {
				t.Errorf("%s, then %s: the ruling is final", how, what)
				continue
			}
			give := m{"id": p.Owed, "reason": "r", "positions": "p"}
			c.refused(CodeNotHeard, "judge", "ruling.give", give)
			if what != "put in other words" {
				c.refused(CodeWrongPhase, "judge", "flag.heard", m{"flag": f, "seat": "lawyer", "how": "declined"})
			}
			c.do("judge", "flag.put", m{"flag": f, "seat": "lawyer", "form": "gist", "gist": "As it is now."})
			c.refused(CodeNotHeard, "judge", "ruling.give", give)
			c.do("lawyer", "flag.answer", m{"flag": f, "text": "No."})
			c.do("judge", "ruling.give", give)

			// The debt is as old as the ruling, and what the person was heard on changes after it.
			if what == "put in other words" || what == "another person" {
				continue
			}
			c = newCourt(t)
			c.live()
			f = c.flaggedBy("clerk", "lawyer", nil)
			c.do("judge", "flag.rule", m{"flag": f, "ruling": "warn", "seat": "lawyer"})
			hear(c, f)
			change(c, f)
			c.refused(CodeNotHeard, "judge", "ruling.give", m{"id": c.ruled(t).Owed, "reason": "r", "positions": "p"})
		}
	}
}

func TestWhoTakesOverASeatAnswersNothingThatWasPutToAnother(t *testing.T) {
	c := newCourt(t)
	c.live()
	f := c.flaggedBy("clerk", "lawyer", nil)
	c.do("judge", "flag.put", m{"flag": f, "seat": "lawyer", "form": "whole"})
	c.do("clerk", "seat.reissue", m{"seat": "lawyer"})
	c.refused(CodeWrongPhase, "lawyer", "flag.answer", m{"flag": f, "text": "No."})
}

// I6: a flag is pressed while the seat is there, and arrives when it was removed.
func TestAFlagThatWasPressedBeforeTheSeatWasRemovedIsTaken(t *testing.T) {
	for late, want := range map[time.Duration]string{-time.Minute: "", time.Second: CodeRemoved} {
		c := newCourt(t)
		c.live()
		c.do("judge", "seat.remove", m{"seat": "lawyer", "reason": "r"})
		seat, _ := c.s.Seat("lawyer")
		_, _, err := Decide(c.s, Actor{Seat: "lawyer", Role: VictimsLawyer}, Command{Name: "flag.raise", At: seat.RemovedAt.Add(late)}, c.now.Add(time.Minute))
		if code := codeOf(err); code != want {
			t.Errorf("pressed %v of the removal: %q, want %q", late, code, want)
		}
		for _, name := range []string{"testimony.pause", "flag.detail", "objection.raise"} {
			if _, _, err := Decide(c.s, Actor{Seat: "lawyer", Role: VictimsLawyer}, Command{Name: name, At: seat.RemovedAt.Add(-time.Minute)}, c.now); codeOf(err) != CodeRemoved {
				t.Errorf("%s of a removed seat: %v", name, err)
			}
		}
	}
}

func codeOf(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Code
	}
	return ""
}

// Who raised a flag cannot keep the protocol from being signed by saying more of it, or the same again.
func TestADetailVoidsNoSignatureAndTheSameDetailIsNoEvent(t *testing.T) {
	c := newCourt(t)
	c.live()
	f := c.flaggedBy("defence", "", nil)
	before := len(c.events)
	c.do("defence", "flag.detail", m{"flag": f, "kind": "gesture", "source": "THE-SOURCE", "target": "THE-TARGET", "note": "THE-NOTE"})
	if len(c.events) != before {
		t.Error("the same words are entered again")
	}
	c.do("judge", "testimony.release", nil)
	c.do("judge", "hearing.close", nil)
	c.enter(Rendered(ProtocolRenderedPayload{Statement: []byte("s")}))
	c.do("defence", "flag.detail", m{"flag": f, "kind": "look"})
	if c.s.Signing == nil {
		t.Error("a detail voids the signatures")
	}
	c.do("defence", "flag.raise", nil)
	if c.s.Signing != nil {
		t.Error("a flag that the protocol does not hold may be signed over")
	}
}

// A start folds the record and then the sealed book; what the book repeats voids nothing that was signed.
func TestAStartVoidsNoSignatureInAHearingThatHadADuress(t *testing.T) {
	c := newCourt(t)
	c.live()
	c.do("witness", "duress.raise", m{"means": "key"})
	c.do("judge", "duress.answer", m{"do": "pause"})
	c.do("judge", "testimony.release", nil)
	c.do("judge", "hearing.close", nil)
	c.enter(IntoRecord(c.s))
	c.enter(Rendered(ProtocolRenderedPayload{Statement: []byte("s")}))
	var record, book []Event
	for _, e := range c.events {
		if in(e.Code, DuressRaised, DuressAnswered) && e.Actor != string(System) {
			book = append(book, e)
		} else {
			record = append(record, e)
		}
	}
	s := New()
	for _, e := range append(record, book...) {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if len(book) != 2 || s.Signing == nil {
		t.Errorf("%d in the book; signing %v", len(book), s.Signing)
	}
	if IntoRecord(s) != nil {
		t.Error("copied again")
	}
	c.do("witness", "duress.raise", nil)
	if c.s.Signing != nil {
		t.Error("a new sign, and what does not hold it may be signed")
	}
}

func TestWhatTheBenchPausesInAnEmergencyIsAPauseOfTheBench(t *testing.T) {
	for seat, want := range map[string]string{"judge": "judge", "witness": "break"} {
		c := newCourt(t)
		c.live()
		c.do(seat, "emergency.raise", nil)
		if got := c.s.Testimony; got.PauseCode != want || got.Discreet != PauseEmergency {
			t.Errorf("%s: %q %q", seat, got.PauseCode, got.Discreet)
		}
	}
}

func TestTheWitnessIsNotOfferedToDetailOrFileAFlag(t *testing.T) {
	c := newCourt(t)
	c.live()
	before := Can(c.s, ProtectedWitness, "witness", c.now)
	for _, discreet := range []bool{true, false} {
		f := c.do("witness", "flag.raise", m{"discreet": discreet})["flag"]
		c.refused(CodeNotAllowed, "witness", "flag.detail", m{"flag": f, "kind": "look"})
		c.refused(CodeNotAllowed, "witness", "flag.request", m{"flag": f})
		if after := Can(c.s, ProtectedWitness, "witness", c.now); len(after) != len(before) {
			t.Errorf("after her signal she may %v, before %v", after, before)
		}
	}
}

// What the judge puts in a gist or orally alone stands in the parties' protocol in no other words; of what was put whole, or to nobody, all does.
func TestTheEntryThatThePartiesReadSaysNoMoreThanWhatWasPut(t *testing.T) {
	for name, c := range map[string]struct {
		forms  []string
		more   m
		ruling string
		whole  bool
		note   string
	}{
		"nobody":            {nil, nil, "enter", true, "THE-NOTE"},
		"a gist":            {[]string{"gist"}, nil, "warn", false, "THE-GIST"},
		"orally":            {[]string{"orally"}, nil, "remove", false, ""},
		"whole":             {[]string{"whole"}, nil, "enter", true, "THE-NOTE"},
		"whole to one":      {[]string{"gist", "whole"}, nil, "enter", true, "THE-NOTE"},
		"referred":          {[]string{"gist"}, nil, "refer", true, "THE-NOTE"},
		"dismissed":         {[]string{"gist"}, nil, "dismiss", true, "THE-NOTE"},
		"a discreet one":    {[]string{"gist"}, m{"discreet": true}, "enter", true, "THE-NOTE"},
		"gist, then orally": {[]string{"gist", "orally"}, nil, "enter", false, "THE-GIST"},
	} {
		k := newCourt(t)
		k.live()
		f := k.flaggedBy("clerk", "lawyer", c.more)
		for i, form := range c.forms {
			args := m{"flag": f, "seat": []string{"lawyer", "guardian"}[i], "form": form}
			if form == FormGist {
				args["gist"] = "THE-GIST"
			}
			k.do("judge", "flag.put", args)
		}
		k.do("judge", "flag.rule", m{"flag": f, "ruling": c.ruling, "reason": "r"})
		p := k.ruled(t)
		if (p.Source == "THE-SOURCE") != c.whole || (p.Target == "THE-TARGET") != c.whole || p.Note != c.note || p.Kind != "gesture" {
			t.Errorf("%s: %+v", name, p.FlagDetail)
		}
		if k.s.Flags[f].Detail.Source != "THE-SOURCE" {
			t.Errorf("%s: the flag itself lost its words", name)
		}
	}
}
