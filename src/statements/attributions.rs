//! Attributions over the tree: which words are a cue, who is its source, what its content. What a content *does*
//! is judged later, in `acts`.

use super::Act;
use super::lexicon::{CUES, Frame, List};
use super::phrases::{self, Np, clean, is_punct};
use super::reader::{CUE, Reading};
use crate::language::{Dep, Document, Tag};
use std::collections::HashMap;
use std::ops::Range;

/// How far from its cue a quotation may stand, in tokens, and how far a phrase is looked for.
const REACH: usize = 60;

/// How many attributions before another are looked at, so that time stays linear.
const NEAR: usize = 12;

/// A content of fewer words says too little by itself.
const FEW: usize = 4;

/// How many words may name who makes a claim, between the claim and its clause.
const HOLDER: usize = 9;

/// An attribution as it stands in the text, in tokens.
#[derive(Debug, Clone)]
pub struct Attribution {
    /// The cue's tokens; none where a quotation goes on without one.
    pub cue: Option<Range<usize>>,
    /// The cue's frame.
    pub frame: Frame,
    /// What the cue alone says about the act.
    pub act: Act,
    /// Who speaks.
    pub source: Option<Np>,
    /// What is said, in text order.
    pub content: Vec<Range<usize>>,
    /// Whom the cue's own frame blames.
    pub blamed: Option<Np>,
    /// Whose allegation is rejected.
    pub accuser: Option<Np>,
    /// The content is an allegation that a denial names, by its noun.
    pub allegation: Option<usize>,
    /// Negated, hypothetical or asked: the act did not happen.
    pub void: bool,
    /// How sure the frame is of its parts, 0 to 1.
    pub certainty: f64,
    /// The paragraph-long quotation goes on from this attribution.
    pub continues: Option<usize>,
    /// What the reader hears here. Where it hears no attribution, this one counts only if it accuses or denies.
    pub heard: Option<Heard>,
    /// What the reader saw of its cue, as an index among what it saw.
    pub seen: Option<usize>,
    /// Only the reader finds it.
    pub only_heard: bool,
}

/// Source and content as the reader hears them: longer and surer than a frame's, but not cut to what one clause does.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Who speaks.
    pub source: Option<Np>,
    /// What is said, in text order.
    pub content: Vec<Range<usize>>,
    /// How surely it is an attribution, 0 to 1.
    pub certainty: f64,
}

impl Attribution {
    fn new(cue: Range<usize>, frame: Frame, act: Act) -> Self {
        Attribution {
            cue: Some(cue),
            frame,
            act,
            source: None,
            content: Vec::new(),
            blamed: None,
            accuser: None,
            allegation: None,
            void: false,
            certainty: 0.8,
            continues: None,
            heard: None,
            seen: None,
            only_heard: false,
        }
    }

    /// The token that stands for the attribution's place in the text.
    pub fn place(&self) -> usize {
        let content = self.content.first().map(|range| range.start);
        let cue = self.cue.as_ref().map(|range| range.start);
        content.into_iter().chain(cue).min().unwrap_or(0)
    }
}

/// Finds every attribution of the document, in text order.
pub fn find(doc: &Document, reading: &Reading) -> Vec<Attribution> {
    let mut found = Vec::new();
    for sentence in doc.sentences() {
        verbs(doc, sentence.tokens.clone(), &mut found);
        nouns(doc, sentence.tokens.clone(), &mut found);
        adverbs(doc, sentence.tokens.clone(), &mut found);
        sources(doc, sentence.tokens.clone(), &mut found);
        colon(doc, sentence.tokens.clone(), &mut found);
    }
    part(doc, &mut found);
    leave_out_denials(doc, &mut found);
    quotations(doc, &mut found);
    hear(doc, reading, &mut found);
    for attribution in &mut found {
        tidy(doc, &mut attribution.content, attribution.cue.as_ref());
        if let Some(heard) = &mut attribution.heard {
            tidy(doc, &mut heard.content, attribution.cue.as_ref());
        }
    }
    found.retain(|attribution| !attribution.content.is_empty());
    found.sort_by_key(Attribution::place);
    found
}

/// The part of a source that stands in one sentence: the cue's, else the last. No name goes on from a headline into the text.
fn in_one_sentence(doc: &Document, source: Range<usize>, cue: &Range<usize>) -> Range<usize> {
    let part = |sentence: usize| {
        let tokens = &doc.sentences()[sentence].tokens;
        source.start.max(tokens.start)..source.end.min(tokens.end)
    };
    let beside = part(doc.sentence_of(cue.start));
    if beside.is_empty() { part(doc.sentence_of(source.end - 1)) } else { beside }
}

/// Notes what the reader hears of each attribution, and adds what only it hears.
fn hear(doc: &Document, reading: &Reading, found: &mut Vec<Attribution>) {
    let mut by_cue: HashMap<usize, usize> = HashMap::new();
    for (number, attribution) in found.iter().enumerate() {
        // "pleaded *not guilty* to theft".
        let plea = attribution.content.first().filter(|_| attribution.frame == Frame::Pleads);
        let plea = plea.map(|content| content.start..content.end.min(content.start + 2));
        for token in attribution.cue.iter().chain(&plea).flat_map(Clone::clone) {
            let known = by_cue.entry(token).or_insert(number);
            if attribution.act != Act::Other {
                *known = number;
            }
        }
    }
    // What only its words of accusing or denying mark, inside what somebody says, is judged with that.
    let mut said = vec![false; doc.tokens().len()];
    for range in reading.seen.iter().filter(|seen| seen.certainty >= CUE).flat_map(|seen| &seen.content) {
        said[range.clone()].fill(true);
    }
    for (number, seen) in reading.seen.iter().enumerate() {
        let source = seen.source.clone().map(|range| phrases::whole(doc, in_one_sentence(doc, range, &seen.cue)));
        let source = source.filter(|np| !matches!(doc.word(np.head).to_lowercase().as_str(), "a" | "an" | "the"));
        let heard = |source| Heard { source, content: seen.content.clone(), certainty: f64::from(seen.certainty) };
        let heard = |source| Some(heard(source)).filter(|_| seen.certainty >= CUE);
        match seen.cue.clone().find_map(|token| by_cue.get(&token)) {
            Some(&known) => {
                let attribution = &mut found[known];
                attribution.seen = Some(number);
                // "A White House claim": whose it is, its own phrase says, or what is around it. "The mayor was accused by
                // prosecutors": whom the frame blames does not speak.
                let blamed = attribution.blamed.as_ref().map(|np| np.head);
                let source = source.filter(|np| blamed.is_none_or(|head| !np.range.contains(&head)));
                if attribution.frame != Frame::Noun && attribution.source.is_none() {
                    attribution.source.clone_from(&source);
                }
                let source = match (source, &attribution.source) {
                    (Some(heard), Some(framed)) if heard.range.contains(&framed.head) => {
                        Some(Np { head: framed.head, range: heard.range })
                    }
                    (source, framed) => source.or(framed.clone()),
                };
                attribution.heard = heard(source);
            }
            None if seen.certainty < CUE && said[seen.cue.start] => {}
            None => {
                let mut attribution = Attribution::new(seen.cue.clone(), Frame::Says, Act::Other);
                attribution.source.clone_from(&source);
                attribution.content.clone_from(&seen.content);
                attribution.certainty = f64::from(seen.certainty).max(0.5);
                attribution.heard = heard(source);
                attribution.seen = Some(number);
                attribution.only_heard = true;
                found.push(attribution);
            }
        }
    }
}

