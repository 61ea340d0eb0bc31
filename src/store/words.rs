//! How common words are, and what a statement says in brief: both kept true by triggers, which ask functions of this program.

use super::sql::Json;
use super::{Reader, Result};
use crate::disputes;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// The most counts that are remembered, in about two megabytes.
const MOST_COUNTED: usize = 50_000;

/// What was looked up of words, by their numbers, as long as it holds: a word that is counted anew is forgotten, and everything
/// where a transaction is taken back or another program writes. There are no savepoints, which could be
/// taken back alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// SQLite's `data_version`: another one where another program has written since.
    version: u64,
    statements: HashMap<i64, u64>,
}

/// Counts that may have been read in a transaction that comes to nothing.
pub(super) struct Uncommitted<'c>(&'c Counted);

impl Uncommitted<'_> {
    /// They hold.
    pub(super) fn committed(self) {
        std::mem::forget(self);
    }
}

impl Drop for Uncommitted<'_> {
    fn drop(&mut self) {
        self.0.known().statements.clear();
    }
}

impl Counted {
    /// What is known on that connection: nothing yet.
    pub(super) fn on(connection: &mut Connection) -> rusqlite::Result<Counted> {
        let counted = Counted::default();
        let changed = counted.clone();
        connection.update_hook(Some(move |_, _: &str, table: &str, row| {
            if table == "word" {
                changed.known().statements.remove(&row);
            }
        }))?;
        Ok(counted)
    }

    /// What is known of these words, where the log stands at that version.
    fn of(&self, numbers: &[i64], version: u64) -> HashMap<i64, u64> {
        let mut known = self.known();
        if known.version != version || known.statements.len() > MOST_COUNTED {
            *known = Known { version, statements: HashMap::new() };
        }
        numbers.iter().filter_map(|number| Some((*number, *known.statements.get(number)?))).collect()
    }

    /// Forgets everything when dropped: for the time in which a transaction may be taken back. (SQLite's own hook for that is
    /// called once too often by rusqlite 0.43, after it was freed, where a connection is closed in the middle of one.)
    pub(super) fn until_committed(&self) -> Uncommitted<'_> {
        Uncommitted(self)
    }

    fn learn(&self, found: HashMap<i64, u64>) {
        self.known().statements.extend(found);
    }

    // Never held while SQLite is asked: it calls the hook.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// In how many statements each term stands, in its grammatical forms. A name of several words counts like the
    /// rarest of them.
    pub fn term_frequency(&self, terms: &[&str]) -> Result<Vec<u64>> {
        let numbers: Vec<i64> = terms.iter().map(|term| disputes::number(term)).collect();
        let mut counts = self.counts(&numbers)?;
        // An actor's name is no stem.
        let names = terms.iter().zip(&numbers).filter(|(_, number)| counts.get(number) == Some(&0));
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

    /// The same of words that are stems, by their numbers; 0 for one that the log does not have.
    fn counts(&self, numbers: &[i64]) -> Result<HashMap<i64, u64>> {
        if numbers.is_empty() {
            return Ok(HashMap::new());
        }
        let version = self.number("PRAGMA data_version", [])?;
        let mut counts = self.counted.of(numbers, version);
        let unknown: Vec<i64> = numbers.iter().copied().filter(|number| !counts.contains_key(number)).collect();
        if !unknown.is_empty() {
            let mut found: HashMap<i64, u64> = unknown.iter().map(|number| (*number, 0)).collect();
            let count = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()));
            found.extend(self.rows(FREQUENCY, [Json(unknown)], count)?);
            counts.extend(&found);
            self.counted.learn(found);
        }
        Ok(counts)
    }

    /// About how many statements there are, for weighting terms.
    pub fn statement_count(&self) -> Result<u64> {
        self.number("SELECT coalesce(max(id), 0) FROM statement", [])
    }
}
