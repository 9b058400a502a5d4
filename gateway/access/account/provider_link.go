package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"

	"parda/gateway/access/audit"
	"parda/gateway/store"
)

// Who the provider vouches for is a person here only where she was linked: by herself while she is signed in, or with the one-time code of an account that an
// administrator made for her. Nobody gets an account because a ministry knows her: its directory is not the court's list of who may enter.

// linked is what the audit is told of a link.
type linked struct {
	How string `json:"how"` // session, claim
}

// Back is what came of a way to the provider.
type Back struct {
	Cookie  string // of a new session; "" where one was linked only
	Session Session
	Linked  bool
}

// UseProvider gives the accounts an identity provider.
func (a *Accounts) UseProvider(cfg ProviderConfig) (err error) {
	a.provider, err = newProvider(cfg, a.now)
	return err
}

// ProviderName is what the page calls the provider; ok is false where there is none.
func (a *Accounts) ProviderName() (name string, ok bool) {
	if a.provider == nil {
		return "", false
	}
	return a.provider.cfg.Name, true
}

// ProviderOut is where a person goes to sign out at the provider too; "" where she did not come from there.
func (a *Accounts) ProviderOut(s Session) string {
	if a.provider == nil || s.How != ByProvider {
		return ""
	}
	return a.provider.out()
}

// ProviderLinked says whether a person is linked with somebody at the provider.
func (a *Accounts) ProviderLinked(ctx context.Context, person string) (bool, error) {
	_, err := a.store.ProviderLinkOf(ctx, person)
	if errors.Is(err, store.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}

// BeginProvider sends a browser to the provider to sign in. carry is what the browser keeps, in a cookie of its own, until it is back.
func (a *Accounts) BeginProvider(ctx context.Context) (to, carry string, err error) {
	return a.leave(ctx, round{For: toSignIn})
}

// BeginProviderLink sends the session's person there to link herself.
func (a *Accounts) BeginProviderLink(ctx context.Context, s Session) (to, carry string, err error) {
	if _, err := a.still(ctx, s); err != nil {
		return "", "", err
	}
	if there, err := a.ProviderLinked(ctx, s.Person.ID); err != nil || there {
		return "", "", errors.Join(fromStore(err, errPersonUnknown), refuseIf(there, errProviderTaken))
	}
	return a.leave(ctx, round{For: toLink, Session: s.ID, Person: s.Person.ID})
}

// BeginProviderClaim sends the owner of a one-time code there: who she is there becomes her way in. A first administrator has no account yet and comes by passkey.
func (a *Accounts) BeginProviderClaim(ctx context.Context, code string) (to, carry string, err error) {
	if a.provider == nil {
		return "", "", errProviderOff()
	}
	person, err := a.claimant(ctx, code)
	if err != nil {
		return "", "", err
	}
	return a.leave(ctx, round{For: toClaim, Person: person, Code: code})
}

func refuseIf(is bool, refusal func(error) error) error {
	if is {
		return refusal(nil)
	}
	return nil
}

// passingRound is what a round is sealed for.
const passingRound = "provider round"

func (a *Accounts) leave(ctx context.Context, r round) (to, carry string, err error) {
	if a.provider == nil {
		return "", "", errProviderOff()
	}
	if to, err = a.provider.begin(ctx, &r); err != nil {
		return "", "", err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return "", "", err
	}
	return to, sealed(a.passing.seal(b, passingRound)), nil
}

// roundOf opens what the browser carried. A round is good once, whatever comes of it: each costs the provider a question.
func (a *Accounts) roundOf(carry string) (r round, err error) {
	if len(carry) > 4096 {
		return r, errProviderStale(nil)
	}
	b, err := base64.RawURLEncoding.DecodeString(carry)
	if err == nil {
		b, err = a.passing.open(b, passingRound)
	}
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return r, errProviderStale(err)
	}
	state := sha256.Sum256([]byte(r.State))
	if now := a.now(); !now.Before(r.Ends) || !a.ceremonies.spend(nonce(state[:16]), r.Ends, now) {
		return r, errProviderStale(nil)
	}
	return r, nil
}

// FinishProvider ends a way to the provider: query is what the browser was sent back with.
func (a *Accounts) FinishProvider(ctx context.Context, carry string, query url.Values) (Back, error) {
	if a.provider == nil {
		return Back{}, errProviderOff()
	}
	r, err := a.roundOf(carry)
	if err != nil {
		return Back{}, err
	}
	subject, err := a.provider.redeem(ctx, r, query)
	if err != nil {
		return Back{}, err
	}
	hash := a.subjectHash(subject)
	switch r.For {
	case toSignIn:
		return a.signInLinked(ctx, hash)
	case toLink:
		return a.linkSession(ctx, r, hash)
	case toClaim:
		return a.claimLinked(ctx, r, hash)
	}
	return Back{}, errProviderStale(nil)
}

