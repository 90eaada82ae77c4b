DROP TABLE category_mappings;
DROP TABLE corrections;
DROP TABLE repairs;
DROP TABLE readings;
ALTER TABLE entries DROP COLUMN situations;
ALTER TABLE entries DROP COLUMN audiences;
DROP TABLE vocabularies;
