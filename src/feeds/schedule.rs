//! When to ask which feed again, and how it fares. Pure: times and random numbers are passed in. The reasons are in
//! `docs/polling.md`.

use super::net::FetchError;
use crate::watchlist::{Feed, Settings};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The longest wait after failures, and the longest that a server's `Retry-After` is heeded.
pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// How long a feed that is gone is left alone: servers say so by mistake, and nobody would notice that it is back.
const GONE_AGAIN: Duration = Duration::from_secs(7 * 24 * 3600);

/// How often a feed may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// A fixed interval, as the user set it.
    pub every: Option<Duration>,
    /// The shortest adaptive interval, and the first wait after a failure.
    pub min: Duration,
    /// The longest adaptive interval.
    pub max: Duration,
}

impl Pace {
    /// The pace of `feed` under `settings`.
    pub fn of(feed: &Feed, settings: &Settings) -> Self {
        Pace { every: feed.every, min: settings.min_interval, max: settings.max_interval.max(settings.min_interval) }
    }
}

/// What the last poll showed.
#[derive(Debug, Clone, Copy)]
pub enum Polled<'a> {
    /// It answered, with a document or with "not modified".
    Answered {
        /// When items arrived lately, in any order, the same time once or often: [`interval`] says which times do.
        arrivals: &'a [Timestamp],
        /// How long the answer holds by its own word: the larger of `ttl` and
        /// [`Response::fresh_for`](super::net::Response::fresh_for).
        holds_for: Option<Duration>,
        /// [`Response::retry_after`](super::net::Response::retry_after).
        retry_after: Option<Duration>,
    },
    /// It is gone for good by its own word (410).
    Gone,
    /// It did not, or its document could not be read.
    Failed {
        /// Failures in a row, this one included.
        failures: u32,
        /// [`FetchError::retry_after`].
        retry_after: Option<Duration>,
    },
}

/// When to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// The time.
    pub at: Timestamp,
    /// The interval without the server's wishes and the jitter.
    pub interval: Duration,
}

/// Whether `error` means that the feed is gone for good: 410.
pub fn is_gone(error: &FetchError) -> bool {
    matches!(error, FetchError::Gone)
}

/// When to ask again. `random` is from 0 to 1 and spreads the times by a tenth to both sides; where a fixed interval
/// or a `Retry-After` is a promise, only to the later side.
pub fn next(pace: &Pace, polled: Polled<'_>, now: Timestamp, random: f64) -> Next {
    let random = random.clamp(0.0, 1.0);
    let (interval, wait, not_before) = match polled {
        Polled::Answered { arrivals, holds_for, retry_after } => {
            let interval = pace.every.unwrap_or_else(|| interval(pace, arrivals, now));
            // A server may slow us down, but not to a standstill.
            let wait = match pace.every {
                Some(_) => interval,
                None => interval.max(holds_for.unwrap_or_default().min(pace.max)),
            };
            (interval, wait, retry_after)
        }
        Polled::Gone => (GONE_AGAIN, GONE_AGAIN, None),
        Polled::Failed { failures, retry_after } => {
            let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
            let backoff = pace.min.max(Duration::from_secs(1)).saturating_mul(doubled).min(LONGEST_WAIT);
            let wait = pace.every.map_or(backoff, |every| every.max(backoff));
            (wait, wait, retry_after)
        }
    };
    let jittered = match pace.every {
        Some(_) => wait.mul_f64(1.0 + 0.1 * random),
        None => wait.mul_f64(0.9 + 0.2 * random),
    };
    let promised = not_before.map(|wait| wait.min(LONGEST_WAIT).mul_f64(1.0 + 0.1 * random));
    Next { at: after(now, jittered.max(promised.unwrap_or_default())), interval }
}

/// The adaptive interval: half of the mean time between arrivals, the present silence included, so that a feed is
/// asked about twice for each time that it has news. `arrivals` are the times at which items became known, or, at
/// a first poll, the dates that they carry. Without any, the geometric mean of the bounds.
pub fn interval(pace: &Pace, arrivals: &[Timestamp], now: Timestamp) -> Duration {
    /// Enough to know the rhythm, few enough to follow its changes.
    const RECENT: usize = 20;
    let mut times: Vec<Timestamp> = arrivals.iter().copied().filter(|time| *time <= now).collect();
    times.sort_unstable();
    // Items that came with one poll are one arrival.
    times.dedup();
    let recent = &times[times.len().saturating_sub(RECENT)..];
    let wanted = match recent {
        [] => Duration::from_secs_f64((pace.min.as_secs_f64() * pace.max.as_secs_f64()).sqrt()),
        [first, ..] => {
            let span = Duration::try_from(now.duration_since(*first)).unwrap_or_default();
            span / u32::try_from(recent.len()).unwrap_or(u32::MAX) / 2
        }
    };
    wanted.max(pace.min).min(pace.max.max(pace.min))
}

