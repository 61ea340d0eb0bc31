//! Whom an accusation blames: every party in and around it is a candidate, and learned weights choose among them.

use super::assembly::{Article, Asks, Draft, steps};
use super::attributions::Attribution;
use super::judgement::Question;
use super::lexicon::{Frame, List};
use super::nouns::{Kind, NOUNS};
use super::parties::{HEADLINES, Names, Parties, first_person, same_party};
use super::phrases::{self, Np};
use super::reader;
use super::{Act, Party};
use crate::language::{Dep, Tag};
use std::collections::HashMap;
use std::ops::Range;

/// How many candidates one accusation has.
const MOST: usize = 32;

/// How many of those accused most are candidates for every accusation, and how many names a role may stand for.
const LEADING: usize = 3;

/// How many tokens of a content are searched, so that time stays linear.
const REACH: usize = 120;

/// Below this probability nobody is said to be blamed.
const LEAST: f64 = 0.12;

/// A party that the article accuses, and how often it does so outright.
#[derive(Debug)]
pub struct Accused {
    /// The party.
    pub party: Party,
    /// What it is compared by.
    pub names: Names,
    /// In how many statements.
    pub times: usize,
}

/// Sets the target of every accusation. `accused` are the parties that the article accuses by its cues.
pub fn aim(article: &Article, found: &[Attribution], accused: &[Accused], drafts: &mut [Draft]) {
    let denials = drafts.iter().filter(|draft| draft.statement.act == Act::Denial);
    let deniers: HashMap<usize, Party> = denials
        .filter_map(|draft| {
            let side = draft.statement.on_behalf_of.as_ref().or(draft.statement.speaker.as_ref())?;
            Some((draft.origin, side.clone()))
        })
        .collect();
    for draft in drafts.iter_mut().filter(|draft| draft.statement.act == Act::Accusation) {
        let denier = draft.presupposed_by.first().and_then(|origin| deniers.get(origin));
        let attribution = &found[draft.origin];
        let mut target = Candidates::of(article, attribution, accused, denier, draft).choose();
        // Nobody charges himself: who is charged, or alleged to have done it, was read as who says so.
        let passive = matches!(attribution.frame, Frame::Charged | Frame::Alleges | Frame::Noun | Frame::Adverb);
        let plain = |party: &Party| party.called().to_lowercase();
        // "Veldia denied a Norland claim": who claims it is not whom it blames, and who denies it is.
        let claims = draft.statement.speaker.as_ref().filter(|_| attribution.frame == Frame::Noun).map(plain);
        if let Some(denier) = denier
            && claims.is_some()
            && claims == target.as_ref().map(plain)
            && claims != Some(plain(denier))
        {
            target = Some(denier.clone());
        }
        if passive && target.is_some() && target.as_ref().map(plain) == draft.statement.speaker.as_ref().map(plain) {
            draft.statement.speaker = None;
        }
        draft.statement.target = target;
    }
}

/// The accused, from who is accused most on.
pub fn most_first(accused: &[Accused]) -> Vec<&Accused> {
    let mut accused: Vec<&Accused> = accused.iter().collect();
    accused.sort_by_key(|accused| std::cmp::Reverse(accused.times));
    accused
}

/// How often a party is accused; with it as features, its share in all accusations, and how many are named more often.
pub fn standing(parties: &Parties, accused: &[Accused], party: &Party, names: &Names) -> (usize, [String; 3]) {
    let times: usize = accused.iter().filter(|known| known.names.same(names)).map(|known| known.times).sum();
    let all: usize = accused.iter().map(|known| known.times).sum();
    let features = [
        format!("accused={}", times.min(3)),
        format!("accused share={}", (4 * times).checked_div(all).unwrap_or(9)),
        format!("rank={}", parties.rank(party).map_or(9, |rank| rank.min(5))),
    ];
    (times, features)
}

/// Where a candidate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The cue's frame names it: "accused *him* of".
    Frame,
    /// In what is said.
    Content,
    /// In the same sentence, before or after what is said.
    Before,
    After,
    /// Elsewhere in the article.
    Article,
}

