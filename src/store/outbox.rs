//! The outbox: a message is stored in the transaction that makes it true, and delivered until its sink has it.
//! Its id never changes, so that a sink that gets it twice (a crash between sending and noting that) can tell.

use super::sql::{RowTimes, Time};
use super::{DeliveryId, Reader, Result, Transaction};
use jiff::Timestamp;
use rusqlite::params;

/// A message to be told.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its ULID; for an alert, the alert's.
    pub id: &'a str,
    /// `denial.followed_accusation`, `denial.updated`, `digest`, `feed.silent` or `test`.
    pub kind: &'a str,
    /// JSON, as webhooks receive it.
    pub body: &'a str,
}

/// A message that is due at one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The delivery.
    pub id: DeliveryId,
    /// The message's id.
    pub message: String,
    /// Its kind.
    pub kind: String,
    /// Its body.
    pub body: String,
    /// `desktop`, or a webhook's name.
    pub sink: String,
    /// Tries that failed.
    pub tries: u32,
    /// When the message was stored.
    pub created_at: Timestamp,
}

/// What becomes of a delivery that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It is tried again then.
    Retry(Timestamp),
    /// It was the last try: a dead letter.
    Dead,
}

pub(super) const DUE: &str = "SELECT y.id, y.message_id, m.kind, m.body, y.sink, y.tries, m.created_at
    FROM delivery y JOIN message m ON m.id = y.message_id
    WHERE y.id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY sink ORDER BY next_try_at, id) AS turn
            FROM delivery WHERE state = 'pending' AND next_try_at <= ?1) WHERE turn <= ?2)
    ORDER BY y.next_try_at, y.id";

impl Reader {
    /// Deliveries due by `now`, those that waited longest first; at most `limit` for each sink.
    pub fn due_deliveries(&self, now: Timestamp, limit: u32) -> Result<Vec<Due>> {
        self.rows(DUE, params![Time(now), limit], |row| {
            Ok(Due {
                id: row.get("id")?,
                message: row.get("message_id")?,
                kind: row.get("kind")?,
                body: row.get("body")?,
                sink: row.get("sink")?,
                tries: row.get("tries")?,
                created_at: row.time("created_at")?,
            })
        })
    }

    /// The message's body.
    pub fn message_body(&self, id: &str) -> Result<Option<String>> {
        self.row("SELECT body FROM message WHERE id = ?1", [id], |row| row.get(0))
    }

    /// When the next pending delivery is due.
    pub fn next_due_at(&self) -> Result<Option<Timestamp>> {
        self.row("SELECT min(next_try_at) AS next FROM delivery WHERE state = 'pending'", [], |row| {
            row.time_or_none("next")
        })
        .map(Option::flatten)
    }
}

impl Transaction<'_> {
    /// Stores a message, to be delivered to each sink at once. One of that id gives way to it until it goes to a sink, and
    /// then stays as it is.
    pub fn enqueue(&self, message: &Message<'_>, sinks: &[&str], now: Timestamp) -> Result<()> {
        self.execute(
            "INSERT INTO message (id, kind, body, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET body = excluded.body, created_at = excluded.created_at
             WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE message_id = excluded.id)",
            params![message.id, message.kind, message.body, Time(now)],
        )?;
        for sink in sinks {
            self.execute(
                "INSERT OR IGNORE INTO delivery (message_id, sink, next_try_at) VALUES (?1, ?2, ?3)",
                params![message.id, sink, Time(now)],
            )?;
        }
        Ok(())
    }

    /// The sink has it.
    pub fn delivered(&self, id: DeliveryId, status: Option<u16>, at: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE delivery SET state = 'delivered', tries = tries + 1, last_try_at = ?2, delivered_at = ?2,
                last_status = ?3, last_error = NULL WHERE id = ?1",
            params![id, Time(at), status],
        )?;
        Ok(())
    }

    /// The try failed.
    pub fn failed(
        &self,
        id: DeliveryId,
        failure: Failure,
        status: Option<u16>,
        error: &str,
        at: Timestamp,
    ) -> Result<()> {
        let (state, next) = match failure {
            Failure::Retry(next) => ("pending", Some(Time(next))),
            Failure::Dead => ("dead", None),
        };
        self.execute(
            "UPDATE delivery SET state = ?2, next_try_at = coalesce(?3, next_try_at), tries = tries + 1, last_try_at = ?4,
                last_status = ?5, last_error = ?6 WHERE id = ?1",
            params![id, state, next, Time(at), status, error],
        )?;
        Ok(())
    }

    /// The sink can't be reached now for a reason that is not the message's (no desktop session): the delivery waits
    /// without counting a try.
    pub fn postponed(&self, id: DeliveryId, until: Timestamp, why: &str) -> Result<()> {
        self.execute(
            "UPDATE delivery SET next_try_at = ?2, last_error = ?3 WHERE id = ?1 AND state = 'pending'",
            params![id, Time(until), why],
        )?;
        Ok(())
    }
}
