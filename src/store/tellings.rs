//! What each rule told each sink at once, and what it holds for a digest.

use super::sql::{RowTimes, Time};
use super::{Reader, Result, StatementId, Transaction};
use crate::alerts::digest::Waiting;
use jiff::Timestamp;
use rusqlite::params;

/// What waits for a digest, in the order in which it came.
pub(super) const WAITING: &str = "SELECT t.message_id, t.rule, t.sink, t.at, t.hold, d.closed_at, d.snoozed_until
    FROM telling t
    LEFT JOIN alert_update u ON u.message_id = t.message_id
    JOIN alert al ON al.id = coalesce(u.alert_id, t.message_id)
    JOIN dispute d ON d.id = al.dispute_id
    WHERE t.hold IS NOT NULL AND t.digest_id IS NULL ORDER BY t.at, t.message_id, t.rule, t.sink";

pub(super) const AT_ONCE: &str =
    "SELECT count(DISTINCT message_id) FROM telling WHERE rule = ?1 AND hold IS NULL AND at > ?2 AND at <= ?3";

/// The ids under which the alert `?1` is told: its own, and those of what further rules were told later.
const ALERTED: &str = "(SELECT ?1 UNION SELECT u.message_id FROM alert_update u JOIN message m ON m.id = u.message_id
    WHERE u.alert_id = ?1 AND m.kind = 'denial.followed_accusation')";

impl Reader {
    /// What waits for a digest, in the order in which it came.
    pub fn waiting(&self) -> Result<Vec<Waiting>> {
        self.rows(WAITING, [], |row| {
            Ok(Waiting {
                message: row.get("message_id")?,
                rule: row.get("rule")?,
                sink: row.get("sink")?,
                since: row.time("at")?,
                hold: row.get("hold")?,
                closed: row.time_or_none("closed_at")?.is_some(),
                snoozed_until: row.time_or_none("snoozed_until")?,
            })
        })
    }

    /// Why the message waits for a digest, each reason once.
    pub fn reasons_of(&self, message: &str, sink: &str) -> Result<Vec<String>> {
        self.rows(
            "SELECT DISTINCT why FROM telling WHERE message_id = ?1 AND sink IN (?2, '') AND hold IS NOT NULL
             AND digest_id IS NULL AND why IS NOT NULL ORDER BY at, rule",
            params![message, sink],
            |row| row.get(0),
        )
    }

    /// The rules for which the alert waits for the digest as old or undated news.
    pub fn aged_rules(&self, alert: &str) -> Result<Vec<String>> {
        self.rows(
            &format!(
                "SELECT DISTINCT rule FROM telling WHERE message_id IN {ALERTED} AND hold IN ('old', 'undated') AND digest_id IS NULL"
            ),
            [alert],
            |row| row.get(0),
        )
    }

    /// The rules for which the alert, under whatever id, waits for a digest.
    pub fn waiting_rules(&self, alert: &str) -> Result<Vec<String>> {
        self.rows(
            "SELECT DISTINCT rule FROM telling WHERE hold IS NOT NULL AND digest_id IS NULL
             AND message_id IN (SELECT ?1 UNION SELECT message_id FROM alert_update WHERE alert_id = ?1)",
            [alert],
            |row| row.get(0),
        )
    }

    /// How many messages the rule told at once after `since` and by `now`.
    pub fn told_at_once(&self, rule: &str, since: Timestamp, now: Timestamp) -> Result<u64> {
        self.number(AT_ONCE, params![rule, Time(since), Time(now)])
    }

    /// Whether the message went, or is on its way, to the sink, else to any: under its own id, an alert under another as
    /// well, or in a digest.
    pub fn is_told(&self, message: &str, sink: Option<&str>) -> Result<bool> {
        let told = self.number(
            "WITH told (id) AS (SELECT ?1 UNION SELECT message_id FROM alert_update WHERE alert_id = ?1)
             SELECT EXISTS (SELECT 1 FROM delivery WHERE sink = coalesce(?2, sink) AND message_id IN
                (SELECT id FROM told UNION SELECT digest_id FROM telling WHERE message_id IN (SELECT id FROM told)))",
            params![message, sink],
        )?;
        Ok(told > 0)
    }
}

