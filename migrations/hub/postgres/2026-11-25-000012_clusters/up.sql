-- Entries of several agencies that are one text: the entry of its first publisher stands for all of them.
ALTER TABLE entries ADD COLUMN cluster_id BIGINT;
CREATE INDEX entries_cluster ON entries (cluster_id) WHERE cluster_id IS NOT NULL;

-- Texts that have a band in common may be near-duplicates.
CREATE TABLE entry_bands (
    entry_id BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    band     BIGINT NOT NULL,
    PRIMARY KEY (entry_id, band)
);
CREATE INDEX entry_bands_band ON entry_bands (band, entry_id);

-- Pairs that an editor has parted; the smaller id first.
CREATE TABLE cluster_exclusions (
    entry_id BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    other_id BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    PRIMARY KEY (entry_id, other_id)
);
CREATE INDEX cluster_exclusions_other ON cluster_exclusions (other_id);

-- Up to which revision each of the tasks has come that follow the repository.
CREATE TABLE followers (
    name     TEXT PRIMARY KEY NOT NULL,
    revision BIGINT NOT NULL
);
