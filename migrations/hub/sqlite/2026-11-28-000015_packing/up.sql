-- Of PostgreSQL's storage only: here nothing is compressed.
SELECT 1;
