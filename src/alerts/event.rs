//! What is one denial event, and whether it is told at once, later or never. Pure: the time is passed in.

use super::rule::{Scene, watches};
use crate::disputes::{Claim, Link, Side, When};
use crate::watchlist::{Rule, Sink};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fmt;
use std::time::Duration;

/// A denial of a dispute, to be weighed.
#[derive(Clone, Copy)]
pub struct Occasion<'a> {
    /// The denial.
    pub denial: &'a Claim,
    /// Whether its article came with a feed's first poll, or was read again for a new rule.
    pub baseline: bool,
    /// The accused party of its dispute.
    pub accused: &'a Side,
    /// The accusations that it answers, with the links.
    pub answered: &'a [Answered<'a>],
    /// The events that its dispute has had.
    pub events: &'a [Event],
    /// Whether the dispute touches the topic of that name: whether an article of it matched the topic.
    pub touches: &'a dyn Fn(&str) -> bool,
}

/// An accusation that a denial answers.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The accusation.
    pub accusation: &'a Claim,
    /// How surely it is answered.
    pub link: &'a Link,
}

/// A denial event that has an alert, sent or held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The alert's id.
    pub alert: String,
    /// Who denied: [`side`] of its denial.
    pub side: String,
    /// When its first denial was said.
    pub when: When,
    /// The rules that its alert names.
    pub rules: Vec<String>,
    /// Its alert waits for the digest, or went with one.
    pub held: bool,
}

/// What is to be done about a denial.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// A new event: an alert, sent at once.
    Alert(Telling),
    /// A new event whose alert is held for the digest.
    Digest(Telling, Hold),
    /// It belongs to an event that has an alert. `more` are those who are to hear of it now: rules that watch it only
    /// now, since its real accusation came late, say; or all, where the alert was held and this denial would not be.
    JoinsEvent {
        /// The alert's id.
        alert: String,
        /// Who is to be told now; mostly nobody.
        more: Option<Telling>,
    },
    /// Stored, and told to nobody.
    Silent(Silence),
}

/// Who is told, why, and how surely.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// Who denies, as [`Event::side`] keeps it.
    pub side: String,
    /// The rules that watch the event, in the watchlist's order.
    pub rules: Vec<String>,
    /// Their sinks, each once.
    pub to: Vec<Sink>,
    /// 0 to 1: [`confidence`].
    pub confidence: f64,
}

/// Why an alert goes to the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The denial was said longer ago than `max_age`.
    Old {
        /// Whole days between the day on which it was said and now.
        days: i64,
    },
    /// Nothing in the text says when it was said, and the same side has denied the same before: it may be that denial,
    /// told again as background.
    Undated {
        /// When it denied before.
        before: Option<Date>,
    },
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hold::Old { days } => write!(f, "said {days} days before it was known to answer an accusation"),
            Hold::Undated { before: Some(before) } => write!(f, "undated; may repeat the denial of {before}"),
            Hold::Undated { before: None } => f.write_str("undated; may repeat an earlier denial"),
        }
    }
}

/// Why nobody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The article only remembers the denial.
    Recalled,
    /// It came with a feed's first poll.
    Baseline,
    /// No accusation is known that it answers.
    Unanswering,
    /// No rule watches it.
    Unwatched,
}

/// Who denies, as events keep it: the accused party where the denial is its own or in its name, whatever spokesman or
/// outlet words it; else the denier.
pub fn side(denial: &Claim, accused: &Side) -> String {
    let own = denial.defends().any(|side| side.same(accused).is_some());
    match denial.defends().next() {
        Some(denier) if !own => denier.key(),
        _ => accused.key(),
    }
}

