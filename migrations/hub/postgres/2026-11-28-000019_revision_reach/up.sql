-- What each revision changed: pages that show nothing of it stay as they are. Of the earlier ones nobody knows.
ALTER TABLE revisions ADD COLUMN reach TEXT NOT NULL DEFAULT 'everything';
