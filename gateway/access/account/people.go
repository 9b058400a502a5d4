package account

import (
	"context"
	"slices"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/secret"
	"parda/gateway/store"
	"parda/signaling"
)

// Touch asks the administrator for a fresh touch of her passkey for what she is about to do, and is nil when it has come. It is called after everything else
// that can refuse, so that nobody touches for nothing, and before anything is entered. A nil Touch asks for none.
type Touch func() error

func (t Touch) ask() error {
	if t == nil {
		return nil
	}
	return t()
}

// may reads the administrator who acts, as she is now and not as she was when her request was let in: two who take each other's role at the same moment come one
// after the other, and the second has none any more. The caller holds a.changing.
func (a *Accounts) may(ctx context.Context, by Session, right rights.Right) error {
	acct, err := a.still(ctx, by)
	if err != nil {
		return err
	}
	if !rights.Has(personOf(acct).Roles, right) {
		return signaling.Refuse("not_allowed", "Your account may not do that.", nil)
	}
	return nil
}

// subject reads the person whom an administrator acts on: of the same court, not closed, and never herself. Whoever acts thereby stays an administrator, so
// that a court never loses its last one by its own hand. The caller holds a.changing.
func (a *Accounts) subject(ctx context.Context, by Session, person string, right rights.Right) (store.Account, error) {
	if err := a.may(ctx, by, right); err != nil {
		return store.Account{}, err
	}
	acct, err := a.store.Account(ctx, person)
	switch {
	case err != nil:
		return acct, fromStore(err, errPersonUnknown)
	case acct.Court != by.Person.Court:
		return acct, errPersonUnknown(nil) // another court's people are not there
	case acct.ID == by.Person.ID:
		return acct, errNotYourself()
	case acct.Closed:
		return acct, errPersonClosed()
	}
	return acct, nil
}

// Enrol makes an account in the administrator's court. The code is shown to her this once; its owner claims the account with it.
func (a *Accounts) Enrol(ctx context.Context, by Session, touch Touch, name, login string, roles []rights.Role) (Person, Code, error) {
	name, err := readName(name)
	if err != nil {
		return Person{}, Code{}, err
	}
	if login, err = readLogin(login); err != nil {
		return Person{}, Code{}, err
	}
	if err := readRoles(roles); err != nil {
		return Person{}, Code{}, err
	}
	a.changing.Lock()
	defer a.changing.Unlock()
	if err := a.may(ctx, by, rights.PeopleEnrol); err != nil {
		return Person{}, Code{}, err
	}
	if _, err := a.store.AccountByLogin(ctx, login); err == nil {
		return Person{}, Code{}, errLoginTaken(nil)
	}
	acct := store.Account{ID: secret.ID("p-"), Court: by.Person.Court, Name: name, Login: login, Made: a.now(), Epoch: 1}
	for _, r := range roles {
		acct.Roles = append(acct.Roles, string(r))
	}
	slices.Sort(acct.Roles)
	code, kept := a.drawCode(ForNew, acct.Court, acct.ID, by.Person.ID, codeLife)
	if err := touch.ask(); err != nil {
		return Person{}, Code{}, err
	}
	if err := a.enter(ctx, acct.Court, audit.PeopleEnrolled, by.Person.ID, enrolled{acct.ID, acct.Roles}); err != nil {
		return Person{}, Code{}, err
	}
	if err := a.store.PutAccount(context.WithoutCancel(ctx), acct, kept); err != nil {
		return Person{}, Code{}, putError(err, errPersonUnknown, errLoginTaken)
	}
	return personOf(acct), code, nil
}

// readRoles refuses roles that are not there and roles that must stay apart.
func readRoles(roles []rights.Role) error {
	for _, r := range roles {
		if !slices.Contains(rights.Roles(), r) {
			return signaling.Refuse("role_unknown", "There is no such role.", nil)
		}
	}
	if len(roles) == 0 {
		return signaling.Refuse("role_unknown", "A person needs a role.", nil)
	}
	if !rolesHold(roles) {
		return errRolesApart()
	}
	return nil
}

