//! `gainsay feeds`

use std::process::ExitCode;

/// Lists, previews, adds, imports and exports feeds.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
