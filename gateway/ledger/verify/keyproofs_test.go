package verify

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// vaultKey is a key of the vault as its card names it.
type vaultKey struct {
	sign                  ed25519.PrivateKey
	id, recipient, verify string
}

func newVaultKey(t *testing.T, recipient string) vaultKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	verify := base64.StdEncoding.EncodeToString(public)
	id := sha256.Sum256([]byte(recipient + "\n" + verify))
	return vaultKey{private, hex.EncodeToString(id[:]), recipient, verify}
}

func bookEvent(t *testing.T, index uint64, code, actor string, payload map[string]any) event {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	v, err := parseStrict(raw)
	if err != nil {
		t.Fatal(err)
	}
	return event{index: index, code: code, actor: actor, hearing: "audit-baku", payload: v}
}

const sharePath = "POST /api/vault/openings/o-1/release"

// proofOf is the payload of a vault.key_proved as the seat signed it.
func (k vaultKey) proofOf(court, person, act, body string, nonce []byte) map[string]any {
	digest := sha256.Sum256([]byte(body))
	sum := hex.EncodeToString(digest[:])
	challenge := sha256.Sum256([]byte(strings.Join([]string{"parda step-up 1", "audit-" + court, person, act, "", sum, hex.EncodeToString(nonce), ""}, "\n")))
	signed := "parda-vault-act-v1\n" + base64.RawURLEncoding.EncodeToString(challenge[:]) + "\n" + sum
	return map[string]any{"act": act, "person": person, "key": k.id, "recipient": k.recipient, "verify": k.verify, "nonce": nonce, "body_sha256": sum,
		"signature": ed25519.Sign(k.sign, []byte(signed))}
}

// A4: whoever holds the court's own key, and so can sign any book, has no signature of a judge's for what she did not do.
func TestAProofByTheVaultsKeyIsForOneActOfOneAccountWithItsOwnKey(t *testing.T) {
	own, strange := newVaultKey(t, "age1pq1own"), newVaultKey(t, "age1pq1own")
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce)
	announced := func(key vaultKey, who string) func(c *check) {
		return func(c *check) {
			c.onVaultKey(bookEvent(t, 1, "vault.key_announced", who, map[string]any{"key": key.id}))
		}
	}
	for _, tc := range []struct {
		rule    string
		before  func(*check)
		after   func(p map[string]any)
		problem string
	}{
		{rule: "as it was signed"},
		{rule: "another path", after: func(p map[string]any) { p["act"] = "POST /api/vault/openings/o-2/release" }, problem: "key_proof_wrong"},
		{rule: "another method", after: func(p map[string]any) { p["act"] = "PUT /api/vault/openings/o-1/release" }, problem: "key_proof_wrong"},
		{rule: "another body", after: func(p map[string]any) { p["body_sha256"] = strings.Repeat("0", 64) }, problem: "key_proof_wrong"},
		{rule: "another nonce", after: func(p map[string]any) { p["nonce"] = make([]byte, 32) }, problem: "key_proof_wrong"},
		{rule: "a nonce of another length", after: func(p map[string]any) { p["nonce"] = nonce[:31] }, problem: "key_proof_wrong"},
		{rule: "another signature", after: func(p map[string]any) { p["signature"].([]byte)[9] ^= 1 }, problem: "key_proof_wrong"},
		{rule: "no signature", after: func(p map[string]any) { delete(p, "signature") }, problem: "payload_form"},
		{rule: "another person", after: func(p map[string]any) { p["person"] = "p-other" }, problem: "key_proof_wrong"},
		{rule: "another court's", after: func(p map[string]any) {
			p["signature"] = own.proofOf("ganja", "p-judge", sharePath, "{}", nonce)["signature"]
		}, problem: "key_proof_wrong"},
		{rule: "a strange key under the judge's id", after: func(p map[string]any) {
			for name, v := range strange.proofOf("baku", "p-judge", sharePath, "{}", nonce) {
				p[name] = v
			}
			p["key"] = own.id
		}, problem: "key_proof_wrong"},
		{rule: "a strange key under its own id", after: func(p map[string]any) {
			for name, v := range strange.proofOf("baku", "p-judge", sharePath, "{}", nonce) {
				p[name] = v
			}
		}, problem: "key_proof_wrong"},
		{rule: "a key that nobody announced", before: func(*check) {}, problem: "key_proof_wrong"},
		{rule: "a key that another account announced", before: announced(own, "p-other"), problem: "key_proof_wrong"},
		{rule: "a key that was lost", before: func(c *check) {
			announced(own, "p-judge")(c)
			c.onVaultKey(bookEvent(t, 2, "vault.key_lost", "p-other", map[string]any{"key": own.id, "owner": "p-judge"}))
		}, problem: "key_proof_wrong"},
		{rule: "a key that was replaced", before: func(c *check) {
			announced(own, "p-judge")(c)
			c.onVaultKey(bookEvent(t, 2, "vault.key_announced", "p-judge", map[string]any{"key": strange.id, "replaces": own.id}))
		}, problem: "key_proof_wrong"},
		{rule: "the same proof a second time", before: func(c *check) {
			announced(own, "p-judge")(c)
			c.onKeyProof(bookEvent(t, 2, "vault.key_proved", "p-judge", own.proofOf("baku", "p-judge", sharePath, "{}", nonce)))
			if len(c.Problems) > 0 {
				t.Fatalf("the first time: %v", c.Problems)
			}
			c.Signatures = nil
		}, problem: "key_proof_wrong"},
	} {
		c := &check{}
		c.Court = "baku"
		if tc.before == nil {
			tc.before = announced(own, "p-judge")
		}
		tc.before(c)
		p := own.proofOf("baku", "p-judge", sharePath, "{}", nonce)
		if tc.after != nil {
			tc.after(p)
		}
		c.onKeyProof(bookEvent(t, 3, "vault.key_proved", "p-judge", p))
		got := ""
		if len(c.Problems) > 0 {
			got = c.Problems[0].Code
		}
		if got != tc.problem || (len(c.Signatures) == 1) != (tc.problem == "") {
			t.Errorf("%s: %v, want %q", tc.rule, c.Problems, tc.problem)
		}
	}
}
