-- The log, version 1.
-- Times are RFC 3339 text in UTC, always with milliseconds, so that they sort as text. Days are ISO 8601 dates.
-- Booleans are 0 and 1. Addresses of feeds are redacted here; the watchlist alone holds them in full.

CREATE TABLE feed (
    id              INTEGER PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,      -- SHA-256 of the address as configured
    address         TEXT NOT NULL,             -- redacted, for people
    outlet          TEXT,                      -- as configured, else the registrable domain of its site
    title           TEXT,                      -- as the feed names itself
    active          INTEGER NOT NULL DEFAULT 1,-- stands in the current watchlist
    added_at        TEXT NOT NULL,
    -- what the server wants to hear again, exactly as received
    etag            TEXT,
    last_modified   TEXT,
    body_sha256     TEXT,
    moved_to        TEXT,                      -- target of a remembered 301/308; never set for secret addresses
    -- when
    baseline_at     TEXT,                      -- first document read
    document_at     TEXT,                      -- last document read: its items have this as last_seen_at
    last_polled_at  TEXT,
    last_ok_at      TEXT,
    last_new_at     TEXT,                      -- last poll that brought a new item
    next_poll_at    TEXT,                      -- null: at once
    interval_s      INTEGER,
    -- health
    failures        INTEGER NOT NULL DEFAULT 0,-- in a row
    failing_since   TEXT,                      -- the first of them
    last_status     INTEGER,
    last_error      TEXT,
    gone            INTEGER NOT NULL DEFAULT 0,-- answered 410
    told_silent_at  TEXT                       -- its death or silence was told to the sinks
);

-- A poll that found no item known from the last one: what came between is lost.
CREATE TABLE gap (
    id        INTEGER PRIMARY KEY,
    feed_id   INTEGER NOT NULL REFERENCES feed(id),
    after     TEXT NOT NULL,                   -- the last good poll before
    before    TEXT NOT NULL                    -- the poll that found the gap
);
CREATE INDEX gap_by_feed ON gap(feed_id, before);

CREATE TABLE article (
    id            INTEGER PRIMARY KEY,
    identity      TEXT NOT NULL UNIQUE,        -- canonical address, else feed and guid, else feed and content hash
    feed_id       INTEGER NOT NULL REFERENCES feed(id), -- that brought it first
    url           TEXT,                        -- as the feed gives it
    outlet        TEXT NOT NULL,
    title         TEXT,
    author        TEXT,
    published     TEXT,
    updated       TEXT,
    first_seen_at TEXT NOT NULL,
    time          TEXT NOT NULL,               -- published, else first seen; never later than first seen
    baseline      INTEGER NOT NULL DEFAULT 0,  -- from a first poll: stored and linked, without alerts
    -- seen: metadata only, not matched · fetch: its page is to be fetched · read: its text is to be analysed ·
    -- done · skipped: see reason
    stage         TEXT NOT NULL CHECK (stage IN ('seen', 'fetch', 'read', 'done', 'skipped')),
    reason        TEXT,                        -- why skipped, or the last failure of its page
    fetch_tries   INTEGER NOT NULL DEFAULT 0,
    fetch_after   TEXT,                        -- not before; null: at once
    matched       TEXT                         -- JSON {"actors": […], "topics": […]}
);
CREATE INDEX article_to_fetch ON article(fetch_after, id) WHERE stage = 'fetch';
CREATE INDEX article_to_read ON article(time, id) WHERE stage = 'read';
CREATE INDEX article_by_time ON article(time);

-- What the feed gave of an article that is still to be read.
CREATE TABLE feed_text (
    article_id INTEGER PRIMARY KEY REFERENCES article(id),
    summary    TEXT,
    content    TEXT
);

CREATE TABLE article_topic (
    topic      TEXT NOT NULL,
    article_id INTEGER NOT NULL REFERENCES article(id),
    PRIMARY KEY (topic, article_id)
) WITHOUT ROWID;
CREATE INDEX topic_by_article ON article_topic(article_id);

-- One entry of one feed. The same article may be an item of several feeds.
CREATE TABLE item (
    id            INTEGER PRIMARY KEY,
    feed_id       INTEGER NOT NULL REFERENCES feed(id),
    identity      TEXT NOT NULL,               -- guid, else canonical address, else content hash
    article_id    INTEGER NOT NULL REFERENCES article(id),
    content_hash  TEXT NOT NULL,               -- of title, summary and content: tells an update
    first_seen_at TEXT NOT NULL,
    last_seen_at  TEXT NOT NULL,               -- last document that had it
    UNIQUE (feed_id, identity)
);
CREATE INDEX item_by_article ON item(article_id);
CREATE INDEX item_by_feed ON item(feed_id, id);

