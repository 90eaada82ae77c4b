DROP TABLE proven_sites;
ALTER TABLE feeds DROP COLUMN stopped_at;