/// Ends what is said before a report of the saying: "She said *that it was false*, the agency reported".
fn part(doc: &Document, found: &mut [Attribution]) {
    found.sort_by_key(|attribution| attribution.cue.as_ref().map_or(0, |cue| cue.start));
    for number in 0..found.len() {
        let outer = &found[number];
        let (Some(cue), Some(first)) = (outer.cue.clone(), outer.content.iter().map(|range| range.start).min()) else {
            continue;
        };
        let end = outer.source.as_ref().map_or(cue.start, |source| source.range.start.min(cue.start));
        if first >= end || outer.act != Act::Other {
            continue;
        }
        let sentence = doc.sentences()[doc.sentence_of(cue.start)].tokens.start;
        let inner = found[..number].iter_mut().rev().take(NEAR);
        let inner = inner.take_while(|inner| inner.cue.as_ref().is_some_and(|cue| cue.start >= sentence.max(first)));
        for range in inner.flat_map(|inner| &mut inner.content).filter(|range| range.contains(&cue.start)) {
            range.end = end.max(range.start);
        }
    }
}

/// Ends what is said before the relative clause that denies it: "accused of two rapes, | which he denies".
fn leave_out_denials(doc: &Document, found: &mut [Attribution]) {
    let denied = |denial: &Attribution| {
        let cue = denial.cue.as_ref().filter(|_| denial.act == Act::Denial)?;
        let sentence = doc.sentences()[doc.sentence_of(cue.start)].tokens.start;
        let end =
            denial.content.iter().map(|range| range.end).max().filter(|&end| sentence < end && end <= cue.start)?;
        (end..cue.start).take(5).any(|at| matches!(doc.lemma(at), "which" | "something")).then_some((end, cue.start))
    };
    let denied: Vec<(usize, usize)> = found.iter().filter_map(denied).collect();
    // In text order by their cues, as `part` leaves them: what a denial cuts stands right before it.
    for (end, cue) in denied {
        let after = found.partition_point(|other| other.cue.as_ref().map_or(0, |other| other.start) < cue);
        let others = found[..after].iter_mut().rev().take(NEAR).flat_map(|other| &mut other.content);
        for content in others.filter(|content| content.start < end && content.contains(&cue)) {
            content.end = end;
        }
    }
}

// ---------------------------------------------------------------- verbs

fn verbs(doc: &Document, sentence: Range<usize>, found: &mut Vec<Attribution>) {
    let tokens = doc.tokens();
    for verb in sentence.clone() {
        let after = |i: usize| (verb + 1 + i < sentence.end).then(|| doc.word(verb + 1 + i));
        let Some(lemma) = verb_lemma(doc, verb, &sentence) else { continue };
        let Some((cue, words)) = CUES.verb(lemma, after) else {
            continue;
        };
        if matches!(tokens[verb].dep, Dep::Amod | Dep::Compound | Dep::Case | Dep::Mark | Dep::Fixed)
            && cue.act == Act::Other
        {
            continue;
        }
        // "the fourteen accused and their lawyers".
        let noun = verb > sentence.start
            && matches!(tokens[verb - 1].tag, Tag::DT | Tag::CD | Tag::PRPS)
            && !(verb > sentence.start + 1
                && matches!(doc.lemma(verb - 1), "both" | "all" | "each")
                && (matches!(doc.lemma(verb - 2), "have" | "be") || tokens[verb - 2].tag.is_noun()))
            && matches!(tokens[verb].tag, Tag::VBN | Tag::VBD | Tag::JJ);
        if noun && cue.act != Act::Other {
            continue;
        }
        let mut attribution = Attribution::new(verb..verb + words, cue.frame, cue.act);
        let frame =
            if lemma == "charge" && complement_clause(doc, verb).is_some() { Frame::Alleges } else { cue.frame };
        attribution.frame = frame;
        let filled = match frame {
            Frame::Says | Frame::Feels | Frame::Tells | Frame::Quotes | Frame::Hears | Frame::Alleges => {
                says(doc, verb, words, &sentence, &mut attribution)
            }
            Frame::Calls | Frame::Topic => object_content(doc, verb, words, &sentence, &mut attribution),
            Frame::Denies | Frame::Rejects => denies(doc, verb, words, &sentence, &mut attribution),
            Frame::Blames | Frame::Charged | Frame::BlamesOn => blames(doc, verb, words, &sentence, &mut attribution),
            Frame::Pleads => pleads(doc, verb, words, &sentence, &mut attribution),
            Frame::Noun | Frame::Adverb => false,
        };
        let innocence = doc.child(verb, Dep::Obj).is_some_and(|object| doc.lemma(object) == "innocence");
        if filled && innocence && attribution.act == Act::Other {
            attribution.act = Act::Denial;
            attribution.frame = Frame::Pleads;
            widen(doc, verb, &mut attribution.content);
        }
        if !filled && !matches!(frame, Frame::Says | Frame::Tells | Frame::Quotes | Frame::Calls) {
            continue;
        }
        // "What our neighbours say is untrue": they don't say that.
        let what = attribution.source.as_ref().and_then(|source| source.range.start.checked_sub(1));
        let after = attribution.content.first().filter(|content| content.start > verb).map(|content| content.start);
        if what.is_some_and(|at| doc.word(at).eq_ignore_ascii_case("what"))
            && after.is_some_and(|at| doc.lemma(at) == "be" && tokens[at].tag.is_verb())
        {
            continue;
        }
        attribution.void |= void(doc, verb, attribution.act);
        if matches!(frame, Frame::Denies | Frame::Rejects | Frame::Blames | Frame::Charged | Frame::Pleads) {
            widen(doc, verb, &mut attribution.content);
        }
        if matches!(frame, Frame::Denies | Frame::Rejects | Frame::Pleads) {
            narrow(doc, verb, &mut attribution.content);
        }
        found.push(attribution);
    }
}

/// Lets a content reach on where the tree broke it off within its phrase, and one of a word or two to the end of its
/// sentence: "denied the claims, | which were first made by …". Alone that would say too little to be told from others
/// of its kind.
fn widen(doc: &Document, verb: usize, content: &mut [Range<usize>]) {
    let tokens = doc.tokens();
    let sentence = &doc.sentences()[doc.sentence_of(verb)].tokens;
    let words = content.iter().flat_map(Clone::clone).filter(|&at| !is_punct(doc, at)).count();
    let Some(last) = content.last_mut().filter(|last| last.start > verb) else { return };
    if words < FEW {
        last.end = last.end.max(sentence.end.min(last.end + 25));
    } else {
        let breaks = |at: usize| is_punct(doc, at) && tokens[at].tag != Tag::HYPH || matches!(tokens[at].tag, Tag::CC);
        let broken = (last.end..sentence.end).take(REACH).find(|&at| breaks(at));
        last.end = broken.unwrap_or(sentence.end).max(last.end).min(last.end + REACH);
    }
}

/// Ends a content where the speaker goes on to something else: "denied the claims *and says he was elsewhere*", "denied
/// shipping shells*, adding that …*".
fn narrow(doc: &Document, verb: usize, content: &mut [Range<usize>]) {
    let tokens = doc.tokens();
    let Some(last) = content.last_mut().filter(|last| last.start > verb) else { return };
    let finite = |at: usize| matches!(tokens[at].tag, Tag::VBD | Tag::VBZ | Tag::VBP | Tag::MD);
    let says = |at: usize| CUES.verb(doc.lemma(at), |_| None).is_some();
    // "As well as denying the theft, *Ruk denied …*".
    let main = tokens[verb].head.filter(|_| tokens[verb].tag == Tag::VBG);
    let main_clause = main.and_then(|main| {
        let subject = doc.children(main).find(|&child| tokens[child].dep.is_subject())?;
        Some(doc.subtree(subject).start).filter(|&start| main >= start)
    });
    let joins = |at: usize| {
        let joined = tokens[at].head.filter(|&joined| joined > at && tokens[joined].dep == Dep::Conj);
        joined.is_some_and(|joined| tokens[joined].head == Some(verb) && doc.child(joined, Dep::Nsubj).is_some())
    };
    let goes_on = |at: usize| {
        let next = |from: usize| (from..last.end.min(from + 3)).find(|&next| tokens[next].tag != Tag::RB);
        match tokens[at].tag {
            Tag::CC => {
                // "denied it, *but the row went on*".
                joins(at)
                    || next(at + 1)
                        .is_some_and(|next| finite(next) && (says(next) || tokens[verb].tag == tokens[next].tag))
            }
            Tag::VBG => says(at) && tokens[at - 1].tag == Tag::Comma,
            // "Ruk, who denies the charges, *will stand trial*".
            Tag::Comma => {
                main_clause == Some(at + 1) || tokens[verb].dep == Dep::AclRelcl && next(at + 1).is_some_and(finite)
            }
            _ => false,
        }
    };
    if let Some(end) = (last.start + 1..last.end).find(|&at| goes_on(at)) {
        last.end = end;
    }
}

