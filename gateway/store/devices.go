package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Device is an enrolled device of a court.
type Device struct {
	ID       string
	Court    string
	Kind     string // room, camera
	Label    string // how the court calls the room; in no log and no audit
	Kept     string // where it says that its key is
	Key      Hash   // SHA-256 of its public key (SPKI)
	Enrolled time.Time
	Until    time.Time // its newest certificate's end
	Entered  time.Time // zero: never
	Revoked  time.Time // zero: it is not
	Why      string
}

// DevicePlace is a device's place in a hearing.
type DevicePlace struct {
	Hearing, Place, Device string
	Since                  time.Time
}

// AddDevice enters a device. ErrExists: its id or its key is enrolled already, revoked ones included, so that a stolen key does not come back by a new name.
func (s *Store) AddDevice(ctx context.Context, d Device) error {
	return s.update(ctx, func(w writer) error {
		_, err := w.exec("INSERT INTO devices (id, court, kind, label, kept, key, enrolled, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			d.ID, d.Court, d.Kind, d.Label, d.Kept, d.Key[:], d.Enrolled.UnixMilli(), d.Until.UnixMilli())
		return deviceTaken(err)
	})
}

// deviceTaken makes the breach of a UNIQUE rule ErrExists.
func deviceTaken(err error) error {
	if err != nil && strings.Contains(err.Error(), "UNIQUE constraint failed") {
		return refusal{ErrExists}
	}
	return err
}

const deviceColumns = "SELECT id, court, kind, label, kept, key, enrolled, until, entered, revoked, coalesce(why, '') FROM devices "

// Device reads one, or ErrUnknown.
func (s *Store) Device(ctx context.Context, id string) (Device, error) {
	all, err := s.readDevices(ctx, deviceColumns+"WHERE id = ?", id)
	if err == nil && len(all) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Device{}, err
	}
	return all[0], nil
}

// Devices lists a court's devices, in the order of their enrolment, revoked ones included.
func (s *Store) Devices(ctx context.Context, court string) ([]Device, error) {
	return s.readDevices(ctx, deviceColumns+"WHERE court = ? ORDER BY enrolled, id", court)
}

func (s *Store) readDevices(ctx context.Context, query string, args ...any) ([]Device, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("store: devices: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Device
	for rows.Next() {
		var d Device
		var key []byte
		var enrolled, until int64
		var entered, revoked sql.NullInt64
		if err := rows.Scan(&d.ID, &d.Court, &d.Kind, &d.Label, &d.Kept, &key, &enrolled, &until, &entered, &revoked, &d.Why); err != nil {
			return nil, fmt.Errorf("store: devices: %w", err)
		}
		d.Key, d.Enrolled, d.Until = Hash(key), time.UnixMilli(enrolled), time.UnixMilli(until)
		d.Entered, d.Revoked = deviceMoment(entered), deviceMoment(revoked)
		out = append(out, d)
	}
	return out, rows.Err()
}

func deviceMoment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64)
}

// RenewDevice notes the end of a new certificate. ErrUnknown: there is no such device, or it is revoked.
func (s *Store) RenewDevice(ctx context.Context, id string, until time.Time) error {
	return s.changeDevice(ctx, "UPDATE devices SET until = ?1 WHERE id = ?2 AND revoked IS NULL", until.UnixMilli(), id)
}

// DeviceEntered notes when a device last entered a hearing. ErrUnknown as RenewDevice.
func (s *Store) DeviceEntered(ctx context.Context, id string, at time.Time) error {
	return s.changeDevice(ctx, "UPDATE devices SET entered = ?1 WHERE id = ?2 AND revoked IS NULL", at.UnixMilli(), id)
}

// RevokeDevice ends a device for ever. ErrUnknown as RenewDevice: revoking it twice is the second one's business.
func (s *Store) RevokeDevice(ctx context.Context, id, why string, at time.Time) error {
	return s.changeDevice(ctx, "UPDATE devices SET revoked = ?1, why = ?3 WHERE id = ?2 AND revoked IS NULL", at.UnixMilli(), id, why)
}

func (s *Store) changeDevice(ctx context.Context, query string, args ...any) error {
	return s.update(ctx, func(w writer) error {
		r, err := w.exec(query, args...)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if err == nil && n == 0 {
			err = refusal{ErrUnknown}
		}
		return err
	})
}

// PlaceDevice gives a device a place in a hearing, in the place of the one that had it. ErrExists: it has another place in this hearing.
func (s *Store) PlaceDevice(ctx context.Context, p DevicePlace) error {
	return s.update(ctx, func(w writer) error {
		_, err := w.exec(`INSERT INTO device_places (hearing, place, device, since) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (hearing, place) DO UPDATE SET device = ?3, since = ?4`, p.Hearing, p.Place, p.Device, p.Since.UnixMilli())
		return deviceTaken(err)
	})
}

// UnplaceDevice empties a place; an empty one is no error.
func (s *Store) UnplaceDevice(ctx context.Context, hearing, place string) error {
	return s.update(ctx, func(w writer) error {
		_, err := w.exec("DELETE FROM device_places WHERE hearing = ? AND place = ?", hearing, place)
		return err
	})
}

// PlacesOfHearing lists who has which place of a hearing.
func (s *Store) PlacesOfHearing(ctx context.Context, hearing string) ([]DevicePlace, error) {
	return s.readPlaces(ctx, "WHERE hearing = ? ORDER BY place", hearing)
}

// PlacesOfDevice lists where a device has a place.
func (s *Store) PlacesOfDevice(ctx context.Context, device string) ([]DevicePlace, error) {
	return s.readPlaces(ctx, "WHERE device = ? ORDER BY hearing", device)
}

func (s *Store) readPlaces(ctx context.Context, where, arg string) ([]DevicePlace, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT hearing, place, device, since FROM device_places "+where, arg)
	if err != nil {
		return nil, fmt.Errorf("store: places: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []DevicePlace
	for rows.Next() {
		var p DevicePlace
		var since int64
		if err := rows.Scan(&p.Hearing, &p.Place, &p.Device, &since); err != nil {
			return nil, fmt.Errorf("store: places: %w", err)
		}
		p.Since = time.UnixMilli(since)
		out = append(out, p)
	}
	return out, rows.Err()
}
