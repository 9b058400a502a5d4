package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// VaultRecord is a record of the vault as it is kept: its id, the court that it is of, and its JSON.
type VaultRecord struct {
	ID    string
	Court string
	Body  []byte
}

// VaultShare is half of a sealed record's key, itself sealed to one key.
type VaultShare struct {
	Half   int
	Holder string
	Key    string
	Share  []byte
}

// VaultPseudonym is a pseudonym that was given, and the spelling that it is compared by.
type VaultPseudonym struct{ Pseudonym, Folded string }

// givePseudonym is ErrExists where the court gave it before, to whomever and whenever.
func givePseudonym(w writer, court string, p VaultPseudonym) error {
	r, err := w.exec("INSERT INTO vault_pseudonyms (court, folded, pseudonym) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", court, p.Folded, p.Pseudonym)
	return oneRow(r, err, ErrExists)
}

// oneRow is the refusal where a statement changed no row.
func oneRow(r sql.Result, err, none error) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		return refusal{none}
	}
	return err
}

// GivePseudonym marks a pseudonym as given in the court, for ever. ErrExists where it was.
func (s *Store) GivePseudonym(ctx context.Context, court string, p VaultPseudonym) error {
	return s.update(ctx, func(w writer) error { return givePseudonym(w, court, p) })
}

// VaultPseudonyms lists all that were ever given in a court.
func (s *Store) VaultPseudonyms(ctx context.Context, court string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT pseudonym FROM vault_pseudonyms WHERE court = ?", court)
	return scanAll(rows, err, func(rows *sql.Rows) (p string, err error) { return p, rows.Scan(&p) })
}

// PutVaultPerson keeps a new protected person under a pseudonym that is given with it. ErrExists for a pseudonym that was given before.
func (s *Store) PutVaultPerson(ctx context.Context, r VaultRecord, p VaultPseudonym) error {
	return s.update(ctx, func(w writer) error {
		if err := givePseudonym(w, r.Court, p); err != nil {
			return err
		}
		_, err := w.exec("INSERT INTO vault_persons (id, court, body) VALUES (?, ?, ?)", r.ID, r.Court, r.Body)
		return err
	})
}

// OrderVaultPerson changes a person's record by an order, which is kept with it; p is the pseudonym that the order gives, nil for none.
func (s *Store) OrderVaultPerson(ctx context.Context, r, order VaultRecord, p *VaultPseudonym) error {
	return s.update(ctx, func(w writer) error {
		if p != nil {
			if err := givePseudonym(w, r.Court, *p); err != nil {
				return err
			}
		}
		if order.ID != "" {
			if _, err := w.exec("INSERT INTO vault_orders (id, court, body) VALUES (?, ?, ?)", order.ID, order.Court, order.Body); err != nil {
				return err
			}
		}
		return setPerson(w, r)
	})
}

func setPerson(w writer, r VaultRecord) error {
	res, err := w.exec("UPDATE vault_persons SET body = ? WHERE id = ? AND court = ?", r.Body, r.ID, r.Court)
	return oneRow(res, err, ErrUnknown)
}

// VaultPersons lists the protected persons of a court.
func (s *Store) VaultPersons(ctx context.Context, court string) ([]VaultRecord, error) {
	return s.vaultRecords(ctx, "SELECT id, court, body FROM vault_persons WHERE court = ? ORDER BY id", court)
}

// VaultPerson reads one, or ErrUnknown.
func (s *Store) VaultPerson(ctx context.Context, id string) (VaultRecord, error) {
	return one(s.vaultRecords(ctx, "SELECT id, court, body FROM vault_persons WHERE id = ?", id))
}

