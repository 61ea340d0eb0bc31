//! Which accusations of the article a denial answers, and which statements restate earlier ones.

use super::assembly::{Article, Draft};
use super::parties::same_party;
use super::{Act, Party};
use std::collections::{HashMap, HashSet};

/// How many accusations one denial is linked to.
const MOST_ANSWERS: usize = 3;

/// The sentences of an item that is only a feed's summary.
const BRIEF: usize = 8;

/// An accusation below this confidence may be none.
const DOUBTFUL: f64 = 0.7;

/// From how many paragraphs on an accusation stands far from its denial.
const FAR: f64 = 3.0;

/// How many drafts around a denial are looked at, so that time stays linear.
const WINDOW: usize = 150;

/// Numbers the drafts, links denials to accusations, drops tentative denials that answer nothing, marks repeats.
pub fn connect(article: &Article, drafts: &mut Vec<Draft>) {
    let terms: Vec<HashSet<String>> = drafts.iter().map(|draft| terms(article, draft)).collect();
    // The accusation that a denial presupposes, by the denial's origin.
    let mut own: HashMap<usize, usize> = HashMap::new();
    for (number, draft) in drafts.iter().enumerate() {
        for &denial in &draft.presupposed_by {
            own.entry(denial).or_insert(number);
        }
    }
    let mut answers: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for (number, denial) in drafts.iter().enumerate() {
        if denial.statement.act == Act::Denial {
            answers[number] = answered(article, drafts, &terms, &own, number);
        }
    }
    // A tentative denial that answers nothing is only a saying.
    for (draft, answers) in drafts.iter_mut().zip(&answers) {
        if draft.tentative && draft.statement.act == Act::Denial && answers.is_empty() {
            draft.statement.act = Act::Other;
        }
    }
    // An implied accusation that nobody needs is none. Only a brief item leaves out who accused; in a longer article
    // the accusation stands elsewhere, and is not to be made up from its denial.
    let brief = article.doc.sentences().len() <= BRIEF;
    let answered: HashSet<usize> = answers.iter().flatten().copied().collect();
    let mut kept = vec![None; drafts.len()];
    let mut number = 0;
    for (at, draft) in drafts.iter().enumerate() {
        if !draft.implied || brief && answered.contains(&at) {
            kept[at] = Some(number);
            number += 1;
        }
    }
    let keep = |at: &usize| kept[*at].is_some();
    let mut at = 0;
    drafts.retain(|_| {
        at += 1;
        keep(&(at - 1))
    });
    let answers: Vec<Vec<usize>> = answers
        .into_iter()
        .enumerate()
        .filter(|(at, _)| keep(at))
        .map(|(_, answers)| answers.into_iter().filter_map(|answer| kept[answer]).collect())
        .collect();
    let terms: Vec<HashSet<String>> =
        terms.into_iter().enumerate().filter(|(at, _)| keep(at)).map(|(_, terms)| terms).collect();
    for (number, draft) in drafts.iter_mut().enumerate() {
        draft.statement.id = u32::try_from(number + 1).unwrap_or(u32::MAX);
    }
    // Whoever denies an accusation that names nobody is whom it was taken to mean.
    for (number, answers) in answers.iter().enumerate() {
        let denial = &drafts[number].statement;
        let side = denial.on_behalf_of.clone().or_else(|| denial.speaker.clone());
        for &answer in answers {
            let target = &mut drafts[answer].statement.target;
            *target = target.take().or_else(|| side.clone());
        }
    }
    for (number, answers) in answers.into_iter().enumerate() {
        drafts[number].statement.answers =
            answers.into_iter().map(|answer| u32::try_from(answer + 1).unwrap_or(u32::MAX)).collect();
    }
    repeats(drafts, &terms);
    // A denial restated answers what it answered the first time; it is no second event.
    for at in 0..drafts.len() {
        let original = drafts[at].statement.repeats.and_then(|id| drafts.get(id as usize - 1));
        if drafts[at].statement.act == Act::Denial
            && original.is_some_and(|first| !first.statement.answers.is_empty() && !first.statement.recalled)
        {
            drafts[at].statement.answers.clear();
        }
    }
}

/// The content words of a statement, as dictionary forms without function words.
fn terms(article: &Article, draft: &Draft) -> HashSet<String> {
    let doc = article.doc;
    draft
        .content
        .iter()
        .flat_map(Clone::clone)
        .filter(|&at| {
            let tag = doc.tokens()[at].tag;
            tag.is_noun() || tag.is_verb() || matches!(tag, crate::language::Tag::JJ | crate::language::Tag::CD)
        })
        .map(|at| doc.lemma(at).to_lowercase())
        .filter(|lemma| lemma.len() > 2 && !COMMON.contains(&lemma.as_str()))
        .collect()
}

/// Words that two passages share by chance.
const COMMON: &[&str] = &[
    "allegation",
    "accusation",
    "claim",
    "charge",
    "report",
    "deny",
    "say",
    "tell",
    "have",
    "make",
    "take",
    "get",
    "give",
    "people",
    "year",
    "time",
    "day",
    "week",
    "thing",
    "way",
    "know",
    "think",
    "want",
    "call",
    "use",
    "come",
    "new",
    "last",
    "mr.",
    "mrs.",
    "ms.",
    "other",
    "more",
    "first",
    "many",
    "such",
    "own",
    "work",
    "man",
    "woman",
    "president",
    "minister",
    "state",
    "country",
    "government",
    "not",
    "be",
];

