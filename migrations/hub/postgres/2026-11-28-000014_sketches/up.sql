-- What is kept of a text to see from afar whether another may be the same. An entry without one is read again instead.
CREATE TABLE entry_sketches (
    entry_id  BIGINT PRIMARY KEY NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    agency_id BIGINT NOT NULL REFERENCES agencies (id),
    sketch    BYTEA NOT NULL
);
