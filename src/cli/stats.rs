//! `gainsay stats`: how good alerts are, by what was said of them.

use super::listing::{self, Column, Field, Format, Listed, optional};
use super::log;
use super::query::since;
use super::terminal::safe;
use crate::store::stats::{By, Counted};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use jiff::ZonedDateTime;
use serde::{Serialize, Serializer};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  gainsay stats
      Alerts and their precision: all, and by month, rule, feed and outlet
  gainsay stats --by week --by rule --since '90 days'
  gainsay stats --format csv > stats.csv

Precision is the share of the marked alerts that are right, with its 95 % interval (Wilson's): a wide one says that too
few are marked to tell. gainsay mark marks them.";

/// Counts alerts and how many of them were right.
///
/// Over time, by rule, by feed and by outlet, so that whatever makes noise shows. Works while the daemon runs, and never
/// changes the log.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Count by this; may be given several times. All, month, rule, feed and outlet unless given
    #[arg(long, value_enum)]
    by: Vec<By>,
    /// Raised, and of articles published, since: a date, a time, 'yesterday', '3 days', '12h'
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<ZonedDateTime>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The log; your own unless given, or the system service's where you have none
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

impl ValueEnum for By {
    fn value_variants<'a>() -> &'a [Self] {
        &[By::All, By::Week, By::Month, By::Rule, By::Feed, By::Outlet]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (log, path) = log::open(self.db)?;
        let by = match self.by.as_slice() {
            [] => &[By::All, By::Month, By::Rule, By::Feed, By::Outlet],
            chosen => chosen,
        };
        let since = self.since.map(|since| since.timestamp());
        let mut rows = Vec::new();
        for by in by {
            rows.extend(log.count_alerts(*by, since)?.into_iter().map(|counted| Line { by: *by, counted }));
        }
        listing::print(&rows, self.format)?;
        if rows.is_empty() && matches!(self.format, Format::Table | Format::Long) {
            eprintln!("Nothing to count in {}.", safe(&path.display().to_string()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

struct Line {
    by: By,
    counted: Counted,
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counted = &self.counted;
        let precision = counted.precision();
        serde_json::json!({
            "by": self.by, "name": counted.name, "alerts": counted.alerts, "held": counted.held,
            "right": counted.right, "wrong": counted.wrong, "unmarked": counted.unmarked(),
            "precision": precision.map(|(share, ..)| share),
            "low": precision.map(|(_, low, _)| low), "high": precision.map(|(.., high)| high),
            "articles": counted.articles, "statements": counted.statements, "lapsed": counted.lapsed,
        })
        .serialize(serializer)
    }
}

fn number(value: Option<u32>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn share(line: &Line, of: fn((f64, f64, f64)) -> f64) -> String {
    line.counted.precision().map(|precision| format!("{:.3}", of(precision))).unwrap_or_default()
}

impl Listed for Line {
    const TABLE: &'static [Column<Self>] = &[
        Column::whole("By", |line| line.by.name().to_owned()),
        Column::text("Name", 16, |line| line.counted.name.clone()),
        Column::whole("Alerts", |line| line.counted.alerts.to_string()),
        Column::whole("Right", |line| line.counted.right.to_string()),
        Column::whole("Wrong", |line| line.counted.wrong.to_string()),
        optional(Column::whole("Unmarked", |line| line.counted.unmarked().to_string())),
        Column::whole("Precision", |line| match line.counted.precision() {
            Some((share, low, high)) => {
                format!("{:.0} % ({:.0}–{:.0})", 100.0 * share, 100.0 * low, 100.0 * high)
            }
            None => String::new(),
        }),
        optional(Column::whole("Held", |line| line.counted.held.to_string())),
        optional(Column::whole("Articles", |line| number(line.counted.articles))),
        optional(Column::whole("Statements", |line| number(line.counted.statements))),
        optional(Column::whole("Lapsed", |line| line.counted.lapsed.to_string())),
    ];
    const FIELDS: &'static [Field<Self>] = &[
        ("by", |line| line.by.name().to_owned()),
        ("name", |line| line.counted.name.clone()),
        ("alerts", |line| line.counted.alerts.to_string()),
        ("held", |line| line.counted.held.to_string()),
        ("right", |line| line.counted.right.to_string()),
        ("wrong", |line| line.counted.wrong.to_string()),
        ("unmarked", |line| line.counted.unmarked().to_string()),
        ("precision", |line| share(line, |(share, ..)| share)),
        ("low", |line| share(line, |(_, low, _)| low)),
        ("high", |line| share(line, |(.., high)| high)),
        ("articles", |line| number(line.counted.articles)),
        ("statements", |line| number(line.counted.statements)),
        ("lapsed", |line| line.counted.lapsed.to_string()),
    ];
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_rule_s_name_is_no_formula_and_precision_has_its_interval() {
        let counted = Counted { name: "=Border desk".to_owned(), alerts: 12, right: 9, wrong: 1, ..Counted::default() };
        let rows = [Line { by: By::Rule, counted }];
        let csv = listing::render(&rows, Format::Csv).unwrap();
        assert!(csv.contains("rule,'=Border desk,12,0,9,1,2,0.900,0.596,0.982,,,0"), "{csv}");
        let table = listing::render(&rows, Format::Table).unwrap();
        assert!(table.contains("90 % (60–98)"), "{table}");
        let json: serde_json::Value = serde_json::from_str(&listing::render(&rows, Format::Jsonl).unwrap()).unwrap();
        assert_eq!((&json["unmarked"], &json["articles"]), (&2.into(), &serde_json::Value::Null));
    }
}
