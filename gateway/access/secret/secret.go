// Package secret draws what the gateway hands out at random (one-time codes, cookies, ids) and hashes it for the store.
//
// SHA-256 is enough for what is drawn here, since nobody can guess through 120 bits and more; what a person made up (a password) does not belong
// here, but in gateway/access/account, under argon2id.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strings"
)

// alphabet is Crockford's base 32: no I, L, O or U, so that a code read aloud or copied by hand is not mistaken.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var encoding = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

func draw(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand never fails: it ends the program instead
	return b
}

// Code draws a one-time code: 125 bits in five groups of five characters.
func Code() string {
	s := encoding.EncodeToString(draw(16))[:25]
	return strings.Join([]string{s[0:5], s[5:10], s[10:15], s[15:20], s[20:25]}, "-")
}

// Normalise forgives what a hand does to a code: case, spaces, hyphens, and the letters that Crockford's alphabet leaves out.
func Normalise(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		case r == '-' || r == ' ' || r == '\t' || r == '\n' || r == '\r':
			return -1
		}
		switch r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, code)
}

// Bearer draws the value of a cookie or a token: 256 bits, base64url.
func Bearer() string { return base64.RawURLEncoding.EncodeToString(draw(32)) }

// ID draws an id that says nothing: the prefix and ten characters (50 bits), in lower case. It is no secret.
func ID(prefix string) string { return prefix + strings.ToLower(encoding.EncodeToString(draw(7))[:10]) }

// Hash binds a secret to its use and place, so that a code is never taken for a cookie, nor one place's for another's. The parts hold no zero byte.
func Hash(use string, parts ...string) [32]byte {
	return sha256.Sum256([]byte("parda/" + use + "\x00" + strings.Join(parts, "\x00")))
}
