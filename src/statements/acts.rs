//! What a content does: whether it accuses somebody of a wrong, or calls an allegation untrue.

use super::lexicon::List;
use super::phrases::{self, Np};
use crate::language::{Dep, Document, Tag};
use std::ops::Range;

/// A content that blames somebody.
#[derive(Debug, Clone)]
pub struct Blame {
    /// Who is blamed, where the content says.
    pub target: Option<Np>,
    /// How much speaks for an accusation, about 0 to 1.
    pub weight: f64,
}

/// A content that says an allegation is untrue.
#[derive(Debug, Clone, Copy)]
pub struct Rebuttal {
    /// How much speaks for a denial, about 0 to 1; below [`SURE`] only beside an accusation that it can answer.
    pub weight: f64,
    /// Which words rebut, and whom or what they are said of.
    pub how: &'static str,
}

/// From this weight on a rebuttal is a denial whatever else the article holds.
pub const SURE: f64 = 0.6;

/// What the content rebuts, if anything. `speaks` tells whether a noun phrase is the speaker or the speaker's side.
pub fn rebuttal(doc: &Document, content: &Range<usize>, speaks: impl Fn(&Np) -> bool) -> Option<Rebuttal> {
    let tokens = doc.tokens();
    let lower = |at: usize| doc.word(at).to_lowercase();
    let next = |at: usize| if at < content.end { lower(at) } else { String::new() };
    let mut best: Option<Rebuttal> = None;
    let mut offer = |how: &'static str, weight: f64| {
        if best.is_none_or(|best| weight > best.weight) {
            best = Some(Rebuttal { weight, how });
        }
    };
    let own = |at: usize| governed_by_speaker(doc, at, &speaks);
    for at in content.clone() {
        let word = lower(at);
        match word.as_str() {
            "no" => match next(at + 1).as_str() {
                "truth" | "wrongdoing" => offer("no truth", 0.8),
                "basis" | "foundation" | "merit" | "substance" => offer("no basis", 0.65),
                "involvement" | "role" | "knowledge" | "part" | "hand" | "connection" | "link" | "links"
                | "intention" | "plans" | "plan" => {
                    let (how, weight) = if own(at) { ("no part of mine", 0.5) } else { ("no part", 0.25) };
                    offer(how, weight);
                }
                _ => {}
            },
            "nothing" => match (next(at + 1).as_str(), next(at + 2).as_str()) {
                ("wrong" | "illegal" | "improper" | "inappropriate", _) => {
                    let (how, weight) = if own(at) { ("nothing wrong of mine", 0.75) } else { ("nothing wrong", 0.35) };
                    offer(how, weight);
                }
                ("to", "do") if own(at) => offer("nothing to do with me", 0.7),
                ("to", "do") => offer("nothing to do", 0.3),
                _ => {}
            },
            "innocent" | "innocence" if tokens[at].dep != Dep::Amod => {
                let (how, weight) =
                    if own(at) || word == "innocence" { ("innocent", 0.65) } else { ("another innocent", 0.4) };
                offer(how, weight);
            }
            "guilty" if at > 0 && lower(at - 1) == "not" => {
                let (how, weight) = if own(at) { ("not guilty", 0.65) } else { ("another not guilty", 0.3) };
                offer(how, weight);
            }
            "wrongdoing"
                if (at.saturating_sub(6)..at)
                    .any(|before| matches!(lower(before).as_str(), "any" | "not" | "no" | "never")) =>
            {
                offer("any wrongdoing", 0.6)
            }
            "true" | "accurate" | "correct"
                if phrases::negated(doc, at) || at > 0 && matches!(lower(at - 1).as_str(), "not" | "n't" | "n’t") =>
            {
                let (how, weight) = predicate(doc, at);
                offer(how, weight);
            }
            "never" => {
                if let Some(verb) = governor_verb(doc, at)
                    && let Some((np, _)) = phrases::subject(doc, verb)
                    && content.contains(&np.head)
                    && phrases::modal(doc, verb).is_none()
                {
                    if speaks(&np) {
                        offer("I never", 0.45);
                    } else if matches!(tokens[verb].tag, Tag::VBD | Tag::VBN) && is_it(doc, np.head) {
                        offer("it never", 0.4);
                    }
                }
            }
            "not" | "n't" | "n’t" => {
                if let Some(verb) =
                    tokens[at].head.filter(|&head| content.contains(&head) && tokens[head].tag.is_verb())
                    && let Some((np, _)) = phrases::subject(doc, verb)
                    && content.contains(&np.head)
                    && speaks(&np)
                    && phrases::modal(doc, verb).is_none()
                    && !matches!(
                        doc.lemma(verb),
                        "know"
                            | "think"
                            | "believe"
                            | "want"
                            | "understand"
                            | "remember"
                            | "see"
                            | "need"
                            | "like"
                            | "comment"
                            | "care"
                            | "get"
                            | "expect"
                            | "feel"
                            | "agree"
                            | "mind"
                            | "worry"
                            | "accept"
                            | "recall"
                    )
                {
                    offer("I not", 0.3);
                }
            }
            _ if List::Untrue.has(&word) && !is_negated_near(doc, at) => {
                if tokens[at].dep == Dep::Amod {
                    let noun = tokens[at].head.unwrap_or(at);
                    if List::Allegation.has(doc.lemma(noun)) {
                        offer("false allegation", 0.45);
                    }
                } else {
                    let (how, weight) = predicate(doc, at);
                    offer(how, weight);
                }
            }
            _ => {}
        }
    }
    best
}

