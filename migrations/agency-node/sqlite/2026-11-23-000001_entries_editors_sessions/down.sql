DROP TABLE site;
DROP TABLE sessions;
DROP TABLE editors;
DROP TABLE entries;
