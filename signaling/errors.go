package signaling

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
)

// Error is a refusal as its receiver sees it: a stable code that the page translates, a sentence that is safe to show, and a
// reference to quote to the operator. The cause stays in the gateway's log.
type Error struct {
	Code    string
	Message string
	Ref     string
	StepUp  any // with step_up_required: what the page hands to the authenticator (ACCOUNTS.md, "Step-up")
	cause   error
}

// Refuse makes an error for the other side. cause may be nil; it is never sent.
func Refuse(code, message string, cause error) *Error {
	return &Error{Code: code, Message: message, Ref: newRef(), cause: cause}
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.cause }

// RefuseStepUp asks for a fresh touch of a passkey before the same thing is asked again; options go to the authenticator.
func RefuseStepUp(options any) *Error {
	e := Refuse("step_up_required", "Confirm this with your passkey.", nil)
	e.StepUp = options
	return e
}

// AsError gives any error its public form. What is not an *Error already becomes "internal": its text might hold what the
// receiver may not know.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Refuse("internal", "Something went wrong in the gateway.", err)
}

// newRef is short enough to be read over the telephone and carries 40 random bits.
func newRef() string {
	var b [5]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return "e-" + base32.StdEncoding.EncodeToString(b[:])
}

// statuses gives each code its HTTP status; a code that is not listed is 400.
var statuses = map[string]int{
	"sign_in_required": http.StatusUnauthorized, "step_up_required": http.StatusForbidden,
	"passkey_missing": http.StatusForbidden, "not_invited": http.StatusForbidden, "invitation_early": http.StatusForbidden, "invitation_over": http.StatusForbidden,
	"role_missing": http.StatusForbidden, "person_unknown": http.StatusNotFound,
	"not_allowed": http.StatusForbidden, "token_wrong": http.StatusUnauthorized, "token_role": http.StatusForbidden,
	"code_wrong": http.StatusForbidden, "code_used": http.StatusGone, "seat_taken": http.StatusConflict,
	"seat_unknown": http.StatusNotFound, "hearing_unknown": http.StatusNotFound, "removed": http.StatusForbidden,
	"wrong_phase": http.StatusConflict, "rendering_not_ordered": http.StatusForbidden, "order_not_signed": http.StatusConflict,
	"media_refused": http.StatusUnsupportedMediaType, "sdp_invalid": http.StatusBadRequest, "too_large": http.StatusRequestEntityTooLarge,
	"too_many": http.StatusTooManyRequests, "not_durable": http.StatusServiceUnavailable, "ledger_failed": http.StatusServiceUnavailable,
	"sign_in_failed": http.StatusUnauthorized, "passkey_clone": http.StatusForbidden, "passkey_unavailable": http.StatusConflict, "passkey_known": http.StatusConflict,
	"passkey_unknown": http.StatusNotFound, "code_over": http.StatusGone, "login_taken": http.StatusConflict, "last_way": http.StatusConflict, "session_unknown": http.StatusNotFound,
	"person_closed": http.StatusConflict, "person_claimed": http.StatusConflict, "not_yourself": http.StatusForbidden, "administrator_young": http.StatusForbidden,
	"roles_apart": http.StatusConflict, "recovery_unknown": http.StatusNotFound, "sign_in_again": http.StatusForbidden, "password_off": http.StatusConflict,
	"provider_off": http.StatusNotFound, "provider_away": http.StatusServiceUnavailable, "provider_denied": http.StatusForbidden, "provider_stale": http.StatusConflict,
	"provider_failed": http.StatusUnauthorized, "provider_weak": http.StatusForbidden, "provider_unlinked": http.StatusForbidden, "provider_taken": http.StatusConflict,
	"companion_required": http.StatusForbidden, "companion_unknown": http.StatusForbidden, "pseudonym_exhausted": http.StatusConflict, "measure_ended": http.StatusConflict,
	"holders_needed": http.StatusConflict, "recipients_differ": http.StatusConflict, "version_conflict": http.StatusConflict, "key_unknown": http.StatusNotFound,
	"key_exists": http.StatusConflict, "recovery_differs": http.StatusConflict, "opening_unknown": http.StatusNotFound, "opening_over": http.StatusForbidden,
	"not_yet": http.StatusForbidden, "already_released": http.StatusConflict, "same_person": http.StatusForbidden,
	"recording_failed": http.StatusServiceUnavailable, "internal": http.StatusInternalServerError, "undertaking_required": http.StatusForbidden,
	"device_unknown": http.StatusNotFound, "device_revoked": http.StatusForbidden, "device_expired": http.StatusForbidden, "device_not_assigned": http.StatusForbidden,
	"device_kind": http.StatusConflict, "device_taken": http.StatusConflict, "device_proof": http.StatusUnauthorized, "device_between": http.StatusForbidden,
	"incident_unknown": http.StatusNotFound, "request_unknown": http.StatusNotFound, "source_unknown": http.StatusNotFound, "phase_wrong": http.StatusConflict,
	"attachment_too_large": http.StatusRequestEntityTooLarge, "attachment_refused": http.StatusConflict, "attachment_busy": http.StatusTooManyRequests,
	"body_unknown": http.StatusNotFound, "referral_unknown": http.StatusNotFound, "way_unavailable": http.StatusConflict, "agreement_needed": http.StatusConflict,
	"opening_wrong": http.StatusForbidden, "content_erased": http.StatusGone,
	"evidence_unknown": http.StatusNotFound, "evidence_erased": http.StatusGone, "evidence_changed": http.StatusConflict,
	"enrolment_unknown": http.StatusNotFound, "enrolment_over": http.StatusGone, "enrolment_waits": http.StatusConflict, "short_code_wrong": http.StatusForbidden,
}

type errorMessage struct {
	Type    string `json:"type"`
	ID      string `json:"id,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Ref     string `json:"ref"`
	StepUp  any    `json:"step_up,omitempty"`
}

func (e *Error) message(id string) errorMessage {
	return errorMessage{Type: "error", ID: id, Code: e.Code, Message: e.Message, Ref: e.Ref, StepUp: e.StepUp}
}

// WriteError answers an HTTP request with the error's public form and logs its cause under the same reference.
func WriteError(w http.ResponseWriter, log *slog.Logger, err error) {
	e := AsError(err)
	logRefusal(log, e)
	status, ok := statuses[e.Code]
	if !ok {
		status = http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer") // RFC 6750, section 3
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(e.message(""))
}

func logRefusal(log *slog.Logger, e *Error) {
	if e.cause != nil {
		log.Info("refused", "code", e.Code, "ref", e.Ref, "cause", e.cause.Error())
	}
}
