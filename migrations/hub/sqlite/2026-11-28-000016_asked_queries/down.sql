CREATE TABLE fruitless_queries (
    day   TEXT NOT NULL,
    words TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, words)
) STRICT;
INSERT INTO fruitless_queries (day, words, count) SELECT day, words, count FROM asked_queries WHERE NOT found;
DROP TABLE asked_queries;