/// The dictionary form of a verb. Of accusing and denying also where the tagger saw no verb in it: "was accused of" is
/// often an adjective to it, an unknown "denies" a noun, "Press blame Right for …" a headline.
fn verb_lemma<'d>(doc: &'d Document, at: usize, sentence: &Range<usize>) -> Option<&'d str> {
    let tokens = doc.tokens();
    let tag = tokens[at].tag;
    if tag.is_verb() {
        return Some(doc.lemma(at));
    }
    if is_punct(doc, at) {
        return None;
    }
    let next = |i: usize| if at + i < sentence.end { doc.word(at + i) } else { "" };
    match doc.word(at).to_ascii_lowercase().as_str() {
        "accused" if next(1) == "of" => Some("accuse"),
        "charged" if matches!(next(1), "with" | "over") => Some("charge"),
        "suspected" if next(1) == "of" => Some("suspect"),
        "blamed" if matches!(next(1), "for" | "by") => Some("blame"),
        "indicted" if matches!(next(1), "for" | "on" | "over") => Some("indict"),
        "blame" | "blames"
            if at > sentence.start
                && !matches!(tokens[at - 1].tag, Tag::DT | Tag::PRPS | Tag::IN | Tag::JJ | Tag::TO | Tag::VB)
                && (at + 2..sentence.end.min(at + 8)).any(|i| matches!(doc.word(i), "for" | "on"))
                && tokens.get(at + 1).is_some_and(|next| !matches!(next.tag, Tag::IN | Tag::CC | Tag::Comma)) =>
        {
            Some("blame")
        }
        form => {
            // "The minister dismissed claims", "School denies …": after a noun or as the head of its clause, no adjective.
            let heads = matches!(
                tokens[at].dep,
                Dep::Root | Dep::Conj | Dep::Ccomp | Dep::Parataxis | Dep::Acl | Dep::AclRelcl
            );
            let follows = at > sentence.start
                && (tokens[at - 1].tag.is_noun()
                    || matches!(tokens[at - 1].tag, Tag::PRP | Tag::WP | Tag::WDT | Tag::RB));
            let verb = CUES.verb_of_form(form).filter(|_| at > sentence.start && follows && tag != Tag::NNP)?;
            let past = form.ends_with('d') && (heads || tag == Tag::JJ);
            // "…, something Veldia denies."
            let ends = at + 1 >= sentence.end || is_punct(doc, at + 1);
            let present = tag == Tag::POS || (heads || ends) && form.ends_with("ies");
            (past || present).then_some(verb)
        }
    }
}

/// Whether the act of the verb did not take place: *did not deny*, *would deny*, *if he denied*, *refused to deny*.
fn void(doc: &Document, verb: usize, act: Act) -> bool {
    let tokens = doc.tokens();
    if phrases::negated(doc, verb) {
        return true;
    }
    if act == Act::Other {
        return false;
    }
    if phrases::conditional(doc, verb) {
        return true;
    }
    if matches!(phrases::modal(doc, verb), Some("would" | "could" | "might" | "may" | "should" | "can" | "must")) {
        return true;
    }
    if tokens[verb].dep == Dep::Xcomp
        && let Some(head) = tokens[verb].head
        && (matches!(
            doc.lemma(head),
            "refuse" | "decline" | "fail" | "want" | "unable" | "able" | "hesitate" | "try" | "threaten"
        ) || phrases::negated(doc, head))
    {
        return true;
    }
    false
}

fn complement_clause(doc: &Document, verb: usize) -> Option<usize> {
    doc.children(verb).find(|&child| child > verb && doc.tokens()[child].dep == Dep::Ccomp)
}

/// A source by the verb's subject, a passive's agent, or the nearest noun phrase. Returns whether the verb is a passive.
fn source(doc: &Document, verb: usize, attribution: &mut Attribution) -> bool {
    match phrases::subject(doc, verb) {
        Some((np, false)) => {
            attribution.source = Some(np);
            false
        }
        Some((_, true)) => {
            attribution.source = phrases::agent(doc, verb);
            true
        }
        None => phrases::is_passive(doc, verb),
    }
}

/// Sayings: the clause after or before the verb.
fn says(doc: &Document, verb: usize, words: usize, sentence: &Range<usize>, attribution: &mut Attribution) -> bool {
    let tokens = doc.tokens();
    let passive = source(doc, verb, attribution);
    let frame = attribution.frame;
    let floor = verb + words;
    // Before: "The road is closed, she said." – the verb hangs on what is said, or what is said on the verb.
    if tokens[verb].dep == Dep::Parataxis
        && let Some(head) = tokens[verb].head
    {
        let own = doc.subtree(verb);
        let whole = doc.subtree(head);
        if head < verb {
            attribution.content.push(whole.start..own.start);
            if own.end < whole.end && whole.end - own.end > 1 {
                attribution.content.push(own.end..whole.end);
            }
        } else {
            attribution.content.push(own.end..whole.end);
        }
        return true;
    }
    for child in doc.children(verb) {
        let dep = tokens[child].dep;
        let reach = doc.subtree(child);
        if child < verb {
            let before_subject = attribution.source.as_ref().is_none_or(|np| child < np.range.start || child > verb);
            if matches!(dep, Dep::Ccomp | Dep::Parataxis) && before_subject {
                let end = attribution
                    .source
                    .as_ref()
                    .map_or(verb, |np| if np.range.start < verb { np.range.start } else { verb });
                attribution.content.push(reach.start..reach.end.min(end).max(reach.start));
            }
        } else if dep == Dep::Ccomp
            || dep == Dep::Parataxis && child > floor && !has_subject_named(doc, child, &attribution.source)
            || dep == Dep::Xcomp && (frame == Frame::Feels || passive || to_clause_counts(doc, verb))
            || dep == Dep::Advcl && first_word_is(doc, &reach, &["that"])
            || dep == Dep::Obj && doc.lemma(child) == "innocence"
        {
            attribution.content.push(reach.start.max(floor)..reach.end);
        }
    }
    if passive && attribution.source.is_none() && !attribution.content.is_empty() {
        // "He is believed to have …": the subject belongs to what is said.
        if let Some((np, true)) = phrases::subject(doc, verb)
            && np.range.end <= verb
        {
            attribution.blamed = Some(np);
        }
    }
    if attribution.content.is_empty() {
        fallback_clause(doc, verb, words, sentence, attribution);
    }
    if attribution.source.is_none() && !passive && !attribution.content.is_empty() {
        attribution.source = phrases::nearest_noun_phrase(doc, verb, false)
            .filter(|np| attribution.content.iter().all(|range| !range.contains(&np.head)));
        attribution.certainty *= 0.8;
    }
    !attribution.content.is_empty()
}

/// Verbs whose to-clause is what they say: *claimed to have won*, *threatened to leave*.
fn to_clause_counts(doc: &Document, verb: usize) -> bool {
    matches!(doc.lemma(verb), "claim" | "allege" | "believe" | "report" | "profess")
}

fn first_word_is(doc: &Document, range: &Range<usize>, words: &[&str]) -> bool {
    words.iter().any(|word| doc.word(range.start).eq_ignore_ascii_case(word))
}

/// Whether a clause's subject is the source itself: then it is another verb of the source, no content.
fn has_subject_named(doc: &Document, clause: usize, source: &Option<Np>) -> bool {
    match (source, doc.children(clause).find(|&child| doc.tokens()[child].dep.is_subject())) {
        (Some(np), Some(subject)) => np.head == subject,
        _ => false,
    }
}

