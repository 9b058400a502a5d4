package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/signaling"
)

// route is a line of the gateway's table: what is asked, who may ask, and who answers. There is no other way to add one, so that the scan of
// all routes (every one by every role) is written from what is served.
type route struct {
	method, path string
	who          who
	handle       gin.HandlerFunc
}

// who may knock at a route. The zero value admits nobody.
type who struct {
	kind   string
	rights []rights.Right // where kind is person: one of them
}

var (
	open       = who{kind: "open"}     // anybody: it holds nothing of anybody
	byCode     = who{kind: "code"}     // the handler asks for a code or a password that is used up
	bySeat     = who{kind: "seat"}     // the handler asks for the cookie that holds a seat
	byToken    = who{kind: "token"}    // the handler asks for a publication's bearer token
	byDevice   = who{kind: "device"}   // the handler asks for a proof by an enrolled device's key
	byOperator = who{kind: "operator"} // loopback only
)

// needs is a person who is signed in and has the right, or one of them, in her own court. Which hearing, person or device of the court she may ask about, the handler asks.
func needs(right rights.Right, or ...rights.Right) who {
	return who{kind: "person", rights: append([]rights.Right{right}, or...)}
}

// table is every route of the gateway.
func (a *App) table(secure bool) []route {
	return slices.Concat(a.doors(secure), a.accountRoutes(), a.peopleRoutes(), a.invitationRoutes(), a.auditRoutes(), a.deviceRoutes(), a.roomRoutes(), a.vaultRoutes(), a.incidentRoutes(), a.evidenceRoutes(), a.referralRoutes(), a.statisticsRoutes())
}

const sessionKey = "parda session"

// guard stands before each handler. What a handler must check by itself (a code, a seat's cookie, a token) it says by its kind.
func (a *App) guard(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		switch r.who.kind {
		case "open", "code", "seat", "token", "device", "operator":
			return
		case "person", "vault":
			s, err := a.admit(c, r)
			if err == nil {
				c.Set(sessionKey, s)
				return
			}
			signaling.WriteError(c.Writer, a.log, err)
		default:
			signaling.WriteError(c.Writer, a.log, signaling.Refuse("not_allowed", "There is nothing here for you.", nil))
		}
		c.Abort()
	}
}

// admit lets a person with the right pass. What another site's page sends is refused before anything is asked of the session, by every method: SameSite=Strict keeps the
// cookie back already, and this is the second lock.
func (a *App) admit(c *gin.Context, r route) (account.Session, error) {
	if c.Request.Method != http.MethodGet && !a.sameOrigin(c.Request) {
		return account.Session{}, signaling.Refuse("not_allowed", "This request comes from another site.", nil)
	}
	knocks := a.signedIn
	if r.who.kind == "vault" {
		knocks = a.vaultVisitor
	}
	s, err := knocks(c)
	if err != nil {
		return account.Session{}, err
	}
	if !slices.ContainsFunc(r.who.rights, s.Has) {
		a.refusedTo(c.Request.Context(), s, string(r.who.rights[0]))
		return account.Session{}, signaling.Refuse("not_allowed", "Your account may not do that.", nil)
	}
	if c.Request.Method == http.MethodGet && len(r.who.rights) == 1 && slices.Contains(lists, r.who.rights[0]) {
		return s, a.seen(c.Request.Context(), s, r.who.rights[0])
	}
	return s, nil
}

// lists are the rights to look at people and rooms. That somebody looked is entered before she sees anything.
var lists = []rights.Right{rights.PeopleSee, rights.PeopleRecover, rights.DeviceSee}

// seen enters that somebody looks at a list of people or rooms, once a minute for each session and list: pages ask again by themselves.
func (a *App) seen(ctx context.Context, s account.Session, right rights.Right) error {
	key := "list\x00" + s.ID + "\x00" + string(right)
	if a.glances.entered(key, time.Now()) {
		return nil
	}
	err := a.entered(ctx, s, audit.AccessListSeen, map[string]string{"session": s.ID, "right": string(right)})
	if err == nil { // a look that could not be entered is refused again, however soon it comes back
		a.glances.note(key, time.Now())
	}
	return err
}

// refusedTo enters that somebody knocked where she has no right: once a minute for each session and right, so that a page that knocks without end fills no disk. The refusal
// holds whether it could be entered or not.
func (a *App) refusedTo(ctx context.Context, s account.Session, right string) {
	if !a.turnstiles.pass(1./60, 1, "refused", s.ID, right) {
		return
	}
	err := a.audit.Enter(context.WithoutCancel(ctx), s.Person.Court, audit.AccessRefused, s.Person.ID, map[string]string{"session": s.ID, "right": right})
	if err != nil {
		a.log.Error("a refusal could not be entered", "err", err)
	}
}

// sessionCookie holds a person's session. Over TLS its name binds it to this host and path (RFC 6265bis, section 4.1.3.2).
func (a *App) sessionCookie(c *gin.Context) string { return a.sessionCookieOf(c.Request) }

func (a *App) sessionCookieOf(r *http.Request) string {
	if a.overTLS(r) {
		return "__Host-parda"
	}
	return "parda_person"
}

func (a *App) signedIn(c *gin.Context) (account.Session, error) {
	s, _, err := a.signedInBy(c.Request)
	return s, err
}

// signedInBy gives the session of a request, and the cookie's value, by which it is asked for again while something is open for it.
func (a *App) signedInBy(r *http.Request) (s account.Session, value string, err error) {
	cookie, err := r.Cookie(a.sessionCookieOf(r))
	if err != nil {
		return s, "", signaling.Refuse("sign_in_required", "Sign in first.", nil)
	}
	s, err = a.session(r.Context(), cookie.Value)
	return s, cookie.Value, err
}

// session is the session of a cookie's value. A disk that cannot be read is no sign-out: who holds a seat keeps it, and who comes anew is refused all the same.
func (a *App) session(ctx context.Context, value string) (account.Session, error) {
	return sessionOrRefusal(a.accounts.Session(ctx, value))
}

// look is session that does not keep it awake.
func (a *App) look(ctx context.Context, value string) (account.Session, error) {
	return sessionOrRefusal(a.accounts.Look(ctx, value))
}

func sessionOrRefusal(s account.Session, err error) (account.Session, error) {
	switch {
	case errors.Is(err, account.ErrSignedOut):
		return account.Session{}, signaling.Refuse("sign_in_required", "Sign in first.", err)
	case err != nil:
		return account.Session{}, signaling.Refuse("internal", "Something went wrong in the gateway.", err)
	}
	return s, nil
}

// visitor is the person whom guard let pass. It panics where a route does not ask for one: that is a fault of the table.
func visitor(c *gin.Context) account.Session { return c.MustGet(sessionKey).(account.Session) }
