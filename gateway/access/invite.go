package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parda/gateway/store"
)

// A seat of a person is filled by an invitation: an account, a hearing, a seat, a time, and a one-time code that works for that account alone. Who may invite whom is
// in gateway/access/rights; whether a session is still signed in is gateway/access/account's to say.

// The refusals of invitations. Who was not invited is not told whether somebody else was.
var (
	ErrNotInvited = &Error{Code: "not_invited", Status: 403, Message: "You are not invited to this seat."}
	ErrEarly      = &Error{Code: "invitation_early", Status: 403, Message: "The time of this invitation has not begun."}
	ErrOver       = &Error{Code: "invitation_over", Status: 403, Message: "The time of this invitation is over. The court clerk can extend it."}
	ErrTime       = &Error{Code: "bad_argument", Status: 400, Message: "An invitation ends after it begins and after now, and lasts 14 days at most."}
)

// InvitationMost is the longest time of an invitation.
const InvitationMost = 14 * 24 * time.Hour

// Guest is who stands before a seat.
type Guest struct {
	Person  string
	Session string
	GoesOn  bool // the hearing needs whoever sits there, so that the clock does not end her presence (hearing.GoesOn)
	Now     time.Time
	Alive   func(session string) bool // whether another session is still signed in; asked only where one holds the seat
}

// Invite binds the seat to a person and draws the code. Whoever held the seat, or was invited to it, has lost it when this returns.
func (a *Access) Invite(ctx context.Context, v store.Invitation, now time.Time) (code string, err error) {
	if v.Person == "" || v.By == "" || v.Person == v.By {
		return "", ErrInternal.because(errors.New("an invitation of nobody, or of oneself")) // the gateway has refused it in words
	}
	if err := CheckTime(v, now); err != nil {
		return "", err
	}
	code = NewCode()
	if err := a.store.PutInvitation(ctx, v, hash("code", v.Hearing, v.Seat, normalise(code))); err != nil {
		return "", fromStore(err, ErrSeatUnknown)
	}
	return code, nil
}

// CheckTime refuses an invitation whose time cannot be.
func CheckTime(v store.Invitation, now time.Time) error {
	if v.Until.UnixMilli() <= v.From.UnixMilli() || !v.Until.After(now) || v.Until.Sub(v.From) > InvitationMost {
		return ErrTime
	}
	return nil
}

// Again draws a new code for the same invitation; whoever held the seat loses it. One that was revoked, or given to somebody else meanwhile, is refused.
func (a *Access) Again(ctx context.Context, hearing, seat string) (code string, err error) {
	v, err := a.Invitation(ctx, hearing, seat)
	if err != nil {
		return "", err
	}
	code = NewCode()
	if err := a.store.PutInvitation(ctx, v, hash("code", hearing, seat, normalise(code))); err != nil {
		return "", fromStore(err, ErrNotInvited)
	}
	return code, nil
}

// CheckLater says whether an invitation may end at a time, before anybody enters that it does: until comes back as it is kept. One that was revoked ends at no time.
func CheckLater(v store.Invitation, until, now time.Time) (time.Time, error) {
	until = until.Truncate(time.Millisecond)
	counts := v.From // a hearing of many days is extended day by day
	if now.After(counts) {
		counts = now
	}
	switch {
	case v.Revoked:
		return until, ErrNotInvited
	case !until.After(v.From) || !until.After(now) || until.Sub(counts) > InvitationMost:
		return until, ErrTime
	}
	return until, nil
}

// Extend moves the end of an invitation, earlier or later.
func (a *Access) Extend(ctx context.Context, hearing, seat string, until, now time.Time) (store.Invitation, error) {
	v, err := a.Invitation(ctx, hearing, seat)
	if err != nil {
		return v, err
	}
	if until, err = CheckLater(v, until, now); err != nil {
		return v, err
	}
	if err := a.store.ExtendInvitation(ctx, hearing, seat, v.Generation, until); err != nil {
		return v, fromStore(err, ErrNotInvited)
	}
	v.Until = until
	return v, nil
}

// Invitation reads the one in force for a seat, revoked or not.
func (a *Access) Invitation(ctx context.Context, hearing, seat string) (store.Invitation, error) {
	v, err := a.store.Invitation(ctx, hearing, seat)
	if err != nil {
		return v, fromStore(err, ErrNotInvited)
	}
	return v, nil
}

