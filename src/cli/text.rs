//! `gainsay text`

use std::process::ExitCode;

/// Prints the title and the main text of a page, as the daemon would read it.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
