//! Time expressions: *on Wednesday*, *last week*, *in September*, *12 March 2019*, against the article's date.
//!
//! A weekday is the nearest such day from six days before the article's date to one day after it: an article dated in
//! UTC may come from a place where it is tomorrow already. One that names its own date's weekday does not, and means
//! the day six days back. Without a date only absolute dates resolve; whether an expression points far back can be
//! told even then (*in September*).

use super::Period;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// How far back an expression must point for what was said then to be only remembered, in days.
const RECALLED_AFTER: i32 = 8;

/// Spans that have a beginning and an end: "this *week*".
const UNITS: [&str; 3] = ["week", "month", "year"];

/// A time expression among the words of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expression {
    /// Index of its first word.
    pub first: usize,
    /// Index of its last word.
    pub last: usize,
    /// The days it means; both ends open where it cannot be resolved.
    pub period: Period,
    /// It points further back than the news of the week.
    pub distant: bool,
}

/// The time expressions among `words`, in order; `own_day` as [`names_its_own_day`] tells it.
pub fn expressions(words: &[&str], published: Option<Date>, own_day: bool) -> Vec<Expression> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match expression_at(words, at, published, own_day) {
            Some(expression) => {
                at = expression.last + 1;
                found.push(expression);
            }
            None => at += 1,
        }
    }
    found
}

