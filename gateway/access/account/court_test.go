package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/virtualkey"
	"parda/gateway/ledger"
	"parda/gateway/store"
	"parda/signaling"
)

const origin, rp = "https://parda.court.example", "parda.court.example"

// quick is argon2id as cheap as it can be: what is tested is not how dear it is.
var quick = account.Hashing{Memory: 8, Passes: 1, Threads: 1}

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// court is a gateway's accounts with everything below them, and what they said of sessions that ended.
type court struct {
	*account.Accounts
	t      testing.TB
	dir    string
	cfg    account.Config
	store  *store.Store
	ledger *ledger.Ledger
	clock  *clock

	mu    sync.Mutex
	ended []string
	busy  map[string]bool
}

func newCourt(t testing.TB, change ...func(*account.Config)) *court {
	t.Helper()
	if one, ok := t.(*testing.T); ok {
		one.Parallel() // most of a court's time goes by waiting for the disk and for the last checkpoint
	}
	c := &court{t: t, dir: t.TempDir(), clock: &clock{at: time.Now().Truncate(time.Second)}, busy: map[string]bool{}}
	c.cfg = account.Config{Folder: c.dir, Origins: []string{origin}, RPID: rp, Courts: []string{"baku", "ganja"}, Password: true, Hashing: quick, Pace: time.Millisecond, Now: c.clock.now}
	for _, f := range change {
		f(&c.cfg)
	}
	c.open()
	t.Cleanup(c.close)
	return c
}

func (c *court) open() {
	c.t.Helper()
	var err error
	if c.store, err = store.Open(c.dir + "/store"); err != nil {
		c.t.Fatal(err)
	}
	if c.ledger, err = ledger.Open(ledger.Config{Dir: c.dir + "/ledger", Store: c.store}); err != nil {
		c.t.Fatal(err)
	}
	c.cfg.Store, c.cfg.Audit = c.store, audit.New(c.ledger)
	if c.Accounts, err = account.New(c.cfg); err != nil {
		c.t.Fatal(err)
	}
	c.OnEnded(func(session, _ string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ended = append(c.ended, session)
	})
	c.OnBusy(func(person string) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.busy[person]
	})
}

func (c *court) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // the test's own context is over by now
	defer cancel()
	_ = c.ledger.Close(ctx)
	_ = c.store.Close()
}

// restart ends the gateway and starts it again on the same folder.
func (c *court) restart() {
	c.t.Helper()
	if err := errors.Join(c.ledger.Close(c.t.Context()), c.store.Close()); err != nil {
		c.t.Fatal(err)
	}
	c.open()
}

func (c *court) hasEnded(session string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.ended, session)
}

// audited lists what stands in a court's book: the codes in order, and everything as it was written.
func (c *court) audited(name string) (codes []string, raw string) {
	c.t.Helper()
	all, err := c.ledger.Load(c.t.Context(), audit.Of(name))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range all {
		codes = append(codes, string(e.Code))
		b, err := json.Marshal(e)
		if err != nil {
			c.t.Fatal(err)
		}
		raw += string(b) + "\n"
	}
	return codes, raw
}

// somebody is a person with her passkey and her session.
type somebody struct {
	id     string
	key    *virtualkey.Key
	cookie string
	account.Session
}

// code is the refusal's, "" for none.
func code(err error) string {
	if err == nil {
		return ""
	}
	var e *signaling.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	return e.Code
}

func (c *court) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// claim uses a code with a new passkey.
func (c *court) claim(oneTime string, n account.Named, key *virtualkey.Key) (*somebody, error) {
	c.t.Helper()
	options, _, err := c.BeginClaim(c.t.Context(), oneTime, n)
	if err != nil {
		return nil, err
	}
	response, err := key.Create(options)
	c.must(err)
	cookie, s, err := c.FinishClaim(c.t.Context(), oneTime, n, "iş kompüteri", response)
	if err != nil {
		return nil, err
	}
	return &somebody{s.Person.ID, key, cookie, s}, nil
}

func newKey() *virtualkey.Key { return virtualkey.New(origin, rp) }

// first is a court's first administrator.
func (c *court) first(name string) *somebody {
	c.t.Helper()
	oneTime, ok, err := c.FirstCode(c.t.Context(), name)
	if err != nil || !ok {
		c.t.Fatalf("no code for the first administrator of %s: %v %v", name, ok, err)
	}
	p, err := c.claim(oneTime.Code, account.Named{Name: "Administrator " + name, Login: "admin." + name}, newKey())
	c.must(err)
	return p
}

// made is an account that an administrator made, not claimed yet.
func (c *court) made(by *somebody, login string, roles ...rights.Role) (account.Person, string) {
	c.t.Helper()
	p, oneTime, err := c.Enrol(c.t.Context(), by.Session, nil, "Person "+login, login, roles)
	c.must(err)
	return p, oneTime.Code
}

// person is an account that was claimed by passkey.
func (c *court) person(by *somebody, login string, roles ...rights.Role) *somebody {
	c.t.Helper()
	_, oneTime := c.made(by, login, roles...)
	p, err := c.claim(oneTime, account.Named{}, newKey())
	c.must(err)
	return p
}

// signIn signs in by the key, as it is.
func (c *court) signIn(key *virtualkey.Key) (*somebody, error) {
	c.t.Helper()
	options, err := c.BeginSignIn()
	c.must(err)
	response, err := key.Get(options)
	c.must(err)
	cookie, s, err := c.FinishSignIn(c.t.Context(), response)
	if err != nil {
		return nil, err
	}
	return &somebody{s.Person.ID, key, cookie, s}, nil
}

// in says whether a cookie still names a session.
func (c *court) in(cookie string) bool {
	c.t.Helper()
	_, err := c.Session(c.t.Context(), cookie)
	if err != nil && !errors.Is(err, account.ErrSignedOut) {
		c.t.Fatal(err)
	}
	return err == nil
}