/// Where the tree shows no content: "that …" right behind the verb, or a clause and a comma in front of "she said".
fn fallback_clause(doc: &Document, verb: usize, words: usize, sentence: &Range<usize>, attribution: &mut Attribution) {
    let tokens = doc.tokens();
    let next = verb + words;
    let window = next..sentence.end.min(next + 8);
    if let Some(that) =
        window.clone().find(|&at| doc.word(at).eq_ignore_ascii_case("that") && tokens[at].tag == Tag::IN)
        && (next..that).all(|at| !tokens[at].tag.is_verb())
    {
        attribution.content.push(that..sentence.end);
        attribution.certainty *= 0.8;
        return;
    }
    let starts_clause = tokens.get(next).filter(|_| next < sentence.end).is_some_and(|first| {
        first.tag.is_noun()
            || matches!(first.tag, Tag::DT | Tag::PRP | Tag::PRPS | Tag::CD | Tag::JJ | Tag::EX | Tag::NNS)
    });
    let clause_follows = |tag: Tag| matches!(tag, Tag::VBD | Tag::VBZ | Tag::VBP | Tag::MD | Tag::VBN);
    if starts_clause
        && matches!(
            doc.lemma(verb),
            "say" | "claim" | "allege" | "insist" | "report" | "argue" | "think" | "believe" | "contend" | "assert"
        )
        && (next + 1..sentence.end.min(next + 12)).any(|at| clause_follows(tokens[at].tag))
    {
        attribution.content.push(next..sentence.end);
        attribution.certainty *= 0.7;
        return;
    }
    if attribution.frame == Frame::Feels || attribution.frame == Frame::Alleges {
        return;
    }
    let group_start = attribution.source.as_ref().map_or(verb, |np| np.range.start.min(verb));
    if group_start > sentence.start + 2
        && matches!(tokens[group_start - 1].tag, Tag::Comma | Tag::CloseQuote)
        && (sentence.start..group_start).any(|at| tokens[at].tag.is_verb() || tokens[at].tag == Tag::MD)
        && (next..sentence.end).all(|at| !matches!(tokens[at].tag, Tag::VBD | Tag::VBZ | Tag::VBP | Tag::MD))
    {
        attribution.content.push(sentence.start..group_start);
        attribution.certainty *= 0.8;
    }
}

/// Objects as content: *called him a thief*, *supports the treaty*.
fn object_content(
    doc: &Document,
    verb: usize,
    words: usize,
    sentence: &Range<usize>,
    attribution: &mut Attribution,
) -> bool {
    let tokens = doc.tokens();
    let passive = source(doc, verb, attribution);
    let mut content: Option<Range<usize>> = None;
    for child in doc.children(verb) {
        if child < verb + words {
            continue;
        }
        let keep = match tokens[child].dep {
            Dep::Obj | Dep::Xcomp => true,
            Dep::Obl | Dep::Advcl | Dep::Nmod => {
                attribution.frame == Frame::Calls && matches!(phrases::preposition(doc, child), Some("as"))
                    || first_word_is(doc, &doc.subtree(child), &["as"])
            }
            _ => false,
        };
        if keep {
            let reach = doc.subtree(child);
            content =
                Some(content.map_or(reach.clone(), |range| range.start.min(reach.start)..range.end.max(reach.end)));
        }
    }
    if passive && let Some((np, true)) = phrases::subject(doc, verb) {
        attribution.blamed = Some(np);
    }
    let Some(range) = content else { return false };
    if attribution.frame == Frame::Calls {
        attribution.blamed = attribution.blamed.take().or_else(|| {
            doc.child(verb, Dep::Obj)
                .filter(|&obj| phrases::is_nominal(doc, obj))
                .map(|obj| phrases::noun_phrase(doc, obj))
        });
    }
    attribution.content.push(range.start.max(verb + words)..range.end.min(sentence.end));
    true
}

