//! What can go wrong with the log, by what its user or the daemon can do about it.

use rusqlite::ErrorCode;
use std::path::PathBuf;

/// What can go wrong with the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no log to read.
    #[error("there is no log at {}: start the daemon (gainsay run), or name another file with --db", .0.display())]
    Missing(PathBuf),
    /// The file belongs to another program, or is no database.
    #[error("{} is not a log of Gainsay: {why}. Nothing was changed; name another file, or move this one away", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// The log has a version that this program does not know.
    #[error("{} was written by a newer Gainsay (log version {found}, this program knows {known}): use that one, or move the file away to begin a new log", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The log has a version that a reader can't bring up to date.
    #[error("{} was written by an older Gainsay (log version {found}, this program reads {known}): start the daemon once (gainsay run), it brings the log up to date", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this program reads.
        known: i64,
    },
    /// Another daemon writes this log.
    #[error("another gainsay daemon already runs on {}: stop it first, or give this one another state folder", .0.display())]
    Locked(PathBuf),
    /// The file or its folder can't be opened, made or written.
    #[error("cannot open or write {}: {why}. Check that the folder exists, belongs to this user and is not mounted read-only", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file may not be read by this user.
    #[error("cannot read {}: {why}. The system service's log may be read by members of the group gainsay", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Another program holds the log for longer than the daemon waits.
    #[error("the log is busy: another program holds it. Close what has it open for writing; Gainsay tries again")]
    Busy,
    /// No space is left.
    #[error("no space is left for the log: free some. Nothing that was stored is lost")]
    Full,
    /// The file is damaged.
    #[error("the log is damaged ({0}): stop the daemon and restore a backup, or try `sqlite3 gainsay.db .recover`")]
    Corrupt(String),
    /// The disk failed under the log.
    #[error("the disk failed while the log was read or written: {0}")]
    Disk(#[source] rusqlite::Error),
    /// What was to be stored made the program fail.
    #[error("filing it made the program fail (please report the article)")]
    Panicked,
    /// Anything else that SQLite says: a mistake of this program.
    #[error("the log refused an operation: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// What is stored in a row is not what this program writes there.
    #[error("the log holds what Gainsay does not write ({0}): was it changed by hand?")]
    Value(String),
}

impl StoreError {
    /// Whether the same operation may succeed later without anybody's doing anything to the log itself.
    pub fn is_temporary(&self) -> bool {
        matches!(self, StoreError::Busy | StoreError::Full | StoreError::Disk(_) | StoreError::Locked(_))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        StoreError::Value(error.to_string())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
                StoreError::Busy
            }
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(error.to_string()),
            Some(ErrorCode::SystemIoFailure) => StoreError::Disk(error),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::Unwritable { path: PathBuf::from("the log"), why: error.to_string() }
            }
            _ => match error {
                Error::FromSqlConversionFailure(..)
                | Error::InvalidColumnType(..)
                | Error::IntegralValueOutOfRange(..) => StoreError::Value(error.to_string()),
                _ => StoreError::Sqlite(error),
            },
        }
    }
}
