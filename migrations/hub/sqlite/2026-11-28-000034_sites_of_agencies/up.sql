-- Since when people do not want a feed harvested; what it has brought stays.
ALTER TABLE feeds ADD COLUMN stopped_at TEXT;

-- Sites that an agency has proven to be its own: their feeds may be added without asking the province.
CREATE TABLE proven_sites (
    agency_id INTEGER NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
    -- The host without www., and the port where it is not the usual one.
    site      TEXT NOT NULL,
    way       TEXT NOT NULL,
    proven_at TEXT NOT NULL,
    proven_by TEXT NOT NULL,
    PRIMARY KEY (agency_id, site)
) STRICT;
