package store

// providers holds which account a person of an identity provider's is (gateway/access/account). Part of version 2. hash says nothing of the person: the room
// makes it of issuer and subject under a key that is not in the store, because a ministry's subject may be a personal number.
const providers = `
CREATE TABLE provider_links (
	hash   BLOB    PRIMARY KEY CHECK (length(hash) = 32),
	person TEXT    NOT NULL UNIQUE REFERENCES people (id),
	made   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
