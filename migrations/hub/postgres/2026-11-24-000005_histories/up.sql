-- How far the hub has walked through the older pages of a feed. `due_at` is NULL when the walk has
-- ended; `ended` then says how.
CREATE TABLE histories (
    feed_id     BIGINT      PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    reason      TEXT        NOT NULL,
    next_url    TEXT        NOT NULL,
    page_hash   TEXT,
    pages       INTEGER     NOT NULL DEFAULT 0,
    entries_new INTEGER     NOT NULL DEFAULT 0,
    failures    INTEGER     NOT NULL DEFAULT 0,
    started_at  TIMESTAMPTZ NOT NULL,
    due_at      TIMESTAMPTZ,
    ended       TEXT,
    cause       TEXT,
    lease_until TIMESTAMPTZ,
    fence       BIGINT      NOT NULL DEFAULT 0
);
CREATE INDEX histories_due ON histories (due_at) WHERE due_at IS NOT NULL;
