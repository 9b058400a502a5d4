package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access"
	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/proceeding"
	"parda/signaling"
)

// How a seat is taken and held. A person's seat is held by three things at once: the seat's cookie, the session that took it, and an invitation of that session's account which
// still stands; all three are asked for at every door, and again while a connection is open. The courtroom screen and the gallery are places and have a link.

// chair is a seat as one request holds it.
type chair struct {
	p    *proceeding.Proceeding
	seat string
	hold proceeding.Hold
	used func() // keeps the session awake that holds it; nil where none does
}

// ofPerson says whether a seat is filled by invitation, and by which role of an account.
func (a *App) ofPerson(p *proceeding.Proceeding, seat string) (rights.Role, bool) {
	held, _ := p.RoleOf(seat)
	role, ok := rights.ForSeat(held)
	return role, ok && !a.config.Access.byLink()
}

// chairOf finds by what a request holds the seat that it names. The witness's is the station's, by its token.
func (a *App) chairOf(r *http.Request, id, seat string) (chair, error) {
	p, err := a.hearing(id)
	if err != nil {
		return chair{}, err
	}
	cookie, err := a.heldCookie(r, p, id, seat)
	if err != nil || seat == "" || seat == "witness" {
		return chair{}, signaling.Refuse("removed", "This browser does not hold the seat.", nil)
	}
	ch := chair{p: p, seat: seat, hold: proceeding.Hold{Page: browserName(cookie.Value)}}
	role, ofPerson := a.ofPerson(p, seat)
	if !ofPerson {
		ch.hold.Check = func() error { return doorError(a.access.Check(context.Background(), id, seat, cookie.Value)) }
		return ch, ch.hold.Check()
	}
	s, value, err := a.signedInBy(r)
	if err != nil {
		return chair{}, err
	}
	ch.hold.Holder, ch.hold.Lasting = proceeding.Holder{Person: s.Person.ID, Session: s.ID}, true
	// What she does keeps her session awake, as a request does; that her page is open does so only while the hearing needs her.
	ch.used = func() { _, _ = a.session(context.Background(), value) }
	ch.hold.Check = func() error {
		ask := a.look
		if p.GoesOn(seat) {
			ask = a.session
		}
		s, err := ask(context.Background(), value)
		if err != nil {
			return err
		}
		if !slices.Contains(s.Person.Roles, role) || s.Person.Court != p.Court() {
			return signaling.Refuse("role_missing", "Your account does not have the role of this seat.", nil)
		}
		return doorError(a.access.CheckAs(context.Background(), id, seat, cookie.Value, a.guest(p, seat, s)))
	}
	return ch, ch.hold.Check()
}

// seatCookie holds a seat. Over TLS its name binds it to this host, so that no neighbouring host of the court's domain can plant one (RFC 6265bis, section 4.1.3.2).
func (a *App) seatCookie(r *http.Request, hearing, seat string) string {
	if a.overTLS(r) {
		return "__Host-" + access.CookieName(hearing, seat)
	}
	return access.CookieName(hearing, seat)
}

// heldCookie reads it. A browser that took a seat by link from parda's first release has it under the plain name: its hearing goes on.
func (a *App) heldCookie(r *http.Request, p *proceeding.Proceeding, hearing, seat string) (*http.Cookie, error) {
	cookie, err := r.Cookie(a.seatCookie(r, hearing, seat))
	if _, ofPerson := a.ofPerson(p, seat); err != nil && !ofPerson {
		return r.Cookie(access.CookieName(hearing, seat))
	}
	return cookie, err
}

func (a *App) guest(p *proceeding.Proceeding, seat string, s account.Session) access.Guest {
	return access.Guest{Person: s.Person.ID, Session: s.ID, GoesOn: p.GoesOn(seat), Now: time.Now(),
		Alive: func(session string) bool { return a.accounts.Alive(context.Background(), session) }}
}

// enter takes a seat with its one-time code.
func (a *App) enter(c *gin.Context) {
	err := a.enterSeat(c)
	if err != nil {
		signaling.WriteError(c.Writer, a.log, doorError(err))
		return
	}
	c.Status(http.StatusNoContent)
}