/// Denials by their verb: object, clause or gerund; the subject of a passive; what a relative clause hangs on.
fn denies(doc: &Document, verb: usize, words: usize, _sentence: &Range<usize>, attribution: &mut Attribution) -> bool {
    let tokens = doc.tokens();
    let floor = verb + words;
    let passive = phrases::is_passive(doc, verb);
    let subject = phrases::subject(doc, verb);
    let mut object = None;
    let mut content: Option<Range<usize>> = None;
    let mut clause = false;
    let mut given = None;
    for child in doc.children(verb) {
        if child < floor {
            continue;
        }
        let reach = doc.subtree(child);
        let dep = tokens[child].dep;
        let keep = match dep {
            Dep::Obj => {
                // "newspaper claims": of two objects the allegation is the one.
                object =
                    object.filter(|&first| is_allegation(doc, first) || !is_allegation(doc, child)).or(Some(child));
                true
            }
            Dep::Ccomp => {
                clause = true;
                true
            }
            Dep::Xcomp => {
                clause = true;
                true
            }
            Dep::Advcl if tokens[child].tag == Tag::VBG && child <= floor + 3 && tokens[floor].tag != Tag::Comma => {
                clause = true;
                true
            }
            Dep::Obl | Dep::Nmod if words > 1 => {
                object = object.or(Some(child));
                true
            }
            // "a claim Anna Kovarek (pictured in May) denies": a participle beside the verb is none of its clauses.
            Dep::Iobj | Dep::Acl | Dep::Dep if tokens[child].tag.is_verb() && tokens[child].tag != Tag::VBN => {
                clause = true;
                true
            }
            Dep::Iobj => {
                given = given.or(Some(child));
                false
            }
            _ => false,
        };
        if keep {
            content =
                Some(content.map_or(reach.clone(), |range| range.start.min(reach.start)..range.end.max(reach.end)));
        }
    }
    // "two rapes, which he denies (also pictured in May)", "cheating, something she denies": what it denies stands before
    // it; but "a letter, which he denies ever sending" tells of a deed.
    let subject_np = subject.as_ref().map(|(np, _)| np).filter(|np| !passive && np.head < verb);
    let before = subject_np.and_then(|np| stands_for_what_is_denied(doc, np));
    let behind = (floor..tokens.len()).find(|&at| tokens[at].tag != Tag::RB);
    let deed = behind.is_some_and(|at| tokens[at].tag == Tag::VBG && doc.word(at) != "following");
    if before.is_some() && !deed && content.as_ref().is_none_or(|range| range.start >= floor) {
        (object, content, clause, given) = (None, None, false, None);
    }
    if let Some(given) = given {
        // "Dodge denies Copps charge": no gift, but whose charge it is; "denied him a visa": a gift.
        match object {
            Some(object) if is_allegation(doc, object) && tokens[given].tag.is_noun() => {
                content = content.map(|range| range.start.min(given)..range.end);
                attribution.accuser = Some(phrases::noun_phrase(doc, given));
            }
            _ => attribution.void = true,
        }
    }
    let relative = tokens[verb].dep == Dep::AclRelcl || tokens[verb].dep == Dep::Acl;
    if passive {
        attribution.source = phrases::agent(doc, verb);
        if let Some((np, _)) = subject {
            if object.is_some() || !is_allegation(doc, np.head) && tokens[np.head].tag != Tag::PRP {
                // "He was denied a visa".
                attribution.void |= attribution.source.is_none() || object.is_some();
            }
            object = Some(np.head);
            content = Some(np.range.start..doc.subtree(np.head).end.min(verb).max(np.range.end));
        } else {
            return false;
        }
    } else {
        attribution.source = subject.map(|(np, _)| np);
        let antecedent = tokens[verb].head.filter(|&head| {
            relative && content.is_none() && phrases::is_nominal(doc, head) && is_allegation(doc, head)
        });
        if let Some(noun) = antecedent {
            object = Some(noun);
            content = Some(doc.subtree(noun).start..verb.min(phrases::noun_phrase(doc, noun).range.end).max(noun + 1));
            // The subject of "a charge that the bank denies" is the bank, not the charge.
            attribution.source = doc
                .children(verb)
                .find(|&child| tokens[child].dep == Dep::Nsubj && !matches!(tokens[child].tag, Tag::WDT | Tag::WP))
                .map(|child| phrases::noun_phrase(doc, child));
        }
    }
    if content.is_none() && attribution.frame == Frame::Denies {
        // "allegations that he hit the guard, which he denies": the parser may hang the clause on the guard.
        let start = doc.sentences()[doc.sentence_of(verb)].tokens.start;
        let pronoun = before.filter(|&at| doc.lemma(at) == "which");
        let pronoun =
            pronoun.or_else(|| doc.children(verb).find(|&child| child < verb && tokens[child].tag == Tag::WDT));
        // "charges, all of which he denies": the parser may hang "all" anywhere.
        let pronoun = pronoun.or_else(|| {
            let of_which = |&at: &usize| tokens[at].tag == Tag::WDT && doc.word(at - 1) == "of";
            (verb.saturating_sub(7).max(start + 3)..verb).rev().find(of_which).map(|which| which - 2)
        });
        if let Some(pronoun) = pronoun.filter(|&pronoun| pronoun > start + 1) {
            let noun = (start..pronoun).rev().find(|&at| tokens[at].tag.is_noun() && is_allegation(doc, at));
            object = noun;
            content = Some(
                noun.map_or_else(|| said(doc, start..pronoun), |noun| doc.subtree(noun).start.max(start))..pronoun,
            );
            attribution.certainty *= 0.85;
        }
        // "accuses them of smuggling, something that they deny".
        let thing = before
            .or(tokens[verb].head)
            .filter(|&head| doc.lemma(head) == "something" && start + 1 < head && head < verb);
        if let Some(thing) = thing.filter(|_| content.is_none()) {
            content = Some(said(doc, start..thing)..thing);
            let denier = (thing + 1..verb).rev().find(|&at| phrases::is_nominal(doc, at));
            attribution.source =
                attribution.source.take().or_else(|| denier.map(|head| Np { head, range: thing + 1..head + 1 }));
        }
    }
    if content.is_none() {
        content = fallback_object(doc, floor, &doc.sentences()[doc.sentence_of(verb)].tokens);
        object = content.clone().and_then(|range| range.clone().find(|&at| tokens[at].tag.is_noun()));
        attribution.certainty *= 0.8;
    }
    let Some(mut content) = content else { return false };
    if !clause && !passive && content.start >= floor {
        // "denied involvement | in the attack", "refuted allegations last week | by the envoy, who said …": the parser
        // often hangs on the verb what belongs to the noun.
        for child in doc.children(verb).filter(|&child| child >= floor && tokens[child].dep == Dep::Obl) {
            let reach = doc.subtree(child);
            let near = reach.start >= content.end && reach.start <= content.end + 3;
            if near
                && first_word_is(
                    doc,
                    &reach,
                    &["of", "in", "over", "about", "against", "by", "from", "to", "with", "for"],
                )
            {
                content.end = content.end.max(reach.end);
            }
        }
    }
    if attribution.source.is_none() && !passive {
        attribution.source = phrases::nearest_noun_phrase(doc, verb, false);
        attribution.certainty *= 0.8;
    }
    // "rejected Veldia's denial that …" says again what is denied.
    if object.is_some_and(|object| matches!(doc.lemma(object), "denial" | "rebuttal" | "refutation")) {
        return false;
    }
    let object = object.map(|object| allegation_head(doc, object));
    attribution.allegation = object.filter(|&object| is_allegation(doc, object));
    if attribution.frame == Frame::Rejects {
        let untrue = content
            .clone()
            .chain(content.end..(content.end + 6).min(doc.sentences()[doc.sentence_of(verb)].tokens.end))
            .any(|at| List::Untrue.has(doc.lemma(at)));
        // "rejected suggestions that it should pay": a proposal, no allegation.
        let proposed = attribution.allegation.is_some_and(|noun| {
            matches!(doc.lemma(noun), "suggestion" | "idea" | "notion" | "theory" | "talk")
                && content.clone().any(|at| at > noun && matches!(doc.lemma(at), "should" | "ought" | "must"))
        });
        if proposed {
            return false;
        }
        let by_noun = attribution.allegation.is_some_and(|noun| strong_allegation(doc, noun));
        // "played down his role in the army": a part of his life, no allegation.
        let own_part = attribution
            .allegation
            .is_some_and(|noun| matches!(doc.lemma(noun), "role" | "link" | "connection" | "part"));
        // "disputed having used a knife" needs no word for what was alleged; "rejected building a road" denies nothing.
        let disputed = clause && matches!(doc.lemma(verb), "dispute" | "contest");
        if !untrue && !disputed && (own_part || !by_noun) {
            return false;
        }
    } else if !clause && attribution.allegation.is_none() && content.start >= floor {
        // "denied her a visa", "denied the party a victory": something is refused, nothing is disputed.
        let refused = content.clone().any(|at| {
            tokens[at].tag.is_noun()
                && matches!(tokens[at].dep, Dep::Obj | Dep::Iobj | Dep::Appos | Dep::Conj | Dep::Root)
                && List::Refused.has(doc.lemma(at))
        });
        if refused {
            return false;
        }
    }
    if let Some(noun) = attribution.allegation {
        attribution.accuser = holder(doc, noun).or(attribution.accuser.take());
    }
    attribution.content.push(content.start.max(if content.start >= verb { floor } else { 0 })..content.end);
    true
}

/// The "which" or "something" right before a denial's subject; not that of "a letter in which he denied".
fn stands_for_what_is_denied(doc: &Document, subject: &Np) -> Option<usize> {
    let tokens = doc.tokens();
    let sentence = doc.sentences()[doc.sentence_of(subject.head)].tokens.start;
    let before = (sentence..subject.range.start).rev().take(2);
    let found = before.take_while(|&at| !is_punct(doc, at)).find(|&at| matches!(doc.lemma(at), "which" | "something"));
    found.filter(|&at| at == sentence || !matches!(tokens[at - 1].tag, Tag::IN | Tag::TO))
}

/// Where what is said begins in a sentence that says it before a relative clause: "The ministry said *it had been shelled*,
/// which …".
fn said(doc: &Document, before: Range<usize>) -> usize {
    let says = |at: &usize| {
        let cue = doc.tokens()[*at].tag.is_verb().then(|| CUES.verb(doc.lemma(*at), |_| None)).flatten();
        cue.is_some_and(|(cue, _)| matches!(cue.frame, Frame::Says | Frame::Alleges))
            && complement_clause(doc, *at).is_some()
    };
    before.clone().find(says).map_or(before.start, |verb| verb + 1)
}

/// The noun that carries the allegation: "claims" of "a number of claims", "idea" of "the idea that".
fn allegation_head(doc: &Document, noun: usize) -> usize {
    if is_allegation(doc, noun) {
        return noun;
    }
    doc.children(noun)
        .find(|&child| {
            doc.tokens()[child].dep == Dep::Nmod
                && phrases::preposition(doc, child) == Some("of")
                && is_allegation(doc, child)
        })
        .unwrap_or(noun)
}

fn is_allegation(doc: &Document, noun: usize) -> bool {
    List::Allegation.has(&doc.lemma(noun).to_lowercase())
}

/// Nouns whose rejection is a denial whatever stands beside them; an "idea" or a "report" needs a clause.
fn strong_allegation(doc: &Document, noun: usize) -> bool {
    let tokens = doc.tokens();
    match doc.lemma(noun) {
        "idea" | "notion" | "theory" | "finding" | "concern" | "talk" | "evidence" | "responsibility" | "link"
        | "role" | "involvement" | "connection" => doc.children(noun).any(|child| {
            child > noun && matches!(tokens[child].dep, Dep::Acl | Dep::Ccomp | Dep::AclRelcl | Dep::Advcl | Dep::Nmod)
        }),
        "lawsuit" | "count" => false,
        _ => true,
    }
}