// CodeAnew draws a new code for an account that nobody has claimed yet; the one before ends. An account that has a way in is recovered, by two.
func (a *Accounts) CodeAnew(ctx context.Context, by Session, touch Touch, person string) (Code, error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.subject(ctx, by, person, rights.PeopleEnrol)
	if err != nil {
		return Code{}, err
	}
	if acct.Claimed {
		return Code{}, signaling.Refuse("person_claimed", "This account was claimed already. Two administrators together can recover it.", nil)
	}
	code, kept := a.drawCode(ForNew, acct.Court, acct.ID, by.Person.ID, codeLife)
	if err := touch.ask(); err != nil {
		return Code{}, err
	}
	if err := a.enter(ctx, acct.Court, audit.AccountCodeDrawn, by.Person.ID, drawn{ForNew, acct.ID, by.Person.ID}); err != nil {
		return Code{}, err
	}
	return code, fromStore(a.store.PutCode(context.WithoutCancel(ctx), kept), errPersonUnknown)
}

// Grant gives a role. Sessions of the person end: she signs in anew with what she is now.
func (a *Accounts) Grant(ctx context.Context, by Session, touch Touch, person string, role rights.Role) (Person, error) {
	return a.changeRoles(ctx, by, touch, person, role, audit.RoleGranted, func(now []rights.Role) ([]rights.Role, error) {
		if slices.Contains(now, role) {
			return now, nil
		}
		next := append(slices.Clone(now), role)
		return next, readRoles(next)
	})
}

// Revoke takes a role. Sessions of the person end, with all that they hold open. The last role is taken by closing the account.
func (a *Accounts) Revoke(ctx context.Context, by Session, touch Touch, person string, role rights.Role) (Person, error) {
	return a.changeRoles(ctx, by, touch, person, role, audit.RoleRevoked, func(now []rights.Role) ([]rights.Role, error) {
		return slices.DeleteFunc(slices.Clone(now), func(r rights.Role) bool { return r == role }), nil
	})
}

func (a *Accounts) changeRoles(ctx context.Context, by Session, touch Touch, person string, role rights.Role, code audit.Code, change func([]rights.Role) ([]rights.Role, error)) (Person, error) {
	if !slices.Contains(rights.Roles(), role) {
		return Person{}, signaling.Refuse("role_unknown", "There is no such role.", nil)
	}
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.subject(ctx, by, person, rights.PeopleEnrol)
	if err != nil {
		return Person{}, err
	}
	p := personOf(acct)
	next, err := change(p.Roles)
	if err != nil || slices.Equal(next, p.Roles) {
		return p, err
	}
	if err := touch.ask(); err != nil {
		return Person{}, err
	}
	if err := a.enter(ctx, acct.Court, code, by.Person.ID, ofRole{acct.ID, string(role)}); err != nil {
		return Person{}, err
	}
	var kept []string
	for _, r := range next {
		kept = append(kept, string(r))
	}
	slices.Sort(kept)
	ended, err := a.store.SetRoles(context.WithoutCancel(ctx), acct.ID, kept)
	if err != nil {
		return Person{}, fromStore(err, errPersonUnknown)
	}
	a.sayEnded(acct.ID, ended)
	return a.Person(ctx, acct.ID)
}

// Close closes an account for good: its sessions, ways and codes end.
func (a *Accounts) Close(ctx context.Context, by Session, touch Touch, person string) (Person, error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.subject(ctx, by, person, rights.PeopleEnrol)
	if err != nil {
		return Person{}, err
	}
	if err := touch.ask(); err != nil {
		return Person{}, err
	}
	if err := a.enter(ctx, acct.Court, audit.AccountClosed, by.Person.ID, ofPerson{acct.ID}); err != nil {
		return Person{}, err
	}
	ended, err := a.store.CloseAccount(context.WithoutCancel(ctx), acct.ID)
	if err != nil {
		return Person{}, fromStore(err, errPersonUnknown)
	}
	a.sayEnded(acct.ID, ended)
	return a.Person(ctx, acct.ID)
}
