//! Whether a denial answers an accusation, how surely, and why.

use super::terms::{Matter, Name, Shared};
use super::{Claim, Side, WINDOW_DAYS};
use crate::statements::Act;
use std::fmt;

/// The least score of a link that is kept.
const LEAST: f64 = 0.45;
/// The same where the party is accused of nothing else in those days.
const LEAST_ALONE: f64 = 0.25;
/// How sure an answer found by extraction is, beside the likelier one before it.
const BESIDE: f64 = 0.9;
/// How sure a link of the least score is.
const KEPT: f64 = 0.55;
/// How near in time a denial that does not say what it denies must follow the accuser whom it names, in days.
const NAMED_WITHIN: i32 = 7;

/// How near in time a denial must be for the words around it to say what it denies, in days.
const FRESH: i32 = 5;
/// How sure it must be that the accused is who denies.
const SURELY_NAMED: f64 = 0.85;
/// What the words around a denial are worth beside its own.
const AROUND: f64 = 0.85;

/// "This denial answers that accusation."
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// How surely, 0 to 1.
    pub score: f64,
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
}

/// Why a denial is taken to answer an accusation. Its text is what alerts and the log show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The article itself relates the two.
    SameArticle,
    /// The denial names whose allegation it rejects.
    NamesAccuser(String),
    /// The accused party is the one that denies.
    SameParty(String),
    /// What is denied and what is alleged share these words.
    SharedTerms(Vec<String>),
    /// Nothing else is known that the party was accused of in those days.
    Alone,
    /// That many days lie between.
    Days(i32),
    /// A party's side is not said by the article, but remembered from others: its name, its side.
    Remembered(String, String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::SameArticle => f.write_str("same article"),
            Reason::NamesAccuser(name) => write!(f, "names the accuser: {name}"),
            Reason::SameParty(name) => write!(f, "accused and denies: {name}"),
            Reason::SharedTerms(terms) => write!(f, "shared terms: {}", terms.join(", ")),
            Reason::Alone => f.write_str("accused of nothing else in those days"),
            Reason::Days(0) => f.write_str("the same day"),
            Reason::Days(1) => f.write_str("1 day after"),
            Reason::Days(days) => write!(f, "{days} days after"),
            Reason::Remembered(name, side) => write!(f, "remembered from other articles: {name} is of {side}"),
        }
    }
}

/// The link from a denial to an accusation, where there is one. `weigh` is a term's rarity in the log, 0 to 1.
///
/// Where extraction found the answer inside one article, it is trusted; everywhere else the accused party, the order
/// in time, the accuser (where named) and the matter must all agree. `docs/disputes.md` has the scoring.
pub fn link(denial: &Claim, accusation: &Claim, weigh: &impl Fn(&str) -> f64) -> Option<Link> {
    link_from(false, denial, accusation, weigh)
}

/// The same for the only thing that a party is accused of in days: who denies then mostly denies that, so less has to be
/// shared.
pub(super) fn link_alone(denial: &Claim, accusation: &Claim, weigh: &impl Fn(&str) -> f64) -> Option<Link> {
    let mut link = link_from(true, denial, accusation, weigh)?;
    link.reasons.push(Reason::Alone);
    Some(link)
}

/// Whether the accusation blames the very party that denies, freshly enough for [`link_alone`].
pub(super) fn is_fresh(denial: &Claim, accusation: &Claim) -> bool {
    let days = denial.when().days_apart(accusation.when());
    accused_and_denies(denial, accusation).is_some_and(|(sure, _)| sure >= SURELY_NAMED)
        && in_order(denial, accusation, false)
        && days.is_some_and(|days| days <= FRESH)
}

/// Whether linking may ask for the words around a denial of the log ([`Claim::context`]): an accusation of the article blames
/// who denies, and anything there was said within days of it. Anything, since an accusation may take its day from another
/// claim of its article.
pub fn asks_around(denial: &Claim, article: &[Claim]) -> bool {
    let near =
        |claim: &Claim| denial.when().days_apart(claim.when()).is_some_and(|days| days <= FRESH.max(NAMED_WITHIN));
    denial.act == Act::Denial
        && article.iter().any(|claim| claim.act == Act::Accusation && accused_and_denies(denial, claim).is_some())
        && article.iter().any(near)
}

