//! `gainsay mark`: tells the log whether an alert was right.

use super::log;
use super::terminal::safe;
use crate::store::marks::{LEAST_CHARACTERS, Mark, Verdict};
use crate::store::query::Filter;
use anyhow::{Context, bail};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use jiff::Timestamp;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  gainsay mark last right
  gainsay mark 01KA7WQ wrong --why 'another ministry than the accused one'
  gainsay query alerts --format long
      Alerts with their ids, and what was said of them
  gainsay stats
      Which rules and feeds make noise";

/// Says of an alert whether it was right.
///
/// Right is an alert whose denial, denier and accusation are as it says, and belong together. The last mark of an alert
/// counts; the log keeps the earlier ones. Works while the daemon runs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Its id, or a beginning of that which no other has; 'last' for the newest
    #[arg(value_name = "ALERT")]
    alert: String,
    /// What it was
    #[arg(value_enum)]
    verdict: Verdict,
    /// Why, for whoever reads the log later
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// The log; your own unless given, or the system service's where you have none
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

impl ValueEnum for Verdict {
    fn value_variants<'a>() -> &'a [Self] {
        &[Verdict::Right, Verdict::Wrong]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut log = log::open_beside(self.db)?;
        let id = named(&self.alert, log.alerts_named(self.alert.trim())?)?;
        let why = self.why.as_deref().map(str::trim).filter(|why| !why.is_empty()).map(str::to_owned);
        let mark = Mark { verdict: self.verdict, why, marked_at: Timestamp::now() };
        log.write(|tx| tx.mark(&id, &mark))?;
        let filter = Filter { alert: Some(id), limit: 1, ..Filter::default() };
        let alert = log.find_alerts(&filter)?.pop().context("the alert is gone")?;
        let who = alert.denial_actor.or(alert.denial_speaker).unwrap_or_else(|| "somebody".to_owned());
        let told = format!("{} is marked {}: {who}: {}", alert.alert, self.verdict.name(), alert.denial);
        println!("{}", safe(&told));
        Ok(ExitCode::SUCCESS)
    }
}

/// The one alert that `typed` means, of those `found` for it.
fn named(typed: &str, mut found: Vec<String>) -> anyhow::Result<String> {
    let typed = typed.trim();
    if typed.chars().count() < LEAST_CHARACTERS {
        bail!("{typed:?} is too short: write at least {LEAST_CHARACTERS} characters of the alert's id, or 'last'");
    }
    match found.len() {
        0 if typed.eq_ignore_ascii_case("last") => bail!("there is no alert yet"),
        0 => bail!("no alert's id begins with {typed:?}; gainsay query alerts lists them"),
        1 => Ok(found.remove(0)),
        _ => bail!("several alerts begin with {typed:?}: {}. Write more of it", found.join(", ")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_alert_that_is_not_named_clearly_is_not_marked() {
        let found = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(named("01JZ", found(&["01JZA"])).unwrap(), "01JZA");
        assert!(named("01J", found(&["01JZA"])).unwrap_err().to_string().contains("too short"));
        assert!(named("01JZ", found(&["01JZA", "01JZB"])).unwrap_err().to_string().contains("01JZA, 01JZB"));
        assert!(named("last", Vec::new()).unwrap_err().to_string().contains("no alert yet"));
        assert!(named("01JY", Vec::new()).unwrap_err().to_string().contains("query alerts"));
    }
}
