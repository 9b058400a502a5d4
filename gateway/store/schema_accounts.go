package store

// accounts holds who may sign in (gateway/access/account). Part of version 2. Times are milliseconds since 1970, UTC. epoch grows with whatever ends a
// person's sessions: a session that was begun on what held before is not kept.
const accounts = `
CREATE TABLE people (
	id      TEXT    PRIMARY KEY,
	court   TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	login   TEXT    NOT NULL UNIQUE,
	made    INTEGER NOT NULL,
	closed  INTEGER NOT NULL DEFAULT 0,
	claimed INTEGER NOT NULL DEFAULT 0,
	epoch   INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

CREATE TABLE people_roles (
	person TEXT NOT NULL REFERENCES people (id),
	role   TEXT NOT NULL,
	PRIMARY KEY (person, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE passkeys (
	credential BLOB    PRIMARY KEY,
	id         TEXT    NOT NULL UNIQUE,
	person     TEXT    NOT NULL REFERENCES people (id),
	label      TEXT    NOT NULL,
	record     BLOB    NOT NULL,
	made       INTEGER NOT NULL,
	used       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_person ON passkeys (person);

CREATE TABLE passwords (
	person TEXT    PRIMARY KEY REFERENCES people (id),
	hash   TEXT    NOT NULL,
	totp   BLOB    NOT NULL,
	step   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
	id     TEXT    PRIMARY KEY,
	hash   BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
	person TEXT    NOT NULL REFERENCES people (id),
	how    TEXT    NOT NULL,
	since  INTEGER NOT NULL,
	seen   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_person ON sessions (person);

CREATE TABLE account_codes (
	hash    BLOB    PRIMARY KEY CHECK (length(hash) = 32),
	kind    TEXT    NOT NULL CHECK (kind IN ('first', 'new', 'recovery')),
	court   TEXT    NOT NULL,
	person  TEXT    NOT NULL,
	drawn   TEXT    NOT NULL,
	ends    INTEGER NOT NULL,
	used    INTEGER NOT NULL DEFAULT 0,
	entered INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE recoveries (
	id       TEXT    PRIMARY KEY,
	court    TEXT    NOT NULL,
	person   TEXT    NOT NULL REFERENCES people (id),
	asked_by TEXT    NOT NULL,
	asked    INTEGER NOT NULL,
	ends     INTEGER NOT NULL,
	state    TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'agreed', 'refused'))
) STRICT, WITHOUT ROWID;
`
