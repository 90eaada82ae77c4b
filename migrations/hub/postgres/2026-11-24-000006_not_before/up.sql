-- Until when the feed's site asked to be left alone (Retry-After): no ping comes before that.
ALTER TABLE feeds ADD COLUMN not_before TIMESTAMPTZ;
