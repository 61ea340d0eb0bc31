//! The command line: one file a subcommand.

use std::process::ExitCode;

/// Runs the command line of this process. Exit codes: 0 done, 1 failed, 2 wrong usage.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
