//! `gainsay demo`

use std::process::ExitCode;

/// Shows a small invented story from feed to alert, without network or configuration.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