impl Transaction<'_> {
    /// The rule tells the message to the sink at once, so that it waits there for no digest, whichever rule held it.
    pub fn tell(&self, message: &str, rule: &str, sink: &str, now: Timestamp) -> Result<()> {
        self.execute(
            "INSERT INTO telling (message_id, rule, sink, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (message_id, rule, sink)
             DO UPDATE SET at = excluded.at, hold = NULL, why = NULL, digest_id = NULL",
            params![message, rule, sink, Time(now)],
        )?;
        self.execute(
            "DELETE FROM telling WHERE message_id = ?1 AND (sink = ?2 OR (sink = '' AND rule = ?3))
             AND hold IS NOT NULL AND digest_id IS NULL",
            params![message, sink, rule],
        )?;
        Ok(())
    }

    /// The rule holds the message back from the sink, unless that has it already. `hold` is the reason's name, `why`
    /// the reason for people.
    pub fn hold_back(
        &self,
        message: &str,
        (rule, sink): (&str, &str),
        (hold, why): (&str, &str),
        now: Timestamp,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO telling (message_id, rule, sink, at, hold, why)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6
             WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE message_id = ?1 AND sink = ?3)
             ON CONFLICT (message_id, rule, sink)
             DO UPDATE SET at = excluded.at, hold = excluded.hold, why = excluded.why, digest_id = NULL",
            params![message, rule, sink, Time(now), hold, why],
        )?;
        Ok(())
    }

    /// The digest tells the sink what all rules held back of the message. `held_for`: the sink that it was held for, where
    /// that is gone and `sink` took its place.
    pub fn mark_told(&self, message: &str, held_for: &str, sink: &str, digest: &str) -> Result<()> {
        self.execute(
            "INSERT INTO telling (message_id, rule, sink, at, hold, why, digest_id)
             SELECT message_id, rule, ?3, at, hold, why, ?4 FROM telling
             WHERE message_id = ?1 AND sink = ?2 AND hold IS NOT NULL AND digest_id IS NULL
             ON CONFLICT (message_id, rule, sink) DO UPDATE SET digest_id = excluded.digest_id",
            params![message, held_for, sink, digest],
        )?;
        Ok(())
    }

    /// What waits of the alert there, under whatever id, waits as that message from now on.
    pub fn wait_with(&self, alert: &str, message: &str, sink: &str) -> Result<()> {
        self.execute(
            &format!(
                "UPDATE OR IGNORE telling SET message_id = ?2
                 WHERE message_id IN {ALERTED} AND message_id <> ?2 AND sink = ?3 AND hold IS NOT NULL AND digest_id IS NULL"
            ),
            params![alert, message, sink],
        )?;
        // Where the rule had it wait under both.
        self.execute(
            &format!(
                "DELETE FROM telling
                 WHERE message_id IN {ALERTED} AND message_id <> ?2 AND sink = ?3 AND hold IS NOT NULL AND digest_id IS NULL"
            ),
            params![alert, message, sink],
        )?;
        Ok(())
    }

    /// The alert, under whatever id, waits there no more.
    pub fn wait_no_more(&self, alert: &str, sink: &str) -> Result<()> {
        self.execute(
            &format!(
                "DELETE FROM telling WHERE message_id IN {ALERTED} AND sink = ?2 AND hold IS NOT NULL AND digest_id IS NULL"
            ),
            params![alert, sink],
        )?;
        Ok(())
    }

    /// Nothing of the message waits there any more.
    pub fn drop_waiting(&self, message: &str, held_for: &str) -> Result<()> {
        self.execute(
            "DELETE FROM telling WHERE message_id = ?1 AND sink = ?2 AND hold IS NOT NULL AND digest_id IS NULL",
            params![message, held_for],
        )?;
        Ok(())
    }

    /// Stores that the message tells of the alert's event under an id of its own: what is new, in words.
    pub fn insert_update(&self, message: &str, alert: &str, denial: StatementId, news: &str) -> Result<()> {
        self.execute(
            "INSERT INTO alert_update (message_id, alert_id, denial_id, news) VALUES (?1, ?2, ?3, ?4)",
            params![message, alert, denial, news],
        )?;
        Ok(())
    }
}