-- What was analysed. An article that changes is kept in versions.
CREATE TABLE version (
    id          INTEGER PRIMARY KEY,
    article_id  INTEGER NOT NULL REFERENCES article(id),
    n           INTEGER NOT NULL,              -- 1, 2, …
    title       TEXT,
    body        TEXT,                          -- null once its retention is over; statements outlive it
    source      TEXT NOT NULL CHECK (source IN ('feed', 'page', 'summary')),
    note        TEXT,                          -- why this source, e.g. the page's error
    final_url   TEXT,
    fetched_at  TEXT NOT NULL,
    sha256      TEXT NOT NULL,                 -- of title, two newlines, body
    lang        TEXT,
    engine      TEXT,                          -- that analysed it; null before
    UNIQUE (article_id, n)
);
CREATE INDEX version_by_fetched ON version(fetched_at) WHERE body IS NOT NULL;

CREATE TABLE statement (
    id             INTEGER PRIMARY KEY,
    article_id     INTEGER NOT NULL REFERENCES article(id),
    version_id     INTEGER NOT NULL REFERENCES version(id),
    local_id       INTEGER NOT NULL,           -- within one analysis of the version
    act            TEXT NOT NULL CHECK (act IN ('accusation', 'denial', 'other')),
    speaker        TEXT, speaker_name  TEXT, speaker_actor  TEXT,
    behalf         TEXT, behalf_name   TEXT, behalf_actor   TEXT,
    target         TEXT, target_name   TEXT, target_actor   TEXT,
    accuser        TEXT, accuser_name  TEXT, accuser_actor  TEXT,
    cue            TEXT,
    content        TEXT NOT NULL,              -- the words said; spans joined by ' … '
    passage        TEXT NOT NULL,              -- the sentences around, word for word
    start          INTEGER NOT NULL,           -- of the passage, in code points of the analysed text
    spans          TEXT NOT NULL,              -- JSON: every span as [start, end], in code points
    repeats        INTEGER REFERENCES statement(id),
    presupposed    INTEGER NOT NULL,
    direct         INTEGER NOT NULL,
    recalled       INTEGER NOT NULL,
    said_earliest  TEXT, said_latest TEXT,     -- days, as the article tells; null: unknown
    earliest       TEXT NOT NULL,              -- the same for ordering: what is unknown counts as the article's day
    latest         TEXT NOT NULL,
    confidence     REAL NOT NULL,
    engine         TEXT NOT NULL,
    final_url      TEXT, fetched_at TEXT NOT NULL, sha256 TEXT NOT NULL,
    baseline       INTEGER NOT NULL,           -- its article's when it was first found: raises no alert
    superseded     INTEGER NOT NULL DEFAULT 0  -- a later reading of the article restates or drops it
);
CREATE INDEX statement_by_article ON statement(article_id);
CREATE INDEX statement_by_version ON statement(version_id);
CREATE INDEX statement_by_day ON statement(latest, id) WHERE superseded = 0;
CREATE INDEX statement_by_repeats ON statement(repeats) WHERE repeats IS NOT NULL;

-- Who stands in which role of a current statement: one row for each folded name a party is known by.
CREATE TABLE party (
    key          TEXT NOT NULL,                -- a folded name; see store::statements
    role         TEXT NOT NULL CHECK (role IN ('speaker', 'behalf', 'target', 'accuser')),
    act          TEXT NOT NULL,                -- the statement's
    latest       TEXT NOT NULL,                -- the statement's
    statement_id INTEGER NOT NULL REFERENCES statement(id),
    PRIMARY KEY (key, role, act, latest, statement_id)
) WITHOUT ROWID;
CREATE INDEX party_by_statement ON party(statement_id);

CREATE TABLE dispute (
    id          INTEGER PRIMARY KEY,
    accused     TEXT NOT NULL,                 -- the accused party's name
    accused_actor TEXT,                        -- the canonical actor it belongs to
    accused_key TEXT NOT NULL,                 -- the party as linking compares it, for look-up
    matter      TEXT NOT NULL,                 -- what it is about, a few words
    since       TEXT,                          -- day of its earliest accusation
    last_at     TEXT NOT NULL,                 -- when a statement last joined it
    opened_at   TEXT NOT NULL
);
CREATE INDEX dispute_by_accused ON dispute(accused_key, last_at);
CREATE INDEX dispute_by_last ON dispute(last_at);

CREATE TABLE dispute_statement (
    dispute_id   INTEGER NOT NULL REFERENCES dispute(id),
    statement_id INTEGER NOT NULL UNIQUE REFERENCES statement(id),
    PRIMARY KEY (dispute_id, statement_id)
) WITHOUT ROWID;

