-- What each rule did about a message at each of its sinks: told it at once, or holds it for a digest.
CREATE TABLE telling (
    message_id TEXT NOT NULL REFERENCES message(id), -- an alert's, or an update's
    rule       TEXT NOT NULL,
    sink       TEXT NOT NULL,                 -- '' where an older version kept the rule alone
    at         TEXT NOT NULL,                 -- when it was told, or held
    hold       TEXT CHECK (hold IN ('old', 'undated', 'snoozed', 'digest', 'quiet', 'rate')), -- null: told at once
    why        TEXT,                          -- the same in words
    digest_id  TEXT REFERENCES message(id),   -- the digest that told it
    PRIMARY KEY (message_id, rule, sink)
) WITHOUT ROWID;
CREATE INDEX telling_waiting ON telling(at) WHERE hold IS NOT NULL AND digest_id IS NULL;
CREATE INDEX telling_at_once ON telling(rule, at) WHERE hold IS NULL;
CREATE INDEX telling_by_digest ON telling(digest_id) WHERE digest_id IS NOT NULL;
DROP INDEX alert_held;

INSERT INTO telling (message_id, rule, sink, at, hold, why)
SELECT al.id, r.value, '', al.created_at, 'old', al.held
FROM alert al JOIN message m ON m.id = al.id, json_each(al.rules) r
WHERE al.held IS NOT NULL AND al.digest_id IS NULL;

-- What was told of an alert's event after the alert: another speaker, another manner of denying.
CREATE TABLE alert_update (
    message_id TEXT PRIMARY KEY REFERENCES message(id),
    alert_id   TEXT NOT NULL REFERENCES alert(id),
    denial_id  INTEGER NOT NULL REFERENCES statement(id),
    news       TEXT NOT NULL                  -- what is new, in words
) WITHOUT ROWID;
CREATE INDEX update_by_alert ON alert_update(alert_id);

ALTER TABLE dispute ADD COLUMN snoozed_until TEXT; -- by command: nothing is told of it until then
ALTER TABLE dispute ADD COLUMN closed_at TEXT;     -- by command: nothing is told of it until it is opened again
ALTER TABLE dispute ADD COLUMN merged_into INTEGER REFERENCES dispute(id); -- it was the same as that older one

-- Disputes that the user has set apart: they are never merged.
CREATE TABLE apart (
    one   INTEGER NOT NULL REFERENCES dispute(id),   -- the older
    other INTEGER NOT NULL REFERENCES dispute(id),
    PRIMARY KEY (one, other)
) WITHOUT ROWID;
