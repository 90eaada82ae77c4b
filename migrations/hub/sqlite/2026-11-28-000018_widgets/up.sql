-- What agencies have set up to embed; pages name it by its id.
CREATE TABLE widgets (
    id              TEXT NOT NULL PRIMARY KEY,
    agency_id       INTEGER NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
    title           TEXT NOT NULL,
    view            TEXT NOT NULL,
    filters         TEXT NOT NULL,
    entry_id        INTEGER,
    entries         INTEGER NOT NULL,
    language        TEXT NOT NULL,
    theme           TEXT NOT NULL,
    allowed_origins TEXT NOT NULL,
    created_at      TEXT NOT NULL
) STRICT;
CREATE INDEX widgets_agency ON widgets (agency_id);

-- How often widgets were asked for on a day: nothing of who asked. An empty widget is all that have no configuration.
CREATE TABLE widget_views (
    day    TEXT NOT NULL,
    widget TEXT NOT NULL,
    form   TEXT NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (day, widget, form)
) STRICT;

-- The scripts that this hub has ever served: pages name one by its version for years.
CREATE TABLE widget_scripts (
    version      TEXT NOT NULL PRIMARY KEY,
    content      TEXT NOT NULL,
    served_since TEXT NOT NULL
) STRICT;
