//! How the claims of one article join the log: links, disputes, and the denials that are to be weighed for an alert.

use super::link::{Reason, is_fresh, link_alone, matter_score, names, wide};
use super::stem::stem;
use super::{Claim, Link, Side, When, fold, link, matter, same_matter};
use crate::statements::Act;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How near in time two denials of one side must be to be taken for one told twice, in days.
const ONE_EVENT_DAYS: i32 = 3;
/// The most claims of one article that are linked, since each is held against each: no article that people read has as
/// many, and one that is made to cost time must not.
pub const MOST_CLAIMS: usize = 250;
/// The most links that one new claim gets, the surest: a quarrel told by hundreds of outlets has hundreds that fit.
const MOST_LINKS: usize = 25;
/// A denial shows two disputes to be one where it answers the second from this share of the score on with which it
/// answers the first.
const AS_SURELY: f64 = 0.7;

/// How much the passages around two denials of one side must have in common to be one event.
const RETOLD: f64 = 0.35;

/// A claim of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The claim; never one that only repeats another.
    pub claim: Claim,
    /// An earlier reading of the same article had it: it tells where that article's claims belong, and is linked to none.
    pub superseded: bool,
}

/// What is to be written for one article.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filing {
    /// Which denials answer which accusations.
    pub links: Vec<Linked>,
    /// The disputes to open; [`Place::Opened`] counts them from 0.
    pub opened: Vec<Opening>,
    /// Which statement joins which dispute: those of the article, repeats included, and stored denials that had none.
    pub joins: Vec<(i64, Place)>,
    /// Disputes of the log that are one: a denial of the article answers both as surely. To be merged before any joins.
    pub merges: Vec<Merge>,
    /// The denials that are new in a dispute or have a new link, in the order in which they were said: each is to be
    /// weighed for an alert, the one after the other.
    pub denials: Vec<i64>,
}

/// A link between two statements of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Linked {
    /// The denial's row.
    pub denial: i64,
    /// The accusation's row.
    pub accusation: i64,
    /// How surely, and why.
    pub link: Link,
}

/// A dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// One of the log.
    Stored(i64),
    /// One of [`Filing::opened`].
    Opened(usize),
}

/// Two disputes of the log that are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merge {
    /// The younger, which ends.
    pub from: i64,
    /// The older, which goes on.
    pub into: i64,
}

/// A dispute to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Who is accused.
    pub accused: Side,
    /// Of what, in a few words.
    pub matter: String,
    /// The day of the earliest accusation.
    pub since: Option<Date>,
}

