package store

// incidents holds what people wrote about incidents (gateway/incident/register), beside the ledger: an event names a text by its salted hash, so that a retention policy can
// erase the words and nobody can change them. Version 3.
const incidents = `
CREATE TABLE incident_texts (
	court TEXT NOT NULL,
	id    TEXT NOT NULL CHECK (length(id) = 64),
	salt  BLOB NOT NULL CHECK (length(salt) = 16),
	text  TEXT NOT NULL,
	PRIMARY KEY (court, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER incident_texts_no_update BEFORE UPDATE ON incident_texts
BEGIN SELECT raise(ABORT, 'what was said of an incident is never edited'); END;
`
