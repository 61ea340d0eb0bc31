//! `[daemon]`

use super::Settings;
use super::quantity::in_words;
use super::section::{Field, Section};
use std::time::Duration;

pub(super) const KEYS: &[&str] = &[
    "contact",
    "concurrency",
    "per_host",
    "min_interval",
    "max_interval",
    "max_body",
    "connect_timeout",
    "first_byte_timeout",
    "total_timeout",
    "silent_after",
    "same_event",
    "digest_every",
];

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Reads the settings; what is left out keeps its default.
pub(super) fn settings(section: Option<&Section<'_>>) -> Settings {
    let mut settings = Settings::default();
    let Some(section) = section else { return settings };
    settings.contact = section.get("contact").and_then(|field| contact(&field));
    let mut duration = |key, into: fn(&mut Settings) -> &mut Duration, bounds| {
        if let Some(duration) = section.get(key).and_then(|field| field.duration(bounds)) {
            *into(&mut settings) = duration;
        }
    };
    duration("min_interval", |all| &mut all.min_interval, 1..=7 * DAY);
    duration("max_interval", |all| &mut all.max_interval, 1..=30 * DAY);
    duration("connect_timeout", |all| &mut all.connect_timeout, 1..=5 * MINUTE);
    duration("first_byte_timeout", |all| &mut all.first_byte_timeout, 1..=10 * MINUTE);
    duration("total_timeout", |all| &mut all.total_timeout, 1..=HOUR);
    duration("silent_after", |all| &mut all.silent_after, HOUR..=3650 * DAY);
    duration("same_event", |all| &mut all.same_event, HOUR..=365 * DAY);
    duration("digest_every", |all| &mut all.digest_every, 5 * MINUTE..=30 * DAY);
    let count = |key, bounds| {
        section.get(key).and_then(|field| field.count(bounds)).and_then(|count| usize::try_from(count).ok())
    };
    settings.concurrency = count("concurrency", 1..=1024).unwrap_or(settings.concurrency);
    settings.per_host = count("per_host", 1..=64).unwrap_or(settings.per_host);
    if let Some(size) = section.get("max_body").and_then(|field| field.size(1 << 10..=512 << 20)) {
        settings.max_body = size;
    }
    agree(section, &mut settings);
    settings
}

/// Settings that bound one another. The one that stands in the file is at fault; of two, the smaller bound.
fn agree(section: &Section<'_>, settings: &mut Settings) {
    if settings.per_host > settings.concurrency {
        match section.get("per_host") {
            Some(field) => field.error(
                format!("is more than concurrency ({})", settings.concurrency),
                "at one host there can't be more fetches than there are in all",
            ),
            None => settings.per_host = settings.concurrency,
        }
    }
    let pairs = [
        ("min_interval", settings.min_interval, "max_interval", settings.max_interval),
        ("connect_timeout", settings.connect_timeout, "total_timeout", settings.total_timeout),
        ("first_byte_timeout", settings.first_byte_timeout, "total_timeout", settings.total_timeout),
    ];
    for (small, least, large, most) in pairs {
        if least <= most {
            continue;
        }
        let (given, what) = match section.get(large) {
            Some(field) => (field, format!("is shorter than {small} ({})", in_words(least))),
            None => match section.get(small) {
                Some(field) => (field, format!("is longer than {large} ({})", in_words(most))),
                None => continue,
            },
        };
        given.error(what, format!("set both, {small} the shorter one"));
    }
}

fn contact(field: &Field<'_>) -> Option<String> {
    let text = field.text("\"https://example.org/monitoring\"")?.text;
    // It becomes part of a comment in the User-Agent (RFC 9110 section 5.6.5), where these would end or nest it.
    if !text.chars().all(|c| c.is_ascii_graphic() && !"()\\".contains(c)) || text.len() > 200 {
        field.error(
            "can't stand in a User-Agent",
            "write one address, such as \"https://example.org/monitoring\" or \"desk@example.org\"",
        );
        return None;
    }
    Some(text)
}
