// Package account says who somebody is: accounts of a court, how their owners prove themselves (passkey, or password and one-time code where
// the court allows it, or the ministry's identity provider), and the sessions that follow.
//
// What an account may do is in gateway/access/rights; the seats that it was invited to are in gateway/access. Names of staff live here and in
// the store; they are in no log and in no audit, which know an account by its id. No protected person has an account.
package account

import (
	"context"
	"errors"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/store"
)

// Person is an account.
type Person struct {
	ID    string        // "p-" and ten characters at random; stands in audit and ledgers
	Court string        // one of hearing.Courts
	Name  string        // as the court's staff call her; never in a log, an audit or a ledger
	Roles []rights.Role // in her court
}

// Session is a browser in which a person is signed in.
type Session struct {
	ID     string // not secret: names the session in the person's own list and in the audit
	Person Person
	Since  time.Time
	How    string // passkey, password, provider
}

// Has says whether the session's person has a right.
func (s Session) Has(r rights.Right) bool { return rights.Has(s.Person.Roles, r) }

// Config is what accounts need.
type Config struct {
	Store *store.Store
	Audit *audit.Book
}

// Accounts is safe for concurrent use.
type Accounts struct {
	store *store.Store
	audit *audit.Book
}

// New makes the register of accounts.
func New(cfg Config) *Accounts { return &Accounts{store: cfg.Store, audit: cfg.Audit} }

// ErrSignedOut is returned for a cookie that names no session, or one that ended.
var ErrSignedOut = errors.New("account: nobody is signed in")

// Session gives the session that the cookie's value names, or ErrSignedOut.
func (a *Accounts) Session(context.Context, string) (Session, error) { return Session{}, ErrSignedOut }
