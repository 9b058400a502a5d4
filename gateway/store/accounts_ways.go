package store

import (
	"bytes"
	"context"
	"time"
)

// Passkey is a credential of a person (WebAuthn level 3). Record is the room's own form of it, with the public key and the sign counter.
type Passkey struct {
	Credential []byte // the id that the authenticator chose
	ID         string // how pages and the audit call it
	Person     string
	Label      string
	Record     []byte
	Made, Used time.Time
}

// Password is the fallback: an argon2id hash and a TOTP secret, sealed by the room under a key that is not in the store.
type Password struct {
	Person string
	Hash   string
	TOTP   []byte
	Step   int64 // the last TOTP time step that was taken
}

const selectPasskey = "SELECT credential, id, person, label, record, made, used FROM passkeys "

func scanPasskey(row scanner) (Passkey, error) {
	var p Passkey
	var made, used int64
	err := row.Scan(&p.Credential, &p.ID, &p.Person, &p.Label, &p.Record, &made, &used)
	p.Made, p.Used = time.UnixMilli(made).UTC(), time.UnixMilli(used).UTC()
	return p, unknownIfNone("passkey", err)
}

// Passkeys lists a person's, oldest first.
func (s *Store) Passkeys(ctx context.Context, person string) ([]Passkey, error) {
	return all(ctx, s.read, "passkeys", scanPasskey, selectPasskey+"WHERE person = ? ORDER BY made, id", person)
}

// Passkey reads one by its credential's id, or ErrUnknown.
func (s *Store) Passkey(ctx context.Context, credential []byte) (Passkey, error) {
	return scanPasskey(s.read.QueryRowContext(ctx, selectPasskey+"WHERE credential = ?", credential))
}

// PutPasskey adds one; ErrExists where the credential's id is known, of whomever, ErrUnknown where the person is closed or something ended her sessions
// since epoch was read.
func (s *Store) PutPasskey(ctx context.Context, p Passkey, epoch int64) error {
	return s.update(ctx, func(w writer) error {
		if err := w.at(p.Person, epoch); err != nil {
			return err
		}
		return w.passkey(p)
	})
}

func (w writer) passkey(p Passkey) error {
	var known int
	if err := w.tx.QueryRowContext(w.ctx, "SELECT count(*) FROM passkeys WHERE credential = ?", p.Credential).Scan(&known); err != nil {
		return err
	}
	if known > 0 {
		return refusal{ErrExists}
	}
	_, err := w.exec("INSERT INTO passkeys (credential, id, person, label, record, made, used) VALUES (?, ?, ?, ?, ?, ?, ?)",
		p.Credential, p.ID, p.Person, p.Label, p.Record, p.Made.UnixMilli(), p.Used.UnixMilli())
	return err
}

// at refuses with ErrUnknown where the person is closed, or where something ended her sessions since the epoch was read.
func (w writer) at(person string, epoch int64) error {
	var now int64
	if err := w.tx.QueryRowContext(w.ctx, "SELECT coalesce(max(epoch), 0) FROM people WHERE id = ? AND closed = 0", person).Scan(&now); err != nil {
		return err
	}
	if now != epoch || epoch == 0 {
		return refusal{ErrUnknown}
	}
	return nil
}

// UsePasskey keeps what an assertion changed (counter, backup state). was is the record that it was checked against: ErrUnknown where another
// assertion, or its end, came between.
func (s *Store) UsePasskey(ctx context.Context, credential, was, is []byte, used time.Time) error {
	return s.update(ctx, func(w writer) error { return w.usePasskey(credential, was, is, used) })
}

func (w writer) usePasskey(credential, was, is []byte, used time.Time) error {
	var now []byte
	if err := w.tx.QueryRowContext(w.ctx, "SELECT coalesce(max(record), x'') FROM passkeys WHERE credential = ?", credential).Scan(&now); err != nil {
		return err
	}
	if len(now) == 0 || !bytes.Equal(now, was) {
		return refusal{ErrUnknown}
	}
	_, err := w.exec("UPDATE passkeys SET record = ?, used = ? WHERE credential = ?", is, used.UnixMilli(), credential)
	return err
}

// LabelPasskey renames one of the person's own, or ErrUnknown.
func (s *Store) LabelPasskey(ctx context.Context, person, id, label string) error {
	return s.exactly(ctx, "UPDATE passkeys SET label = ? WHERE person = ? AND id = ?", label, person, id)
}

// DropPasskey ends one of the person's own, and her sessions but the one that keeps: whoever had the key may be in one of them. It returns their ids, or
// ErrUnknown.
func (s *Store) DropPasskey(ctx context.Context, person, id, keep string) (ended []string, err error) {
	return s.changeWay(ctx, person, keep, func(w writer) error { return w.exactly("DELETE FROM passkeys WHERE person = ? AND id = ?", person, id) })
}

// changeWay changes or ends a way in, and ends the person's sessions but one.
func (s *Store) changeWay(ctx context.Context, person, keep string, change func(writer) error) (ended []string, err error) {
	err = s.update(ctx, func(w writer) error {
		if err := change(w); err != nil {
			return err
		}
		ended, err = w.endSessionsBut(person, keep)
		return err
	})
	return ended, err
}

// exactly runs a statement that must change exactly one row; ErrUnknown where it changes none.
func (s *Store) exactly(ctx context.Context, query string, args ...any) error {
	return s.update(ctx, func(w writer) error { return w.exactly(query, args...) })
}

func (w writer) exactly(query string, args ...any) error {
	res, err := w.exec(query, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		return refusal{ErrUnknown}
	}
	return err
}

// Password reads a person's, or ErrUnknown.
func (s *Store) Password(ctx context.Context, person string) (Password, error) {
	p := Password{Person: person}
	err := s.read.QueryRowContext(ctx, "SELECT hash, totp, step FROM passwords WHERE person = ?", person).Scan(&p.Hash, &p.TOTP, &p.Step)
	return p, unknownIfNone("password", err)
}

// PutPassword sets a person's password and TOTP secret in place of what was, and ends her sessions but the one that keeps; ErrUnknown as PutPasskey.
func (s *Store) PutPassword(ctx context.Context, p Password, epoch int64, keep string) (ended []string, err error) {
	return s.changeWay(ctx, p.Person, keep, func(w writer) error {
		if err := w.at(p.Person, epoch); err != nil {
			return err
		}
		return w.password(p)
	})
}

func (w writer) password(p Password) error {
	_, err := w.exec(`INSERT INTO passwords (person, hash, totp, step) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (person) DO UPDATE SET hash = ?2, totp = ?3, step = ?4`, p.Person, p.Hash, p.TOTP, p.Step)
	return err
}

// UseTOTP takes a time step of a person's TOTP; ErrUnknown where it, or a later one, was taken before: each code is good once (RFC 6238, section 5.2).
func (s *Store) UseTOTP(ctx context.Context, person string, step int64) error {
	return s.exactly(ctx, "UPDATE passwords SET step = ?1 WHERE person = ?2 AND step < ?1", step, person)
}

// Rehash replaces the hash of a password by another one of the same password.
func (s *Store) Rehash(ctx context.Context, person, was, is string) error {
	return s.exactly(ctx, "UPDATE passwords SET hash = ? WHERE person = ? AND hash = ?", is, person, was)
}

// DropPassword ends a person's password, and her sessions but the one that keeps, or ErrUnknown.
func (s *Store) DropPassword(ctx context.Context, person, keep string) (ended []string, err error) {
	return s.changeWay(ctx, person, keep, func(w writer) error { return w.exactly("DELETE FROM passwords WHERE person = ?", person) })
}
