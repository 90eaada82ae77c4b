-- Answers are compressed already.
ALTER TABLE answers ALTER COLUMN packed SET STORAGE EXTERNAL;

-- LZ4 is several times as quick as the default. A server that was built without it keeps that.
DO $$
BEGIN
    EXECUTE 'ALTER TABLE entries ALTER COLUMN body_html SET COMPRESSION lz4';
    EXECUTE 'ALTER TABLE entry_versions ALTER COLUMN body_html SET COMPRESSION lz4';
EXCEPTION WHEN feature_not_supported OR syntax_error THEN
    RAISE DEBUG 'no LZ4 here';
END
$$;
