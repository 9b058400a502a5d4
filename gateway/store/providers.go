package store

import (
	"context"
	"errors"
	"time"
)

// ProviderLink says that whom an identity provider calls by a subject is a person with an account here.
type ProviderLink struct {
	Hash   Hash // of issuer and subject, by the room
	Person string
	Made   time.Time
}

const selectLink = "SELECT hash, person, made FROM provider_links "

func scanLink(row scanner) (ProviderLink, error) {
	var l ProviderLink
	var hash []byte
	var made int64
	err := row.Scan(&hash, &l.Person, &made)
	if len(hash) == 32 {
		l.Hash = Hash(hash)
	}
	l.Made = time.UnixMilli(made).UTC()
	return l, unknownIfNone("provider link", err)
}

// ProviderLink reads a link by its hash, or ErrUnknown.
func (s *Store) ProviderLink(ctx context.Context, hash Hash) (ProviderLink, error) {
	return scanLink(s.read.QueryRowContext(ctx, selectLink+"WHERE hash = ?", hash[:]))
}

// ProviderLinkOf reads a person's link, or ErrUnknown.
func (s *Store) ProviderLinkOf(ctx context.Context, person string) (ProviderLink, error) {
	return scanLink(s.read.QueryRowContext(ctx, selectLink+"WHERE person = ?", person))
}

// PutProviderLink keeps a link; ErrExists where the subject or the person has one, ErrUnknown as PutPasskey.
func (s *Store) PutProviderLink(ctx context.Context, l ProviderLink, epoch int64) error {
	return s.update(ctx, func(w writer) error {
		if err := w.at(l.Person, epoch); err != nil {
			return err
		}
		return w.providerLink(l)
	})
}

func (w writer) providerLink(l ProviderLink) error {
	var known int
	if err := w.tx.QueryRowContext(w.ctx, "SELECT count(*) FROM provider_links WHERE hash = ? OR person = ?", l.Hash[:], l.Person).Scan(&known); err != nil {
		return err
	}
	if known > 0 {
		return refusal{ErrExists}
	}
	_, err := w.exec("INSERT INTO provider_links (hash, person, made) VALUES (?, ?, ?)", l.Hash[:], l.Person, l.Made.UnixMilli())
	return err
}

// DropProviderLink ends a person's link and the sessions that were begun by the provider, whose ids it returns, and lets none begin on the link that was;
// ErrUnknown where there is none.
func (s *Store) DropProviderLink(ctx context.Context, person string) (ended []string, err error) {
	err = s.update(ctx, func(w writer) error {
		if err := w.exactly("DELETE FROM provider_links WHERE person = ?", person); err != nil {
			return err
		}
		if err := w.exactly("UPDATE people SET epoch = epoch + 1 WHERE id = ?", person); err != nil {
			return err
		}
		rows, err := w.tx.QueryContext(w.ctx, "DELETE FROM sessions WHERE person = ? AND how = 'provider' RETURNING id", person)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return errors.Join(err, rows.Close())
			}
			ended = append(ended, id)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	return ended, err
}
