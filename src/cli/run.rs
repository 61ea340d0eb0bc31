//! `gainsay run`: the daemon.

use crate::daemon::{self, Options, logging};
use crate::{store, watchlist};
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs the daemon: polls the feeds, reads the articles, sends the alerts.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gainsay run                               until Ctrl-C or SIGTERM; SIGHUP reloads the watchlist
  gainsay run --once                        one pass over every feed, for cron
  GAINSAY_LOG=gainsay=debug gainsay run     says more; see the tracing crate's EnvFilter for the syntax")]
pub struct Arguments {
    /// One pass over every feed, all deliveries tried that are due, then exit.
    #[arg(long)]
    once: bool,
    /// The watchlist; default: $CONFIGURATION_DIRECTORY, else ~/.config/gainsay/watchlist.toml.
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
    /// The log; default: $STATE_DIRECTORY, else ~/.local/state/gainsay/gainsay.db.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        logging::init(logging::Verbosity::default())?;
        let log = self.db.or_else(store::default_path);
        let options = Options {
            watchlist: self.watchlist.unwrap_or_else(watchlist::default_path),
            log: log.context("there is no home folder to keep the log in: name a file with --db")?,
        };
        let runtime = tokio::runtime::Runtime::new().context("the async runtime can't be started")?;
        if !self.once {
            let ran = runtime.block_on(daemon::run(&options));
            // A computation that is still under way is lost; what it would have stored is made anew at the next start.
            runtime.shutdown_background();
            ran?;
            return Ok(ExitCode::SUCCESS);
        }
        let summary = runtime.block_on(daemon::run_once(&options))?;
        tracing::info!(
            feeds = summary.feeds,
            failed = summary.failed,
            undelivered = summary.undelivered,
            "one pass over every feed done"
        );
        Ok(ExitCode::SUCCESS)
    }
}
