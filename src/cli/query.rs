//! `gainsay query`

use std::process::ExitCode;

/// Looks things up in the log.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
