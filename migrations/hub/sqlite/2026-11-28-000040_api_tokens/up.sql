-- What lets a program act for a person, as far as its scopes go. Only hashes are kept. Revoked ones stay, so that people see
-- what there was.
CREATE TABLE api_tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash   TEXT NOT NULL UNIQUE,
    person_id    INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    -- Where it counts; without one wherever the person has a part.
    agency_id    INTEGER REFERENCES agencies (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    expires_at   TEXT NOT NULL,
    last_used_at TEXT,
    last_address TEXT NOT NULL DEFAULT '',
    revoked_at   TEXT
) STRICT;
CREATE INDEX api_tokens_person ON api_tokens (person_id);
CREATE INDEX api_tokens_agency ON api_tokens (agency_id);
