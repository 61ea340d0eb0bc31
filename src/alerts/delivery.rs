//! When a delivery that failed is tried again, and when it is given up.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Seconds between one failed try and the next. A receiver that restarts is met within the first minutes, one that
/// is down over a night or a working day within the later hours: ten tries in 32 hours, after the schedule that
/// Standard Webhooks recommends ("Deliverability and reliability").
const WAITS: [u64; 9] = [5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR];

/// The longest wait that a receiver may ask for: an alert that is a day late is no alert.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * HOUR);

/// How much longer than planned a wait may be, so that many deliveries that failed together don't come back together.
const SPREAD: f64 = 0.25;

/// How long to wait after the `tries`-th try failed (1 is the first), or `None` where that was the last one and the
/// delivery becomes a dead letter.
///
/// `retry_after` is what the receiver asked for; it lengthens the wait, never shortens it, and is capped at
/// [`LONGEST_RETRY_AFTER`]. `jitter`, drawn anew from 0 to 1 for each call, lengthens the wait by up to a quarter: never
/// shorter, because a receiver that says when to come back means it.
pub fn next_try(tries: u32, retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
    let planned = *WAITS.get(usize::try_from(tries.saturating_sub(1)).ok()?)?;
    let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
    let jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
    Some(Duration::from_secs(planned).max(asked).mul_f64(1.0 + SPREAD * jitter))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn waits(jitter: f64) -> Vec<Duration> {
        (1..).map_while(|tries| next_try(tries, None, jitter)).collect()
    }

    #[test]
    fn each_wait_is_longer_than_the_one_before_until_the_dead_letter() {
        let waits = waits(0.0);
        assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
        assert_eq!(waits[0], Duration::from_secs(5));
        assert_eq!(next_try(10, None, 0.5), None, "the tenth try is the last");
        assert_eq!(next_try(u32::MAX, Some(Duration::MAX), 0.5), None);
    }

    #[test]
    fn a_receiver_down_for_a_whole_day_still_gets_its_alert() {
        let all: Duration = waits(0.0).into_iter().sum();
        assert!(all > Duration::from_secs(24 * HOUR) && all < Duration::from_secs(48 * HOUR), "{all:?}");
    }

    #[test]
    fn a_receiver_that_says_when_to_come_back_is_not_disturbed_before() {
        let asked = Duration::from_secs(90);
        assert_eq!(next_try(1, Some(asked), 0.0), Some(asked));
        for jitter in [0.0, 0.3, 1.0, -7.0, 1e9, f64::NAN, f64::INFINITY] {
            let wait = next_try(1, Some(asked), jitter).unwrap();
            assert!(wait >= asked && wait <= asked.mul_f64(1.25), "jitter {jitter}: {wait:?}");
        }
        assert_eq!(next_try(4, Some(asked), 0.0), Some(Duration::from_secs(600)), "nor does it hurry us");
    }

    #[test]
    fn a_receiver_cannot_put_an_alert_off_for_ever() {
        assert_eq!(next_try(1, Some(Duration::MAX), 0.0), Some(LONGEST_RETRY_AFTER));
    }
}
