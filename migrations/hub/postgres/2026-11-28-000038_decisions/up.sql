-- Entries that people's decisions keep from the public, since when, and when their publisher withdrew them meanwhile or before. The
-- entry's withdrawn_at is set as long. The revision of an entry that has never been public is 0. The version is the entry's at that
-- moment: the last that the public has seen, if it has seen any.
CREATE TABLE concealments (
    entry_id BIGINT PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    since    TIMESTAMPTZ NOT NULL,
    gone_at  TIMESTAMPTZ,
    version  INTEGER NOT NULL
);
-- What people decided about entries, each kind once.
CREATE TABLE decisions (
    entry_id    BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    by_province BOOLEAN NOT NULL,
    reason      TEXT NOT NULL,
    -- What a rule found in it: a JSON array.
    words       TEXT NOT NULL,
    decided_by  TEXT NOT NULL,
    decided_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (entry_id, kind)
);
CREATE INDEX decisions_newest ON decisions (kind, decided_at DESC, entry_id DESC);
