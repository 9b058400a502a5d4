package store

// identities holds the vault's ciphertext and its orders (gateway/identity). Part of version 2. The bodies are JSON of the vault's own records; what must
// hold whatever the program does is held by the tables: a pseudonym is given once in a court for ever, a sealed version is never changed, an account
// has one active key.
const identities = `
CREATE TABLE vault_pseudonyms (
	court     TEXT NOT NULL,
	folded    TEXT NOT NULL,
	pseudonym TEXT NOT NULL,
	PRIMARY KEY (court, folded)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER vault_pseudonyms_no_update BEFORE UPDATE ON vault_pseudonyms
BEGIN SELECT raise(ABORT, 'a pseudonym is given for ever'); END;

CREATE TRIGGER vault_pseudonyms_no_delete BEFORE DELETE ON vault_pseudonyms
BEGIN SELECT raise(ABORT, 'a pseudonym is given for ever'); END;

CREATE TABLE vault_persons (
	id    TEXT NOT NULL PRIMARY KEY,
	court TEXT NOT NULL,
	body  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER vault_persons_no_delete BEFORE DELETE ON vault_persons
BEGIN SELECT raise(ABORT, 'a protected person is never deleted'); END;

CREATE TABLE vault_versions (
	person  TEXT    NOT NULL,
	version INTEGER NOT NULL CHECK (version >= 1),
	body    BLOB    NOT NULL,
	payload BLOB    NOT NULL,
	PRIMARY KEY (person, version),
	FOREIGN KEY (person) REFERENCES vault_persons (id)
) STRICT;

CREATE TRIGGER vault_versions_contiguous BEFORE INSERT ON vault_versions
WHEN NEW.version <> (SELECT coalesce(max(version), 0) + 1 FROM vault_versions WHERE person = NEW.person)
BEGIN SELECT raise(ABORT, 'the version is not the next one'); END;

CREATE TRIGGER vault_versions_no_update BEFORE UPDATE ON vault_versions
BEGIN SELECT raise(ABORT, 'a sealed version is never changed'); END;

CREATE TRIGGER vault_versions_no_delete BEFORE DELETE ON vault_versions
BEGIN SELECT raise(ABORT, 'a sealed version is never deleted'); END;

CREATE TABLE vault_shares (
	person  TEXT    NOT NULL,
	version INTEGER NOT NULL,
	half    INTEGER NOT NULL CHECK (half IN (1, 2)),
	holder  TEXT    NOT NULL,
	key     TEXT    NOT NULL,
	share   BLOB    NOT NULL,
	PRIMARY KEY (person, version, half, holder),
	FOREIGN KEY (person, version) REFERENCES vault_versions (person, version)
) STRICT;

CREATE TABLE vault_keys (
	id     TEXT    NOT NULL PRIMARY KEY,
	court  TEXT    NOT NULL,
	owner  TEXT    NOT NULL,
	active INTEGER NOT NULL CHECK (active IN (0, 1)),
	body   BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX vault_keys_active ON vault_keys (court, owner) WHERE active = 1;

CREATE TABLE vault_recovery (
	court TEXT NOT NULL PRIMARY KEY,
	body  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_orders (
	id    TEXT NOT NULL PRIMARY KEY,
	court TEXT NOT NULL,
	body  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_openings (
	id      TEXT    NOT NULL PRIMARY KEY,
	court   TEXT    NOT NULL,
	running INTEGER NOT NULL CHECK (running IN (0, 1)),
	body    BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_releases (
	opening TEXT    NOT NULL,
	half    INTEGER NOT NULL CHECK (half IN (1, 2)),
	share   BLOB    NOT NULL,
	PRIMARY KEY (opening, half),
	FOREIGN KEY (opening) REFERENCES vault_openings (id)
) STRICT;
`
