DROP INDEX entries_feed;
CREATE INDEX entries_feed ON entries (feed_id);
