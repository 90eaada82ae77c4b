-- Lists of agencies that somebody has given, each carried out once at most.
CREATE TABLE onboardings (
    id          TEXT PRIMARY KEY,
    person_id   BIGINT REFERENCES people (id) ON DELETE SET NULL,
    file_name   TEXT NOT NULL,
    -- What has to be said about the file as a whole.
    remark      TEXT,
    -- JSON: the rows as they were read, and the agencies that came of them.
    listed      TEXT NOT NULL,
    agencies    TEXT NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL,
    applied_at  TIMESTAMPTZ
);
CREATE INDEX onboardings_uploaded ON onboardings (uploaded_at);
