-- Who signs in. An address stands in its normal form; without a password somebody was invited and has not come yet.
CREATE TABLE people (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    password_hash TEXT,
    created_at    TEXT NOT NULL,
    signed_in_at  TEXT,
    disabled_at   TEXT,
    -- Grows with every change that somebody makes to the person or its roles.
    version       INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Which part a person has in which agency; in the province where there is none.
CREATE TABLE memberships (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    agency_id INTEGER REFERENCES agencies (id) ON DELETE CASCADE,
    role      TEXT NOT NULL,
    CHECK ((agency_id IS NULL) = (role IN ('province-admin', 'province-editor', 'auditor')))
) STRICT;
CREATE UNIQUE INDEX memberships_place ON memberships (person_id, COALESCE(agency_id, 0));
CREATE INDEX memberships_agency ON memberships (agency_id);

CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    person_id  INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    address    TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_person ON sessions (person_id);

-- What lets somebody set a password once.
CREATE TABLE one_time_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id  INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    purpose    TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_tokens_person ON one_time_tokens (person_id);

-- How often somebody has tried to sign in: of an address, of an account, of both.
CREATE TABLE sign_in_attempts (
    key      TEXT NOT NULL PRIMARY KEY,
    first_at TEXT NOT NULL,
    count    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_attempts_age ON sign_in_attempts (first_at);
