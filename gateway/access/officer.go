package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"strings"

	"golang.org/x/crypto/argon2"

	"parda/gateway/store"
)

// The room officer's code: what an officer types on the kiosk to certify the shielded room (gateway/hearing, room.go). It is typed by hand on a page
// beside the witness, so it is short, ten digits, and two things make up for that: the form rests after three wrong ones, so that nobody in the
// room guesses it (A7), and what is kept is its argon2id hash, so that a thief of the disk (A3) needs years of a machine for it. It
// opens nothing but that form, in the one room, of the one hearing.

const (
	officerDigits = 10
	officerPlace  = "officer" // among the publications' tokens of the hearing; its hash is of another kind, so it is never taken for one

	// OWASP's least for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane; RFC 9106 section 3.1.
	officerMemory = 19 << 10 // KiB
	officerPasses = 2
)

// How an officer was known, as the certificate says it.
const (
	OfficerByCode    = "code"    // a clerk or judge gave the code out
	OfficerByAccount = "account" // the officer drew it, signed in
)

// ErrOfficerWrong refuses what is not the code of the hearing's room officer.
var ErrOfficerWrong = &Error{Code: "officer_code_wrong", Status: 403, Message: "This is not the code of the room officer."}

// IssueOfficer draws the code of the hearing's room officer, in place of any older one. by is OfficerByCode or OfficerByAccount. The code is returned once
// and kept nowhere.
func (a *Access) IssueOfficer(ctx context.Context, hearing, by string) (code string, err error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1e10))
	if err != nil {
		return "", ErrInternal.because(err)
	}
	digits := n.String()
	digits = strings.Repeat("0", officerDigits-len(digits)) + digits
	if err := a.RevokeOfficer(ctx, hearing); err != nil { // the older code first: two that hold would be twice as easy to guess
		return "", err
	}
	if err := a.store.PutToken(ctx, hearing, officerPlace+"/"+by, officerHash(hearing, by, digits)); err != nil {
		return "", fromStore(err, ErrOfficerWrong)
	}
	return digits[:5] + " " + digits[5:], nil
}

// CheckOfficer says how the officer who types this code is known. It refuses with officer_code_wrong. It costs some 30 ms and 19 MiB: whoever calls it bounds how
// often.
func (a *Access) CheckOfficer(ctx context.Context, hearing, code string) (by string, err error) {
	kept, err := a.store.Tokens(ctx, hearing)
	if err != nil {
		return "", fromStore(err, ErrOfficerWrong)
	}
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code)
	if len(digits) != officerDigits || strings.Trim(digits, "0123456789") != "" {
		return "", ErrOfficerWrong
	}
	for _, how := range []string{OfficerByCode, OfficerByAccount} {
		if k, ok := kept[officerPlace+"/"+how]; ok && same(k, officerHash(hearing, how, digits)) {
			return how, nil
		}
	}
	return "", ErrOfficerWrong
}

// RevokeOfficer ends the code.
func (a *Access) RevokeOfficer(ctx context.Context, hearing string) error {
	for _, how := range []string{OfficerByCode, OfficerByAccount} {
		if err := a.store.DropToken(ctx, hearing, officerPlace+"/"+how); err != nil {
			return fromStore(err, ErrOfficerWrong)
		}
	}
	return nil
}

// officerHash needs no random salt: every code is drawn at random, and the hearing keeps one table of guesses from serving for two.
func officerHash(hearing, by, digits string) store.Hash {
	salt := sha256.Sum256([]byte("parda/officer\x00" + hearing + "\x00" + by))
	var h store.Hash
	copy(h[:], argon2.IDKey([]byte(digits), salt[:16], officerPasses, officerMemory, 1, uint32(len(h))))
	return h
}
