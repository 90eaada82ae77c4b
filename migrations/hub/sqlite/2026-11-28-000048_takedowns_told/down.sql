DROP TABLE notice_letters;
ALTER TABLE decisions DROP COLUMN basis;
