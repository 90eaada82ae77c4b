-- When and where an event takes place.
ALTER TABLE entries ADD COLUMN event_day TEXT;
ALTER TABLE entries ADD COLUMN event_time TEXT;
ALTER TABLE entries ADD COLUMN event_place TEXT;
