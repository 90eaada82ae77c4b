-- The words that texts are read with, as the four files in which they are edited. Every version stays; the newest counts.
-- `reader` names the program's own rules: a hub that reads otherwise than the newest version adds one.
CREATE TABLE vocabularies (
    version    INTEGER PRIMARY KEY NOT NULL,
    reader     INTEGER NOT NULL,
    taxonomy   TEXT NOT NULL,
    laws       TEXT NOT NULL,
    synonyms   TEXT NOT NULL,
    stopwords  TEXT NOT NULL,
    note       TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

ALTER TABLE entries ADD COLUMN audiences TEXT NOT NULL DEFAULT '[]';
ALTER TABLE entries ADD COLUMN situations TEXT NOT NULL DEFAULT '[]';

-- How each entry was read: with which version of the vocabulary, and who decided its field (NULL: nobody could).
CREATE TABLE readings (
    entry_id   INTEGER PRIMARY KEY NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    read_with  INTEGER NOT NULL,
    field_by   TEXT,
    confidence REAL
) STRICT;
CREATE INDEX readings_read_with ON readings (read_with, entry_id);
CREATE INDEX readings_undecided ON readings (entry_id) WHERE field_by IS NULL;
INSERT INTO readings (entry_id, read_with) SELECT id, 0 FROM entries;

-- What stood in the entries whose encoding was mended.
CREATE TABLE repairs (
    entry_id   INTEGER PRIMARY KEY NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    encoding   TEXT NOT NULL,
    confidence REAL NOT NULL,
    original   TEXT NOT NULL
) STRICT;

-- What editors decided; it counts more than anything that is read.
CREATE TABLE corrections (
    entry_id     INTEGER PRIMARY KEY NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    field        TEXT,
    audiences    TEXT,
    situations   TEXT,
    corrected_by TEXT NOT NULL,
    corrected_at TEXT NOT NULL
) STRICT;

-- The field that an agency's own category stands for; categories are folded.
CREATE TABLE category_mappings (
    agency_id INTEGER NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
    category  TEXT NOT NULL,
    field     TEXT NOT NULL,
    PRIMARY KEY (agency_id, category)
) STRICT;