/// When to ask a feed for the first time after a start. What is due already is spread over as long as `feeds` of
/// them take at twenty a second, a minute at most; what is due later keeps its time.
pub fn after_start(due: Option<Timestamp>, now: Timestamp, feeds: usize, random: f64) -> Timestamp {
    match due {
        Some(due) if due > now => due,
        _ => {
            let spread = Duration::from_millis(50).saturating_mul(u32::try_from(feeds).unwrap_or(u32::MAX));
            after(now, spread.min(Duration::from_secs(60)).mul_f64(random.clamp(0.0, 1.0)))
        }
    }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// What is known of a feed's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// It answered 410.
    pub gone: bool,
    /// When it came into the watchlist.
    pub added_at: Timestamp,
    /// When it last answered well.
    pub last_ok_at: Option<Timestamp>,
    /// When it last brought a new item.
    pub last_new_at: Option<Timestamp>,
    /// The first of the failures in a row that its last poll ended.
    pub failing_since: Option<Timestamp>,
}

/// How a feed fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It was not asked yet.
    New,
    /// It answers and brings items.
    Ok,
    /// Its last polls failed.
    FailingSince(Timestamp),
    /// It answers, and has brought nothing new for longer than the settings' `silent_after`.
    SilentSince(Timestamp),
    /// It is gone for good (410) and is asked once a week only.
    Gone,
}

impl Health {
    /// Judges a feed by its past.
    pub fn of(record: &Record, silent_after: Duration, now: Timestamp) -> Self {
        let news = record.last_new_at.unwrap_or(record.added_at);
        if record.gone {
            Health::Gone
        } else if let Some(since) = record.failing_since {
            Health::FailingSince(since)
        } else if record.last_ok_at.is_none() {
            Health::New
        } else if lasts(news, silent_after, now) {
            Health::SilentSince(news)
        } else {
            Health::Ok
        }
    }

    /// Whether the sinks are to be told, once: it is gone, or has failed or been silent for `silent_after`.
    pub fn is_to_be_told(self, silent_after: Duration, now: Timestamp) -> bool {
        match self {
            Health::New | Health::Ok => false,
            Health::Gone | Health::SilentSince(_) => true,
            Health::FailingSince(since) => lasts(since, silent_after, now),
        }
    }
}

