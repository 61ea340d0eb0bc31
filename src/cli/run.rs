//! `gainsay run`

use std::process::ExitCode;

/// Runs the daemon: polls the feeds, reads the articles, sends the alerts.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