/// Files the claims of one article. `stored` are the claims of the log that [`Claim::keys`] finds within
/// [`super::WINDOW_DAYS`]: accusations of the parties that deny here, denials of the parties accused here, and the
/// members of their disputes. `weigh` is a term's rarity in the log, 0 to 1 ([`super::rarity`]); it is asked often.
pub fn file(article: &[Claim], stored: &[Stored], weigh: &impl Fn(&str) -> f64) -> Filing {
    let claims = without_repeats(&article[..article.len().min(MOST_CLAIMS)]);
    let heads: BTreeMap<i64, i64> =
        claims.iter().flat_map(|told| told.rows.iter().map(|row| (*row, told.claim.id))).collect();
    let new: Vec<&Claim> = claims.iter().map(|told| &told.claim).collect();
    let links = links(&new, stored, weigh);

    // Accusations of the article that are one matter stand together, and so do those that one denial answers.
    let accusations: Vec<&Claim> = new.iter().copied().filter(|claim| claim.act == Act::Accusation).collect();
    let all = || new.iter().copied().chain(stored.iter().map(|old| &old.claim));
    let alike = alike(all, &links);
    let groups = groups(&accusations, &links, &alike, weigh);

    let mut filing = Filing::default();
    let mut places: BTreeMap<i64, Place> =
        stored.iter().filter_map(|old| Some((old.claim.id, Place::Stored(old.claim.dispute?)))).collect();
    for group in &groups {
        let answering = denials_of(group, &new, &links);
        let known = group.iter().chain(&answering).find_map(|claim| claim.dispute);
        let home = known.or_else(|| home(group, &answering, stored, &links, weigh));
        let place = home.map(Place::Stored).or_else(|| {
            let accused = group.iter().find_map(|claim| claim.target.clone());
            let denier = || answering.iter().find_map(|denial| denial.defends().next().cloned());
            let opening = Opening {
                accused: accused.or_else(denier)?,
                matter: matter(best_told(group)),
                since: group.iter().filter_map(|claim| claim.when().bounds()).map(|(first, _)| first).min(),
            };
            filing.opened.push(opening);
            Some(Place::Opened(filing.opened.len() - 1))
        });
        if let Some(place) = place {
            for accusation in group {
                places.insert(accusation.id, place);
                filing.joins.push((accusation.id, place));
            }
        }
    }

    filing.merges = merges(&alike, &places);
    // A denial belongs where the accusation belongs that it answers most surely; one without, where its twin belongs.
    for denial in all().filter(|claim| claim.act == Act::Denial) {
        let mut answered: Vec<&Linked> = links.iter().filter(|linked| linked.denial == denial.id).collect();
        answered.sort_by(|a, b| b.link.score.total_cmp(&a.link.score));
        let is_new = heads.contains_key(&denial.id);
        if !places.contains_key(&denial.id) {
            let of_accusation = answered.iter().find_map(|linked| places.get(&linked.accusation).copied());
            let known = denial.dispute.map(Place::Stored);
            let place = of_accusation.or(known).or_else(|| is_new.then(|| twin(denial, stored, weigh)).flatten());
            if let Some(place) = place {
                places.insert(denial.id, place);
                filing.joins.push((denial.id, place));
            }
        }
        if places.contains_key(&denial.id) && (is_new || !answered.is_empty()) {
            filing.denials.push(denial.id);
        }
    }
    for told in &claims {
        if let Some(place) = places.get(&told.claim.id) {
            filing.joins.extend(told.rows.iter().filter(|row| **row != told.claim.id).map(|row| (*row, *place)));
        }
    }
    // Of one day the one first that says so itself: a headline does not, and leaves out the most.
    let said = |id: &i64| {
        let claim = all().find(|claim| claim.id == *id)?;
        Some((claim.when().bounds()?.1, !claim.is_dated()))
    };
    filing.denials.sort_by_key(|id| (said(id), *id));
    filing.links = links;
    filing
}

/// A claim with all rows that tell it.
struct Told {
    claim: Claim,
    rows: Vec<i64>,
}

/// One claim for each statement and its repeats: the first that was really made (no mere mention) and says when, with what
/// the others add.
fn without_repeats(article: &[Claim]) -> Vec<Told> {
    let acts = article.iter().filter(|claim| matches!(claim.act, Act::Accusation | Act::Denial));
    let mut groups: BTreeMap<i64, Vec<&Claim>> = BTreeMap::new();
    for claim in acts {
        groups.entry(root(claim, article)).or_default().push(claim);
    }
    let mut heads: BTreeMap<i64, i64> = BTreeMap::new();
    let mut told: Vec<Told> = Vec::new();
    for members in groups.values() {
        // The one that says the most of them: who is accused by whom, and at length.
        let least = |claim: &&&Claim| {
            let words = std::cmp::Reverse(claim.content.len());
            (claim.presupposed, !claim.is_dated(), claim.accuser.is_none(), words)
        };
        let Some(head) = members.iter().min_by_key(least) else {
            continue;
        };
        let mut claim = (*head).clone();
        for member in members {
            claim.terms = claim.terms.union(&member.terms);
            claim.context = claim.context.union(&member.context);
            claim.speaker = claim.speaker.or_else(|| member.speaker.clone());
            claim.behalf = claim.behalf.or_else(|| member.behalf.clone());
            claim.target = claim.target.or_else(|| member.target.clone());
            claim.accuser = claim.accuser.or_else(|| member.accuser.clone());
            claim.dispute = claim.dispute.or(member.dispute);
            claim.confidence = claim.confidence.max(member.confidence);
            claim.answers_surely = claim.answers_surely.max(member.answers_surely);
            claim.presupposed &= member.presupposed;
            claim.recalled &= member.recalled;
            claim.answers.extend(member.answers.iter().copied().filter(|row| !head.answers.contains(row)));
            heads.insert(member.id, claim.id);
        }
        claim.repeats = None;
        told.push(Told { claim, rows: members.iter().map(|member| member.id).collect() });
    }
    for one in &mut told {
        let mut seen = BTreeSet::new();
        let answers = one.claim.answers.iter().map(|row| *heads.get(row).unwrap_or(row));
        one.claim.answers = answers.filter(|row| seen.insert(*row)).collect();
    }
    date_presupposed(&mut told);
    told
}

