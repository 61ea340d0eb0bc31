//! How common words are, and what a statement says in brief: both kept true by triggers, which ask functions of this program.

use super::sql::Json;
use super::{Reader, Result};
use crate::disputes;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use std::collections::HashMap;

/// Gives the connection the functions that the log's triggers ask; without them nothing of a statement can be written.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("gainsay_words", 1, flags, |call| {
        let words = disputes::words(&call.get::<String>(0)?);
        Ok(Json(words.iter().map(str::to_owned).collect::<Vec<_>>()))
    })?;
    connection
        .create_scalar_function("gainsay_number", 1, flags, |call| Ok(disputes::number(call.get_raw(0).as_str()?)))?;
    connection.create_scalar_function("gainsay_sketch", 1, flags, |call| Ok(disputes::sketch(&call.get::<String>(0)?)))
}

/// The words that are asked for by their numbers, looked up by the primary key.
pub(super) const FREQUENCY: &str =
    "SELECT w.number, w.statements FROM json_each(?1) k CROSS JOIN word w ON w.number = k.value";

impl Reader {
    /// In how many statements each term stands, in its grammatical forms. A name of several words counts like the
    /// rarest of them.
    pub fn term_frequency(&self, terms: &[&str]) -> Result<Vec<u64>> {
        let numbers: Vec<i64> = terms.iter().map(|term| disputes::number(term)).collect();
        let mut counts = self.counts(&numbers)?;
        // An actor's name is no stem.
        let names = terms.iter().zip(&numbers).filter(|(_, number)| !counts.contains_key(number));
        let names: Vec<(i64, Vec<i64>)> = names
            .map(|(name, number)| (*number, disputes::words(name).iter().map(disputes::number).collect()))
            .collect();
        let stems: Vec<i64> = names.iter().flat_map(|(_, stems)| stems).copied().collect();
        let of_stem = self.counts(&stems)?;
        for (name, stems) in names {
            let rarest = stems.iter().map(|stem| of_stem.get(stem).copied().unwrap_or(0)).min();
            counts.insert(name, rarest.unwrap_or(0));
        }
        Ok(numbers.iter().map(|number| counts.get(number).copied().unwrap_or(0)).collect())
    }

    fn counts(&self, numbers: &[i64]) -> Result<HashMap<i64, u64>> {
        if numbers.is_empty() {
            return Ok(HashMap::new());
        }
        let counts =
            self.rows(FREQUENCY, [Json(numbers)], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(counts.into_iter().collect())
    }

    /// About how many statements there are, for weighting terms.
    pub fn statement_count(&self) -> Result<u64> {
        self.number("SELECT coalesce(max(id), 0) FROM statement", [])
    }
}
