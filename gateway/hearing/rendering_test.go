package hearing

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// everyone gives each audience the same.
func everyone(r Rendering) map[Audience]*Rendering {
	all := map[Audience]*Rendering{}
	for _, a := range Audiences() {
		all[a] = &r
	}
	return all
}

// anyVoice lets every voice be chosen in one test, whatever was measured.
func anyVoice(t *testing.T) {
	held := voiceChoices
	t.Cleanup(func() { voiceChoices = held })
	voiceChoices = nil
	for _, c := range held {
		c.Allowed = true
		voiceChoices = append(voiceChoices, c)
	}
}

func draftOf(r map[Audience]*Rendering, who *Respeaker) (Order, []byte, error) {
	return NewDraft("h1", nil, DraftArgs{Template: "no_confrontation", Reason: "r", Renderings: r, Respeaker: who}, noon)
}

func TestStandardStrengthIsWrittenByLeavingItOut(t *testing.T) {
	anyVoice(t)
	plain, want, err := draftOf(everyone(Rendering{Picture: "puppet", Voice: "neutral"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := draftOf(everyone(Rendering{Picture: "puppet", Voice: "neutral", Strength: "standard"}), nil)
	if err != nil || string(got) != string(want) || strings.Contains(string(got), "strength") {
		t.Errorf("two spellings of one order: %s, %v", got, err)
	}
	spelt := strings.Replace(string(want), `"voice":"neutral"`, `"voice":"neutral","voice_strength":"standard"`, 1)
	if _, err := ParseOrder([]byte(spelt)); !errors.Is(err, &Error{Code: CodeOrderInvalid}) {
		t.Errorf("the other spelling is read: %v", err)
	}
	strong, b, err := draftOf(everyone(Rendering{Picture: "blob", Voice: "neutral", Strength: "strong"}), nil)
	if err != nil || !strings.Contains(string(b), `"voice_strength":"strong"`) {
		t.Fatalf("%s, %v", b, err)
	}
	if !slices.Equal(strong.Keys(), []string{"blob+neutral+strong"}) || !slices.Equal(plain.Keys(), []string{"puppet+neutral"}) {
		t.Error(strong.Keys(), plain.Keys())
	}
}

func TestOnlyAVoiceThatIsHeardHasAStrength(t *testing.T) {
	anyVoice(t)
	for _, voice := range []string{"silence", "none"} {
		r := map[Audience]*Rendering{ToPublic: {Picture: "card", Voice: voice, Strength: "strong"}}
		if _, _, err := draftOf(r, nil); !errors.Is(err, &Error{Code: CodeOrderInvalid}) {
			t.Errorf("%s: %v", voice, err)
		}
	}
}

// A mode that turns meanings cannot be ordered; an order that was signed while it could be stays readable, or a hearing's past could not be folded.
func TestAVoiceThatMayNotBeChosenIsRefusedWhenDraftedAndSignedAndReadForEver(t *testing.T) {
	held := voiceChoices
	t.Cleanup(func() { voiceChoices = held })
	voiceChoices = []VoiceChoice{{"neutral", "standard", true}, {"neutral", "strong", false}}

	strong := everyone(Rendering{Picture: "puppet", Voice: "neutral", Strength: "strong"})
	for name, r := range map[string]map[Audience]*Rendering{"measured and too bad": strong, "not measured": everyone(Rendering{Picture: "puppet", Voice: "synthetic"})} {
		if _, _, err := draftOf(r, nil); !errors.Is(err, &Error{Code: CodeVoiceUnproven}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := draftOf(everyone(Rendering{Picture: "puppet", Voice: "respeak", Strength: "strong"}), &Respeaker{Who: "interpreter"}); !errors.Is(err, &Error{Code: CodeVoiceUnproven}) {
		t.Errorf("a sworn speaker's voice goes through the same mask: %v", err)
	}

	voiceChoices = append(voiceChoices, VoiceChoice{"neutral", "strong", true})
	c := newCourt(t)
	c.do("judge", "key.enrol", m{"key": c.judge.spki})
	c.do("judge", "order.draft", m{"template": "no_confrontation", "reason": "r", "renderings": strong})
	signed := c.s.Draft
	voiceChoices = []VoiceChoice{{"neutral", "standard", true}}
	c.refused(CodeVoiceUnproven, "judge", "order.sign", m{"bytes": signed, "signature": c.judge.sign(t, signed)})
	if _, err := ParseOrder(signed); err != nil {
		t.Errorf("a signed order cannot be read any more: %v", err)
	}
}

func TestEveryVoiceAndStrengthIsInTheListOnce(t *testing.T) {
	for _, voice := range []string{VoiceNeutral, VoiceSynthetic} {
		for _, s := range []string{StrengthGentle, StrengthStandard, StrengthStrong} {
			n := 0
			for _, c := range VoiceChoices() {
				if c.Voice == voice && c.Strength == s {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s %s stands %d times in voices.json", voice, s, n)
			}
		}
	}
	if len(VoiceChoices()) != 6 {
		t.Errorf("%d choices", len(VoiceChoices()))
	}
}

func TestASwornSpeakerSpeaksToAllAndIsNamedByRole(t *testing.T) {
	respeak := everyone(Rendering{Picture: "puppet", Voice: "respeak"})
	mixed := everyone(Rendering{Picture: "puppet", Voice: "respeak"})
	mixed[ToBench] = &Rendering{Picture: "puppet", Voice: "neutral"}
	silent := everyone(Rendering{Picture: "puppet", Voice: "respeak"})
	silent[ToPublic] = &Rendering{Picture: "card", Voice: "silence"}
	silent[ToHall] = nil
	for name, c := range map[string]struct {
		renderings map[Audience]*Rendering
		who        *Respeaker
		code       string
	}{
		"interpreter":                   {respeak, &Respeaker{Who: "interpreter"}, ""},
		"some hear nothing":             {silent, &Respeaker{Who: "interpreter"}, ""},
		"named by the court, why":       {respeak, &Respeaker{Who: "named", Reason: "sworn in by the court"}, ""},
		"named by the court, no why":    {respeak, &Respeaker{Who: "named"}, CodeRespeakerMissing},
		"support person, no why":        {respeak, &Respeaker{Who: "support_person", Reason: "  "}, CodeRespeakerMissing},
		"support person, by exception":  {respeak, &Respeaker{Who: "support_person", Reason: "nobody else speaks her language"}, ""},
		"nobody":                        {respeak, nil, CodeRespeakerMissing},
		"a guardian":                    {respeak, &Respeaker{Who: "legal_representative", Reason: "r"}, CodeOrderInvalid},
		"a name":                        {respeak, &Respeaker{Who: "Leyla", Reason: "r"}, CodeOrderInvalid},
		"her own voice to one audience": {mixed, &Respeaker{Who: "interpreter"}, CodeOrderInvalid},
		"a speaker whom nobody hears":   {everyone(Rendering{Picture: "puppet", Voice: "neutral"}), &Respeaker{Who: "interpreter"}, CodeOrderInvalid},
	} {
		o, b, err := draftOf(c.renderings, c.who)
		if c.code != "" {
			if !errors.Is(err, &Error{Code: c.code}) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
			continue
		}
		back, parsed := ParseOrder(b)
		if err != nil || parsed != nil || !o.Respeaks() || back.Respeaker.Who != c.who.Who {
			t.Errorf("%s: %v, %v", name, err, parsed)
		}
	}
}

func TestTheOrderSaysInTheProtocolWhoSpeaks(t *testing.T) {
	c := newCourt(t)
	c.do("judge", "key.enrol", m{"key": c.judge.spki})
	c.do("judge", "order.draft", m{"template": "no_confrontation", "reason": "r", "renderings": everyone(Rendering{Picture: "puppet", Voice: "respeak"}),
		"respeaker": m{"who": "named", "reason": "WHY"}})
	c.do("judge", "order.sign", m{"bytes": c.s.Draft, "signature": c.judge.sign(t, c.s.Draft)})
	p, err := Payload[OrderSignedPayload](c.events[len(c.events)-1])
	d, _ := Describe(OrderSigned)
	if err != nil || p.Respeaker != "named" || p.RespeakerWhy != "WHY" || !d.Shows("respeaker") || !d.Shows("respeaker_why") {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestModesAndStrengthsLoosenTowardsMore(t *testing.T) {
	order := func(r Rendering, who *Respeaker) Order {
		return Order{Session: Public, Renderings: Renderings{Bench: &r}, Respeaker: who}
	}
	interpreter, named := &Respeaker{Who: "interpreter"}, &Respeaker{Who: "named", Reason: "r"}
	// From what shows least to what shows most: each step up is a loosening, each step down is none.
	for name, steps := range map[string][]Rendering{
		"picture":   {{"none", "neutral", 0, ""}, {"card", "neutral", 0, ""}, {"blob", "neutral", 0, ""}, {"puppet", "neutral", 0, ""}, {"sketch", "neutral", 0, ""}},
		"voice":     {{"card", "none", 0, ""}, {"card", "silence", 0, ""}, {"card", "respeak", 0, ""}, {"card", "synthetic", 0, ""}, {"card", "neutral", 0, ""}, {"card", "pitch", 0, ""}},
		"neutral":   {{"card", "neutral", 0, "strong"}, {"card", "neutral", 0, ""}, {"card", "neutral", 0, "gentle"}, {"card", "neutral", 0, "weak"}},
		"synthetic": {{"card", "synthetic", 0, "strong"}, {"card", "synthetic", 0, "standard"}, {"card", "synthetic", 0, "gentle"}},
	} {
		for i := range steps {
			for j := range steps {
				if got := Loosens(order(steps[i], nil), order(steps[j], nil)); got != (j > i) {
					t.Errorf("%s, %+v to %+v: %v", name, steps[i], steps[j], got)
				}
			}
		}
	}
	neutralStrong, syntheticStrong := Rendering{"card", "neutral", 0, "strong"}, Rendering{"card", "synthetic", 0, "strong"}
	respeak := Rendering{"card", "respeak", 0, ""}
	for name, c := range map[string]struct {
		from, to Order
		want     bool
	}{
		"a stricter mode, but gentler: a doubt": {order(neutralStrong, nil), order(Rendering{"card", "synthetic", 0, ""}, nil), true},
		"a stricter mode, as strong":            {order(neutralStrong, nil), order(syntheticStrong, nil), false},
		"another speaks: not her voice":         {order(neutralStrong, nil), order(respeak, interpreter), false},
		"she speaks again":                      {order(respeak, interpreter), order(syntheticStrong, nil), true},
		"another speaker":                       {order(respeak, interpreter), order(respeak, named), true},
	} {
		if got := Loosens(c.from, c.to); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheWitnessMayAskForThePlainFigure(t *testing.T) {
	c := newCourt(t)
	c.do("witness", "witness.tighten", m{"picture": "blob"})
	if c.s.Testimony.Tightened.Picture != PictureBlob {
		t.Error(c.s.Testimony.Tightened)
	}
	c.refused(CodeBadArgument, "witness", "witness.tighten", m{"voice": "gentle"})
}

func TestNoticesOfTheMaskAreCodesAndFew(t *testing.T) {
	c := newCourt(t)
	c.do("witness", "mask.status", m{"picture": "ok", "voice": "ok", "notices": []string{"far_voice", "left_seat"}})
	if !slices.Equal(c.s.Testimony.Mask.Notices, []string{"far_voice", "left_seat"}) {
		t.Error(c.s.Testimony.Mask)
	}
	before := len(c.events)
	c.do("witness", "mask.status", m{"picture": "ok", "voice": "ok", "notices": []string{"far_voice", "left_seat"}})
	if len(c.events) != before {
		t.Error("the same state is entered twice")
	}
	for _, bad := range [][]string{{"Leyla is here"}, {""}, {"Far_voice"}, slices.Repeat([]string{"x"}, maxNotices+1)} {
		c.refused(CodeBadArgument, "witness", "mask.status", m{"picture": "ok", "voice": "ok", "notices": bad})
	}
}