// PutVaultVersion appends a sealed version of a person, with its shares and the person's new record. ErrExists where the version is not the next one.
func (s *Store) PutVaultVersion(ctx context.Context, r VaultRecord, version int, body, payload []byte, shares []VaultShare) error {
	return s.update(ctx, func(w writer) error {
		var last int
		if err := w.tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM vault_versions WHERE person = ?", r.ID).Scan(&last); err != nil {
			return err
		}
		if version != last+1 {
			return refusal{ErrExists}
		}
		if _, err := w.exec("INSERT INTO vault_versions (person, version, body, payload) VALUES (?, ?, ?, ?)", r.ID, version, body, payload); err != nil {
			return err
		}
		for _, sh := range shares {
			if _, err := w.exec("INSERT INTO vault_shares (person, version, half, holder, key, share) VALUES (?, ?, ?, ?, ?, ?)",
				r.ID, version, sh.Half, sh.Holder, sh.Key, sh.Share); err != nil {
				return err
			}
		}
		return setPerson(w, r)
	})
}

// VaultPayload reads the ciphertext of a version, or ErrUnknown.
func (s *Store) VaultPayload(ctx context.Context, person string, version int) ([]byte, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT payload FROM vault_versions WHERE person = ? AND version = ?", person, version)
	return one(scanAll(rows, err, func(rows *sql.Rows) (b []byte, err error) { return b, rows.Scan(&b) }))
}

// VaultShares lists the shares of a version.
func (s *Store) VaultShares(ctx context.Context, person string, version int) ([]VaultShare, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT half, holder, key, share FROM vault_shares WHERE person = ? AND version = ? ORDER BY half, holder", person, version)
	return scanAll(rows, err, func(rows *sql.Rows) (sh VaultShare, err error) {
		return sh, rows.Scan(&sh.Half, &sh.Holder, &sh.Key, &sh.Share)
	})
}

// VaultPlaces lists the shares of a version without what they hold.
func (s *Store) VaultPlaces(ctx context.Context, person string, version int) ([]VaultShare, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT half, holder, key FROM vault_shares WHERE person = ? AND version = ? ORDER BY half, holder", person, version)
	return scanAll(rows, err, func(rows *sql.Rows) (sh VaultShare, err error) { return sh, rows.Scan(&sh.Half, &sh.Holder, &sh.Key) })
}

// ReplaceVaultShare puts a share in the place of the one of the same half and holder, which is erased. ErrUnknown where there is none.
func (s *Store) ReplaceVaultShare(ctx context.Context, person string, version int, sh VaultShare) error {
	err := s.update(ctx, func(w writer) error {
		r, err := w.exec("DELETE FROM vault_shares WHERE person = ? AND version = ? AND half = ? AND holder = ?", person, version, sh.Half, sh.Holder)
		if err := oneRow(r, err, ErrUnknown); err != nil {
			return err
		}
		_, err = w.exec("INSERT INTO vault_shares (person, version, half, holder, key, share) VALUES (?, ?, ?, ?, ?, ?)",
			person, version, sh.Half, sh.Holder, sh.Key, sh.Share)
		return err
	})
	if err == nil {
		s.forget()
	}
	return err
}

// VaultKey is a public key with whose it is and whether it counts.
type VaultKey struct {
	VaultRecord
	Owner  string // an account, or "recovery-1", "recovery-2"
	Active bool
}

// PutVaultKeys keeps keys, new ones and changed ones, in one transaction. ErrExists where a key stands for another owner or court.
func (s *Store) PutVaultKeys(ctx context.Context, keys ...VaultKey) error {
	return s.update(ctx, func(w writer) error { return putKeys(w, keys) })
}

func putKeys(w writer, keys []VaultKey) error {
	for _, ended := range []bool{true, false} { // those that end first: one account has one active key
		for _, k := range keys {
			if k.Active == ended {
				continue
			}
			r, err := w.exec(`INSERT INTO vault_keys (id, court, owner, active, body) VALUES (?1, ?2, ?3, ?4, ?5)
				ON CONFLICT (id) DO UPDATE SET active = ?4, body = ?5 WHERE court = ?2 AND owner = ?3`, k.ID, k.Court, k.Owner, k.Active, k.Body)
			if err := oneRow(r, err, ErrExists); err != nil {
				return err
			}
		}
	}
	return nil
}

// VaultKeys lists the keys of a court, those that ended too.
func (s *Store) VaultKeys(ctx context.Context, court string) ([]VaultRecord, error) {
	return s.vaultRecords(ctx, "SELECT id, court, body FROM vault_keys WHERE court = ? ORDER BY id", court)
}