fn answered(
    article: &Article,
    drafts: &[Draft],
    terms: &[HashSet<String>],
    own: &HashMap<usize, usize>,
    number: usize,
) -> Vec<usize> {
    let denial = &drafts[number];
    let mut side: Vec<&Party> = denial.statement.speaker.iter().chain(denial.statement.on_behalf_of.iter()).collect();
    let own = own.get(&denial.origin).copied();
    // Nobody knows whether nobody was accused.
    if side.is_empty() {
        return Vec::new();
    }
    if let Some(own) = own
        && let Some(target) = &drafts[own].statement.target
    {
        side.push(target);
    }
    let low = number.saturating_sub(WINDOW);
    let high = (number + WINDOW).min(drafts.len());
    let place = |draft: &Draft| article.doc.sentences()[draft.sentence].paragraph as f64;
    let mut scored: Vec<(f64, usize)> = Vec::new();
    for at in low..high {
        let accusation = &drafts[at];
        if accusation.statement.act != Act::Accusation
            || Some(at) == own
            || !accusation.presupposed_by.is_empty() && accusation.sentence > denial.sentence
        {
            continue;
        }
        if let (Some(accuser), Some(denier)) = (&accusation.statement.speaker, side.first())
            && same_party(accuser, denier)
        {
            continue;
        }
        let blames_side = accusation
            .statement
            .target
            .as_ref()
            .is_some_and(|target| side.iter().any(|party| same_party(target, party)));
        let shared = terms[at].intersection(&terms[number]).count() as f64;
        let own_terms = own.map_or(0.0, |own| terms[at].intersection(&terms[own]).count() as f64);
        let shared = shared.max(own_terms);
        let by_accuser = match (&denial.statement.accuser, &accusation.statement.speaker) {
            (Some(named), Some(speaker)) => same_party(named, speaker),
            _ => false,
        };
        let away = (place(accusation) - place(denial)).abs();
        let beside = shared >= 2.0 && away <= 4.0 || denial.anaphoric && at < number && away <= 5.0;
        if !(blames_side || beside || by_accuser && shared >= 2.0) {
            continue;
        }
        // Far away, or hardly an accusation: only the same words can tie them together.
        // A plea answers the charge wherever the article states it.
        let far = if denial.pleads { FAR * 4.0 } else { FAR };
        let weak = accusation.statement.confidence < DOUBTFUL || away >= far;
        let brief = article.doc.sentences().len() <= BRIEF;
        if weak && !brief && !(blames_side && shared >= 2.0) {
            continue;
        }
        if denial.tentative && !(blames_side && shared >= 2.0) {
            continue;
        }
        let before = at < number;
        let specific = !denial.anaphoric;
        let mut score = accusation.statement.confidence + shared.min(4.0) * 0.5 - away.min(12.0) * 0.06;
        score += if by_accuser { 1.0 } else { 0.0 };
        score -= if blames_side { 0.0 } else { 0.5 };
        score += if before { 0.3 } else { 0.0 };
        if specific && shared < 1.0 {
            score -= 0.3;
        }
        if denial.tentative && shared < 1.0 && away > 1.0 {
            score -= 1.0;
        }
        scored.push((score, at));
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    // "Denied shipping shells" answers whoever said that it did; only where nobody did, what is denied is itself all that
    // is known of the accusation.
    let open = |&(score, at): &(f64, usize)| score >= 0.2 && !drafts[at].implied;
    let told = own.is_some_and(|own| drafts[own].implied) && scored.iter().any(open);
    if told {
        scored.retain(|&(_, at)| !drafts[at].implied);
    }
    let mut chosen: Vec<usize> = own.into_iter().filter(|_| !told).collect();
    let floor = if denial.tentative { 1.5 } else { 0.4 };
    let best = scored.first().map_or(0.0, |&(score, _)| score);
    for (score, at) in scored {
        if chosen.len() >= MOST_ANSWERS || score < floor || score < best - 0.5 {
            break;
        }
        chosen.push(at);
    }
    chosen.sort_unstable();
    chosen
}

/// A statement restates an earlier one of the same party and act when it shares most of its words.
fn repeats(drafts: &mut [Draft], terms: &[HashSet<String>]) {
    let mut by_term: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, own) in terms.iter().enumerate() {
        if own.len() >= 2 {
            let mut counts: HashMap<usize, usize> = HashMap::new();
            for term in own {
                for &earlier in by_term.get(term.as_str()).into_iter().flat_map(|list| list.iter().rev().take(20)) {
                    *counts.entry(earlier).or_default() += 1;
                }
            }
            let original = counts
                .into_iter()
                .filter(|&(earlier, shared)| {
                    let (a, b) = (&drafts[earlier].statement, &drafts[number].statement);
                    a.act == b.act
                        && shared * 2 > own.len().min(terms[earlier].len())
                        && shared >= 2
                        && match (&a.speaker, &b.speaker) {
                            (Some(a), Some(b)) => same_party(a, b),
                            (None, None) => a.act != Act::Other,
                            _ => false,
                        }
                        && match (&a.target, &b.target) {
                            (Some(a), Some(b)) => same_party(a, b),
                            _ => true,
                        }
                })
                .map(|(earlier, _)| earlier)
                .min();
            drafts[number].statement.repeats = original.map(|original| drafts[original].statement.id);
        }
        for term in own {
            by_term.entry(term).or_default().push(number);
        }
    }
}
