DROP INDEX entries_staleness;
ALTER TABLE entries DROP COLUMN staleness_seconds;
ALTER TABLE runs DROP COLUMN gap_since;
DROP TABLE feed_schedules;
DROP INDEX feeds_requested;
DROP INDEX feeds_registered_url;
ALTER TABLE feeds DROP COLUMN target_seconds;
ALTER TABLE feeds DROP COLUMN registered_url;
