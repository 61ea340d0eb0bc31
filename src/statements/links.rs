//! Which accusations of the article a denial answers, and which statements restate earlier ones.

use super::assembly::{Article, Asks, Draft, SURELY_WRONG, steps};
use super::judgement::Question;
use super::parties::{Names, same_party};
use super::{Act, Party};
use std::collections::{HashMap, HashSet};

/// How many accusations one denial is linked to.
const MOST_ANSWERS: usize = 3;

/// The sentences of an item that is only a feed's summary.
const BRIEF: usize = 8;

/// From this probability on a denial answers the likeliest accusation: a little over half of the F1 that links reach on news not seen, where F1
/// is highest. How surely it does is told with it ([`Question::Answer`]).
const ANSWERS: f64 = 0.22;

/// A further accusation is answered as well from this share of the best one's probability on.
const BESIDE: f64 = 0.65;

/// From this probability on what was judged to deny, without a word of denying, is told as a denial.
const DENIES: f64 = 0.5;

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
    let names: Vec<Known> = drafts.iter().map(Known::of).collect();
    let mut answers: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for number in 0..drafts.len() {
        if drafts[number].statement.act == Act::Denial && !drafts[number].blameless {
            let pairs = answered(article, drafts, (&terms, &names), &own, number);
            drafts[number].answers_likely = pairs.first().map_or(0.0, |pair| pair.probability);
            answers[number] = pairs.into_iter().map(|pair| pair.accusation).collect();
        }
        if drafts[number].statement.act == Act::Denial {
            let sure = article.sure(&drafts[number], !answers[number].is_empty());
            let draft = &mut drafts[number];
            draft.sure = sure;
            if sure < DENIES && draft.judged {
                draft.statement.act = Act::Other;
                answers[number].clear();
            }
        }
    }
    let answered: HashSet<usize> = answers.iter().flatten().copied().collect();
    // What only perhaps denies or accuses, and answers nothing or is not answered, is only a saying.
    for (at, draft) in drafts.iter_mut().enumerate().filter(|(_, draft)| draft.tentative) {
        if answers[at].is_empty() && !answered.contains(&at) {
            draft.statement.act = Act::Other;
            draft.statement.target = None;
        }
    }
    // An implied accusation that nobody needs is none.
    let mut kept = vec![None; drafts.len()];
    let mut number = 0;
    for (at, draft) in drafts.iter().enumerate() {
        let needless = draft.implied || draft.nobodys && draft.statement.act == Act::Other;
        if !needless || answered.contains(&at) {
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

/// What the parties of a draft are compared by.
struct Known {
    /// Its speaker and the side spoken for.
    side: Vec<Names>,
    speaker: Option<Names>,
    target: Option<Names>,
    accuser: Option<Names>,
}

impl Known {
    fn of(draft: &Draft) -> Known {
        let statement = &draft.statement;
        let names = |party: &Option<Party>| party.as_ref().map(Names::of);
        Known {
            side: statement.speaker.iter().chain(&statement.on_behalf_of).map(Names::of).collect(),
            speaker: names(&statement.speaker),
            target: names(&statement.target),
            accuser: names(&statement.accuser),
        }
    }
}

/// An accusation that a denial may answer.
struct Pair {
    probability: f64,
    accusation: usize,
}

/// The accusations that a denial answers, by learned weights over each pair.
fn answered(
    article: &Article,
    drafts: &[Draft],
    (terms, names): (&[HashSet<String>], &[Known]),
    own: &HashMap<usize, usize>,
    number: usize,
) -> Vec<Pair> {
    let denial = &drafts[number];
    let side: Vec<&Party> = denial.statement.speaker.iter().chain(denial.statement.on_behalf_of.iter()).collect();
    let own = own.get(&denial.origin).copied();
    // Nobody knows whether nobody was accused.
    if side.is_empty() {
        return Vec::new();
    }
    let low = number.saturating_sub(WINDOW);
    let high = (number + WINDOW).min(drafts.len());
    let accusations: Vec<usize> = (low..high).filter(|&at| drafts[at].statement.act == Act::Accusation).collect();
    let blames = |at: usize| {
        names[at].target.as_ref().is_some_and(|target| names[number].side.iter().any(|party| target.same(party)))
    };
    let blaming: Vec<usize> = accusations.iter().copied().filter(|&at| blames(at)).collect();
    let around =
        Around { article, drafts, terms, names, own, number, side: &side, all: accusations.len(), blaming: &blaming };
    let mut pairs = Vec::new();
    for at in accusations {
        let features = around.features(at);
        let probability = article.weights.link(&features);
        article.ask(Question::Link, || Asks {
            about: denial.ranges(),
            other: drafts[at].ranges(),
            alternatives: vec![(side.iter().flat_map(|party| party.names()).map(str::to_owned).collect(), features)],
        });
        pairs.push(Pair { probability, accusation: at });
    }
    pairs.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let best = pairs.first().map_or(0.0, |pair| pair.probability);
    pairs.retain(|pair| best >= ANSWERS && pair.probability >= best * BESIDE);
    pairs.truncate(MOST_ANSWERS);
    // "There is no truth in claims that …": where nothing is likelier, what it mentions itself is what it answers.
    if pairs.is_empty()
        && let Some(accusation) = own.filter(|&own| !drafts[own].implied)
    {
        pairs.push(Pair { probability: ANSWERS, accusation });
    }
    pairs
}

/// A denial with what stands around it.
struct Around<'a, 'd, 't> {
    article: &'a Article<'d, 't>,
    drafts: &'a [Draft],
    terms: &'a [HashSet<String>],
    names: &'a [Known],
    /// The accusation that it mentions itself.
    own: Option<usize>,
    number: usize,
    side: &'a [&'a Party],
    /// How many accusations stand around it.
    all: usize,
    /// Those that blame its side, in text order.
    blaming: &'a [usize],
}

