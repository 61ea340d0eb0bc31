//! Which log a command reads or changes.

use crate::store::{self, Reader, Store};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// The system service's, as its unit places it.
const SYSTEM_LOG: &str = "/var/lib/gainsay/gainsay.db";

/// The log to read, with its path: the one that `--db` names, else the user's own, else, where there is none, the
/// system service's.
pub fn open(named: Option<PathBuf>) -> anyhow::Result<(Reader, PathBuf)> {
    let path = match named {
        Some(path) => path,
        None => default(store::default_path(), Path::new(SYSTEM_LOG))
            .context("no place for the log: set HOME, or name the log with --db")?,
    };
    Ok((Store::open_read_only(&path)?, path))
}

/// The log that [`open`] finds, to change a little of it, beside a daemon or without one.
pub fn open_beside(named: Option<PathBuf>) -> anyhow::Result<Store> {
    let (_, path) = open(named)?;
    Ok(Store::open_beside(&path)?)
}

fn default(own: Option<PathBuf>, system: &Path) -> Option<PathBuf> {
    // One that may not be looked at is there; opening it says who may.
    let is_there = |path: &Path| path.try_exists().unwrap_or(true);
    if !own.as_deref().is_some_and(is_there) && is_there(system) { Some(system.to_owned()) } else { own }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_log_is_read_where_the_user_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let (own, system) = (folder.path().join("own.db"), folder.path().join("system.db"));
        assert_eq!(default(Some(own.clone()), &system), Some(own.clone()));
        assert_eq!(default(None, &system), None);
        std::fs::write(&system, "").unwrap();
        assert_eq!(default(Some(own.clone()), &system), Some(system.clone()));
        assert_eq!(default(None, &system), Some(system.clone()));
        std::fs::write(&own, "").unwrap();
        assert_eq!(default(Some(own.clone()), &system), Some(own));
    }
}
