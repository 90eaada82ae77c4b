ALTER TABLE feed_schedules DROP COLUMN timely_pings;
ALTER TABLE histories DROP COLUMN pages_without_news;
DROP INDEX entries_dated;
