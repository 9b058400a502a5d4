package store

import (
	"context"
	"time"
)

// AccountCode is a one-time code that claims an account.
type AccountCode struct {
	Hash    Hash
	Kind    string // first: the court's first administrator; new: an account that was made; recovery
	Court   string
	Person  string // whose account; of a first administrator, the id that it will have
	Drawn   string // by whom: a person's id, "system" (at a start), "operator" (on the server)
	Ends    time.Time
	Used    bool // by its claim, or by a newer code in its place
	Entered bool // whether the audit has that it was drawn; the operator draws in a process of her own, the running gateway enters it
}

// PutCode keeps a code; those of the same kind before it (for the court, where it is a first administrator's; else for the person) are used up.
func (s *Store) PutCode(ctx context.Context, c AccountCode) error {
	return s.update(ctx, func(w writer) error { return w.code(c) })
}

func (w writer) code(c AccountCode) error {
	if _, err := w.exec("UPDATE account_codes SET used = 1 WHERE (kind = 'first' AND ?1 = 'first' AND court = ?2) OR (?1 <> 'first' AND person = ?3)", c.Kind, c.Court, c.Person); err != nil {
		return err
	}
	_, err := w.exec("INSERT INTO account_codes (hash, kind, court, person, drawn, ends, entered) VALUES (?, ?, ?, ?, ?, ?, ?)",
		c.Hash[:], c.Kind, c.Court, c.Person, c.Drawn, c.Ends.UnixMilli(), c.Entered)
	return err
}

const selectCode = "SELECT hash, kind, court, person, drawn, ends, used, entered FROM account_codes "

func scanCode(row scanner) (AccountCode, error) {
	var c AccountCode
	var hash []byte
	var ends int64
	err := row.Scan(&hash, &c.Kind, &c.Court, &c.Person, &c.Drawn, &ends, &c.Used, &c.Entered)
	if len(hash) == 32 {
		c.Hash = Hash(hash)
	}
	c.Ends = time.UnixMilli(ends).UTC()
	return c, unknownIfNone("code", err)
}

// Code reads a code by its hash, or ErrUnknown.
func (s *Store) Code(ctx context.Context, hash Hash) (AccountCode, error) {
	return scanCode(s.read.QueryRowContext(ctx, selectCode+"WHERE hash = ?", hash[:]))
}

// CodesToEnter lists the codes that the audit does not have yet.
func (s *Store) CodesToEnter(ctx context.Context) ([]AccountCode, error) {
	return all(ctx, s.read, "codes", scanCode, selectCode+"WHERE entered = 0 ORDER BY ends")
}

// CodeEntered says that the audit has a code.
func (s *Store) CodeEntered(ctx context.Context, hash Hash) error {
	return s.exactly(ctx, "UPDATE account_codes SET entered = 1 WHERE hash = ?", hash[:])
}

// Claim is what happens when a code is used: all of it or nothing.
type Claim struct {
	Code     Hash
	Make     *Account // the first administrator's account, which is made by its claim
	EndWays  bool     // a recovery: the passkeys, the password and the sessions of before end
	Passkey  *Passkey
	Password *Password
	Provider *ProviderLink
	Session  *AccountSession // nil where the session is begun elsewhere
}

// Claim uses up a code. ErrUnknown where it is used up, ErrExists where the login or the passkey is taken. It returns the ids of sessions that ended.
func (s *Store) Claim(ctx context.Context, c Claim) (ended []string, err error) {
	err = s.update(ctx, func(w writer) error {
		if err := w.exactly("UPDATE account_codes SET used = 1 WHERE hash = ? AND used = 0", c.Code[:]); err != nil {
			return err
		}
		if c.Make != nil {
			if err := w.account(*c.Make); err != nil {
				return err
			}
		}
		if _, err := w.exec("UPDATE people SET claimed = 1 WHERE id = (SELECT person FROM account_codes WHERE hash = ?)", c.Code[:]); err != nil {
			return err
		}
		if c.EndWays {
			if ended, err = w.claimAnew(c); err != nil {
				return err
			}
		}
		if c.Passkey != nil {
			if err := w.passkey(*c.Passkey); err != nil {
				return err
			}
		}
		if c.Password != nil {
			if err := w.password(*c.Password); err != nil {
				return err
			}
		}
		if c.Provider != nil {
			if err := w.providerLink(*c.Provider); err != nil {
				return err
			}
		}
		if c.Session == nil {
			return nil
		}
		more, err := w.session(*c.Session)
		ended = append(ended, more...)
		return err
	})
	return ended, err
}

