//! `gainsay notify-test`

use std::process::ExitCode;

/// Sends a test message to the desktop and the webhooks.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
