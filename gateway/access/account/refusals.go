package account

import (
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"parda/gateway/store"
	"parda/signaling"
)

// The refusals of this room, in the words of signaling/ACCOUNTS.md. A cause holds no name: it goes to the operator's log.

// errFailed is the one answer to whatever was wrong at a sign-in: who asks learns neither whether the account is there nor which part was wrong.
func errFailed(cause error) error {
	return signaling.Refuse("sign_in_failed", "This did not sign you in. Try again.", cause)
}

func errClone(cause error) error {
	return signaling.Refuse("passkey_clone", "This passkey may have been copied. It was refused; tell an administrator of the court.", cause)
}

func errPasskeysOff() error {
	return signaling.Refuse("passkey_unavailable", "Passkeys cannot be used at this address of the gateway.", nil)
}

func errPasskeyKnown(cause error) error {
	return signaling.Refuse("passkey_known", "This passkey is enrolled already.", cause)
}

func errPasskeyBad(cause error) error {
	return signaling.Refuse("passkey_refused", "This passkey was not accepted. Begin again.", cause)
}

func errPasskeyUnknown(cause error) error {
	return signaling.Refuse("passkey_unknown", "There is no such passkey.", cause)
}

func errPasswordOff() error {
	return signaling.Refuse("password_off", "This court does not use passwords.", nil)
}

func errCodeWrong(cause error) error {
	return signaling.Refuse("code_wrong", "This code is not right.", cause)
}

func errCodeUsed(cause error) error {
	return signaling.Refuse("code_used", "This code was used, or replaced by a newer one.", cause)
}

func errCodeOver() error {
	return signaling.Refuse("code_over", "This code came too late. Ask for a new one.", nil)
}

func errTOTPWrong() error {
	return signaling.Refuse("totp_wrong", "These six digits are not right. Look at the clock of the device that shows them.", nil)
}

func errLastWay() error {
	return signaling.Refuse("last_way", "This is the only way into the account. Add another one first.", nil)
}

func errPersonUnknown(cause error) error {
	return signaling.Refuse("person_unknown", "There is no such person in this court.", cause)
}

func errPersonClosed() error {
	return signaling.Refuse("person_closed", "This account is closed.", nil)
}

func errNotYourself() error {
	return signaling.Refuse("not_yourself", "Nobody may do that for herself or himself. Another administrator can.", nil)
}

func errAdministratorYoung() error {
	return signaling.Refuse("administrator_young", "The accounts of both administrators must be older for this. The server's operator can help.", nil)
}

func errRolesApart() error {
	return signaling.Refuse("roles_apart", "These roles must not meet in one person.", nil)
}

func errRecoveryUnknown(cause error) error {
	return signaling.Refuse("recovery_unknown", "This recovery does not wait any more.", cause)
}

func errLoginTaken(cause error) error {
	return signaling.Refuse("login_taken", "This login is taken.", cause)
}

func errSessionUnknown(cause error) error {
	return signaling.Refuse("session_unknown", "There is no such session.", cause)
}

// wait is the private cause of too_many: how long until the next try.
type wait struct{ time.Duration }

// Error implements error.
func (w wait) Error() string { return "account: next try in " + w.String() }

func errTooMany(d time.Duration) error {
	return signaling.Refuse("too_many", "Too many at once. Try again in a moment.", wait{d})
}

// Wait says how long somebody who was refused with too_many must wait; 0 where it is not known.
func Wait(err error) time.Duration {
	var w wait
	errors.As(err, &w)
	return w.Duration
}

func notDurable(cause error) error {
	return signaling.Refuse("not_durable", "This could not be saved. Try again.", cause)
}

// fromStore gives an error of the store its public form; unknown is what its ErrUnknown means here.
func fromStore(err error, unknown func(error) error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrUnknown):
		return unknown(err)
	case errors.Is(err, store.ErrNotDurable):
		return notDurable(err)
	}
	return signaling.Refuse("internal", "Something went wrong in the gateway.", err)
}

// webauthnCause keeps of the library's error what it is, and leaves out what a stranger's bytes put into it.
func webauthnCause(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return errors.New("webauthn: " + e.Type + ": " + e.Details)
	}
	return errors.New("webauthn: refused")
}
