DROP TABLE sign_in_attempts;
DROP TABLE one_time_tokens;
DROP TABLE sessions;
DROP TABLE memberships;
DROP TABLE people;
