//! Where the daemon's files are.

use crate::store;
use crate::watchlist::{self, Watchlist};
use anyhow::Context;
use std::path::PathBuf;

/// The options of commands that keep the log by the watchlist.
#[derive(Debug, clap::Args)]
pub struct Places {
    /// The watchlist; default: $CONFIGURATION_DIRECTORY, else ~/.config/gainsay/watchlist.toml.
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
    /// The log; default: $STATE_DIRECTORY, else ~/.local/state/gainsay/gainsay.db.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

impl Places {
    /// The watchlist's file and the log's, as named, else where they are kept.
    pub fn watchlist_and_log(self) -> anyhow::Result<(PathBuf, PathBuf)> {
        let log = self.db.or_else(store::default_path);
        let log = log.context("there is no home folder to keep the log in: name a file with --db")?;
        Ok((self.watchlist.unwrap_or_else(watchlist::default_path), log))
    }

    /// The watchlist, and the log's file, for what sends nothing and so needs no secret.
    pub fn unsent(self) -> anyhow::Result<(Watchlist, PathBuf)> {
        let (watchlist, log) = self.watchlist_and_log()?;
        Ok((watchlist::load_review(&watchlist).watchlist?, log))
    }
}
