package store

// devices holds the rooms' enrolled devices and where they are placed (gateway/access/device). Part of version 2. label is how the court calls a room, and
// stands here only. Times are milliseconds since 1970; NULL is never. A device is never deleted: its certificate is refused for as long as it could be shown.
const devices = `
CREATE TABLE devices (
	id       TEXT PRIMARY KEY,
	court    TEXT    NOT NULL,
	kind     TEXT    NOT NULL,
	label    TEXT    NOT NULL,
	kept     TEXT    NOT NULL,
	key      BLOB    NOT NULL UNIQUE CHECK (length(key) = 32),
	enrolled INTEGER NOT NULL,
	until    INTEGER NOT NULL,
	entered  INTEGER,
	revoked  INTEGER,
	why      TEXT
) STRICT, WITHOUT ROWID;

CREATE TRIGGER devices_revoked_for_ever BEFORE UPDATE ON devices
WHEN OLD.revoked IS NOT NULL
BEGIN SELECT raise(ABORT, 'a revoked device stays as it is'); END;

CREATE TRIGGER devices_no_delete BEFORE DELETE ON devices
BEGIN SELECT raise(ABORT, 'a device is never deleted'); END;

CREATE TABLE device_places (
	hearing TEXT    NOT NULL,
	place   TEXT    NOT NULL,
	device  TEXT    NOT NULL REFERENCES devices (id),
	since   INTEGER NOT NULL,
	PRIMARY KEY (hearing, place),
	UNIQUE (hearing, device)
) STRICT, WITHOUT ROWID;
`