impl Around<'_, '_, '_> {
    /// What speaks for and against the denial's answering the accusation.
    fn features(&self, at: usize) -> Vec<String> {
        let (denial, accusation) = (&self.drafts[self.number], &self.drafts[at]);
        let mut features = vec!["always".to_owned()];
        let mut add = |feature: String| features.push(feature);
        let own = self.own == Some(at);
        let kind = match (own, accusation.implied, accusation.statement.presupposed) {
            (true, true, _) if accusation.content.iter().any(|piece| self.article.wrong_in(piece) >= SURELY_WRONG) => {
                "implied"
            }
            (true, true, _) => "implied mildly",
            (true, false, _) => "own",
            (false, true, _) => "implied elsewhere",
            (false, false, true) => "presupposed elsewhere",
            _ if self.own.is_some_and(|own| !self.drafts[own].implied) => "beside own",
            _ => "outright",
        };
        add(format!("kind={kind}"));
        if own {
            let besides = self.blaming.iter().filter(|&&other| other != at && !self.drafts[other].implied).count();
            add(format!("kind={kind} besides={}", besides.min(3)));
        }
        let target = accusation.statement.target.as_ref();
        let blames = match target {
            None => "nobody",
            Some(_) if self.blaming.contains(&at) => "side",
            Some(target) if !target.is_named() => "unnamed",
            Some(_) => "other",
        };
        add(format!("blames={blames}"));
        add(format!("blames={blames} kind={kind}"));
        let actor = target.and_then(|target| target.actor.as_ref());
        if actor.is_some() && self.side.iter().any(|party| party.actor.as_ref() == actor) {
            add("same actor".to_owned());
        }
        add(format!("blaming={} blames={blames}", self.blaming.len().min(4)));
        add(format!("share={} blames={blames}", 4 * self.blaming.len() / self.all.max(1)));
        let before = self.blaming.iter().rev().find(|&&known| known < self.number);
        if before == Some(&at) {
            add("last blaming before".to_owned());
        }
        if self.blaming.first() == Some(&at) {
            add("first blaming".to_owned());
        }
        let (own_names, names) = (&self.names[self.number], &self.names[at]);
        if names.speaker.as_ref().is_some_and(|accuser| own_names.side.iter().any(|party| accuser.same(party))) {
            add("accuser denies".to_owned());
        }
        add(match (&own_names.accuser, &names.speaker) {
            (Some(named), Some(accuser)) if named.same(accuser) => "accuser=named".to_owned(),
            (Some(_), Some(_)) => "accuser=another".to_owned(),
            (Some(_), None) => "accuser=unknown".to_owned(),
            (None, Some(_)) => "accuser=some".to_owned(),
            (None, None) => "accuser=none".to_owned(),
        });
        let mut shared = self.terms[at].intersection(&self.terms[self.number]).count();
        if let Some(own) = self.own.filter(|_| !own) {
            shared = shared.max(self.terms[at].intersection(&self.terms[own]).count());
        }
        add(format!("shared={}", shared.min(5)));
        add(format!("shared={} blames={blames}", shared.min(3)));
        let least = self.terms[at].len().min(self.terms[self.number].len());
        match (4 * shared.min(least)).checked_div(least) {
            Some(part) => add(format!("shared part={part}")),
            None => add("shared part=none".to_owned()),
        }
        let place = |draft: &Draft| self.article.doc.sentences()[draft.sentence].paragraph;
        let away = place(accusation).abs_diff(place(denial));
        let away = match away {
            0 if accusation.sentence == denial.sentence => "same",
            0 => "0",
            1 => "1",
            2 => "2",
            3 | 4 => "3",
            5..=8 => "5",
            9..=16 => "9",
            _ => "far",
        };
        let side = if at < self.number { "before" } else { "after" };
        add(format!("away={away} {side}"));
        add(format!("away={away} blames={blames}"));
        let size = self.article.doc.sentences().len();
        let brief = if size <= BRIEF { "brief" } else { "long" };
        add(format!("{brief} blames={blames}"));
        add(format!("{brief} kind={kind}"));
        if let Some(speaker) = &denial.statement.speaker {
            let parties = &self.article.parties;
            let word = speaker.text.to_lowercase();
            let form = match word.as_str() {
                "he" | "she" | "they" | "it" | "i" | "we" | "who" | "which" => word.as_str(),
                _ if speaker.text.starts_with(char::is_uppercase) => "name",
                _ => "role",
            };
            let named = speaker.is_named();
            add(format!("denier={form} named={named}"));
            add(format!("denier={form} blames={blames}"));
            add(format!(
                "denier sort={:?} rank={}",
                parties.kind(speaker),
                parties.rank(speaker).map_or(9, |rank| rank.min(4))
            ));
            add(format!("denier speaks for={}", denial.statement.on_behalf_of.is_some()));
        }
        let sure = |draft: &Draft| (draft.statement.confidence * 8.0).floor();
        add(format!("accusation={}", sure(accusation)));
        add(format!("accusation={} blames={blames}", sure(accusation)));
        add(format!("denial={}", sure(denial)));
        if accusation.tentative {
            add("perhaps an accusation".to_owned());
        }
        if denial.tentative {
            add("perhaps a denial".to_owned());
            add(format!("perhaps a denial blames={blames} shared={}", shared.min(2)));
        }
        let how = match (denial.pleads, denial.anaphoric, denial.judged) {
            (true, ..) => "pleads",
            (_, _, true) => "judged",
            (_, true, _) => "refers",
            _ => "states",
        };
        add(format!("denial {how}"));
        add(format!("denial {how} blames={blames}"));
        add(format!("denial {how} shared={}", shared.min(3)));
        add(format!("denial {how} away={away} {side}"));
        let seen = denial.seen.and_then(|seen| self.article.reading.seen[seen].answers(accusation.tokens()));
        match seen {
            None => add("unread".to_owned()),
            Some(odds) => {
                for step in steps(odds) {
                    add(format!("reads answered>{step}"));
                    add(format!("reads answered>{step} blames={blames}"));
                }
            }
        }
        if let Some(cue) = &accusation.cue {
            add(format!("cue={}", self.article.doc.lemma(cue.start).to_lowercase()));
        }
        if let Some(cue) = &denial.cue {
            add(format!("denying={}", self.article.doc.lemma(cue.start).to_lowercase()));
        }
        if accusation.judged {
            add(format!("accusation judged blames={blames}"));
        }
        features
    }
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
