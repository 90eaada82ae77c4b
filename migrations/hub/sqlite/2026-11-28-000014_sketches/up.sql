-- What is kept of a text to see from afar whether another may be the same. An entry without one is read again instead.
CREATE TABLE entry_sketches (
    entry_id  INTEGER PRIMARY KEY NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    sketch    BLOB NOT NULL
) STRICT;

-- The same tables as before, each kept in the order of its key instead of beside it: one tree less to write a row into.
CREATE TABLE entry_bands_by_key (
    entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    band     INTEGER NOT NULL,
    PRIMARY KEY (entry_id, band)
) STRICT, WITHOUT ROWID;
INSERT INTO entry_bands_by_key (entry_id, band) SELECT entry_id, band FROM entry_bands;
DROP TABLE entry_bands;
ALTER TABLE entry_bands_by_key RENAME TO entry_bands;
CREATE INDEX entry_bands_band ON entry_bands (band, entry_id);

CREATE TABLE entry_citations_by_key (
    entry_id   INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    instrument TEXT NOT NULL,
    article    TEXT NOT NULL,
    clause     TEXT NOT NULL,
    point      TEXT NOT NULL,
    PRIMARY KEY (entry_id, instrument, article, clause, point)
) STRICT, WITHOUT ROWID;
INSERT INTO entry_citations_by_key (entry_id, instrument, article, clause, point)
    SELECT entry_id, instrument, article, clause, point FROM entry_citations;
DROP TABLE entry_citations;
ALTER TABLE entry_citations_by_key RENAME TO entry_citations;
CREATE INDEX entry_citations_instrument ON entry_citations (instrument, article, entry_id);

CREATE TABLE entry_feeds_by_key (
    entry_id     INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    feed_id      INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    content_hash TEXT,
    source_hash  TEXT,
    PRIMARY KEY (entry_id, feed_id)
) STRICT, WITHOUT ROWID;
INSERT INTO entry_feeds_by_key (entry_id, feed_id, content_hash, source_hash)
    SELECT entry_id, feed_id, content_hash, source_hash FROM entry_feeds;
DROP TABLE entry_feeds;
ALTER TABLE entry_feeds_by_key RENAME TO entry_feeds;
CREATE INDEX entry_feeds_source ON entry_feeds (feed_id, source_hash);
