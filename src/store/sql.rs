//! How values of this program stand in the log, and how rows are read.

use super::{Reader, Result, StoreError};
use crate::statements::Act;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, OptionalExtension, Params, Row};

/// A time as the log writes it: RFC 3339 in UTC with milliseconds, always, so that times sort as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time(pub Timestamp);

impl ToSql for Time {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(format!("{:.3}", self.0)))
    }
}

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Time).map_err(FromSqlError::other)
    }
}

/// A day as the log writes it: ISO 8601.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day(pub Date);

impl ToSql for Day {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.to_string()))
    }
}

impl FromSql for Day {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Day).map_err(FromSqlError::other)
    }
}

/// JSON as the log writes it.
#[derive(Debug, Clone)]
pub(super) struct Json<T>(pub T);

impl<T: serde::Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
        Ok(ToSqlOutput::from(text))
    }
}

impl<T: serde::de::DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Json).map_err(FromSqlError::other)
    }
}

impl Act {
    /// The act as the log and the command line write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Act::Accusation => "accusation",
            Act::Denial => "denial",
            Act::Other => "other",
        }
    }
}

impl FromSql for Act {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "accusation" => Ok(Act::Accusation),
            "denial" => Ok(Act::Denial),
            "other" => Ok(Act::Other),
            other => Err(FromSqlError::other(std::io::Error::other(format!("an act named {other:?}")))),
        }
    }
}

/// Reads columns that hold times and days.
pub(super) trait RowTimes {
    fn time(&self, column: &str) -> rusqlite::Result<Timestamp>;
    fn time_or_none(&self, column: &str) -> rusqlite::Result<Option<Timestamp>>;
    fn day(&self, column: &str) -> rusqlite::Result<Date>;
    fn day_or_none(&self, column: &str) -> rusqlite::Result<Option<Date>>;
}

impl RowTimes for Row<'_> {
    fn time(&self, column: &str) -> rusqlite::Result<Timestamp> {
        Ok(self.get::<_, Time>(column)?.0)
    }

    fn time_or_none(&self, column: &str) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.get::<_, Option<Time>>(column)?.map(|time| time.0))
    }

    fn day(&self, column: &str) -> rusqlite::Result<Date> {
        Ok(self.get::<_, Day>(column)?.0)
    }

    fn day_or_none(&self, column: &str) -> rusqlite::Result<Option<Date>> {
        Ok(self.get::<_, Option<Day>>(column)?.map(|day| day.0))
    }
}

/// The columns of a row, one after the other: where rows are many, to look each up by its name is most of the reading.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    /// All of the row.
    pub(super) fn of(row: &'r Row<'r>) -> Self {
        Columns { row, next: 0 }
    }

    /// The next column.
    pub(super) fn next<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }
}

#[cfg(test)]
thread_local! {
    /// The statements that were run on this thread, for the test that reads their plans.
    pub(super) static ASKED: std::cell::RefCell<std::collections::BTreeSet<String>> =
        const { std::cell::RefCell::new(std::collections::BTreeSet::new()) };
}

impl Reader {
    fn prepared(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        #[cfg(test)]
        ASKED.with_borrow_mut(|asked| asked.insert(sql.to_owned()));
        self.connection.prepare_cached(sql)
    }

    /// Every row of `sql`.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.prepared(sql)?;
        let rows = statement.query_map(params, read)?;
        rows.collect::<rusqlite::Result<_>>().map_err(StoreError::from)
    }

    /// The first row of `sql`.
    pub(super) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.prepared(sql)?.query_row(params, read).optional()?)
    }

    /// The one number that `sql` answers.
    pub(super) fn number(&self, sql: &str, params: impl Params) -> Result<u64> {
        let n: i64 = self.prepared(sql)?.query_row(params, |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }
}

impl super::Transaction<'_> {
    /// Runs `sql`, and returns how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.prepared(sql)?.execute(params)?)
    }

    /// Runs an INSERT, and returns the new row's id.
    pub(super) fn insert(&self, sql: &str, params: impl Params) -> Result<i64> {
        Ok(self.prepared(sql)?.insert(params)?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_text_whatever_their_fraction() {
        let text = |t: &str| match Time(t.parse().unwrap()).to_sql().unwrap() {
            ToSqlOutput::Owned(rusqlite::types::Value::Text(text)) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(text("2031-05-06T07:08:09Z"), "2031-05-06T07:08:09.000Z");
        assert!(text("2031-05-06T07:08:09Z") < text("2031-05-06T07:08:09.5Z"));
        assert!(text("2031-05-06T07:08:09.999999Z") < text("2031-05-06T07:08:10Z"));
    }
}
