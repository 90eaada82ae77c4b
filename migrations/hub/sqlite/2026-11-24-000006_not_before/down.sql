ALTER TABLE feeds DROP COLUMN not_before;