fn expression_at(words: &[&str], at: usize, published: Option<Date>, own_day: bool) -> Option<Expression> {
    let make = |last: usize, period: Option<Period>, distant: Option<bool>| {
        let period = period.unwrap_or_default();
        let far = match (published, period.latest) {
            (Some(published), Some(latest)) => days_between(latest, published) >= RECALLED_AFTER,
            _ => false,
        };
        Some(Expression { first: at, last, period, distant: distant.unwrap_or(far) })
    };
    let word = plain(words[at]);
    let next = words.get(at + 1).map(|word| plain(word));
    let next = next.as_deref();

    if let Some(weekday) = weekday(&word) {
        return make(at, published.and_then(|date| nearest(weekday, date, own_day)).map(day), None);
    }
    match word.as_str() {
        "today" | "tonight" => return make(at, published.map(day), Some(false)),
        "yesterday" => return make(at, published.and_then(|date| shifted(date, -1)).map(day), Some(false)),
        "overnight" => {
            let period = published.and_then(|date| range(shifted(date, -1)?, date));
            return make(at, period, Some(false));
        }
        "last" | "previous" | "past" => match next? {
            "night" => return make(at + 1, published.and_then(|date| shifted(date, -1)).map(day), Some(false)),
            "week" => {
                let period = published.and_then(|date| {
                    let monday = week_start(date)?;
                    range(shifted(monday, -7)?, shifted(monday, -1)?)
                });
                return make(at + 1, period, Some(false));
            }
            "month" => {
                let period = published.and_then(|date| month_of(date.first_of_month().checked_sub(1.day()).ok()?));
                return make(at + 1, period, Some(true));
            }
            "year" => return make(at + 1, published.and_then(|date| year_period(date.year() - 1)), Some(true)),
            other => {
                if let Some(weekday) = weekday(other) {
                    return make(at + 1, published.and_then(|date| nearest(weekday, date, own_day)).map(day), None);
                }
                if let Some(month) = month(other) {
                    return make(at + 1, published.and_then(|date| latest_month(month, date)), Some(true));
                }
                return None;
            }
        },
        "start" | "beginning" | "middle" | "end" if next == Some("of") => {
            let whose = words.get(at + 2).map(|word| plain(word))?;
            let unit = words.get(at + 3).map(|word| plain(word))?;
            if !matches!(whose.as_str(), "the" | "this") {
                return None;
            }
            return make(at + 3, published.and_then(|date| part_of(&word, &unit, date)), None);
        }
        "earlier" if next == Some("this") => {
            let unit = words.get(at + 2).map(|word| plain(word)).filter(|unit| UNITS.contains(&unit.as_str()))?;
            let since = published.and_then(|date| range(start_of(&unit, date)?, date));
            let period = since.and_then(|since| range(since.earliest?, shifted(since.latest?, -1)?));
            let days = since.and_then(|since| Some(days_between(since.earliest?, since.latest?)));
            return make(at + 2, period, Some(days.is_none_or(|days| days >= RECALLED_AFTER)));
        }
        "this" => {
            let period = match next? {
                "morning" | "afternoon" | "evening" => published.map(day),
                unit if UNITS.contains(&unit) => published.and_then(|date| range(start_of(unit, date)?, date)),
                _ => return None,
            };
            return make(at + 1, period, Some(next == Some("year")));
        }
        _ => {}
    }
    // "three days ago", "a month earlier"
    if let (Some(count), Some(unit), Some(third)) = (number(&word), next, words.get(at + 2).map(|word| plain(word)))
        && matches!(third.as_str(), "ago" | "earlier" | "before")
    {
        let (period, distant) = match unit {
            "hour" | "hours" | "minute" | "minutes" => (published.map(day), false),
            "day" | "days" => (published.and_then(|date| shifted(date, -count)).map(day), count >= RECALLED_AFTER),
            "week" | "weeks" => {
                let period =
                    published.and_then(|date| range(shifted(date, -7 * count - 3)?, shifted(date, -7 * count + 3)?));
                (period, count > 1)
            }
            "month" | "months" => {
                let period = published.and_then(|date| month_of(date.checked_sub(count.months()).ok()?));
                (period, true)
            }
            "year" | "years" => {
                let years = i16::try_from(count).ok()?;
                (published.and_then(|date| year_period(date.year().checked_sub(years)?)), true)
            }
            _ => return None,
        };
        return make(at + 2, period, Some(distant));
    }
    // "12 March [2019]"
    if let (Some(number), Some(month)) = (day_number(&word), next.and_then(month)) {
        let year = words.get(at + 2).and_then(|word| year(&plain(word)));
        let last = if year.is_some() { at + 2 } else { at + 1 };
        return make(last, dated(number, month, year, published), None);
    }
    if let Some(month) = month(&word) {
        let capital = words[at].chars().next().is_some_and(char::is_uppercase);
        if !capital {
            return None;
        }
        // "March 12[, 2019]"
        if let Some(number) = next.and_then(day_number) {
            let (year, last) = year_after(words, at + 1);
            return make(last, dated(number, month, year, published), None);
        }
        // "March 2019"
        if let Some(year) = next.and_then(year) {
            let period = Date::new(year, month, 1).ok().and_then(month_of);
            return make(at + 1, period, published.is_none().then_some(true));
        }
        // "in March": "May" and "March" need their preposition
        let before = at.checked_sub(1).map(|before| plain(words[before]));
        if matches!(
            before.as_deref(),
            Some("in" | "since" | "during" | "late" | "early" | "mid" | "of" | "until" | "by")
        ) {
            let period = published.and_then(|date| latest_month(month, date));
            let distant = published.is_none_or(|date| date.month() != month);
            return make(at, period, Some(distant));
        }
        return None;
    }
    if let Some(year) = year(&word) {
        let before = at.checked_sub(1).map(|before| plain(words[before]));
        if matches!(before.as_deref(), Some("in" | "since" | "during" | "late" | "early" | "of" | "until" | "by")) {
            let distant = published.is_none_or(|date| date.year() != year);
            return make(at, year_period(year), Some(distant));
        }
    }
    None
}

/// Whether the article names the weekday of its own date.
pub fn names_its_own_day(words: &[&str], published: Option<Date>) -> bool {
    published.is_some_and(|date| words.iter().any(|word| weekday(&plain(word)) == Some(date.weekday())))
}

/// The nearest such weekday from six days before the date to one day after it, or to the date itself.
fn nearest(weekday: Weekday, date: Date, own_day: bool) -> Option<Date> {
    (-6..=if own_day { 0 } else { 1 })
        .filter_map(|shift| shifted(date, shift))
        .filter(|candidate| candidate.weekday() == weekday)
        .min_by_key(|candidate| days_between(*candidate, date).abs())
}

