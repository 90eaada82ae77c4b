DELETE FROM decisions WHERE kind = 'change';
DROP TABLE pending_versions;