struct Candidates<'c, 'd, 't> {
    article: &'c Article<'d, 't>,
    attribution: &'c Attribution,
    accused: &'c [Accused],
    /// Who denies the accusation, where a denial mentions it.
    denier: Option<&'c Party>,
    draft: &'c Draft,
    cue: String,
    /// Where the content begins.
    content: Option<usize>,
    parties: Vec<(Party, Vec<String>)>,
}

impl<'c, 'd, 't> Candidates<'c, 'd, 't> {
    fn of(
        article: &'c Article<'d, 't>,
        attribution: &'c Attribution,
        accused: &'c [Accused],
        denier: Option<&'c Party>,
        draft: &'c Draft,
    ) -> Self {
        let doc = article.doc;
        let cue = draft.cue.as_ref().map_or_else(String::new, |cue| doc.lemma(cue.start).to_lowercase());
        let content = draft.content.iter().map(|range| range.start).min();
        let mut all = Candidates { article, attribution, accused, denier, draft, cue, content, parties: Vec::new() };
        let mut seen: Vec<usize> = Vec::new();
        if let Some(np) = &attribution.blamed {
            seen.push(np.head);
            all.add(np, Place::Frame, 0);
        }
        let mut order = 0;
        for at in draft.content.iter().flat_map(Clone::clone).take(REACH) {
            if let Some(np) = all.candidate(at).filter(|np| !seen.contains(&np.head)) {
                seen.push(np.head);
                all.add(&np, Place::Content, order);
                order += 1;
            }
        }
        let place = draft.cue.as_ref().or(draft.content.first()).map_or(0, |range| range.start);
        let sentence = doc.sentences()[doc.sentence_of(place)].tokens.clone();
        let source: Range<usize> = attribution.source.as_ref().map_or(0..0, |np| np.range.clone());
        let content = content.unwrap_or(place);
        order = 0;
        for at in sentence.take(REACH) {
            let inside = source.contains(&at) || draft.content.iter().any(|range| range.contains(&at));
            if inside || order >= 6 {
                continue;
            }
            if let Some(np) = all.candidate(at).filter(|np| !seen.contains(&np.head)) {
                seen.push(np.head);
                all.add(&np, if at < content { Place::Before } else { Place::After }, order);
                order += 1;
            }
        }
        for (rank, np) in article.parties.leading().iter().enumerate() {
            all.add(np, Place::Article, rank);
        }
        for (rank, accused) in most_first(accused).into_iter().take(LEADING).enumerate() {
            all.add_party(
                accused.party.clone(),
                vec!["where=Accused".to_owned(), format!("accused rank={rank}")],
                None,
            );
        }
        if let Some(target) = &draft.statement.target {
            all.add_party(target.clone(), vec!["where=Rule".to_owned()], None);
        }
        if let Some(denier) = denier {
            all.add_party(denier.clone(), vec!["where=Denier".to_owned()], None);
        }
        all.parties.truncate(MOST);
        all
    }

    /// The noun phrase that a token heads, if it can be blamed.
    fn candidate(&self, at: usize) -> Option<Np> {
        let doc = self.article.doc;
        let token = &doc.tokens()[at];
        let inner = matches!(token.dep, Dep::Compound | Dep::Flat | Dep::Amod | Dep::Fixed);
        let blameable = match token.tag {
            Tag::PRP | Tag::PRPS => true,
            tag if tag.is_proper_noun() => !inner || self.article.parties.ends_name(at),
            tag if tag.is_noun() => {
                !inner && (token.dep.is_subject() || NOUNS.kind(&doc.lemma(at).to_lowercase()) != Kind::Unknown)
            }
            _ => false,
        };
        (blameable && !phrases::is_time(doc, at))
            .then(|| phrases::noun_phrase(doc, self.article.parties.head_of_name(at)))
    }

