-- SQLite has no row-level security: here the queries' scopes stand alone.
SELECT 1;