/// Whose allegation it is: possessor, "by …", "from …", or the name in front ("newspaper claims").
fn holder(doc: &Document, noun: usize) -> Option<Np> {
    let tokens = doc.tokens();
    for child in doc.children(noun) {
        let dep = tokens[child].dep;
        if dep == Dep::NmodPoss && (tokens[child].tag.is_noun() || tokens[child].tag == Tag::PRPS) {
            return Some(phrases::noun_phrase(doc, child));
        }
        if dep == Dep::Nmod && child > noun && matches!(phrases::preposition(doc, child), Some("by" | "from")) {
            return Some(phrases::noun_phrase(doc, child));
        }
        if dep == Dep::Acl
            && tokens[child].tag == Tag::VBN
            && let Some(by) = phrases::agent(doc, child)
        {
            return Some(by);
        }
        if matches!(dep, Dep::Compound | Dep::Amod | Dep::NmodDesc)
            && child < noun
            && doc.word(child).starts_with(char::is_uppercase)
        {
            return Some(Np { head: child, range: doc.subtree(child).start..child + 1 });
        }
    }
    None
}

/// The "that" of a noun's clause where the tree has it elsewhere: "a claim | that", "a charge by the bank | that".
fn that_behind(doc: &Document, noun: usize, end: usize) -> Option<usize> {
    let tokens = doc.tokens();
    let by = noun + 1 < end && matches!(doc.word(noun + 1), "by" | "from");
    let reach = if by { noun + 2 + HOLDER } else { noun + 2 };
    let that = (noun + 1..reach.min(end)).find(|&at| doc.word(at) == "that")?;
    let held = (noun + 1..that).all(|at| !tokens[at].tag.is_verb() && !is_punct(doc, at));
    let clause = tokens[that].tag == Tag::IN || by && tokens.get(that + 1).is_some_and(|next| !next.tag.is_verb());
    (held && that + 1 < end && clause).then_some(that)
}

/// The words behind the cue up to the clause's end, where the tree gives no object.
fn fallback_object(doc: &Document, floor: usize, sentence: &Range<usize>) -> Option<Range<usize>> {
    let tokens = doc.tokens();
    let first = *tokens.get(floor).filter(|_| floor < sentence.end)?;
    let starts = first.tag.is_noun()
        || matches!(
            first.tag,
            Tag::DT | Tag::PRPS | Tag::VBG | Tag::JJ | Tag::IN | Tag::PRP | Tag::CD | Tag::OpenQuote
        );
    if !starts || first.tag == Tag::IN && !doc.word(floor).eq_ignore_ascii_case("that") {
        return None;
    }
    let end = (floor..sentence.end.min(floor + REACH))
        .find(|&at| at > floor && matches!(tokens[at].tag, Tag::Period | Tag::Comma | Tag::Colon))
        .unwrap_or(sentence.end.min(floor + REACH));
    Some(floor..end)
}

/// Blame by its verb: object blamed, "of …" the content; passives the other way round.
fn blames(doc: &Document, verb: usize, words: usize, sentence: &Range<usize>, attribution: &mut Attribution) -> bool {
    let tokens = doc.tokens();
    let subject = phrases::subject(doc, verb);
    let object = doc.children(verb).find(|&child| {
        child > verb && matches!(tokens[child].dep, Dep::Obj | Dep::Iobj) && phrases::is_nominal(doc, child)
    });
    let bare_participle = tokens[verb].tag == Tag::VBN && object.is_none();
    let passive = phrases::is_passive(doc, verb) || bare_participle;
    if passive {
        attribution.source = phrases::agent(doc, verb);
        attribution.blamed = subject.map(|(np, _)| np).or_else(|| phrases::nearest_noun_phrase(doc, verb, false));
    } else {
        attribution.source = subject.map(|(np, _)| np);
        if attribution.source.is_none() && tokens[verb].tag.is_noun() {
            // "The book and film blame Orlan for …", where the tagger saw a noun.
            attribution.source = phrases::nearest_noun_phrase(doc, verb, false);
        }
        attribution.blamed = object
            .map(|object| phrases::noun_phrase(doc, object))
            .or_else(|| phrases::nearest_noun_phrase(doc, verb + words - 1, true));
    }
    let prepositions: &[&str] = match attribution.frame {
        Frame::Charged => &["with", "for", "over", "on", "in", "of"],
        Frame::BlamesOn => &["on"],
        _ => &["of", "for", "with", "as", "over", "in", "on"],
    };
    let blamed_end = attribution.blamed.as_ref().filter(|np| np.head > verb).map_or(verb + words, |np| np.head + 1);
    let complement = doc
        .children(verb)
        .chain(object.into_iter().flat_map(|object| doc.children(object)))
        .filter(|&child| child >= blamed_end)
        .map(|child| doc.subtree(child))
        .find(|reach| {
            first_word_is(doc, reach, prepositions) || first_word_is(doc, reach, &["alleging", "saying", "claiming"])
        });
    let complement = complement.or_else(|| {
        let start = (blamed_end..sentence.end.min(blamed_end + 10))
            .find(|&at| prepositions.iter().take(3).any(|word| doc.word(at) == *word))?;
        let end = (start..sentence.end)
            .find(|&at| at > start && matches!(tokens[at].tag, Tag::Period | Tag::Comma | Tag::Colon))
            .unwrap_or(sentence.end);
        Some(start..end)
    });
    match complement {
        Some(reach) => {
            // "accused by prosecutors | of taking bribes".
            if let Some(source) = attribution.source.as_mut().filter(|np| np.head < reach.start) {
                source.range.end = source.range.end.min(reach.start);
            }
            if attribution.blamed.as_ref().is_some_and(|np| np.range.contains(&reach.start))
                && let Some(np) = &mut attribution.blamed
            {
                np.range.end = reach.start.max(np.head + 1);
            }
            if attribution.frame == Frame::BlamesOn || doc.lemma(verb) == "blame" && doc.word(reach.start) == "on" {
                let on = (reach.start..reach.end).find(|&at| phrases::is_nominal(doc, at) && tokens[at].tag.is_noun());
                let what = attribution.blamed.take();
                attribution.blamed = on.map(|on| phrases::noun_phrase(doc, on));
                match what {
                    Some(what) if !passive => attribution.content.push(what.range.start.max(verb + words)..reach.end),
                    Some(what) => attribution.content.push(what.range),
                    None => attribution.content.push(reach),
                }
            } else {
                // Whom and of what, in one piece; a passive's subject stands apart.
                let from =
                    attribution.blamed.as_ref().filter(|np| np.head > verb).map_or(reach.start, |np| np.range.start);
                attribution.content.push(from.max(verb + words).min(reach.start)..reach.end);
            }
            true
        }
        None if attribution.act == Act::Accusation
            && attribution.frame == Frame::Blames
            && !passive
            && object.is_some() =>
        {
            // "He blames the bank": what is blamed is all the content there is.
            if let Some(np) = &attribution.blamed {
                attribution.content.push(np.range.clone());
                attribution.certainty *= 0.7;
            }
            true
        }
        None => false,
    }
}

/// "pleaded not guilty (to murder)".
fn pleads(doc: &Document, verb: usize, words: usize, sentence: &Range<usize>, attribution: &mut Attribution) -> bool {
    source(doc, verb, attribution);
    let tokens = doc.tokens();
    let end = (verb + words..sentence.end.min(verb + REACH))
        .find(|&at| matches!(tokens[at].tag, Tag::Period | Tag::Comma | Tag::Colon | Tag::CC))
        .unwrap_or(sentence.end.min(verb + REACH));
    if attribution.source.is_none() {
        attribution.source = phrases::nearest_noun_phrase(doc, verb, false);
    }
    attribution.cue = Some(verb..verb + 1);
    attribution.content.push(verb + 1..end.max(verb + words));
    true
}

// ---------------------------------------------------------------- nouns, adverbs, sources