// subjectHash is what the store has of a subject. A ministry's subject may be a personal number: without the key's file it cannot be guessed (A3).
func (a *Accounts) subjectHash(subject string) store.Hash {
	m := hmac.New(sha256.New, a.linking[:])
	m.Write([]byte(a.provider.cfg.Issuer + "\x00" + subject))
	return store.Hash(m.Sum(nil))
}

func (a *Accounts) signInLinked(ctx context.Context, hash store.Hash) (Back, error) {
	link, err := a.store.ProviderLink(ctx, hash)
	if errors.Is(err, store.ErrUnknown) {
		return Back{}, a.refuse(ctx, "provider", "", "", errProviderUnlinked())
	}
	if err != nil {
		return Back{}, fromStore(err, errFailed)
	}
	acct, err := a.store.Account(ctx, link.Person)
	if err != nil {
		return Back{}, fromStore(err, errFailed)
	}
	if !slices.Contains(a.cfg.Courts, acct.Court) { // a database that came from another gateway
		return Back{}, errProviderUnlinked()
	}
	// The link is read again after the account: where it ended between the two, its end has made the account's epoch another one, and nothing begins.
	if _, err := a.store.ProviderLink(ctx, hash); err != nil {
		return Back{}, fromStore(err, errFailed)
	}
	cookie, s, err := a.start(ctx, acct, ByProvider, nil, "")
	return Back{Cookie: cookie, Session: s}, err
}

// linkSession links the person whose session began the round, if it is still there: whoever was closed or recovered meanwhile gets no way in by it.
func (a *Accounts) linkSession(ctx context.Context, r round, hash store.Hash) (Back, error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.still(ctx, Session{ID: r.Session, Person: Person{ID: r.Person}})
	if err != nil {
		return Back{}, err
	}
	if err := a.free(ctx, hash, acct.ID); err != nil {
		return Back{}, err
	}
	if err := a.enter(ctx, acct.Court, audit.AccountProviderLinked, acct.ID, linked{"session"}); err != nil {
		return Back{}, err
	}
	err = a.store.PutProviderLink(context.WithoutCancel(ctx), store.ProviderLink{Hash: hash, Person: acct.ID, Made: a.now()}, acct.Epoch)
	return Back{Linked: err == nil}, putError(err, errPersonUnknown, errProviderTaken)
}

// free refuses what is linked already, before the audit says that it was linked now.
func (a *Accounts) free(ctx context.Context, hash store.Hash, person string) error {
	_, err := a.store.ProviderLink(ctx, hash)
	if errors.Is(err, store.ErrUnknown) {
		_, err = a.store.ProviderLinkOf(ctx, person)
	}
	switch {
	case err == nil:
		return errProviderTaken(nil)
	case errors.Is(err, store.ErrUnknown):
		return nil
	}
	return fromStore(err, errPersonUnknown)
}

// claimLinked uses the code up: code, link and session in one transaction.
func (a *Accounts) claimLinked(ctx context.Context, r round, hash store.Hash) (Back, error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	c, err := a.code(ctx, r.Code)
	if err != nil {
		return Back{}, err
	}
	if c.Kind == ForFirst || c.Person != r.Person {
		return Back{}, errCodeWrong(nil)
	}
	acct, err := a.claimantOf(ctx, c, Named{})
	if err != nil {
		return Back{}, err
	}
	// A recovery ends the person's own link of before, so that it may be made anew; another person's it never is.
	switch link, err := a.store.ProviderLink(ctx, hash); {
	case err == nil && link.Person != acct.ID:
		return Back{}, errProviderTaken(nil)
	case err != nil && !errors.Is(err, store.ErrUnknown):
		return Back{}, fromStore(err, errPersonUnknown)
	}
	if err := a.enter(ctx, acct.Court, audit.AccountProviderLinked, acct.ID, linked{"claim"}); err != nil {
		return Back{}, err
	}
	cookie, s, err := a.claim(ctx, c, acct, ByProvider, store.Claim{Provider: &store.ProviderLink{Hash: hash, Person: acct.ID, Made: a.now()}})
	return Back{Cookie: cookie, Session: s, Linked: err == nil}, err
}

// DropProvider ends the link of the session's person, and the sessions that began by it, unless it is her only way in.
func (a *Accounts) DropProvider(ctx context.Context, s Session) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.still(ctx, s)
	if err != nil {
		return err
	}
	there, err := a.ProviderLinked(ctx, acct.ID)
	switch {
	case err != nil:
		return fromStore(err, errPersonUnknown)
	case !there:
		return errProviderUnlinked()
	case acct.Ways < 2:
		return errLastWay()
	}
	if err := a.enter(ctx, acct.Court, audit.AccountProviderDropped, acct.ID, nothing{}); err != nil {
		return err
	}
	ended, err := a.store.DropProviderLink(context.WithoutCancel(ctx), acct.ID)
	if err == nil {
		a.sayEnded(acct.ID, ended)
	}
	return fromStore(err, errProviderUnlinkedOf)
}

func errProviderUnlinkedOf(error) error { return errProviderUnlinked() }
