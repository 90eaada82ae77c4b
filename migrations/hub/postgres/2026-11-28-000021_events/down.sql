DROP INDEX entries_events;
ALTER TABLE entries DROP COLUMN ends_at;
ALTER TABLE entries DROP COLUMN starts_at;
