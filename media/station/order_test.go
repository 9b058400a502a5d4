package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"parda/media/mask/face"
)

var testNow = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)

// judge signs orders in tests, as a browser does.
type judge struct {
	key  *ecdsa.PrivateKey
	spki []byte
}

func newJudge(t testing.TB) *judge {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return &judge{key, spki}
}

func (j *judge) sign(t testing.TB, raw []byte) signedOrder {
	t.Helper()
	digest := sha256.Sum256(raw)
	r, s, err := ecdsa.Sign(rand.Reader, j.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	b64 := base64.StdEncoding.EncodeToString
	return signedOrder{Bytes: b64(raw), Signature: b64(sig), Key: b64(j.spki)}
}

// testOrder is an order in force at testNow for a week, after some changes to its JSON.
func testOrder(t testing.TB, changes ...func(map[string]any)) []byte {
	t.Helper()
	puppet := func() map[string]any { return map[string]any{"picture": "puppet", "voice": "neutral", "delay_s": 0} }
	o := map[string]any{
		"parda_order": 1, "hearing": "demo", "version": 1, "template": "identity_hidden", "reason": "Threats.", "pseudonym": "Lalə", "session": "public",
		"renderings":  map[string]any{"bench": puppet(), "prosecution": puppet(), "defence": puppet(), "hall": map[string]any{"picture": "card", "voice": "neutral", "delay_s": 0}, "public": nil},
		"questioners": []string{"presiding_judge", "defence_counsel"}, "valid_from": testNow.Add(-time.Hour).Format(wireTime), "valid_until": testNow.Add(7 * 24 * time.Hour).Format(wireTime),
	}
	for _, change := range changes {
		change(o)
	}
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func set(name string, value any) func(map[string]any) {
	return func(o map[string]any) { o[name] = value }
}

func rendered(audience string, value any) func(map[string]any) {
	return func(o map[string]any) { o["renderings"].(map[string]any)[audience] = value }
}

func TestAnOrderThatTheJudgeSignedIsObeyed(t *testing.T) {
	j := newJudge(t)
	trust := orderTrust{hearing: "demo"}
	o, err := trust.check(j.sign(t, testOrder(t)), testNow)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(o.keys(), " "); got != "card+neutral puppet+neutral" {
		t.Errorf("renderings %q", got)
	}
	if trust.code() != keyCode(j.spki) {
		t.Errorf("the key was not pinned")
	}
}

func TestAnOrderIsRefused(t *testing.T) {
	j := newJudge(t)
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	rsaSPKI, _ := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	natural := map[string]any{"picture": "natural", "voice": "natural", "delay_s": 0}
	raw := func(b []byte) func(*testing.T) signedOrder {
		return func(t *testing.T) signedOrder { return j.sign(t, b) }
	}
	edited := func(edit func(*signedOrder)) func(*testing.T) signedOrder {
		return func(t *testing.T) signedOrder { s := j.sign(t, testOrder(t)); edit(&s); return s }
	}
	for name, c := range map[string]struct {
		make func(*testing.T) signedOrder
		code string
	}{
		"without a signature": {edited(func(s *signedOrder) { s.Signature = "" }), "order_not_signed"},
		"without a key":       {edited(func(s *signedOrder) { s.Key = "" }), "order_not_signed"},
		"signed by another key": {func(t *testing.T) signedOrder {
			s := j.sign(t, testOrder(t))
			s.Key = base64.StdEncoding.EncodeToString(newJudge(t).spki)
			return s
		}, "signature_invalid"},
		"changed after signing":        {edited(func(s *signedOrder) { s.Bytes = base64.StdEncoding.EncodeToString(testOrder(t, set("pseudonym", "X"))) }), "signature_invalid"},
		"signature of 63 bytes":        {edited(func(s *signedOrder) { s.Signature = base64.StdEncoding.EncodeToString(make([]byte, 63)) }), "signature_invalid"},
		"signature of zeros":           {edited(func(s *signedOrder) { s.Signature = base64.StdEncoding.EncodeToString(make([]byte, 64)) }), "signature_invalid"},
		"key that is no EC key":        {edited(func(s *signedOrder) { s.Key = base64.StdEncoding.EncodeToString(rsaSPKI) }), "signature_invalid"},
		"key that is no key":           {edited(func(s *signedOrder) { s.Key = "AAAA" }), "signature_invalid"},
		"not base64":                   {edited(func(s *signedOrder) { s.Bytes = "%%%" }), "order_invalid"},
		"too large":                    {raw(append(testOrder(t), make([]byte, maxOrderBytes)...)), "order_invalid"},
		"another hearing":              {raw(testOrder(t, set("hearing", "other"))), "order_invalid"},
		"expired":                      {raw(testOrder(t, set("valid_until", testNow.Format(wireTime)))), "order_invalid"},
		"not yet valid":                {raw(testOrder(t, set("valid_from", testNow.Add(time.Hour).Format(wireTime)))), "order_invalid"},
		"without an end":               {raw(testOrder(t, func(o map[string]any) { delete(o, "valid_until") })), "order_invalid"},
		"another format":               {raw(testOrder(t, set("parda_order", 2))), "order_invalid"},
		"an unknown field":             {raw(testOrder(t, set("unmask", true))), "order_invalid"},
		"an unknown audience":          {raw(testOrder(t, rendered("press", nil))), "order_invalid"},
		"an unknown kind of session":   {raw(testOrder(t, set("session", "open"))), "order_invalid"},
		"an unknown picture":           {raw(testOrder(t, rendered("hall", map[string]any{"picture": "blur", "voice": "neutral", "delay_s": 0}))), "order_invalid"},
		"an unknown voice":             {raw(testOrder(t, rendered("hall", map[string]any{"picture": "card", "voice": "pitch", "delay_s": 0}))), "order_invalid"},
		"a strength of silence":        {raw(testOrder(t, rendered("hall", map[string]any{"picture": "card", "voice": "silence", "delay_s": 0, "voice_strength": "strong"}))), "order_invalid"},
		"an unknown strength":          {raw(testOrder(t, rendered("hall", map[string]any{"picture": "card", "voice": "neutral", "delay_s": 0, "voice_strength": "weak"}))), "order_invalid"},
		"a sworn speaker of no name":   {raw(testOrder(t, respeaking, func(o map[string]any) { delete(o, "respeaker") })), "order_invalid"},
		"a sworn speaker for nothing":  {raw(testOrder(t, set("respeaker", map[string]any{"who": "interpreter"}))), "order_invalid"},
		"a support person, no reason":  {raw(testOrder(t, respeaking, set("respeaker", map[string]any{"who": "support_person"}))), "order_invalid"},
		"a guardian who repeats":       {raw(testOrder(t, respeaking, set("respeaker", map[string]any{"who": "legal_representative", "reason": "r"}))), "order_invalid"},
		"a speaker, and her own voice": {raw(testOrder(t, respeaking, rendered("hall", map[string]any{"picture": "card", "voice": "neutral", "delay_s": 0}))), "order_invalid"},
		"a natural rendering":          {raw(testOrder(t, rendered("bench", natural))), "natural_unavailable"},
		"a delay that nobody keeps":    {raw(testOrder(t, rendered("public", map[string]any{"picture": "card", "voice": "neutral", "delay_s": 30}))), "delay_unavailable"},
		"a name twice":                 {raw([]byte(strings.Replace(string(testOrder(t)), `"version":1`, `"version":1,"version":2`, 1))), "order_invalid"},
		"a name twice in another case": {raw([]byte(strings.Replace(string(testOrder(t)), `"version":1`, `"version":1,"Version":2`, 1))), "order_invalid"},
		"something behind it":          {raw(append(testOrder(t), "{}"...)), "order_invalid"},
		"no JSON":                      {raw([]byte("order")), "order_invalid"},
		"a text that is not UTF-8":     {raw([]byte(strings.Replace(string(testOrder(t)), "Threats", "\xff", 1))), "order_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			trust := orderTrust{hearing: "demo"}
			o, err := trust.check(c.make(t), testNow)
			var r *refusal
			if o != nil || !errors.As(err, &r) || r.Code != c.code {
				t.Fatalf("got %v, %v; want %s", o, err, c.code)
			}
			if trust.key != nil {
				t.Error("a refused order pinned its key")
			}
		})
	}
}

func TestTheFirstJudgeKeyOfTheHearingIsPinned(t *testing.T) {
	first, second := newJudge(t), newJudge(t)
	trust := orderTrust{hearing: "demo"}
	if _, err := trust.check(first.sign(t, testOrder(t)), testNow); err != nil {
		t.Fatal(err)
	}
	if _, err := trust.check(second.sign(t, testOrder(t, set("version", 2))), testNow); err == nil {
		t.Fatal("an order by another key was obeyed")
	}
	if _, err := trust.check(first.sign(t, testOrder(t, set("version", 2))), testNow); err != nil {
		t.Fatal(err)
	}
	if _, err := trust.check(first.sign(t, testOrder(t)), testNow); err == nil {
		t.Fatal("an older order was obeyed again")
	}
	if _, err := trust.check(first.sign(t, testOrder(t, set("version", 2), set("pseudonym", "Other"))), testNow); err == nil {
		t.Fatal("another order of the same version was obeyed")
	}
}

func TestAKeyCodeGivenBeforehandPinsWithoutAFirstUse(t *testing.T) {
	right, wrong := newJudge(t), newJudge(t)
	for _, code := range []string{keyCode(right.spki), strings.ReplaceAll(keyCode(right.spki), " ", "")} {
		trust := orderTrust{hearing: "demo", want: code}
		if _, err := trust.check(wrong.sign(t, testOrder(t)), testNow); err == nil {
			t.Fatal("an order by another key was obeyed")
		}
		if _, err := trust.check(right.sign(t, testOrder(t)), testNow); err != nil {
			t.Fatal(err)
		}
	}
	for code, valid := range map[string]bool{"1234 5678": true, "12345678": true, "1234567": false, "1234567x": false, strings.Repeat("a0", 32): true, strings.Repeat("g0", 32): false} {
		if validCode(code) != valid {
			t.Errorf("validCode(%q) = %v", code, !valid)
		}
	}
}

func TestAPartThatIsNoneIsMadeAsItsStrictestForm(t *testing.T) {
	o, err := parseOrder(testOrder(t, rendered("hall", map[string]any{"picture": "none", "voice": "neutral", "delay_s": 0}),
		rendered("public", map[string]any{"picture": "none", "voice": "none", "delay_s": 0})))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(o.keys(), " "); got != "card+neutral puppet+neutral" {
		t.Errorf("renderings %q", got)
	}
}

func TestTheOrderOfTheseTestsFollowsThePublishedSchema(t *testing.T) {
	b, err := os.ReadFile("../../gateway/hearing/order.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("order.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("order.json")
	if err != nil {
		t.Fatal(err)
	}
	o, err := jsonschema.UnmarshalJSON(strings.NewReader(string(testOrder(t))))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(o); err != nil {
		t.Fatal(err)
	}
}

// FuzzParseOrder: whatever is signed, an order that comes out names known modes only.
func FuzzParseOrder(f *testing.F) {
	f.Add(testOrder(f))
	f.Add([]byte(`{"parda_order":1,"renderings":{"bench":{"picture":"natural"}}}`))
	f.Add([]byte(`[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := parseOrder(raw)
		if err != nil {
			return
		}
		for _, k := range o.keys() {
			switch k {
			case "puppet+neutral", "puppet+silence", "card+neutral", "card+silence":
			default:
				t.Fatalf("rendering %q", k)
			}
		}
	})
}

func TestTheOrdersVoicesAndFiguresAreMadeOnceEach(t *testing.T) {
	r := func(picture, voice, strength string) map[string]any {
		m := map[string]any{"picture": picture, "voice": voice, "delay_s": 0}
		if strength != "" {
			m["voice_strength"] = strength
		}
		return m
	}
	for name, c := range map[string]struct {
		changes []func(map[string]any)
		keys    string
		face    face.Mode
		plain   bool
		voices  string
	}{
		"as the template": {nil, "card+neutral puppet+neutral", face.Puppet, false, "neutral"},
		"several": {[]func(map[string]any){rendered("bench", r("puppet", "synthetic", "strong")), rendered("defence", r("blob", "neutral", "gentle")), rendered("hall", r("card", "silence", ""))},
			"blob+neutral+gentle card+silence puppet+neutral puppet+synthetic+strong", face.Puppet, true, "neutral+gentle neutral synthetic+strong"},
		"no figure but the plain one": {[]func(map[string]any){rendered("bench", r("blob", "neutral", "")), rendered("prosecution", r("blob", "neutral", "")), rendered("defence", r("card", "none", ""))},
			"blob+neutral card+neutral card+silence", modeBlob, true, "neutral"},
		"a sworn speaker": {[]func(map[string]any){respeaking}, "puppet+respeak", face.Puppet, false, "respeak"},
	} {
		trust := orderTrust{hearing: "demo"}
		o, err := trust.check(newJudge(t).sign(t, testOrder(t, c.changes...)), testNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := o.maskConfig(64, 48)
		want := maskConfig{Width: 64, Height: 48, Face: c.face, Plain: c.plain, Voices: c.voices, Pseudonym: "Lalə"}
		if keys := strings.Join(o.keys(), " "); keys != c.keys || got != want {
			t.Errorf("%s: renderings %q, masks %+v; want %q, %+v", name, keys, got, c.keys, want)
		}
	}
}
