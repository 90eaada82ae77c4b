CREATE INDEX entry_feeds_feed ON entry_feeds (feed_id, entry_id);
DROP INDEX entry_feeds_source;
ALTER TABLE entry_feeds DROP COLUMN source_hash;