func (a *App) enterSeat(c *gin.Context) error {
	if !a.sameOrigin(c.Request) {
		return signaling.Refuse("not_allowed", "This request comes from another site.", nil)
	}
	id, seat := c.Param("hearing"), c.Param("seat")
	p, err := a.hearing(id)
	if err != nil {
		return err
	}
	var body struct {
		Code string `json:"code"`
	}
	if err := json.NewDecoder(io.LimitReader(c.Request.Body, 4096)).Decode(&body); err != nil {
		return signaling.Refuse("bad_message", "The code cannot be read.", err)
	}
	var cookie string
	if role, ofPerson := a.ofPerson(p, seat); ofPerson {
		cookie, err = a.enterInvited(c, p, seat, body.Code, role)
	} else {
		cookie, err = a.access.Enter(c.Request.Context(), id, seat, body.Code)
	}
	if err != nil {
		return err
	}
	if err := p.Entered(c.Request.Context(), seat); err != nil {
		return err
	}
	http.SetCookie(c.Writer, &http.Cookie{Name: a.seatCookie(c.Request, id, seat), Value: cookie, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: a.overTLS(c.Request), MaxAge: int((30 * 24 * time.Hour).Seconds())})
	return nil
}

// seatEntry is what the audit holds of a seat that was taken or refused.
type seatEntry struct {
	Hearing string `json:"hearing"`
	Seat    string `json:"seat"`
	Session string `json:"session"`
	Why     string `json:"why,omitempty"` // the refusal's code
}

// enterInvited takes a person's seat for her session. That she came in is entered before she has the cookie.
func (a *App) enterInvited(c *gin.Context, p *proceeding.Proceeding, seat, code string, role rights.Role) (cookie string, err error) {
	ctx, id := c.Request.Context(), c.Param("hearing")
	s, err := a.signedIn(c)
	if err != nil {
		return "", err // first of all: without an account nobody learns whether a code is right
	}
	entry := seatEntry{Hearing: id, Seat: seat, Session: s.ID}
	defer func() {
		var refused *access.Error
		if err == nil || !errors.As(err, &refused) && signaling.AsError(err).Code != "role_missing" || !a.turnstiles.pass(1./10, 5, "door", s.ID) {
			return
		}
		entry.Why = signaling.AsError(doorError(err)).Code
		if err := a.audit.Enter(context.WithoutCancel(ctx), s.Person.Court, audit.SeatRefused, s.Person.ID, entry); err != nil {
			a.log.Error("a refusal could not be entered", "err", err)
		}
	}()
	if s.Person.Court != p.Court() {
		return "", access.ErrNotInvited
	}
	if !slices.Contains(s.Person.Roles, role) {
		return "", signaling.Refuse("role_missing", "Your account does not have the role of this seat.", nil)
	}
	if cookie, err = a.access.EnterAs(ctx, id, seat, code, a.guest(p, seat, s)); err != nil {
		return "", err
	}
	if err := a.audit.Enter(context.WithoutCancel(ctx), p.Court(), audit.SeatEntered, s.Person.ID, entry); err != nil {
		return "", signaling.Refuse("not_durable", "This could not be saved. Try again.", err)
	}
	return cookie, nil
}

// ended ends, at once, whatever is open for a session, a person, an invitation or a device that ended: it need not be told what is open, because everything is asked again. Whoever
// forgets to call it is half a second late.
func (a *App) ended(id string) {
	a.touches.Forget(id)
	for _, wake := range a.wakes {
		select {
		case wake <- struct{}{}:
		default: // it is awake already, and has not asked yet
		}
	}
}

// askAgain is how often everything that is open is asked whether it still may be: by clock alone ends an invitation, and a session that nobody used.
const askAgain = 500 * time.Millisecond

// watch asks a hearing's holders again until ctx ends.
func (a *App) watch(ctx context.Context, p *proceeding.Proceeding, wake <-chan struct{}) {
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
		if err := p.Recheck(ctx); err != nil {
			return // the hearing has ended
		}
	}
}

// sits says whether a person has a page open at a seat of some hearing: then idleness does not end her session.
func (a *App) sits(person string) bool {
	for _, p := range a.hearings {
		if p.Sits(person) {
			return true
		}
	}
	return false
}