    fn add(&mut self, np: &Np, place: Place, order: usize) {
        let article = self.article;
        let doc = article.doc;
        let tokens = doc.tokens();
        let head = np.head;
        let token = &tokens[head];
        let mut features =
            vec![format!("where={place:?}"), format!("frame={:?} where={place:?}", self.attribution.frame)];
        features.push(format!("cue={} where={place:?}", self.cue));
        features.push(format!("where={place:?} order={}", order.min(4)));
        let lemma = doc.lemma(head).to_lowercase();
        if let Some(seen) = self.attribution.seen.map(|seen| &article.reading.seen[seen]) {
            let likely =
                seen.blamed.iter().filter(|(at, _)| np.range.contains(at)).map(|(_, p)| *p).fold(0.0, f32::max);
            features.extend(steps(reader::odds(likely)).map(|step| format!("reads blamed>{step}")));
        } else {
            features.push("unread".to_owned());
        }
        let noun = NOUNS.kind(&lemma);
        let kind = match token.tag {
            Tag::PRP | Tag::PRPS => lemma,
            tag if tag.is_proper_noun() => "Name".to_owned(),
            _ => format!("{noun:?}"),
        };
        features.push(format!("kind={kind}"));
        features.push(format!("where={place:?} kind={kind}"));
        if matches!(token.tag, Tag::NNS | Tag::NNPS) {
            features.push("plural".to_owned());
        }
        if place != Place::Article {
            features.push(format!("where={place:?} dep={:?}", token.dep));
            let above = token.head.filter(|_| !matches!(token.dep, Dep::Root));
            if let Some(above) = above {
                let lemma = doc.lemma(above).to_lowercase();
                let class = if List::Does.has(&lemma) {
                    "does"
                } else if List::May.has(&lemma) {
                    "may"
                } else if List::Deed.has(&lemma) {
                    "deed"
                } else if List::Allegation.has(&lemma) {
                    "allegation"
                } else if List::Doer.has(&lemma) || List::Bad.has(&lemma) {
                    "bad"
                } else if tokens[above].tag.is_verb() {
                    "verb"
                } else {
                    "other"
                };
                let passive = if phrases::is_passive(doc, above) { "passive" } else { "" };
                features.push(format!("dep={:?}{passive} above={class}", token.dep));
                features.push(format!("dep={:?} above is {lemma}", token.dep));
                if let Some(preposition) = phrases::preposition(doc, head) {
                    features.push(format!("prep={preposition} above={class}"));
                    features.push(format!("prep={preposition} where={place:?}"));
                }
            }
            features.push(format!("where={place:?} away={}", bucket(head.abs_diff(self.content.unwrap_or(head)))));
        }
        let party = self.article.parties.blamed(np);
        let unnamed = !party.is_named() && token.tag.is_noun() && !token.tag.is_proper_noun() && noun != Kind::Unknown;
        if unnamed {
            // "the teacher" may be whom the article is about.
            let first = doc.word(np.range.start).to_lowercase();
            let definite = match first.as_str() {
                "the" | "this" | "that" => token.tag == Tag::NN,
                "a" | "an" | "his" | "her" | "their" | "its" | "our" | "my" => false,
                _ => token.tag == Tag::NN && doc.sentence_of(head) < HEADLINES,
            };
            for (rank, known) in self.known().into_iter().enumerate().take(LEADING).filter(|_| definite) {
                let theirs = self.article.parties.kind(&known);
                let accuses = self.draft.statement.speaker.as_ref().is_some_and(|speaker| same_party(speaker, &known));
                if accuses || theirs != noun && theirs != Kind::Unknown {
                    continue;
                }
                let mut features = features.clone();
                features.push(format!("as known={rank} fits={}", theirs == noun));
                features.push(format!("as known={rank} {first} {noun:?}"));
                self.add_party(meaning(&party, &known), features, Some(np));
            }
            features.push(format!("unnamed definite={definite} {noun:?}"));
        }
        // "denied a claim that *it* had shipped shells".
        if place == Place::Content
            && let Some(denier) =
                self.denier.filter(|_| matches!(token.tag, Tag::PRP | Tag::PRPS) && !first_person(&kind))
        {
            let mut features = features.clone();
            features.push(format!("{kind} is denier dep={:?}", token.dep));
            self.add_party(meaning(&party, denier), features, Some(np));
        }
        self.add_party(party, features, Some(np));
    }

