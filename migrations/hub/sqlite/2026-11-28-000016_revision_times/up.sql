-- When each revision came about, never earlier than the one before: harvesters ask by time.
CREATE TABLE revisions (
    revision INTEGER PRIMARY KEY,
    at       TEXT NOT NULL
) STRICT;
CREATE INDEX revisions_at ON revisions (at);
INSERT INTO revisions (revision, at)
SELECT revision, MAX(MAX(changed_at)) OVER (ORDER BY revision) FROM entries GROUP BY revision;
