//! Dates as feeds write them: RFC 3339, RFC 2822, W3CDTF, and what people make of them.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::rfc2822;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The time that `text` names; UTC where it names no zone, midnight where it names no time. Nothing for what is
/// no date, and for years before 1990 and after 2100, which are a broken clock and no news.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    static MAIL: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    if text.len() > 100 {
        return None;
    }
    let time = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| MAIL.parse_timestamp(text).ok())
        .or_else(|| by_its_words(text))
        .or_else(|| utc(text.parse::<DateTime>().ok()?))
        .or_else(|| utc(text.parse::<Date>().ok()?.to_datetime(Time::midnight())))
        .or_else(|| utc(year_and_month(text)?.to_datetime(Time::midnight())))?;
    (1990..=2100).contains(&Offset::UTC.to_datetime(time).year()).then_some(time)
}

fn utc(time: DateTime) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(time).ok()
}

/// W3CDTF allows `2004-07` and `2004`.
fn year_and_month(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-').unwrap_or((text, "1"));
    (year.len() == 4).then(|| Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok())?
}

/// A date in words: a month's English name, a day, a year, perhaps a time and a zone, in any order.
/// The weekday is not believed: it adds nothing and is often wrong.
fn by_its_words(text: &str) -> Option<Timestamp> {
    let (mut year, mut month, mut day) = (None, None, None);
    let (mut hour, mut minute, mut second) = (0, 0, 0);
    let mut offset = SignedDuration::ZERO;
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '/')).flat_map(day_month_year) {
        if word.contains(':') && !word.starts_with(['+', '-']) {
            let mut parts = word.split(':').map(|part| {
                let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
                part[..digits].parse::<i8>().ok()
            });
            hour = parts.next()??;
            minute = parts.next()??;
            second = parts.next().flatten().unwrap_or(0);
        } else if let Ok(number) = word.parse::<u16>()
            && !word.starts_with('+')
        {
            match number {
                1..=31 if day.is_none() => day = i8::try_from(number).ok(),
                1990..=2100 => year = i16::try_from(number).ok(),
                0..=99 if word.len() == 2 => year = i16::try_from(2000 + number).ok(),
                _ => return None,
            }
        } else if let Some(named) = month_named(word) {
            month = month.or(Some(named));
        } else if let Some(zone) = zone(word) {
            offset = zone;
        } else if word.eq_ignore_ascii_case("pm") && hour < 12 {
            hour += 12;
        } else if word.eq_ignore_ascii_case("am") && hour == 12 {
            hour = 0;
        }
    }
    // 24:00 is the end of the day; 60 is a leap second.
    let next_day = hour == 24;
    let time = Time::new(if next_day { 0 } else { hour }, minute, second.min(59), 0).ok()?;
    let time = utc(Date::new(year?, month?, day?).ok()?.to_datetime(time))?;
    let day = SignedDuration::from_hours(if next_day { 24 } else { 0 });
    time.checked_sub(offset).ok()?.checked_add(day).ok()
}

/// `18-Jul-2004` is three words; `-0500` and `Thursday` are one.
fn day_month_year(word: &str) -> impl Iterator<Item = &str> {
    let split = word.contains('-') && word.bytes().any(|b| b.is_ascii_alphabetic());
    word.split(move |c| split && c == '-').filter(|part| !part.is_empty())
}

fn month_named(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = word.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|month| *month == start).and_then(|at| i8::try_from(at + 1).ok())
}

/// An offset from UTC: `+0200`, `-05:00`, or one of the abbreviations that feeds use.
fn zone(word: &str) -> Option<SignedDuration> {
    let hours = |hours: i64| Some(SignedDuration::from_hours(hours));
    if let Some(digits) = word.strip_prefix(['+', '-']) {
        let digits = digits.replace(':', "");
        if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let minutes = digits[..2].parse::<i64>().ok()? * 60 + digits[2..].parse::<i64>().ok()?;
        return Some(SignedDuration::from_mins(if word.starts_with('-') { -minutes } else { minutes }));
    }
    match word.to_ascii_uppercase().as_str() {
        "Z" | "UT" | "UTC" | "GMT" | "WET" => hours(0),
        "BST" | "CET" | "WEST" => hours(1),
        "CEST" | "EET" | "SAST" => hours(2),
        "EEST" | "MSK" => hours(3),
        "KST" | "JST" => hours(9),
        "EDT" => hours(-4),
        "EST" | "CDT" => hours(-5),
        "CST" | "MDT" => hours(-6),
        "MST" | "PDT" => hours(-7),
        "PST" => hours(-8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn dates_are_read_as_feeds_write_them() {
        for (text, expected) in [
            ("2022-11-08T09:00:00Z", "2022-11-08T09:00:00Z"),
            ("2022-11-08T09:00:00.250+02:00", "2022-11-08T07:00:00.25Z"),
            ("2022-11-08T09:00:00+0200", "2022-11-08T07:00:00Z"),
            ("2022-11-08 09:00:00", "2022-11-08T09:00:00Z"),
            ("2022-11-08", "2022-11-08T00:00:00Z"),
            ("20221108", "2022-11-08T00:00:00Z"),
            ("2022-11", "2022-11-01T00:00:00Z"),
            ("Tue, 08 Nov 2022 09:00:00 GMT", "2022-11-08T09:00:00Z"),
            ("Mon, 08 Nov 2022 09:00:00 +0100", "2022-11-08T08:00:00Z"),
            ("Tuesday, 8 November 2022 09:00:00 EST", "2022-11-08T14:00:00Z"),
            ("Tues, 8 Nov 22 9:00:00 PDT", "2022-11-08T16:00:00Z"),
            ("Tue Nov  8 09:00:00 2022", "2022-11-08T09:00:00Z"),
            ("Nov 8, 2022 9:05 PM", "2022-11-08T21:05:00Z"),
            ("08-Nov-2022 24:00 UTC", "2022-11-09T00:00:00Z"),
            ("Tue, 08 Nov 2022", "2022-11-08T00:00:00Z"),
        ] {
            assert_eq!(read(text).map(|t| t.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_date() {
        for text in [
            "",
            "yesterday",
            "0000-00-00T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "32 Foo 2022",
            "Tue, 31 Feb 2022 00:00:00 GMT",
            "::",
            "8 Nov 2022 99:99",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"9".repeat(1000)), None);
    }
}
