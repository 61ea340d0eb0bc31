//! Phrases over the tree: noun phrases, subjects, clauses. Each falls back on tags where the tree gives nothing.

use super::nouns::{self, Kind, NOUNS};
use crate::language::{Dep, Document, Tag};
use std::ops::Range;

/// How many steps a walk up or along a tree may take: real sentences need few, hostile ones get no more.
const STEPS: usize = 12;

/// A noun phrase: its head and the tokens it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Np {
    /// The head noun, name or pronoun.
    pub head: usize,
    /// The whole phrase.
    pub range: Range<usize>,
}

/// Whether the token means somebody whom the text names elsewhere: a pronoun of the third person, or a role with an article,
/// *the ministry*.
pub fn refers(doc: &Document, at: usize) -> bool {
    let word = |at: usize| doc.word(at).to_lowercase();
    match doc.tokens()[at].tag {
        Tag::PRP | Tag::PRPS => nouns::pronoun(&word(at)).is_some(),
        // Not several: "the rebels" are seldom anybody who is named.
        Tag::NN => {
            // The article and at most two words between.
            let mut before = (0..at).rev().take(3).take_while(|&before| {
                let tag = doc.tokens()[before].tag;
                tag.is_noun() || matches!(tag, Tag::JJ | Tag::DT | Tag::CD)
            });
            NOUNS.kind(&doc.lemma(at).to_lowercase()) != Kind::Unknown
                && before.any(|before| matches!(word(before).as_str(), "the" | "this" | "that"))
        }
        _ => false,
    }
}

/// The noun phrase of a head: with modifiers, names, apposition and coordinated nouns, without relative clauses.
pub fn noun_phrase(doc: &Document, head: usize) -> Np {
    let tokens = doc.tokens();
    let mut start = head;
    for child in doc.children(head).filter(|&child| child < head).rev() {
        match tokens[child].dep {
            Dep::Case
            | Dep::Mark
            | Dep::Punct
            | Dep::Cc
            | Dep::Discourse
            | Dep::Parataxis
            | Dep::Cop
            | Dep::Aux
            | Dep::Nsubj
            | Dep::Expl => {}
            Dep::Advmod if start == head && !tokens[child].tag.is_noun() && doc.lemma(child) != "only" => {}
            _ => start = doc.subtree(child).start.min(start),
        }
    }
    let mut end = behind(doc, head);
    for child in doc.children(head).filter(|&child| child > head) {
        let reach = doc.subtree(child);
        let keep = match tokens[child].dep {
            _ if is_time(doc, child) => false,
            Dep::Flat
            | Dep::Compound
            | Dep::Nmod
            | Dep::NmodDesc
            | Dep::NmodUnmarked
            | Dep::NmodPoss
            | Dep::Nummod
            | Dep::Fixed
            | Dep::Goeswith
            | Dep::Amod => true,
            Dep::Appos => reach.len() <= 30,
            Dep::Case => false,
            Dep::Conj => tokens[child].tag.is_noun() || tokens[child].tag == Tag::PRP,
            Dep::Acl => tokens[child].tag == Tag::VBN && reach.len() <= 8,
            _ => false,
        };
        if keep {
            end = end.max(reach.end);
        }
    }
    // "BRASK, May 27 (Meridian) - The commander": the place line is no part of it.
    if let Some(dash) = (start..head).rev().find(|&at| is_spaced_dash(doc, at)) {
        start = dash + 1;
    }
    trimmed(doc, head, start..end)
}

/// A dash with space on both sides.
pub fn is_spaced_dash(doc: &Document, at: usize) -> bool {
    let tokens = doc.tokens();
    let span = tokens[at].span;
    matches!(doc.word(at), "-" | "–" | "—" | "--")
        && at.checked_sub(1).is_some_and(|before| tokens[before].span.end < span.start)
        && tokens.get(at + 1).is_some_and(|after| span.end < after.span.start)
}

