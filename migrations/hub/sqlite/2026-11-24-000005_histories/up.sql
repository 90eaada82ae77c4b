-- How far the hub has walked through the older pages of a feed. `due_at` is NULL when the walk has
-- ended; `ended` then says how.
CREATE TABLE histories (
    feed_id     INTEGER PRIMARY KEY NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    reason      TEXT    NOT NULL,
    next_url    TEXT    NOT NULL,
    page_hash   TEXT,
    pages       INTEGER NOT NULL DEFAULT 0,
    entries_new INTEGER NOT NULL DEFAULT 0,
    failures    INTEGER NOT NULL DEFAULT 0,
    started_at  TEXT    NOT NULL,
    due_at      TEXT,
    ended       TEXT,
    cause       TEXT,
    lease_until TEXT,
    fence       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX histories_due ON histories (due_at) WHERE due_at IS NOT NULL;
