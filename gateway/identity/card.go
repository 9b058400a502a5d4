package identity

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"filippo.io/age"
)

// Card is the public half of a key that was made in a seat (FORMAT.md, A key): whom things are sealed to, and what signs.
type Card struct {
	Recipient string `json:"recipient"` // age1pq1... (hybrid), or age1... (X25519)
	Verify    string `json:"verify"`    // Ed25519, base64
}

// codeRounds makes a search for a second key with the same code dearer: FORMAT.md, code.
const codeRounds = 16384

// Check refuses what is no card in its one spelling. A recipient that age would read but write otherwise would give one key two ids.
func (c Card) Check() error {
	if _, ok := c.verify(); !ok {
		return refuse("key_invalid", "The key's signing half is no key.")
	}
	spelt := ""
	if r, err := age.ParseHybridRecipient(c.Recipient); err == nil {
		spelt = r.String()
	} else if r, err := age.ParseX25519Recipient(c.Recipient); err == nil {
		spelt = r.String()
	}
	if spelt == "" || spelt != c.Recipient {
		return refuse("key_invalid", "The key's recipient is no recipient of age.")
	}
	return nil
}

func (c Card) verify() (ed25519.PublicKey, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(c.Verify)
	return b, err == nil && len(b) == ed25519.PublicKeySize
}

// hybrid says whether the key is safe against a later quantum computer, as far as is known.
func (c Card) hybrid() bool { return strings.HasPrefix(c.Recipient, "age1pq1") }

func (c Card) digest() [sha256.Size]byte {
	return sha256.Sum256([]byte(c.Recipient + "\n" + c.Verify))
}

// ID names the key: hex of SHA-256(recipient "\n" verify).
func (c Card) ID() string {
	d := c.digest()
	return hex.EncodeToString(d[:])
}

// Code is what a person reads out, and another types in: 20 digits. No route of the gateway gives it out: a code that the gateway says confirms
// nothing. It compares what two persons typed for the recovery pair, and nothing else.
func (c Card) Code() string {
	first := c.digest()
	d := first
	for range codeRounds {
		d = sha256.Sum256(append(d[:], first[:]...))
	}
	n := new(big.Int).SetBytes(d[:16])
	return fmt.Sprintf("%020d", n.Mod(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil)))
}

// sameCode compares a typed code: blanks and hyphens do not matter.
func (c Card) sameCode(typed string) bool {
	typed = strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(typed)
	return subtle.ConstantTimeCompare([]byte(typed), []byte(c.Code())) == 1
}

// ProvesAct says whether signature is the key's over a challenge and the body of a request (FORMAT.md, Proof by the key). It stops A4: a stolen
// bearer token of a companion acts on nothing without the key that a person unlocks.
func (c Card) ProvesAct(challenge string, body, signature []byte) bool {
	key, ok := c.verify()
	sum := sha256.Sum256(body)
	return ok && ed25519.Verify(key, []byte("parda-vault-act-v1\n"+challenge+"\n"+hex.EncodeToString(sum[:])), signature)
}
