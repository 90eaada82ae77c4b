ALTER TABLE revisions DROP COLUMN reach;
