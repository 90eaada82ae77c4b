-- When an event takes place, as its agency's feed says.
ALTER TABLE entries ADD COLUMN starts_at TEXT;
ALTER TABLE entries ADD COLUMN ends_at TEXT;
CREATE INDEX entries_events ON entries (starts_at) WHERE starts_at IS NOT NULL;
