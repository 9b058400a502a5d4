package store

// invitations holds who was invited to which seat (gateway/access). Part of version 2. An invitation belongs to one generation of its seat: a newer link of any
// kind, or a revocation, voids it. Times are Unix milliseconds; person and session are ids.
const invitations = `
CREATE TABLE invitations (
	hearing    TEXT    NOT NULL,
	seat       TEXT    NOT NULL,
	generation INTEGER NOT NULL,
	person     TEXT    NOT NULL,
	invited_by TEXT    NOT NULL,
	begins     INTEGER NOT NULL,
	ends       INTEGER NOT NULL CHECK (ends > begins),
	taken      INTEGER NOT NULL DEFAULT 0,
	session    TEXT    NOT NULL DEFAULT '',
	PRIMARY KEY (hearing, seat),
	FOREIGN KEY (hearing, seat) REFERENCES seats (hearing, seat)
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_of_person ON invitations (person);
`
