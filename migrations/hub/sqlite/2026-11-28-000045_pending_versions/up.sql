-- The newest version of a public entry that waits for somebody to publish it: the public sees the entry as it stands. The decision
-- "change" goes with it.
CREATE TABLE pending_versions (
    entry_id     INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,
    title        TEXT NOT NULL,
    summary      TEXT NOT NULL,
    body_html    TEXT NOT NULL,
    url          TEXT,
    published_at TEXT,
    updated_at   TEXT,
    author       TEXT,
    language     TEXT,
    image_url    TEXT,
    categories   TEXT NOT NULL,
    attachments  TEXT NOT NULL,
    legal        TEXT NOT NULL,
    starts_at    TEXT,
    ends_at      TEXT,
    content_hash TEXT NOT NULL
) STRICT;
