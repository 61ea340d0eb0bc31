//! What is one denial event, and whether it is told at once, later or never. Pure: the time is passed in.

use super::rule::{Scene, watches};
use crate::disputes::{Claim, Link, News, Side, Voice, When, news};
use crate::watchlist::{Rate, Rule, Sink};
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
    /// What the user wants to hear of the dispute.
    pub standing: Standing,
    /// How many messages the rule told at once within its rate's time.
    pub told_lately: &'a dyn Fn(&Rule) -> u64,
}

/// What the user wants to hear of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Everything that the rules say.
    #[default]
    Open,
    /// Nothing for now; later what came up meanwhile.
    Snoozed,
    /// Nothing, until it is opened again.
    Closed,
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
    /// Those of them whose alert waits for the digest because it was old or undated news.
    pub aged: Vec<String>,
    /// All of them whose alert waits.
    pub waiting: Vec<String>,
}

/// What is to be done about a denial.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// A new event: an alert.
    Alert(Telling),
    /// It belongs to an event that has an alert. `more` are those who are to hear of it now: rules that watch it only
    /// now, since its real accusation came late, say; or all, where the alert was old news and this denial is not.
    JoinsEvent {
        /// The alert's id.
        alert: String,
        /// Who is to be told now; mostly nobody.
        more: Option<Telling>,
    },
    /// Stored, and told to nobody.
    Silent(Silence),
}

/// Who is told, when, and how surely.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// Who denies, as [`Event::side`] keeps it.
    pub side: String,
    /// What each rule that watches the event does, in the watchlist's order.
    pub errands: Vec<Errand>,
    /// 0 to 1: [`confidence`].
    pub confidence: f64,
}

/// What one rule does about an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// The rule.
    pub rule: String,
    /// Its sinks.
    pub to: Vec<Sink>,
    /// Why it doesn't tell them at once, where it does not.
    pub hold: Option<Hold>,
}

impl Telling {
    /// The rules, in the watchlist's order.
    pub fn rules(&self) -> Vec<String> {
        self.errands.iter().map(|errand| errand.rule.clone()).collect()
    }

    /// The sinks that are told at once, each once: those of every rule that may.
    pub fn at_once(&self) -> Vec<&Sink> {
        let mut sinks: Vec<&Sink> = Vec::new();
        for sink in self.errands.iter().filter(|errand| errand.hold.is_none()).flat_map(|errand| &errand.to) {
            if !sinks.contains(&sink) {
                sinks.push(sink);
            }
        }
        sinks
    }

    /// What waits: rule, sink and why, for each sink that no rule tells at once.
    pub fn waiting(&self) -> impl Iterator<Item = (&str, &Sink, Hold)> {
        let at_once = self.at_once();
        let held = self.errands.iter().filter_map(|errand| Some((errand, errand.hold?)));
        held.flat_map(|(errand, hold)| errand.to.iter().map(move |sink| (errand.rule.as_str(), sink, hold)))
            .filter(move |(_, sink, _)| !at_once.contains(sink))
    }

    /// Why nobody is told at once; none where somebody is.
    pub fn held(&self) -> Option<String> {
        if !self.at_once().is_empty() {
            return None;
        }
        let mut reasons: Vec<String> = Vec::new();
        for hold in self.errands.iter().filter_map(|errand| errand.hold) {
            let reason = hold.to_string();
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        Some(reasons.join("; "))
    }
}

/// Why a rule doesn't tell an alert at once.
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
    /// The user has snoozed the dispute.
    Snoozed,
    /// The rule tells everything by digest.
    Digest,
    /// It is in the rule's quiet hours.
    Quiet,
    /// The rule has told as much as its rate lets it.
    Rate(Rate),
    /// An update of an alert that the rule itself still holds.
    Behind,
}

