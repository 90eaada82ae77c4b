CREATE TABLE entries (
    id TEXT PRIMARY KEY NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    -- Grows with every change: an editor who saves over a newer version is told.
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    -- What the editor wrote; body_html is what was made of it, cleaned.
    body_format TEXT NOT NULL CHECK (body_format IN ('plain', 'html')),
    body_source TEXT NOT NULL,
    body_html TEXT NOT NULL,
    field TEXT,
    -- Lists as JSON arrays: they are only ever read and written whole.
    audiences TEXT NOT NULL,
    basis TEXT NOT NULL,
    tags TEXT NOT NULL,
    question TEXT,
    document_number TEXT,
    document_type TEXT,
    document_issuer TEXT,
    document_issued TEXT,
    document_effective TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    -- When readers first saw it; a withdrawal keeps it.
    published_at TEXT,
    withdrawn_at TEXT
) STRICT;

CREATE INDEX entries_by_state ON entries (state, published_at DESC, id DESC);

CREATE TABLE editors (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    -- SHA-256 of the token in the cookie: whoever reads the database can't sign in with it.
    token_hash TEXT PRIMARY KEY NOT NULL,
    editor_id INTEGER NOT NULL REFERENCES editors (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL
) STRICT;

CREATE INDEX sessions_by_editor ON sessions (editor_id);

-- One row: when the site was opened. A feed without entries changed last then.
CREATE TABLE site (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    opened_at TEXT NOT NULL
) STRICT;

INSERT INTO site (id, opened_at) VALUES (1, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'));
