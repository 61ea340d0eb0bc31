//! `gainsay replay`: the stored articles read again with the engine and the watchlist of now.

use super::places::Places;
use super::progress;
use super::terminal::safe;
use crate::daemon::replay::{Replayed, Wishes, replay};
use crate::store::generation::{AlertChange, Change};
use crate::store::{DisputeId, StoreError};
use jiff::ZonedDateTime;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// Alerts and disputes that are listed one by one; the rest is counted.
const LISTED: usize = 40;
/// Characters that are shown of a denial.
const WORDS: usize = 100;

/// Reads the stored articles again with the engine and the watchlist of now, and tells what would change.
///
/// The new generation of statements, links and disputes is made in a copy of the log, beside a running daemon or without
/// one. The log itself stays as it is unless --apply puts the new generation in its place, in one step. Alerts keep their ids
/// and marks, and so do statements and disputes that are the same in both. Nobody is alerted unless --alerts says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  gainsay replay                            what a newer engine, or the watchlist of now, would make of the log
  gainsay replay --since '30 days' --apply  and put that in place, for the articles of the last 30 days")]
pub struct Arguments {
    /// Only articles published since: a date, a time, 'yesterday', '3 days', '12h'
    #[arg(long, value_name = "WHEN", value_parser = super::query::since)]
    since: Option<ZonedDateTime>,
    /// Put the new generation in place of the old one; the daemon must not run
    #[arg(long)]
    apply: bool,
    /// With --apply: alerts that are new wait for the next digest
    #[arg(long, requires = "apply")]
    alerts: bool,
    #[command(flatten)]
    places: Places,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (watchlist, log) = self.places.unsent()?;
        let wishes =
            Wishes { since: self.since.as_ref().map(ZonedDateTime::timestamp), apply: self.apply, alerts: self.alerts };
        let bar = progress::bar(0, "articles read again");
        let replayed = replay(&log, &watchlist, wishes, &mut |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let replayed = replayed.map_err(|error| match error {
            StoreError::Busy if self.apply => anyhow::anyhow!(
                "something was filed while the log was read again (an import, a dispute merged or split): nothing is changed; run it again"
            ),
            StoreError::Locked(_) => anyhow::anyhow!(
                "a gainsay daemon runs on {}: stop it for --apply. Without --apply this works beside it",
                log.display()
            ),
            error => error.into(),
        })?;
        std::io::stdout().write_all(report(&replayed, self.alerts).as_bytes())?;
        Ok(if replayed.failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn report(replayed: &Replayed, alerts: bool) -> String {
    let Replayed { articles, without_text, failed, comparison, generation, applied } = replayed;
    let mut out = String::new();
    let mut say = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    say(format!("{articles} articles read again"));
    for (n, why) in [(without_text, "their text is there no more"), (failed, "reading them made the program fail")] {
        if *n > 0 {
            say(format!("{n} articles keep what was read in them: {why}"));
        }
    }
    say(format!("{:<14}{:>9}{:>9}{:>9}{:>9}", "", "as before", "changed", "new", "gone"));
    let mut row = |name: &str, change: &Change| {
        say(format!("{name:<14}{:>9}{:>9}{:>9}{:>9}", change.kept, change.changed, change.added, change.dropped));
    };
    for (act, name) in [("accusation", "accusations"), ("denial", "denials"), ("other", "others")] {
        row(name, &comparison.statements.get(act).copied().unwrap_or_default());
    }
    row("links", &comparison.links);
    let disputes = &comparison.disputes;
    row(
        "disputes",
        &Change {
            kept: disputes.kept,
            changed: 0,
            added: disputes.opened + disputes.split.len() as u64,
            dropped: (disputes.merged.len() + disputes.gone.len()) as u64,
        },
    );
    let named = |id: &DisputeId| match disputes.standing.get(id) {
        Some(standing) => format!("dispute {id} ({standing})"),
        None => format!("dispute {id}"),
    };
    let merged = disputes.merged.iter().map(|(old, heir)| match heir {
        Some(heir) => format!("{} becomes part of {}", named(old), named(heir)),
        None => format!("{} becomes part of a new one", named(old)),
    });
    let gone = |id: &DisputeId| format!("{} has no statement any more", named(id));
    let split = |id: &DisputeId| format!("a new dispute splits off from {}", named(id));
    list(&mut say, "Disputes:", merged.chain(disputes.split.iter().map(split)).chain(disputes.gone.iter().map(gone)));
    let new = if alerts {
        "New alerts, which wait for the next digest (those of archives are only stored):"
    } else {
        "Alerts that would be new; nobody is told:"
    };
    for (title, alerts, stored) in [
        (new, &comparison.alerts, false),
        ("Alerts that would not be raised any more; they stay in the log:", &comparison.alerts_lapsed, true),
        ("Alerts that would be raised again:", &comparison.alerts_back, true),
    ] {
        list(&mut say, title, alerts.iter().map(|alert| shown(alert, stored)));
    }
    say(match (applied, comparison.is_none()) {
        (true, _) => format!("Generation {generation} is in force."),
        (false, true) => "Nothing would change.".to_owned(),
        (false, false) => {
            format!("The log is as it was, at generation {generation}; --apply puts the new one in place.")
        }
    });
    out
}

fn list(say: &mut impl FnMut(String), title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    say(title.to_owned());
    lines.iter().take(LISTED).for_each(|line| say(format!("  {line}")));
    if lines.len() > LISTED {
        say(format!("  and {} more", lines.len() - LISTED));
    }
}

fn shown(alert: &AlertChange, stored: bool) -> String {
    let mut line = String::new();
    if stored {
        line += &format!("{} ", alert.id);
        if let Some(marked) = &alert.marked {
            line += &format!("(marked {marked}) ");
        }
    }
    let day = alert.at.get(..10).unwrap_or(&alert.at);
    let speaker = alert.speaker.as_deref().unwrap_or("somebody");
    let denial: String = alert.denial.chars().take(WORDS).collect();
    let _ = write!(line, "{day} {}: {}", safe(speaker), safe(&denial));
    if let Some(title) = &alert.title {
        let _ = write!(line, " ({})", safe(title));
    }
    line
}
