package hearing

import "errors"

// Error is a refusal. Code is stable and is what a page translates; Message is an English sentence that is safe to show.
// It has no cause: a pure rule has nothing to hide.
type Error struct {
	Code    string
	Message string
}

// Error gives the code and the sentence.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Is makes errors.Is(err, &Error{Code: "..."}) compare by code alone.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// The codes of PROTOCOL.md that this package answers with.
const (
	CodeUnknownCommand      = "unknown_command"
	CodeBadArgument         = "bad_argument"
	CodeNotAllowed          = "not_allowed"
	CodeWrongPhase          = "wrong_phase"
	CodeReasonRequired      = "reason_required"
	CodeOrderNotSigned      = "order_not_signed"
	CodeOrderInvalid        = "order_invalid"
	CodeNaturalUnavailable  = "natural_unavailable"
	CodeDelayUnavailable    = "delay_unavailable"
	CodeSignatureInvalid    = "signature_invalid"
	CodeIdentityNotVerified = "identity_not_verified"
	CodeConsentMissing      = "consent_missing"
	CodeUndertakingRequired = "undertaking_required"
	CodeSeatUnknown         = "seat_unknown"
	CodeStationMissing      = "station_missing"
	CodeRemoved             = "removed"
	CodeConfirmRequired     = "confirm_required"
	CodeDefenceAbsent       = "defence_absent"
	CodeRulingOwed          = "ruling_owed"
	CodeVoiceUnproven       = "voice_unproven"
	CodeRespeakerMissing    = "respeaker_missing"
	CodeRoomNotCertified    = "room_not_certified"
	CodeOfficerWrong        = "officer_code_wrong"
	CodeOfficerPaused       = "officer_paused"
	CodeTooMany             = "too_many"
	CodeNumberTaken         = "number_taken"
	CodeNotHeard            = "not_heard"
)

func refuse(code, message string) error { return &Error{Code: code, Message: message} }
