-- What people changed. Every record holds the hash of the one before it: none can be altered or left out unseen.
-- It names people and agencies without referring to them, since it outlives both.
CREATE TABLE audit (
    id          BIGINT PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    person_id   BIGINT,
    name        TEXT NOT NULL,
    address     TEXT NOT NULL,
    action      TEXT NOT NULL,
    agency_id   BIGINT,
    target      TEXT NOT NULL,
    before_json TEXT,
    after_json  TEXT,
    previous    TEXT NOT NULL,
    hash        TEXT NOT NULL
);
CREATE INDEX audit_agency ON audit (agency_id, id DESC);

-- How many records there are and the hash of the last: who appends holds this row.
CREATE TABLE audit_head (
    id      BIGINT PRIMARY KEY CHECK (id = 1),
    records BIGINT NOT NULL,
    hash    TEXT NOT NULL
);
INSERT INTO audit_head (id, records, hash) VALUES (1, 0, '');

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only';
END;
$$;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