/// A stretch of tokens as a noun phrase: its head is the noun, name or pronoun that the others hang on.
pub fn whole(doc: &Document, range: Range<usize>) -> Np {
    let tokens = doc.tokens();
    let outside = |at: &usize| tokens[*at].head.is_none_or(|head| !range.contains(&head));
    let nominal = |at: &usize| is_nominal(doc, *at);
    let head = range.clone().find(|at| outside(at) && nominal(at));
    let head = head.or_else(|| range.clone().rev().find(nominal)).unwrap_or(range.end - 1);
    trimmed(doc, head, range)
}

/// The range without punctuation, prepositions and conjunctions at its ends, never without its head.
fn trimmed(doc: &Document, head: usize, mut range: Range<usize>) -> Np {
    let tokens = doc.tokens();
    let joins = |at: usize| is_punct(doc, at) || matches!(tokens[at].tag, Tag::IN | Tag::CC | Tag::TO);
    while range.start < head && joins(range.start) {
        range.start += 1;
    }
    while range.end > head + 1 && (joins(range.end - 1) || tokens[range.end - 1].tag == Tag::POS) {
        range.end -= 1;
    }
    Np { head, range }
}

/// Whether the token is punctuation.
pub fn is_punct(doc: &Document, token: usize) -> bool {
    !doc.word(token).chars().any(char::is_alphanumeric)
}

/// The subject of a verb: its own, or the one it shares with the verb it is coordinated with or depends on.
/// `passive` tells whether it is the subject of a passive.
pub fn subject(doc: &Document, verb: usize) -> Option<(Np, bool)> {
    let tokens = doc.tokens();
    let mut at = verb;
    for _ in 0..STEPS {
        let subject_of = |verb: usize| {
            doc.children(verb).find(|&child| {
                matches!(tokens[child].dep, Dep::Nsubj | Dep::NsubjPass | Dep::NsubjOuter) && !is_time(doc, child)
            })
        };
        // The parser may hang a subject on the auxiliary: "Orlan | has accused".
        let of_auxiliary = || {
            let auxiliary = doc.children(at).find(|&child| matches!(tokens[child].dep, Dep::Aux | Dep::AuxPass));
            auxiliary.filter(|&auxiliary| auxiliary < at).and_then(subject_of)
        };
        let own = subject_of(at).or_else(of_auxiliary);
        if let Some(own) = own {
            let passive = at == verb && (tokens[own].dep == Dep::NsubjPass || is_passive(doc, verb));
            if matches!(tokens[own].tag, Tag::WDT | Tag::WP)
                || (doc.lemma(own) == "that" && tokens[at].dep == Dep::AclRelcl)
            {
                let noun = tokens[at].head?;
                return is_nominal(doc, noun).then(|| (noun_phrase(doc, noun), passive));
            }
            if tokens[own].tag == Tag::EX {
                return None;
            }
            return Some((noun_phrase(doc, own), passive));
        }
        let head = tokens[at].head?;
        // "… after Veldia shrugged off responsibility": a clause with a time of its own has a subject of its own.
        let start = doc.sentences()[doc.sentence_of(verb)].tokens.start;
        let finite = matches!(tokens[verb].tag, Tag::VBD | Tag::VBZ | Tag::VBP) && tokens[verb].dep == Dep::Advcl;
        if at == verb
            && finite
            && verb > start
            && is_nominal(doc, verb - 1)
            && let Some(own) = nearest_noun_phrase(doc, verb, false)
        {
            return Some((own, false));
        }
        match tokens[at].dep {
            // Or the parser takes the verb itself for an auxiliary: "Orlan, who …, | denies bribing him".
            Dep::Aux | Dep::Conj | Dep::Xcomp | Dep::Advcl | Dep::Parataxis => at = head,
            Dep::Ccomp if tokens[at].tag == Tag::VBG => at = head,
            Dep::Acl if is_nominal(doc, head) => {
                let passive = tokens[at].tag == Tag::VBN;
                return Some((noun_phrase(doc, head), passive));
            }
            _ => return None,
        }
        if !tokens[at].tag.is_verb()
            && is_nominal(doc, at)
            && tokens[at].tag.is_noun()
            && doc.child(at, Dep::Nsubj).is_none()
        {
            // A participle that hangs on a noun: the noun speaks.
            return Some((noun_phrase(doc, at), tokens[verb].tag == Tag::VBN));
        }
    }
    None
}

