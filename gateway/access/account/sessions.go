package account

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/secret"
	"parda/gateway/store"
)

// Session is a browser in which a person is signed in.
type Session struct {
	ID     string // not secret: names the session in the person's own list and in the audit
	Person Person
	Since  time.Time
	How    string // ByPasskey, ByPassword, ByProvider
	Ends   time.Time
	// IdleEnds is when the session ends unless it is used; zero while its person holds a seat in a hearing that runs.
	IdleEnds time.Time
	Seen     time.Time
}

// How somebody signed in.
const (
	ByPasskey  = "passkey"
	ByPassword = "password"
	ByProvider = "provider"
)

// Has says whether the session's person has a right.
func (s Session) Has(r rights.Right) bool { return rights.Has(s.Person.Roles, r) }

// seen is when each session was last used. It is written at most once a minute: what a restart loses is less than that.
type seen struct {
	mu sync.Mutex
	at map[string]seenAt
}

type seenAt struct{ last, written time.Time }

const seenEach = time.Minute

func (s *seen) last(id string, kept time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.at[id]; at.last.After(kept) {
		return at.last
	}
	return kept
}

// touch says whether the time is to be written.
func (s *seen) touch(id string, kept, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[string]seenAt{}
	}
	at := s.at[id]
	if at.written.Before(kept) {
		at.written = kept
	}
	at.last = now
	write := now.Sub(at.written) >= seenEach
	if write {
		at.written = now
	}
	s.at[id] = at
	return write
}

func (s *seen) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.at, id)
}

// begin signs a person in who proved herself elsewhere (the ministry's provider).
func (a *Accounts) begin(ctx context.Context, person, how string) (cookie string, s Session, err error) {
	acct, err := a.store.Account(ctx, person)
	if err != nil {
		return "", Session{}, fromStore(err, errFailed)
	}
	return a.start(ctx, acct, how, nil, "")
}

// start makes a session: 256 bits at random, of which the store has the hash. The account must be as it was when its owner was proved to be there: where
// a recovery, a new role or a closing came between, nothing is begun.
func (a *Accounts) start(ctx context.Context, acct store.Account, how string, touched *store.TouchedPasskey, passkey string) (cookie string, s Session, err error) {
	if acct.Closed || !slices.Contains(a.cfg.Courts, acct.Court) {
		return "", Session{}, errFailed(errors.New("account: closed, or of a court that is not of this gateway"))
	}
	cookie, one := a.newSession(acct.ID, how)
	if err := a.enter(ctx, acct.Court, audit.AccountSignedIn, acct.ID, signedIn{one.ID, how, passkey}); err != nil {
		return "", Session{}, err
	}
	ended, err := a.store.PutSession(context.WithoutCancel(ctx), one, acct.Epoch, touched)
	if err != nil {
		return "", Session{}, fromStore(err, errFailed)
	}
	a.sayEnded(acct.ID, ended)
	return cookie, a.sessionOf(one, acct), nil
}

func (a *Accounts) newSession(person, how string) (cookie string, one store.AccountSession) {
	cookie, now := secret.Bearer(), a.now()
	return cookie, store.AccountSession{ID: secret.ID("s-"), Hash: sessionHash(cookie), Person: person, How: how, Since: now, Seen: now}
}

func sessionHash(cookie string) store.Hash { return secret.Hash("session", cookie) }

func (a *Accounts) sessionOf(one store.AccountSession, acct store.Account) Session {
	s := Session{ID: one.ID, Person: personOf(acct), Since: one.Since, How: one.How, Ends: one.Since.Add(a.cfg.Absolute), Seen: a.seen.last(one.ID, one.Seen)}
	if !a.isBusy(one.Person) {
		s.IdleEnds = s.Seen.Add(a.cfg.Idle)
	}
	return s
}

func (a *Accounts) isBusy(person string) bool {
	f := a.busy.Load()
	return f != nil && (*f)(person)
}

// over says whether a session's time is up.
func (a *Accounts) over(one store.AccountSession) bool {
	now := a.now()
	if !now.Before(one.Since.Add(a.cfg.Absolute)) {
		return true
	}
	return !now.Before(a.seen.last(one.ID, one.Seen).Add(a.cfg.Idle)) && !a.isBusy(one.Person)
}

// Session gives the session that the cookie's value names, and keeps it awake; ErrSignedOut where there is none. Another error is the disk's and says
// nothing of the session.
func (a *Accounts) Session(ctx context.Context, cookie string) (Session, error) {
	return a.session(ctx, cookie, true)
}