/// The first statement of the chain of repeats that the claim stands in; of the same act, since a denial that repeats an
/// accusation is still a denial.
fn root(claim: &Claim, article: &[Claim]) -> i64 {
    let mut at = claim;
    for _ in 0..article.len() {
        let earlier = at.repeats.and_then(|row| article.iter().find(|other| other.id == row && other.act == claim.act));
        match earlier {
            Some(earlier) if earlier.id != claim.id => at = earlier,
            _ => break,
        }
    }
    at.id
}

/// An accusation that is only mentioned inside a denial has no time of its own: it was made no later than the denial, and
/// counts as said with it.
fn date_presupposed(told: &mut [Told]) {
    let denials: Vec<Claim> =
        told.iter().map(|one| one.claim.clone()).filter(|claim| claim.act == Act::Denial).collect();
    for one in told.iter_mut().filter(|one| one.claim.presupposed && !one.claim.is_dated()) {
        let answering = denials.iter().filter(|denial| denial.answers.contains(&one.claim.id));
        if let Some(denial) = answering.filter(|denial| denial.is_dated()).min_by_key(|denial| denial.when().latest()) {
            one.claim.said = denial.said;
        }
    }
}

/// New denials against all accusations, and new accusations against the denials of the log.
fn links(new: &[&Claim], stored: &[Stored], weigh: &impl Fn(&str) -> f64) -> Vec<Linked> {
    let mut links = Vec::new();
    for claim in new {
        let linked = |denial: &Claim, accusation: &Claim| {
            let link = link(denial, accusation, weigh)?;
            Some(Linked { denial: denial.id, accusation: accusation.id, link })
        };
        let old = stored.iter().filter(|old| !old.superseded).map(|old| &old.claim);
        let mut found: Vec<Linked> = match claim.act {
            Act::Denial => new.iter().copied().chain(old).filter_map(|other| linked(claim, other)).collect(),
            Act::Accusation => old.filter_map(|other| linked(other, claim)).collect(),
            Act::Other => Vec::new(),
        };
        if found.is_empty() {
            found.extend(alone(claim, new, stored, weigh));
        }
        found.sort_by(|a, b| b.link.score.total_cmp(&a.link.score));
        found.truncate(MOST_LINKS);
        links.extend(found);
    }
    links
}

/// The link between a denial that answers nothing and the surest accusation of the one dispute that its party has freshly, be
/// it the denial that is new or the accusation.
fn alone(claim: &Claim, new: &[&Claim], stored: &[Stored], weigh: &impl Fn(&str) -> f64) -> Option<Linked> {
    let old = || stored.iter().filter(|old| !old.superseded).map(|old| &old.claim);
    // The disputes that the party may deny; what is in none yet is one of its own.
    let disputes = |denial: &Claim| -> BTreeSet<Option<i64>> {
        let fresh = old().filter(|old| old.act == Act::Accusation && is_fresh(denial, old));
        fresh.map(|accusation| accusation.dispute).collect()
    };
    let linked = |denial: &Claim, accusation: &Claim| {
        let link = link_alone(denial, accusation, weigh)?;
        Some(Linked { denial: denial.id, accusation: accusation.id, link })
    };
    let links: Vec<Linked> = match claim.act {
        Act::Denial if disputes(claim).len() == 1 => {
            let fresh = old().filter(|old| old.act == Act::Accusation && is_fresh(claim, old));
            fresh.filter_map(|accusation| linked(claim, accusation)).collect()
        }
        Act::Accusation => {
            let open = old().filter(|old| old.act == Act::Denial && old.dispute.is_none() && is_fresh(old, claim));
            // Which of two that come together it denies, nobody knows.
            let another = |denial: &Claim| {
                let mut others = new.iter().filter(|other| other.act == Act::Accusation && other.id != claim.id);
                others.any(|other| is_fresh(denial, other))
            };
            let open = open.filter(|denial| disputes(denial).is_empty() && !another(denial));
            open.filter_map(|denial| linked(denial, claim)).collect()
        }
        _ => Vec::new(),
    };
    links.into_iter().max_by(|a, b| a.link.score.total_cmp(&b.link.score))
}

