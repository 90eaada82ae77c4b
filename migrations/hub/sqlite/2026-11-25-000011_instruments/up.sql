-- Legal documents: those that entries cite, those that entries are, and the laws of the vocabulary (whose version stands in
-- `vocabulary`). `key` is the number's normal form.
CREATE TABLE instruments (
    key          TEXT PRIMARY KEY NOT NULL,
    number       TEXT NOT NULL,
    type         TEXT,
    issuer       TEXT,
    year         INTEGER,
    title        TEXT,
    summary      TEXT,
    issued_on    TEXT,
    effective_on TEXT,
    replaced_by  TEXT,
    replaced_on  TEXT,
    vocabulary   INTEGER,
    entry_id     INTEGER REFERENCES entries (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX instruments_entry ON instruments (entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX instruments_replaced ON instruments (key) WHERE replaced_by IS NOT NULL;

-- What each entry cites; an empty text where no article, clause or point is named.
CREATE TABLE entry_citations (
    entry_id   INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    instrument TEXT NOT NULL,
    article    TEXT NOT NULL,
    clause     TEXT NOT NULL,
    point      TEXT NOT NULL,
    PRIMARY KEY (entry_id, instrument, article, clause, point)
) STRICT;
CREATE INDEX entry_citations_instrument ON entry_citations (instrument, article, entry_id);
