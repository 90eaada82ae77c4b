-- Since when what a feed delivers is not taken over. Every pass asks, so it stands in the feed.
ALTER TABLE feeds ADD COLUMN frozen_at TEXT;

-- What is usual for a feed, what it offers while it is frozen (both as the hub's circuit breaker
-- describes a document), who froze it and why.
CREATE TABLE breakers (
    feed_id   INTEGER PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    usual     TEXT,
    offered   TEXT,
    frozen_by TEXT,
    cause     TEXT
) STRICT;

-- The last answers as they came, compressed; a hash names the content. The large column stands
-- last, so that the others are read without it.
CREATE TABLE answers (
    feed_id      INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    hash         TEXT   NOT NULL,
    fetched_at   TEXT NOT NULL,
    url          TEXT   NOT NULL,
    content_type TEXT,
    outcome      TEXT   NOT NULL,
    size         INTEGER NOT NULL,
    packed_size  INTEGER NOT NULL,
    packed       BLOB  NOT NULL,
    PRIMARY KEY (feed_id, hash)
) STRICT;

-- When a task that several hubs share is due again.
CREATE TABLE jobs (
    name   TEXT PRIMARY KEY NOT NULL,
    due_at TEXT NOT NULL
) STRICT;

-- Where a run's time went: waiting for the host's turn, fetching, reading, storing.
ALTER TABLE runs ADD COLUMN waited_ms INTEGER;
ALTER TABLE runs ADD COLUMN fetch_ms INTEGER;
ALTER TABLE runs ADD COLUMN read_ms INTEGER;
ALTER TABLE runs ADD COLUMN store_ms INTEGER;
