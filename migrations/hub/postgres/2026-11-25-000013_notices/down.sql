ALTER TABLE entry_versions DROP COLUMN feed_id;
DROP TABLE fruitless_queries;
DROP TABLE notices;
