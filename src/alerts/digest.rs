//! When what was held back is told. Nothing remembers a due time: what waits keeps since when and why, and is looked at
//! with the rules and the clock as they are, so that a reload counts at once and a clock set back holds up nothing.

use crate::watchlist::{Rule, Sink, Watchlist};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// A message that one rule holds back from one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The message: an alert's, or an update's.
    pub message: String,
    /// The rule.
    pub rule: String,
    /// The sink; empty where only the rule is known.
    pub sink: String,
    /// Since when.
    pub since: Timestamp,
    /// [`super::event::Hold::name`].
    pub hold: String,
    /// The user has closed its dispute.
    pub closed: bool,
    /// The user has snoozed its dispute until then.
    pub snoozed_until: Option<Timestamp>,
}

/// Which of those that wait are to be told at `now`, by their places, and to which sinks.
///
/// Nothing of a closed or snoozed dispute, nor of a rule in its quiet hours. Else: what quiet hours or a snooze held,
/// at once; what a rule tells by digest, its `digest` after the first that waits; what was old, undated or too much, and
/// what a rule held that is gone, the watchlist's `digest_every` after the first. A sink that is gone gives way to those
/// of its rule, and to all where that is gone too.
pub fn due<'w>(waiting: &[Waiting], watchlist: &'w Watchlist, now: Timestamp) -> Vec<(usize, Vec<&'w str>)> {
    let rule_of = |held: &Waiting| watchlist.rules.iter().find(|rule| rule.name == held.rule);
    let quiet = |rule: &Rule| rule.quiet.as_ref().is_some_and(|quiet| quiet.end(now).is_some());
    let free: Vec<(usize, &Waiting, Option<&Rule>)> = waiting
        .iter()
        .enumerate()
        .map(|(place, held)| (place, held, rule_of(held)))
        .filter(|(_, held, rule)| {
            let snoozed = held.snoozed_until.is_some_and(|until| now < until);
            !held.closed && !snoozed && !rule.is_some_and(quiet)
        })
        .collect();
    // Digests by what sets their pace, with since when the first of each waits.
    let pace = |held: &Waiting, rule: Option<&Rule>| -> Option<(Option<String>, Duration)> {
        match (rule, held.hold.as_str()) {
            (Some(Rule { name, digest: Some(every), .. }), _) => Some((Some(name.clone()), *every)),
            (Some(_), "quiet" | "snoozed" | "digest") => None,
            _ => Some((None, watchlist.settings.digest_every)),
        }
    };
    let mut ripe: HashMap<Option<String>, bool> = HashMap::new();
    for (_, held, rule) in &free {
        if let Some((digest, every)) = pace(held, *rule) {
            let waited = now.duration_since(held.since);
            let every = SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX);
            // One that waits since a time to come: the clock was set back.
            *ripe.entry(digest).or_default() |= waited.is_negative() || waited >= every;
        }
    }
    free.into_iter()
        .filter(|(_, held, rule)| pace(held, *rule).is_none_or(|(digest, _)| ripe[&digest]))
        .map(|(place, held, rule)| (place, sinks(held, rule, watchlist)))
        .filter(|(_, sinks)| !sinks.is_empty())
        .collect()
}

