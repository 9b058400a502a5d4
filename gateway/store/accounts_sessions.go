package store

import (
	"context"
	"time"
)

// AccountSession is a browser in which a person is signed in. The cookie's value never comes here.
type AccountSession struct {
	ID          string
	Hash        Hash
	Person      string
	How         string
	Since, Seen time.Time
}

// SessionsOfPerson is how many browsers one person may be signed in at; the oldest goes when one more comes.
const SessionsOfPerson = 20

// PutSession begins a session, if nothing ended the person's sessions since epoch was read; ErrUnknown otherwise. touched, where there is one, is the
// passkey that was used: both or neither are kept. It returns the ids of older sessions that had to go.
func (s *Store) PutSession(ctx context.Context, one AccountSession, epoch int64, touched *TouchedPasskey) (ended []string, err error) {
	err = s.update(ctx, func(w writer) error {
		if err := w.at(one.Person, epoch); err != nil {
			return err
		}
		if touched != nil {
			if err := w.usePasskey(touched.Credential, touched.Was, touched.Is, one.Since); err != nil {
				return err
			}
		}
		ended, err = w.session(one)
		return err
	})
	return ended, err
}

// TouchedPasskey is what an assertion changes of a passkey's record.
type TouchedPasskey struct{ Credential, Was, Is []byte }

func (w writer) session(one AccountSession) (ended []string, err error) {
	if _, err := w.exec("INSERT INTO sessions (id, hash, person, how, since, seen) VALUES (?, ?, ?, ?, ?, ?)",
		one.ID, one.Hash[:], one.Person, one.How, one.Since.UnixMilli(), one.Seen.UnixMilli()); err != nil {
		return nil, err
	}
	for {
		var count int
		var oldest string
		if err := w.tx.QueryRowContext(w.ctx, "SELECT count(*), (SELECT id FROM sessions WHERE person = ?1 AND id <> ?2 ORDER BY since, id LIMIT 1) FROM sessions WHERE person = ?1",
			one.Person, one.ID).Scan(&count, &nullable{&oldest}); err != nil {
			return nil, err
		}
		if count <= SessionsOfPerson {
			return ended, nil
		}
		if _, err := w.exec("DELETE FROM sessions WHERE id = ?", oldest); err != nil {
			return nil, err
		}
		ended = append(ended, oldest)
	}
}

// nullable takes NULL for the empty string.
type nullable struct{ to *string }

// Scan implements sql.Scanner.
func (n *nullable) Scan(v any) error {
	if s, ok := v.(string); ok {
		*n.to = s
	}
	return nil
}

const selectSession = "SELECT id, hash, person, how, since, seen FROM sessions "

func scanSession(row scanner) (AccountSession, error) {
	var one AccountSession
	var hash []byte
	var since, seen int64
	err := row.Scan(&one.ID, &hash, &one.Person, &one.How, &since, &seen)
	if len(hash) == 32 {
		one.Hash = Hash(hash)
	}
	one.Since, one.Seen = time.UnixMilli(since).UTC(), time.UnixMilli(seen).UTC()
	return one, unknownIfNone("session", err)
}

// SessionByHash reads a session by its cookie's hash, or ErrUnknown.
func (s *Store) SessionByHash(ctx context.Context, hash Hash) (AccountSession, error) {
	return scanSession(s.read.QueryRowContext(ctx, selectSession+"WHERE hash = ?", hash[:]))
}

// AccountSession reads a session by its id, or ErrUnknown.
func (s *Store) AccountSession(ctx context.Context, id string) (AccountSession, error) {
	return scanSession(s.read.QueryRowContext(ctx, selectSession+"WHERE id = ?", id))
}

// AccountSessions lists a person's sessions, newest first; person "" lists everybody's.
func (s *Store) AccountSessions(ctx context.Context, person string) ([]AccountSession, error) {
	return all(ctx, s.read, "sessions", scanSession, selectSession+"WHERE ?1 = '' OR person = ?1 ORDER BY since DESC, id", person)
}

// SeenSession keeps when a session was last used.
func (s *Store) SeenSession(ctx context.Context, id string, seen time.Time) error {
	return s.exactly(ctx, "UPDATE sessions SET seen = ?1 WHERE id = ?2 AND seen < ?1", seen.UnixMilli(), id)
}

// DropSession ends a session, or ErrUnknown.
func (s *Store) DropSession(ctx context.Context, id string) error {
	return s.exactly(ctx, "DELETE FROM sessions WHERE id = ?", id)
}
