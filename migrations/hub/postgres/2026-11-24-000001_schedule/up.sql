-- The address that a feed was registered with, once it has moved: ids that are unique only on their
-- site keep the host of that address. The staleness that people want of it, if not the usual one.
ALTER TABLE feeds ADD COLUMN registered_url TEXT;
ALTER TABLE feeds ADD COLUMN target_seconds INTEGER;
CREATE UNIQUE INDEX feeds_registered_url ON feeds (registered_url);

-- What somebody asked for comes before all else that is due.
CREATE INDEX feeds_requested ON feeds (next_fetch_at) WHERE requested_at IS NOT NULL;

-- What the schedule has learned about a feed. Written only when it changes.
CREATE TABLE feed_schedules (
    feed_id             BIGINT PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    host                TEXT    NOT NULL,
    demand              DOUBLE PRECISION NOT NULL,
    rhythm              TEXT    NOT NULL,
    window_entries      INTEGER NOT NULL,
    fresh_seconds       BIGINT,
    skip_hours          INTEGER NOT NULL,
    skip_days           INTEGER NOT NULL,
    update_minutes      INTEGER,
    whole_at            TIMESTAMPTZ NOT NULL,
    unconditional_until TIMESTAMPTZ,
    moved_to            TEXT,
    moved_since         TIMESTAMPTZ,
    moved_runs          INTEGER NOT NULL,
    gap_at              TIMESTAMPTZ,
    gap_seconds         BIGINT,
    pushed_at           TIMESTAMPTZ
);
CREATE INDEX feed_schedules_host ON feed_schedules (host, demand);

-- Since when entries may have been missed: the last time the feed was read before its window moved on.
ALTER TABLE runs ADD COLUMN gap_since TIMESTAMPTZ;

-- How long after its publication an entry was first seen; NULL where that cannot be told.
ALTER TABLE entries ADD COLUMN staleness_seconds INTEGER;
CREATE INDEX entries_staleness ON entries (first_seen_at, agency_id, staleness_seconds) WHERE staleness_seconds IS NOT NULL;
