//! `gainsay run`: the daemon.

use super::places::Places;
use crate::daemon::{self, Options, logging};
use anyhow::Context;
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
    #[command(flatten)]
    places: Places,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        logging::init(logging::Verbosity::default())?;
        let (watchlist, log) = self.places.watchlist_and_log()?;
        let options = Options { watchlist, log };
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
