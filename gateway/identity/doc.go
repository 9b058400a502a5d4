// Package identity is the vault: pseudonyms, sealed identities, the public halves of the keys that they are sealed to, and the orders by which
// they are opened.
//
// It keeps ciphertext that it cannot read. An identity is sealed in the seat of whoever enters it (FORMAT.md) to two holders together and to the
// court's offline recovery pair; every private key stays in a seat. Nothing in this package decrypts, encrypts or combines: it imports age to
// look at the outside of files (how long, sealed to how many) and at public keys. So a thief of this machine, and whoever operates it
// (DESIGN.md, A3), holds pseudonyms, orders and ciphertext, and no identity (I7).
//
// What the gateway can do wrong it can still do wrong: refuse, lose, mix up, or hand a seat another's public key. What a seat checks against that
// (codes typed by hand, the binding inside each share, the signature inside each record) is in FORMAT.md.
//
// The rules are pure (scheme.go, card.go, envelope.go, person.go, opening.go); Vault carries them out: each step is entered in the court's audit
// (gateway/access/audit), and where it concerns a hearing in that hearing's ledger, before it takes effect. Who may knock is in gateway/vault.go.
package identity

import "errors"

// Error is a refusal. Code is stable and is what a page translates; Message is an English sentence that is safe to show; the cause is for the log.
type Error struct {
	Code    string
	Message string
	cause   error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return "identity: " + e.Code + ": " + e.cause.Error()
	}
	return "identity: " + e.Code + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is(err, &Error{Code: "..."}) compare by code alone.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

func refuse(code, message string) error { return &Error{Code: code, Message: message} }

func refuseBecause(code, message string, cause error) error {
	return &Error{Code: code, Message: message, cause: cause}
}

// Refusals that more than one rule gives.
var (
	errNotAllowed     = refuse("not_allowed", "This is not for you to do.")
	errPersonUnknown  = refuse("person_unknown", "There is no such protected person in this court.")
	errOpeningUnknown = refuse("opening_unknown", "There is no such opening in this court.")
	errOpeningOver    = refuse("opening_over", "This opening is over.")
	errMeasureEnded   = refuse("measure_ended", "The measure of this person has ended by order.")
	errReason         = refuse("reason_required", "An order needs its reason.")
)