/// Whether "year-old" ends at the token: "the 41-year-old".
pub fn is_aged(doc: &Document, end: usize) -> bool {
    let first = end.checked_sub(3);
    first.is_some_and(|first| ["year", "-", "old"].iter().zip(first..end).all(|(word, at)| doc.word(at) == *word))
}

/// Whether the token can head a noun phrase.
pub fn is_nominal(doc: &Document, token: usize) -> bool {
    let tag = doc.tokens()[token].tag;
    tag.is_noun() || matches!(tag, Tag::PRP | Tag::DT | Tag::CD | Tag::WP | Tag::JJ | Tag::JJS)
}

/// Whether the verb is a passive.
pub fn is_passive(doc: &Document, verb: usize) -> bool {
    let tokens = doc.tokens();
    if !matches!(tokens[verb].tag, Tag::VBN | Tag::VBD | Tag::JJ) {
        return false;
    }
    // "He's always denied it": has, not is.
    let has = doc.children(verb).any(|child| child < verb && matches!(doc.word(child), "'s" | "’s"));
    if has && doc.child(verb, Dep::Obj).is_some() {
        return false;
    }
    doc.children(verb).any(|child| {
        matches!(tokens[child].dep, Dep::AuxPass | Dep::NsubjPass)
            || tokens[verb].tag == Tag::JJ && tokens[child].dep == Dep::Cop
            || tokens[child].dep == Dep::Aux
                && child < verb
                && matches!(doc.lemma(child), "be" | "get")
                && tokens[verb].tag == Tag::VBN
    })
}

/// The party after "by" of a passive.
pub fn agent(doc: &Document, verb: usize) -> Option<Np> {
    let tokens = doc.tokens();
    doc.children(verb)
        .find(|&child| {
            child > verb
                && (tokens[child].dep == Dep::OblAgent
                    || tokens[child].dep == Dep::Obl && preposition(doc, child) == Some("by"))
                && is_nominal(doc, child)
        })
        .map(|child| noun_phrase(doc, child))
}

/// The preposition of a noun, in lower case.
pub fn preposition<'d>(doc: &'d Document, noun: usize) -> Option<&'d str> {
    doc.children(noun)
        .take_while(|&child| child < noun)
        .find(|&child| doc.tokens()[child].dep == Dep::Case)
        .map(|child| doc.lemma(child))
}

/// Whether a verb or predicate is negated, by *not*, *never*, *neither* or *no longer*.
pub fn negated(doc: &Document, verb: usize) -> bool {
    let tokens = doc.tokens();
    doc.children(verb).any(|child| {
        child < verb + 3
            && matches!(tokens[child].dep, Dep::Advmod | Dep::Aux | Dep::CcPreconj | Dep::Cc | Dep::Det)
            && matches!(
                doc.lemma(child).to_ascii_lowercase().as_str(),
                "not" | "never" | "neither" | "nor" | "no" | "n't" | "n’t" | "hardly"
            )
    }) || doc.children(verb).any(|child| {
        tokens[child].dep.is_subject()
            && (matches!(doc.lemma(child).to_ascii_lowercase().as_str(), "nobody" | "none" | "nothing")
                || doc.children(child).any(|below| doc.lemma(below).eq_ignore_ascii_case("no")))
    })
}

