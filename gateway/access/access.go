// Package access says who may enter a seat and who may publish: one-time
// codes, the cookies they turn into, and the bearer tokens of publications.
//
// Only hashes are kept, in gateway/store. SHA-256 is the right hash here and
// argon2 would not be: argon2 makes each guess dear because a person's
// password has few bits, while every secret of this package is drawn from
// crypto/rand with 128 bits or more, so that nobody can guess through it, and
// a dear hash would only let a stranger load the gateway.
//
// Who somebody is does not live here: a seat is a place in a hearing, not a
// name.
package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"golang.org/x/time/rate"

	"parda/gateway/access/secret"
	"parda/gateway/store"
)

// Error is a refusal in the words of the wire (signaling/PROTOCOL.md).
type Error struct {
	Code    string // stable; the page translates it
	Status  int    // the HTTP status that goes with it
	Message string // an English sentence that is safe to show
	cause   error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return "access: " + e.Code + ": " + e.cause.Error()
	}
	return "access: " + e.Code
}

func (e *Error) Unwrap() error { return e.cause }

// Is lets errors.Is(err, access.ErrCodeWrong) compare by code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// The refusals of this package. Compare with errors.Is.
var (
	ErrCodeWrong   = &Error{Code: "code_wrong", Status: 403, Message: "This code is not right."}
	ErrCodeUsed    = &Error{Code: "code_used", Status: 410, Message: "This link was replaced by a newer one. Ask the court clerk for it."}
	ErrSeatTaken   = &Error{Code: "seat_taken", Status: 409, Message: "This seat is taken in another browser. Ask the court clerk for a new link."}
	ErrSeatUnknown = &Error{Code: "seat_unknown", Status: 404, Message: "There is no such seat in this hearing."}
	ErrRemoved     = &Error{Code: "removed", Status: 403, Message: "This seat was taken back by the court."}
	ErrTooMany     = &Error{Code: "too_many", Status: 429, Message: "Too many at once. Try again in a moment."}
	ErrTokenWrong  = &Error{Code: "token_wrong", Status: 401, Message: "This token is not right for this hearing."}
	ErrNotDurable  = &Error{Code: "not_durable", Status: 503, Message: "This could not be saved. Try again."}
	ErrInternal    = &Error{Code: "internal", Status: 500, Message: "Something went wrong in the gateway."}
)

func (e *Error) because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// GalleryCapacity is how many browsers a gallery's link admits unless told
// otherwise.
const GalleryCapacity = 200

// Config is what access needs.
type Config struct {
	Store *store.Store
	// WrongPerSecond and WrongBurst bound how many wrong codes and tokens the
	// whole gateway answers as such; beyond that the answer is too_many. A
	// right code is admitted however many wrong ones come, so a flood locks
	// nobody out. Zero: 5 and 20.
	WrongPerSecond float64
	WrongBurst     int
}

// Access is safe for concurrent use.
type Access struct {
	store *store.Store
	wrong *rate.Limiter
}

// New makes the door of all hearings.
func New(cfg Config) *Access {
	if cfg.WrongPerSecond == 0 {
		cfg.WrongPerSecond = 5
	}
	if cfg.WrongBurst == 0 {
		cfg.WrongBurst = 20
	}
	return &Access{store: cfg.Store, wrong: rate.NewLimiter(rate.Limit(cfg.WrongPerSecond), cfg.WrongBurst)}
}

// NewCode draws a one-time code: 125 bits in five groups of five characters.
func NewCode() string { return secret.Code() }

func normalise(code string) string { return secret.Normalise(code) }

// newSecret draws a cookie or a token: 256 bits, base64url.
func newSecret() string { return secret.Bearer() }

// hash binds a secret to its use and place, so that a code is never taken for
// a cookie, nor one hearing's for another's.
func hash(use, hearing, place, kept string) store.Hash {
	return secret.Hash(use, hearing, place, kept)
}

// same compares in constant time: how far a wrong secret agrees is not told by
// how long the answer takes.
func same(a, b store.Hash) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// refuseWrong is the answer to a wrong secret, slowed down under a flood.
func (a *Access) refuseWrong(as *Error) error {
	if !a.wrong.Allow() {
		return ErrTooMany
	}
	return as
}

func fromStore(err error, unknown *Error) error {
	switch {
	case errors.Is(err, store.ErrUnknown):
		return unknown
	case errors.Is(err, store.ErrNotDurable):
		return ErrNotDurable.because(err)
	}
	return ErrInternal.because(err)
}

