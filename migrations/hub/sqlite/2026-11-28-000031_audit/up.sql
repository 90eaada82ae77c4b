-- What people changed. Every record holds the hash of the one before it: none can be altered or left out unseen.
-- It names people and agencies without referring to them, since it outlives both.
CREATE TABLE audit (
    id          INTEGER PRIMARY KEY,
    at          TEXT NOT NULL,
    person_id   INTEGER,
    name        TEXT NOT NULL,
    address     TEXT NOT NULL,
    action      TEXT NOT NULL,
    agency_id   INTEGER,
    target      TEXT NOT NULL,
    before_json TEXT,
    after_json  TEXT,
    previous    TEXT NOT NULL,
    hash        TEXT NOT NULL
) STRICT;
CREATE INDEX audit_agency ON audit (agency_id, id DESC);

-- How many records there are and the hash of the last: who appends holds this row.
CREATE TABLE audit_head (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    records INTEGER NOT NULL,
    hash    TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (id, records, hash) VALUES (1, 0, '');

CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
