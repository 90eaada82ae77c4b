-- Who asked to be told of a topic's changes (WebSub), and how far each of them is: a subscription
-- whose `delivered` is behind its `wanted` is on the queue of deliveries from `next_attempt_at` on.
CREATE TABLE subscriptions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    topic           TEXT    NOT NULL,
    callback        TEXT    NOT NULL,
    callback_host   TEXT    NOT NULL,
    secret          TEXT,
    intent_id       INTEGER NOT NULL,
    expires_at      TEXT    NOT NULL,
    wanted          INTEGER NOT NULL DEFAULT 0,
    delivered       INTEGER NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    last_cause      TEXT,
    lease_until     TEXT,
    fence           INTEGER NOT NULL DEFAULT 0,
    UNIQUE (callback, topic)
) STRICT;
CREATE INDEX subscriptions_topic ON subscriptions (topic);
CREATE INDEX subscriptions_host ON subscriptions (callback_host);
CREATE INDEX subscriptions_expiry ON subscriptions (expires_at);
CREATE INDEX subscriptions_due ON subscriptions (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- Callbacks that are to be asked, or told, next: each row is one GET.
CREATE TABLE intents (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    mode          TEXT    NOT NULL,
    topic         TEXT    NOT NULL,
    callback      TEXT    NOT NULL,
    callback_host TEXT    NOT NULL,
    secret        TEXT,
    lease_seconds INTEGER NOT NULL,
    reason        TEXT,
    due_at        TEXT    NOT NULL,
    lease_until   TEXT,
    fence         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX intents_host ON intents (callback_host);
CREATE INDEX intents_due ON intents (due_at);

-- What subscribers get: the newest content of each topic that has any.
CREATE TABLE contents (
    topic        TEXT    PRIMARY KEY,
    version      INTEGER NOT NULL,
    content_type TEXT    NOT NULL,
    hash         TEXT    NOT NULL,
    body         BLOB    NOT NULL,
    changed_at   TEXT    NOT NULL
) STRICT;

-- One row: up to which revision the aggregate's changes have been put into `contents`.
CREATE TABLE fan_out (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO fan_out (id, revision) SELECT 1, revision FROM repository_state;

-- This hub's own subscriptions at the hubs that agencies' feeds name. A row outlives its feed until
-- the subscription is ended.
CREATE TABLE pushes (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    feed_id         INTEGER REFERENCES feeds (id) ON DELETE SET NULL,
    hub             TEXT    NOT NULL,
    topic           TEXT    NOT NULL,
    token           TEXT    NOT NULL UNIQUE,
    secret          TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    asked_at        TEXT,
    expires_at      TEXT,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_request_at TEXT    NOT NULL,
    cause           TEXT,
    last_push_at    TEXT,
    received        INTEGER NOT NULL DEFAULT 0,
    ignored         INTEGER NOT NULL DEFAULT 0,
    lease_until     TEXT,
    fence           INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX pushes_feed ON pushes (feed_id);
CREATE INDEX pushes_due ON pushes (next_request_at);

-- How often in a row a feed's pushes brought what polling would have found: every pass reads it.
ALTER TABLE feeds ADD COLUMN push_trust INTEGER NOT NULL DEFAULT 0;
