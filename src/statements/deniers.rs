//! Who denies, where the text has a pronoun, a role or nobody: who is accused, who leads the article and who was named before
//! are candidates beside whom the words alone mean, and learned weights choose among them.

use super::assembly::{Article, Asks, Draft};
use super::attributions::Attribution;
use super::judgement::Question;
use super::nouns::{Kind, NOUNS};
use super::parties::{HEADLINES, Names, Parties, same_party};
use super::targets::{self, Accused};
use super::{Act, Party};
use crate::language::Tag;
use std::ops::Range;

/// How many of those accused most are candidates, and how many who were named last.
const ACCUSED: usize = 3;
const NAMED: usize = 4;

/// How many accusers of an article are remembered, and how many deniers.
const MOST_OTHERS: usize = 40;

/// How much likelier another must be than whom the words alone mean.
const MARGIN: f64 = 1.5;

/// Sets who denies, for denials whose speaker the text does not name there.
pub fn settle(article: &Article, found: &[Attribution], accused: &[Accused], drafts: &mut [Draft]) {
    let others = Others::of(article, found, drafts);
    for draft in drafts.iter_mut().filter(|draft| draft.statement.act == Act::Denial) {
        let Some(form) = Form::of(article, &found[draft.origin], draft) else { continue };
        let candidates = Candidates::of(article, &form, accused, &others, draft);
        if let Some(party) = candidates.choose(article, draft) {
            let text = draft.statement.speaker.take();
            draft.guessed = text.as_ref().is_none_or(|text| !text.is_named());
            draft.statement.speaker = Some(text.map_or(party.clone(), |text| targets::meaning(&text, &party)));
            // Whom the words clear stays; else the side is that of who is chosen.
            let cleared = draft.statement.on_behalf_of.take().filter(|side| {
                let inside = |range: &Range<usize>| article.doc.span(range.clone()).contains(side.span);
                draft.content.iter().any(inside)
            });
            let speaker = draft.statement.speaker.as_ref();
            draft.statement.on_behalf_of = cleared
                .or_else(|| article.side_of(speaker?))
                .filter(|side| speaker.is_some_and(|speaker| !same_party(side, speaker)));
        }
    }
}

/// Who else acts in the article.
struct Others {
    accusers: Vec<Names>,
    /// Who denies where the text names him.
    deniers: Vec<Names>,
}

impl Others {
    fn of(article: &Article, found: &[Attribution], drafts: &[Draft]) -> Others {
        let speakers = |act: Act, counts: &dyn Fn(&Draft) -> bool| -> Vec<Names> {
            let drafts = drafts.iter().filter(|draft| draft.statement.act == act && counts(draft));
            drafts.filter_map(|draft| draft.statement.speaker.as_ref().map(Names::of)).take(MOST_OTHERS).collect()
        };
        let by_name = |draft: &Draft| !draft.tentative && Form::of(article, &found[draft.origin], draft).is_none();
        Others { accusers: speakers(Act::Accusation, &|_| true), deniers: speakers(Act::Denial, &by_name) }
    }
}

/// By what word the text has the denier.
struct Form {
    word: String,
    /// The token, or the cue where there is none.
    at: usize,
    kind: Kind,
    /// Whether that is in the headline or the first sentences.
    starts: bool,
}

impl Form {
    /// None where the text names the denier at that place.
    fn of(article: &Article, attribution: &Attribution, draft: &Draft) -> Option<Form> {
        let doc = article.doc;
        let cue = draft.tokens().next()?;
        let starts = |at: usize| doc.sentence_of(at) < HEADLINES;
        let Some(source) = &attribution.source else {
            return Some(Form { word: "nobody".to_owned(), at: cue, kind: Kind::Unknown, starts: starts(cue) });
        };
        let (tag, lemma) = (doc.tokens()[source.head].tag, doc.lemma(source.head).to_lowercase());
        let pronoun = matches!(tag, Tag::PRP | Tag::PRPS | Tag::WP | Tag::WDT | Tag::DT);
        let party = draft.statement.speaker.as_ref()?;
        let named = |name: &String| name.split_whitespace().any(|word| word.len() > 2 && party.text.contains(word));
        if !pronoun && (tag.is_proper_noun() || party.actor.is_some() || party.name.as_ref().is_some_and(named)) {
            return None;
        }
        let first = doc.word(source.range.start).to_lowercase();
        let word = match first.as_str() {
            _ if pronoun => lemma.clone(),
            "the" | "this" | "that" => "the role".to_owned(),
            "a" | "an" => "a role".to_owned(),
            "his" | "her" | "their" | "its" => "own role".to_owned(),
            _ => "role".to_owned(),
        };
        Some(Form { word, at: source.range.start, kind: NOUNS.kind(&lemma), starts: starts(source.head) })
    }
}

struct Candidate {
    party: Party,
    names: Names,
    features: Vec<String>,
}

