//! `gainsay extract`

use std::process::ExitCode;

/// Prints who said what in articles: files, pages, an address or standard input.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("not built yet")
    }
}
