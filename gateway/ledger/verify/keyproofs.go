package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// A proof by the vault's key (vault.key_proved) is what a companion has in the place of a touch: Ed25519 over the challenge of one act and the digest of its body
// (gateway/identity/FORMAT.md, "Proof by the key"). The challenge is put together again from the event, as a touch's is. That the key was that account's is checked as
// far as the book says it: the account announced it there, and it had not been replaced or lost.

// vaultKeys are the keys that count at this entry, and what was proved so far.
type vaultKeys struct {
	owner  map[string]string // by the key's id
	nonces map[string]bool
	begun  bool              // the book has proofs by keys: one of before them has acts of companions without any
	proofs map[[2]string]int // by actor and act: confirmed, and not used up by an entry yet
}

// confirm notes that an act was confirmed, by a touch or by the key.
func (k *vaultKeys) confirm(e event) {
	if k.proofs == nil {
		k.proofs = map[[2]string]int{}
	}
	k.proofs[[2]string{e.actor, e.field("act")}]++
}

// needsProof holds that an order or a release stands after a proof of whom it names, one for each. A proof whose act was refused afterwards is left over, and could
// stand for one more: the digest of the body is all that the book has of what was asked.
func (c *check) needsProof(e event, act string) {
	keys := &c.record.vault
	of := [2]string{e.actor, act}
	switch {
	case keys.proofs[of] > 0:
		keys.proofs[of]--
	case keys.begun:
		c.problem("act_unproved", entry(e), act)
	}
}

func (c *check) onVaultKey(e event) {
	keys := &c.record.vault
	if keys.owner == nil {
		keys.owner = map[string]string{}
	}
	if e.code == "vault.key_lost" {
		delete(keys.owner, e.field("key"))
		return
	}
	delete(keys.owner, e.field("replaces"))
	keys.owner[e.field("key")] = e.actor
}

func (c *check) onKeyProof(e event) {
	key, nonce, signature := c.bytesOf(e, "verify"), c.bytesOf(e, "nonce"), c.bytesOf(e, "signature")
	if key == nil || nonce == nil || signature == nil {
		return
	}
	wrong := func(what string) { c.problem("key_proof_wrong", entry(e), what) }
	id := sha256.Sum256([]byte(e.field("recipient") + "\n" + e.field("verify")))
	keys := &c.record.vault
	switch {
	case len(key) != ed25519.PublicKeySize || e.field("key") != hex.EncodeToString(id[:]):
		wrong("the key is not the one that is named")
	case e.field("person") != e.actor || keys.owner[e.field("key")] != e.actor:
		wrong("this key was not this account's")
	case len(nonce) != 32 || keys.nonces[string(nonce)]:
		wrong("the nonce was used")
	case !ed25519.Verify(key, []byte("parda-vault-act-v1\n"+c.challengeOf(e, nonce)+"\n"+e.field("body_sha256")), signature):
		wrong("signature")
	default:
		if keys.nonces == nil {
			keys.nonces = map[string]bool{}
		}
		keys.nonces[string(nonce)] = true
		c.Signatures = append(c.Signatures, Signature{Entry: e.index, What: "vault_key", Seat: e.actor, Role: e.field("act"), At: e.at})
	}
}

// challengeOf is the challenge of a request in this book's court.
func (c *check) challengeOf(e event, nonce []byte) string {
	sum := sha256.Sum256(actLines("audit-"+c.Court, e, nonce))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