// Invitations lists those of a hearing, InvitationsOf those of an account.
func (a *Access) Invitations(ctx context.Context, hearing string) ([]store.Invitation, error) {
	return a.store.Invitations(ctx, hearing)
}

// InvitationsOf lists those of an account.
func (a *Access) InvitationsOf(ctx context.Context, person string) ([]store.Invitation, error) {
	return a.store.InvitationsOf(ctx, person)
}

// EnterAs takes the seat for the session of the invited person and returns the value of the cookie that holds it. The code is asked for the first time; a session that
// comes after one that ended needs none, because the code has shown already that she is who was meant, and because a judge whose computer died must come back
// into her own hearing by her passkey and without a clerk.
func (a *Access) EnterAs(ctx context.Context, hearing, seat, code string, g Guest) (cookie string, err error) {
	v, err := a.Invitation(ctx, hearing, seat)
	if errors.Is(err, ErrNotInvited) || err == nil && v.Person != g.Person {
		return "", a.refuseWrong(ErrNotInvited) // A4: a code that was overheard is worth nothing in another account, and is not even called right
	}
	if err != nil {
		return "", err
	}
	if err := a.codeOf(ctx, v, code); err != nil {
		return "", err
	}
	if err := inTime(v, g); err != nil {
		return "", err
	}
	if v.Session != "" && v.Session != g.Session && g.Alive(v.Session) {
		return "", ErrSeatTaken
	}
	cookie = newSecret()
	err = a.store.TakeSeat(ctx, hearing, seat, v.Generation, v.Session, g.Session, hash("cookie", hearing, seat, cookie))
	if errors.Is(err, store.ErrUnknown) { // another browser was quicker, or another link was issued meanwhile
		return "", ErrSeatTaken
	}
	if err != nil {
		return "", fromStore(err, ErrSeatUnknown)
	}
	return cookie, nil
}

func (a *Access) codeOf(ctx context.Context, v store.Invitation, code string) error {
	if v.Revoked {
		return ErrRemoved
	}
	if code == "" && v.Taken {
		return nil
	}
	s, err := a.store.Seat(ctx, v.Hearing, v.Seat)
	if err != nil {
		return fromStore(err, ErrSeatUnknown)
	}
	offered := hash("code", v.Hearing, v.Seat, normalise(code))
	for i, kept := range s.Codes {
		switch {
		case same(kept, offered) && i == len(s.Codes)-1:
			return nil
		case same(kept, offered):
			return ErrCodeUsed
		}
	}
	return a.refuseWrong(ErrCodeWrong)
}

// inTime: the clock lets nobody in before or after, and throws nobody out of a hearing that goes on.
func inTime(v store.Invitation, g Guest) error {
	switch {
	case g.Now.Before(v.From):
		return ErrEarly
	case !g.Now.Before(v.Until) && !(v.Taken && g.GoesOn):
		return ErrOver
	}
	return nil
}

// CheckAs is nil if the cookie holds the seat now, in the session that took it: the cookie alone is worth nothing in another browser, nor after its session.
func (a *Access) CheckAs(ctx context.Context, hearing, seat, cookie string, g Guest) error {
	v, err := a.Invitation(ctx, hearing, seat)
	if errors.Is(err, ErrNotInvited) {
		return ErrRemoved
	}
	if err != nil {
		return err
	}
	if v.Revoked || v.Person != g.Person || v.Session == "" || v.Session != g.Session {
		return ErrRemoved
	}
	if err := inTime(v, g); err != nil {
		return err
	}
	return a.Check(ctx, hearing, seat, cookie)
}

// Close makes the seat, if it is new, with a code that nobody knows: it can be entered by nobody until somebody is invited, or a link is issued.
func (a *Access) Close(ctx context.Context, hearing, seat string, capacity int) error {
	if _, err := a.store.Seat(ctx, hearing, seat); err == nil || !errors.Is(err, store.ErrUnknown) {
		return err
	}
	if _, err := a.Issue(ctx, hearing, seat, capacity); err != nil {
		return fmt.Errorf("seat %s: %w", seat, err)
	}
	return nil
}