struct Candidates(Vec<Candidate>);

impl Candidates {
    /// Whom the words alone mean first, then all others.
    fn of(article: &Article, form: &Form, accused: &[Accused], others: &Others, draft: &Draft) -> Candidates {
        let parties = &article.parties;
        let statement = &draft.statement;
        let word = &form.word;
        let mut all = Candidates(Vec::new());
        match &statement.speaker {
            Some(own) => {
                let named = own.is_named();
                all.offer(own, vec!["own".to_owned(), format!("own {word}"), format!("own {word} named={named}")]);
            }
            None => {
                let nobody =
                    Party { text: String::new(), span: article.doc.span(form.at..form.at), name: None, actor: None };
                all.offer(&nobody, vec!["own".to_owned(), "own nobody".to_owned()]);
            }
        }
        for (rank, accused) in targets::most_first(accused).into_iter().take(ACCUSED).enumerate() {
            all.offer(&accused.party, vec![format!("accused rank={rank}"), format!("accused rank={rank} {word}")]);
        }
        for (rank, np) in parties.leading().iter().enumerate() {
            all.offer(&parties.party(np), vec![format!("leads rank={rank}"), format!("leads rank={rank} {word}")]);
        }
        for (order, named) in parties.named_before(form.at, NAMED).into_iter().enumerate() {
            let away = named.sentences.min(4);
            all.offer(
                &parties.party(named.np),
                vec![
                    format!("before order={order} {word}"),
                    format!("before away={away} subject={}", named.subject),
                    format!("before away={away} {word}"),
                ],
            );
        }
        for candidate in &mut all.0 {
            describe(parties, form, accused, others, candidate);
            if draft.content.iter().flat_map(Clone::clone).any(|at| parties.names_at(at, &candidate.party)) {
                candidate.features.push("in what is denied".to_owned());
            }
            if statement.accuser.as_ref().is_some_and(|accuser| Names::of(accuser).same(&candidate.names)) {
                candidate.features.push("is the accuser".to_owned());
            }
            let how = match (draft.pleads, draft.judged) {
                (true, _) => "pleads",
                (_, true) => "judged",
                _ => "denies",
            };
            let times = candidate.features.iter().find(|feature| feature.starts_with("accused=")).cloned();
            candidate.features.extend(times.map(|times| format!("{how} {times}")));
        }
        all
    }

    /// Adds what speaks for a party, which may be among them.
    fn offer(&mut self, party: &Party, features: Vec<String>) {
        let names = Names::of(party);
        match self.0.iter_mut().find(|known| known.names.same(&names)) {
            Some(known) => known.features.extend(features),
            None => self.0.push(Candidate { party: party.clone(), names, features }),
        }
    }

    /// Another than whom the words alone mean, where it is likelier by far.
    fn choose(self, article: &Article, draft: &Draft) -> Option<Party> {
        article.ask(Question::Denier, || Asks {
            about: draft.ranges(),
            other: Vec::new(),
            alternatives: self
                .0
                .iter()
                .map(|candidate| (candidate.party.names().map(str::to_owned).collect(), candidate.features.clone()))
                .collect(),
        });
        let weight = |candidate: &Candidate| article.weights.denier(&candidate.features);
        let own = weight(self.0.first()?);
        let best = self.0.into_iter().skip(1).rev().max_by(|a, b| weight(a).total_cmp(&weight(b)))?;
        (weight(&best) >= own + MARGIN.ln()).then_some(best.party)
    }
}

/// What is known of a candidate wherever it comes from.
fn describe(parties: &Parties, form: &Form, accused: &[Accused], others: &Others, candidate: &mut Candidate) {
    let (party, names, word) = (&candidate.party, &candidate.names, &form.word);
    let (times, standing) = targets::standing(parties, accused, party, names);
    let accuses = others.accusers.iter().any(|accuser| accuser.same(names));
    let kind = parties.kind(party);
    let features = &mut candidate.features;
    features.extend(standing);
    features.push(format!("accused={} {word}", times.min(2)));
    features.push(format!("accuses={accuses} accused={}", times.min(1)));
    features.push(format!("named={} {word}", party.is_named()));
    features.push(format!("{kind:?} {word}"));
    features.push(format!("{kind:?} wanted={:?}", form.kind));
    let denies = others.deniers.iter().filter(|denier| denier.same(names)).count();
    features.push(format!("denies by name={} accused={}", denies.min(2), times.min(1)));
    if !others.deniers.is_empty() && denies == 0 {
        features.push("others deny by name".to_owned());
    }
    if parties.in_headline(party) {
        features.push("headline".to_owned());
    }
    if form.starts {
        features.push(format!("at the start: rank={}", parties.rank(party).map_or(9, |rank| rank.min(3))));
    }
    if let Some(fits) = parties.fits_pronoun(party, word) {
        features.push(format!("sex fits={fits}"));
    }
}
