-- An entry whose publisher gave it a new id is found again by its address.
DROP INDEX entries_feed;
CREATE INDEX entries_feed ON entries (feed_id, url);
