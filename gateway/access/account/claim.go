package account

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/secret"
	"parda/gateway/store"
)

// What a code is for.
const (
	ForFirst    = "first"    // the first administrator of a court
	ForNew      = "new"      // an account that was made
	ForRecovery = "recovery" // an account whose owner lost her ways in
)

// How long a code is good.
const codeLife, recoveryLife = 24 * time.Hour, time.Hour

// Code is a one-time code, in the form in which it is shown once.
type Code struct {
	Code string // as access.NewCode
	Ends time.Time
}

// Claim says what a code is for.
type Claim struct {
	Kind   string
	Court  string
	Person Person // zero for a first administrator, who makes herself known by the claim
	Ends   time.Time
}

// drawCode makes a code and what the store keeps of it.
func (a *Accounts) drawCode(kind, court, person, by string, life time.Duration) (Code, store.AccountCode) {
	c := Code{Code: secret.Code(), Ends: a.now().Add(life)}
	return c, store.AccountCode{Hash: codeHash(c.Code), Kind: kind, Court: court, Person: person, Drawn: by, Ends: c.Ends, Entered: true}
}

func codeHash(code string) store.Hash { return secret.Hash("account code", secret.Normalise(code)) }

// code finds a code that is good now. The caller holds a.changing where it goes on to use it.
func (a *Accounts) code(ctx context.Context, code string) (store.AccountCode, error) {
	if len(code) > 100 {
		code = ""
	}
	c, err := a.store.Code(ctx, codeHash(code))
	switch {
	case errors.Is(err, store.ErrUnknown):
		if !a.wrong.AllowN(a.now(), 1) {
			return c, errTooMany(time.Second)
		}
		return c, a.refuse(ctx, "code", "", "", errCodeWrong(err))
	case err != nil:
		return c, fromStore(err, errCodeWrong)
	case c.Used:
		return c, errCodeUsed(nil)
	case !a.now().Before(c.Ends):
		return c, errCodeOver()
	case !slices.Contains(a.cfg.Courts, c.Court): // a database that came from another gateway
		return c, errCodeWrong(nil)
	}
	if c.Kind == ForFirst {
		there, err := a.hasAdministrator(ctx, c.Court)
		if err != nil {
			return c, err
		}
		if there {
			return c, errCodeUsed(nil)
		}
	}
	return c, nil
}

func (a *Accounts) hasAdministrator(ctx context.Context, court string) (bool, error) {
	n, err := administrators(ctx, a.store, court)
	return len(n) > 0, fromStore(err, errPersonUnknown)
}

// administrators lists a court's, closed ones left out.
func administrators(ctx context.Context, s *store.Store, court string) ([]store.Account, error) {
	all, err := s.Accounts(ctx, court)
	return slices.DeleteFunc(all, func(acct store.Account) bool {
		return acct.Closed || !slices.Contains(acct.Roles, string(rights.Administrator))
	}), err
}

// Claim says what a code is for, and uses nothing up.
func (a *Accounts) Claim(ctx context.Context, code string) (Claim, error) {
	c, err := a.code(ctx, code)
	if err != nil {
		return Claim{}, err
	}
	claim := Claim{Kind: c.Kind, Court: c.Court, Ends: c.Ends}
	if c.Kind != ForFirst {
		claim.Person, err = a.Person(ctx, c.Person)
	}
	return claim, err
}

// Named is what a first administrator says of herself; empty for all others, whom an administrator named.
type Named struct{ Name, Login string }

// claimantOf gives the account that a code is for; of a first administrator, the one that it will be.
func (a *Accounts) claimantOf(ctx context.Context, c store.AccountCode, n Named) (store.Account, error) {
	if c.Kind != ForFirst {
		acct, err := a.store.Account(ctx, c.Person)
		if err == nil && acct.Closed {
			return acct, errPersonClosed()
		}
		return acct, fromStore(err, errPersonUnknown)
	}
	name, err := readName(n.Name)
	if err != nil {
		return store.Account{}, err
	}
	login, err := readLogin(n.Login)
	if err != nil {
		return store.Account{}, err
	}
	return store.Account{ID: c.Person, Court: c.Court, Name: name, Login: login, Roles: []string{string(rights.Administrator)}, Made: a.now(), Epoch: 1}, nil
}

// bound is what a ceremony of a claim is bound to: this code, and the name under which it is made.
func bound(c store.AccountCode, acct store.Account) string {
	return hex.EncodeToString(c.Hash[:]) + "\x00" + acct.Login + "\x00" + acct.Name
}

// BeginClaim gives the options of the passkey that a code is claimed with.
func (a *Accounts) BeginClaim(ctx context.Context, code string, n Named) (options any, claim Claim, err error) {
	c, err := a.code(ctx, code)
	if err != nil {
		return nil, claim, err
	}
	acct, err := a.claimantOf(ctx, c, n)
	if err != nil {
		return nil, claim, err
	}
	options, err = a.registration(owner{acct: acct}, forClaim, bound(c, acct))
	return options, Claim{Kind: c.Kind, Court: c.Court, Person: personOf(acct), Ends: c.Ends}, err
}

