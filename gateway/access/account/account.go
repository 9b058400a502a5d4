// Package account says who somebody is: accounts of a court, how their owners prove themselves (passkey, or password and one-time code where
// the court allows it, or the ministry's identity provider), and the sessions that follow.
//
// What an account may do is in gateway/access/rights; the seats that it was invited to are in gateway/access. Names of staff live here and in
// the store; they are in no log and in no audit, which know an account by its id. No protected person has an account.
//
// Three rules go through the whole room. What happens is entered in the audit before it takes effect. What ends a way in ends the sessions that it
// began. And whoever guesses is slowed down at the guess alone: a passkey enters however many wrong passwords come, so that nobody locks a judge out of
// her hearing by getting things wrong in her name.
package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"golang.org/x/time/rate"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/store"
)

// Person is an account.
type Person struct {
	ID    string        // "p-" and ten characters at random; stands in audit and ledgers
	Court string        // one of hearing.Courts
	Name  string        // as the court's staff call her; never in a log, an audit or a ledger
	Login string        // what she signs in with where she has a password, and how her authenticator names the passkey; as Name
	Roles []rights.Role // in her court
	State string        // StateInvited, StateActive, StateClosed
}

// What an account is.
const (
	StateInvited = "invited" // made, and not claimed yet
	StateActive  = "active"
	StateClosed  = "closed" // for good
)

// Config is what accounts need.
type Config struct {
	Store *store.Store
	Audit *audit.Book
	// Folder keeps the key under which TOTP secrets lie in the store: a thief of the database alone has no second factor (A3).
	Folder string
	// Origins are those of the gateway's own pages, and RPID the host that passkeys are bound to (WebAuthn level 3, section 5.1.2). RPID "" means
	// that passkeys cannot be used here.
	Origins []string
	RPID    string
	// Courts are those whose people may come in through this gateway.
	Courts []string
	// Password says whether the court allows passwords with TOTP beside passkeys.
	Password bool
	// Idle and Absolute are how long a session lasts without a request, and at the most. Zero: 30 minutes and 12 hours.
	Idle, Absolute time.Duration
	// Settled is how old an administrator's account must be before its word counts in a recovery. With none, one administrator who is coerced (A6) makes up the second one.
	Settled time.Duration
	// Hashing is how dear a password's hash is; zero: RFC9106Second.
	Hashing Hashing
	// Pace is how long a wrong sign-in by password takes at least, whatever was wrong: how many courts' audits it was entered in is not to be heard
	// from outside. Zero: a second.
	Pace time.Duration
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Accounts is safe for concurrent use.
type Accounts struct {
	cfg   Config
	store *store.Store
	audit *audit.Book
	now   func() time.Time
	web   *webauthn.WebAuthn // nil where passkeys cannot be used

	// changing is held while somebody's roles, ways or account change, from the check to the disk: two administrators who act on each other, and two browsers
	// with one code, come one after the other.
	changing sync.Mutex
	// touching is held while an assertion is checked and its counter kept, so that one that is sent twice at once counts once.
	touching sync.Mutex

	ceremonies ceremonies
	vault      sealer // for TOTP secrets at rest
	passing    sealer // for what a page carries between two steps; its key lives as long as this process
	knowing    [32]byte
	linking    [32]byte // makes of a provider's subject what the store has of it
	hashing    *hashing
	slow       *slowness
	refusals   *refusals
	seen       seen
	provider   *provider // nil where the court has none
	// wrong bounds how many wrong codes and passwords are answered as such. A right one is taken however many wrong ones come: nobody guesses 125 bits, and
	// passwords are slowed down one by one, so this bound is against load.
	wrong *rate.Limiter

	ended atomic.Pointer[func(session, person string)]
	busy  atomic.Pointer[func(person string) bool]
}

// New makes the register of accounts. It makes the key file where there is none, and refuses one that others can read.
func New(cfg Config) (*Accounts, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Idle == 0 {
		cfg.Idle = 30 * time.Minute
	}
	if cfg.Absolute == 0 {
		cfg.Absolute = 12 * time.Hour
	}
	if cfg.Pace == 0 {
		cfg.Pace = time.Second
	}
	if cfg.Hashing == (Hashing{}) {
		cfg.Hashing = RFC9106Second
	}
	a := &Accounts{cfg: cfg, store: cfg.Store, audit: cfg.Audit, now: cfg.Now, slow: newSlowness(), refusals: newRefusals(), wrong: rate.NewLimiter(5, 20)}
	key, err := keyFile(cfg.Folder)
	if err != nil {
		return nil, err
	}
	var process [32]byte
	_, _ = rand.Read(process[:]) // crypto/rand never fails: it ends the program instead
	a.vault, a.knowing, a.linking = sealer{derive(key, "totp")}, derive(key, "known browsers"), derive(key, "provider subjects")
	a.passing = sealer{derive(process, "passing")}
	a.ceremonies = ceremonies{key: derive(process, "challenges"), spent: map[nonce]time.Time{}}
	if a.hashing, err = newHashing(cfg.Hashing); err != nil {
		return nil, err
	}
	if cfg.RPID != "" {
		if a.web, err = newWebAuthn(cfg); err != nil {
			return nil, fmt.Errorf("account: passkeys: %w", err)
		}
	}
	return a, nil
}

// OnEnded sets what is called after a session ended, durably: whoever holds something open for it closes it.
func (a *Accounts) OnEnded(f func(session, person string)) { a.ended.Store(&f) }

// OnBusy sets who knows whether a person holds a seat in a hearing that runs. Idleness does not end her sessions.
func (a *Accounts) OnBusy(f func(person string) bool) { a.busy.Store(&f) }

func (a *Accounts) sayEnded(person string, sessions []string) {
	for _, id := range sessions {
		a.seen.forget(id)
		if f := a.ended.Load(); f != nil {
			(*f)(id, person)
		}
	}
}

func personOf(acct store.Account) Person {
	p := Person{ID: acct.ID, Court: acct.Court, Name: acct.Name, Login: acct.Login, State: StateActive}
	for _, r := range acct.Roles {
		p.Roles = append(p.Roles, rights.Role(r))
	}
	switch {
	case acct.Closed:
		p.State = StateClosed
	case !acct.Claimed:
		p.State = StateInvited
	}
	return p
}

// Person gives an account by its id, closed ones too; the refusal is person_unknown.
func (a *Accounts) Person(ctx context.Context, id string) (Person, error) {
	acct, err := a.store.Account(ctx, id)
	if err != nil {
		return Person{}, fromStore(err, errPersonUnknown)
	}
	return personOf(acct), nil
}

// People lists the accounts of a court, closed ones too, by name.
func (a *Accounts) People(ctx context.Context, court string) ([]Person, error) {
	all, err := a.store.Accounts(ctx, court)
	if err != nil {
		return nil, fromStore(err, errPersonUnknown)
	}
	people := make([]Person, len(all))
	for i, acct := range all {
		people[i] = personOf(acct)
	}
	return people, nil
}

// ErrSignedOut is returned for a cookie that names no session, or one that ended.
var ErrSignedOut = errors.New("account: nobody is signed in")

// ErrNoPasskey is returned where a touch is wanted of somebody who has no passkey.
var ErrNoPasskey = errors.New("account: this person has no passkey")
