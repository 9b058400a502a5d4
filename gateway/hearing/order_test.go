package hearing

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func sample(t testing.TB) (Order, []byte) {
	t.Helper()
	o, b, err := NewDraft("h1", nil, DraftArgs{Template: "no_confrontation", Reason: "Threats <in> the corridor & at home.", Pseudonym: "Şəfəq"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return o, b
}

func TestCanonicalBytesAreSortedWithoutSpacesAndUnescaped(t *testing.T) {
	_, b := sample(t)
	want := `{"hearing":"h1","parda_order":1,"pseudonym":"Şəfəq","questioners":["presiding_judge","judge","reserve_judge","prosecutor","defence_counsel","victims_lawyer","interpreter","support_person","legal_representative"],"reason":"Threats <in> the corridor & at home.","renderings":{"bench":{"delay_s":0,"picture":"puppet","voice":"neutral"},"defence":{"delay_s":0,"picture":"puppet","voice":"neutral"},"hall":{"delay_s":0,"picture":"puppet","voice":"neutral"},"prosecution":{"delay_s":0,"picture":"puppet","voice":"neutral"},"public":{"delay_s":0,"picture":"card","voice":"neutral"}},"session":"public","template":"no_confrontation","valid_from":"2026-11-22T12:00:00.000Z","valid_until":"2026-12-22T12:00:00.000Z","version":1}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if _, err := ParseOrder(b); err != nil {
		t.Errorf("its own bytes are refused: %v", err)
	}
}

func TestOnlyCanonicalBytesAreAnOrder(t *testing.T) {
	_, b := sample(t)
	for name, bad := range map[string]string{
		"a space":        strings.Replace(string(b), `":"h1"`, `": "h1"`, 1),
		"a line end":     string(b) + "\n",
		"escaped":        strings.Replace(string(b), "<", `\u003c`, 1),
		"doubled key":    strings.Replace(string(b), `{"hearing":"h1"`, `{"hearing":"h2","hearing":"h1"`, 1),
		"other number":   strings.Replace(string(b), `"version":1}`, `"version":1.0}`, 1),
		"unknown field":  strings.Replace(string(b), `{"hearing"`, `{"a":1,"hearing"`, 1),
		"missing field":  strings.Replace(string(b), `,"version":1}`, `}`, 1),
		"no audience":    strings.Replace(string(b), `"hall":{"delay_s":0,"picture":"puppet","voice":"neutral"},`, ``, 1),
		"a blurred face": strings.Replace(string(b), `"picture":"card"`, `"picture":"blur"`, 1),
		"a pitch shift":  strings.Replace(string(b), `"voice":"neutral"`, `"voice":"pitch"`, 1),
		"other format":   strings.Replace(string(b), `"parda_order":1`, `"parda_order":2`, 1),
		"no date":        strings.Replace(string(b), `2026-12-22T12:00:00.000Z`, `2026-13-22T12:00:00.000Z`, 1),
		"local time":     strings.Replace(string(b), `2026-12-22T12:00:00.000Z`, `2026-12-22T12:00:00+04:00`, 1),
		"ends first":     strings.Replace(string(b), `2026-12-22`, `2026-11-22`, 1),
		"witness asks":   strings.Replace(string(b), `"interpreter"`, `"protected_witness"`, 1),
		"no defence":     strings.Replace(string(b), `"defence_counsel",`, ``, 1),
		"two values":     string(b) + "{}",
		"an array":       "[]",
		"nothing":        "",
		"too long":       strings.Repeat(" ", maxOrderBytes+1),
	} {
		t.Run(name, func(t *testing.T) {
			if bad == string(b) {
				t.Fatal("the case changes nothing")
			}
			if _, err := ParseOrder([]byte(bad)); !errors.Is(err, &Error{Code: CodeOrderInvalid}) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnOrderThatNamesNaturalOrADelayIsRefusedByName(t *testing.T) {
	for name, c := range map[string]struct {
		rendering Rendering
		code      string
	}{
		"natural picture": {Rendering{"natural", "neutral", 0, ""}, CodeNaturalUnavailable},
		"natural voice":   {Rendering{"puppet", "natural", 0, ""}, CodeNaturalUnavailable},
		"delay":           {Rendering{"puppet", "neutral", 30, ""}, CodeDelayUnavailable},
	} {
		for _, a := range Audiences() {
			args := DraftArgs{Template: "identity_hidden", Reason: "r", Renderings: map[Audience]*Rendering{a: &c.rendering}}
			if _, _, err := NewDraft("h1", nil, args, noon); !errors.Is(err, &Error{Code: c.code}) {
				t.Errorf("%s to %s: %v", name, a, err)
			}
		}
	}
}

func TestBenchAndDefenceAlwaysHearTheTestimony(t *testing.T) {
	for _, a := range []Audience{ToBench, ToDefence} {
		for _, r := range []*Rendering{nil, {"puppet", "silence", 0, ""}, {"puppet", "none", 0, ""}, {"none", "none", 0, ""}} {
			args := DraftArgs{Template: "no_confrontation", Reason: "r", Renderings: map[Audience]*Rendering{a: r}}
			if _, _, err := NewDraft("h1", nil, args, noon); !errors.Is(err, &Error{Code: CodeOrderInvalid}) {
				t.Errorf("%s with %+v: %v", a, r, err)
			}
		}
	}
}

func TestEveryTemplateMakesAnOrderThatHolds(t *testing.T) {
	names := []string{"no_confrontation", "identity_hidden", "anonymous_to_defence"}
	if len(Templates()) != len(names) {
		t.Fatalf("%d templates", len(Templates()))
	}
	for _, name := range names {
		o, b, err := NewDraft("h1", nil, DraftArgs{Template: name, Reason: "r"}, noon)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		back, err := ParseOrder(b)
		if err != nil || back.Template != name || !o.ValidAt(noon) || o.ValidAt(noon.Add(-time.Second)) || o.ValidAt(noon.Add(DefaultValidity)) {
			t.Errorf("%s: %v, %+v", name, err, back)
		}
	}
	if _, _, err := NewDraft("h1", nil, DraftArgs{Template: "none_such", Reason: "r"}, noon); !errors.Is(err, &Error{Code: CodeBadArgument}) {
		t.Error(err)
	}
	if _, _, err := NewDraft("h1", nil, DraftArgs{Template: names[0], Reason: " "}, noon); !errors.Is(err, &Error{Code: CodeReasonRequired}) {
		t.Error(err)
	}
}

func TestTheStationMakesEachRenderingOnce(t *testing.T) {
	o, _ := sample(t)
	if got := o.Keys(); !slices.Equal(got, []string{"puppet+neutral", "card+neutral"}) {
		t.Error(got)
	}
	for want, r := range map[string]*Rendering{"": nil, "card+neutral": {"none", "neutral", 0, ""}, "puppet+silence": {"puppet", "none", 0, ""}} {
		if r.Key() != want {
			t.Errorf("%+v: %q, want %q", r, r.Key(), want)
		}
	}
	if (&Rendering{"none", "none", 0, ""}).Key() != "" {
		t.Error("nothing has a key")
	}
}

func TestLoosensWhateverShowsMore(t *testing.T) {
	base, _, err := NewDraft("h1", nil, DraftArgs{Template: "identity_hidden", Reason: "r", Session: Private}, noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Order)
		want   bool
	}{
		"the same":             {func(*Order) {}, false},
		"another reason":       {func(o *Order) { o.Reason = "s" }, false},
		"puppet for the hall":  {func(o *Order) { o.Renderings.Hall = &Rendering{"puppet", "neutral", 0, ""} }, true},
		"card for the bench":   {func(o *Order) { o.Renderings.Bench = &Rendering{"card", "neutral", 0, ""} }, false},
		"silence":              {func(o *Order) { o.Renderings.Public = &Rendering{"card", "silence", 0, ""} }, false},
		"nothing":              {func(o *Order) { o.Renderings.Public = nil }, false},
		"unknown mode":         {func(o *Order) { o.Renderings.Public = &Rendering{"sketch", "neutral", 0, ""} }, true},
		"stricter session":     {func(o *Order) { o.Session = Closed }, false},
		"looser session":       {func(o *Order) { o.Session = Public }, true},
		"fewer may ask":        {func(o *Order) { o.Questioners = o.Questioners[:5] }, false},
		"support may ask less": {func(o *Order) { o.Questioners = nil }, false},
		"longer life":          {func(o *Order) { o.ValidUntil = "2027-12-22T12:00:00.000Z" }, true},
		"shorter life":         {func(o *Order) { o.ValidUntil = "2026-11-23T12:00:00.000Z" }, false},
		"another pseudonym":    {func(o *Order) { o.Pseudonym = "B" }, true},
	} {
		o := base
		c.change(&o)
		if got := Loosens(base, o); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	tight := base
	tight.Renderings.Public, tight.Questioners = nil, base.Questioners[:5]
	if !Loosens(tight, base) {
		t.Error("from nothing to a card is no loosening")
	}
	delayed := base
	delayed.Renderings.Public = &Rendering{"card", "neutral", 60, ""}
	if Loosens(base, delayed) || !Loosens(delayed, base) {
		t.Error("a shorter delay shows more")
	}
}

func TestSignaturesAreP1363OverTheBytes(t *testing.T) {
	k, other := newSigner(t), newSigner(t)
	_, b := sample(t)
	sig := k.sign(t, b)
	if err := CheckSignature(k.spki, b, sig); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sig)
	flipped[40] ^= 1
	for name, c := range map[string]struct{ spki, message, sig []byte }{
		"another key":     {other.spki, b, sig},
		"another message": {k.spki, b[1:], sig},
		"one bit":         {k.spki, b, flipped},
		"too short":       {k.spki, b, sig[:63]},
		"zero":            {k.spki, b, make([]byte, 64)},
		"no key":          {nil, b, sig},
		"no signature":    {k.spki, b, nil},
	} {
		if err := CheckSignature(c.spki, c.message, c.sig); !errors.Is(err, &Error{Code: CodeSignatureInvalid}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyCodeIsTwoGroupsOfFourDigits(t *testing.T) {
	// SHA-256("abc") begins ba7816bf 8f01cfea: 13436514500253700074 mod 10^8 = 53700074.
	if got := KeyCode([]byte("abc")); got != "5370 0074" {
		t.Error(got)
	}
}

func FuzzParseOrder(f *testing.F) {
	_, b := sample(f)
	f.Add(b)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"parda_order":1}`))
	f.Add(bytes.ReplaceAll(b, []byte("neutral"), []byte("natural")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := ParseOrder(raw)
		if err != nil {
			return
		}
		again, err := o.Canonical()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("an order was read that is not its own canonical form: %s", raw)
		}
	})
}

func FuzzDecide(f *testing.F) {
	f.Add("flag.raise", `{"kind":"look","note":"x"}`)
	f.Add("entry.add", `{"kind":"note","text":"x"}`)
	f.Add("entry.add", `{"kind":"exhibit","number":"2/14","text":"x","interpreted":{"text":"y","lang":"ru"}}`)
	f.Add("entry.strike", `{"entry":1,"reason":"x"}`)
	f.Add("order.draft", `{"template":"no_confrontation","reason":"r","renderings":{"public":null}}`)
	f.Add("key.enrol", `{"key":"`+base64.StdEncoding.EncodeToString([]byte("k"))+`"}`)
	f.Add("session.kind", `{"kind":"closed"}`)
	f.Add("testimony.pause", `{"why":7}`)
	f.Fuzz(func(t *testing.T, name, args string) {
		c := newCourt(t)
		for _, seat := range c.s.Seats {
			_, _, err := Decide(c.s, Actor{Seat: seat.ID, Role: seat.Role}, Command{Name: name, Args: json.RawMessage(args)}, c.now)
			var refusal *Error
			if err != nil && !errors.As(err, &refusal) {
				t.Fatalf("%v has no code", err)
			}
		}
	})
}