// Issue makes a seat whose code admits capacity browsers (1 for all but the
// gallery), or gives an existing one a new code: every browser that held it
// loses it. The code is returned once and kept nowhere.
func (a *Access) Issue(ctx context.Context, hearing, seat string, capacity int) (code string, err error) {
	if capacity < 1 {
		return "", ErrInternal.because(fmt.Errorf("capacity %d", capacity))
	}
	code = NewCode()
	if _, err := a.store.PutSeat(ctx, hearing, seat, hash("code", hearing, seat, normalise(code)), capacity); err != nil {
		return "", fromStore(err, ErrSeatUnknown)
	}
	return code, nil
}

// Reissue gives an existing seat a new code, with the capacity it has; whoever
// held the seat loses it, and the old link answers code_used.
func (a *Access) Reissue(ctx context.Context, hearing, seat string) (code string, err error) {
	s, err := a.store.Seat(ctx, hearing, seat)
	if err != nil {
		return "", fromStore(err, ErrSeatUnknown)
	}
	return a.Issue(ctx, hearing, seat, s.Capacity)
}

// Revoke takes the seat from whoever holds it; its codes enter no more until
// it is issued anew.
func (a *Access) Revoke(ctx context.Context, hearing, seat string) error {
	if err := a.store.RevokeSeat(ctx, hearing, seat); err != nil {
		return fromStore(err, ErrSeatUnknown)
	}
	return nil
}

// Enter takes the seat with its code and returns the value of the cookie that
// holds it from now on. Durable before it returns: the seat survives a restart.
func (a *Access) Enter(ctx context.Context, hearing, seat, code string) (cookie string, err error) {
	s, err := a.store.Seat(ctx, hearing, seat)
	if err != nil {
		return "", fromStore(err, ErrSeatUnknown)
	}
	offered := hash("code", hearing, seat, normalise(code))
	current, older := false, false
	for i, kept := range s.Codes {
		if same(kept, offered) {
			current, older = i == len(s.Codes)-1, i < len(s.Codes)-1
		}
	}
	switch {
	case older:
		return "", ErrCodeUsed
	case !current:
		return "", a.refuseWrong(ErrCodeWrong)
	case s.Revoked:
		return "", ErrRemoved
	}
	cookie = newSecret()
	err = a.store.AddCookie(ctx, hearing, seat, s.Generation, hash("cookie", hearing, seat, cookie))
	switch {
	case errors.Is(err, store.ErrExists) && s.Capacity > 1:
		return "", ErrTooMany
	case errors.Is(err, store.ErrExists):
		return "", ErrSeatTaken
	case errors.Is(err, store.ErrUnknown): // another link was issued meanwhile
		return "", ErrCodeUsed
	case err != nil:
		return "", fromStore(err, ErrSeatUnknown)
	}
	return cookie, nil
}

// Check is nil if the cookie holds the seat now. It refuses with removed.
func (a *Access) Check(ctx context.Context, hearing, seat, cookie string) error {
	kept, err := a.store.Cookies(ctx, hearing, seat)
	if err != nil {
		return fromStore(err, ErrSeatUnknown)
	}
	offered := hash("cookie", hearing, seat, cookie)
	held := 0
	for _, k := range kept {
		held |= subtle.ConstantTimeCompare(k[:], offered[:])
	}
	if held != 1 {
		return ErrRemoved
	}
	return nil
}

// CookieName is the name of the cookie that holds a seat.
func CookieName(hearing, seat string) string { return "parda_" + hearing + "_" + seat }

// IssueToken makes the bearer token of one publication, named by its label
// ("witness" for the station, "court/bench" and so on for the court's own
// cameras). A token given before for the same label is void.
func (a *Access) IssueToken(ctx context.Context, hearing, label string) (token string, err error) {
	token = newSecret()
	if err := a.store.PutToken(ctx, hearing, label, hash("token", hearing, label, token)); err != nil {
		return "", fromStore(err, ErrTokenWrong)
	}
	return token, nil
}

// RevokeToken ends a publication's token.
func (a *Access) RevokeToken(ctx context.Context, hearing, label string) error {
	if err := a.store.DropToken(ctx, hearing, label); err != nil {
		return fromStore(err, ErrTokenWrong)
	}
	return nil
}

// Publication names the one publication that the token may make in this
// hearing. All of the hearing's tokens are compared, in constant time each.
func (a *Access) Publication(ctx context.Context, hearing, token string) (label string, err error) {
	kept, err := a.store.Tokens(ctx, hearing)
	if err != nil {
		return "", fromStore(err, ErrTokenWrong)
	}
	for name, k := range kept {
		if same(k, hash("token", hearing, name, token)) {
			label = name
		}
	}
	if label == "" {
		return "", a.refuseWrong(ErrTokenWrong)
	}
	return label, nil
}
