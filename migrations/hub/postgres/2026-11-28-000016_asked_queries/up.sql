-- Words of searches, whether anything was found, and how often on a day: nothing of who searched.
CREATE TABLE asked_queries (
    day   DATE NOT NULL,
    found BOOLEAN NOT NULL,
    words TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, found, words)
);
INSERT INTO asked_queries (day, found, words, count) SELECT day, FALSE, words, count FROM fruitless_queries;
DROP TABLE fruitless_queries;
