-- An entry to which its publisher gave a new id and a new address is found again by its title and its date.
CREATE INDEX entries_dated ON entries (feed_id, published_at);

-- Pages in a row that brought nothing: at first contact one of them does not end the walk.
ALTER TABLE histories ADD COLUMN pages_without_news INTEGER NOT NULL DEFAULT 0;

-- Pings in a row that told of news just published: one alone earns no trust, as anybody may ping.
ALTER TABLE feed_schedules ADD COLUMN timely_pings INTEGER NOT NULL DEFAULT 0;
