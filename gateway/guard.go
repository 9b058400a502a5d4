package main

import (
	"slices"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
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
	kind  string
	right rights.Right // where kind is person
}

var (
	open       = who{kind: "open"}     // anybody: it holds nothing of anybody
	byCode     = who{kind: "code"}     // the handler asks for a code or a password that is used up
	bySeat     = who{kind: "seat"}     // the handler asks for the cookie that holds a seat
	byToken    = who{kind: "token"}    // the handler asks for a publication's bearer token
	byDevice   = who{kind: "device"}   // the handler asks for a proof by an enrolled device's key
	byOperator = who{kind: "operator"} // loopback only
)

// needs is a person who is signed in and has the right, in her own court.
func needs(right rights.Right) who { return who{kind: "person", right: right} }

// table is every route of the gateway.
func (a *App) table(secure bool) []route {
	return slices.Concat(a.doors(secure))
}

const sessionKey = "parda session"

// guard stands before each handler. What a handler must check by itself (a code, a seat's cookie, a token) it says by its kind.
func (a *App) guard(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		switch r.who.kind {
		case "open", "code", "seat", "token", "device", "operator":
			return
		case "person":
			s, err := a.signedIn(c)
			if err == nil && !s.Has(r.who.right) {
				err = signaling.Refuse("not_allowed", "Your account may not do that.", nil)
			}
			if err == nil && c.Request.Method != "GET" && !a.sameOrigin(c.Request) {
				err = signaling.Refuse("not_allowed", "This request comes from another site.", nil)
			}
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

// sessionCookie holds a person's session. Over TLS its name binds it to this host and path (RFC 6265bis, section 4.1.3.2).
func (a *App) sessionCookie(c *gin.Context) string {
	if a.overTLS(c.Request) {
		return "__Host-parda"
	}
	return "parda_person"
}

func (a *App) signedIn(c *gin.Context) (account.Session, error) {
	value, err := c.Cookie(a.sessionCookie(c))
	if err != nil {
		return account.Session{}, signaling.Refuse("sign_in_required", "Sign in first.", nil)
	}
	s, err := a.accounts.Session(c.Request.Context(), value)
	if err != nil {
		return account.Session{}, signaling.Refuse("sign_in_required", "Sign in first.", err)
	}
	return s, nil
}

// visitor is the person whom guard let pass. It panics where a route does not ask for one: that is a fault of the table.
func visitor(c *gin.Context) account.Session { return c.MustGet(sessionKey).(account.Session) }
