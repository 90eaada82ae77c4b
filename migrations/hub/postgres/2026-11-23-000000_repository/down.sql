DROP TABLE runs;
DROP TABLE entry_versions;
DROP TABLE entry_feeds;
DROP TABLE entries;
DROP TABLE feeds;
DROP TABLE agency_successors;
DROP TABLE agencies;
DROP TABLE repository_state;
