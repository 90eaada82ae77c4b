ALTER TABLE vocabularies DROP COLUMN author;
DROP TABLE policies;
