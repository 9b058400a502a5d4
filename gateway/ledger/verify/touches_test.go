package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// passkey signs as an authenticator of one algorithm does.
type passkey struct {
	cose []byte
	sign func(message []byte) []byte
}

func head(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 256:
		return []byte{major<<5 | 24, byte(n)}
	}
	return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
}

// cose writes pairs of a small integer and an integer or bytes.
func cose(pairs ...any) []byte {
	number := func(n int) []byte {
		if n < 0 {
			return head(1, -1-n)
		}
		return head(0, n)
	}
	out := head(5, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, number(pairs[i].(int))...)
		switch v := pairs[i+1].(type) {
		case int:
			out = append(out, number(v)...)
		case []byte:
			out = append(append(out, head(2, len(v))...), v...)
		}
	}
	return out
}

func passkeys(t *testing.T) map[string]passkey {
	t.Helper()
	ec, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, ed, err2 := ed25519.GenerateKey(rand.Reader)
	rs, err3 := rsa.GenerateKey(rand.Reader, 2048)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum := func(m []byte) []byte { s := sha256.Sum256(m); return s[:] }
	return map[string]passkey{
		"ES256": {cose(1, 2, 3, -7, -1, 1, -2, point[1:33], -3, point[33:]), func(m []byte) []byte { s, _ := ecdsa.SignASN1(rand.Reader, ec, sum(m)); return s }},
		"EdDSA": {cose(1, 1, 3, -8, -1, 6, -2, []byte(ed.Public().(ed25519.PublicKey))), func(m []byte) []byte { return ed25519.Sign(ed, m) }},
		"RS256": {cose(1, 3, 3, -257, -1, rs.N.Bytes(), -2, []byte{1, 0, 1}), func(m []byte) []byte { s, _ := rsa.SignPKCS1v15(rand.Reader, rs, crypto.SHA256, sum(m)); return s }},
	}
}

// touchEvent is a step_up.proved as the ledger has it, with a change before it is signed and one after.
func touchEvent(t *testing.T, k passkey, place string, before, after func(map[string]any)) event {
	t.Helper()
	args := `{"signature":"AAEC"}`
	body := sha256.Sum256([]byte(args))
	p := map[string]any{"act": "order.sign", "id": "c1", "args": json.RawMessage(args), "body_sha256": hex.EncodeToString(body[:]), "person": "p-1", "nonce": "AAAA", "rp": "court.example",
		"flags": byte(5), "type": "webauthn.get"}
	if before != nil {
		before(p)
	}
	lines := []string{"parda step-up 1", place, p["person"].(string), p["act"].(string), p["id"].(string), p["body_sha256"].(string), "000000", ""}
	challenge := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	client, _ := json.Marshal(map[string]string{"type": p["type"].(string), "challenge": base64.RawURLEncoding.EncodeToString(challenge[:]), "origin": "https://court.example"})
	rp := sha256.Sum256([]byte("court.example"))
	data := append(append(rp[:], p["flags"].(byte)), 0, 0, 0, 9)
	over := sha256.Sum256(client)
	p["client_data"], p["authenticator_data"], p["public_key"], p["credential"] = client, data, k.cose, []byte("c")
	p["signature"] = k.sign(append(append([]byte{}, data...), over[:]...))
	delete(p, "flags")
	delete(p, "type")
	if after != nil {
		after(p)
	}
	raw, err := json.Marshal(p) // sorted, as canonical JSON is
	if err != nil {
		t.Fatal(err)
	}
	v, err := parseStrict(raw)
	if err != nil {
		t.Fatal(err)
	}
	return event{index: 4, code: "step_up.proved", actor: "judge", hearing: "demo", payload: v}
}

