-- Whether what an agency's feeds bring is public at once; that of a feed counts before that of all of them.
CREATE TABLE policies (
    id        INTEGER PRIMARY KEY,
    agency_id INTEGER NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
    -- All of the agency's feeds where there is none.
    feed_id   INTEGER REFERENCES feeds (id) ON DELETE CASCADE,
    rule      TEXT NOT NULL,
    -- Words and phrases for which an entry is held: a JSON array.
    words     TEXT NOT NULL,
    set_by    TEXT NOT NULL,
    set_at    TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX policies_place ON policies (agency_id, coalesce(feed_id, 0));
-- Who made a version of the vocabulary; empty for the command line and the hub itself.
ALTER TABLE vocabularies ADD COLUMN author TEXT NOT NULL DEFAULT '';
