//! What the user says of alerts: right or wrong, and why.

use super::sql::{RowTimes, Time};
use super::{Reader, Result, StoreError, Transaction};
use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Row, params};

/// The fewest characters of an alert's id that name it.
pub const LEAST_CHARACTERS: usize = 4;

/// What an alert is worth to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The denial, who denies and the accusation that it answers are as the alert says.
    Right,
    /// One of them is not.
    Wrong,
}

impl Verdict {
    /// The verdict as the log writes it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Right => "right",
            Verdict::Wrong => "wrong",
        }
    }
}

impl FromSql for Verdict {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "right" => Ok(Verdict::Right),
            "wrong" => Ok(Verdict::Wrong),
            other => Err(FromSqlError::other(std::io::Error::other(format!("a verdict named {other:?}")))),
        }
    }
}

/// One mark of an alert.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mark {
    /// What was said of the alert.
    pub verdict: Verdict,
    /// Why.
    pub why: Option<String>,
    /// When.
    pub marked_at: Timestamp,
}

fn mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    Ok(Mark { verdict: row.get("verdict")?, why: row.get("why")?, marked_at: row.time("marked_at")? })
}

impl Reader {
    /// The ids of the alerts that `typed` may mean, at most ten, the newest first: one whose id is that or begins with
    /// it, capitals or not; for `last`, the alert that was raised last.
    pub fn alerts_named(&self, typed: &str) -> Result<Vec<String>> {
        if typed.eq_ignore_ascii_case("last") {
            let last =
                self.row("SELECT id FROM alert ORDER BY created_at DESC, id DESC LIMIT 1", [], |row| row.get(0))?;
            return Ok(last.into_iter().collect());
        }
        // The ids are Crockford's base 32: no letter stands after Z.
        let from = typed.to_ascii_uppercase();
        self.rows(
            "SELECT id FROM alert WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 10",
            params![from, format!("{from}~")],
            |row| row.get(0),
        )
    }

    /// What was said of the alert, the newest first: that one counts.
    pub fn marks_of(&self, alert: &str) -> Result<Vec<Mark>> {
        self.rows("SELECT verdict, why, marked_at FROM mark WHERE alert_id = ?1 ORDER BY id DESC", [alert], mark)
    }
}

impl Transaction<'_> {
    /// Stores what the user says of the alert; it counts from now on.
    ///
    /// # Errors
    /// [`StoreError::Value`] where there is no such alert.
    pub fn mark(&self, alert: &str, mark: &Mark) -> Result<()> {
        let stored = self.execute(
            "INSERT INTO mark (alert_id, verdict, why, marked_at) SELECT id, ?2, ?3, ?4 FROM alert WHERE id = ?1",
            params![alert, mark.verdict.name(), mark.why, Time(mark.marked_at)],
        )?;
        if stored == 0 { Err(StoreError::Value(format!("no alert {alert}"))) } else { Ok(()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::query::Filter;
    use crate::store::sample::{self, ALERT, HELD, at};

    fn marked(verdict: Verdict, why: Option<&str>) -> Mark {
        Mark { verdict, why: why.map(str::to_owned), marked_at: at("2031-05-07T08:00:00Z") }
    }

    #[test]
    fn the_last_mark_counts_and_the_earlier_ones_are_kept() {
        let mut sample = sample::story();
        sample.store.write(|tx| tx.mark(ALERT, &marked(Verdict::Wrong, Some("another spokesman")))).unwrap();
        sample.store.write(|tx| tx.mark(ALERT, &marked(Verdict::Right, None))).unwrap();
        let history: Vec<Verdict> = sample.store.marks_of(ALERT).unwrap().iter().map(|mark| mark.verdict).collect();
        assert_eq!(history, [Verdict::Right, Verdict::Wrong]);
        let alerts = sample.store.find_alerts(&Filter { limit: 10, ..Filter::default() }).unwrap();
        let shown = |id: &str| alerts.iter().find(|alert| alert.alert == id).map(|a| (a.marked.clone(), a.why.clone()));
        assert_eq!(shown(ALERT), Some((Some("right".to_owned()), None)), "the reason goes with its mark");
        assert_eq!(shown(HELD), Some((None, None)));
    }

    #[test]
    fn an_alert_is_named_by_its_id_a_beginning_or_as_the_last() {
        let sample = sample::story();
        let named = |typed: &str| sample.store.alerts_named(typed).unwrap();
        assert_eq!(named(ALERT), [ALERT]);
        assert_eq!(named(&ALERT.to_lowercase()), [ALERT]);
        assert_eq!(named("01JZ"), [HELD, ALERT], "two begin so");
        assert_eq!(named("last"), [HELD]);
        assert!(named("01JY").is_empty() && named("%").is_empty());
    }

    #[test]
    fn a_command_marks_while_the_daemon_has_the_log() {
        let sample = sample::story();
        let mut beside = Store::open_beside(&sample.path).unwrap();
        beside.write(|tx| tx.mark(ALERT, &marked(Verdict::Right, None))).unwrap();
        assert_eq!(sample.store.marks_of(ALERT).unwrap().len(), 1);
        let unknown = beside.write(|tx| tx.mark("01JX", &marked(Verdict::Right, None))).unwrap_err();
        assert!(unknown.to_string().contains("01JX"), "{unknown}");
    }

    #[test]
    fn a_command_makes_no_log_where_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gainsay.db");
        assert!(matches!(Store::open_beside(&path), Err(StoreError::Missing(_))));
        assert!(!path.exists());
    }
}
