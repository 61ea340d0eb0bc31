//! The log: SQLite in WAL mode with one writer. The only place that knows SQL.
//!
//! [`Store`] is the daemon's: it holds the log's lock, reads, and changes the log in [`Store::write`], one
//! [`Transaction`] for everything that must become true together. [`Reader`] only reads and may do so while the
//! daemon runs; a store and a transaction are readers too. Rows come out as narrow structs of each file:
//! [`feeds`], [`articles`], [`statements`], [`disputes`], [`outbox`], [`tellings`]; [`query`] serves `gainsay query`.

pub mod affiliations;
pub mod archives;
pub mod articles;
mod clock;
pub mod disputes;
mod error;
mod facts;
pub mod feeds;
mod files;
pub mod generation;
mod ids;
pub mod marks;
mod migrations;
pub mod outbox;
pub mod query;
pub mod retention;
#[cfg(test)]
pub(crate) mod sample;
mod sql;
pub mod statements;
pub mod stats;
pub mod tellings;
#[cfg(test)]
mod tests;
mod words;

pub use error::StoreError;
pub use files::default_path;
pub use ids::{ArticleId, DeliveryId, DisputeId, FeedId, StatementId, VersionId};

use rusqlite::{Connection, TransactionBehavior};
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

/// What this module returns.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The log, open for its writer.
#[derive(Debug)]
pub struct Store {
    // Before the lock: fields drop in order, and the lock must outlive the connection.
    reader: Reader,
    _lock: Option<File>,
}

impl Store {
    /// Opens the log at `path`, makes it with its folder where there is none, and brings it to this program's
    /// version; what was there before is kept beside it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another daemon has it; [`StoreError::NotOurs`], [`StoreError::Newer`],
    /// [`StoreError::Unwritable`], [`StoreError::Full`], [`StoreError::Corrupt`] as they say.
    pub fn open(path: &Path) -> Result<Store> {
        let (connection, lock) = files::open_for_writing(path)?;
        Ok(Store { reader: Reader::new(connection)?, _lock: Some(lock) })
    }

    /// Opens the log at `path` to change a little of it beside a running daemon, or without one: a command of the user's.
    /// A transaction waits some seconds for the daemon's, as that waits for this one's.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none, [`StoreError::Older`] where a daemon has to bring it up to date
    /// first, and as [`Store::open`].
    pub fn open_beside(path: &Path) -> Result<Store> {
        Ok(Store { reader: Reader::new(files::open_beside(path)?)?, _lock: None })
    }

    /// Opens the log at `path` for writing beside a daemon that may have it, or may come to have it: whoever writes so
    /// does it in short transactions, and polls and delivers nothing. Without a daemon it is made or brought to this
    /// program's version as by [`Store::open`].
    ///
    /// # Errors
    /// [`StoreError::Older`] where a daemon of an older version has it; else as [`Store::open`].
    pub fn open_or_make_beside(path: &Path) -> Result<Store> {
        Ok(Store { reader: Reader::new(files::open_or_make_beside(path)?)?, _lock: None })
    }

    /// Opens the log at `path` for reading alone: beside a running daemon, and without the right to write to it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none, and as [`Store::open`].
    pub fn open_read_only(path: &Path) -> Result<Reader> {
        Reader::new(files::open_for_reading(path)?)
    }

    /// Does `work` in one transaction: all of it becomes durable when this returns `Ok`, and none of it otherwise.
    ///
    /// # Errors
    /// What `work` returns, and what the commit meets: [`StoreError::Full`], [`StoreError::Busy`], …
    pub fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        // Immediate: the write lock is taken at once, so that a busy log is met before any work is done.
        let transaction =
            rusqlite::Transaction::new_unchecked(&self.reader.connection, TransactionBehavior::Immediate)?;
        let counts = self.reader.counted.until_committed();
        let value = work(&Transaction { reader: &self.reader })?;
        transaction.commit()?;
        counts.committed();
        Ok(value)
    }
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Keeps the planner's statistics fresh; a failure costs nothing but speed.
        let _ = self.reader.connection.execute_batch("PRAGMA optimize");
    }
}

/// The log, open for reading.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    counted: words::Counted,
}

impl Reader {
    fn new(mut connection: Connection) -> Result<Reader> {
        Ok(Reader { counted: words::Counted::on(&mut connection)?, connection })
    }

    /// Whether the file is sound: SQLite's own integrity check, and no reference to a row that is not there.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first problems found.
    pub fn check(&self) -> Result<()> {
        let problems = self.rows("PRAGMA integrity_check(5)", [], |row| row.get::<_, String>(0))?;
        if problems != ["ok"] {
            return Err(StoreError::Corrupt(problems.join("; ")));
        }
        let dangling = self.rows("PRAGMA foreign_key_check", [], |row| {
            Ok(format!("{} without its {}", row.get::<_, String>(0)?, row.get::<_, String>(2)?))
        })?;
        if let Some(first) = dangling.first() {
            return Err(StoreError::Corrupt(first.clone()));
        }
        Ok(())
    }
}

/// Changes to the log that become durable together. Made by [`Store::write`].
#[derive(Debug)]
pub struct Transaction<'s> {
    reader: &'s Reader,
}

impl Deref for Transaction<'_> {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        self.reader
    }
}
