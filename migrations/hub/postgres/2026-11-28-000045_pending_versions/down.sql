DELETE FROM decisions WHERE kind = 'change';
-- What waits is to arrive again: as if their feeds had said something else, and were fetched for the first time.
UPDATE feeds SET etag = NULL, last_modified = NULL, body_hash = NULL WHERE id IN (
    SELECT feed_id FROM entry_feeds WHERE entry_id IN (SELECT entry_id FROM pending_versions)
);
UPDATE entry_feeds SET content_hash = '', source_hash = NULL
    WHERE entry_id IN (SELECT entry_id FROM pending_versions);
DROP TABLE pending_versions;
