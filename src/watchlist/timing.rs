//! When a rule may tell: quiet hours and a rate.

use super::problem::quoted;
use super::quantity::{self, in_words};
use super::section::{Field, Section, closest};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::fmt;
use std::time::Duration;
use toml::de::DeValue;

const HOURS: &str = "\"22:00-07:00\"";
const QUIET_KEYS: &[&str] = &["hours", "zone"];
const RATE: &str = "\"5 per hour\"";

/// Hours of every day in which a rule tells nothing, by the clock of one time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietHours {
    /// When they begin.
    pub from: Time,
    /// When they end: on the next day, where that is no later than [`QuietHours::from`].
    pub to: Time,
    /// By whose clock; the machine's where absent.
    pub zone: Option<TimeZone>,
}

impl QuietHours {
    /// When the quiet hours end that `now` stands in; none outside of them. An end that the clock skips, as daylight
    /// saving time begins, is the moment of the change; one that it shows twice is the first.
    pub fn end(&self, now: Timestamp) -> Option<Timestamp> {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        let today = now.to_zoned_datetime(zone.clone()).date();
        [today.yesterday().ok(), Some(today)].into_iter().flatten().find_map(|day| {
            let (start, end) = self.of(day, &zone)?;
            (start <= now && now < end).then_some(end)
        })
    }

    /// Those that begin on `day`.
    fn of(&self, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let last = if self.to <= self.from { day.checked_add(1.day()).ok()? } else { day };
        Some((moment(day.to_datetime(self.from), zone)?, moment(last.to_datetime(self.to), zone)?))
    }
}

/// When the zone's clock first shows that time or, where it skips it, a later one.
fn moment(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            let after = ambiguous.later().ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
            zone.preceding(after).next().map(|change| change.timestamp())
        }
        _ => ambiguous.compatible().ok(),
    }
}

/// So many alerts of one rule at most in any such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Alerts, at least one.
    pub most: u32,
    /// The time.
    pub per: Duration,
}

impl fmt::Display for Rate {
    /// `5 per 1h`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.most, in_words(self.per))
    }
}

/// `quiet = "22:00-07:00"`, or `{ hours = "22:00-07:00", zone = "Europe/Vienna" }`.
pub(super) fn quiet(field: &Field<'_>) -> Option<QuietHours> {
    if field.value.get_ref().as_str().is_some() {
        return hours(field, None);
    }
    if !matches!(field.value.get_ref(), DeValue::Table(_)) {
        let help = format!("write quiet = {HOURS}, or quiet = {{ hours = {HOURS}, zone = \"Europe/Vienna\" }}");
        field.error("must be hours, as a text or in a table with their zone", help);
        return None;
    }
    let section = Section::new(field.findings, field.label.clone(), field.value, QUIET_KEYS)?;
    let hours_field = section.require("hours", &format!("hours = {HOURS}"));
    let zone = match section.get("zone") {
        Some(field) => Some(zone(&field)?),
        None => None,
    };
    hours(&hours_field?, zone)
}

fn hours(field: &Field<'_>, zone: Option<TimeZone>) -> Option<QuietHours> {
    let text = field.text(HOURS)?.text;
    let times = text.split_once(['-', '–']).and_then(|(from, to)| Some((clock(from)?, clock(to)?)));
    let Some((from, to)) = times else {
        let help = format!("write two times of a 24-hour clock, such as {HOURS}");
        field.error(format!("is not a span of hours: {}", quoted(&text)), help);
        return None;
    };
    if from == to {
        field.error("ends when it begins", "a rule that should never tell at once has digest = \"1 day\" instead");
        return None;
    }
    Some(QuietHours { from, to, zone })
}

/// `07:00`; `24:00` is midnight.
fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits =
        |part: &str| (part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?;
    let (hour, minute): (i8, i8) = (digits(hour)?, digits(minute).filter(|_| minute.len() == 2)?);
    Time::new(if (hour, minute) == (24, 0) { 0 } else { hour }, minute, 0, 0).ok()
}

fn zone(field: &Field<'_>) -> Option<TimeZone> {
    let name = field.text("\"Europe/Vienna\"")?.text;
    if let Ok(zone) = TimeZone::get(&name) {
        return Some(zone);
    }
    let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let help = match closest(&name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "write the zone's name in the IANA time zone database, such as \"Europe/Vienna\"".to_owned(),
    };
    field.error(format!("names an unknown time zone: {}", quoted(&name)), help);
    None
}

