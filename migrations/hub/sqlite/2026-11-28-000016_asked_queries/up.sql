-- Words of searches, whether anything was found, and how often on a day: nothing of who searched.
CREATE TABLE asked_queries (
    day   TEXT NOT NULL,
    found INTEGER NOT NULL,
    words TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, found, words)
) STRICT;
INSERT INTO asked_queries (day, found, words, count) SELECT day, 0, words, count FROM fruitless_queries;
DROP TABLE fruitless_queries;