// Look is Session that does not keep it awake: a page that is open is nobody who is there.
func (a *Accounts) Look(ctx context.Context, cookie string) (Session, error) {
	return a.session(ctx, cookie, false)
}

func (a *Accounts) session(ctx context.Context, cookie string, awake bool) (Session, error) {
	one, err := a.store.SessionByHash(ctx, sessionHash(cookie))
	if errors.Is(err, store.ErrUnknown) {
		return Session{}, ErrSignedOut
	}
	if err != nil {
		return Session{}, err
	}
	if a.over(one) {
		return Session{}, errors.Join(ErrSignedOut, a.drop(ctx, one))
	}
	acct, err := a.store.Account(ctx, one.Person)
	if err != nil {
		return Session{}, err
	}
	if acct.Closed || !slices.Contains(a.cfg.Courts, acct.Court) {
		return Session{}, ErrSignedOut
	}
	if now := a.now(); awake && a.seen.touch(one.ID, one.Seen, now) {
		// Where this cannot be written, a restart takes the session for idle a little early: the person signs in again.
		_ = a.store.SeenSession(context.WithoutCancel(ctx), one.ID, now)
	}
	return a.sessionOf(one, acct), nil
}

// Alive says whether a session has not ended, without keeping it awake. Where the disk does not answer, what is open stays: the hearing's own ledger
// suspends it then.
func (a *Accounts) Alive(ctx context.Context, id string) bool {
	one, err := a.store.AccountSession(ctx, id)
	if err != nil {
		return !errors.Is(err, store.ErrUnknown)
	}
	return !a.over(one)
}

// drop ends a session; one that has ended already is no error.
func (a *Accounts) drop(ctx context.Context, one store.AccountSession) error {
	err := a.store.DropSession(context.WithoutCancel(ctx), one.ID)
	if errors.Is(err, store.ErrUnknown) {
		return nil
	}
	if err == nil {
		a.sayEnded(one.Person, []string{one.ID})
	}
	return err
}

// Sessions lists the browsers in which the session's person is signed in, newest first.
func (a *Accounts) Sessions(ctx context.Context, s Session) ([]Session, error) {
	kept, err := a.store.AccountSessions(ctx, s.Person.ID)
	if err != nil {
		return nil, fromStore(err, errSessionUnknown)
	}
	acct, err := a.store.Account(ctx, s.Person.ID)
	if err != nil {
		return nil, fromStore(err, errPersonUnknown)
	}
	var out []Session
	for _, one := range kept {
		if !a.over(one) {
			out = append(out, a.sessionOf(one, acct))
		}
	}
	return out, nil
}

// EndSession ends one of the person's own sessions, this one too. Whether it can be entered or not, it ends: to leave needs no permission.
func (a *Accounts) EndSession(ctx context.Context, s Session, id string) error {
	one, err := a.store.AccountSession(ctx, id)
	if err == nil && one.Person != s.Person.ID {
		err = store.ErrUnknown // another person's is not there
	}
	if err != nil {
		return fromStore(err, errSessionUnknown)
	}
	code := audit.AccountSessionEnded
	if id == s.ID {
		code = audit.AccountSignedOut
	}
	entered := a.enter(ctx, s.Person.Court, code, s.Person.ID, ofSession{id})
	if err := a.drop(ctx, one); err != nil {
		return fromStore(err, errSessionUnknown)
	}
	return entered
}

// Leave ends the session of a cookie in whose place another one comes, so that who planted the old one (session fixation) has nothing.
func (a *Accounts) Leave(ctx context.Context, cookie string) error {
	s, err := a.Session(ctx, cookie)
	if err != nil {
		return nil // there is none
	}
	return a.EndSession(ctx, s, s.ID)
}

// sweepEach is how often sessions whose time is up are ended: what they hold open goes with them.
const sweepEach = 10 * time.Second

// Run ends what is over, until ctx does.
func (a *Accounts) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEach)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			a.enterLeft(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			a.Sweep(ctx)
			if n%6 == 0 {
				a.enterLeft(ctx)
			}
		}
	}
}

// Sweep ends the sessions whose time is up, and enters the codes that the operator drew. What cannot be done now is done at the next one.
func (a *Accounts) Sweep(ctx context.Context) {
	kept, err := a.store.AccountSessions(ctx, "")
	if err != nil {
		return
	}
	for _, one := range kept {
		if a.over(one) {
			_ = a.drop(ctx, one)
		}
	}
	codes, err := a.store.CodesToEnter(ctx)
	if err != nil {
		return
	}
	for _, c := range codes {
		a.changing.Lock()
		_ = a.enterCode(ctx, c)
		a.changing.Unlock()
	}
}
