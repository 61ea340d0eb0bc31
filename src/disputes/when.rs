//! When a claim was made, to the day, as far as is known.

use crate::statements::Period;
use jiff::civil::Date;

/// How long after an accusation a denial in another article may still answer it, and two accusations may still be
/// of one dispute, in days.
pub const WINDOW_DAYS: i32 = 90;

/// A range of days, where an open end may be any day: [`Period`] with the article's day standing in for an unknown time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    earliest: Option<Date>,
    latest: Option<Date>,
}

impl When {
    /// When it was said; where the text does not say so, on the article's day.
    pub fn said(said: Period, article_day: Option<Date>) -> When {
        match said {
            Period { earliest: None, latest: None } => When { earliest: article_day, latest: article_day },
            Period { earliest, latest } => When { earliest, latest },
        }
    }

    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        self.earliest.is_none() && self.latest.is_none()
    }

    /// Whether this can have been no later than `other`: its earliest day is not after the other's latest.
    pub fn no_later_than(&self, other: When) -> bool {
        match (self.earliest, other.latest) {
            (Some(earliest), Some(latest)) => earliest <= latest,
            _ => true,
        }
    }

    /// Whether this was certainly later than `other`.
    pub fn after(&self, other: When) -> bool {
        matches!((self.earliest, other.latest), (Some(earliest), Some(latest)) if earliest > latest)
    }

    /// The days between the two ranges, 0 where they overlap; `None` where either is unknown.
    pub fn days_apart(&self, other: When) -> Option<i32> {
        let (a, b) = (self.bounds()?, other.bounds()?);
        Some(days(a.1, b.0).max(days(b.1, a.0)).max(0))
    }

    /// The first and the last day; an open end is as near as it can be.
    pub fn bounds(&self) -> Option<(Date, Date)> {
        let first = self.earliest.or(self.latest)?;
        Some((first, self.latest.unwrap_or(first)))
    }

    /// The first day, where known.
    pub fn earliest(&self) -> Option<Date> {
        self.earliest
    }

    /// The last day, where known.
    pub fn latest(&self) -> Option<Date> {
        self.latest
    }
}

/// Days from the first date to the second.
fn days(from: Date, to: Date) -> i32 {
    from.until(to).map(|span| span.get_days()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn on(day: i8) -> When {
        When::said(Period { earliest: Some(date(2031, 5, day)), latest: Some(date(2031, 5, day)) }, None)
    }

    #[test]
    fn an_unknown_time_counts_as_the_articles() {
        assert_eq!(When::said(Period::default(), Some(date(2031, 5, 4))), on(4));
        assert!(When::said(Period::default(), None).is_unknown());
    }

    #[test]
    fn the_earliest_of_one_is_held_against_the_latest_of_the_other() {
        let week = Period { earliest: Some(date(2031, 5, 3)), latest: Some(date(2031, 5, 9)) };
        let week = When::said(week, None);
        assert!(week.no_later_than(on(3)) && on(9).no_later_than(week));
        assert!(!week.no_later_than(on(2)) && !on(10).no_later_than(week));
        assert!(on(10).after(week) && !on(9).after(week));
    }

    #[test]
    fn days_apart_are_counted_between_the_nearest_ends() {
        let since = When::said(Period { earliest: Some(date(2031, 5, 3)), latest: None }, None);
        assert_eq!(on(1).days_apart(on(7)), Some(6));
        assert_eq!(on(7).days_apart(on(1)), Some(6));
        assert_eq!(since.days_apart(on(5)), Some(2));
        assert_eq!(on(1).days_apart(When::said(Period::default(), None)), None);
    }
}
