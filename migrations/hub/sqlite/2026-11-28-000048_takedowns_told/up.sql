-- The provision that a decision rests on, for people.
ALTER TABLE decisions ADD COLUMN basis TEXT NOT NULL DEFAULT '';
-- Whom a notice is sent by mail, each person once: to be sent, sent, or given up.
CREATE TABLE notice_letters (
    notice_id       INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    person_id       INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    -- Tries that were begun.
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- None when it was sent or given up.
    next_attempt_at TEXT,
    sent_at         TEXT,
    last_cause      TEXT,
    PRIMARY KEY (notice_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_letters_due ON notice_letters (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX notice_letters_person ON notice_letters (person_id);
