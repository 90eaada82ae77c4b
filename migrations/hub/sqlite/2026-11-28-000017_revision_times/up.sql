-- When each revision came about, never earlier than the one before: harvesters ask by time.
CREATE TABLE revisions (
    revision INTEGER PRIMARY KEY,
    at       TEXT NOT NULL
) STRICT;
CREATE INDEX revisions_at ON revisions (at);
INSERT INTO revisions (revision, at)
SELECT revision, MAX(MAX(changed_at)) OVER (ORDER BY revision) FROM entries GROUP BY revision;
-- Harvesters take sets in the order of the entries' numbers, withdrawn ones included.
CREATE INDEX entries_of_agency ON entries (agency_id, id);
CREATE INDEX entries_of_kind ON entries (kind, id);
CREATE INDEX entries_of_field ON entries (field, id);
