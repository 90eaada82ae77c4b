-- The server, as host:port, that the validators came from: after a redirect it is not the feed's own.
ALTER TABLE feeds ADD COLUMN validators_host TEXT;
