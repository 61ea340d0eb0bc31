//! The command line: one file a subcommand, each with its arguments, help and examples.

mod actors;
mod check;
mod completions;
mod demo;
mod dispute;
mod extract;
mod feeds;
mod import;
mod input;
mod listing;
mod log;
mod mark;
mod notify_test;
mod places;
mod progress;
mod query;
mod replay;
mod run;
mod stats;
pub mod terminal;
mod text;

use crate::watchlist::Problems;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Watches news feeds for people and governments accusing one another, and tells you when a denial follows.
#[derive(Debug, Parser)]
#[command(name = "gainsay", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Check(check::Arguments),
    Extract(extract::Arguments),
    Text(text::Arguments),
    Feeds(feeds::Arguments),
    Import(import::Arguments),
    // By far the largest.
    Query(Box<query::Arguments>),
    Replay(replay::Arguments),
    Dispute(dispute::Arguments),
    Mark(mark::Arguments),
    Stats(stats::Arguments),
    Actors(actors::Arguments),
    NotifyTest(notify_test::Arguments),
    Demo(demo::Arguments),
    Completions(completions::Arguments),
    Man(completions::ManArguments),
}

/// Runs the command line of this process. Exit codes: 0 done, 1 failed, 2 wrong usage.
pub fn main() -> ExitCode {
    crate::panics::tell_places_alone();
    let result = match Cli::parse().command {
        Command::Run(arguments) => arguments.run(),
        Command::Check(arguments) => arguments.run(),
        Command::Extract(arguments) => arguments.run(),
        Command::Text(arguments) => arguments.run(),
        Command::Feeds(arguments) => arguments.run(),
        Command::Import(arguments) => arguments.run(),
        Command::Query(arguments) => arguments.run(),
        Command::Replay(arguments) => arguments.run(),
        Command::Dispute(arguments) => arguments.run(),
        Command::Mark(arguments) => arguments.run(),
        Command::Stats(arguments) => arguments.run(),
        Command::Actors(arguments) => arguments.run(),
        Command::NotifyTest(arguments) => arguments.run(),
        Command::Demo(arguments) => arguments.run(),
        Command::Completions(arguments) => arguments.run(),
        Command::Man(arguments) => arguments.run(),
    };
    match result {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            match error.chain().find_map(|cause| cause.downcast_ref::<Problems>()) {
                Some(problems) => eprint!("{}", check::explained(problems)),
                None => eprintln!("gainsay: {}", terminal::safe(&format!("{error:#}"))),
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether the reader of our output went away (`gainsay query | head`), which is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
