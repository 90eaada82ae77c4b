-- Grows with every change of the agency: who changes it says which one was seen.
ALTER TABLE agencies ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- The level of the administration, where the name does not say it.
ALTER TABLE agencies ADD COLUMN level TEXT;

-- What agencies were called in addresses before: these lead to what they are called now.
CREATE TABLE former_slugs (
    slug      TEXT PRIMARY KEY,
    agency_id BIGINT NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
    since     TIMESTAMPTZ NOT NULL
);
CREATE INDEX former_slugs_agency ON former_slugs (agency_id);
CREATE INDEX agency_successors_successor ON agency_successors (successor_id);