fn nouns(doc: &Document, sentence: Range<usize>, found: &mut Vec<Attribution>) {
    let tokens = doc.tokens();
    for noun in sentence.clone() {
        if !matches!(tokens[noun].tag, Tag::NN | Tag::NNS | Tag::NNP | Tag::NNPS) {
            continue;
        }
        let lemma = doc.lemma(noun);
        let Some(cue) = CUES.noun(lemma).or_else(|| CUES.noun(&lemma.to_lowercase())) else { continue };
        let mut attribution = Attribution::new(noun..noun + 1, cue.frame, cue.act);
        attribution.certainty = 0.65;
        attribution.source = holder(doc, noun);
        let mut met = false;
        for child in doc.children(noun).filter(|&child| child > noun) {
            let reach = doc.subtree(child);
            match tokens[child].dep {
                Dep::Nmod if phrases::preposition(doc, child) == Some("against") => {
                    attribution.blamed = Some(phrases::noun_phrase(doc, child));
                    if attribution.content.is_empty() {
                        attribution.content.push(reach);
                    }
                }
                Dep::Nmod if matches!(phrases::preposition(doc, child), Some("of" | "about" | "over")) => {
                    attribution.content.push(reach)
                }
                // "a charge that the leaders denied": the clause says what became of it, not what it is.
                Dep::Acl | Dep::Ccomp | Dep::AclRelcl | Dep::Advcl if met_by(doc, child) => met = true,
                Dep::Acl | Dep::Ccomp | Dep::AclRelcl | Dep::Advcl if first_word_is(doc, &reach, &["that", "of"]) => {
                    attribution.content.push(reach)
                }
                // "allegations it was involved": a clause of its own, with its subject.
                Dep::Acl | Dep::Ccomp | Dep::AclRelcl
                    if tokens[child].tag.is_verb() || doc.child(child, Dep::Cop).is_some() =>
                {
                    let subject = doc.children(child).find(|&below| tokens[below].dep.is_subject());
                    let relative = |at: usize| matches!(tokens[at].tag, Tag::WDT | Tag::WP);
                    if subject.is_some_and(|subject| !relative(subject) && subject <= noun + 4)
                        && !reach.clone().any(relative)
                        && doc.child(child, Dep::Obj).is_some_and(|object| object > child)
                            | !matches!(doc.lemma(child), "make" | "face" | "deny" | "reject")
                    {
                        attribution.content.push(reach);
                    }
                }
                _ => {}
            }
        }
        if attribution.content.is_empty()
            && !met
            && let Some(that) = that_behind(doc, noun, sentence.end)
        {
            let end = (that + 1..sentence.end)
                .find(|&at| matches!(tokens[at].tag, Tag::Period | Tag::Comma | Tag::Colon))
                .unwrap_or(sentence.end);
            attribution.content.push(that..end);
        }
        if attribution.content.is_empty() && doc.lemma(noun) == "charge" {
            // "a murder charge", "fraud charges".
            let before =
                doc.children(noun).take_while(|&child| child < noun).find(|&child| List::Deed.has(doc.lemma(child)));
            if let Some(before) = before {
                attribution.content.push(before..noun + 1);
                attribution.certainty = 0.5;
            }
        }
        if !attribution.content.is_empty() {
            // "the claim of it | shooting down a jet": the tree broke off.
            if let Some(last) = attribution.content.last_mut()
                && last.len() <= FEW
                && last.end < sentence.end
                && tokens[last.end].tag == Tag::VBG
            {
                let end = (last.end..sentence.end).find(|&at| {
                    is_punct(doc, at) || matches!(tokens[at].tag, Tag::CC | Tag::VBD | Tag::VBZ | Tag::VBP | Tag::MD)
                });
                last.end = end.unwrap_or(sentence.end);
            }
            // "faces charges of bribery": the subject is blamed.
            if attribution.blamed.is_none()
                && matches!(tokens[noun].dep, Dep::Obj | Dep::Obl)
                && let Some(head) = tokens[noun].head
                && matches!(
                    doc.lemma(head),
                    "face"
                        | "deny"
                        | "reject"
                        | "dismiss"
                        | "refute"
                        | "dispute"
                        | "fight"
                        | "contest"
                        | "plead"
                        | "brush"
                        | "confront"
                )
            {
                attribution.blamed = phrases::subject(doc, head).filter(|(_, passive)| !passive).map(|(np, _)| np);
            }
            if attribution.source.is_none()
                && tokens[noun].dep == Dep::Obj
                && let Some(head) = tokens[noun].head
                && matches!(
                    doc.lemma(head),
                    "make" | "repeat" | "level" | "raise" | "file" | "bring" | "renew" | "press" | "fling" | "hurl"
                )
            {
                attribution.source = phrases::subject(doc, head).filter(|(_, passive)| !passive).map(|(np, _)| np);
            }
            found.push(attribution);
        }
    }
}

/// Whether a clause behind an allegation tells who denies, faces or makes it.
fn met_by(doc: &Document, clause: usize) -> bool {
    matches!(
        doc.lemma(clause),
        "deny" | "face" | "make" | "reject" | "dismiss" | "dispute" | "refute" | "level" | "bring"
    ) && doc.child(clause, Dep::Obj).is_none_or(|object| object < clause)
}

fn adverbs(doc: &Document, sentence: Range<usize>, found: &mut Vec<Attribution>) {
    let tokens = doc.tokens();
    for adverb in sentence.clone() {
        if tokens[adverb].tag != Tag::RB {
            continue;
        }
        let Some(cue) = CUES.adverb(&doc.lemma(adverb).to_lowercase()) else { continue };
        let verb = tokens[adverb]
            .head
            .filter(|&head| tokens[head].tag.is_verb())
            .or_else(|| (adverb + 1..sentence.end.min(adverb + 5)).find(|&at| tokens[at].tag.is_verb()));
        let Some(verb) = verb else { continue };
        let mut attribution = Attribution::new(adverb..adverb + 1, cue.frame, cue.act);
        let (subject, passive) = match phrases::subject(doc, verb) {
            Some((np, passive)) => (Some(np), passive),
            None => (phrases::nearest_noun_phrase(doc, adverb, false), phrases::is_passive(doc, verb)),
        };
        attribution.blamed = if passive { phrases::agent(doc, verb) } else { subject };
        let mut reach = doc.subtree(verb);
        reach.end = (reach.start.max(adverb)..reach.end)
            .find(|&at| at > verb && tokens[at].tag == Tag::Comma)
            .unwrap_or(reach.end);
        if doc.children(verb).any(|child| child < verb && tokens[child].dep.is_subject()) || passive {
            attribution.content.push(reach);
        } else {
            attribution.content.push(adverb + 1..reach.end.max(verb + 1));
        }
        attribution.certainty = 0.7;
        found.push(attribution);
    }
}

/// "according to …".
fn sources(doc: &Document, sentence: Range<usize>, found: &mut Vec<Attribution>) {
    let tokens = doc.tokens();
    for at in sentence.clone() {
        if !doc.word(at).eq_ignore_ascii_case("according")
            || at + 2 >= sentence.end
            || !doc.word(at + 1).eq_ignore_ascii_case("to")
        {
            continue;
        }
        // The noun that "according" is the preposition of, or the first noun phrase behind it.
        let head = tokens[at]
            .head
            .filter(|&head| head > at + 1 && phrases::is_nominal(doc, head) && !tokens[head].tag.is_verb())
            .or_else(|| {
                let stop = (at + 2..sentence.end).find(|&i| {
                    !(phrases::is_nominal(doc, i)
                        || matches!(tokens[i].tag, Tag::PRPS | Tag::POS | Tag::JJ | Tag::HYPH))
                })?;
                (at + 2..stop).rev().find(|&i| tokens[i].tag.is_noun() || tokens[i].tag == Tag::PRP)
            });
        let Some(head) = head else { continue };
        let np = phrases::noun_phrase(doc, head);
        let range = np.range.start.max(at + 2)..np.range.end;
        let np = Np { head, range };
        let mut attribution = Attribution::new(at..at + 2, Frame::Says, Act::Other);
        let before = clean(doc, sentence.start..at);
        let comma_after = (np.range.end..sentence.end).find(|&i| tokens[i].tag == Tag::Comma);
        if before.len() >= 3 {
            let stop = comma_after.is_none_or(|comma| sentence.end - comma < 4);
            attribution.content.push(before);
            if let Some(comma) = comma_after.filter(|_| !stop)
                && comma == np.range.end
            {
                attribution.content.push(comma + 1..sentence.end);
            }
        } else {
            let start = comma_after.map_or(np.range.end, |comma| comma + 1);
            attribution.content.push(start..sentence.end);
        }
        attribution.source = Some(np);
        found.push(attribution);
    }
}

