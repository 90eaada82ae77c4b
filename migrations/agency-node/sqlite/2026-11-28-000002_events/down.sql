ALTER TABLE entries DROP COLUMN event_place;
ALTER TABLE entries DROP COLUMN event_time;
ALTER TABLE entries DROP COLUMN event_day;
