-- One row: the number that grows with every change of the repository. Its row lock is held until
-- commit, so that revisions become visible in the order in which they are assigned. The random name
-- tells one repository from another: what is derived from it is kept under that name.
CREATE TABLE repository_state (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    name     TEXT    NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO repository_state (id, name, revision) VALUES (1, lower(hex(randomblob(8))), 0);

CREATE TABLE agencies (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    slug        TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    parent_id   INTEGER REFERENCES agencies (id),
    valid_from  TEXT,
    valid_until TEXT,
    homepage    TEXT,
    created_at  TEXT    NOT NULL
) STRICT;

-- Agencies merge and split: a predecessor may have several successors, and the reverse.
CREATE TABLE agency_successors (
    predecessor_id INTEGER NOT NULL REFERENCES agencies (id),
    successor_id   INTEGER NOT NULL REFERENCES agencies (id),
    PRIMARY KEY (predecessor_id, successor_id)
) STRICT;

CREATE TABLE feeds (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    agency_id         INTEGER NOT NULL REFERENCES agencies (id),
    url               TEXT    NOT NULL UNIQUE,
    title             TEXT,
    created_at        TEXT    NOT NULL,
    closed_at         TEXT,
    etag              TEXT,
    last_modified     TEXT,
    body_hash         TEXT,
    ttl_minutes       INTEGER,
    last_run_at       TEXT,
    last_success_at   TEXT,
    last_outcome      TEXT,
    last_cause        TEXT,
    failures          INTEGER NOT NULL DEFAULT 0,
    next_fetch_at     TEXT    NOT NULL,
    next_fetch_reason TEXT    NOT NULL,
    requested_at      TEXT,
    lease_owner       TEXT,
    lease_until       TEXT,
    fence             INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX feeds_agency ON feeds (agency_id);
CREATE INDEX feeds_due ON feeds (next_fetch_at);

CREATE TABLE entries (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    agency_id     INTEGER NOT NULL REFERENCES agencies (id),
    feed_id       INTEGER REFERENCES feeds (id) ON DELETE SET NULL,
    identity      TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    summary       TEXT    NOT NULL,
    body_html     TEXT    NOT NULL,
    url           TEXT,
    published_at  TEXT,
    updated_at    TEXT,
    author        TEXT,
    language      TEXT,
    image_url     TEXT,
    field         TEXT,
    categories    TEXT    NOT NULL,
    attachments   TEXT    NOT NULL,
    legal         TEXT    NOT NULL,
    content_hash  TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    first_seen_at TEXT    NOT NULL,
    changed_at    TEXT    NOT NULL,
    listed_at     TEXT    NOT NULL,
    withdrawn_at  TEXT,
    UNIQUE (agency_id, identity)
) STRICT;
CREATE INDEX entries_feed ON entries (feed_id);
CREATE INDEX entries_revision ON entries (revision, id);
CREATE INDEX entries_newest ON entries (listed_at DESC, id DESC) WHERE withdrawn_at IS NULL;
CREATE INDEX entries_newest_of_agency ON entries (agency_id, listed_at DESC, id DESC) WHERE withdrawn_at IS NULL;
CREATE INDEX entries_newest_of_kind ON entries (kind, listed_at DESC, id DESC) WHERE withdrawn_at IS NULL;
CREATE INDEX entries_withdrawn ON entries (withdrawn_at DESC, id DESC) WHERE withdrawn_at IS NOT NULL;
CREATE INDEX entries_withdrawn_of_agency ON entries (agency_id, withdrawn_at DESC, id DESC) WHERE withdrawn_at IS NOT NULL;
CREATE INDEX entries_counts ON entries (agency_id, kind) WHERE withdrawn_at IS NULL;

-- What each feed last said about an entry; a hash of NULL is a tombstone.
CREATE TABLE entry_feeds (
    entry_id     INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    feed_id      INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    content_hash TEXT,
    PRIMARY KEY (entry_id, feed_id)
) STRICT;
CREATE INDEX entry_feeds_feed ON entry_feeds (feed_id, entry_id);

CREATE TABLE entry_versions (
    entry_id     INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    version      INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    summary      TEXT    NOT NULL,
    body_html    TEXT    NOT NULL,
    url          TEXT,
    published_at TEXT,
    updated_at   TEXT,
    author       TEXT,
    language     TEXT,
    image_url    TEXT,
    field        TEXT,
    categories   TEXT    NOT NULL,
    attachments  TEXT    NOT NULL,
    legal        TEXT    NOT NULL,
    content_hash TEXT    NOT NULL,
    changed_at   TEXT    NOT NULL,
    withdrawn_at TEXT,
    replaced_at  TEXT    NOT NULL,
    PRIMARY KEY (entry_id, version)
) STRICT;

CREATE TABLE runs (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id           INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    started_at        TEXT    NOT NULL,
    finished_at       TEXT    NOT NULL,
    triggered_by      TEXT    NOT NULL,
    outcome           TEXT    NOT NULL,
    status            INTEGER,
    cause             TEXT,
    bytes             INTEGER NOT NULL,
    entries_new       INTEGER NOT NULL,
    entries_updated   INTEGER NOT NULL,
    entries_unchanged INTEGER NOT NULL,
    entries_withdrawn INTEGER NOT NULL,
    revision          INTEGER
) STRICT;
CREATE INDEX runs_feed ON runs (feed_id, id DESC);