impl Hold {
    /// The reason in one word, as the log keeps it.
    pub fn name(self) -> &'static str {
        match self {
            Hold::Old { .. } => "old",
            Hold::Undated { .. } => "undated",
            Hold::Snoozed => "snoozed",
            Hold::Digest => "digest",
            Hold::Quiet => "quiet",
            // Both come with the daily digest, the alert before its update.
            Hold::Rate(_) | Hold::Behind => "rate",
        }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hold::Old { days } => write!(f, "said {days} days before it was known to answer an accusation"),
            Hold::Undated { before: Some(before) } => write!(f, "undated; may repeat the denial of {before}"),
            Hold::Undated { before: None } => f.write_str("undated; may repeat an earlier denial"),
            Hold::Snoozed => f.write_str("its dispute was snoozed"),
            Hold::Digest => f.write_str("its rule tells by digest"),
            Hold::Quiet => f.write_str("came in quiet hours"),
            Hold::Rate(rate) => write!(f, "beyond the rule's {rate}"),
            Hold::Behind => f.write_str("its alert waits too"),
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
    /// The user has closed its dispute.
    Closed,
}

/// Who denies, as events keep it: the accused party where the denial is its own or in its name, whatever spokesman or
/// outlet words it, and where nothing says that the denier belongs to anybody else; else the denier's own side.
pub fn side(denial: &Claim, accused: &Side) -> String {
    let own = denial.defends().any(|side| side.same(accused).is_some());
    match denial.defends().find(|side| side.actor.is_some()) {
        Some(denier) if !own => denier.key(),
        _ => accused.key(),
    }
}

/// How sure an alert is: no surer than the denial, and than the best of its accusations and that one's link.
pub fn confidence(denial: &Claim, answered: &[Answered<'_>]) -> f64 {
    let best = answered.iter().map(support).fold(0.0, f64::max);
    denial.confidence.min(best).clamp(0.0, 1.0)
}

/// How surely an accusation was made and is answered. One that the denial itself tells is there as surely as the denial.
fn support(answered: &Answered<'_>) -> f64 {
    let accusation = if answered.accusation.presupposed { 1.0 } else { answered.accusation.confidence };
    accusation.min(answered.link.score)
}

/// First who makes outright what the denial says that it denies, then the denial's own words for that, then the others; of each
/// kind the surest link first, and of two as sure the one that was really made. `told` are the accusations that the denial
/// [tells](Claim::tells), and `one_matter` says whether two are about one matter.
pub fn best_first<'a>(
    told: &[&Claim],
    answered: Vec<Answered<'a>>,
    one_matter: impl Fn(&Claim, &Claim) -> bool,
) -> Vec<Answered<'a>> {
    let kind = |Answered { accusation, .. }: &Answered<'_>| {
        if told.iter().any(|told| told.id == accusation.id) {
            1
        } else if !accusation.presupposed && told.iter().any(|told| one_matter(told, accusation)) {
            0
        } else {
            2
        }
    };
    let mut ranked: Vec<(u8, Answered<'_>)> = answered.iter().map(|a| (kind(a), *a)).collect();
    ranked.sort_by(|(kind_a, a), (kind_b, b)| {
        let real = a.accusation.presupposed.cmp(&b.accusation.presupposed);
        let better = kind_a.cmp(kind_b).then(b.link.score.total_cmp(&a.link.score)).then(real);
        better.then(support(b).total_cmp(&support(a))).then(a.accusation.id.cmp(&b.accusation.id))
    });
    ranked.into_iter().map(|(_, a)| a).collect()
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
    let told = |errands: Vec<Errand>| Telling { side: side.clone(), errands, confidence: confidence(denial, answered) };
    let closed = occasion.standing == Standing::Closed;
    let of_side = || events.iter().filter(|event| event.side == side);

    let near = of_side().filter(|event| within(denial.when(), event.when, same_event) && !renewed(occasion, event));
    if let Some(event) = near.min_by_key(|event| denial.when().days_apart(event.when)) {
        let untold = |rule: &&Rule| match event.aged.contains(&rule.name) {
            true => denial.is_dated(),
            false => !event.rules.contains(&rule.name),
        };
        let fresh = |rule: &&Rule| too_old(denial, rule.max_age, now).is_none();
        let more: Vec<&Rule> = watching.into_iter().filter(untold).filter(fresh).collect();
        let more = (!baseline && !closed && !more.is_empty())
            .then(|| told(more.into_iter().map(|rule| errand(rule, not_now(occasion, rule, now))).collect()));
        return Decision::JoinsEvent { alert: event.alert.clone(), more };
    }
    if baseline {
        return Decision::Silent(Silence::Baseline);
    }
    if closed {
        return Decision::Silent(Silence::Closed);
    }
    if answered.is_empty() {
        return Decision::Silent(Silence::Unanswering);
    }
    if watching.is_empty() {
        return Decision::Silent(Silence::Unwatched);
    }
    let before =
        of_side().filter(|event| !denial.is_dated() && !denial.when().is_unknown() && !renewed(occasion, event));
    let before = before.max_by_key(|event| event.when.bounds()).map(|event| event.when.latest());
    let hold = |rule: &Rule| {
        let old = too_old(denial, rule.max_age, now).map(|days| Hold::Old { days });
        let undated = before.map(|before| Hold::Undated { before });
        old.or(undated).or_else(|| not_now(occasion, rule, now))
    };
    Decision::Alert(told(watching.into_iter().map(|rule| errand(rule, hold(rule))).collect()))
}

