//! Times that were written before the clock was set back: what was put off till then would wait until they come.

use super::sql::Time;
use super::{Reader, Result, Transaction};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

/// Clocks are corrected by seconds all the time: no reason to do anything twice.
const CORRECTION: SignedDuration = SignedDuration::from_mins(1);
/// Longer than any page or message is put off.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);

/// What can be put off: its table, the time of its turn, and which rows were put off by a clock that ran ahead (?1 is that much
/// later than now).
const PUT_OFF: [(&str, &str, &str, SignedDuration); 4] = [
    ("feed", "next_poll_at", "next_poll_at > ?1 AND last_polled_at > ?1", CORRECTION),
    ("article", "fetch_after", "stage = 'fetch' AND fetch_after > ?1", LONGEST),
    ("delivery", "next_try_at", "state = 'pending' AND next_try_at > ?1", LONGEST),
    (
        "delivery",
        "next_try_at",
        "state = 'pending' AND next_try_at > ?1
            AND coalesce(last_try_at, (SELECT created_at FROM message WHERE message.id = message_id)) > ?1",
        CORRECTION,
    ),
];

impl Reader {
    /// Whether anything waits that was put off at a time yet to come.
    pub fn clock_was_set_back(&self, now: Timestamp) -> Result<bool> {
        for (table, _, which, ahead) in PUT_OFF {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {which})");
            if self.row(&sql, [Time(later(now, ahead))], |row| row.get(0))? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Transaction<'_> {
    /// Makes due what was put off at a time yet to come: feeds, pages, messages.
    pub fn make_due(&self, now: Timestamp) -> Result<()> {
        for (table, turn, which, ahead) in PUT_OFF {
            let sql = format!("UPDATE {table} SET {turn} = ?2 WHERE {which}");
            self.execute(&sql, params![Time(later(now, ahead)), Time(now)])?;
        }
        Ok(())
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
