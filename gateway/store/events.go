package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrNotContiguous is returned when an event's index is not the next one of
// its hearing.
var ErrNotContiguous = errors.New("store: index is not contiguous")

// Event is one record of a hearing as it is hashed: the canonical bytes and
// the salt (16 bytes). Index counts from 1 in each hearing.
type Event struct {
	Index     uint64
	Canonical []byte
	Salt      []byte
}

// Answer is what a command was answered with: the index of the first event it
// made and its result, if any. It makes a command that is sent twice be done
// once.
type Answer struct {
	Seat   string
	ID     string
	Index  uint64
	Result []byte
}

// Append writes the events and the answers in one transaction. The first
// event's index must be Count+1 and the rest must follow (ErrNotContiguous);
// an answer whose seat and id are there already is refused with ErrExists and
// nothing is written. nil means durable.
func (s *Store) Append(ctx context.Context, hearing string, events []Event, answers ...Answer) error {
	return s.update(ctx, func(w writer) error {
		var next uint64
		if err := w.tx.QueryRowContext(ctx, "SELECT coalesce(max(idx), 0) + 1 FROM events WHERE hearing = ?", hearing).Scan(&next); err != nil {
			return err
		}
		for i, e := range events {
			if e.Index != next+uint64(i) {
				return refusal{fmt.Errorf("%w: got %d, want %d", ErrNotContiguous, e.Index, next+uint64(i))}
			}
			if _, err := w.exec("INSERT INTO events (hearing, idx, canonical, salt) VALUES (?, ?, ?, ?)",
				hearing, e.Index, e.Canonical, e.Salt); err != nil {
				return err
			}
		}
		return insertAnswers(w, hearing, answers)
	})
}

func insertAnswers(w writer, hearing string, answers []Answer) error {
	for _, a := range answers {
		r, err := w.exec("INSERT INTO answers (hearing, seat, id, idx, result) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			hearing, a.Seat, answerKey(hearing, a.Seat, a.ID), a.Index, a.Result)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return refusal{fmt.Errorf("%w: answer to this command", ErrExists)}
		}
	}
	return nil
}

// answerKey is what is kept of a command's id. The id is a stranger's to choose, so that a device's name could stand in it; the store must hold nothing
// of the shielded room.
func answerKey(hearing, seat, id string) string {
	sum := sha256.Sum256([]byte(hearing + "\x00" + seat + "\x00" + id))
	return hex.EncodeToString(sum[:])
}

// Count is the number of events of the hearing, which is the index of the
// last one; 0 for a hearing without events.
func (s *Store) Count(ctx context.Context, hearing string) (uint64, error) {
	var n uint64
	err := s.read.QueryRowContext(ctx, "SELECT coalesce(max(idx), 0) FROM events WHERE hearing = ?", hearing).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("store: count: %w", err)
	}
	return n, nil
}

// Events calls each for every event of the hearing with index > after, in
// order of index, until each returns an error, which is returned as it is.
func (s *Store) Events(ctx context.Context, hearing string, after uint64, each func(Event) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT idx, canonical, salt FROM events WHERE hearing = ? AND idx > ? ORDER BY idx", hearing, after)
	if err != nil {
		return fmt.Errorf("store: events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e Event
		if err := rows.Scan(&e.Index, &e.Canonical, &e.Salt); err != nil {
			return fmt.Errorf("store: events: %w", err)
		}
		if err := each(e); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("store: events: %w", err)
	}
	return nil
}

// Answered looks up the answer to a command; ok is false when it was never
// answered.
func (s *Store) Answered(ctx context.Context, hearing, seat, id string) (a Answer, ok bool, err error) {
	a = Answer{Seat: seat, ID: id}
	err = s.read.QueryRowContext(ctx, "SELECT idx, result FROM answers WHERE hearing = ? AND seat = ? AND id IN (?, ?)",
		hearing, seat, answerKey(hearing, seat, id), id).Scan(&a.Index, &a.Result) // the id itself: of a store from before ids were kept as hashes
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Answer{}, false, nil
	case err != nil:
		return Answer{}, false, fmt.Errorf("store: answer: %w", err)
	}
	return a, true, nil
}

// PutHearing keeps the configuration of a new hearing; ErrExists if the id is
// taken.
func (s *Store) PutHearing(ctx context.Context, id string, config []byte) error {
	return s.update(ctx, func(w writer) error {
		r, err := w.exec("INSERT INTO hearings (id, config) VALUES (?, ?) ON CONFLICT DO NOTHING", id, config)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return refusal{fmt.Errorf("%w: hearing", ErrExists)}
		}
		return nil
	})
}

// Hearing gives the configuration of a hearing, or ErrUnknown.
func (s *Store) Hearing(ctx context.Context, id string) ([]byte, error) {
	return s.one(ctx, "SELECT config FROM hearings WHERE id = ?", id)
}

// Hearings lists the ids of all hearings in order.
func (s *Store) Hearings(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id FROM hearings ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("store: hearings: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("store: hearings: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// SetMeta keeps a value of the gateway as a whole under a name.
func (s *Store) SetMeta(ctx context.Context, name string, value []byte) error {
	return s.update(ctx, func(w writer) error {
		_, err := w.exec("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
		return err
	})
}

// Meta gives the value kept under a name, or ErrUnknown.
func (s *Store) Meta(ctx context.Context, name string) ([]byte, error) {
	return s.one(ctx, "SELECT value FROM meta WHERE name = ?", name)
}

func (s *Store) one(ctx context.Context, query string, args ...any) ([]byte, error) {
	var b []byte
	err := s.read.QueryRowContext(ctx, query, args...).Scan(&b)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, ErrUnknown
	case err != nil:
		return nil, fmt.Errorf("store: read: %w", err)
	}
	return b, nil
}