// PutVaultRecovery keeps what was entered of a court's recovery pair, with the keys that begin or end by it.
func (s *Store) PutVaultRecovery(ctx context.Context, court string, body []byte, keys ...VaultKey) error {
	return s.update(ctx, func(w writer) error {
		if _, err := w.exec("INSERT INTO vault_recovery (court, body) VALUES (?1, ?2) ON CONFLICT (court) DO UPDATE SET body = ?2", court, body); err != nil {
			return err
		}
		return putKeys(w, keys)
	})
}

// VaultRecovery reads it; nil where nothing was entered.
func (s *Store) VaultRecovery(ctx context.Context, court string) ([]byte, error) {
	r, err := one(s.vaultRecords(ctx, "SELECT court, court, body FROM vault_recovery WHERE court = ?", court))
	if errors.Is(err, ErrUnknown) {
		return nil, nil
	}
	return r.Body, err
}

// VaultRelease is one half for a reader, sealed to her.
type VaultRelease struct {
	Half  int
	Share []byte
}

// PutVaultOpening keeps an opening, new or changed, and what was released with this change. An opening that does not run any more has its releases
// erased in the same transaction.
func (s *Store) PutVaultOpening(ctx context.Context, r VaultRecord, running bool, released ...VaultRelease) error {
	erased := false
	err := s.update(ctx, func(w writer) error {
		res, err := w.exec(`INSERT INTO vault_openings (id, court, running, body) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (id) DO UPDATE SET running = ?3, body = ?4 WHERE court = ?2 AND running = 1`, r.ID, r.Court, running, r.Body)
		if err := oneRow(res, err, ErrExists); err != nil {
			return err
		}
		for _, one := range released {
			if _, err := w.exec("INSERT INTO vault_releases (opening, half, share) VALUES (?, ?, ?)", r.ID, one.Half, one.Share); err != nil {
				return err
			}
		}
		if running {
			return nil
		}
		res, err = w.exec("DELETE FROM vault_releases WHERE opening = ?", r.ID)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		erased = n > 0
		return err
	})
	if err == nil && erased {
		s.forget()
	}
	return err
}

// forget brings what was erased out of the write-ahead log too: pages are overwritten with zeros as they are freed (secure_delete), and the log, which
// still holds them as they were, is emptied. Where a reader holds the log at this moment, a later checkpoint does it.
func (s *Store) forget() {
	_, _ = s.write.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
}

// VaultReleases lists what was released for an opening and is not erased.
func (s *Store) VaultReleases(ctx context.Context, opening string) ([]VaultRelease, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT half, share FROM vault_releases WHERE opening = ? ORDER BY half", opening)
	return scanAll(rows, err, func(rows *sql.Rows) (r VaultRelease, err error) { return r, rows.Scan(&r.Half, &r.Share) })
}

// VaultOpenings lists the openings of a court, past ones too; with court "" those of every court that run.
func (s *Store) VaultOpenings(ctx context.Context, court string) ([]VaultRecord, error) {
	return s.vaultRecords(ctx, "SELECT id, court, body FROM vault_openings WHERE court = ?1 OR ?1 = '' AND running = 1 ORDER BY id", court)
}

// VaultOpening reads one, or ErrUnknown.
func (s *Store) VaultOpening(ctx context.Context, id string) (VaultRecord, error) {
	return one(s.vaultRecords(ctx, "SELECT id, court, body FROM vault_openings WHERE id = ?", id))
}

func (s *Store) vaultRecords(ctx context.Context, query string, args ...any) ([]VaultRecord, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	return scanAll(rows, err, func(rows *sql.Rows) (r VaultRecord, err error) { return r, rows.Scan(&r.ID, &r.Court, &r.Body) })
}

func scanAll[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("store: vault: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("store: vault: %w", err)
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

func one[T any](all []T, err error) (T, error) {
	var none T
	if err == nil && len(all) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return none, err
	}
	return all[0], nil
}