fn shifted(date: Date, days: i32) -> Option<Date> {
    date.checked_add(days.days()).ok()
}

fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

fn day(date: Date) -> Period {
    Period { earliest: Some(date), latest: Some(date) }
}

fn range(earliest: Date, latest: Date) -> Option<Period> {
    (earliest <= latest).then_some(Period { earliest: Some(earliest), latest: Some(latest) })
}

fn month_of(date: Date) -> Option<Period> {
    range(date.first_of_month(), date.last_of_month())
}

fn year_period(year: i16) -> Option<Period> {
    let first = Date::new(year, 1, 1).ok()?;
    range(first, first.last_of_year())
}

/// The first day of the date's week, month or year.
fn start_of(unit: &str, date: Date) -> Option<Date> {
    match unit {
        "week" => week_start(date),
        "month" => Some(date.first_of_month()),
        "year" => Some(date.first_of_year()),
        _ => None,
    }
}

/// "The start of the month": a third of the week, month or year up to the date.
fn part_of(part: &str, unit: &str, date: Date) -> Option<Period> {
    let first = start_of(unit, date)?;
    let last = match unit {
        "week" => shifted(first, 6)?,
        "month" => date.last_of_month(),
        _ => date.last_of_year(),
    };
    let third = days_between(first, last) / 3;
    let (from, until) = match part {
        "middle" => (shifted(first, third)?, shifted(last, -third)?),
        "end" => (shifted(last, -third)?, last),
        _ => (first, shifted(first, third)?),
    };
    range(from, until.min(date))
}

fn week_start(date: Date) -> Option<Date> {
    shifted(date, -i32::from(date.weekday().to_monday_zero_offset()))
}

/// The last such month that has begun by the date; the current one ends with the date.
fn latest_month(month: i8, date: Date) -> Option<Period> {
    let year = if month <= date.month() { date.year() } else { date.year() - 1 };
    let first = Date::new(year, month, 1).ok()?;
    range(first, first.last_of_month().min(date))
}

fn dated(number: i8, month: i8, year: Option<i16>, published: Option<Date>) -> Option<Period> {
    match (year, published) {
        (Some(year), _) => Date::new(year, month, number).ok().map(day),
        (None, Some(published)) => {
            let this_year = Date::new(published.year(), month, number).ok()?;
            // A day that lies well ahead is last year's; one just ahead is a date of the coming days.
            if days_between(published, this_year) > 60 {
                Date::new(published.year() - 1, month, number).ok().map(day)
            } else {
                Some(day(this_year))
            }
        }
        (None, None) => None,
    }
}

fn plain(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    match word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")) {
        Some(stem) => stem.to_owned(),
        None => word,
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" | "tues" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thu" | "thurs" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(word: &str) -> Option<i8> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

fn day_number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    if !matches!(&word[digits.len()..], "" | "st" | "nd" | "rd" | "th") {
        return None;
    }
    digits.parse().ok().filter(|number| (1..=31).contains(number))
}

fn year(word: &str) -> Option<i16> {
    (word.len() == 4).then(|| word.parse().ok()).flatten().filter(|year| (1800..=2100).contains(year))
}

/// The year that follows the word at `at`, and the index of the last word so far. Over a comma that stands alone only where
/// nothing is counted: "on March 12, 2000 people marched".
fn year_after(words: &[&str], at: usize) -> (Option<i16>, usize) {
    let comma = words.get(at + 1) == Some(&",");
    let next = if comma { at + 2 } else { at + 1 };
    let counts = words.get(next + 1).is_some_and(|word| word.starts_with(char::is_alphanumeric));
    match words.get(next).filter(|_| !(comma && counts)).and_then(|word| year(&plain(word))) {
        Some(year) => (Some(year), next),
        None => (None, at),
    }
}