fn link_from(alone: bool, denial: &Claim, accusation: &Claim, weigh: &impl Fn(&str) -> f64) -> Option<Link> {
    let least = if alone { LEAST_ALONE } else { LEAST };
    if denial.act != Act::Denial || accusation.act != Act::Accusation || denial.id == accusation.id {
        return None;
    }
    let same_article = denial.article == accusation.article;
    let related = same_article && denial.answers.contains(&accusation.id);
    if !in_order(denial, accusation, related) || makes_itself(denial, accusation) {
        return None;
    }
    let party = accused_and_denies(denial, accusation);
    let accuser = names_accuser(denial, accusation);
    let days = denial.when().days_apart(accusation.when());
    let (score, shared) = if related {
        let rank = denial.answers.iter().position(|answer| *answer == accusation.id).unwrap_or_default();
        (denial.answers_surely * BESIDE.powi(rank.min(9) as i32), matter_shared(denial, accusation, weigh))
    } else {
        let sure = party.as_ref().map(|(sure, _)| *sure)?;
        let named = match accuser {
            Accuser::Other => return None,
            Accuser::Named(_) => true,
            Accuser::Unknown => false,
        };
        let near = match days {
            _ if same_article => 1.0,
            Some(days) if days <= WINDOW_DAYS => nearness(days),
            _ => return None,
        };
        let own = matter_shared(denial, accusation, weigh);
        let matter = matter_score(&own);
        // Who denies within days what that party is accused of may do so in few words: those around them count as well.
        let fresh = sure >= SURELY_NAMED && !denial.terms.is_empty() && days.is_some_and(|days| days <= FRESH);
        let wide = fresh.then(|| around(denial, accusation, weigh));
        let wide = wide.and_then(|wide| Some((AROUND * matter_score(&wide)?, wide)));
        let (matter, shared) = match wide {
            Some((score, wide)) if score > matter.unwrap_or(0.0) => (Some(score), wide),
            _ => (matter, own),
        };
        let matter = match matter {
            Some(score) => score,
            // "Pyongyang rejects the US allegations": the accuser and the moment say which, if the articles agree.
            None if named && denial.terms.is_empty() && days.is_some_and(|days| days <= NAMED_WITHIN) => {
                0.7 * matter_score(&around(denial, accusation, weigh))?
            }
            // "Not a drop from the Isse": a name says enough where there is nothing else that it could be.
            None if alone && shared.weight > 0.0 => likeness(&shared),
            None => return None,
        };
        // Naming the accuser takes away 0.4 of the doubt that the shared words leave.
        let matter = if named { 1.0 - (1.0 - matter) * 0.6 } else { matter };
        (sure * matter * near, shared)
    };
    if !related && score < least {
        return None;
    }
    // What is kept at all is more likely right than not.
    let score = if related { score } else { KEPT + (1.0 - KEPT) * (score - least) / (1.0 - least) };

    let mut reasons = Vec::new();
    if let Accuser::Named(name) = accuser {
        reasons.push(Reason::NamesAccuser(name));
    }
    if let Some((_, name)) = party {
        reasons.push(Reason::SameParty(name));
    }
    let mut terms = shared.shown;
    terms.truncate(5);
    if !terms.is_empty() {
        reasons.push(Reason::SharedTerms(terms));
    }
    if same_article {
        reasons.push(Reason::SameArticle);
    }
    // Within an article, days are told only where it tells both; a mention within the denial has no time of its own.
    let told = !same_article || (denial.is_dated() && accusation.is_dated() && !accusation.presupposed);
    reasons.extend(days.filter(|_| told).map(Reason::Days));
    for side in denial.sides().chain(accusation.sides()).filter(|side| side.remembered) {
        let reason = Reason::Remembered(side.name.clone(), side.shown().to_owned());
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Some(Link { score: score.clamp(0.0, 1.0), reasons })
}

/// An accusation is no later than its denial. Where the article itself relates the two, or the denial contains the
/// accusation, a time that the text does not give is no reason to doubt it.
fn in_order(denial: &Claim, accusation: &Claim, related: bool) -> bool {
    let untimed = !accusation.is_dated() || !denial.is_dated();
    (related && (untimed || accusation.presupposed)) || accusation.when().no_later_than(denial.when())
}

/// How sure it is that the accused is who denies, and under which name.
fn accused_and_denies(denial: &Claim, accusation: &Claim) -> Option<(f64, String)> {
    let accused = accusation.target.as_ref()?;
    let best = denial.defends().filter_map(|side| side.same(accused)).max_by(f64::total_cmp)?;
    Some((best, accused.shown().to_owned()))
}

/// Whether the accusation is the denier's own: a counter-accusation is not what the denier rejects.
fn makes_itself(denial: &Claim, accusation: &Claim) -> bool {
    denial.defends().any(|side| accusation.comes_from().any(|source| side.same(source).is_some_and(|sure| sure >= 0.7)))
}

enum Accuser {
    /// The denial names the accuser of this accusation.
    Named(String),
    /// It names another.
    Other,
    /// The denial or the accusation names none.
    Unknown,
}

/// Whether the accuser that the denial names is the accusation's speaker or the speaker's side.
fn names_accuser(denial: &Claim, accusation: &Claim) -> Accuser {
    let Some(named) = &denial.accuser else {
        return Accuser::Unknown;
    };
    let mut sources = accusation.comes_from().peekable();
    if sources.peek().is_none() {
        return Accuser::Unknown;
    }
    match sources.find(|side| side.same(named).is_some()) {
        Some(side) => Accuser::Named(side.name.clone()),
        // "Critics" or "reports" name nobody whom the speaker could differ from.
        None if named.actor.is_none() && !named.is_named() => Accuser::Unknown,
        None => Accuser::Other,
    }
}

/// 1 within a week, then falling evenly to 0.6 at the end of the window.
pub(super) fn nearness(days: i32) -> f64 {
    let late = f64::from((days - 7).max(0)) / f64::from(WINDOW_DAYS - 7);
    1.0 - 0.4 * late.min(1.0)
}

/// How surely shared words show one matter, 0 to 1: much of what the shorter says (share), and enough of it (weight).
/// `None` where no shared word says what was done.
pub(super) fn matter_score(shared: &Shared) -> Option<f64> {
    shared.specific.then(|| likeness(shared))
}

/// The same for words of any kind.
fn likeness(shared: &Shared) -> f64 {
    shared.share.sqrt() * (1.0 - (-1.2 * shared.weight).exp())
}

fn matter_shared(denial: &Claim, accusation: &Claim, weigh: &impl Fn(&str) -> f64) -> Shared {
    let names = names(denial, accusation);
    denial.terms.without(&names).shared(&accusation.terms.without(&names), weigh)
}

/// What the passages around the two share.
fn around(denial: &Claim, accusation: &Claim, weigh: &impl Fn(&str) -> f64) -> Shared {
    let names = names(denial, accusation);
    // Only the accusation's own words count on its side: two articles share much that is no part of it.
    wide(denial, &names).shared(&accusation.terms.without(&names), weigh)
}

/// What the claim and the passage around it say, but for the names.
pub(super) fn wide<'c>(claim: &'c Claim, names: &[&Name]) -> Matter<'c> {
    claim.terms.without(names).and(&claim.context.without(names))
}

/// The names of all parties to the two claims, each once.
pub(super) fn names<'c>(one: &'c Claim, other: &'c Claim) -> Vec<&'c Name> {
    let mut names: Vec<&Name> = Vec::new();
    for name in one.sides().chain(other.sides()).flat_map(Side::names) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