/// The modal of a verb, in lower case: *would*, *could*, *will* …
pub fn modal<'d>(doc: &'d Document, verb: usize) -> Option<&'d str> {
    doc.children(verb)
        .take_while(|&child| child < verb)
        .find(|&child| doc.tokens()[child].tag == Tag::MD)
        .map(|child| doc.lemma(child))
}

/// Whether the verb's clause is a condition or a question: *if he denied it*, *whether she had lied*.
pub fn conditional(doc: &Document, verb: usize) -> bool {
    doc.children(verb)
        .take_while(|&child| child < verb)
        .any(|child| matches!(doc.lemma(child).to_ascii_lowercase().as_str(), "if" | "whether" | "unless"))
}

/// Whether the token is a noun of time that may stand beside a verb without a preposition: *Tuesday*, *last night*.
pub fn is_time(doc: &Document, token: usize) -> bool {
    let lemma = doc.lemma(token).to_ascii_lowercase();
    match lemma.as_str() {
        "today" | "yesterday" | "tomorrow" | "tonight" | "monday" | "tuesday" | "wednesday" | "thursday" | "friday"
        | "saturday" | "sunday" => true,
        "morning" | "afternoon" | "evening" | "night" | "week" | "weekend" | "month" | "year" => {
            token.checked_sub(1).is_some_and(|before| {
                ["last", "this", "next"].iter().any(|which| doc.word(before).eq_ignore_ascii_case(which))
            })
        }
        _ => false,
    }
}

/// The tokens of the range without punctuation at its ends, and without quotation marks that have lost their partner.
pub fn clean(doc: &Document, mut range: Range<usize>) -> Range<usize> {
    let edge = |token: usize| {
        let word = doc.word(token);
        !word.chars().any(char::is_alphanumeric)
            && !word.chars().any(|c| matches!(c, '$' | '£' | '€' | '@' | '#' | '%'))
    };
    while range.start < range.end && edge(range.start) {
        range.start += 1;
    }
    while range.end > range.start && edge(range.end - 1) {
        range.end -= 1;
    }
    range
}

/// The nearest noun phrase before (or, if `after`, behind) a token within its sentence, by tags alone.
pub fn nearest_noun_phrase(doc: &Document, token: usize, after: bool) -> Option<Np> {
    let tokens = doc.tokens();
    let sentence = doc.sentences()[doc.sentence_of(token)].tokens.clone();
    let in_phrase = |at: usize| {
        let tag = tokens[at].tag;
        tag.is_noun()
            || matches!(tag, Tag::PRP | Tag::DT | Tag::JJ | Tag::JJS | Tag::CD | Tag::POS | Tag::PRPS | Tag::HYPH)
    };
    let nominal = |at: usize| tokens[at].tag.is_noun() || tokens[at].tag == Tag::PRP;
    let head_of = |range: Range<usize>| range.rev().find(|&at| nominal(at) && !is_time(doc, at));
    let range = if after {
        let start = token + 1;
        let end = (start..sentence.end.min(start + STEPS)).take_while(|&at| in_phrase(at)).last()? + 1;
        start..end
    } else {
        let mut end = token;
        while end > sentence.start
            && matches!(tokens[end - 1].tag, Tag::RB | Tag::MD | Tag::VBZ | Tag::VBD | Tag::VBP)
            && token - end < 4
        {
            end -= 1;
        }
        let low = end.saturating_sub(STEPS).max(sentence.start);
        let start = (low..end).rev().take_while(|&at| in_phrase(at)).last()?;
        start..end
    };
    let head = head_of(range.clone())?;
    Some(Np { head, range: range.start..behind(doc, head) })
}

/// Where a noun ends: "the 41-year-old" has its last word in the tree anywhere.
fn behind(doc: &Document, head: usize) -> usize {
    let end = head + 1;
    let aged = doc.lemma(head) == "year" && end + 1 < doc.tokens().len();
    if aged && doc.word(end) == "-" && doc.word(end + 1) == "old" { end + 2 } else { end }
}
