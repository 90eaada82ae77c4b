DROP TABLE notice_letters;
-- The hub of before does not know these kinds.
DELETE FROM notices WHERE kind IN ('takedown', 'takedown-lifted');
ALTER TABLE decisions DROP COLUMN basis;