-- "This denial answers that accusation", and why.
CREATE TABLE link (
    denial_id     INTEGER NOT NULL REFERENCES statement(id),
    accusation_id INTEGER NOT NULL REFERENCES statement(id),
    score         REAL NOT NULL,
    reasons       TEXT NOT NULL,               -- JSON array of text
    PRIMARY KEY (denial_id, accusation_id)
) WITHOUT ROWID;
CREATE INDEX link_by_accusation ON link(accusation_id);

-- One denial event: (dispute, denying side, when said).
CREATE TABLE alert (
    id            TEXT PRIMARY KEY,            -- ULID; the webhook-id
    dispute_id    INTEGER NOT NULL REFERENCES dispute(id),
    denial_id     INTEGER NOT NULL REFERENCES statement(id),
    side          TEXT NOT NULL,               -- who denies, folded
    said_earliest TEXT, said_latest TEXT,
    created_at    TEXT NOT NULL,
    confidence    REAL NOT NULL,
    rules         TEXT NOT NULL,               -- JSON array of names
    held          TEXT,                        -- null: sent · else why it went to the digest
    digest_id     TEXT REFERENCES message(id)  -- the digest that told of it
);
CREATE INDEX alert_by_dispute ON alert(dispute_id, side, said_latest);
CREATE INDEX alert_by_created ON alert(created_at);
CREATE INDEX alert_by_denial ON alert(denial_id);
CREATE INDEX alert_held ON alert(created_at) WHERE held IS NOT NULL AND digest_id IS NULL;

-- The denials of one event, whichever outlets carry them.
CREATE TABLE alert_denial (
    alert_id     TEXT NOT NULL REFERENCES alert(id),
    statement_id INTEGER NOT NULL REFERENCES statement(id),
    outlet       TEXT NOT NULL,
    PRIMARY KEY (alert_id, statement_id)
) WITHOUT ROWID;
CREATE INDEX alert_denial_by_statement ON alert_denial(statement_id);

-- The outbox: what is to be told, written in the transaction that makes it true.
CREATE TABLE message (
    id         TEXT PRIMARY KEY,               -- ULID; for an alert, the alert's id
    kind       TEXT NOT NULL,                  -- denial.followed_accusation, denial.updated, digest, feed.silent, test
    body       TEXT NOT NULL,                  -- JSON, as webhooks receive it
    created_at TEXT NOT NULL
);
CREATE INDEX message_by_created ON message(created_at);

CREATE TABLE delivery (
    id           INTEGER PRIMARY KEY,
    message_id   TEXT NOT NULL REFERENCES message(id),
    sink         TEXT NOT NULL,                -- 'desktop' or a webhook's name
    state        TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    tries        INTEGER NOT NULL DEFAULT 0,
    next_try_at  TEXT NOT NULL,
    last_try_at  TEXT,
    last_status  INTEGER,
    last_error   TEXT,
    delivered_at TEXT,
    UNIQUE (message_id, sink)
);
CREATE INDEX delivery_due ON delivery(next_try_at) WHERE state = 'pending';
CREATE INDEX delivery_by_state ON delivery(state, id);

-- Small facts of the daemon: watchlist fingerprint, last digest.
CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Full text, kept true by triggers: the indexes hold no second copy of the words.
CREATE VIRTUAL TABLE article_text USING fts5(title, body,
    content = 'version', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2');
CREATE TRIGGER version_text_in AFTER INSERT ON version BEGIN
    INSERT INTO article_text(rowid, title, body) VALUES (new.id, new.title, new.body);
END;
CREATE TRIGGER version_text_out AFTER DELETE ON version BEGIN
    INSERT INTO article_text(article_text, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;
CREATE TRIGGER version_text_changed AFTER UPDATE OF title, body ON version BEGIN
    INSERT INTO article_text(article_text, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
    INSERT INTO article_text(rowid, title, body) VALUES (new.id, new.title, new.body);
END;

CREATE VIRTUAL TABLE statement_text USING fts5(speaker, content, passage,
    content = 'statement', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2');
CREATE TRIGGER statement_text_in AFTER INSERT ON statement BEGIN
    INSERT INTO statement_text(rowid, speaker, content, passage) VALUES (new.id, new.speaker, new.content, new.passage);
END;
CREATE TRIGGER statement_text_out AFTER DELETE ON statement BEGIN
    INSERT INTO statement_text(statement_text, rowid, speaker, content, passage)
    VALUES ('delete', old.id, old.speaker, old.content, old.passage);
END;
