package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Hash is a SHA-256 of a code, cookie or token. The secret itself never comes
// here.
type Hash = [32]byte

// Seat is what the store knows of a place in a hearing.
type Seat struct {
	Generation int64 // grows with each new code; cookies of older ones are void
	Capacity   int   // how many browsers one code admits; 1 but for the gallery
	Taken      int   // how many it has admitted in this generation
	Revoked    bool
	Codes      []Hash // by generation; the last one is in force
}

// PutSeat makes a seat, or gives it a new generation with a new code: every
// cookie of before stops being valid and the seat is no longer revoked. It
// returns the new generation, counted from 1.
func (s *Store) PutSeat(ctx context.Context, hearing, seat string, code Hash, capacity int) (int64, error) {
	var generation int64
	err := s.update(ctx, func(w writer) (err error) {
		generation, err = putSeat(ctx, w, hearing, seat, code, capacity)
		return err
	})
	return generation, err
}

func putSeat(ctx context.Context, w writer, hearing, seat string, code Hash, capacity int) (generation int64, err error) {
	if _, err := w.exec(`INSERT INTO seats (hearing, seat, generation, capacity) VALUES (?1, ?2, 1, ?3)
		ON CONFLICT (hearing, seat) DO UPDATE SET generation = generation + 1, capacity = ?3, revoked = 0`, hearing, seat, capacity); err != nil {
		return 0, err
	}
	if err := w.tx.QueryRowContext(ctx, "SELECT generation FROM seats WHERE hearing = ? AND seat = ?", hearing, seat).Scan(&generation); err != nil {
		return 0, err
	}
	if _, err := w.exec("DELETE FROM cookies WHERE hearing = ? AND seat = ?", hearing, seat); err != nil {
		return 0, err
	}
	_, err = w.exec("INSERT INTO codes (hearing, seat, generation, hash) VALUES (?, ?, ?, ?)", hearing, seat, generation, code[:])
	return generation, err
}

// Seat reads a seat, or ErrUnknown.
func (s *Store) Seat(ctx context.Context, hearing, seat string) (Seat, error) {
	var out Seat
	err := s.read.QueryRowContext(ctx, `SELECT generation, capacity, revoked,
		(SELECT count(*) FROM cookies c WHERE c.hearing = s.hearing AND c.seat = s.seat AND c.generation = s.generation)
		FROM seats s WHERE hearing = ? AND seat = ?`, hearing, seat).Scan(&out.Generation, &out.Capacity, &out.Revoked, &out.Taken)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Seat{}, ErrUnknown
	case err != nil:
		return Seat{}, fmt.Errorf("store: seat: %w", err)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT hash FROM codes WHERE hearing = ? AND seat = ? ORDER BY generation", hearing, seat)
	if err != nil {
		return Seat{}, fmt.Errorf("store: seat: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return Seat{}, fmt.Errorf("store: seat: %w", err)
		}
		out.Codes = append(out.Codes, Hash(b))
	}
	return out, rows.Err()
}

// AddCookie admits one more browser to the seat, if generation is still in
// force and there is room; ErrExists when the seat is full, ErrUnknown when
// the seat is gone, revoked or of another generation. The check and the
// admission are one transaction, so two browsers cannot both win.
func (s *Store) AddCookie(ctx context.Context, hearing, seat string, generation int64, cookie Hash) error {
	return s.update(ctx, func(w writer) error {
		var capacity, taken int
		err := w.tx.QueryRowContext(ctx, `SELECT capacity,
			(SELECT count(*) FROM cookies c WHERE c.hearing = s.hearing AND c.seat = s.seat AND c.generation = s.generation)
			FROM seats s WHERE hearing = ? AND seat = ? AND generation = ? AND revoked = 0`, hearing, seat, generation).Scan(&capacity, &taken)
		if errors.Is(err, sql.ErrNoRows) {
			return refusal{ErrUnknown}
		}
		if err != nil {
			return err
		}
		if taken >= capacity {
			return refusal{ErrExists}
		}
		_, err = w.exec("INSERT INTO cookies (hearing, seat, generation, hash) VALUES (?, ?, ?, ?)", hearing, seat, generation, cookie[:])
		return err
	})
}

// Cookies lists the cookie hashes that hold the seat now; empty when it is
// free or revoked.
func (s *Store) Cookies(ctx context.Context, hearing, seat string) ([]Hash, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT c.hash FROM cookies c JOIN seats s ON s.hearing = c.hearing AND s.seat = c.seat
		WHERE c.hearing = ? AND c.seat = ? AND c.generation = s.generation AND s.revoked = 0`, hearing, seat)
	if err != nil {
		return nil, fmt.Errorf("store: cookies: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Hash
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("store: cookies: %w", err)
		}
		out = append(out, Hash(b))
	}
	return out, rows.Err()
}

// RevokeSeat takes the seat from whoever holds it; no code of before enters
// again. ErrUnknown if there is no such seat.
func (s *Store) RevokeSeat(ctx context.Context, hearing, seat string) error {
	return s.update(ctx, func(w writer) error {
		r, err := w.exec("UPDATE seats SET revoked = 1 WHERE hearing = ? AND seat = ?", hearing, seat)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return refusal{ErrUnknown}
		}
		_, err = w.exec("DELETE FROM cookies WHERE hearing = ? AND seat = ?", hearing, seat)
		return err
	})
}

// PutToken keeps the hash of a publication's bearer token, in place of one
// given before for the same label.
func (s *Store) PutToken(ctx context.Context, hearing, label string, token Hash) error {
	return s.update(ctx, func(w writer) error {
		_, err := w.exec("INSERT INTO tokens (hearing, label, hash) VALUES (?, ?, ?) ON CONFLICT (hearing, label) DO UPDATE SET hash = excluded.hash", hearing, label, token[:])
		return err
	})
}

// Tokens gives the token hashes of a hearing by label.
func (s *Store) Tokens(ctx context.Context, hearing string) (map[string]Hash, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT label, hash FROM tokens WHERE hearing = ?", hearing)
	if err != nil {
		return nil, fmt.Errorf("store: tokens: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := make(map[string]Hash)
	for rows.Next() {
		var label string
		var b []byte
		if err := rows.Scan(&label, &b); err != nil {
			return nil, fmt.Errorf("store: tokens: %w", err)
		}
		out[label] = Hash(b)
	}
	return out, rows.Err()
}

// DropToken ends a publication's token; ending one that is not there is no
// error.
func (s *Store) DropToken(ctx context.Context, hearing, label string) error {
	return s.update(ctx, func(w writer) error {
		_, err := w.exec("DELETE FROM tokens WHERE hearing = ? AND label = ?", hearing, label)
		return err
	})
}