/// The accusations in groups of one matter.
fn groups<'c>(
    accusations: &[&'c Claim],
    links: &[Linked],
    alike: &[Vec<&Claim>],
    weigh: &impl Fn(&str) -> f64,
) -> Vec<Vec<&'c Claim>> {
    let answered_by = |claim: &Claim| -> BTreeSet<i64> {
        links.iter().filter(|linked| linked.accusation == claim.id).map(|linked| linked.denial).collect()
    };
    let together = |one: &Claim, other: &Claim| {
        let same_party = match (&one.target, &other.target) {
            (Some(a), Some(b)) => a.same(b).is_some() || a.key() == b.key(),
            _ => true,
        };
        // What a denial mentions ("denied the claims that …") is what it answers elsewhere in the article.
        let mention = one.presupposed || other.presupposed;
        let among = |claim: &Claim, alike: &[&Claim]| alike.iter().any(|other| other.id == claim.id);
        same_matter(one, other, weigh).is_some()
            || alike.iter().any(|alike| among(one, alike) && among(other, alike))
            || (same_party && mention && !answered_by(one).is_disjoint(&answered_by(other)))
    };
    let mut groups: Vec<Vec<&Claim>> = Vec::new();
    for accusation in accusations {
        let (mut joined, apart): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.iter().any(|other| together(accusation, other)));
        groups = apart;
        let mut group: Vec<&Claim> = joined.drain(..).flatten().collect();
        group.push(accusation);
        groups.push(group);
    }
    groups
}

/// For each denial that is not recalled, of `all` claims: the accusations that it answers about as surely as the first of
/// them, and in part by the same words, where there are several. They blame one party for one matter. A denial of five
/// charges answers each by words of its own.
fn alike<'c, I: Iterator<Item = &'c Claim>>(all: impl Fn() -> I, links: &[Linked]) -> Vec<Vec<&'c Claim>> {
    let accusations: HashMap<i64, &Claim> =
        all().filter(|claim| claim.act == Act::Accusation).map(|claim| (claim.id, claim)).collect();
    let mut answered: HashMap<i64, Vec<(&Link, &Claim)>> = HashMap::new();
    for Linked { denial, accusation, link } in links {
        if let Some(accusation) = accusations.get(accusation) {
            answered.entry(*denial).or_default().push((link, accusation));
        }
    }
    let shared = |link: &Link| -> BTreeSet<String> {
        let terms = link.reasons.iter().filter_map(|reason| match reason {
            Reason::SharedTerms(terms) => Some(terms),
            _ => None,
        });
        terms.flatten().map(|term| stem(&fold(term))).collect()
    };
    let of_one = |denial: &Claim| -> Option<Vec<&'c Claim>> {
        let mut answered = answered.get(&denial.id).filter(|answered| answered.len() > 1)?.clone();
        answered.sort_by(|a, b| b.0.score.total_cmp(&a.0.score).then(a.1.id.cmp(&b.1.id)));
        let &(best, first) = answered.first()?;
        let words = shared(best);
        let accused = first.target.as_ref()?;
        answered.retain(|(link, claim)| {
            link.score >= best.score * AS_SURELY
                && claim.target.as_ref().is_some_and(|other| accused.same(other).is_some())
                && !words.is_disjoint(&shared(link))
        });
        (answered.len() > 1).then(|| answered.into_iter().map(|(_, claim)| claim).collect())
    };
    all().filter(|claim| claim.act == Act::Denial && !claim.recalled).filter_map(of_one).collect()
}

