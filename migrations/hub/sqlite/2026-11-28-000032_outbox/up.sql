-- The last mail with a link for each person: to be sent, sent, or given up. The link's token is made when it is sent.
CREATE TABLE outbox (
    person_id       INTEGER PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    purpose         TEXT NOT NULL,
    asked_at        TEXT NOT NULL,
    -- Tries that were begun.
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- None when it was sent or given up.
    next_attempt_at TEXT,
    sent_at         TEXT,
    last_cause      TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
