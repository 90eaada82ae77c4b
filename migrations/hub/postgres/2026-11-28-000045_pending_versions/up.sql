-- The newest version of a public entry that waits for somebody to publish it: the public sees the entry as it stands. The decision
-- "change" goes with it.
CREATE TABLE pending_versions (
    entry_id     BIGINT PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,
    title        TEXT NOT NULL,
    summary      TEXT NOT NULL,
    body_html    TEXT NOT NULL,
    url          TEXT,
    published_at TIMESTAMPTZ,
    updated_at   TIMESTAMPTZ,
    author       TEXT,
    language     TEXT,
    image_url    TEXT,
    categories   TEXT NOT NULL,
    attachments  TEXT NOT NULL,
    legal        TEXT NOT NULL,
    starts_at    TIMESTAMPTZ,
    ends_at      TIMESTAMPTZ,
    content_hash TEXT NOT NULL
);
ALTER TABLE pending_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pending_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY walls ON pending_versions USING (
    (SELECT coalesce(current_setting('loa.agencies', true), '')) = ''
    OR EXISTS (SELECT 1 FROM entries WHERE entries.id = pending_versions.entry_id)
);