/// "This report is false", "the claims were groundless": by what it is said of.
fn predicate(doc: &Document, at: usize) -> (&'static str, f64) {
    let Some((np, _)) = phrases::subject(doc, at) else { return ("untrue", 0.2) };
    let lemma = doc.lemma(np.head).to_lowercase();
    if List::Allegation.has(&lemma)
        || np.range.clone().any(|inside| inside < np.head + 8 && strong_noun(doc.lemma(inside)))
    {
        return ("untrue allegation", 0.75);
    }
    match lemma.as_str() {
        "it" | "this" | "that" | "these" | "those" | "they" => ("it untrue", 0.4),
        _ if matches!(
            doc.lemma(at),
            "wrong" | "lie" | "outrageous" | "ridiculous" | "absurd" | "misleading" | "exaggerated" | "myth"
        ) =>
        {
            ("wrong", 0.15)
        }
        _ => ("thing untrue", 0.3),
    }
}

fn strong_noun(lemma: &str) -> bool {
    matches!(lemma, "allegation" | "accusation" | "claim" | "rumour" | "rumor" | "charge")
}

fn is_it(doc: &Document, head: usize) -> bool {
    matches!(doc.lemma(head).to_lowercase().as_str(), "it" | "this" | "that")
}

fn is_negated_near(doc: &Document, at: usize) -> bool {
    phrases::negated(doc, at)
}

fn governor_verb(doc: &Document, at: usize) -> Option<usize> {
    let tokens = doc.tokens();
    let head = tokens[at].head?;
    if tokens[head].tag.is_verb() || phrases::is_nominal(doc, head) { Some(head) } else { tokens[head].head }
}

fn governed_by_speaker(doc: &Document, at: usize, speaks: &impl Fn(&Np) -> bool) -> bool {
    let tokens = doc.tokens();
    let mut node = at;
    for _ in 0..4 {
        if (tokens[node].tag.is_verb() || doc.child(node, Dep::Cop).is_some())
            && let Some((np, _)) = phrases::subject(doc, node)
        {
            return speaks(&np);
        }
        match tokens[node].head {
            Some(head) => node = head,
            None => return false,
        }
    }
    false
}

