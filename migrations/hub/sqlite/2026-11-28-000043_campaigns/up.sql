-- What stands in front may begin later, and be said to belong to a campaign.
ALTER TABLE pins ADD COLUMN since TEXT;
ALTER TABLE pins ADD COLUMN label TEXT NOT NULL DEFAULT '';