// claimAnew ends what a person signed in with before, and her seats ask for a code again: two administrators give a new way into an account, and not by it into a hearing
// that sits.
func (w writer) claimAnew(c Claim) ([]string, error) {
	var person string
	if err := w.tx.QueryRowContext(w.ctx, "SELECT person FROM account_codes WHERE hash = ?", c.Code[:]).Scan(&person); err != nil {
		return nil, err
	}
	ended, err := w.endSessions(person)
	if err != nil {
		return nil, err
	}
	if _, err := w.exec("UPDATE invitations SET taken = 0, session = '' WHERE person = ?", person); err != nil {
		return nil, err
	}
	return ended, w.dropWays(person)
}

// Recovery is an administrator's wish that a person gets a new way in; another administrator must agree.
type Recovery struct {
	ID, Court, Person, AskedBy string
	Asked, Ends                time.Time
	State                      string // waiting, agreed, refused
}

const selectRecovery = "SELECT id, court, person, asked_by, asked, ends, state FROM recoveries "

func scanRecovery(row scanner) (Recovery, error) {
	var r Recovery
	var asked, ends int64
	err := row.Scan(&r.ID, &r.Court, &r.Person, &r.AskedBy, &asked, &ends, &r.State)
	r.Asked, r.Ends = time.UnixMilli(asked).UTC(), time.UnixMilli(ends).UTC()
	return r, unknownIfNone("recovery", err)
}

// PutRecovery keeps a wish; one that waits for the same person is refused by it.
func (s *Store) PutRecovery(ctx context.Context, r Recovery) error {
	return s.update(ctx, func(w writer) error {
		if _, err := w.exec("UPDATE recoveries SET state = 'refused' WHERE person = ? AND state = 'waiting'", r.Person); err != nil {
			return err
		}
		_, err := w.exec("INSERT INTO recoveries (id, court, person, asked_by, asked, ends) VALUES (?, ?, ?, ?, ?, ?)",
			r.ID, r.Court, r.Person, r.AskedBy, r.Asked.UnixMilli(), r.Ends.UnixMilli())
		return err
	})
}

// Recovery reads a wish, or ErrUnknown.
func (s *Store) Recovery(ctx context.Context, id string) (Recovery, error) {
	return scanRecovery(s.read.QueryRowContext(ctx, selectRecovery+"WHERE id = ?", id))
}

// RecoveriesWaiting lists a court's wishes that wait, oldest first.
func (s *Store) RecoveriesWaiting(ctx context.Context, court string) ([]Recovery, error) {
	return all(ctx, s.read, "recoveries", scanRecovery, selectRecovery+"WHERE court = ? AND state = 'waiting' ORDER BY asked, id", court)
}

// EndRecovery answers a wish that waits: agreed, with the code that it leads to, or refused (code nil); ErrUnknown where it waits no more.
func (s *Store) EndRecovery(ctx context.Context, id string, code *AccountCode) error {
	state := "refused"
	if code != nil {
		state = "agreed"
	}
	return s.update(ctx, func(w writer) error {
		if err := w.exactly("UPDATE recoveries SET state = ? WHERE id = ? AND state = 'waiting'", state, id); err != nil {
			return err
		}
		if code == nil {
			return nil
		}
		return w.code(*code)
	})
}
