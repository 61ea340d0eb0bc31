//! The log's files: where they stand, who may read them, and that they are ours.

use super::migrations;
use super::{Result, StoreError, words};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, FileControl, OpenFlags};
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an operation waits for another program's lock before it is [`StoreError::Busy`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the log stands unless told otherwise: in `$STATE_DIRECTORY` under systemd, else below
/// `$XDG_STATE_HOME`, else `~/.local/state/gainsay/gainsay.db`. `None` without any of them.
pub fn default_path() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = if let Some(folders) = set("STATE_DIRECTORY") {
        // systemd joins several folders with colons; the first is ours.
        std::env::split_paths(&folders).next()?
    } else if let Some(state) = set("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute()) {
        state.join("gainsay")
    } else {
        std::env::home_dir()?.join(".local/state/gainsay")
    };
    Some(folder.join("gainsay.db"))
}

/// Opens or makes the log, locked against a second daemon.
pub(super) fn open_for_writing(path: &Path) -> Result<(Connection, File)> {
    let (lock, mode) = lock_file(path)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::Locked(path.to_owned())),
        Err(TryLockError::Error(e)) => return Err(unwritable(&sibling(path, ".lock"), &e)),
    }
    Ok((open_locked(path, mode)?, lock))
}

/// Opens the log beside a daemon, or makes it where there is none; the lock is left to the daemon.
pub(super) fn open_or_make_beside(path: &Path) -> Result<Connection> {
    let (lock, mode) = lock_file(path)?;
    match lock.try_lock() {
        Ok(()) => open_locked(path, mode),
        Err(TryLockError::WouldBlock) => open_beside(path),
        Err(TryLockError::Error(e)) => Err(unwritable(&sibling(path, ".lock"), &e)),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Unwritable { path: path.to_owned(), why: error.to_string() },
    }
}

/// The lock's file, made with its folder where there is none, and the mode of the log's files.
fn lock_file(path: &Path) -> Result<(File, u32)> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| unwritable(folder, &e))?;
    let mode = file_mode(folder).map_err(|e| unwritable(folder, &e))?;
    let beside = sibling(path, ".lock");
    let lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(mode)
        .open(&beside)
        .map_err(|e| unwritable(&beside, &e))?;
    Ok((lock, mode))
}

/// Opens or makes the log, and brings it to this program's version. The lock is held.
fn open_locked(path: &Path, mode: u32) -> Result<Connection> {
    // Made by us and not by SQLite, so that nobody else may read it even for a moment; the -wal and -shm files
    // take over the mode of the database.
    match OpenOptions::new().write(true).create_new(true).mode(mode).open(path) {
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(unwritable(path, &e)),
    }
    let mut connection = connect(path)?;
    let found = migrations::version(&connection, path)?;
    make_ready(&connection, path)?;
    migrations::migrate(&mut connection, path, found, mode)?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| at(path, e))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    words::register(&connection)?;
    Ok(connection)
}

/// Makes a connection ready to write, if it may.
fn make_ready(connection: &Connection, path: &Path) -> Result<()> {
    if connection.is_readonly("main")? {
        return Err(StoreError::Unwritable { path: path.to_owned(), why: "it may only be read".to_owned() });
    }
    configure(connection).map_err(|e| at(path, e))
}

/// Opens the log for small changes beside a daemon, or without one. Makes no file, and brings nothing up to date.
pub(super) fn open_beside(path: &Path) -> Result<Connection> {
    is_there(path)?;
    let connection = connect(path)?;
    is_up_to_date(&connection, path)?;
    make_ready(&connection, path)?;
    Ok(connection)
}

/// Whether there is a file that could be a log.
fn is_there(path: &Path) -> Result<()> {
    match path.metadata() {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(StoreError::NotOurs { path: path.to_owned(), why: "it is no file".to_owned() }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(StoreError::Missing(path.to_owned())),
        Err(e) => Err(StoreError::Unreadable { path: path.to_owned(), why: e.to_string() }),
    }
}

/// Whether the log has this program's version.
fn is_up_to_date(connection: &Connection, path: &Path) -> Result<()> {
    match (migrations::version(connection, path)?, migrations::known()) {
        (0, _) => Err(StoreError::Missing(path.to_owned())),
        (found, known) if found < known => Err(StoreError::Older { path: path.to_owned(), found, known }),
        _ => Ok(()),
    }
}

/// Opens the log for reading, beside a daemon or without one.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection> {
    is_there(path)?;
    let unreadable = |error: StoreError| match error {
        StoreError::Unwritable { path, why } => StoreError::Unreadable { path, why },
        other => other,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| unreadable(at(path, e)))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let connection = match migrations::version(&connection, path) {
        // A reader of a WAL database makes the -shm file where it is missing. One who may not write to the
        // folder can't; without a daemon and with nothing left in the WAL the file alone is the whole log.
        Err(StoreError::Unwritable { .. }) if wal_is_empty(path) => {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable_uri(path), flags).map_err(|e| unreadable(at(path, e)))?
        }
        Err(error) => return Err(unreadable(error)),
        Ok(_) => connection,
    };
    is_up_to_date(&connection, path)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL, not NORMAL: with NORMAL a power cut may take back the last commits, and an alert that was already
    // delivered would be made again under another id. It costs one fsync a commit; the daemon commits a few times a second.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // 16 MiB, where 2 are usual: linking goes through the claims of its parties and the words for every article.
    connection.pragma_update(None, "cache_size", -16 << 10)?;
    // What a statement would undo is noted in memory: a file takes a write for every page of the full-text index.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A statement keeps the plan that it was prepared with: else it is planned anew whenever it is asked of another party.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A burst's WAL gives its space back.
    connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
    // The -wal and -shm files stay when the daemon stops, so that a reader who may not make them can still open the log.
    connection.file_control(Some("main"), FileControl::PersistWal(&mut 1))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Readable by the group where the folder is (the system service's analysts), else private. The umask still applies.
fn file_mode(folder: &Path) -> io::Result<u32> {
    let group_may_enter = folder.metadata()?.mode() & 0o050 == 0o050;
    Ok(if group_may_enter { 0o640 } else { 0o600 })
}

/// `path` with `suffix` at the end of its name.
pub(super) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn wal_is_empty(path: &Path) -> bool {
    sibling(path, "-wal").metadata().map_or(true, |wal| wal.len() == 0)
}

/// The path as a URI filename (<https://sqlite.org/uri.html>), declared unchanging.
fn immutable_uri(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}

/// An error met while a file is opened, with that file's name.
pub(super) fn at(path: &Path, error: rusqlite::Error) -> StoreError {
    if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        return StoreError::NotOurs { path: path.to_owned(), why: "it is no SQLite database".to_owned() };
    }
    match StoreError::from(error) {
        StoreError::Unwritable { why, .. } => StoreError::Unwritable { path: path.to_owned(), why },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_that_means_that_path_alone() {
        assert_eq!(
            immutable_uri(Path::new("/a b/c?mode=rw#%41.db")),
            "file:/a%20b/c%3Fmode%3Drw%23%2541.db?immutable=1"
        );
    }

    #[test]
    fn the_application_id_spells_gnsy() {
        assert_eq!(migrations::APPLICATION_ID.to_be_bytes(), *b"GnSy");
    }
}
