CREATE TABLE fruitless_queries (
    day   DATE NOT NULL,
    words TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, words)
);
INSERT INTO fruitless_queries (day, words, count) SELECT day, words, count FROM asked_queries WHERE NOT found;
DROP TABLE asked_queries;
