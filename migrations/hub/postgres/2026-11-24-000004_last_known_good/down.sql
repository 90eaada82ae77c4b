ALTER TABLE runs DROP COLUMN store_ms;
ALTER TABLE runs DROP COLUMN read_ms;
ALTER TABLE runs DROP COLUMN fetch_ms;
ALTER TABLE runs DROP COLUMN waited_ms;
DROP TABLE jobs;
DROP TABLE answers;
DROP TABLE breakers;
ALTER TABLE feeds DROP COLUMN frozen_at;