/// What the content blames whom for, if anything. `speaks` tells whether a noun phrase is the speaker.
pub fn blame(doc: &Document, content: &Range<usize>, speaks: impl Fn(&Np) -> bool) -> Option<Blame> {
    let tokens = doc.tokens();
    let mut best: Option<Blame> = None;
    let mut offer = |candidate: Blame| {
        if best.as_ref().is_none_or(|best| candidate.weight > best.weight) {
            best = Some(candidate);
        }
    };
    for at in content.clone() {
        let lemma = doc.lemma(at);
        let tag = tokens[at].tag;
        if tag.is_verb() && tokens[at].dep != Dep::Amod {
            let does = List::Does.has(lemma);
            let how = doc.children(at).any(|child| tokens[child].tag == Tag::RB && List::How.has(doc.lemma(child)));
            let may = List::May.has(lemma);
            if !does && !may && !how {
                continue;
            }
            let Some(weight) = committed(doc, at) else { continue };
            let weight = weight
                * if does {
                    1.0
                } else if how {
                    0.9
                } else {
                    0.45
                };
            let (target, weight) = match phrases::subject(doc, at) {
                Some((np, false)) => (Some(np), weight),
                Some((_, true)) => match phrases::agent(doc, at) {
                    Some(np) => (Some(np), weight),
                    None => (None, weight * 0.35),
                },
                None => (None, weight * 0.4),
            };
            let weight = target_weight(doc, &target, content, &speaks) * weight;
            offer(Blame { target, weight });
        } else if (List::Doer.has(lemma) || List::Bad.has(lemma))
            && (doc.child(at, Dep::Cop).is_some() || tokens[at].dep == Dep::Xcomp)
        {
            let Some(weight) = committed(doc, at) else { continue };
            let target = phrases::subject(doc, at).map(|(np, _)| np);
            let weight = target_weight(doc, &target, content, &speaks)
                * weight
                * if List::Doer.has(lemma) { 0.75 } else { 0.65 };
            offer(Blame { target, weight });
        } else if tag.is_noun() && List::Deed.has(&lemma.to_lowercase()) {
            // "the company's fraud", "committed fraud", "is behind the attack".
            let possessor = doc.children(at).find(|&child| tokens[child].dep == Dep::NmodPoss);
            if let Some(possessor) = possessor {
                let target = Some(phrases::noun_phrase(doc, possessor));
                let weight = 0.45 * target_weight(doc, &target, content, &speaks);
                offer(Blame { target, weight });
            } else if let Some(head) = tokens[at].head
                && tokens[head].tag.is_verb()
                && content.contains(&head)
                && tokens[at].dep == Dep::Obj
                && matches!(
                    doc.lemma(head),
                    "commit"
                        | "carry"
                        | "conduct"
                        | "orchestrate"
                        | "stage"
                        | "spread"
                        | "wage"
                        | "plan"
                        | "organise"
                        | "organize"
                        | "engage"
                        | "perpetrate"
                        | "launch"
                        | "promote"
                        | "sponsor"
                        | "use"
                        | "cover"
                        | "cause"
                )
                && let Some(weight) = committed(doc, head)
            {
                let (target, passive) = match phrases::subject(doc, head) {
                    Some((np, passive)) => (Some(np), passive),
                    None => (None, false),
                };
                if !passive {
                    let weight = 0.85 * weight * target_weight(doc, &target, content, &speaks);
                    offer(Blame { target, weight });
                }
            }
        } else if lemma == "behind" && tokens[at].tag == Tag::IN {
            let subject = tokens[at].head.and_then(|head| phrases::subject(doc, head));
            let deed = tokens[at].head.is_some_and(|head| List::Deed.has(doc.lemma(head)));
            if deed && let Some((target, false)) = subject {
                let target = Some(target);
                let weight = 0.7 * target_weight(doc, &target, content, &speaks);
                offer(Blame { target, weight });
            }
        }
    }
    best.filter(|best| best.weight > 0.0)
}

/// Whether the deed is said to be done, being done or planned: nothing for the negated, conditional and merely possible.
fn committed(doc: &Document, verb: usize) -> Option<f64> {
    let tokens = doc.tokens();
    if phrases::negated(doc, verb) || phrases::conditional(doc, verb) {
        return None;
    }
    match phrases::modal(doc, verb) {
        Some("would" | "could" | "might" | "may" | "should" | "can" | "must") => return Some(0.25),
        Some("will") => return Some(0.4),
        _ => {}
    }
    if tokens[verb].tag == Tag::VB && tokens[verb].dep == Dep::Root {
        return None;
    }
    if tokens[verb].dep == Dep::Xcomp
        && let Some(head) = tokens[verb].head
        && tokens[head].tag.is_verb()
    {
        if phrases::negated(doc, head)
            || matches!(phrases::modal(doc, head), Some("would" | "could" | "might" | "may" | "should"))
        {
            return None;
        }
        return match doc.lemma(head) {
            "try" | "attempt" | "plan" | "conspire" | "plot" | "seek" | "continue" | "want" | "help" | "threaten"
            | "begin" | "start" | "prepare" | "intend" => Some(0.9),
            _ => Some(0.6),
        };
    }
    Some(1.0)
}

fn target_weight(doc: &Document, target: &Option<Np>, content: &Range<usize>, speaks: &impl Fn(&Np) -> bool) -> f64 {
    let Some(np) = target else { return 0.7 };
    let lemma = doc.lemma(np.head).to_lowercase();
    if speaks(np) || matches!(lemma.as_str(), "i" | "we" | "me" | "us") {
        return 0.0;
    }
    if !content.contains(&np.head) {
        return 0.6;
    }
    match lemma.as_str() {
        "it" | "this" | "that" | "which" | "what" | "there" | "these" | "those" => 0.5,
        "he" | "she" | "they" => 0.95,
        "you" => 0.5,
        "people" | "someone" | "anyone" | "everyone" | "nobody" | "anybody" | "one" | "who" | "many" | "some" => 0.4,
        _ if doc.tokens()[np.head].tag.is_proper_noun() => 1.0,
        _ => 0.75,
    }
}
