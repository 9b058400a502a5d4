package store

import (
	"database/sql"
	"fmt"
)

// schemaVersion is kept in SQLite's user_version. A store written by a newer
// program is refused, never guessed at.
const schemaVersion = 3

// Contiguity of the index is held twice: by Append, and by the trigger, so
// that no other statement can leave a gap or change what was written.
const first = `
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT;

CREATE TABLE hearings (
	id     TEXT PRIMARY KEY,
	config BLOB NOT NULL
) STRICT;

CREATE TABLE events (
	hearing   TEXT    NOT NULL,
	idx       INTEGER NOT NULL CHECK (idx >= 1),
	canonical BLOB    NOT NULL,
	salt      BLOB    NOT NULL CHECK (length(salt) = 16),
	PRIMARY KEY (hearing, idx)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_contiguous BEFORE INSERT ON events
WHEN NEW.idx <> (SELECT coalesce(max(idx), 0) + 1 FROM events WHERE hearing = NEW.hearing)
BEGIN SELECT raise(ABORT, 'index of event is not contiguous'); END;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'an event is never edited'); END;

CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'an event is never deleted'); END;

CREATE TABLE answers (
	hearing TEXT    NOT NULL,
	seat    TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	idx     INTEGER NOT NULL,
	result  BLOB,
	PRIMARY KEY (hearing, seat, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE seats (
	hearing    TEXT    NOT NULL,
	seat       TEXT    NOT NULL,
	generation INTEGER NOT NULL,
	capacity   INTEGER NOT NULL CHECK (capacity >= 1),
	revoked    INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (hearing, seat)
) STRICT, WITHOUT ROWID;

CREATE TABLE codes (
	hearing    TEXT    NOT NULL,
	seat       TEXT    NOT NULL,
	generation INTEGER NOT NULL,
	hash       BLOB    NOT NULL CHECK (length(hash) = 32),
	PRIMARY KEY (hearing, seat, generation),
	FOREIGN KEY (hearing, seat) REFERENCES seats (hearing, seat)
) STRICT, WITHOUT ROWID;

CREATE TABLE cookies (
	hearing    TEXT    NOT NULL,
	seat       TEXT    NOT NULL,
	generation INTEGER NOT NULL,
	hash       BLOB    NOT NULL CHECK (length(hash) = 32),
	PRIMARY KEY (hearing, seat, hash),
	FOREIGN KEY (hearing, seat) REFERENCES seats (hearing, seat)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
	hearing TEXT NOT NULL,
	label   TEXT NOT NULL,
	hash    BLOB NOT NULL CHECK (length(hash) = 32),
	PRIMARY KEY (hearing, label)
) STRICT, WITHOUT ROWID;
`

// steps bring a database from each version to the next; a new one takes them all.
var steps = []string{
	first,
	accounts + providers + invitations + devices + identities,
	incidents,
}

// migrate brings a database to schemaVersion, each step whole or not at all, and refuses one that a newer program wrote.
func migrate(db *sql.DB) error {
	for {
		done, err := migrateOnce(db)
		if done || err != nil {
			return err
		}
	}
}

func migrateOnce(db *sql.DB) (done bool, err error) {
	tx, err := db.Begin()
	if err != nil {
		return false, fmt.Errorf("store: migrate: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	var version int
	if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return false, fmt.Errorf("store: migrate: %w", err)
	}
	switch {
	case version == len(steps):
		return true, nil
	case version < 0 || version > len(steps):
		return false, fmt.Errorf("store: the database has version %d, this program knows %d", version, schemaVersion)
	}
	if _, err := tx.Exec(steps[version]); err != nil {
		return false, fmt.Errorf("store: migrate to version %d: %w", version+1, err)
	}
	if _, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		return false, fmt.Errorf("store: migrate: %w", err)
	}
	return false, tx.Commit()
}