    /// The parties that a role may stand for: who is accused most, then who leads the article.
    fn known(&self) -> Vec<Party> {
        let mut known: Vec<Party> = Vec::new();
        let accused = self.accused.iter().map(|accused| &accused.party).filter(|party| party.name.is_some());
        let leading: Vec<Party> =
            self.article.parties.leading().iter().take(2).map(|np| self.article.parties.party(np)).collect();
        for party in accused.take(2).chain(&leading) {
            if !known.iter().any(|other| same_party(other, party)) {
                known.push(party.clone());
            }
        }
        known
    }

    /// Adds a party with what is known of it beside its place.
    fn add_party(&mut self, party: Party, mut features: Vec<String>, np: Option<&Np>) {
        let names = Names::of(&party);
        let parties = &self.article.parties;
        features.extend(standing(parties, self.accused, &party, &names).1);
        features.push(format!("sort={:?} actor={}", parties.kind(&party), party.actor.is_some()));
        if parties.in_headline(&party) {
            features.push("headline".to_owned());
        }
        if let Some(denier) = self.denier {
            features.push(format!("denier={}", same_party(denier, &party)));
        }
        let statement = &self.draft.statement;
        let speaks = statement.speaker.iter().chain(&statement.on_behalf_of).any(|speaker| same_party(speaker, &party));
        let first = np.is_some_and(|np| {
            matches!(self.article.doc.lemma(np.head).to_lowercase().as_str(), "i" | "we" | "me" | "us" | "my" | "our")
        });
        if speaks || first {
            features.push("speaker".to_owned());
            features.push(format!("speaker frame={:?}", self.attribution.frame));
        }
        match &statement.target {
            Some(target) if target.span == party.span => features.push("rule=this".to_owned()),
            Some(target) if same_party(target, &party) => features.push("rule=same".to_owned()),
            Some(_) => features.push("rule=other".to_owned()),
            None => features.push("rule=none".to_owned()),
        }
        if statement.presupposed {
            let extra: Vec<String> = features
                .iter()
                .filter(|feature| feature.starts_with("where") || feature.starts_with("rule"))
                .map(|feature| format!("presupposed {feature}"))
                .collect();
            features.extend(extra);
        }
        self.parties.push((party, features));
    }

    /// The candidate with the most weight, or nobody.
    fn choose(self) -> Option<Party> {
        let nobody = vec![
            "nobody".to_owned(),
            format!("nobody frame={:?}", self.attribution.frame),
            format!("nobody cue={}", self.cue),
        ];
        let weight = |features: &[String]| self.article.weights.target(features).clamp(-30.0, 30.0).exp();
        let each: Vec<f64> = self.parties.iter().map(|(_, features)| weight(features)).collect();
        let total = each.iter().sum::<f64>() + weight(&nobody);
        self.article.ask(Question::Target, || {
            let candidates = self
                .parties
                .iter()
                .map(|(party, features)| (party.names().map(str::to_owned).collect(), features.clone()));
            let alternatives = candidates.chain([(Vec::new(), nobody.clone())]).collect();
            Asks { about: self.draft.ranges(), other: Vec::new(), alternatives }
        });
        // Mentions of one party speak for it together.
        let shares: Vec<f64> = each.iter().map(|weight| weight / total).collect();
        let names: Vec<Names> = self.parties.iter().map(|(party, _)| Names::of(party)).collect();
        let together = |number: usize| -> f64 {
            (0..shares.len())
                .filter(|&other| other == number || names[other].same(&names[number]))
                .map(|other| shares[other])
                .sum()
        };
        let together: Vec<f64> = (0..shares.len()).map(together).collect();
        let best = (0..shares.len()).max_by(|&a, &b| {
            (together[a] + 0.1 * shares[a]).total_cmp(&(together[b] + 0.1 * shares[b])).then(b.cmp(&a))
        })?;
        (together[best] >= LEAST).then(|| self.parties.into_iter().nth(best).map(|(party, _)| party))?
    }
}

/// A phrase, meaning a party that is known by name.
pub fn meaning(phrase: &Party, known: &Party) -> Party {
    Party { name: Some(known.called().to_owned()), actor: known.actor.clone(), ..phrase.clone() }
}

/// A distance as the number of its binary digits.
fn bucket(distance: usize) -> u32 {
    usize::BITS - distance.leading_zeros()
}