fn sinks<'w>(held: &Waiting, rule: Option<&'w Rule>, watchlist: &'w Watchlist) -> Vec<&'w str> {
    let hooks = watchlist.webhooks.iter().map(|hook| hook.name.as_str());
    if let Some(own) = std::iter::once(Sink::Desktop.name()).chain(hooks).find(|name| *name == held.sink) {
        return vec![own];
    }
    match rule {
        Some(rule) => Sink::names(&rule.to),
        None => Sink::names(watchlist.rules.iter().flat_map(|rule| &rule.to)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::rule::tests::rule;
    use super::*;
    use crate::watchlist::QuietHours;
    use jiff::civil::time;
    use jiff::tz::TimeZone;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn held(rule: &str, hold: &str, since: &str) -> Waiting {
        Waiting {
            message: format!("{rule} {since}"),
            rule: rule.into(),
            sink: "desktop".into(),
            since: at(since),
            hold: hold.into(),
            closed: false,
            snoozed_until: None,
        }
    }

    fn watchlist(rules: Vec<Rule>) -> Watchlist {
        Watchlist { rules, ..Watchlist::default() }
    }

    fn places(waiting: &[Waiting], watchlist: &Watchlist, now: &str) -> Vec<usize> {
        due(waiting, watchlist, at(now)).into_iter().map(|(place, _)| place).collect()
    }

    #[test]
    fn what_quiet_hours_held_comes_when_they_end_and_no_earlier() {
        let zone = TimeZone::get("Europe/Vienna").unwrap();
        let quiet = QuietHours { from: time(22, 0, 0, 0), to: time(7, 0, 0, 0), zone: Some(zone) };
        let list = watchlist(vec![Rule { quiet: Some(quiet), ..rule("sleeper") }]);
        let waiting =
            [held("sleeper", "quiet", "2031-03-29T21:30:00Z"), held("sleeper", "quiet", "2031-03-30T04:59:00Z")];
        assert!(places(&waiting, &list, "2031-03-30T04:59:59Z").is_empty(), "in the night in which the clock changes");
        assert_eq!(places(&waiting, &list, "2031-03-30T05:00:00Z"), [0, 1]);
        let awake = watchlist(vec![rule("sleeper")]);
        assert_eq!(places(&waiting, &awake, "2031-03-30T03:00:00Z"), [0, 1], "they were taken out of the watchlist");
    }

    #[test]
    fn a_rules_digest_comes_so_long_after_the_first_that_waits() {
        let list = watchlist(vec![Rule { digest: Some(DAY / 4), ..rule("evening") }, rule("other")]);
        let waiting = [
            held("evening", "digest", "2031-03-05T06:00:00Z"),
            held("evening", "digest", "2031-03-05T11:59:00Z"),
            held("other", "rate", "2031-03-05T06:00:00Z"),
        ];
        assert!(places(&waiting, &list, "2031-03-05T11:59:59Z").is_empty());
        assert_eq!(places(&waiting, &list, "2031-03-05T12:00:00Z"), [0, 1]);
        assert_eq!(places(&waiting[1..], &list, "2031-03-06T06:00:00Z"), [0, 1], "a day for what was too much");
    }

    #[test]
    fn a_clock_set_back_holds_nothing_up() {
        let list = watchlist(vec![Rule { digest: Some(DAY), ..rule("daily") }, rule("other")]);
        let waiting = [
            held("daily", "digest", "2041-03-05T06:00:00Z"),
            held("other", "old", "2041-03-05T06:00:00Z"),
            held("other", "quiet", "2041-03-05T06:00:00Z"),
        ];
        assert_eq!(places(&waiting, &list, "2031-03-05T06:00:00Z"), [0, 1, 2]);
    }

    #[test]
    fn what_a_removed_rule_held_comes_with_the_daily_digest() {
        let waiting = [held("gone", "quiet", "2031-03-05T06:00:00Z"), held("gone", "digest", "2031-03-05T09:00:00Z")];
        let list = watchlist(vec![]);
        assert!(places(&waiting, &list, "2031-03-06T05:59:00Z").is_empty());
        assert_eq!(places(&waiting, &list, "2031-03-06T06:00:00Z"), [0, 1]);
    }

    #[test]
    fn what_was_held_for_a_sink_that_is_gone_goes_to_those_of_its_rule_and_else_to_all() {
        let chat = Sink::Webhook("chat".into());
        let list = watchlist(vec![rule("kept"), Rule { to: vec![chat], ..rule("other") }]);
        let mut waiting = [held("kept", "quiet", "2031-03-05T06:00:00Z"), held("gone", "old", "2031-03-05T06:00:00Z")];
        waiting.iter_mut().for_each(|held| held.sink = "newsroom".into());
        let told = due(&waiting, &list, at("2031-03-07T06:00:00Z"));
        assert_eq!(told, [(0, vec!["desktop"]), (1, vec!["chat", "desktop"])]);
        assert!(due(&waiting, &watchlist(vec![]), at("2031-03-07T06:00:00Z")).is_empty(), "without any it waits");
    }

    #[test]
    fn alerts_of_a_snoozed_dispute_come_when_the_snooze_ends_and_of_a_closed_one_once_it_is_reopened() {
        let list = watchlist(vec![rule("desk")]);
        let until = Some(at("2031-03-09T00:00:00Z"));
        let snoozed = Waiting { snoozed_until: until, ..held("desk", "snoozed", "2031-03-05T06:00:00Z") };
        assert!(places(std::slice::from_ref(&snoozed), &list, "2031-03-08T23:59:59Z").is_empty());
        assert_eq!(places(std::slice::from_ref(&snoozed), &list, "2031-03-09T00:00:00Z"), [0]);
        let closed = Waiting { closed: true, ..snoozed.clone() };
        assert!(places(&[closed], &list, "2031-03-20T00:00:00Z").is_empty());
        let reopened = Waiting { snoozed_until: None, ..snoozed };
        assert_eq!(places(&[reopened], &list, "2031-03-06T00:00:00Z"), [0]);
    }
}
