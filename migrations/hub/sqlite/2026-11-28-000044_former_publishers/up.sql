-- The agencies that a feed was harvested for before. What it brought for them stays theirs, and it goes on speaking for it.
CREATE TABLE former_publishers (
    feed_id   INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    agency_id INTEGER NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
    PRIMARY KEY (feed_id, agency_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_publishers_agency ON former_publishers (agency_id);
INSERT INTO former_publishers (feed_id, agency_id)
    SELECT DISTINCT feeds.id, entries.agency_id
    FROM entry_feeds
    JOIN entries ON entries.id = entry_feeds.entry_id
    JOIN feeds ON feeds.id = entry_feeds.feed_id
    WHERE entries.agency_id <> feeds.agency_id;
