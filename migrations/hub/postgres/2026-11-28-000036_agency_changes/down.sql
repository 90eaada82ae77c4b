DROP INDEX agency_successors_successor;
DROP TABLE former_slugs;
ALTER TABLE agencies DROP COLUMN level;
ALTER TABLE agencies DROP COLUMN version;
