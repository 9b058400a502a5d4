package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/secret"
	"parda/gateway/store"
)

// Guess is a sign-in by password as it comes from outside.
type Guess struct {
	Login, Password string
	Digits          string // the six of the TOTP
	Source          string // the network address, as the gateway counts it, kept nowhere but as a place in a table; "" behind a proxy, where all have one
	Known           string // the cookie that a browser has from an earlier sign-in by this password; "" for none
}

// Passwords says whether this gateway's courts allow them.
func (a *Accounts) Passwords() bool { return a.cfg.Password }

// SignInByPassword begins a session. Whatever is wrong is answered in one way and after the same work, for a login that is not there too: who asks learns
// nothing of who has an account. known is a cookie for this browser.
func (a *Accounts) SignInByPassword(ctx context.Context, g Guess) (cookie, known string, s Session, err error) {
	if !a.cfg.Password {
		return "", "", Session{}, errPasswordOff()
	}
	login := strings.ToLower(strings.TrimSpace(g.Login))
	browser, isKnown := a.knows(g.Known, login)
	counters := []counter{{byLogin, login}}
	switch {
	case isKnown:
		counters = []counter{{byKnown, browser + login}}
	case g.Source != "":
		counters = append(counters, counter{bySource, g.Source})
	}
	if d, ok := a.slow.guess(a.now(), counters...); !ok {
		return "", "", Session{}, a.refuse(ctx, "wait", "", "", errTooMany(d))
	}
	leave, err := a.hashing.turn(ctx, isKnown)
	if err != nil {
		a.slow.unseen(a.now(), counters...)
		return "", "", Session{}, err
	}
	begun := time.Now()
	acct, err := a.rightPassword(ctx, login, g)
	leave()
	if err != nil {
		pause(ctx, time.Until(begun.Add(a.cfg.Pace)))
		if !a.wrong.AllowN(a.now(), 1) {
			err = errTooMany(time.Second)
		}
		return "", "", Session{}, err
	}
	a.slow.right(a.now(), counters...)
	if cookie, s, err = a.start(ctx, acct, ByPassword, nil, ""); err != nil {
		return "", "", Session{}, err
	}
	if !isKnown {
		browser = secret.ID("b-")
	}
	return cookie, a.knownCookie(browser, login), s, nil
}

// pause waits, unless whoever asked has gone.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// rightPassword checks both factors and uses up the six digits. Both are computed for everybody before one is looked at.
func (a *Accounts) rightPassword(ctx context.Context, login string, g Guess) (store.Account, error) {
	acct, err := a.store.AccountByLogin(ctx, login)
	kept := store.Password{Hash: a.hashing.nobody}
	if err == nil && !acct.Closed {
		kept, err = a.store.Password(ctx, acct.ID)
	}
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return acct, fromStore(err, errFailed)
	}
	there := err == nil && !acct.Closed
	if !there {
		kept = store.Password{Hash: a.hashing.nobody}
	}
	password, formErr := readPassword(g.Password)
	rightPassword, outdated := a.hashing.matches(kept.Hash, password)
	totpSecret, openErr := a.vault.open(kept.TOTP, "totp\x00"+acct.ID)
	step, rightDigits := totpStep(string(totpSecret), g.Digits, a.now())
	switch {
	case !there:
		return acct, a.refuse(ctx, "unknown", "", "", errFailed(nil))
	case formErr != nil || !rightPassword:
		return acct, a.refuse(ctx, "password", acct.Court, acct.ID, errFailed(nil))
	case openErr != nil:
		return acct, a.refuse(ctx, "totp", acct.Court, acct.ID, errFailed(openErr))
	case !rightDigits:
		return acct, a.refuse(ctx, "totp", acct.Court, acct.ID, errFailed(nil))
	}
	if err := a.store.UseTOTP(context.WithoutCancel(ctx), acct.ID, step); errors.Is(err, store.ErrUnknown) { // seen over a shoulder, sent a second time
		return acct, a.refuse(ctx, "totp", acct.Court, acct.ID, errFailed(nil))
	} else if err != nil {
		return acct, fromStore(err, errFailed)
	}
	if outdated {
		// Where this is not kept, the next sign-in does it.
		_ = a.store.Rehash(context.WithoutCancel(ctx), acct.ID, kept.Hash, a.hashing.hash(password))
	}
	return acct, nil
}

