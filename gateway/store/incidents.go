package store

import (
	"context"
	"database/sql"
)

// IncidentText is something that was written about an incident. ID is the hexadecimal SHA-256 of salt and text; an event of the register's book names it.
type IncidentText struct {
	ID   string
	Salt []byte // 16 random bytes: without them the hash of a short text could be guessed
	Text string
}

// PutIncidentTexts keeps them all or none. It is called before the event that names them is appended.
func (s *Store) PutIncidentTexts(ctx context.Context, court string, texts ...IncidentText) error {
	return s.update(ctx, func(w writer) error {
		for _, t := range texts {
			if _, err := w.exec("INSERT INTO incident_texts (court, id, salt, text) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", court, t.ID, t.Salt, t.Text); err != nil {
				return err
			}
		}
		return nil
	})
}

// IncidentTexts gives all texts of a court.
func (s *Store) IncidentTexts(ctx context.Context, court string) ([]IncidentText, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, salt, text FROM incident_texts WHERE court = ?", court)
	return scanAll(rows, err, func(rows *sql.Rows) (t IncidentText, err error) { return t, rows.Scan(&t.ID, &t.Salt, &t.Text) })
}

// EraseIncidentTexts erases texts for good. Only a retention policy does so, after the event that says it is durable.
func (s *Store) EraseIncidentTexts(ctx context.Context, court string, ids ...string) error {
	err := s.update(ctx, func(w writer) error {
		for _, id := range ids {
			if _, err := w.exec("DELETE FROM incident_texts WHERE court = ? AND id = ?", court, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.forget()
	}
	return err
}
