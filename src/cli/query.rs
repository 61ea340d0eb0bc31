//! `gainsay query`: looks things up in the log, also while the daemon runs.

mod columns;

use super::listing::{self, Format, Listed};
use super::log;
use super::terminal::safe;
use crate::statements::Act;
use crate::store::DisputeId;
use crate::store::query::{DeliveryState, Filter, Role, full_text_query};
use clap::builder::PossibleValue;
use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ZonedDateTime};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  gainsay query --actor 'North Korea' --act denial --since '30 days'
      Whatever North Korea denied in the last 30 days, or was said to
  gainsay query --actor Russia --role target --text 'artillery shell*'
      Accusations of Russia that speak of artillery and shells, shelling, …
  gainsay query disputes --topic 'Arms transfers' --since 2026-01-01
  gainsay query --dispute 17
      Who said what in dispute 17
  gainsay query alerts --since yesterday --format long
      Alerts with both passages, both links, and why the two belong together
  gainsay query deliveries --state dead
      Messages that no retry could deliver
  gainsay query alerts --limit 1000 --format csv > alerts.csv

Other questions are SQL: the README has ten to begin with, docs/log.md explains the views.";

/// Looks things up in the log.
///
/// Works while the daemon runs, and never changes the log. Every filter that is given must hold.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What to list
    #[arg(value_enum, default_value_t = What::Statements)]
    what: What,
    /// A party by its actor's name, its own name or the article's words
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// What that party does; anything unless given, but with --act denial it is who denies
    #[arg(long, value_enum, requires = "actor")]
    role: Option<Role>,
    /// What the statement does
    #[arg(long, value_enum)]
    act: Option<Act>,
    /// A topic of the watchlist that the article matched
    #[arg(long, value_name = "NAME")]
    topic: Option<String>,
    /// Who publishes the article, e.g. example.org
    #[arg(long, value_name = "DOMAIN")]
    outlet: Option<String>,
    /// Words and "phrases" that stand there, in any form; word* finds beginnings
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Said, published or raised since: a date, a time, 'yesterday', '3 days', '12h'
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<ZonedDateTime>,
    /// Said, published or raised until; a date includes its day
    #[arg(long, value_name = "WHEN", value_parser = until)]
    until: Option<ZonedDateTime>,
    /// Of this dispute
    #[arg(long, value_name = "ID")]
    dispute: Option<i64>,
    /// Of this alert
    #[arg(long, value_name = "ID")]
    alert: Option<String>,
    /// With a delivery in this state
    #[arg(long, value_enum)]
    state: Option<DeliveryState>,
    /// At most as many, the newest first
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The log; your own unless given, or the system service's where you have none
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Who said what, by when it was said
    Statements,
    /// Accusations of one party about one matter, with their denials
    Disputes,
    /// Denials that followed an accusation
    Alerts,
    /// Messages on their way to each sink
    Deliveries,
    /// Articles and how far they are
    Articles,
}

impl ValueEnum for Act {
    fn value_variants<'a>() -> &'a [Self] {
        &[Act::Accusation, Act::Denial, Act::Other]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl ValueEnum for Role {
    fn value_variants<'a>() -> &'a [Self] {
        &[Role::Speaker, Role::Target, Role::Accuser]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Role::Speaker => PossibleValue::new("speaker").help("Speaks, or is spoken for"),
            Role::Target => PossibleValue::new("target").help("Is accused"),
            Role::Accuser => PossibleValue::new("accuser").help("Has its accusation denied"),
        })
    }
}