/// `rate = "5 per hour"`, `"20 per 6h"`.
pub(super) fn rate(field: &Field<'_>) -> Option<Rate> {
    const MINUTE: u64 = 60;
    const WEEK: u64 = 7 * 24 * 60 * MINUTE;
    let text = field.text(RATE)?.text;
    let parts = text.split_once("per").and_then(|(most, per)| {
        let (most, per) = (most.trim(), per.trim());
        let per = quantity::duration(per).or_else(|| quantity::duration(&format!("1 {per}")))?;
        Some((most.parse::<u32>().ok().filter(|_| most.bytes().all(|b| b.is_ascii_digit()))?, per))
    });
    let Some((most, per)) = parts else {
        let help = format!("write how many alerts in which time, such as {RATE} or \"20 per 6h\"");
        field.error(format!("is not a rate: {}", quoted(&text)), help);
        return None;
    };
    if most == 0 {
        field.error("lets no alert through", "a rule that should never tell at once has digest = \"1 day\" instead");
        return None;
    }
    if !(MINUTE..=WEEK).contains(&per.as_secs()) {
        field.error(format!("is out of bounds: {}", quoted(&text)), "its time may be from 1 minute to 7 days");
        return None;
    }
    Some(Rate { most, per })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn quiet(from: &str, to: &str, zone: &str) -> QuietHours {
        let zone = Some(TimeZone::get(zone).unwrap());
        QuietHours { from: clock(from).unwrap(), to: clock(to).unwrap(), zone }
    }

    /// When the quiet hours end that the time stands in.
    fn end(hours: &QuietHours, now: &str) -> Option<String> {
        hours.end(now.parse().unwrap()).map(|end| end.to_string())
    }

    #[test]
    fn quiet_hours_reach_over_midnight_and_end_in_the_morning() {
        let night = quiet("22:00", "07:00", "Europe/Vienna");
        assert_eq!(end(&night, "2031-05-06T19:59:59Z"), None, "a second before ten");
        assert_eq!(end(&night, "2031-05-06T20:00:00Z").unwrap(), "2031-05-07T05:00:00Z");
        assert_eq!(end(&night, "2031-05-07T04:59:59Z").unwrap(), "2031-05-07T05:00:00Z");
        assert_eq!(end(&night, "2031-05-07T05:00:00Z"), None, "the end is no part of them");
        let noon = quiet("12:00", "13:30", "Europe/Vienna");
        assert_eq!(end(&noon, "2031-05-06T10:15:00Z").unwrap(), "2031-05-06T11:30:00Z");
        assert_eq!(end(&noon, "2031-05-06T22:15:00Z"), None);
        let to_midnight = quiet("20:00", "24:00", "Europe/Vienna");
        assert_eq!(end(&to_midnight, "2031-05-06T21:00:00Z").unwrap(), "2031-05-06T22:00:00Z");
    }

    #[test]
    fn quiet_hours_end_by_the_clock_on_the_wall_on_the_day_that_daylight_saving_time_begins() {
        // Vienna, 30 March 2031: 02:00 is 03:00.
        let night = quiet("22:00", "07:00", "Europe/Vienna");
        assert_eq!(end(&night, "2031-03-29T21:30:00Z").unwrap(), "2031-03-30T05:00:00Z", "an hour shorter");
        let skipped = quiet("22:00", "02:30", "Europe/Vienna");
        assert_eq!(end(&skipped, "2031-03-30T00:59:59Z").unwrap(), "2031-03-30T01:00:00Z", "it never is half past two");
        assert_eq!(end(&skipped, "2031-03-30T01:00:00Z"), None);
        let begins = quiet("02:30", "07:00", "Europe/Vienna");
        assert_eq!(end(&begins, "2031-03-30T00:59:59Z"), None);
        assert_eq!(end(&begins, "2031-03-30T01:00:00Z").unwrap(), "2031-03-30T05:00:00Z");
        let at_the_change = quiet("22:00", "02:00", "Europe/Vienna");
        assert_eq!(end(&at_the_change, "2031-03-30T00:30:00Z").unwrap(), "2031-03-30T01:00:00Z");
    }

    #[test]
    fn quiet_hours_end_by_the_clock_on_the_wall_on_the_day_that_daylight_saving_time_ends() {
        // Vienna, 26 October 2031: 03:00 is 02:00 again.
        let night = quiet("22:00", "07:00", "Europe/Vienna");
        assert_eq!(end(&night, "2031-10-25T20:30:00Z").unwrap(), "2031-10-26T06:00:00Z", "an hour longer");
        let twice = quiet("22:00", "02:30", "Europe/Vienna");
        assert_eq!(end(&twice, "2031-10-26T00:10:00Z").unwrap(), "2031-10-26T00:30:00Z");
        assert_eq!(end(&twice, "2031-10-26T01:10:00Z"), None, "half past two came once already");
    }

    #[test]
    fn the_zones_come_with_the_program() {
        let bundled = jiff::tz::TimeZoneDatabase::bundled();
        assert!(bundled.get("Europe/Vienna").is_ok(), "a container without tzdata has quiet hours too");
    }

    #[test]
    fn a_rate_says_itself_as_it_is_written() {
        assert_eq!(Rate { most: 5, per: Duration::from_secs(3600) }.to_string(), "5 per 1h");
    }
}