/// What is to be told of a denial that joins the event beside the `earlier` ones: another speaker or another manner, to
/// the rules that were told of the event and ask for updates. `joined` is what [`decide`] made of it.
pub fn update(
    occasion: &Occasion<'_>,
    rules: &[Rule],
    joined: &Decision,
    (voice, earlier): (&Voice, &[Voice]),
    now: Timestamp,
) -> Option<(Telling, News)> {
    let Decision::JoinsEvent { alert, more } = joined else { return None };
    let event = occasion.events.iter().find(|event| event.alert == *alert)?;
    if occasion.baseline || occasion.standing == Standing::Closed {
        return None;
    }
    let news = news(voice, occasion.denial.when(), earlier, event.when)?;
    let told = |rule: &&Rule| {
        let now = more.iter().flat_map(|telling| &telling.errands).any(|errand| errand.rule == rule.name);
        event.rules.contains(&rule.name) && !now
    };
    let fresh = |rule: &&Rule| too_old(occasion.denial, rule.max_age, now).is_none();
    let asking = watching(occasion, rules).into_iter().filter(|rule| rule.updates).filter(told).filter(fresh);
    let behind = |rule: &Rule| event.waiting.contains(&rule.name).then_some(Hold::Behind);
    let errands: Vec<Errand> =
        asking.map(|rule| errand(rule, not_now(occasion, rule, now).or_else(|| behind(rule)))).collect();
    let confidence = confidence(occasion.denial, occasion.answered);
    (!errands.is_empty()).then(|| (Telling { side: event.side.clone(), errands, confidence }, news))
}

fn errand(rule: &Rule, hold: Option<Hold>) -> Errand {
    Errand { rule: rule.name.clone(), to: rule.to.clone(), hold }
}

/// Why the rule may not tell anything of the dispute at `now`.
fn not_now(occasion: &Occasion<'_>, rule: &Rule, now: Timestamp) -> Option<Hold> {
    if occasion.standing == Standing::Snoozed {
        return Some(Hold::Snoozed);
    }
    if rule.digest.is_some() {
        return Some(Hold::Digest);
    }
    if rule.quiet.as_ref().is_some_and(|quiet| quiet.end(now).is_some()) {
        return Some(Hold::Quiet);
    }
    rule.rate.filter(|rate| (occasion.told_lately)(rule) >= u64::from(rate.most)).map(Hold::Rate)
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

/// Whether the two are near enough in time for one event. Days are all that is known.
fn within(one: When, other: When, same_event: Duration) -> bool {
    one.days_apart(other).is_some_and(|apart| u64::try_from(apart).is_ok_and(|apart| apart <= days(same_event)))
}

/// `same_event` in days: 72 hours are three.
pub fn days(same_event: Duration) -> u64 {
    same_event.as_secs().div_ceil(24 * 3600)
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
