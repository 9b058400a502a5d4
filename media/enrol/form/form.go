// Package form is what a device and the court's gateway must have in common to recognise each other: the bodies that they exchange
// (signaling/ACCOUNTS.md, Devices), the bytes that are signed, the short code that two people compare, and the look of a certificate.
//
// It holds no state, no key and no network, and imports nothing of parda's, so that the shielded room shares nothing else with the gateway.
//
// Who stands between the two while a device is enrolled knows the network and may hold a public certificate for the gateway's name (A2). It is kept out
// twice. First by the one-time code: it has 125 bits, is never sent, and keys the MACs over all that was exchanged, so that without it nobody can take or
// answer an enrolment. Second, should the code have been copied on its way to the room, by the short code that the room reads out over the telephone:
// both sides are bound to their part of it before they see the other's (the device by a commitment), so that a wrong one fits by chance only, once in 10^15,
// and each code is good for one try. Without the commitment 2^25 keys on either side would be enough to find two that fit.
package form

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// NonceSize is the length of a device's and of a gateway's nonces of an enrolment, in bytes. A nonce of entry is the gateway's own matter.
const NonceSize = 32

// codeAlphabet is Crockford's base 32: no I, L, O or U, so that a code that is read aloud or copied by hand is not mistaken.
const codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewCode draws a one-time code: 125 bits in five groups of five characters.
func NewCode() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	s := base32.NewEncoding(codeAlphabet).WithPadding(base32.NoPadding).EncodeToString(b[:])[:25]
	return strings.Join([]string{s[0:5], s[5:10], s[10:15], s[15:20], s[20:25]}, "-")
}

// Normal forgives what a hand does to a code: case, spaces, hyphens, and the letters that the alphabet leaves out. ok is false for what is no code.
func Normal(code string) (normal string, ok bool) {
	normal = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, code)
	if len(normal) != 25 {
		return "", false
	}
	for _, r := range normal {
		if !strings.ContainsRune(codeAlphabet, r) {
			return "", false
		}
	}
	return normal, true
}

// Lookup names an enrolment by its code, without telling anything of the code.
func Lookup(normal string) string { return hex.EncodeToString(derive(normal, "lookup")) }

// Secret is the key of an enrolment's MACs. Who has it can stand for either side until the short code is compared.
func Secret(normal string) []byte { return derive(normal, "mac") }

// derive is HKDF (RFC 5869). The code is drawn at random and has 125 bits: no slow hash is needed.
func derive(normal, use string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(normal), nil, "parda enrolment 1 "+use, 32)
	if err != nil {
		panic(err) // only for a length that SHA-256 cannot give
	}
	return key
}

// sum hashes parts so that no two lists of parts have one hash: each is preceded by its length.
func sum(domain string, parts ...[]byte) [32]byte {
	h := sha256.New()
	h.Write([]byte("parda/" + domain + "\x00"))
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}

// Commit binds a device to its CSR and nonce before it has seen the gateway's.
func Commit(csr, nonce []byte) [32]byte { return sum("enrol commit 1", csr, nonce) }

// Transcript is all that was exchanged in an enrolment.
type Transcript struct {
	CSR          []byte // DER; holds the device's public key and proves that it has the private one
	DeviceNonce  []byte
	GatewayNonce []byte
	CA           []byte // DER of the court's CA certificate; what the device trusts from then on
	Kept         string // where the device says that it keeps its key
}

// Sum is the hash of the transcript, which MACs and the signature of take are made over.
func (t Transcript) Sum() [32]byte {
	return sum("enrol transcript 1", t.CSR, t.DeviceNonce, t.GatewayNonce, t.CA, []byte(t.Kept))
}

// Sides of an enrolment's MACs: a MAC of one is none of the other, so that nothing can be sent back to who made it.
const (
	DeviceSide  = "device"
	GatewaySide = "gateway"
)

// MAC proves that a side holds the code and saw this transcript.
func MAC(secret []byte, side string, transcript [32]byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("parda/enrol mac 1\x00" + side + "\x00"))
	m.Write(transcript[:])
	return m.Sum(nil)
}

// SameMAC compares in constant time.
func SameMAC(a, b []byte) bool { return hmac.Equal(a, b) }

// ShortCodeDigits is the length of a short code: 49.8 bits.
const ShortCodeDigits = 15

// ShortCode is what both sides show and two people compare: it hangs on both public keys, by the transcript, and on the code.
func ShortCode(secret []byte, transcript [32]byte) string {
	s := sum("enrol short code 1", secret, transcript[:])
	digits := make([]byte, 0, ShortCodeDigits+2)
	for i, b := range decimal(s[:], ShortCodeDigits) {
		if i > 0 && i%5 == 0 {
			digits = append(digits, ' ')
		}
		digits = append(digits, b)
	}
	return string(digits)
}

// decimal takes n digits from a hash, near enough to evenly: 64 bits of it are divided by 10^n (n <= 15), so that no code is likelier than another by more
// than one part in 10^4.
func decimal(hash []byte, n int) []byte {
	mod := uint64(1)
	for range n {
		mod *= 10
	}
	return fmt.Appendf(nil, "%0*d", n, binary.BigEndian.Uint64(hash)%mod)
}

// PlainShortCode leaves the digits of what a person typed.
func PlainShortCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, typed)
}

// The digests that are signed (ECDSA P-256 over SHA-256). Each has its own domain, so that no signature of one is one of another.

// TakeDigest is signed by a device that asks for its certificate.
func TakeDigest(transcript [32]byte) [32]byte { return sum("enrol take 1", transcript[:]) }

// ChallengeDigest is signed by the gateway: seen is the TLS certificate that it really shows, told to who drew deviceNonce.
func ChallengeDigest(deviceNonce, gatewayNonce, seen []byte) [32]byte {
	return sum("device challenge 1", deviceNonce, gatewayNonce, seen)
}

// EnterDigest is signed by a device that enters a hearing, over what it saw.
func EnterDigest(hearing, place string, nonce, seen, certificate []byte) [32]byte {
	return sum("device enter 1", []byte(hearing), []byte(place), nonce, seen, certificate)
}

// RenewDigest is signed by a device that asks for its next certificate.
func RenewDigest(nonce, seen, certificate []byte) [32]byte {
	return sum("device renew 1", nonce, seen, certificate)
}
