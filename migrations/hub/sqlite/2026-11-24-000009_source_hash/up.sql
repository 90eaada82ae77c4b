-- An entry that a feed repeats as it stood in the document before need not be cleaned again.
ALTER TABLE entry_feeds ADD COLUMN source_hash TEXT;
CREATE INDEX entry_feeds_source ON entry_feeds (feed_id, source_hash);
DROP INDEX entry_feeds_feed;
