ALTER TABLE feeds DROP COLUMN validators_host;