// A browser that signed in by password gets a cookie that says so, for this login: its own wrong guesses are counted apart from strangers', so that
// strangers cannot slow it down (device cookies, OWASP). It opens nothing.
func (a *Accounts) knownCookie(browser, login string) string {
	return browser + "." + base64.RawURLEncoding.EncodeToString(a.knownMAC(browser, login))
}

func (a *Accounts) knownMAC(browser, login string) []byte {
	m := hmac.New(sha256.New, a.knowing[:])
	m.Write([]byte(browser + "\x00" + login))
	return m.Sum(nil)
}

func (a *Accounts) knows(cookie, login string) (browser string, ok bool) {
	browser, mac, found := strings.Cut(cookie, ".")
	raw, err := base64.RawURLEncoding.DecodeString(mac)
	if !found || err != nil || len(browser) > 20 || !hmac.Equal(raw, a.knownMAC(browser, login)) {
		return "", false
	}
	return browser, true
}

// sealPassword hashes a password that was chosen and seals the TOTP secret that goes with it.
func (a *Accounts) sealPassword(ctx context.Context, person, password, totpSecret string, step int64) (*store.Password, error) {
	leave, err := a.hashing.turn(ctx, true)
	if err != nil {
		return nil, err
	}
	defer leave()
	return &store.Password{Person: person, Hash: a.hashing.hash(password), TOTP: a.vault.seal([]byte(totpSecret), "totp\x00"+person), Step: step}, nil
}

// BeginPassword looks at a password that the session's person chose and draws a TOTP secret to go with it. Nothing is kept.
func (a *Accounts) BeginPassword(ctx context.Context, s Session, password string) (Enrolment, error) {
	if !a.cfg.Password {
		return Enrolment{}, errPasswordOff()
	}
	if _, err := newPassword(password, s.Person.Name, s.Person.Login); err != nil {
		return Enrolment{}, err
	}
	return a.newEnrolment(s.Person.Login, "own\x00"+s.ID)
}

// FinishPassword sets the password and the TOTP secret, in place of what was, once the first six digits have come. Her
// other sessions end.
func (a *Accounts) FinishPassword(ctx context.Context, s Session, password, sealed, digits string) error {
	if !a.cfg.Password {
		return errPasswordOff()
	}
	password, err := newPassword(password, s.Person.Name, s.Person.Login)
	if err != nil {
		return err
	}
	totpSecret, step, err := a.enrolled(sealed, "own\x00"+s.ID, digits)
	if err != nil {
		return err
	}
	kept, err := a.sealPassword(ctx, s.Person.ID, password, totpSecret, step)
	if err != nil {
		return err
	}
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.still(ctx, s)
	if err != nil {
		return err
	}
	if err := a.enter(ctx, acct.Court, audit.AccountPasswordSet, acct.ID, nothing{}); err != nil {
		return err
	}
	ended, err := a.store.PutPassword(context.WithoutCancel(ctx), *kept, acct.Epoch, s.ID)
	a.sayEnded(acct.ID, ended)
	return fromStore(err, errFailed)
}

// DropPassword ends the person's own password, unless it is the only way in, and her other sessions.
func (a *Accounts) DropPassword(ctx context.Context, s Session) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.still(ctx, s)
	if err != nil {
		return err
	}
	if _, err := a.store.Password(ctx, acct.ID); err != nil {
		return fromStore(err, func(error) error { return errPasswordOff() })
	}
	if acct.Ways < 2 {
		return errLastWay()
	}
	if err := a.enter(ctx, acct.Court, audit.AccountPasswordDropped, acct.ID, nothing{}); err != nil {
		return err
	}
	ended, err := a.store.DropPassword(context.WithoutCancel(ctx), acct.ID, s.ID)
	a.sayEnded(acct.ID, ended)
	return fromStore(err, errFailed)
}
