//! `gainsay check`

use std::process::ExitCode;

/// Checks the watchlist, the feeds and the sinks.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