func TestATouchIsCheckedByEveryAlgorithmThatPasskeysHave(t *testing.T) {
	keys := passkeys(t)
	for name, k := range keys {
		for _, tc := range []struct {
			rule          string
			place         string
			before, after func(map[string]any)
			problem       string
		}{
			{rule: "as it was signed", place: "demo"},
			{rule: "over HTTP, in the court", place: "audit-baku"},
			{rule: "of another hearing", place: "demo2", problem: "touch_wrong"},
			{rule: "of another court", place: "audit-ganja", problem: "touch_wrong"},
			{rule: "another act is written over it", place: "demo", after: func(p map[string]any) { p["act"] = "protocol.sign" }, problem: "touch_wrong"},
			{rule: "another person", place: "demo", after: func(p map[string]any) { p["person"] = "p-2" }, problem: "touch_wrong"},
			{rule: "other arguments", place: "demo", after: func(p map[string]any) { p["args"] = json.RawMessage(`{"signature":"AAED"}`) }, problem: "touch_wrong"},
			{rule: "another nonce", place: "demo", after: func(p map[string]any) { p["nonce"] = "AAAB" }, problem: "touch_wrong"},
			{rule: "another site", place: "demo", after: func(p map[string]any) { p["rp"] = "evil.example" }, problem: "touch_wrong"},
			{rule: "the user was not verified", place: "demo", before: func(p map[string]any) { p["flags"] = byte(1) }, problem: "touch_wrong"},
			{rule: "the user was not there", place: "demo", before: func(p map[string]any) { p["flags"] = byte(4) }, problem: "touch_wrong"},
			{rule: "a registration", place: "demo", before: func(p map[string]any) { p["type"] = "webauthn.create" }, problem: "touch_wrong"},
			{rule: "a changed signature", place: "demo", after: func(p map[string]any) { p["signature"].([]byte)[9] ^= 1 }, problem: "touch_wrong"},
			{rule: "another key", place: "demo", after: func(p map[string]any) {
				for other, k := range keys {
					if other != name {
						p["public_key"] = k.cose
					}
				}
			}, problem: "touch_wrong"},
			{rule: "no key", place: "demo", after: func(p map[string]any) { p["public_key"] = []byte{0xa0} }, problem: "touch_wrong"},
			{rule: "a key that never ends", place: "demo", after: func(p map[string]any) { p["public_key"] = []byte{0xa5, 1} }, problem: "touch_wrong"},
			{rule: "no signature", place: "demo", after: func(p map[string]any) { delete(p, "signature") }, problem: "payload_form"},
		} {
			c := &check{}
			c.Court = "baku"
			c.onTouch(touchEvent(t, k, tc.place, tc.before, tc.after))
			got := ""
			if len(c.Problems) > 0 {
				got = c.Problems[0].Code
			}
			if got != tc.problem || (len(c.Signatures) == 1) != (tc.problem == "") {
				t.Errorf("%s, %s: %v, want %q", name, tc.rule, c.Problems, tc.problem)
			}
		}
	}
}

// A judge's honest touch does not carry another order past the reader.
func TestASignatureThatFollowsATouchIsTheOneThatWasTouched(t *testing.T) {
	k := passkeys(t)["ES256"]
	for _, tc := range []struct {
		rule, act, signature string
		index                uint64
		problem              bool
	}{
		{"the same", "order.sign", "AAEC", 5, false},
		{"another order", "order.sign", "AAED", 5, true},
		{"another act", "protocol.sign", "AAEC", 5, true},
		{"not right after it", "order.sign", "AAED", 6, false},
	} {
		c := &check{}
		c.onTouch(touchEvent(t, k, "demo", nil, nil))
		v, err := parseStrict([]byte(`{"signature":"` + tc.signature + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		c.agreesWithTouch(event{index: tc.index, payload: v}, tc.act)
		if (len(c.Problems) > 0) != tc.problem {
			t.Errorf("%s: %v", tc.rule, c.Problems)
		}
	}
}

func FuzzAPublicKeyIsReadOrRefused(f *testing.F) {
	f.Add(cose(1, 2, 3, -7, -1, 1, -2, make([]byte, 32), -3, make([]byte, 32)))
	f.Add([]byte{0xa5, 0x5a, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = checkCOSE(b, []byte("m"), []byte("s"))
	})
}