/// "Kremlin: no arms sent", "Minister lied, court told: report", and "She said: …" before a line.
fn colon(doc: &Document, sentence: Range<usize>, found: &mut Vec<Attribution>) {
    let tokens = doc.tokens();
    if matches!(tokens[sentence.end - 1].tag, Tag::Period) || sentence.len() > 40 {
        return;
    }
    let Some(colon) = sentence.clone().find(|&at| doc.word(at) == ":") else { return };
    let (left, right) = (sentence.start..colon, colon + 1..sentence.end);
    let short_name = |range: &Range<usize>| {
        (1..=5).contains(&range.len())
            && range.clone().all(|at| {
                phrases::is_nominal(doc, at)
                    || matches!(tokens[at].tag, Tag::POS | Tag::HYPH | Tag::JJ)
                    || doc.word(at).starts_with(char::is_uppercase)
            })
            && range.clone().any(|at| tokens[at].tag.is_noun())
    };
    let known = |range: &Range<usize>| {
        range.clone().any(|at| {
            matches!(
                doc.lemma(at).to_lowercase().as_str(),
                "report"
                    | "official"
                    | "police"
                    | "source"
                    | "media"
                    | "ministry"
                    | "minister"
                    | "government"
                    | "president"
                    | "court"
                    | "lawyer"
                    | "prosecutor"
                    | "spokesman"
                    | "spokeswoman"
                    | "paper"
                    | "newspaper"
                    | "study"
                    | "poll"
                    | "expert"
                    | "analyst"
                    | "document"
                    | "kremlin"
            )
        }) || crate::statements::Actors::builtin().resolve(doc.span(range.clone()).of(doc.text())).is_some()
    };
    let (source, content) = if short_name(&right) && left.len() >= 4 && known(&right) {
        (right, left)
    } else if short_name(&left) && right.len() >= 3 && known(&left) {
        (left, right)
    } else {
        return;
    };
    let mut attribution = Attribution::new(colon..colon + 1, Frame::Says, Act::Other);
    let head = source.clone().rev().find(|&at| tokens[at].tag.is_noun()).unwrap_or(source.start);
    attribution.source = Some(Np { head, range: source });
    attribution.content.push(content);
    attribution.certainty = 0.6;
    found.push(attribution);
}

// ---------------------------------------------------------------- quotations

/// Ties each quotation to the nearest saying of its sentence; a quotation alone goes on from the one before.
fn quotations(doc: &Document, found: &mut Vec<Attribution>) {
    let tokens = doc.tokens();
    let mut by_sentence: Vec<Vec<usize>> = vec![Vec::new(); doc.sentences().len()];
    for (number, attribution) in found.iter().enumerate() {
        if let Some(cue) = &attribution.cue
            && matches!(
                attribution.frame,
                Frame::Says
                    | Frame::Tells
                    | Frame::Quotes
                    | Frame::Feels
                    | Frame::Calls
                    | Frame::Denies
                    | Frame::Rejects
            )
        {
            by_sentence[doc.sentence_of(cue.start)].push(number);
        }
    }
    // The last attributed quotation: attribution, paragraph.
    let mut last: Option<(usize, usize)> = None;
    for quotation in doc.quotations() {
        if quotation.within.is_some() {
            continue;
        }
        let inside = quotation.inside(tokens);
        let words = inside.clone().filter(|&at| !is_punct(doc, at)).count();
        if words == 0 {
            continue;
        }
        let first = doc.sentence_of(quotation.open);
        let final_token = inside.end.saturating_sub(1).max(quotation.open);
        let end = doc.sentence_of(final_token);
        // The closing mark may stand in the sentence of the cue behind it.
        let end = quotation.close.map_or(end, |close| doc.sentence_of(close).max(end));
        let paragraph = doc.sentences()[first].paragraph;
        let distance = |cue: &Range<usize>| {
            if cue.start >= inside.end { cue.start - inside.end } else { quotation.open.saturating_sub(cue.end) }
        };
        let outside = |cue: &Range<usize>| cue.end <= quotation.open || cue.start >= inside.end;
        let mut candidates: Vec<usize> = Vec::new();
        for sentence in [first, end] {
            candidates.extend(by_sentence[sentence].iter().copied());
        }
        let best = candidates
            .into_iter()
            .filter(|&number| found[number].cue.as_ref().is_some_and(|cue| outside(cue) && distance(cue) <= REACH))
            .min_by_key(|&number| {
                let cue = found[number].cue.clone().unwrap_or_default();
                // A content that already reaches into the quotation is its saying.
                let holds =
                    found[number].content.iter().any(|range| range.start < inside.end && inside.start < range.end);
                (!holds, distance(&cue))
            });
        match best {
            Some(number) => {
                let attribution = &mut found[number];
                let holds =
                    attribution.content.iter().any(|range| range.start <= inside.start && inside.end <= range.end);
                let saying = matches!(attribution.frame, Frame::Says | Frame::Tells | Frame::Quotes);
                if !holds && saying && (words >= 3 || attribution.content.is_empty()) {
                    attribution.content.push(quotation.open..quotation.close.map_or(inside.end, |close| close + 1));
                }
                if saying {
                    last = Some((number, paragraph));
                }
            }
            None => {
                let alone = by_sentence[first..=end].iter().all(Vec::is_empty);
                if !alone || words < 5 {
                    continue;
                }
                // The sentence before it in the paragraph, or the quotation of the paragraph before.
                let before = first.checked_sub(1).filter(|&sentence| doc.sentences()[sentence].paragraph == paragraph);
                let introduced = before.and_then(|sentence| by_sentence[sentence].last().copied());
                let after = doc
                    .sentences()
                    .get(end + 1)
                    .filter(|sentence| sentence.paragraph == paragraph)
                    .and_then(|_| by_sentence[end + 1].first().copied())
                    .filter(|&number| found[number].content.is_empty());
                let origin = after
                    .or(introduced)
                    .or_else(|| last.filter(|&(_, at)| paragraph - at <= 1).map(|(number, _)| number));
                let whole = quotation.open..quotation.close.map_or(inside.end, |close| close + 1);
                if let Some(number) = after {
                    found[number].content.push(whole);
                    last = Some((number, paragraph));
                    continue;
                }
                let Some(origin) = origin else { continue };
                let mut attribution = Attribution::new(0..0, Frame::Quotes, Act::Other);
                attribution.cue = None;
                attribution.source = found[origin].source.clone();
                attribution.continues = Some(origin);
                attribution.content.push(whole);
                attribution.certainty = found[origin].certainty * 0.85;
                found.push(attribution);
                last = Some((found.len() - 1, paragraph));
            }
        }
    }
}

/// Contents in order, without overlap, without their cue and without punctuation at their ends.
fn tidy(doc: &Document, content: &mut Vec<Range<usize>>, cue: Option<&Range<usize>>) {
    content.retain(|range| range.start < range.end);
    content.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(content.len());
    for range in content.drain(..) {
        match merged.last_mut() {
            Some(last) if range.start <= last.end || (last.end..range.start).all(|at| is_punct(doc, at)) => {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    if let Some(cue) = cue {
        let mut split = Vec::with_capacity(merged.len() + 1);
        for range in merged {
            if range.start < cue.end && cue.start < range.end {
                split.push(range.start..cue.start.max(range.start));
                split.push(cue.end.min(range.end)..range.end);
            } else {
                split.push(range);
            }
        }
        merged = split;
    }
    content.extend(merged.into_iter().map(|range| clean(doc, range)).filter(|range| range.start < range.end));
}
