DROP TABLE sessions;
DROP TABLE editors;
DROP TABLE entries;
