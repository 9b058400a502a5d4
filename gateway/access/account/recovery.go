package account

import (
	"context"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/secret"
	"parda/gateway/store"
)

// Recovery is an administrator's wish that somebody gets a new way in, which waits for another administrator. One alone could take over a judge's account by it
// (A6: a coerced administrator); two who are neither the same nor the person are needed, and both stand in the audit.
type Recovery struct {
	ID, Person, Name string
	AskedBy          string
	Asked, Ends      time.Time
	Mine             bool // asked by, or for, the one who looks: she cannot agree
	Operator         bool // nobody else of the court can agree: the server's operator draws the code (gateway admin-code)
}

const recoveryWaits = 24 * time.Hour

// AskRecovery is the first administrator's part. One that waits for the same person already is replaced.
func (a *Accounts) AskRecovery(ctx context.Context, by Session, touch Touch, person string) (Recovery, error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.subject(ctx, by, person, rights.PeopleRecover)
	if err != nil {
		return Recovery{}, err
	}
	r := store.Recovery{ID: secret.ID("r-"), Court: acct.Court, Person: acct.ID, AskedBy: by.Person.ID, Asked: a.now(), Ends: a.now().Add(recoveryWaits)}
	if err := touch.ask(); err != nil {
		return Recovery{}, err
	}
	if err := a.enter(ctx, acct.Court, audit.RecoveryAsked, by.Person.ID, ofRecovery{r.ID, r.Person}); err != nil {
		return Recovery{}, err
	}
	if err := a.store.PutRecovery(context.WithoutCancel(ctx), r); err != nil {
		return Recovery{}, fromStore(err, errRecoveryUnknown)
	}
	return a.recoveryOf(ctx, by, r)
}

// Recoveries lists the wishes of the administrator's court that wait.
func (a *Accounts) Recoveries(ctx context.Context, by Session) ([]Recovery, error) {
	waiting, err := a.store.RecoveriesWaiting(ctx, by.Person.Court)
	if err != nil {
		return nil, fromStore(err, errRecoveryUnknown)
	}
	var all []Recovery
	for _, r := range waiting {
		if !a.now().Before(r.Ends) {
			continue
		}
		one, err := a.recoveryOf(ctx, by, r)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (a *Accounts) recoveryOf(ctx context.Context, by Session, r store.Recovery) (Recovery, error) {
	p, err := a.Person(ctx, r.Person)
	if err != nil {
		return Recovery{}, err
	}
	others, err := administrators(ctx, a.store, r.Court)
	if err != nil {
		return Recovery{}, fromStore(err, errPersonUnknown)
	}
	alone, young := true, false
	for _, o := range others {
		alone = alone && (o.ID == r.AskedBy || o.ID == r.Person || !o.Claimed || a.young(o, a.now()))
		young = young || o.ID == r.AskedBy && a.young(o, a.now())
	}
	return Recovery{ID: r.ID, Person: r.Person, Name: p.Name, AskedBy: r.AskedBy, Asked: r.Asked, Ends: r.Ends,
		Mine: by.Person.ID == r.AskedBy || by.Person.ID == r.Person, Operator: alone || young}, nil
}

// waiting reads a wish of the administrator's court that waits. The caller holds a.changing.
func (a *Accounts) waiting(ctx context.Context, by Session, id string) (store.Recovery, error) {
	if err := a.may(ctx, by, rights.PeopleRecover); err != nil {
		return store.Recovery{}, err
	}
	r, err := a.store.Recovery(ctx, id)
	if err != nil {
		return r, fromStore(err, errRecoveryUnknown)
	}
	if r.Court != by.Person.Court || r.State != "waiting" || !a.now().Before(r.Ends) {
		return r, errRecoveryUnknown(nil)
	}
	return r, nil
}

// Agree is the second administrator's part: she gets the code, and gives it to the person whom she knows. What the person signed in with before ends when it
// is claimed, not now: a wish that was wrong takes nothing from anybody.
func (a *Accounts) Agree(ctx context.Context, by Session, touch Touch, id string) (Code, error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	r, err := a.waiting(ctx, by, id)
	if err != nil {
		return Code{}, err
	}
	if by.Person.ID == r.AskedBy {
		return Code{}, errNotYourself()
	}
	if _, err := a.subject(ctx, by, r.Person, rights.PeopleRecover); err != nil {
		return Code{}, err
	}
	asker, err := a.store.Account(ctx, r.AskedBy)
	if err != nil {
		return Code{}, fromStore(err, errRecoveryUnknown)
	}
	if asker.Closed || !rights.Has(personOf(asker).Roles, rights.PeopleRecover) { // what she asked does not outlive her office
		return Code{}, errRecoveryUnknown(nil)
	}
	agrees, err := a.store.Account(ctx, by.Person.ID)
	if err != nil {
		return Code{}, fromStore(err, errPersonUnknown)
	}
	if a.young(asker, a.now()) || a.young(agrees, a.now()) {
		return Code{}, errAdministratorYoung()
	}
	code, kept := a.drawCode(ForRecovery, r.Court, r.Person, by.Person.ID, recoveryLife)
	if err := touch.ask(); err != nil {
		return Code{}, err
	}
	if err := a.enter(ctx, r.Court, audit.RecoveryAgreed, by.Person.ID, ofRecovery{r.ID, r.Person}); err != nil {
		return Code{}, err
	}
	return code, fromStore(a.store.EndRecovery(context.WithoutCancel(ctx), r.ID, &kept), errRecoveryUnknown)
}

// young says whether an administrator's account will be too new at a time for her word to count. Nobody becomes an administrator later than her account was made: the role goes
// with no other one, and the last role is never taken.
func (a *Accounts) young(administrator store.Account, at time.Time) bool {
	return youngAt(administrator, a.cfg.Settled, at)
}

func youngAt(administrator store.Account, settled time.Duration, at time.Time) bool {
	return at.Before(administrator.Made.Add(settled))
}

// RefuseRecovery ends a wish. Any administrator may, but the person whom it is for.
func (a *Accounts) RefuseRecovery(ctx context.Context, by Session, id string) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	r, err := a.waiting(ctx, by, id)
	if err != nil {
		return err
	}
	if by.Person.ID == r.Person {
		return errNotYourself()
	}
	if err := a.enter(ctx, r.Court, audit.RecoveryRefused, by.Person.ID, ofRecovery{r.ID, r.Person}); err != nil {
		return err
	}
	return fromStore(a.store.EndRecovery(context.WithoutCancel(ctx), r.ID, nil), errRecoveryUnknown)
}