/// How sure an alert is: no surer than the denial, and than the best of its accusations and that one's link.
pub fn confidence(denial: &Claim, answered: &[Answered<'_>]) -> f64 {
    let best = answered.iter().map(|a| a.accusation.confidence.min(a.link.score)).fold(0.0, f64::max);
    denial.confidence.min(best).clamp(0.0, 1.0)
}

/// The best-supported accusation first; one that was really made before one that a denial only mentions.
pub fn best_first(answered: &mut [Answered<'_>]) {
    let support = |a: &Answered<'_>| a.accusation.confidence.min(a.link.score);
    answered.sort_by(|a, b| {
        let real = a.accusation.presupposed.cmp(&b.accusation.presupposed);
        real.then(support(b).total_cmp(&support(a))).then(a.accusation.id.cmp(&b.accusation.id))
    });
}

/// Why the denial answers its accusations, each reason once: the `because` of an alert.
pub fn because(answered: &[Answered<'_>]) -> Vec<String> {
    const MOST: usize = 8;
    let mut reasons: Vec<String> = Vec::new();
    for reason in answered.iter().flat_map(|a| &a.link.reasons).map(ToString::to_string) {
        if reasons.len() < MOST && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// Decides about one denial. `same_event`: denials of one side in one dispute within it are one event. Denials are
/// decided about in the order in which they were said, each with the events that those before it made.
pub fn decide(occasion: &Occasion<'_>, rules: &[Rule], same_event: Duration, now: Timestamp) -> Decision {
    let Occasion { denial, baseline, accused, answered, events, .. } = *occasion;
    if denial.recalled {
        return Decision::Silent(Silence::Recalled);
    }
    let side = side(denial, accused);
    let watching = watching(occasion, rules);
    let told = |rules: &[&Rule]| Telling {
        side: side.clone(),
        rules: rules.iter().map(|rule| rule.name.clone()).collect(),
        to: sinks(rules),
        confidence: confidence(denial, answered),
    };
    let of_side = || events.iter().filter(|event| event.side == side);

    let near = of_side().filter(|event| within(denial.when(), event.when, same_event) && !renewed(occasion, event));
    if let Some(event) = near.min_by_key(|event| denial.when().days_apart(event.when)) {
        let untold = |rule: &&Rule| if event.held { denial.is_dated() } else { !event.rules.contains(&rule.name) };
        let fresh = |rule: &&Rule| too_old(denial, rule.max_age, now).is_none();
        let more: Vec<&Rule> = watching.into_iter().filter(untold).filter(fresh).collect();
        let more = (!baseline && !more.is_empty()).then(|| told(&more));
        return Decision::JoinsEvent { alert: event.alert.clone(), more };
    }
    if baseline {
        return Decision::Silent(Silence::Baseline);
    }
    if answered.is_empty() {
        return Decision::Silent(Silence::Unanswering);
    }
    if watching.is_empty() {
        return Decision::Silent(Silence::Unwatched);
    }
    let ages: Vec<(&Rule, Option<i64>)> =
        watching.iter().map(|rule| (*rule, too_old(denial, rule.max_age, now))).collect();
    let fresh: Vec<&Rule> = ages.iter().filter(|(_, days)| days.is_none()).map(|(rule, _)| *rule).collect();
    if fresh.is_empty() {
        let days = ages.iter().filter_map(|(_, days)| *days).max().unwrap_or(0);
        return Decision::Digest(told(&watching), Hold::Old { days });
    }
    let before =
        of_side().filter(|event| !denial.is_dated() && !denial.when().is_unknown() && !renewed(occasion, event));
    if let Some(event) = before.max_by_key(|event| event.when.bounds()) {
        return Decision::Digest(told(&fresh), Hold::Undated { before: event.when.latest() });
    }
    Decision::Alert(told(&fresh))
}

fn watching<'r>(occasion: &Occasion<'_>, rules: &'r [Rule]) -> Vec<&'r Rule> {
    let answered = occasion.answered;
    if answered.is_empty() {
        return Vec::new();
    }
    let mut accused: Vec<&Side> = answered.iter().filter_map(|a| a.accusation.target.as_ref()).collect();
    accused.push(occasion.accused);
    // An accuser is whoever made an accusation, and whom the denial names as having made it.
    let named = occasion.denial.accuser.iter();
    let accusers: Vec<&Side> = answered.iter().flat_map(|a| a.accusation.comes_from()).chain(named).collect();
    let deniers: Vec<&Side> = occasion.denial.defends().collect();
    let scene = Scene {
        accused: &accused,
        accusers: &accusers,
        deniers: &deniers,
        touches: occasion.touches,
        confidence: confidence(occasion.denial, answered),
        only_reported: answered.iter().all(|a| a.accusation.presupposed),
    };
    rules.iter().filter(|rule| watches(rule, &scene)).collect()
}

/// The sinks of all, each once.
fn sinks(rules: &[&Rule]) -> Vec<Sink> {
    let mut sinks: Vec<Sink> = Vec::new();
    for sink in rules.iter().flat_map(|rule| &rule.to) {
        if !sinks.contains(sink) {
            sinks.push(sink.clone());
        }
    }
    sinks
}

/// Whether the two are near enough in time for one event. Days are all that is known, so 72 hours are three days.
fn within(one: When, other: When, same_event: Duration) -> bool {
    let days = same_event.as_secs().div_ceil(24 * 3600);
    one.days_apart(other).is_some_and(|apart| u64::try_from(apart).is_ok_and(|apart| apart <= days))
}

/// Whether the denial answers an accusation made after that event, and is itself later than it. Both must say when:
/// an article of the next day that tells the old story again without a date renews nothing.
fn renewed(occasion: &Occasion<'_>, event: &Event) -> bool {
    let denial = occasion.denial;
    let renews = |accusation: &Claim| {
        !accusation.presupposed && !accusation.recalled && accusation.is_dated() && accusation.when().after(event.when)
    };
    denial.is_dated() && denial.when().after(event.when) && occasion.answered.iter().any(|a| renews(a.accusation))
}

/// The whole days since the denial was said, where that is certainly longer than `max_age`: counted from the end of its
/// last day.
fn too_old(denial: &Claim, max_age: Duration, now: Timestamp) -> Option<i64> {
    let last = denial.when().latest()?;
    let end = last.tomorrow().ok()?.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
    let age = now.duration_since(end).as_secs();
    let limit = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
    (age > limit).then_some(age / (24 * 3600) + 1)
}
