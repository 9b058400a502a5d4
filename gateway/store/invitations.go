package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Invitation binds an account to a seat of a hearing for a time.
type Invitation struct {
	Hearing, Seat string
	Generation    int64  // of the seat
	Person        string // who is invited
	By            string // who invited: an account, or "system"
	From, Until   time.Time
	Taken         bool   // she proved the code once
	Session       string // the session that took the seat last; "" for none
	Revoked       bool
}

const invitationColumns = `i.hearing, i.seat, i.generation, i.person, i.invited_by, i.begins, i.ends, i.taken, i.session, s.revoked
	FROM invitations i JOIN seats s ON s.hearing = i.hearing AND s.seat = i.seat AND s.generation = i.generation`

// PutInvitation gives the seat a new generation with this code and binds it to the invitation's person. As with PutSeat, every cookie and every code of before is void.
// Where v names a generation, it does so only while the seat is of that one and not revoked; ErrUnknown otherwise: who renews what he read brings nothing back that was ended meanwhile.
func (s *Store) PutInvitation(ctx context.Context, v Invitation, code Hash) error {
	return s.update(ctx, func(w writer) error {
		if v.Generation != 0 {
			r, err := w.exec("UPDATE seats SET revoked = 0 WHERE hearing = ? AND seat = ? AND generation = ? AND revoked = 0", v.Hearing, v.Seat, v.Generation)
			if err := changedOne(r, err); err != nil {
				return err
			}
		}
		generation, err := putSeat(ctx, w, v.Hearing, v.Seat, code, 1)
		if err != nil {
			return err
		}
		_, err = w.exec(`INSERT INTO invitations (hearing, seat, generation, person, invited_by, begins, ends) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT (hearing, seat) DO UPDATE SET generation = ?3, person = ?4, invited_by = ?5, begins = ?6, ends = ?7, taken = 0, session = ''`,
			v.Hearing, v.Seat, generation, v.Person, v.By, v.From.UnixMilli(), v.Until.UnixMilli())
		return err
	})
}

// ExtendInvitation changes when the invitation ends, if it is of this generation; ErrUnknown where it is not any more.
func (s *Store) ExtendInvitation(ctx context.Context, hearing, seat string, generation int64, until time.Time) error {
	return s.update(ctx, func(w writer) error {
		r, err := w.exec("UPDATE invitations SET ends = ? WHERE hearing = ? AND seat = ? AND generation = ?", until.UnixMilli(), hearing, seat, generation)
		return changedOne(r, err)
	})
}

// TakeSeat gives the seat to a session of the invited person: the one cookie that holds it from now on is this one. It does so only while the seat is of this
// generation and not revoked, and was last taken by the session `before`, so that of two browsers that come at once one is refused with ErrUnknown.
func (s *Store) TakeSeat(ctx context.Context, hearing, seat string, generation int64, before, session string, cookie Hash) error {
	return s.update(ctx, func(w writer) error {
		r, err := w.exec(`UPDATE invitations SET taken = 1, session = ?1 WHERE hearing = ?2 AND seat = ?3 AND generation = ?4 AND session = ?5 AND EXISTS
			(SELECT 1 FROM seats WHERE hearing = ?2 AND seat = ?3 AND generation = ?4 AND revoked = 0)`, session, hearing, seat, generation, before)
		if err := changedOne(r, err); err != nil {
			return err
		}
		if _, err := w.exec("DELETE FROM cookies WHERE hearing = ? AND seat = ?", hearing, seat); err != nil {
			return err
		}
		_, err = w.exec("INSERT INTO cookies (hearing, seat, generation, hash) VALUES (?, ?, ?, ?)", hearing, seat, generation, cookie[:])
		return err
	})
}

// changedOne holds that a statement changed one row.
func changedOne(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, refusal{ErrUnknown})
	}
	return nil
}

// Invitation reads the invitation in force for a seat, revoked or not; ErrUnknown where there is none, or a newer link has taken its place.
func (s *Store) Invitation(ctx context.Context, hearing, seat string) (Invitation, error) {
	all, err := s.invitations(ctx, "WHERE i.hearing = ? AND i.seat = ?", hearing, seat)
	if err == nil && len(all) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Invitation{}, err
	}
	return all[0], nil
}

// Invitations lists those of a hearing.
func (s *Store) Invitations(ctx context.Context, hearing string) ([]Invitation, error) {
	return s.invitations(ctx, "WHERE i.hearing = ? ORDER BY i.seat", hearing)
}

// InvitationsOf lists those of an account.
func (s *Store) InvitationsOf(ctx context.Context, person string) ([]Invitation, error) {
	return s.invitations(ctx, "WHERE i.person = ? ORDER BY i.hearing, i.seat", person)
}

func (s *Store) invitations(ctx context.Context, where string, args ...any) ([]Invitation, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+invitationColumns+" "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("store: invitations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []Invitation
	for rows.Next() {
		var v Invitation
		var from, until int64
		if err := rows.Scan(&v.Hearing, &v.Seat, &v.Generation, &v.Person, &v.By, &from, &until, &v.Taken, &v.Session, &v.Revoked); err != nil {
			return nil, fmt.Errorf("store: invitations: %w", err)
		}
		v.From, v.Until = time.UnixMilli(from).UTC(), time.UnixMilli(until).UTC()
		all = append(all, v)
	}
	return all, rows.Err()
}
