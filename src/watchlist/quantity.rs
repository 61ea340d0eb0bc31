//! Durations and sizes as people write them: `90s`, `15m`, `1h 30m`, `3 days`; `16 MiB`.

use std::time::Duration;

/// How a duration is written, for messages.
pub(super) const DURATION_UNITS: &str =
    "s (seconds), m (minutes), h (hours), d (days) or w (weeks), such as \"90s\", \"15m\", \"4h\" or \"3 days\"";
/// How a size is written, for messages.
pub(super) const SIZE_UNITS: &str = "kB, MB, GB, KiB, MiB or GiB, such as \"16 MiB\"; a bare number is bytes";

/// The duration that `text` says. None where it says none, or one that no clock can hold.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut total: u64 = 0;
    for (number, unit) in terms(text)? {
        let seconds = match unit {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 60 * 60,
            "d" | "day" | "days" => 24 * 60 * 60,
            "w" | "week" | "weeks" => 7 * 24 * 60 * 60,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(seconds)?)?;
    }
    Some(Duration::from_secs(total))
}

/// The bytes that `text` says.
pub(super) fn size(text: &str) -> Option<u64> {
    let terms = terms(text)?;
    let [(number, unit)] = terms.as_slice() else { return None };
    number.checked_mul(match *unit {
        "B" | "bytes" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1000 * 1000,
        "GB" => 1000 * 1000 * 1000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    })
}

/// `duration` in the fewest words that say it exactly: `1h 30m`, `3d`.
pub fn in_words(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut words = Vec::new();
    for (seconds, unit) in [(24 * 60 * 60, "d"), (60 * 60, "h"), (60, "m"), (1, "s")] {
        if rest >= seconds {
            words.push(format!("{}{unit}", rest / seconds));
            rest %= seconds;
        }
    }
    if words.is_empty() { "0s".into() } else { words.join(" ") }
}

/// `bytes` in the largest unit that says it exactly: `16 MiB`, `500 kB`.
pub fn size_in_words(bytes: u64) -> String {
    const UNITS: [(u64, &str); 6] =
        [(1 << 30, "GiB"), (1_000_000_000, "GB"), (1 << 20, "MiB"), (1_000_000, "MB"), (1 << 10, "KiB"), (1000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}

/// `1h 30m` as number and unit, pair by pair. None where anything else stands between.
fn terms(text: &str) -> Option<Vec<(u64, &str)>> {
    let mut terms = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        terms.push((number, &rest[..letters]));
        rest = rest[letters..].trim_start();
    }
    (!terms.is_empty()).then_some(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units_and_without_none() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("4h", 14_400),
            ("3d", 259_200),
            ("3 days", 259_200),
            ("1h 30m", 5_400),
            ("2w", 1_209_600),
            ("1h30min", 5_400),
        ] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "15", "h", "-5m", "5 parsecs", "1.5h", "5m,", "99999999999999999999s", "99999999999999999w", "５m"]
        {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_know_thousands_from_powers_of_two() {
        assert_eq!(size("16 MiB"), Some(16 << 20));
        assert_eq!(size("16MB"), Some(16_000_000));
        assert_eq!(size("16"), None);
        assert_eq!(size("16 MiB 3 B"), None);
    }

    #[test]
    fn a_duration_is_told_as_it_would_be_written() {
        assert_eq!(in_words(Duration::from_secs(5_400)), "1h 30m");
        assert_eq!(in_words(Duration::from_secs(259_200)), "3d");
        assert_eq!(in_words(Duration::ZERO), "0s");
    }

    #[test]
    fn a_size_is_told_as_it_would_be_written() {
        assert_eq!(size_in_words(16 << 20), "16 MiB");
        assert_eq!(size_in_words(1_500_000), "1500 kB");
        assert_eq!(size_in_words(1_000_001), "1000001 bytes");
    }
}
