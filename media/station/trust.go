package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// orderTrust decides which orders of one hearing the station obeys. Not safe for concurrent use.
//
// The first signing key that is seen for the hearing is pinned (trust on first use): its short code stands on the kiosk, and the room officer
// compares it aloud with the console's. A gateway that later shows an order signed by a key of its own is refused. A code given beforehand
// pins without a first use. A version below the newest obeyed one is refused as well: it would be an old, looser order played again.
type orderTrust struct {
	hearing string
	want    string // judge's key code or fingerprint, given beforehand; "" trusts the first
	key     []byte // pinned SPKI, nil before the first use
	version int
	digest  [32]byte
}

// check verifies and reads one signed order at a time now. On success the key and version are remembered.
func (t *orderTrust) check(s signedOrder, now time.Time) (*order, error) {
	raw, sig, key, err := s.decode()
	if err != nil {
		return nil, err
	}
	if err := t.admitKey(key); err != nil {
		return nil, err
	}
	if err := verifyP1363(key, raw, sig); err != nil {
		return nil, err
	}
	o, err := parseOrder(raw)
	if err != nil {
		return nil, err
	}
	if o.Hearing != t.hearing {
		return nil, refuse("order_invalid", "The order was made for another hearing.")
	}
	if err := o.inForce(now); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(raw)
	if t.key != nil && (o.Version < t.version || o.Version == t.version && digest != t.digest) {
		return nil, refuse("order_invalid", "The order is older than the one in force.")
	}
	t.key, t.version, t.digest = key, o.Version, digest
	return o, nil
}

// code is the short code of the pinned key, "" before one is pinned.
func (t *orderTrust) code() string {
	if t.key == nil {
		return ""
	}
	return keyCode(t.key)
}

func (t *orderTrust) admitKey(key []byte) error {
	if t.key != nil {
		if !bytes.Equal(t.key, key) {
			return refuse("signature_invalid", "The order is signed by another key than the judge's key of this hearing (code %s, expected %s).", keyCode(key), keyCode(t.key))
		}
		return nil
	}
	if t.want != "" && !matchesCode(t.want, key) {
		return refuse("signature_invalid", "The order is signed by a key with the code %s, not by the judge's key that this station was given.", keyCode(key))
	}
	return nil
}

func (s signedOrder) decode() (raw, sig, key []byte, err error) {
	if len(s.Bytes) > base64.StdEncoding.EncodedLen(maxOrderBytes) || len(s.Signature) > 256 || len(s.Key) > 1024 {
		return nil, nil, nil, refuse("order_invalid", "The order is too large.")
	}
	if s.Bytes == "" || s.Signature == "" || s.Key == "" {
		return nil, nil, nil, refuse("order_not_signed", "The order came without its bytes, signature or key.")
	}
	for _, f := range []struct {
		text string
		to   *[]byte
	}{{s.Bytes, &raw}, {s.Signature, &sig}, {s.Key, &key}} {
		if *f.to, err = base64.StdEncoding.Strict().DecodeString(f.text); err != nil {
			return nil, nil, nil, refuse("order_invalid", "The order is not in base64.")
		}
	}
	return raw, sig, key, nil
}

// verifyP1363 checks an ECDSA P-256 signature as WebCrypto makes it: r||s of 32 bytes each over SHA-256 of the message.
func verifyP1363(spki, message, signature []byte) error {
	parsed, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return refuse("signature_invalid", "The signing key cannot be read.")
	}
	pub, ok := parsed.(*ecdsa.PublicKey)
	if !ok || pub.Curve != elliptic.P256() {
		return refuse("signature_invalid", "The signing key is not an ECDSA key on P-256.")
	}
	if len(signature) != 64 {
		return refuse("signature_invalid", "The signature does not have 64 bytes.")
	}
	digest := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(pub, digest[:], r, s) {
		return refuse("signature_invalid", "The judge's signature does not fit the order.")
	}
	return nil
}

// keyCode is the short code of a signing key: two groups of four digits from SHA-256 of its SPKI form, for two people to compare aloud. It has about
// 26 bits and so stops a mistaken or swapped key, not one searched for over hours; the full fingerprint is for those who can type it.
func keyCode(spki []byte) string {
	sum := sha256.Sum256(spki)
	n := binary.BigEndian.Uint64(sum[:8]) % 100_000_000
	return fmt.Sprintf("%04d %04d", n/10_000, n%10_000)
}

// matchesCode compares a key with what an operator typed: the short code with or without its space, or the whole SHA-256 in hex.
func matchesCode(want string, spki []byte) bool {
	want = strings.ToLower(strings.NewReplacer(" ", "", ":", "", "-", "").Replace(want))
	sum := sha256.Sum256(spki)
	return want == strings.ReplaceAll(keyCode(spki), " ", "") || want == hex.EncodeToString(sum[:])
}

// validCode says whether an operator's -judge-key can be a code at all, so that a slip is told at the start and not in court.
func validCode(s string) bool {
	s = strings.ToLower(strings.NewReplacer(" ", "", ":", "", "-", "").Replace(s))
	if len(s) != 8 && len(s) != 64 {
		return false
	}
	digits := "0123456789"
	if len(s) == 64 {
		digits = "0123456789abcdef"
	}
	return strings.Trim(s, digits) == ""
}