impl ValueEnum for DeliveryState {
    fn value_variants<'a>() -> &'a [Self] {
        &[DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Dead]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(problem) = self.misuse() {
            super::Cli::command().error(ErrorKind::ArgumentConflict, problem).exit();
        }
        let (log, path) = log::open(self.db.clone())?;
        let mut filter = self.filter();
        if let Some(dispute) = filter.dispute {
            filter.dispute = Some(log.going_on(dispute)?);
        }
        match self.what {
            What::Statements => self.show(&log.find_statements(&filter)?, &path)?,
            What::Disputes => self.show(&log.find_disputes(&filter)?, &path)?,
            What::Alerts => self.show(&log.find_alerts(&filter)?, &path)?,
            What::Deliveries => self.show(&log.find_deliveries(&filter)?, &path)?,
            What::Articles => self.show(&log.find_articles(&filter)?, &path)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn show<T: Listed>(&self, rows: &[T], path: &Path) -> anyhow::Result<()> {
        listing::print(rows, self.format)?;
        let people_read = matches!(self.format, Format::Table | Format::Long);
        if rows.is_empty() && people_read {
            eprintln!("Nothing found in {}.", safe(&path.display().to_string()));
        } else if rows.len() == self.limit as usize && people_read && std::io::stdout().is_terminal() {
            eprintln!("The newest {}; --limit shows more.", self.limit);
        }
        Ok(())
    }

    fn filter(&self) -> Filter {
        Filter {
            actor: self.actor.clone(),
            // Who is asked about with a denial is who denies; accusers have their accusations denied by others.
            role: self.role.or_else(|| (self.act == Some(Act::Denial)).then_some(Role::Speaker)),
            act: self.act,
            topic: self.topic.clone(),
            outlet: self.outlet.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
            text: self.text.clone(),
            dispute: self.dispute.map(DisputeId),
            alert: self.alert.clone(),
            state: self.state,
            limit: self.limit,
        }
    }

    /// A filter that means nothing for what is listed, or that can find nothing.
    fn misuse(&self) -> Option<String> {
        use What::{Alerts, Articles, Deliveries, Disputes, Statements};
        let filters: [(&str, bool, &[What]); 8] = [
            ("--actor", self.actor.is_some(), &[Statements, Disputes, Alerts, Articles]),
            ("--role", self.role.is_some(), &[Statements, Disputes, Alerts]),
            ("--act", self.act.is_some(), &[Statements]),
            ("--topic", self.topic.is_some(), &[Statements, Disputes, Alerts, Articles]),
            ("--outlet", self.outlet.is_some(), &[Statements, Disputes, Alerts, Articles]),
            ("--text", self.text.is_some(), &[Statements, Disputes, Alerts, Articles]),
            ("--alert", self.alert.is_some(), &[Statements, Disputes, Alerts, Deliveries]),
            ("--state", self.state.is_some(), &[Alerts, Deliveries]),
        ];
        for (flag, given, of) in filters {
            if given && !of.contains(&self.what) {
                let of: Vec<String> =
                    of.iter().filter_map(What::to_possible_value).map(|v| v.get_name().to_owned()).collect();
                return Some(format!("{flag} filters {}; say which: gainsay query {} {flag} …", of.join(", "), of[0]));
            }
        }
        if self.text.as_deref().is_some_and(|text| full_text_query(text).is_none()) {
            return Some("--text needs a word".to_owned());
        }
        match (&self.since, &self.until) {
            (Some(since), Some(until)) if since > until => Some("--since is later than --until".to_owned()),
            _ => None,
        }
    }
}

/// The moment since when, as typed.
pub(super) fn since(typed: &str) -> Result<ZonedDateTime, String> {
    moment(typed, &ZonedDateTime::now(), |date, zone| date.to_zoned_datetime(zone))
}

fn until(typed: &str) -> Result<ZonedDateTime, String> {
    moment(typed, &ZonedDateTime::now(), |date, zone| date.to_zoned_datetime(zone)?.end_of_day())
}

/// The moment that was typed: a day (of which `of_day` takes one end), a time, or how long before `now`.
fn moment(
    typed: &str,
    now: &ZonedDateTime,
    of_day: impl Fn(Date, TimeZone) -> Result<ZonedDateTime, jiff::Error>,
) -> Result<ZonedDateTime, String> {
    let typed = typed.trim();
    let zone = now.time_zone().clone();
    let day = match typed {
        "today" => Some(now.date()),
        "yesterday" => now.date().yesterday().ok(),
        // A date is a date only as a whole: a time parses as one too.
        _ if typed.len() == "2031-05-04".len() => typed.parse::<Date>().ok(),
        _ => None,
    };
    if let Some(day) = day {
        return of_day(day, zone).map_err(|error| error.to_string());
    }
    if let Ok(time) = typed.parse::<Timestamp>() {
        return Ok(time.to_zoned_datetime(zone));
    }
    if let Ok(time) = typed.parse::<DateTime>() {
        return time.to_zoned_datetime(zone).map_err(|error| error.to_string());
    }
    match typed.strip_suffix("ago").unwrap_or(typed).trim().parse::<Span>() {
        Ok(span) if span.signum() >= 0 => now.checked_sub(span).map_err(|_| "too long ago".to_owned()),
        _ => Err("expected a date (2026-11-05), a time (2026-11-05T14:00), 'today', 'yesterday', or how long ago \
                  ('3 days', '12h')"
            .to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::store::Store;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Alone {
        #[command(flatten)]
        query: Arguments,
    }

    fn arguments(line: &str) -> Result<Arguments, String> {
        let words = line.split_whitespace();
        let parsed =
            Alone::try_parse_from(["query"].into_iter().chain(words)).map_err(|error| error.to_string())?.query;
        match parsed.misuse() {
            Some(problem) => Err(problem),
            None => Ok(parsed),
        }
    }

    #[test]
    fn moments_are_dates_times_and_spans() {
        let now: ZonedDateTime = "2031-05-06T10:00:00+02:00[Europe/Vienna]".parse().unwrap();
        let start = |typed: &str| {
            moment(typed, &now, |date, zone| date.to_zoned_datetime(zone)).map(|m| m.timestamp().to_string())
        };
        assert_eq!(start("2031-05-04").unwrap(), "2031-05-03T22:00:00Z");
        assert_eq!(start("today").unwrap(), "2031-05-05T22:00:00Z");
        assert_eq!(start("yesterday").unwrap(), "2031-05-04T22:00:00Z");
        assert_eq!(start("2031-05-04T12:00:00Z").unwrap(), "2031-05-04T12:00:00Z");
        assert_eq!(start("2031-05-04 12:00").unwrap(), "2031-05-04T10:00:00Z");
        assert_eq!(start("3 days").unwrap(), "2031-05-03T08:00:00Z");
        assert_eq!(start("3 days ago").unwrap(), "2031-05-03T08:00:00Z");
        assert_eq!(start("12h").unwrap(), "2031-05-05T20:00:00Z");
        for wrong in ["", "soon", "2031-13-01", "-3 days", "9999999 years"] {
            assert!(start(wrong).is_err(), "{wrong}");
        }
        let end = moment("2031-05-04", &now, |date, zone| date.to_zoned_datetime(zone)?.end_of_day()).unwrap();
        assert_eq!(end.date().to_string(), "2031-05-04", "--until a day includes it");
    }

    #[test]
    fn a_filter_that_means_nothing_there_is_refused_with_where_it_does() {
        assert!(arguments("deliveries --state dead --since 3d").is_ok());
        let problem = arguments("deliveries --act denial").unwrap_err();
        assert!(problem.contains("gainsay query statements --act"), "{problem}");
        assert!(arguments("articles --alert 01J").is_err());
        assert!(arguments("--role target").is_err(), "a role of nobody");
        assert!(arguments("--text *").is_err());
        assert!(arguments("--since 2031-05-02 --until 2031-05-01").is_err());
        assert!(arguments("--limit 0").is_err());
    }

    #[test]
    fn the_story_is_told_in_every_format() {
        let sample = crate::store::sample::story();
        let log = Store::open_read_only(&sample.path).unwrap();
        let alerts = log.find_alerts(&arguments("alerts").unwrap().filter()).unwrap();
        let long = listing::render(&alerts, Format::Long).unwrap();
        for words in
            ["Not one shell has crossed that border", "Vadunia has sent artillery shells", "names the accuser: Kestria"]
        {
            assert!(long.contains(words), "{long}");
        }
        let found = |line| log.find_statements(&arguments(line).unwrap().filter()).unwrap().len();
        assert_eq!(found("--act denial --actor kestria"), 0, "Kestria accuses, and Vadunia denies");
        assert_eq!(found("--act denial --actor vadunia"), 3);
        assert_eq!(found("--act denial --actor kestria --role accuser"), 3);
        let statements = log.find_statements(&arguments("--actor vadunia").unwrap().filter()).unwrap();
        let table = listing::render(&statements, Format::Table).unwrap();
        assert!(table.contains("Vadunia: foreign") && table.contains("denial (recalled)"), "{table}");
        for format in [Format::Csv, Format::Jsonl] {
            let text = listing::render(&statements, format).unwrap();
            assert!(text.contains("artillery shells"), "{text}");
        }
    }
}
