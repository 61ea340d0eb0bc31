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
    let all = || watchlist.rules.iter().flat_map(|rule| &rule.to);
    let known = std::iter::once(&Sink::Desktop).map(Sink::name);
    let known = known.chain(watchlist.webhooks.iter().map(|hook| hook.name.as_str()));
    if let Some(own) = known.into_iter().find(|name| *name == held.sink) {
        return vec![own];
    }
    let heirs: Vec<&Sink> = rule.map_or_else(|| all().collect(), |rule| rule.to.iter().collect());
    let mut names: Vec<&str> = heirs.into_iter().map(Sink::name).collect();
    names.sort_unstable();
    names.dedup();
    names
}
