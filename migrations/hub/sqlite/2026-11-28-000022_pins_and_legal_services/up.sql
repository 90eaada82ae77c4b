-- Entries that the province puts in front of all others.
CREATE TABLE pins (
    entry_id  INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    pinned_at TEXT NOT NULL,
    -- The last day; for good where there is none.
    until     TEXT
) STRICT;
-- Who helps citizens with the law, and where: legal aid, mediation, consulting.
CREATE TABLE legal_services (
    id      INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    area    TEXT NOT NULL,
    address TEXT,
    phone   TEXT,
    email   TEXT,
    hours   TEXT,
    note    TEXT
) STRICT;
