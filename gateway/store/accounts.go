package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Account is a person of a court, as the store knows her.
type Account struct {
	ID, Court, Name, Login string
	Roles                  []string // in alphabetical order
	Made                   time.Time
	Closed                 bool
	Epoch                  int64 // grows with whatever ends her sessions
	Ways                   int   // how many passkeys, passwords and links to a provider she has
	Claimed                bool  // whether she ever claimed the account with a code
}

const selectAccount = `SELECT id, court, name, login, made, closed, epoch,
	(SELECT coalesce(group_concat(role, ' '), '') FROM (SELECT role FROM people_roles WHERE person = p.id ORDER BY role)),
	(SELECT count(*) FROM passkeys WHERE person = p.id) + (SELECT count(*) FROM passwords WHERE person = p.id)
	+ (SELECT count(*) FROM provider_links WHERE person = p.id), claimed
	FROM people p `

type scanner interface{ Scan(...any) error }

func scanAccount(row scanner, more ...any) (Account, error) {
	var a Account
	var made int64
	var roles string
	err := row.Scan(append([]any{&a.ID, &a.Court, &a.Name, &a.Login, &made, &a.Closed, &a.Epoch, &roles, &a.Ways, &a.Claimed}, more...)...)
	a.Made, a.Roles = time.UnixMilli(made).UTC(), strings.Fields(roles)
	return a, unknownIfNone("account", err)
}

// unknownIfNone gives a query's error its place, and ErrUnknown for an empty answer.
func unknownIfNone(what string, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrUnknown
	case err != nil:
		return fmt.Errorf("store: %s: %w", what, err)
	}
	return nil
}

// all reads every row of a query.
func all[T any](ctx context.Context, db *sql.DB, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", what, err)
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// Account reads a person, or ErrUnknown.
func (s *Store) Account(ctx context.Context, id string) (Account, error) {
	return scanAccount(s.read.QueryRowContext(ctx, selectAccount+"WHERE id = ?", id))
}

// AccountByLogin reads a person by what she signs in with, or ErrUnknown.
func (s *Store) AccountByLogin(ctx context.Context, login string) (Account, error) {
	return scanAccount(s.read.QueryRowContext(ctx, selectAccount+"WHERE login = ?", login))
}

// Accounts lists the people of a court, closed ones too, by name.
func (s *Store) Accounts(ctx context.Context, court string) ([]Account, error) {
	return all(ctx, s.read, "accounts", func(r scanner) (Account, error) { return scanAccount(r) }, selectAccount+"WHERE court = ? ORDER BY name, id", court)
}

// PutAccount makes a person with her roles and the code that she claims the account with; ErrExists where the login is taken.
func (s *Store) PutAccount(ctx context.Context, a Account, code AccountCode) error {
	return s.update(ctx, func(w writer) error {
		if err := w.account(a); err != nil {
			return err
		}
		return w.code(code)
	})
}

func (w writer) account(a Account) error {
	var taken int
	if err := w.tx.QueryRowContext(w.ctx, "SELECT count(*) FROM people WHERE login = ? OR id = ?", a.Login, a.ID).Scan(&taken); err != nil {
		return err
	}
	if taken > 0 {
		return refusal{ErrExists}
	}
	if _, err := w.exec("INSERT INTO people (id, court, name, login, made) VALUES (?, ?, ?, ?, ?)", a.ID, a.Court, a.Name, a.Login, a.Made.UnixMilli()); err != nil {
		return err
	}
	return w.roles(a.ID, a.Roles)
}

func (w writer) roles(person string, roles []string) error {
	for _, r := range roles {
		if _, err := w.exec("INSERT INTO people_roles (person, role) VALUES (?, ?)", person, r); err != nil {
			return err
		}
	}
	return nil
}

// SetRoles gives a person exactly these roles and ends her sessions, whose ids it returns; ErrUnknown where she is not there or closed.
func (s *Store) SetRoles(ctx context.Context, person string, roles []string) (ended []string, err error) {
	err = s.update(ctx, func(w writer) error {
		if ended, err = w.endSessions(person); err != nil {
			return err
		}
		if _, err := w.exec("DELETE FROM people_roles WHERE person = ?", person); err != nil {
			return err
		}
		return w.roles(person, roles)
	})
	return ended, err
}

// CloseAccount closes a person's account for good: her ways, codes, waiting recoveries and sessions go, her id stays for the audit's reader.
func (s *Store) CloseAccount(ctx context.Context, person string) (ended []string, err error) {
	err = s.update(ctx, func(w writer) error {
		if ended, err = w.endSessions(person); err != nil {
			return err
		}
		if err := w.dropWays(person); err != nil {
			return err
		}
		for _, q := range []string{
			"UPDATE people SET closed = 1 WHERE id = ?", "DELETE FROM account_codes WHERE person = ?",
			"UPDATE recoveries SET state = 'refused' WHERE person = ? AND state = 'waiting'",
		} {
			if _, err := w.exec(q, person); err != nil {
				return err
			}
		}
		return nil
	})
	return ended, err
}

// endSessions ends the sessions of a person who is there and not closed, and lets none begin on what held before.
func (w writer) endSessions(person string) (ended []string, err error) {
	return w.endSessionsBut(person, "")
}

// endSessionsBut is endSessions that keeps one session.
func (w writer) endSessionsBut(person, keep string) (ended []string, err error) {
	if err := w.exactly("UPDATE people SET epoch = epoch + 1 WHERE id = ? AND closed = 0", person); err != nil {
		return nil, err
	}
	rows, err := w.tx.QueryContext(w.ctx, "SELECT id FROM sessions WHERE person = ? AND id <> ?", person, keep)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		ended = append(ended, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	_, err = w.exec("DELETE FROM sessions WHERE person = ? AND id <> ?", person, keep)
	return ended, err
}

func (w writer) dropWays(person string) error {
	for _, q := range []string{"DELETE FROM passkeys WHERE person = ?", "DELETE FROM passwords WHERE person = ?", "DELETE FROM provider_links WHERE person = ?"} {
		if _, err := w.exec(q, person); err != nil {
			return err
		}
	}
	return nil
}
