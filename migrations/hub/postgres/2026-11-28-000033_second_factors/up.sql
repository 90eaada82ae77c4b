-- What a person proves beside the password: codes of an authenticator that shares the secret.
CREATE TABLE second_factors (
    person_id BIGINT PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    secret    TEXT NOT NULL,
    since     TIMESTAMPTZ NOT NULL,
    -- The last step whose code was taken: it and those before are not taken again.
    last_step BIGINT NOT NULL
);

-- In place of a code where the authenticator is lost; each once.
CREATE TABLE recovery_codes (
    code_hash TEXT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES people (id) ON DELETE CASCADE
);
CREATE INDEX recovery_codes_person ON recovery_codes (person_id);

-- Who has proven the password, and not yet the rest.
CREATE TABLE pending_sign_ins (
    token_hash TEXT PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX pending_sign_ins_person ON pending_sign_ins (person_id);
