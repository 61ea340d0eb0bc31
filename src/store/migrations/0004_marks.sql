-- What the user says of alerts. The newest mark of an alert counts; the earlier ones are its history.
CREATE TABLE mark (
    id        INTEGER PRIMARY KEY,
    alert_id  TEXT NOT NULL REFERENCES alert(id),
    verdict   TEXT NOT NULL CHECK (verdict IN ('right', 'wrong')),
    why       TEXT,
    marked_at TEXT NOT NULL
);
CREATE INDEX mark_by_alert ON mark(alert_id, id);
