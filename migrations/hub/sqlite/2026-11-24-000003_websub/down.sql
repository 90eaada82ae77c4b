ALTER TABLE feeds DROP COLUMN push_trust;
DROP TABLE pushes;
DROP TABLE fan_out;
DROP TABLE contents;
DROP TABLE intents;
DROP TABLE subscriptions;
