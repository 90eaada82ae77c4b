CREATE TABLE entry_feeds_with_rowid (
    entry_id     INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    feed_id      INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    content_hash TEXT,
    source_hash  TEXT,
    PRIMARY KEY (entry_id, feed_id)
) STRICT;
INSERT INTO entry_feeds_with_rowid (entry_id, feed_id, content_hash, source_hash)
    SELECT entry_id, feed_id, content_hash, source_hash FROM entry_feeds;
DROP TABLE entry_feeds;
ALTER TABLE entry_feeds_with_rowid RENAME TO entry_feeds;
CREATE INDEX entry_feeds_source ON entry_feeds (feed_id, source_hash);

CREATE TABLE entry_citations_with_rowid (
    entry_id   INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    instrument TEXT NOT NULL,
    article    TEXT NOT NULL,
    clause     TEXT NOT NULL,
    point      TEXT NOT NULL,
    PRIMARY KEY (entry_id, instrument, article, clause, point)
) STRICT;
INSERT INTO entry_citations_with_rowid (entry_id, instrument, article, clause, point)
    SELECT entry_id, instrument, article, clause, point FROM entry_citations;
DROP TABLE entry_citations;
ALTER TABLE entry_citations_with_rowid RENAME TO entry_citations;
CREATE INDEX entry_citations_instrument ON entry_citations (instrument, article, entry_id);

CREATE TABLE entry_bands_with_rowid (
    entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    band     INTEGER NOT NULL,
    PRIMARY KEY (entry_id, band)
) STRICT;
INSERT INTO entry_bands_with_rowid (entry_id, band) SELECT entry_id, band FROM entry_bands;
DROP TABLE entry_bands;
ALTER TABLE entry_bands_with_rowid RENAME TO entry_bands;
CREATE INDEX entry_bands_band ON entry_bands (band, entry_id);

DROP TABLE entry_sketches;
