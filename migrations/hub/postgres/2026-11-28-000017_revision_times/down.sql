DROP INDEX entries_of_field;
DROP INDEX entries_of_kind;
DROP INDEX entries_of_agency;
DROP TABLE revisions;