fn lasts(since: Timestamp, at_least: Duration, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(since)).is_ok_and(|time| time >= at_least)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;

    fn now() -> Timestamp {
        "2031-03-05T12:00:00Z".parse().unwrap()
    }

    fn before(seconds: u64) -> Timestamp {
        now().checked_sub(SignedDuration::from_secs(i64::try_from(seconds).unwrap())).unwrap()
    }

    fn adaptive() -> Pace {
        Pace { every: None, min: Duration::from_secs(5 * MINUTE), max: Duration::from_secs(4 * HOUR) }
    }

    fn wait(pace: &Pace, polled: Polled<'_>, random: f64) -> u64 {
        now().until(next(pace, polled, now(), random).at).unwrap().total(jiff::Unit::Second).unwrap() as u64
    }

    fn answered(arrivals: &[Timestamp]) -> Polled<'_> {
        Polled::Answered { arrivals, holds_for: None, retry_after: None }
    }

    fn failed(failures: u32) -> Polled<'static> {
        Polled::Failed { failures, retry_after: None }
    }

    #[test]
    fn a_feed_is_asked_about_twice_for_each_time_that_it_has_news() {
        let hourly: Vec<_> = (1..=20).map(|n| before(n * HOUR)).collect();
        assert_eq!(wait(&adaptive(), answered(&hourly), 0.5), 30 * MINUTE);
        let busy: Vec<_> = (1..=20).map(|n| before(n * MINUTE)).collect();
        assert_eq!(wait(&adaptive(), answered(&busy), 0.5), 5 * MINUTE);
        let quiet: Vec<_> = (1..=20).map(|n| before(n * DAY)).collect();
        assert_eq!(wait(&adaptive(), answered(&quiet), 0.5), 4 * HOUR);
    }

    #[test]
    fn a_feed_that_falls_silent_is_asked_less_and_less() {
        let burst: Vec<_> = (0..10).map(|n| before(10 * HOUR + n * 10 * MINUTE)).collect();
        assert_eq!(wait(&adaptive(), answered(&burst), 0.5), 34 * MINUTE + 30);
        assert_eq!(wait(&adaptive(), answered(&[before(20 * HOUR); 30]), 0.5), 4 * HOUR, "one poll is one arrival");
    }

    #[test]
    fn a_fixed_interval_is_never_undercut() {
        let pace = Pace { every: Some(Duration::from_secs(HOUR)), ..adaptive() };
        for random in [0.0, 0.5, 1.0] {
            let wait = wait(&pace, answered(&[]), random);
            assert!((HOUR..=HOUR + 6 * MINUTE).contains(&wait), "{wait}");
        }
        assert!(wait(&pace, failed(1), 0.0) >= HOUR);
    }

    #[test]
    fn the_server_may_slow_us_down_but_not_to_a_standstill() {
        let busy: Vec<_> = (1..=20).map(|n| before(n * MINUTE)).collect();
        let held = |seconds| Polled::Answered {
            arrivals: &busy,
            holds_for: Some(Duration::from_secs(seconds)),
            retry_after: None,
        };
        assert_eq!(wait(&adaptive(), held(HOUR), 0.5), HOUR);
        assert_eq!(wait(&adaptive(), held(365 * DAY), 0.5), 4 * HOUR);
        assert_eq!(wait(&adaptive(), held(1), 0.5), 5 * MINUTE);
    }

    #[test]
    fn retry_after_is_kept_to_the_second_and_for_a_day_at_most() {
        let asked = |seconds| Polled::Failed { failures: 1, retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(wait(&adaptive(), asked(2 * HOUR), 0.0), 2 * HOUR);
        assert_eq!(wait(&adaptive(), asked(900 * DAY), 0.0), DAY);
        assert_eq!(wait(&adaptive(), asked(u64::MAX), 0.0), DAY);
    }

    #[test]
    fn failures_double_the_wait_up_to_a_day() {
        assert_eq!(wait(&adaptive(), failed(1), 0.5), 5 * MINUTE);
        assert_eq!(wait(&adaptive(), failed(3), 0.5), 20 * MINUTE);
        assert_eq!(wait(&adaptive(), failed(u32::MAX), 0.5), DAY);
    }

    #[test]
    fn times_are_spread_by_a_tenth() {
        assert_eq!(wait(&adaptive(), failed(1), 0.0), 270);
        assert_eq!(wait(&adaptive(), failed(1), 1.0), 330);
    }

    #[test]
    fn a_thousand_feeds_do_not_start_in_one_second() {
        let start = |random| now().until(after_start(None, now(), 1000, random)).unwrap().get_seconds();
        assert_eq!((start(0.0), start(0.5), start(1.0)), (0, 25, 50));
        let due = before(0).checked_add(SignedDuration::from_hours(1)).unwrap();
        assert_eq!(after_start(Some(due), now(), 1000, 0.5), due);
        assert!(after_start(Some(before(DAY)), now(), 1, 1.0) < due);
    }

    #[test]
    fn health_tells_dead_from_silent_and_tells_the_sinks_in_time() {
        let silent_after = Duration::from_secs(14 * DAY);
        let record = Record {
            gone: false,
            added_at: before(90 * DAY),
            last_ok_at: Some(before(HOUR)),
            last_new_at: Some(before(DAY)),
            failing_since: None,
        };
        let of = |record: Record| {
            let health = Health::of(&record, silent_after, now());
            (health, health.is_to_be_told(silent_after, now()))
        };
        assert_eq!(of(record), (Health::Ok, false));
        assert_eq!(of(Record { last_ok_at: None, ..record }), (Health::New, false));
        let quiet = before(15 * DAY);
        assert_eq!(of(Record { last_new_at: Some(quiet), ..record }), (Health::SilentSince(quiet), true));
        let failing = before(DAY);
        assert_eq!(of(Record { failing_since: Some(failing), ..record }), (Health::FailingSince(failing), false));
        assert_eq!(of(Record { failing_since: Some(quiet), ..record }), (Health::FailingSince(quiet), true));
        assert_eq!(of(Record { gone: true, ..record }), (Health::Gone, true));
    }
}