/// The disputes of the log that denials show to be one.
fn merges(alike: &[Vec<&Claim>], places: &BTreeMap<i64, Place>) -> Vec<Merge> {
    let mut merges = BTreeSet::new();
    for alike in alike {
        let stored = |claim: &&Claim| match places.get(&claim.id) {
            Some(Place::Stored(dispute)) => Some(*dispute),
            _ => None,
        };
        let disputes: BTreeSet<i64> = alike.iter().filter_map(stored).collect();
        let mut disputes = disputes.into_iter();
        if let Some(into) = disputes.next() {
            merges.extend(disputes.map(|from| Merge { from, into }));
        }
    }
    merges.into_iter().collect()
}

fn denials_of<'c>(group: &[&Claim], new: &[&'c Claim], links: &[Linked]) -> Vec<&'c Claim> {
    let answers = |denial: &Claim| {
        links.iter().any(|linked| linked.denial == denial.id && group.iter().any(|claim| claim.id == linked.accusation))
    };
    new.iter().copied().filter(|claim| claim.act == Act::Denial && answers(claim)).collect()
}

/// The stored dispute in which a group of accusations belongs: that of the most similar accusation, of a stored denial
/// that answers one of the group, of a stored accusation that the group's own denials answer, or of the same denial in
/// another outlet.
fn home(
    group: &[&Claim],
    answering: &[&Claim],
    stored: &[Stored],
    links: &[Linked],
    weigh: &impl Fn(&str) -> f64,
) -> Option<i64> {
    let mut best: Option<(f64, i64)> = None;
    let mut consider = |score: f64, dispute: i64| {
        if best.is_none_or(|(least, _)| score > least) {
            best = Some((score, dispute));
        }
    };
    for Stored { claim: old, .. } in stored {
        let Some(dispute) = old.dispute else {
            continue;
        };
        for accusation in group {
            if let Some(score) = same_matter(accusation, old, weigh) {
                consider(score, dispute);
            }
            for linked in links.iter().filter(|linked| linked.denial == old.id && linked.accusation == accusation.id) {
                consider(linked.link.score, dispute);
            }
        }
        for denial in answering {
            for linked in links.iter().filter(|linked| linked.denial == denial.id && linked.accusation == old.id) {
                consider(linked.link.score, dispute);
            }
            if let Some(score) = told_twice(denial, old, weigh) {
                consider(score, dispute);
            }
        }
    }
    best.map(|(_, dispute)| dispute)
}

/// Whether two denials of one side may be one event told twice, be it in disputes of their own: the passages in which they
/// stand have the matter in common.
pub fn retold(denial: &Claim, other: &Claim, weigh: &impl Fn(&str) -> f64) -> bool {
    let names = names(denial, other);
    matter_score(&wide(denial, &names).shared(&wide(other, &names), weigh)).is_some_and(|score| score >= RETOLD)
}

/// The dispute of the same denial in another outlet.
fn twin(denial: &Claim, stored: &[Stored], weigh: &impl Fn(&str) -> f64) -> Option<Place> {
    let twins = stored.iter().filter_map(|old| Some((told_twice(denial, &old.claim, weigh)?, old.claim.dispute?)));
    twins.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, dispute)| Place::Stored(dispute))
}

/// How surely two denials are one, told twice.
fn told_twice(denial: &Claim, other: &Claim, weigh: &impl Fn(&str) -> f64) -> Option<f64> {
    let near = |a: When, b: When| a.days_apart(b).is_some_and(|days| days <= ONE_EVENT_DAYS);
    let both = denial.act == Act::Denial && other.act == Act::Denial && denial.id != other.id;
    if both && near(denial.when(), other.when()) { same_matter(denial, other, weigh) } else { None }
}

/// Those that say most first: real accusations before mentions, then the longer.
fn best_told<'c>(group: &[&'c Claim]) -> Vec<&'c Claim> {
    let mut group = group.to_vec();
    group.sort_by_key(|claim| (claim.presupposed, std::cmp::Reverse(claim.terms.iter().count())));
    group
}
