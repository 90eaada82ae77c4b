-- What an agency or the province should look at. Of one kind an entry has one that nobody has seen.
CREATE TABLE notices (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    agency_id  INTEGER NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
    entry_id   INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    detail     TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at    TEXT
) STRICT;
CREATE INDEX notices_agency ON notices (agency_id, id DESC);
CREATE UNIQUE INDEX notices_unseen ON notices (entry_id, kind) WHERE seen_at IS NULL;

-- Words of searches that found nothing, and how often on a day: nothing of who searched.
CREATE TABLE fruitless_queries (
    day   TEXT NOT NULL,
    words TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, words)
) STRICT;

-- The feed that spoke for a version; it may have been removed since.
ALTER TABLE entry_versions ADD COLUMN feed_id INTEGER;