// FinishClaim uses the code up: the passkey becomes the account's, and its owner is signed in.
func (a *Accounts) FinishClaim(ctx context.Context, code string, n Named, label string, response []byte) (cookie string, s Session, err error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	c, err := a.code(ctx, code)
	if err != nil {
		return "", Session{}, err
	}
	acct, err := a.claimantOf(ctx, c, n)
	if err != nil {
		return "", Session{}, err
	}
	p, err := a.registered(acct, forClaim, bound(c, acct), label, response)
	if err != nil {
		return "", Session{}, err
	}
	if err := a.freshCredential(ctx, p); err != nil {
		return "", Session{}, err
	}
	return a.claim(ctx, c, acct, ByPasskey, store.Claim{Passkey: &p})
}

// BeginClaimByPassword looks at the password that a code is to be claimed with and draws the TOTP secret that goes with it. Nothing is kept.
func (a *Accounts) BeginClaimByPassword(ctx context.Context, code string, n Named, password string) (Enrolment, error) {
	if !a.cfg.Password {
		return Enrolment{}, errPasswordOff()
	}
	c, err := a.code(ctx, code)
	if err != nil {
		return Enrolment{}, err
	}
	acct, err := a.claimantOf(ctx, c, n)
	if err != nil {
		return Enrolment{}, err
	}
	if _, err := newPassword(password, acct.Name, acct.Login); err != nil {
		return Enrolment{}, err
	}
	return a.newEnrolment(acct.Login, "claim\x00"+bound(c, acct))
}

// FinishClaimByPassword uses the code up once the first six digits have come.
func (a *Accounts) FinishClaimByPassword(ctx context.Context, code string, n Named, password, sealed, digits string) (cookie string, s Session, err error) {
	if !a.cfg.Password {
		return "", Session{}, errPasswordOff()
	}
	a.changing.Lock()
	defer a.changing.Unlock()
	c, err := a.code(ctx, code)
	if err != nil {
		return "", Session{}, err
	}
	acct, err := a.claimantOf(ctx, c, n)
	if err != nil {
		return "", Session{}, err
	}
	if password, err = newPassword(password, acct.Name, acct.Login); err != nil {
		return "", Session{}, err
	}
	totpSecret, step, err := a.enrolled(sealed, "claim\x00"+bound(c, acct), digits)
	if err != nil {
		return "", Session{}, err
	}
	kept, err := a.sealPassword(ctx, acct.ID, password, totpSecret, step)
	if err != nil {
		return "", Session{}, err
	}
	return a.claim(ctx, c, acct, ByPassword, store.Claim{Password: kept})
}

// claim enters the claim and makes it so, in one transaction: code, account, way and session, or nothing. The caller holds a.changing.
func (a *Accounts) claim(ctx context.Context, c store.AccountCode, acct store.Account, how string, w store.Claim) (cookie string, s Session, err error) {
	if c.Kind == ForFirst {
		if _, err := a.store.AccountByLogin(ctx, acct.Login); err == nil {
			return "", Session{}, errLoginTaken(nil)
		}
		w.Make = &acct
	}
	cookie, one := a.newSession(acct.ID, how)
	w.Code, w.EndWays, w.Session = c.Hash, c.Kind == ForRecovery, &one
	if err := a.enterClaim(ctx, c, acct, how); err != nil {
		return "", Session{}, err
	}
	ended, err := a.store.Claim(context.WithoutCancel(ctx), w)
	if err != nil {
		return "", Session{}, putError(err, errCodeUsed, errLoginTaken)
	}
	a.sayEnded(acct.ID, ended)
	acct.Claimed = true
	return cookie, a.sessionOf(one, acct), nil
}

func (a *Accounts) enterClaim(ctx context.Context, c store.AccountCode, acct store.Account, how string) error {
	if err := a.enterCode(ctx, c); err != nil {
		return err
	}
	return a.enter(ctx, c.Court, audit.AccountClaimed, acct.ID, claimed{c.Kind, how, c.Drawn})
}

// enterCode enters that the operator drew a code, in a process that has no audit. It is entered before the code takes effect, and mostly within
// seconds. The caller holds a.changing.
func (a *Accounts) enterCode(ctx context.Context, c store.AccountCode) error {
	if c.Entered || !slices.Contains(a.cfg.Courts, c.Court) {
		return nil
	}
	if err := a.enter(ctx, c.Court, audit.AccountCodeDrawn, system, drawn{c.Kind, c.Person, c.Drawn}); err != nil {
		return err
	}
	return fromStore(a.store.CodeEntered(context.WithoutCancel(ctx), c.Hash), errCodeUsed)
}

// claimant names whose account a code is for, for a way in that is proved elsewhere (the ministry's provider). A first administrator has none yet.
func (a *Accounts) claimant(ctx context.Context, code string) (person string, err error) {
	c, err := a.code(ctx, code)
	if err == nil && c.Kind == ForFirst {
		err = errCodeWrong(errors.New("account: a first administrator claims by passkey or password"))
	}
	return c.Person, err
}
