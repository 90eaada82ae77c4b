DROP TABLE followers;
DROP TABLE cluster_exclusions;
DROP TABLE entry_bands;
DROP INDEX entries_cluster;
ALTER TABLE entries DROP COLUMN cluster_id;
