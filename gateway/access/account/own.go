package account

import (
	"context"
	"errors"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/store"
)

// Way is a passkey as its owner sees it.
type Way struct {
	ID, Label string
	Made      time.Time
	Used      time.Time // when it last signed in or confirmed; as Made before that
	BackedUp  bool      // its key is synced by the maker of the authenticator (WebAuthn level 3, section 6.1.3)
}

// Own is what a person has to sign in with.
type Own struct {
	Passkeys []Way
	Password bool
}

// Own lists the ways of the session's person.
func (a *Accounts) Own(ctx context.Context, s Session) (Own, error) {
	acct, err := a.store.Account(ctx, s.Person.ID)
	if err != nil {
		return Own{}, fromStore(err, errPersonUnknown)
	}
	o, kept, err := a.ownerOf(ctx, acct)
	if err != nil {
		return Own{}, err
	}
	var own Own
	for i, p := range kept {
		own.Passkeys = append(own.Passkeys, Way{p.ID, p.Label, p.Made, p.Used, o.keys[i].Flags.BackupState})
	}
	_, err = a.store.Password(ctx, acct.ID)
	own.Password = err == nil
	if errors.Is(err, store.ErrUnknown) {
		err = nil
	}
	return own, fromStore(err, errPersonUnknown)
}

// still reads the account of a session that must not have ended while something was being prepared for it: whoever was recovered, closed or given another
// role meanwhile adds no way in by it.
func (a *Accounts) still(ctx context.Context, s Session) (store.Account, error) {
	if _, err := a.store.AccountSession(ctx, s.ID); err != nil {
		return store.Account{}, fromStore(err, errSessionUnknown)
	}
	acct, err := a.store.Account(ctx, s.Person.ID)
	if err == nil && acct.Closed {
		return acct, errPersonClosed()
	}
	return acct, fromStore(err, errPersonUnknown)
}

// BeginPasskey gives the options of one more passkey of the session's person.
func (a *Accounts) BeginPasskey(ctx context.Context, s Session) (options any, err error) {
	acct, err := a.still(ctx, s)
	if err != nil {
		return nil, err
	}
	o, _, err := a.ownerOf(ctx, acct)
	if err != nil {
		return nil, err
	}
	if len(o.keys) >= passkeysOfPerson {
		return nil, errTooMany(0)
	}
	return a.registration(o, forPasskey, s.ID)
}

// passkeysOfPerson bounds what one person may enrol.
const passkeysOfPerson = 20

// FinishPasskey adds it.
func (a *Accounts) FinishPasskey(ctx context.Context, s Session, label string, response []byte) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.still(ctx, s)
	if err != nil {
		return err
	}
	p, err := a.registered(acct, forPasskey, s.ID, label, response)
	if err != nil {
		return err
	}
	if err := a.freshCredential(ctx, p); err != nil {
		return err
	}
	if err := a.enter(ctx, acct.Court, audit.AccountPasskeyAdded, acct.ID, ofPasskey{p.ID}); err != nil {
		return err
	}
	return putError(a.store.PutPasskey(context.WithoutCancel(ctx), p, acct.Epoch), errFailed, errPasskeyKnown)
}

// freshCredential refuses a credential id that is enrolled already, of whomever (section 7.1, step 26): with one id for two accounts, one would sign
// in as the other.
func (a *Accounts) freshCredential(ctx context.Context, p store.Passkey) error {
	_, err := a.store.Passkey(ctx, p.Credential)
	switch {
	case err == nil:
		return errPasskeyKnown(nil)
	case errors.Is(err, store.ErrUnknown):
		return nil
	}
	return fromStore(err, errFailed)
}

// putError is fromStore for a write that may find what it makes.
func putError(err error, unknown, exists func(error) error) error {
	if errors.Is(err, store.ErrExists) {
		return exists(err)
	}
	return fromStore(err, unknown)
}

// LabelPasskey gives one of the person's own passkeys another word.
func (a *Accounts) LabelPasskey(ctx context.Context, s Session, id, label string) error {
	label, err := readLabel(label)
	if err != nil {
		return err
	}
	return fromStore(a.store.LabelPasskey(context.WithoutCancel(ctx), s.Person.ID, id, label), errPasskeyUnknown)
}

// DropPasskey ends one of the person's own passkeys, unless it is the only way in, and her other sessions: she may be doing it because the key was stolen.
func (a *Accounts) DropPasskey(ctx context.Context, s Session, id string) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	acct, err := a.still(ctx, s)
	if err != nil {
		return err
	}
	own, err := a.Own(ctx, s)
	if err != nil {
		return err
	}
	mine := false
	for _, w := range own.Passkeys {
		mine = mine || w.ID == id
	}
	switch {
	case !mine:
		return errPasskeyUnknown(nil)
	case acct.Ways < 2:
		return errLastWay()
	}
	if err := a.enter(ctx, acct.Court, audit.AccountPasskeyDropped, acct.ID, ofPasskey{id}); err != nil {
		return err
	}
	ended, err := a.store.DropPasskey(context.WithoutCancel(ctx), acct.ID, id, s.ID)
	a.sayEnded(acct.ID, ended)
	return fromStore(err, errPasskeyUnknown)
}