fn number(word: &str) -> Option<i32> {
    Some(match word {
        "a" | "an" | "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        digits => digits.parse().ok().filter(|number| (1..=200).contains(number))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn resolved(clause: &str, published: Option<Date>) -> (Option<Date>, Option<Date>, bool) {
        let words: Vec<&str> = clause.split_whitespace().collect();
        let found = expressions(&words, published, false);
        assert_eq!(found.len(), 1, "{clause}: {found:?}");
        (found[0].period.earliest, found[0].period.latest, found[0].distant)
    }

    #[test]
    fn expressions_resolve_against_a_tuesday_in_november() {
        let tuesday = date(2022, 11, 8);
        for (clause, earliest, latest, distant) in [
            ("denied it on Tuesday", date(2022, 11, 8), date(2022, 11, 8), false),
            ("told reporters on Wednesday.", date(2022, 11, 9), date(2022, 11, 9), false),
            ("said Thursday that", date(2022, 11, 3), date(2022, 11, 3), false),
            ("Monday's statement", date(2022, 11, 7), date(2022, 11, 7), false),
            ("said yesterday", date(2022, 11, 7), date(2022, 11, 7), false),
            ("said last week", date(2022, 10, 31), date(2022, 11, 6), false),
            ("In September Veldia denied", date(2022, 9, 1), date(2022, 9, 30), true),
            ("in December, he said", date(2021, 12, 1), date(2021, 12, 31), true),
            ("said earlier this month", date(2022, 11, 1), date(2022, 11, 7), false),
            ("denied earlier this year", date(2022, 1, 1), date(2022, 11, 7), true),
            ("denied at the start of the month", date(2022, 11, 1), date(2022, 11, 8), false),
            ("denied at the start of the year", date(2022, 1, 1), date(2022, 5, 2), true),
            ("said on March 12, 2019,", date(2019, 3, 12), date(2019, 3, 12), true),
            ("said on March 12 , 2019 :", date(2019, 3, 12), date(2019, 3, 12), true),
            ("on March 12 , 2000 people marched", date(2022, 3, 12), date(2022, 3, 12), true),
            ("said on 2 November", date(2022, 11, 2), date(2022, 11, 2), false),
            ("denied in 2016", date(2016, 1, 1), date(2016, 12, 31), true),
            ("said three days ago", date(2022, 11, 5), date(2022, 11, 5), false),
            ("said two months ago", date(2022, 9, 1), date(2022, 9, 30), true),
            ("said last year", date(2021, 1, 1), date(2021, 12, 31), true),
        ] {
            assert_eq!(resolved(clause, Some(tuesday)), (Some(earliest), Some(latest), distant), "{clause}");
        }
    }

    #[test]
    fn an_article_that_names_its_own_day_means_last_weeks_other_days() {
        let words = ["Tuesday's", "statement", "came", "after", "Wednesday's"];
        let tuesday = Some(date(2022, 11, 8));
        assert!(names_its_own_day(&words, tuesday));
        assert_eq!(expressions(&words, tuesday, true)[1].period.latest, Some(date(2022, 11, 2)));
        assert!(!names_its_own_day(&["said", "Wednesday"], tuesday));
    }

    #[test]
    fn without_a_date_only_absolute_dates_resolve() {
        assert_eq!(resolved("denied it on Tuesday", None), (None, None, false));
        assert_eq!(resolved("in September it denied", None), (None, None, true));
        let may = date(2019, 5, 12);
        assert_eq!(resolved("said on 12 May 2019", None), (Some(may), Some(may), false));
    }

    #[test]
    fn a_modal_and_a_walk_are_no_months() {
        assert_eq!(expressions(&["He", "may", "march", "on"], Some(date(2022, 11, 8)), false), []);
        assert_eq!(expressions(&["May", "said", "no"], Some(date(2022, 11, 8)), false), []);
    }

    #[test]
    fn absurd_numbers_overflow_nothing() {
        let words = ["200", "years", "ago", "99999999999", "days", "ago", "31", "February"];
        let first = expressions(&words, Some(date(-9999, 1, 1)), false);
        assert!(first.iter().all(|expression| expression.period == Period::default()));
    }
}
