//! `gainsay dispute`: what is known of a dispute, and what the user wants to hear of it.

use super::listing::{self, Format};
use super::log;
use super::terminal::safe;
use crate::store::disputes::DisputeRow;
use crate::store::query::Filter;
use crate::store::{DisputeId, StatementId};
use anyhow::{Context, bail};
use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp, ZonedDateTime};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  gainsay query disputes
      The disputes with their ids; alerts name theirs, too
  gainsay dispute show 17
  gainsay dispute snooze 17 --for '3 days'
      Its alerts wait, and come as one message in three days
  gainsay dispute close 17
      Its denials are stored and linked, and told to nobody
  gainsay dispute reopen 17
  gainsay dispute merge 23 --into 17
  gainsay dispute split 17 --statements 812,815 --matter 'raid on the harbour'
      Two matters that were taken for one; they are never merged again";

/// How long a snooze is unless told otherwise.
const SNOOZE: &str = "7 days";

/// Most statements and alerts that are shown.
const MOST: u32 = 500;

/// Shows, snoozes, closes and reopens a dispute.
///
/// Works while the daemon runs, and counts from the next denial on.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// The log; your own unless given, or the system service's where you have none
    #[arg(long, value_name = "FILE", global = true)]
    db: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Shows what is known: who is accused of what, who said what, what was alerted
    Show(Named),
    /// Holds its alerts back for a while; then they come as one message
    Snooze {
        #[command(flatten)]
        dispute: Named,
        /// How long: '3 days', '12h'
        #[arg(long = "for", value_name = "SPAN", default_value = SNOOZE, value_parser = after, conflicts_with = "until")]
        span: Timestamp,
        /// Until a date begins ('2026-12-01'), or a time
        #[arg(long, value_name = "WHEN", value_parser = moment)]
        until: Option<Timestamp>,
    },
    /// Tells nothing of it any more until it is reopened
    Close(Named),
    /// Ends a snooze or a closing; what was held back before comes as one message
    Reopen(Named),
    /// Makes two disputes one: statements and alerts of the first belong to the other from now on; closed where either was,
    /// else snoozed
    Merge {
        #[command(flatten)]
        dispute: Named,
        /// The dispute that goes on
        #[arg(long, value_name = "ID")]
        into: i64,
    },
    /// Makes two disputes of one, and keeps them apart
    Split {
        #[command(flatten)]
        dispute: Named,
        /// The statements that go, by their ids (`show` lists them)
        #[arg(long, value_name = "ID,…", value_delimiter = ',', required = true)]
        statements: Vec<i64>,
        /// What the new dispute is about; the old one's words unless given
        #[arg(long, value_name = "WORDS")]
        matter: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct Named {
    /// The dispute's id
    #[arg(value_name = "ID")]
    id: i64,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Show(dispute) => show(dispute, self.db)?,
            Action::Snooze { dispute, span, until } => {
                let until = until.unwrap_or(span);
                if until <= Timestamp::now() {
                    bail!("a snooze ends in the time to come, not at {}", listing::local(until));
                }
                let told = format!("snoozed until {}", listing::local(until));
                change(dispute, self.db, &told, |_| (Some(until), None))?;
            }
            Action::Close(dispute) => {
                let now = Timestamp::now();
                change(dispute, self.db, "closed", |known| (None, Some(known.closed_at.unwrap_or(now))))?;
            }
            Action::Reopen(dispute) => change(dispute, self.db, "open", |_| (None, None))?,
            Action::Merge { dispute, into } => merge(dispute, into, self.db)?,
            Action::Split { dispute, statements, matter } => split(dispute, &statements, matter, self.db)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Sets until when the dispute is snoozed, and since when it is closed.
fn change(
    Named { id }: Named,
    db: Option<PathBuf>,
    told: &str,
    standing: impl FnOnce(&DisputeRow) -> (Option<Timestamp>, Option<Timestamp>),
) -> anyhow::Result<()> {
    let id = DisputeId(id);
    let known = log::open_beside(db)?.write(|tx| {
        let known = tx.dispute(tx.going_on(id)?)?;
        if let Some(known) = &known {
            let (snoozed_until, closed_at) = standing(known);
            tx.set_standing(known.id, snoozed_until, closed_at)?;
        }
        Ok(known)
    })?;
    let known = known.with_context(|| missing(id))?;
    println!("Dispute {} ({}: {}) is {told}.", known.id, safe(&known.accused), safe(&known.matter));
    Ok(())
}

fn merge(Named { id }: Named, into: i64, db: Option<PathBuf>) -> anyhow::Result<()> {
    let merged = log::open_beside(db)?.write(|tx| {
        let [from, into] = [DisputeId(id), DisputeId(into)];
        let [Some(from), Some(into)] = [tx.dispute(tx.going_on(from)?)?, tx.dispute(tx.going_on(into)?)?] else {
            return Ok(Err(missing(if tx.dispute(from)?.is_none() { from } else { into })));
        };
        if !tx.merge_disputes(from.id, into.id)? {
            return Ok(Err(format!("{} and {} are one, or were split", from.id, into.id)));
        }
        tx.made_by_hand(into.id)?;
        let (snoozed_until, closed_at) = into.stricter(&from);
        tx.set_standing(into.id, snoozed_until, closed_at)?;
        Ok(Ok((from.id, into.id, snoozed_until, closed_at)))
    })?;
    let (from, into, snoozed_until, closed_at) = merged.map_err(anyhow::Error::msg)?;
    let standing = match (closed_at, snoozed_until.filter(|until| Timestamp::now() < *until)) {
        (Some(_), _) => ", which is closed".to_owned(),
        (None, Some(until)) => format!(", which is snoozed until {}", listing::local(until)),
        (None, None) => String::new(),
    };
    println!("Dispute {from} is part of {into} now{standing}.");
    Ok(())
}

fn split(Named { id }: Named, statements: &[i64], matter: Option<String>, db: Option<PathBuf>) -> anyhow::Result<()> {
    let statements: Vec<StatementId> = statements.iter().copied().map(StatementId).collect();
    let (old, new) = log::open_beside(db)?.write(|tx| {
        let old = tx.going_on(DisputeId(id))?;
        Ok((old, tx.split_dispute(old, &statements, matter.as_deref(), Timestamp::now())?))
    })?;
    let new = new.with_context(|| format!("dispute {old} has none of these statements, or no others"))?;
    println!("Dispute {new} is split from {old}; they stay apart.");
    Ok(())
}

fn show(Named { id }: Named, db: Option<PathBuf>) -> anyhow::Result<()> {
    let (log, _) = log::open(db)?;
    let id = log.going_on(DisputeId(id))?.0;
    let filter = Filter { dispute: Some(DisputeId(id)), limit: MOST, ..Filter::default() };
    let disputes = log.find_disputes(&filter)?;
    if disputes.is_empty() {
        bail!(missing(DisputeId(id)));
    }
    listing::print(&disputes, Format::Long)?;
    let statements = log.find_statements(&filter)?;
    println!("\nStatements");
    listing::print(&statements, Format::Table)?;
    let alerts = log.find_alerts(&filter)?;
    if !alerts.is_empty() {
        println!("\nAlerts");
        listing::print(&alerts, Format::Table)?;
    }
    Ok(())
}

fn missing(id: DisputeId) -> String {
    format!("there is no dispute {id}; gainsay query disputes lists them")
}

/// That long from now.
fn after(typed: &str) -> Result<Timestamp, String> {
    span_after(typed, &ZonedDateTime::now())
}

fn span_after(typed: &str, now: &ZonedDateTime) -> Result<Timestamp, String> {
    let wrong = || "expected how long, such as '3 days' or '12h'".to_owned();
    let span: Span = typed.trim().parse().map_err(|_| wrong())?;
    if span.signum() <= 0 {
        return Err(wrong());
    }
    now.checked_add(span).map(|end| end.timestamp()).map_err(|_| "too long".to_owned())
}

/// The beginning of a day, or a time, by the local clock.
fn moment(typed: &str) -> Result<Timestamp, String> {
    moment_by(typed, &ZonedDateTime::now())
}

fn moment_by(typed: &str, now: &ZonedDateTime) -> Result<Timestamp, String> {
    let typed = typed.trim();
    if let Ok(time) = typed.parse::<Timestamp>() {
        return Ok(time);
    }
    let time = match typed.len() {
        // A date is a date only as a whole: a time parses as one too.
        10 => typed.parse::<Date>().map(|day| day.at(0, 0, 0, 0)),
        _ => typed.parse::<DateTime>(),
    };
    let zoned = time.and_then(|time| time.to_zoned_datetime(now.time_zone().clone()));
    zoned
        .map(|zoned| zoned.timestamp())
        .map_err(|_| "expected a date (2026-12-01) or a time (2026-12-01T14:00)".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::store::disputes::NewDispute;

    #[test]
    fn a_snooze_lasts_days_of_the_local_clock_or_until_a_day_begins() {
        let now: ZonedDateTime = "2031-03-29T10:00:00+01:00[Europe/Vienna]".parse().unwrap();
        let days = |typed: &str| span_after(typed, &now).map(|end| end.to_string());
        assert_eq!(days("3 days").unwrap(), "2031-04-01T08:00:00Z", "the clock changes meanwhile");
        assert_eq!(days("12h").unwrap(), "2031-03-29T21:00:00Z");
        assert_eq!(moment_by("2031-04-01", &now).unwrap().to_string(), "2031-03-31T22:00:00Z");
        assert_eq!(moment_by("2031-04-01 08:30", &now).unwrap().to_string(), "2031-04-01T06:30:00Z");
        for wrong in ["", "soon", "-3 days", "0s"] {
            assert!(days(wrong).is_err() && moment_by(wrong, &now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_split_from_a_dispute_is_not_merged_with_it_again() {
        let mut sample = crate::store::sample::story();
        let run = |action| Arguments { action, db: Some(sample.path.clone()) }.run();
        let members = |dispute: i64| {
            let filter = Filter { dispute: Some(DisputeId(dispute)), limit: 99, ..Filter::default() };
            sample.store.find_statements(&filter).unwrap().iter().map(|found| found.id.0).collect::<Vec<_>>()
        };
        let dispute = Named { id: 1 };
        let all = members(1);
        let taken = all[0];
        run(Action::Split { dispute, statements: vec![taken], matter: Some("another matter".into()) }).unwrap();
        assert_eq!(members(2), [taken]);
        assert_eq!(members(1).len(), all.len() - 1);
        assert!(run(Action::Merge { dispute: Named { id: 2 }, into: 1 }).is_err());
        assert!(
            run(Action::Split { dispute, statements: all.clone(), matter: None }).is_err(),
            "nothing would be left"
        );
        sample.store.write(|tx| tx.set_fact("still", "written")).unwrap();
    }

    #[test]
    fn a_split_takes_repeats_along_and_leaves_what_was_closed_closed() {
        let mut sample = crate::store::sample::story();
        let members = |sample: &crate::store::sample::Sample, dispute: i64| {
            let filter = Filter { dispute: Some(DisputeId(dispute)), limit: 99, ..Filter::default() };
            sample.store.find_statements(&filter).unwrap().iter().map(|found| found.id.0).collect::<Vec<_>>()
        };
        let all = members(&sample, 1);
        let (taken, repeat) = (all[0], all[1]);
        let db = rusqlite::Connection::open(&sample.path).unwrap();
        let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
        db.create_scalar_function("gainsay_sketch", 1, flags, |_| Ok(Vec::<u8>::new())).unwrap();
        db.execute("UPDATE statement SET repeats = ?1 WHERE id = ?2", [taken, repeat]).unwrap();
        let closed = Some("2031-05-06T08:00:00Z".parse().unwrap());
        sample.store.write(|tx| tx.set_standing(DisputeId(1), None, closed)).unwrap();
        let split = Action::Split { dispute: Named { id: 1 }, statements: vec![taken], matter: None };
        Arguments { action: split, db: Some(sample.path.clone()) }.run().unwrap();
        let both = members(&sample, 2);
        assert!(both.len() == 2 && both.contains(&taken) && both.contains(&repeat), "{both:?}");
        assert_eq!(sample.store.dispute(DisputeId(2)).unwrap().unwrap().closed_at, closed);
    }

    #[test]
    fn what_is_merged_by_command_stays_closed_or_snoozed() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let (soon, later, closed) =
            (at("2099-01-01T00:00:00Z"), at("2099-02-01T00:00:00Z"), at("2031-05-06T08:00:00Z"));
        for (from, into, stricter) in [
            ((None, closed), (None, None), (None, closed)),
            ((soon, None), (None, closed), (None, closed)),
            ((later, None), (soon, None), (later, None)),
            ((None, None), (None, None), (None, None)),
        ] {
            let mut sample = crate::store::sample::story();
            let new = NewDispute {
                accused: "Vadunia",
                accused_actor: None,
                accused_key: "vadunia",
                matter: "the same in other words",
                since: None,
            };
            let other = sample.store.write(|tx| {
                let other = tx.open_dispute(&new, Timestamp::now())?;
                tx.set_standing(other, from.0, from.1)?;
                tx.set_standing(DisputeId(1), into.0, into.1)?;
                Ok(other)
            });
            let merge = Action::Merge { dispute: Named { id: other.unwrap().0 }, into: 1 };
            Arguments { action: merge, db: Some(sample.path.clone()) }.run().unwrap();
            let known = sample.store.dispute(DisputeId(1)).unwrap().unwrap();
            assert_eq!((known.snoozed_until, known.closed_at), stricter);
        }
    }

    #[test]
    fn a_merged_dispute_is_found_under_its_old_id() {
        let mut sample = crate::store::sample::story();
        let other = sample
            .store
            .write(|tx| {
                let new = NewDispute {
                    accused: "Vadunia",
                    accused_actor: None,
                    accused_key: "vadunia",
                    matter: "the same in other words",
                    since: None,
                };
                tx.open_dispute(&new, Timestamp::now())
            })
            .unwrap();
        let run = |action| Arguments { action, db: Some(sample.path.clone()) }.run();
        let disputes = || sample.store.find_disputes(&Filter { limit: 9, ..Filter::default() }).unwrap().len();
        let before = disputes();
        run(Action::Merge { dispute: Named { id: 1 }, into: other.0 }).unwrap();
        assert_eq!(disputes(), before - 1);
        assert_eq!(sample.store.going_on(DisputeId(1)).unwrap(), other);
        run(Action::Show(Named { id: 1 })).unwrap();
        assert!(
            !sample
                .store
                .find_alerts(&Filter { dispute: Some(other), limit: 9, ..Filter::default() })
                .unwrap()
                .is_empty()
        );
        assert!(run(Action::Merge { dispute: Named { id: 1 }, into: other.0 }).is_err(), "they are one");
    }

    #[test]
    fn a_dispute_is_snoozed_closed_and_reopened_while_the_daemon_holds_the_log() {
        let mut sample = crate::store::sample::story();
        let run = |action| Arguments { action, db: Some(sample.path.clone()) }.run();
        let state = || {
            let found = sample.store.find_disputes(&Filter { limit: 9, ..Filter::default() }).unwrap();
            (found[0].state.clone(), found[0].snoozed_until)
        };
        let dispute = Named { id: 1 };
        assert_eq!(state().0, "open");
        let until = "2099-01-01T00:00:00Z".parse().unwrap();
        run(Action::Snooze { dispute, span: until, until: None }).unwrap();
        assert_eq!(state(), ("snoozed".into(), Some(until)));
        run(Action::Close(dispute)).unwrap();
        assert_eq!(state(), ("closed".into(), None));
        run(Action::Reopen(dispute)).unwrap();
        assert_eq!(state().0, "open");
        run(Action::Show(dispute)).unwrap();
        assert!(run(Action::Close(Named { id: 9 })).unwrap_err().to_string().contains("no dispute 9"));
        let past = "2020-01-01T00:00:00Z".parse().unwrap();
        assert!(run(Action::Snooze { dispute, span: past, until: None }).is_err());
        sample.store.write(|tx| tx.set_fact("still", "written")).unwrap();
    }
}
