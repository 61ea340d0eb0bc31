//! The `gainsay` binary: parse the command line, run one subcommand, map its result to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    gainsay::cli::main()
}
