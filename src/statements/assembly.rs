//! From attributions to statements: parties resolved, acts judged, presupposed accusations drawn out, times set.

use super::acts;
use super::attributions::{self, Attribution, Heard};
use super::deniers;
use super::judgement::{Candidate, Question, Weights};
use super::lexicon::{Frame, List};
use super::parties::{HEADLINES, Names, Parties, first_person, same_party};
use super::phrases::{self, Np};
use super::reader::{self, Reading};
use super::targets::{self, Accused};
use super::{Act, Actors, Party, Period, Stage, Statement, links, time};
use crate::language::{Dep, Document, Span, Tag};
use jiff::civil::Date;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

/// From this probability on a content accuses.
const ACCUSES: f64 = 0.42;

/// From this probability on a content denies.
const DENIES: f64 = 0.4;

/// From this weight on words name a wrong whatever stands around them.
pub(super) const SURELY_WRONG: f64 = 0.8;
/// What hearsay says is nothing wrong where the reader hears this little of an accusation in it, as the logarithm of the odds:
/// where no word names a wrong, and where one may.
const NO_WRONG: f32 = -1.0;
const SURELY_NO_WRONG: f32 = -2.0;

/// Below this probability what an accusing or denying cue says does not hold.
const HOLDS: f64 = 0.35;

/// From these on it may: a statement to be kept only where it answers one or is answered.
const PERHAPS_DENIES: f64 = 0.25;
const PERHAPS_ACCUSES: f64 = 0.3;

/// How many drafts after one are looked at for the same words, so that time stays linear.
const NEAR: usize = 12;

/// How many accused parties of an article are remembered.
const MOST_ACCUSED: usize = 40;

/// The sentences of a text that is too short for the reader.
const CURT: usize = 2;

/// A statement in the making, still over tokens.
#[derive(Debug)]
pub struct Draft {
    /// The statement as far as it stands; its spans are set at the end.
    pub statement: Statement,
    /// The cue's tokens.
    pub cue: Option<Range<usize>>,
    /// The content's tokens.
    pub content: Vec<Range<usize>>,
    /// The probability of what a denial answers most likely: the first of its answers.
    pub answers_likely: f64,
    /// How surely a denial is one, by its speaker: set with its answers.
    pub sure: f64,
    /// The attribution that it comes from.
    pub origin: usize,
    /// A denial whose content is an allegation named elsewhere: "denied the charges".
    pub anaphoric: bool,
    /// A denial of hearsay that names no wrong: "denied rumours of a split".
    pub blameless: bool,
    /// A plea of not guilty, or innocence maintained.
    pub pleads: bool,
    /// A possible denial or accusation, to be kept only where it answers one or is answered.
    pub tentative: bool,
    /// Found by what its content says, not by its cue.
    pub judged: bool,
    /// As a mere saying it would be none: nothing is heard, or it is a noun or adverb of alleging with nobody who alleges.
    pub nobodys: bool,
    /// For an accusation that is only mentioned inside denials: their origins.
    pub presupposed_by: Vec<usize>,
    /// Mentioned without a noun of alleging: "denied *shipping shells*".
    pub implied: bool,
    /// Its speaker, of whom the words alone tell no name, was chosen among those whom the article names.
    pub guessed: bool,
    /// What the reader saw of its cue, as an index among what it saw.
    pub seen: Option<usize>,
    /// The sentence of the cue, or of the content.
    pub sentence: usize,
}

impl Draft {
    /// Cue and content.
    pub fn ranges(&self) -> Vec<Range<usize>> {
        self.cue.iter().chain(&self.content).cloned().collect()
    }

    /// The tokens of cue and content.
    pub fn tokens(&self) -> impl Iterator<Item = usize> + '_ {
        self.cue.clone().into_iter().chain(self.content.iter().cloned()).flatten()
    }
}

/// What the weights are asked at once.
pub struct Asks {
    /// The tokens that it is about.
    pub about: Vec<Range<usize>>,
    /// Those of the accusation, for [`Question::Link`].
    pub other: Vec<Range<usize>>,
    /// The alternatives of one choice, each by the names of its party and its features.
    pub alternatives: Vec<(Vec<String>, Vec<String>)>,
}

impl Asks {
    fn of_act(about: Vec<Range<usize>>, features: Vec<String>) -> Self {
        Asks { about, other: Vec::new(), alternatives: vec![(Vec::new(), features)] }
    }
}

/// Everything that the stages of the assembly need to see.
#[derive(Debug)]
pub struct Article<'d, 't> {
    /// The text, read.
    pub doc: &'d Document<'t>,
    /// Its parties.
    pub parties: Parties<'d, 't>,
    /// When it was published.
    pub published: Option<Date>,
    /// What the reader makes of it.
    pub reading: &'d Reading,
    /// What judges.
    pub weights: &'d Weights,
    own_day: bool,
    /// Whom the persons named speak for, where a phrase that names them says so.
    pub(super) sides: HashMap<String, Party>,
    /// The nouns of alleging, in text order, with what each alleges.
    alleged: Vec<(usize, Vec<Range<usize>>)>,
    /// The quotations that stand in no other, in text order.
    quoted: Vec<Span>,
    /// What the weights were asked, where somebody wants to know.
    asked: Option<RefCell<Vec<Candidate>>>,
}

/// The statements of an article.
pub fn statements(
    doc: &Document,
    published: Option<Date>,
    actors: &Actors,
    reading: &Reading,
    weights: &Weights,
) -> Vec<Statement> {
    let (article, found) = Article::read(doc, published, actors, reading, weights);
    article.assemble(&found)
}

/// What the weights are asked while an article's statements are found.
pub fn asked(
    doc: &Document,
    published: Option<Date>,
    actors: &Actors,
    reading: &Reading,
    weights: &Weights,
) -> Vec<Candidate> {
    let (mut article, found) = Article::read(doc, published, actors, reading, weights);
    article.asked = Some(RefCell::default());
    article.assemble(&found);
    article.asked.map(RefCell::into_inner).unwrap_or_default()
}

/// How many attributions or drafts there are at the end of a stage.
pub fn until(doc: &Document, actors: &Actors, reading: &Reading, weights: &Weights, last: Stage) -> usize {
    let found = attributions::find(doc, reading);
    if last == Stage::Attributions {
        return found.len();
    }
    let article = Article::of(doc, None, actors, reading, weights, &found);
    if last == Stage::Parties {
        return found.len();
    }
    let (accused, mut drafts) = article.acts(&found);
    if last >= Stage::Targets {
        article.targets(&found, &accused, &mut drafts);
    }
    if last >= Stage::Links {
        article.links(&mut drafts);
    }
    if last == Stage::Finish { article.finish(drafts).len() } else { drafts.len() }
}

/// Whom the article's explicit accusations blame, in the order in which they are first blamed.
fn accused(drafts: &[Draft]) -> Vec<Accused> {
    let mut accused: Vec<Accused> = Vec::new();
    for draft in drafts.iter().filter(|draft| draft.statement.act == Act::Accusation) {
        let Some(target) = &draft.statement.target else { continue };
        let names = Names::of(target);
        if let Some(known) = accused.iter_mut().find(|known| known.names.same(&names)) {
            known.times += 1;
        } else if accused.len() < MOST_ACCUSED {
            accused.push(Accused { party: target.clone(), names, times: 1 });
        }
    }
    accused
}

/// A content, weighed.
struct Weighed {
    features: Vec<String>,
    rebuttal: Option<acts::Rebuttal>,
    blame: Option<acts::Blame>,
}

impl<'d, 't> Article<'d, 't> {
    fn read(
        doc: &'d Document<'t>,
        published: Option<Date>,
        actors: &'d Actors,
        reading: &'d Reading,
        weights: &'d Weights,
    ) -> (Self, Vec<Attribution>) {
        let found = attributions::find(doc, reading);
        (Article::of(doc, published, actors, reading, weights, &found), found)
    }

    fn of(
        doc: &'d Document<'t>,
        published: Option<Date>,
        actors: &'d Actors,
        reading: &'d Reading,
        weights: &'d Weights,
        found: &[Attribution],
    ) -> Self {
        let words: Vec<&str> = (0..doc.tokens().len()).map(|at| doc.word(at)).collect();
        let own_day = time::names_its_own_day(&words, published);
        let mut parties = Parties::read(doc, actors, reading);
        let sayings = found.iter().filter(|found| !matches!(found.frame, Frame::Noun | Frame::Adverb | Frame::Blames));
        parties.hear(sayings.filter_map(|found| Some((found.source.as_ref()?, found.content.as_slice()))));
        let nouns = found.iter().filter(|found| found.frame == Frame::Noun);
        let mut alleged: Vec<_> =
            nouns.filter_map(|noun| Some((noun.cue.as_ref()?.start, noun.content.clone()))).collect();
        alleged.sort_unstable_by_key(|(noun, _)| *noun);
        let quoted =
            doc.quotations().iter().filter(|quotation| quotation.within.is_none()).map(|quotation| quotation.span);
        let quoted = quoted.collect();
        let sides = HashMap::new();
        let mut article =
            Article { doc, parties, published, reading, weights, own_day, sides, alleged, quoted, asked: None };
        article.sides = article.read_sides();
        article
    }

    fn assemble(&self, found: &[Attribution]) -> Vec<Statement> {
        let (accused, mut drafts) = self.acts(found);
        self.targets(found, &accused, &mut drafts);
        self.links(&mut drafts);
        self.finish(drafts)
    }

    /// Drafts what the attributions do; with it, whom the explicit accusations blame.
    fn acts(&self, found: &[Attribution]) -> (Vec<Accused>, Vec<Draft>) {
        let mut drafts = Vec::with_capacity(found.len());
        self.explicit(found, &mut drafts);
        let accused = accused(&drafts);
        self.vet(found, &accused, &mut drafts);
        // Where cues deny, in text order: a saying that reports another's denial is none itself.
        let mut denied: Vec<usize> = drafts
            .iter()
            .filter(|draft| draft.statement.act == Act::Denial)
            .filter_map(|draft| draft.cue.as_ref().map(|cue| cue.start))
            .collect();
        denied.sort_unstable();
        let relayed: Vec<(usize, Range<usize>)> = self.relayed(found);
        for (origin, attribution) in found.iter().enumerate().filter(|(_, attribution)| attribution.act == Act::Other) {
            // "We make clear that …", within somebody's words, is no more than those words.
            let own_words = |source: &Np| matches!(self.word(source.head).as_str(), "i" | "we");
            if attribution.only_heard && attribution.source.as_ref().is_some_and(own_words) {
                drafts.extend(self.saying(origin, attribution));
                continue;
            }
            self.judge(origin, attribution, &accused, &denied, &relayed, &mut drafts);
        }
        once(&mut drafts);
        (accused, drafts)
    }

    /// Sets who denies, draws out the accusations that are only mentioned, and sets whom each accusation blames.
    fn targets(&self, found: &[Attribution], accused: &[Accused], drafts: &mut Vec<Draft>) {
        deniers::settle(self, found, accused, drafts);
        self.presuppose(found, drafts);
        targets::aim(self, found, accused, drafts);
    }

    /// Puts the drafts in order and links them.
    fn links(&self, drafts: &mut Vec<Draft>) {
        drafts.sort_by_key(|draft| (draft.tokens().min(), draft.statement.act != Act::Denial));
        self.documents(drafts);
        links::connect(self, drafts);
    }

    /// Notes what the weights are asked, where somebody wants to know.
    pub fn ask(&self, question: Question, asks: impl FnOnce() -> Asks) {
        let Some(asked) = &self.asked else { return };
        let mut asked = asked.borrow_mut();
        let Asks { about, other, alternatives } = asks();
        let spans = |ranges: &[Range<usize>]| ranges.iter().map(|range| self.doc.span(range.clone())).collect();
        let group = asked.last().map_or(0, |last: &Candidate| last.group + 1);
        asked.extend(alternatives.into_iter().map(|(names, features)| Candidate {
            question,
            group,
            spans: spans(&about),
            other: spans(&other),
            names,
            features,
        }));
    }

    /// Drafts what the cues alone say: accusing and denying by their words.
    fn explicit(&self, found: &[Attribution], drafts: &mut Vec<Draft>) {
        // What stands inside somebody's words.
        let mut said = vec![false; self.doc.tokens().len()];
        for range in found.iter().filter(|around| around.frame != Frame::Adverb).flat_map(|around| &around.content) {
            said[range.clone()].fill(true);
        }
        for (origin, attribution) in found.iter().enumerate().filter(|(_, attribution)| attribution.act != Act::Other) {
            self.draft(origin, attribution, &said, drafts);
        }
    }

    /// Judges whether what the cues alone say holds: "denied him a visa" and "disputed the bill" deny no allegation.
    fn vet(&self, found: &[Attribution], accused: &[Accused], drafts: &mut Vec<Draft>) {
        drafts.retain_mut(|draft| {
            let attribution = &found[draft.origin];
            let place = draft.cue.as_ref().map_or(0, |cue| cue.end);
            let piece = draft.content.first().cloned().unwrap_or(place..place);
            let mut features = self.weigh(attribution, &piece, &draft.statement.speaker, accused).features;
            // Words weigh otherwise beside a cue that accuses or denies by itself.
            let own: Vec<String> =
                features.iter().map(|feature| format!("{:?}: {feature}", draft.statement.act)).collect();
            features.extend(own);
            let judgement = self.weights.act(&features);
            self.ask(Question::Act, || Asks::of_act(draft.ranges(), features));
            let holds = match draft.statement.act {
                Act::Denial => judgement.denies,
                _ => judgement.accuses,
            };
            draft.statement.confidence = (holds * 0.95).max(draft.statement.confidence * 0.3);
            // "a lawsuit that the mill had poisoned the stream"
            let names_a_wrong = attribution.frame == Frame::Noun && self.wrong_in(&piece) >= SURELY_WRONG;
            holds >= HOLDS || draft.statement.act == Act::Accusation && names_a_wrong
        });
    }

    /// Everything that the judgement of a content goes by.
    fn weigh(
        &self,
        attribution: &Attribution,
        piece: &Range<usize>,
        speaker: &Option<Party>,
        accused: &[Accused],
    ) -> Weighed {
        let doc = self.doc;
        let tokens = doc.tokens();
        let speaks = |np: &Np| self.speaks(np, attribution, speaker);
        let rebuttal = acts::rebuttal(doc, piece, speaks);
        let blame = acts::blame(doc, piece, speaks);
        let mut features = vec!["always".to_owned(), format!("frame={:?}", attribution.frame)];
        let mut add = |feature: String| {
            if !features.contains(&feature) {
                features.push(feature);
            }
        };
        for act in [Act::Denial, Act::Accusation] {
            let (passage, cue) = self.reading.odds(piece, act);
            let own = attribution.cue.as_ref().map_or(-9.0, |cue| self.reading.odds(cue, act).1);
            for (name, odds) in [("passage", passage), ("word", cue), ("cue", own)] {
                for step in steps(odds) {
                    add(format!("reads {act:?} {name}>{step}"));
                }
            }
        }
        match &attribution.cue {
            Some(cue) => add(format!("cue={}", self.word(cue.start))),
            None => add("cue=none".to_owned()),
        }
        if let Some(source) = &attribution.source {
            let lemma = self.word(source.head);
            match tokens[source.head].tag {
                tag if tag.is_proper_noun() => add("speaker:name".to_owned()),
                Tag::PRP => add(format!("speaker={lemma}")),
                _ => add(format!("speaker={lemma}")),
            }
            for at in source.range.clone().take(8) {
                if matches!(
                    self.word(at).as_str(),
                    "prosecutor"
                        | "police"
                        | "court"
                        | "lawyer"
                        | "spokesman"
                        | "spokeswoman"
                        | "critic"
                        | "victim"
                        | "official"
                        | "report"
                        | "document"
                        | "attorney"
                        | "judge"
                        | "jury"
                        | "complaint"
                        | "indictment"
                        | "source"
                        | "campaign"
                        | "ministry"
                ) {
                    add(format!("speaker~{}", self.word(at)));
                }
            }
        } else {
            add("speaker:none".to_owned());
        }
        let speaker_accused = speaker
            .as_ref()
            .map(Names::of)
            .is_some_and(|speaker| accused.iter().any(|known| known.names.same(&speaker)));
        if speaker_accused {
            add("speaker:accused".to_owned());
        }
        add(format!("accused:{}", accused.len().min(3)));
        if let Some(blame) = &blame {
            add(format!("blame:{}", (blame.weight * 5.0).round()));
            match &blame.target {
                None => add("target:none".to_owned()),
                Some(np) => {
                    let party = self.parties.party(np);
                    if tokens[np.head].tag.is_proper_noun() {
                        add("target:name".to_owned());
                    } else if tokens[np.head].tag == Tag::PRP {
                        add(format!("target={}", self.word(np.head)));
                    } else {
                        add("target:noun".to_owned());
                    }
                    let names = Names::of(&party);
                    if accused.iter().any(|known| known.names.same(&names)) {
                        add("target:accused".to_owned());
                    }
                }
            }
        } else {
            add("blame:none".to_owned());
        }
        match rebuttal {
            Some(rebuttal) => {
                let weight = (rebuttal.weight * 5.0).round();
                add(format!("rebuttal:{weight}"));
                add(format!("rebuts={}", rebuttal.how));
                if speaker_accused {
                    add("rebuttal:accused".to_owned());
                }
            }
            None => add("rebuttal:none".to_owned()),
        }
        // What an allegation inside alleges is not what is said of it: "claims *that it shipped shells* are groundless".
        let reported: Vec<&Range<usize>> = self.alleged_in(piece).collect();
        if !reported.is_empty() {
            add("reports an allegation".to_owned());
        }
        let mut lists = [0usize; 9];
        for at in piece.clone() {
            if reported.iter().any(|inside| inside.contains(&at)) {
                continue;
            }
            let lemma = self.word(at);
            if phrases::is_punct(doc, at) {
                if doc.word(at) == "?" {
                    add("asks".to_owned());
                }
                continue;
            }
            let tag = tokens[at].tag;
            let negated = tag.is_verb() && phrases::negated(doc, at);
            if tag.is_verb()
                || matches!(tag, Tag::NN | Tag::NNS | Tag::JJ | Tag::JJR | Tag::JJS | Tag::RB | Tag::IN)
                    && lemma.len() > 1
            {
                add(if negated { format!("not {lemma}") } else { lemma.clone() });
            }
            match tag {
                Tag::MD => add(format!("modal={lemma}")),
                Tag::PRP => add(format!("pronoun={lemma}")),
                _ => {}
            }
            if tag.is_verb() {
                add(format!("form={tag}"));
                if let Some(subject) = doc.children(at).find(|&child| tokens[child].dep.is_subject()) {
                    let kind = match tokens[subject].tag {
                        Tag::PRP => self.word(subject),
                        tag if tag.is_proper_noun() => "Name".to_owned(),
                        _ => "noun".to_owned(),
                    };
                    add(format!("subject={kind}"));
                    if List::Does.has(&lemma) || List::May.has(&lemma) {
                        add(format!("wrong subject={kind}"));
                    }
                    if negated {
                        add(format!("not subject={kind}"));
                    }
                }
            }
            for (list, count) in [
                List::Does,
                List::May,
                List::Deed,
                List::Doer,
                List::Bad,
                List::How,
                List::Allegation,
                List::Refused,
                List::Untrue,
            ]
            .into_iter()
            .zip(&mut lists)
            {
                *count += usize::from(list.has(&lemma));
            }
        }
        for (number, count) in lists.into_iter().enumerate() {
            if count > 0 {
                add(format!("list{number}:{}", count.min(3)));
            }
        }
        add(format!("length:{}", (piece.len() as f64).log2().round()));
        if self.mostly_quoted(std::slice::from_ref(piece)) {
            add("quoted".to_owned());
        }
        Weighed { features, rebuttal, blame }
    }

    /// The sayings with a speaker of their own, by their cues in text order, with all that they span.
    fn relayed(&self, found: &[Attribution]) -> Vec<(usize, Range<usize>)> {
        // "U.S. information indicates …" is nobody's word but his who tells it.
        let somebody = |np: &Np| {
            let tag = self.doc.tokens()[np.head].tag;
            tag == Tag::PRP || tag.is_proper_noun() || self.parties.personal(np)
        };
        let says = |found: &&Attribution| {
            let frame = matches!(found.frame, Frame::Says | Frame::Tells | Frame::Alleges);
            frame && !found.void && found.source.as_ref().is_some_and(somebody)
        };
        let span = |found: &Attribution| {
            let content = found.content.first()?;
            Some((found.cue.as_ref()?.start, content.clone()))
        };
        let mut sayings: Vec<_> = found.iter().filter(says).filter_map(span).collect();
        sayings.sort_unstable_by_key(|(cue, _)| *cue);
        sayings
    }

    /// The contents of allegations that a piece names by their noun, cue and all.
    fn alleged_in(&self, piece: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let first = self.alleged.partition_point(|(noun, _)| *noun < piece.start);
        self.alleged[first..].iter().take_while(|(noun, _)| *noun < piece.end).flat_map(|(_, content)| content)
    }

    fn word(&self, at: usize) -> String {
        self.doc.lemma(at).to_lowercase()
    }

    /// Drafts the statements of one attribution: one, or one for each run of sentences that do the same.
    fn draft(&self, origin: usize, attribution: &Attribution, said: &[bool], drafts: &mut Vec<Draft>) {
        let doc = self.doc;
        let speaker = attribution.source.as_ref().map(|np| self.parties.party(np));
        let speaks = |np: &Np| self.speaks(np, attribution, &speaker);
        match attribution.act {
            Act::Denial | Act::Accusation if attribution.void => {}
            // "The judge rejected claims that …" decides; it denies nothing.
            Act::Denial if attribution.frame == Frame::Rejects && self.decides(attribution) => {}
            Act::Denial => {
                let mut draft = self.new_draft(origin, attribution, Act::Denial, attribution.content.clone());
                draft.anaphoric = attribution.frame == Frame::Pleads
                    || attribution.allegation.is_some_and(|noun| bare_allegation(doc, noun))
                    || self.pronoun_only(&draft.content);
                draft.statement.accuser = attribution.accuser.as_ref().map(|np| self.parties.party(np));
                drafts.push(draft);
            }
            Act::Accusation => {
                if attribution.frame == Frame::Adverb && attribution.cue.as_ref().is_some_and(|cue| said[cue.start]) {
                    // The saying around it is the accusation; see below.
                    return;
                }
                let mut draft = self.new_draft(origin, attribution, Act::Accusation, attribution.content.clone());
                let target = attribution.blamed.clone().or_else(|| {
                    let content = attribution.content.first()?;
                    acts::blame(doc, content, speaks)
                        .and_then(|blame| blame.target)
                        .or_else(|| self.blamed_subject(content, &[], speaks))
                });
                draft.statement.target = target.map(|np| self.parties.party(&np));
                if attribution.frame == Frame::Noun && draft.statement.target.is_none() {
                    draft.statement.confidence *= 0.8;
                }
                drafts.push(draft);
            }
            Act::Other => {}
        }
    }

    /// Splits a content by what its sentences do.
    fn judge(
        &self,
        origin: usize,
        attribution: &Attribution,
        accused: &[Accused],
        denied: &[usize],
        relayed: &[(usize, Range<usize>)],
        drafts: &mut Vec<Draft>,
    ) {
        let speaker = attribution.source.as_ref().map(|np| self.parties.party(np));
        if attribution.void {
            if !matches!(attribution.frame, Frame::Noun | Frame::Adverb | Frame::Blames) {
                drafts.extend(self.saying(origin, attribution));
            }
            return;
        }
        #[derive(PartialEq)]
        enum Does {
            Nothing,
            /// And whether only perhaps.
            Denies(bool),
            Accuses(bool),
        }
        type Run = (Does, Vec<Range<usize>>, f64, Option<Np>);
        let mut runs: Vec<Run> = Vec::new();
        for piece in attribution.content.iter().flat_map(|range| self.by_sentence(range)) {
            let Weighed { features, rebuttal, blame } = self.weigh(attribution, &piece, &speaker, accused);
            let judgement = self.weights.act(&features);
            self.ask(Question::Act, || {
                Asks::of_act(attribution.cue.clone().into_iter().chain([piece.clone()]).collect(), features)
            });
            let framed = matches!(attribution.frame, Frame::Blames | Frame::Charged);
            let target = || {
                let framed = attribution.blamed.clone().filter(|_| framed || attribution.frame == Frame::Calls);
                let sure = blame.as_ref().filter(|blame| blame.weight >= 0.5).and_then(|blame| blame.target.clone());
                framed
                    .or(sure)
                    .or_else(|| self.blamed_subject(&piece, accused, |np| self.speaks(np, attribution, &speaker)))
                    .or_else(|| blame.as_ref().and_then(|blame| blame.target.clone()))
            };
            let noun = attribution.frame == Frame::Noun;
            let wrong = if framed || noun { self.wrong_in(&piece) } else { 0.0 };
            let reports_denial =
                denied[denied.partition_point(|&at| at < piece.start)..].first().is_some_and(|&at| at < piece.end);
            let (does, weight, target) = if framed && wrong > 0.0 && attribution.blamed.is_some() {
                // "condemned it for killing civilians": whom the verb blames did what follows, whatever its own subject.
                (Does::Accuses(false), wrong.max(judgement.accuses), attribution.blamed.clone())
            } else if noun && wrong >= SURELY_WRONG {
                (Does::Accuses(false), 0.6_f64.max(judgement.accuses), target())
            } else if relays(relayed, &piece) || judgement.accuses < ACCUSES && reports_denial {
                (Does::Nothing, 0.0, None)
            } else if judgement.denies >= DENIES && judgement.denies > judgement.accuses && !self.decides(attribution) {
                (Does::Denies(false), judgement.denies, None)
            } else if judgement.accuses >= ACCUSES {
                (Does::Accuses(false), judgement.accuses, target())
            } else if !self.decides(attribution)
                && (judgement.denies >= PERHAPS_DENIES
                    || rebuttal.is_some_and(|rebuttal| rebuttal.weight >= acts::SURE))
            {
                (Does::Denies(true), judgement.denies.max(0.3), None)
            } else if judgement.accuses >= PERHAPS_ACCUSES {
                (Does::Accuses(true), judgement.accuses, target())
            } else {
                (Does::Nothing, 0.0, None)
            };
            match runs.last_mut() {
                Some((last, pieces, best, _)) if *last == does && does == Does::Nothing => {
                    pieces.push(piece);
                    *best = best.max(weight);
                }
                _ => runs.push((does, vec![piece], weight, target)),
            }
        }
        if let [(Does::Nothing, ..)] = runs.as_slice() {
            drafts.extend(self.saying(origin, attribution).filter(|draft| !draft.nobodys));
            return;
        }
        for (does, pieces, weight, target) in runs {
            let act = match does {
                Does::Nothing => Act::Other,
                Does::Denies(_) => Act::Denial,
                Does::Accuses(_) => Act::Accusation,
            };
            let mut draft = self.new_draft(origin, attribution, act, pieces);
            if act == Act::Other && draft.nobodys {
                continue;
            }
            match does {
                Does::Denies(tentative) => {
                    draft.tentative = tentative;
                    draft.anaphoric = true;
                    draft.statement.confidence *= weight.clamp(0.3, 0.95);
                }
                Does::Accuses(tentative) => {
                    draft.tentative = tentative;
                    draft.statement.target = target.map(|np| self.parties.party(&np));
                    draft.statement.confidence *= weight.clamp(PERHAPS_ACCUSES, 0.95);
                }
                Does::Nothing => {}
            }
            drafts.push(draft);
        }
    }

    /// A mere saying, as the reader hears it; none where it hears none, but in a text too short for it.
    fn saying(&self, origin: usize, attribution: &Attribution) -> Option<Draft> {
        let framed = || Heard {
            source: attribution.source.clone(),
            content: attribution.content.clone(),
            certainty: attribution.certainty,
        };
        let Heard { source, content, certainty } = attribution.heard.clone().or_else(|| self.is_curt().then(framed))?;
        let mut draft = self.new_draft(origin, attribution, Act::Other, content);
        draft.statement.speaker = source.as_ref().map(|np| self.parties.party(np));
        draft.statement.on_behalf_of = source.as_ref().and_then(|np| self.side(np));
        draft.statement.confidence = certainty;
        Some(draft)
    }

    /// Whether the text is a sentence or two, as feeds have them without a page: the reader learned from articles and hears
    /// little there.
    fn is_curt(&self) -> bool {
        self.doc.sentences().len() <= CURT
    }

    fn new_draft(&self, origin: usize, attribution: &Attribution, act: Act, content: Vec<Range<usize>>) -> Draft {
        let place =
            attribution.cue.as_ref().map(|cue| cue.start).or(content.first().map(|range| range.start)).unwrap_or(0);
        let direct = self.mostly_quoted(&content);
        let speaker = attribution.source.as_ref().map(|np| self.parties.party(np));
        let side = attribution.source.as_ref().and_then(|np| self.side(np));
        let on_behalf_of = match act {
            Act::Denial => side.or_else(|| self.cleared(&content, attribution, &speaker)),
            _ => side,
        };
        Draft {
            statement: Statement {
                id: 0,
                act,
                speaker,
                on_behalf_of,
                cue: None,
                content: Vec::new(),
                target: None,
                accuser: None,
                answers: Vec::new(),
                answers_surely: 0.0,
                repeats: None,
                presupposed: false,
                direct,
                recalled: false,
                said_at: Period::default(),
                confidence: attribution.certainty,
            },
            cue: attribution.cue.clone(),
            content,
            answers_likely: 0.0,
            sure: 0.0,
            origin,
            anaphoric: false,
            blameless: false,
            pleads: attribution.frame == Frame::Pleads,
            tentative: false,
            nobodys: attribution.heard.is_none() && !self.is_curt()
                || attribution.frame == Frame::Noun && attribution.source.is_none()
                || matches!(attribution.frame, Frame::Adverb | Frame::Blames),
            judged: attribution.act == Act::Other && act != Act::Other,
            presupposed_by: Vec::new(),
            implied: false,
            guessed: false,
            seen: attribution.seen,
            sentence: self.doc.sentence_of(place),
        }
    }

    /// Whether the noun phrase in a content is the attribution's speaker: "I" and "we" in a quotation, the same party outside.
    fn speaks(&self, np: &Np, attribution: &Attribution, speaker: &Option<Party>) -> bool {
        let word = self.word(np.head);
        if matches!(word.as_str(), "i" | "we" | "me" | "us") {
            return true;
        }
        let Some(speaker) = speaker else { return false };
        if let Some(source) = &attribution.source
            && source.head == np.head
        {
            return true;
        }
        let party = self.parties.party(np);
        if same_party(&party, speaker) {
            return true;
        }
        attribution.source.as_ref().and_then(|source| self.side(source)).is_some_and(|side| same_party(&party, &side))
    }

    /// Whether the speaker is a court or of one: who judges an allegation is no party to it.
    fn decides(&self, attribution: &Attribution) -> bool {
        attribution.source.as_ref().is_some_and(|source| {
            source.range.clone().take(6).any(|at| {
                matches!(
                    self.word(at).as_str(),
                    "judge" | "court" | "jury" | "magistrate" | "tribunal" | "coroner" | "juror"
                )
            })
        })
    }

    /// Whom a denial clears, where that is a named party and not the speaker: "*Belmark* has not taken a drop", said its minister.
    fn cleared(&self, content: &[Range<usize>], attribution: &Attribution, speaker: &Option<Party>) -> Option<Party> {
        let tokens = self.doc.tokens();
        let first = content.first()?;
        let at = first.clone().find(|&at| matches!(tokens[at].dep, Dep::Nsubj | Dep::NsubjPass))?;
        let verb = tokens[at].head.filter(|verb| first.contains(verb))?;
        let denied = matches!(attribution.frame, Frame::Denies | Frame::Rejects);
        if !tokens[at].tag.is_proper_noun() || denied == phrases::negated(self.doc, verb) {
            return None;
        }
        let np = phrases::noun_phrase(self.doc, at);
        let party = self.parties.party(&np);
        let named = party.is_named();
        let accuser = attribution.accuser.as_ref().map(|np| self.parties.party(np));
        let accuses = accuser.is_some_and(|accuser| same_party(&accuser, &party));
        (named && !accuses && !self.speaks(&np, attribution, speaker)).then_some(party)
    }

    /// Statements of documents speak for who issued them: "the statement said" is the last party that issued one.
    fn documents(&self, drafts: &mut [Draft]) {
        let mut issuer: Option<Party> = None;
        for draft in drafts.iter_mut() {
            let Some(speaker) = &draft.statement.speaker else { continue };
            // "We" in the words of a statement is the statement.
            let own_words = speaker.name.as_ref().filter(|_| first_person(&speaker.text));
            if is_document(own_words.unwrap_or(&speaker.text)) {
                // "A letter" and "the union's statement" are somebody else's.
                let same = own_words.is_some() || is_known_document(&speaker.text);
                let blamed = draft.statement.target.as_ref();
                if speaker.actor.is_none()
                    && same
                    && let Some(issuer) =
                        issuer.as_ref().filter(|issuer| !blamed.is_some_and(|it| same_party(it, issuer)))
                {
                    draft.statement.on_behalf_of.get_or_insert_with(|| issuer.clone());
                }
            } else if draft.statement.act == Act::Denial || self.in_a_statement(draft) {
                let side = draft.statement.on_behalf_of.clone().unwrap_or_else(|| speaker.clone());
                let side = match (&side.actor, &side.name) {
                    (Some(actor), _) => Party { name: Some(actor.clone()), ..side },
                    _ => side,
                };
                issuer = Some(side);
            }
        }
    }

    fn in_a_statement(&self, draft: &Draft) -> bool {
        let sentence = &self.doc.sentences()[draft.sentence];
        // What a statement itself says ("the statement refuted …") is not said in one.
        let said_in = |at: usize| !self.doc.tokens()[at].dep.is_subject();
        sentence.tokens.clone().any(|at| self.doc.word(at).eq_ignore_ascii_case("statement") && said_in(at))
    }

    /// Accusations that a denial only mentions: "denied *allegations that it shipped shells*", "denied *shipping shells*".
    fn presuppose(&self, found: &[Attribution], drafts: &mut Vec<Draft>) {
        // The nouns of alleging by each of their tokens, and the accusations by where they come from; the first counts.
        let mut nouns: HashMap<usize, (usize, Range<usize>)> = HashMap::new();
        for (number, noun) in found.iter().enumerate().filter(|(_, other)| other.frame == Frame::Noun) {
            for token in noun.cue.clone().into_iter().flatten() {
                nouns.entry(token).or_insert_with(|| (number, noun.cue.clone().unwrap_or_default()));
            }
        }
        let mut accusations: HashMap<usize, usize> = HashMap::new();
        for (at, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.statement.act == Act::Accusation) {
            accusations.entry(draft.origin).or_insert(at);
        }
        let mut new: Vec<Draft> = Vec::new();
        let mut named: HashMap<usize, usize> = HashMap::new();
        let mut replaced = vec![false; drafts.len()];
        let mut blameless: Vec<usize> = Vec::new();
        for (at, denial) in drafts.iter().enumerate() {
            if denial.statement.act != Act::Denial || denial.tentative {
                continue;
            }
            let attribution = &found[denial.origin];
            // "Denied rumours of a split": a rumour of no wrong accuses nobody, and its denial answers nobody.
            if attribution.allegation.is_some_and(|noun| self.is_harmless(noun, &denial.content)) {
                blameless.push(at);
                continue;
            }
            let side = denial.statement.on_behalf_of.clone().or_else(|| denial.statement.speaker.clone());
            // A cue noun inside: its own draft becomes the presupposed accusation.
            let inside = denial.content.iter().flat_map(|content| {
                let within = |(number, cue): &(usize, Range<usize>)| {
                    (content.start <= cue.start && cue.end <= content.end).then_some(*number)
                };
                let nouns = &nouns;
                content.clone().filter_map(move |token| nouns.get(&token).and_then(within))
            });
            let own = attribution.allegation.and_then(|noun| nouns.get(&noun)).map(|(number, _)| *number);
            // "Denied reports that she was ill": what is reported need be nothing wrong.
            let alleged = |number: &usize| {
                let noun = found[*number].cue.as_ref().map_or_else(String::new, |cue| self.word(cue.start));
                !is_tale(&noun) || found[*number].content.iter().any(|piece| self.wrong_in(piece) > 0.0)
            };
            if let Some(number) = inside.chain(own).filter(alleged).min() {
                // Two denials of one allegation ("said that claims … were groundless").
                if let Some(&known) = named.get(&number) {
                    new[known].presupposed_by.push(denial.origin);
                    continue;
                }
                let existing = accusations.get(&number).copied();
                let content = &found[number].content;
                // "Denied the charges against her": what they are stands elsewhere.
                if self.only_names(content) {
                    if let Some(existing) = existing {
                        replaced[existing] = true;
                    }
                    continue;
                }
                let mut draft = self.new_draft(number, &found[number], Act::Accusation, content.clone());
                draft.statement.target = match existing.and_then(|at| drafts[at].statement.target.clone()) {
                    Some(target) => Some(target),
                    None => found[number].blamed.as_ref().map(|np| self.parties.party(np)).or_else(|| side.clone()),
                };
                draft.statement.speaker = draft.statement.speaker.or_else(|| denial.statement.accuser.clone());
                draft.presupposed_by = vec![denial.origin];
                draft.statement.presupposed = true;
                draft.statement.confidence = 0.8 * denial.statement.confidence;
                if let Some(existing) = existing {
                    replaced[existing] = true;
                }
                named.insert(number, new.len());
                new.push(draft);
                continue;
            }
            let explicit = matches!(attribution.frame, Frame::Denies | Frame::Rejects);
            if explicit && !denial.anaphoric && self.alleges(&denial.content, attribution) {
                let mut draft = self.new_draft(denial.origin, attribution, Act::Accusation, denial.content.clone());
                draft.statement.speaker = denial.statement.accuser.clone();
                draft.statement.on_behalf_of = None;
                draft.statement.target = side;
                draft.statement.presupposed = true;
                draft.presupposed_by = vec![denial.origin];
                draft.implied = true;
                draft.cue = None;
                draft.statement.confidence = 0.75 * denial.statement.confidence;
                new.push(draft);
            }
        }
        for at in blameless {
            drafts[at].blameless = true;
        }
        let mut replaced = replaced.into_iter();
        drafts.retain(|_| replaced.next() != Some(true));
        drafts.extend(new);
    }

    /// Whether what is denied says itself what is alleged: a clause, a gerund or a noun of wrongdoing or part in it.
    fn alleges(&self, content: &[Range<usize>], attribution: &Attribution) -> bool {
        let Some(first) = content.first() else { return false };
        if attribution.allegation.is_some_and(|noun| strong_words(self.doc.lemma(noun))) {
            return false;
        }
        let part = |at: usize| {
            matches!(self.word(at).as_str(), "complicity" | "wrongdoing" | "responsibility" | "involvement")
        };
        let deed = first.len() > 1 || List::Deed.has(self.doc.lemma(first.start));
        deed && (self.wrong_in(first) > 0.0 || first.clone().any(part))
            || attribution.frame == Frame::Denies && self.is_deed(first)
    }

    /// Whether the words say that something was done or is so: "having anything to do with it", "that it took the boat"; not
    /// only where somebody was: "that its ships had been near the island".
    fn is_deed(&self, words: &Range<usize>) -> bool {
        let tokens = self.doc.tokens();
        let place = |at: usize| {
            self.doc.child(at, Dep::Cop).is_some() && phrases::preposition(self.doc, at).is_some()
                || self.doc.lemma(at) == "be" && tokens.get(at + 1).is_some_and(|next| next.tag == Tag::IN)
        };
        let does = |at: usize| {
            tokens[at].dep.is_subject() && tokens[at].head.is_some_and(|head| words.contains(&head) && !place(head))
        };
        words.len() > 2 && (tokens[words.start].tag == Tag::VBG || words.clone().take(12).any(does))
    }

    /// Whether the noun is hearsay, good or bad ("rumours", "claims"; not "allegations"), and what it says is there and no wrong:
    /// by its words, and as the reader hears it.
    fn is_harmless(&self, noun: usize, content: &[Range<usize>]) -> bool {
        let word = self.word(noun);
        let gossip = matches!(
            word.as_str(),
            "rumour" | "rumor" | "speculation" | "suggestion" | "idea" | "notion" | "theory" | "talk" | "gossip"
        );
        if !gossip && !is_tale(&word) && !matches!(word.as_str(), "claim" | "assertion") {
            return false;
        }
        let around = |piece: &Range<usize>| [piece.start..noun.min(piece.end), (noun + 1).max(piece.start)..piece.end];
        let around: Vec<Range<usize>> = content.iter().flat_map(around).filter(|piece| !piece.is_empty()).collect();
        // "Denied the claims on Friday": what they are stands elsewhere.
        let goes_on = |at: usize| {
            matches!(self.word(at).as_str(), "that" | "of" | "about") || self.doc.tokens()[at].tag == Tag::PRP
        };
        let says = match gossip {
            true => content.last().is_some_and(|last| last.end > noun + 1),
            false => around.iter().any(|piece| piece.start == noun + 1 && goes_on(piece.start)),
        };
        let wrong = around.iter().map(|piece| self.wrong_in(piece)).fold(0.0, f64::max);
        let heard = around.iter().map(|piece| self.reading.odds(piece, Act::Accusation).0).fold(-9.0, f32::max);
        says && match wrong {
            0.0 => gossip || heard < NO_WRONG,
            _ => wrong < SURELY_WRONG && heard < SURELY_NO_WRONG,
        }
    }

    /// Whether the content is only whom it is against: "against her", "against Mr Orlan".
    fn only_names(&self, content: &[Range<usize>]) -> bool {
        let tokens = self.doc.tokens();
        let against = content.first().is_some_and(|first| self.word(first.start) == "against");
        let says = |at: usize| {
            let tag = tokens[at].tag;
            tag.is_noun() && !tag.is_proper_noun() || tag.is_verb() || matches!(tag, Tag::JJ | Tag::CD)
        };
        against && !content.iter().flat_map(Clone::clone).any(says)
    }

    /// How surely the words name a wrong, 0 to 1.
    pub(super) fn wrong_in(&self, piece: &Range<usize>) -> f64 {
        let doc = self.doc;
        let weight = |at: usize| {
            let lemma = doc.lemma(at).to_lowercase();
            let tag = doc.tokens()[at].tag;
            // "for hiding losses": a gerund that the tagger took for a noun.
            if let Some(stem) = lemma.strip_suffix("ing").filter(|_| tag.is_noun())
                && (List::Does.has(stem)
                    || List::May.has(stem)
                    || List::Does.has(&format!("{stem}e"))
                    || List::May.has(&format!("{stem}e")))
            {
                return 0.55;
            }
            if tag.is_verb() && List::Does.has(&lemma)
                || tag.is_noun() && List::Deed.has(&lemma)
                || List::Bad.has(&lemma)
            {
                0.8
            } else if tag.is_verb() && List::May.has(&lemma) {
                0.55
            } else {
                0.0
            }
        };
        piece.clone().map(weight).fold(0.0, f64::max)
    }

    fn pronoun_only(&self, content: &[Range<usize>]) -> bool {
        content.iter().flat_map(Clone::clone).filter(|&at| !phrases::is_punct(self.doc, at)).count() <= 2
            && content.iter().flat_map(Clone::clone).any(|at| {
                matches!(self.word(at).as_str(), "it" | "this" | "that" | "them" | "these" | "both" | "which")
            })
    }

    /// Of the content's subjects the one most likely to be blamed: who is accused elsewhere, then names and persons.
    fn blamed_subject(&self, content: &Range<usize>, accused: &[Accused], speaks: impl Fn(&Np) -> bool) -> Option<Np> {
        let tokens = self.doc.tokens();
        let subjects = content.clone().filter(|&at| {
            matches!(tokens[at].dep, Dep::Nsubj | Dep::NsubjPass)
                && !matches!(tokens[at].tag, Tag::WDT | Tag::WP | Tag::EX)
        });
        let mut best: Option<(f64, Np)> = None;
        for (order, at) in subjects.take(12).enumerate() {
            let np = phrases::noun_phrase(self.doc, at);
            if speaks(&np) {
                continue;
            }
            let party = self.parties.party(&np);
            let mut score = -0.15 * order as f64;
            let names = Names::of(&party);
            score += if accused.iter().any(|known| known.names.same(&names)) { 1.5 } else { 0.0 };
            score += match tokens[at].tag {
                tag if tag.is_proper_noun() => 1.0,
                Tag::PRP if matches!(self.word(at).as_str(), "he" | "she" | "they") => 0.8,
                Tag::PRP | Tag::DT => -0.5,
                _ if party.is_named() => 0.8,
                _ if self.parties.personal(&np) => 0.6,
                _ => 0.0,
            };
            score -= if tokens[at].dep == Dep::NsubjPass { 0.6 } else { 0.0 };
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, np));
            }
        }
        best.map(|(_, np)| np)
    }

    fn by_sentence(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let end = self.doc.sentences()[self.doc.sentence_of(at)].tokens.end.min(range.end);
            let piece = phrases::clean(self.doc, at..end);
            if !piece.is_empty() {
                pieces.push(piece);
            }
            at = end;
        }
        pieces
    }

    fn mostly_quoted(&self, content: &[Range<usize>]) -> bool {
        let doc = self.doc;
        let total: usize = content.iter().map(|range| doc.span(range.clone())).map(|span| span.end - span.start).sum();
        let inside = |span: Span| -> usize {
            let first = self.quoted.partition_point(|quoted| quoted.end <= span.start);
            let quoted = self.quoted[first..].iter().take_while(|quoted| quoted.start < span.end);
            quoted.map(|quoted| span.end.min(quoted.end) - span.start.max(quoted.start)).sum()
        };
        let inside: usize = content.iter().map(|range| inside(doc.span(range.clone()))).sum();
        inside * 2 > total
    }

    /// Sets times, spans, ids and repeats, and drops what is left over.
    fn finish(&self, mut drafts: Vec<Draft>) -> Vec<Statement> {
        let doc = self.doc;
        self.date(&mut drafts);
        for draft in &mut drafts {
            draft.statement.cue = draft.cue.clone().map(|cue| doc.span(self.whole_cue(cue)));
            draft.statement.content = draft.content.iter().map(|range| doc.span(range.clone())).collect();
            let confidence = match draft.statement.act {
                Act::Denial => draft.sure,
                Act::Accusation => self.sure(draft, false),
                Act::Other => draft.statement.confidence,
            };
            draft.statement.confidence = confidence.clamp(0.02, 0.98);
        }
        let answers: Vec<(usize, f64)> =
            (0..drafts.len()).filter_map(|at| Some((at, self.answers_surely(&drafts, at)?))).collect();
        for (at, surely) in answers {
            drafts[at].statement.answers_surely = surely;
        }
        drafts.into_iter().map(|draft| draft.statement).collect()
    }

    /// How surely the act and the speaker of an accusation or a denial are right; `answers` tells whether it answers one.
    pub fn sure(&self, draft: &Draft, answers: bool) -> f64 {
        let statement = &draft.statement;
        let act = format!("{:?}", statement.act);
        let mut features = vec!["always".to_owned(), act.clone()];
        let mut add = |feature: String| {
            features.push(format!("{act}: {feature}"));
            features.push(feature);
        };
        let raw = statement.confidence.clamp(0.01, 0.99) as f32;
        steps(2.0 * reader::odds(raw)).for_each(|step| add(format!("judged>{step}")));
        let odds = draft.content.iter().map(|range| self.reading.odds(range, statement.act).0).fold(-9.0, f32::max);
        steps(odds).for_each(|step| add(format!("reads passage>{step}")));
        if let Some(cue) = &draft.cue {
            steps(self.reading.odds(cue, statement.act).1).for_each(|step| add(format!("reads cue>{step}")));
        }
        add(match &statement.speaker {
            None => "nobody speaks".to_owned(),
            Some(speaker) => {
                let pronoun = matches!(speaker.text.to_lowercase().as_str(), "he" | "she" | "they" | "it" | "who");
                let named = !draft.guessed && speaker.is_named();
                format!("speaker pronoun={pronoun} named={named}")
            }
        });
        add(format!("presupposed={} implied={}", statement.presupposed, draft.implied));
        add(format!("answers={answers}"));
        add(format!("tentative={} judged={} seen={}", draft.tentative, draft.judged, draft.seen.is_some()));
        let sure = self.weights.sure(&features);
        self.ask(Question::Sure, || {
            let names = statement.speaker.iter().chain(&statement.on_behalf_of).flat_map(|party| party.names());
            Asks {
                alternatives: vec![(names.map(str::to_owned).collect(), features)],
                ..Asks::of_act(draft.ranges(), vec![])
            }
        });
        sure
    }

    /// How surely a denial with an answer is one, by its speaker, of that answer.
    fn answers_surely(&self, drafts: &[Draft], at: usize) -> Option<f64> {
        let denial = &drafts[at];
        let accusation = &drafts[*denial.statement.answers.first()? as usize - 1];
        let kind = match (accusation.implied, accusation.presupposed_by.contains(&denial.origin)) {
            (true, _) => "implied",
            (_, true) => "own",
            _ => "outright",
        };
        let mut features = vec!["always".to_owned(), kind.to_owned()];
        let mut add = |feature: String| {
            features.push(format!("{kind}: {feature}"));
            features.push(feature);
        };
        for (name, sure) in [
            ("denial", denial.statement.confidence),
            ("accusation", accusation.statement.confidence),
            ("answered", denial.answers_likely),
        ] {
            steps(2.0 * reader::odds(sure.clamp(0.01, 0.99) as f32)).for_each(|step| add(format!("{name}>{step}")));
        }
        let side = denial.statement.speaker.iter().chain(&denial.statement.on_behalf_of);
        let target = accusation.statement.target.as_ref();
        let blames = target.is_some_and(|target| side.clone().any(|party| same_party(target, party)));
        add(format!("blames={blames}"));
        add(format!("denier named={}", side.clone().any(Party::is_named)));
        add(format!("accuser named={}", accusation.statement.speaker.is_some()));
        add(format!("answers={}", denial.statement.answers.len()));
        add(format!("judged={} tentative={}", denial.judged, denial.tentative));
        let surely = self.weights.answer(&features);
        self.ask(Question::Answer, || {
            let names = side.flat_map(|party| party.names()).map(str::to_owned).collect();
            Asks { about: denial.ranges(), other: accusation.ranges(), alternatives: vec![(names, features)] }
        });
        Some(surely.clamp(0.02, 0.98))
    }

    /// The cue with its auxiliaries and adverbs: "has always denied".
    fn whole_cue(&self, mut cue: Range<usize>) -> Range<usize> {
        let tokens = self.doc.tokens();
        let verb = cue.start;
        let belongs = |at: usize| {
            tokens[at].head == Some(verb)
                && matches!(tokens[at].dep, Dep::Aux | Dep::AuxPass | Dep::Advmod)
                && !phrases::is_punct(self.doc, at)
        };
        while cue.start > 0 && belongs(cue.start - 1) {
            cue.start -= 1;
        }
        cue
    }

    /// Whether the cue tells of what was said again and again, or before something else: "has always denied", "initially
    /// denied", "had denied".
    fn of_old(&self, cue: &Range<usize>) -> bool {
        const AGAIN: &[&str] =
            &["always", "long", "repeatedly", "consistently", "continually", "continuously", "constantly", "earlier"];
        let doc = self.doc;
        let verb = cue.start;
        let perfect = doc.tokens()[verb].tag == Tag::VBN;
        let auxiliary = |form: fn(&str) -> bool| {
            let mut auxiliaries = doc.children(verb).filter(|&child| doc.tokens()[child].dep == Dep::Aux);
            perfect && auxiliaries.any(|child| form(&self.word(child)))
        };
        let has_adverb = |adverbs: &[&str]| {
            doc.children(verb).chain(cue.clone()).any(|at| adverbs.contains(&self.word(at).as_str()))
        };
        has_adverb(&["previously", "initially", "originally"])
            || auxiliary(|word| word == "had")
            || auxiliary(|word| matches!(word, "has" | "have" | "'ve" | "’ve" | "'s" | "’s")) && has_adverb(AGAIN)
    }

    /// The outermost quotation around the token.
    fn quotation_of(&self, at: usize) -> Option<usize> {
        let place = self.doc.tokens()[at].span.start;
        let last = self.quoted.partition_point(|quoted| quoted.start <= place).checked_sub(1)?;
        (place < self.quoted[last].end).then_some(last)
    }

    /// When each was said: an expression beside its cue, outside its content; else what another telling of it says.
    fn date(&self, drafts: &mut [Draft]) {
        let doc = self.doc;
        let mut open = vec![false; drafts.len()];
        for (draft, open) in drafts.iter_mut().zip(&mut open) {
            let Some(cue) = draft.cue.clone().or_else(|| draft.content.first().map(|range| range.start..range.start))
            else {
                continue;
            };
            let sentence = doc.sentences()[doc.sentence_of(cue.start)].tokens.clone();
            let words: Vec<&str> = sentence.clone().map(|at| doc.word(at)).collect();
            let expressions = time::expressions(&words, self.published, self.own_day);
            let nearest = expressions
                .into_iter()
                .filter(|expression| {
                    let at = sentence.start + expression.first;
                    !draft.presupposed_by.is_empty()
                        || !draft.content.iter().any(|range| range.contains(&at))
                        || draft.content.iter().any(|range| range.start == at)
                        || self.is_of_an_occasion(draft, at)
                })
                // 'They were repaired in May. We touched none,' he said: nor is it a day of another sentence of his.
                .filter(|expression| {
                    let quotation = self.quotation_of(sentence.start + expression.first);
                    quotation.is_none() || quotation == self.quotation_of(cue.start)
                })
                // "denies preparing attacks between April and May": that is when it was done.
                .filter(|expression| {
                    let at = sentence.start + expression.first;
                    let before = at.checked_sub(1).filter(|&before| before >= cue.end).map(|before| self.word(before));
                    !before
                        .is_some_and(|word| matches!(word.as_str(), "between" | "since" | "from" | "until" | "during"))
                })
                // "denies it and will stand trial in May".
                .filter(|expression| {
                    let at = sentence.start + expression.first;
                    let finite = |at: usize| matches!(doc.tokens()[at].tag, Tag::VBD | Tag::VBZ | Tag::VBP | Tag::MD);
                    let last = draft.content.last().map_or(cue.end, |range| range.end.max(cue.end));
                    !(last.min(at)..at).any(finite)
                })
                .min_by_key(|expression| (sentence.start + expression.first).abs_diff(cue.start));
            if let Some(expression) = nearest {
                draft.statement.said_at = expression.period;
                draft.statement.recalled = expression.distant;
            } else {
                draft.statement.recalled = self.of_old(&cue);
                *open = !draft.statement.recalled;
            }
        }
        self.date_scenes(drafts, &open);
        date_retellings(drafts);
    }

    /// "Denied the story in *a press conference Friday*": where a denial has no verb of its own, the day of an occasion to speak
    /// is its own; "denied misleading them in a statement on Friday" may tell when he misled them.
    fn is_of_an_occasion(&self, draft: &Draft, at: usize) -> bool {
        let before = |back: usize| at.checked_sub(back).map(|at| self.word(at));
        let noun = if before(1).as_deref() == Some("on") { 2 } else { 1 };
        let one_speaks = |word: String| {
            matches!(
                word.as_str(),
                "conference" | "briefing" | "interview" | "statement" | "speech" | "tweet" | "testimony" | "email"
            )
        };
        let verb = |at: usize| self.doc.tokens()[at].tag.is_verb();
        draft.statement.act == Act::Denial
            && before(noun).is_some_and(one_speaks)
            && !draft.content.iter().any(|range| (range.start..range.end.min(at)).any(verb))
    }

    /// *On Monday she told the court … "I took nothing," she said*: who is quoted on says so on the same day, as long as nobody
    /// else speaks, up to the next paragraph. What is only remembered goes on for its own paragraph: *She denied it in May*, and a
    /// new quotation begins. `open` tells whether nothing says when a draft was said.
    fn date_scenes(&self, drafts: &mut [Draft], open: &[bool]) {
        let paragraph = |draft: &Draft| self.doc.sentences()[draft.sentence].paragraph;
        let surname =
            |party: &Party| party.name.as_ref().and_then(|name| name.split_whitespace().last().map(str::to_lowercase));
        // Two persons of one state are one side, and two who speak.
        let same = |a: &Party, b: &Party| {
            let names = surname(a).zip(surname(b));
            same_party(a, b) && names.is_none_or(|(a, b)| a == b)
        };
        let mut scene: Option<Scene> = None;
        let told = drafts.iter_mut().zip(open).filter(|(draft, _)| !draft.statement.presupposed);
        for (draft, open) in told {
            let paragraph = paragraph(draft);
            let statement = &mut draft.statement;
            let goes_on = scene.as_mut().filter(|scene| {
                let near = if scene.recalled { 0 } else { 1 };
                paragraph.saturating_sub(scene.paragraph) <= near
                    && statement.speaker.as_ref().is_some_and(|speaker| same(&scene.speaker, speaker))
            });
            match (&statement.speaker, goes_on) {
                (Some(speaker), _) if statement.said_at != Period::default() => {
                    let Statement { said_at, recalled, .. } = *statement;
                    scene = Some(Scene { speaker: speaker.clone(), paragraph, said_at, recalled });
                }
                (_, Some(scene)) if *open => {
                    scene.paragraph = paragraph;
                    if statement.direct {
                        (statement.said_at, statement.recalled) = (scene.said_at, scene.recalled);
                    }
                }
                _ => scene = None,
            }
        }
    }
}

/// One who has said when he speaks, and goes on.
struct Scene {
    speaker: Party,
    /// In which he spoke last.
    paragraph: usize,
    said_at: Period,
    recalled: bool,
}

/// Whether the phrase names a text that somebody issues: *Tuesday's statement*, *a statement, according to KCNA*.
fn is_document(phrase: &str) -> bool {
    let head = phrase.split(',').next().and_then(|head| head.split_whitespace().next_back()).unwrap_or_default();
    let head = head.trim_end_matches("'s").to_lowercase();
    matches!(head.as_str(), "statement" | "memo" | "letter" | "release" | "communique" | "communiqué" | "email")
}

/// Whether it is the one that the article has told of: *the statement*, *Tuesday's statement*.
fn is_known_document(phrase: &str) -> bool {
    let first = phrase.split_whitespace().next().unwrap_or_default().to_lowercase();
    let day = first.trim_end_matches("'s").trim_end_matches("’s");
    matches!(first.as_str(), "the" | "this" | "that" | "its" | "their" | "his" | "her") || day.ends_with("day")
}

/// A headline has no date: it was said when the sentence says that tells it again.
fn date_retellings(drafts: &mut [Draft]) {
    // The first telling of each.
    let mut first: Vec<usize> = Vec::with_capacity(drafts.len());
    for (at, draft) in drafts.iter().enumerate() {
        let earlier = draft.statement.repeats.map(|id| id as usize - 1).filter(|earlier| *earlier < at);
        first.push(earlier.map_or(at, |earlier| first[earlier]));
    }
    // What is remembered was said at another time than what is news.
    let mut days: HashMap<(usize, bool), Period> = HashMap::new();
    for (draft, first) in drafts.iter().zip(&first) {
        if draft.statement.said_at.earliest.is_some() {
            days.entry((*first, draft.statement.recalled)).or_insert(draft.statement.said_at);
        }
    }
    for (draft, first) in drafts.iter_mut().zip(first) {
        let headline = draft.sentence < HEADLINES;
        let Statement { said_at, recalled, .. } = &mut draft.statement;
        if headline && said_at.earliest.is_none() {
            *said_at = days.get(&(first, *recalled)).copied().unwrap_or(*said_at);
        }
    }
}

/// Lets words that were judged as part of several attributions accuse or deny once: as the surest of them, or as what a
/// cue says by itself.
fn once(drafts: &mut Vec<Draft>) {
    drafts.sort_by_key(|draft| draft.tokens().min());
    let spans: Vec<Vec<Range<usize>>> = drafts.iter().map(|draft| draft.content.clone()).collect();
    let size = |number: usize| spans[number].iter().map(ExactSizeIterator::len).sum::<usize>();
    let shared = |a: usize, b: usize| -> usize {
        let both = |x: &Range<usize>, y: &Range<usize>| x.end.min(y.end).saturating_sub(x.start.max(y.start));
        spans[a].iter().map(|x| spans[b].iter().map(|y| both(x, y)).sum::<usize>()).sum()
    };
    // What an explicit cue says stands; of judgements the surest does.
    let rank = |draft: &Draft| (!draft.judged, !draft.tentative, draft.statement.confidence);
    let mut doubled = vec![false; drafts.len()];
    for number in 0..drafts.len() {
        for other in (number + 1..drafts.len()).take(NEAR) {
            let (a, b) = (&drafts[number], &drafts[other]);
            let act = a.statement.act;
            if act == Act::Other
                || act != b.statement.act
                || doubled[number]
                || doubled[other]
                || !a.judged && !b.judged
            {
                continue;
            }
            if 2 * shared(number, other) > size(number).min(size(other)) {
                doubled[if rank(a) >= rank(b) { other } else { number }] = true;
            }
        }
    }
    let mut number = 0;
    drafts.retain_mut(|draft| {
        number += 1;
        if doubled[number - 1] {
            draft.statement.act = Act::Other;
            draft.statement.target = None;
            draft.tentative = false;
            draft.judged = false;
        }
        !doubled[number - 1] || !draft.nobodys
    });
}

/// Whether a piece is another's saying and little else: then that one is judged, and who only relays it says nothing.
fn relays(sayings: &[(usize, Range<usize>)], piece: &Range<usize>) -> bool {
    let inside = &sayings[sayings.partition_point(|(cue, _)| *cue < piece.start)..];
    inside
        .iter()
        .take_while(|(cue, _)| *cue < piece.end)
        .any(|(_, said)| 5 * said.end.min(piece.end).saturating_sub(said.start.max(piece.start)) >= 3 * piece.len())
}

/// The steps up to a logarithm of odds, so that a model of features can weigh how high it is.
pub fn steps(odds: f32) -> impl Iterator<Item = i32> {
    (-6..7).take_while(move |&step| odds > step as f32)
}

/// Whether the noun tells something, wrong or not.
fn is_tale(noun: &str) -> bool {
    matches!(noun, "report" | "story" | "tale" | "narrative")
}

fn strong_words(lemma: &str) -> bool {
    matches!(
        lemma,
        "allegation"
            | "accusation"
            | "claim"
            | "charge"
            | "rumour"
            | "rumor"
            | "report"
            | "suggestion"
            | "story"
            | "criticism"
            | "count"
    )
}

/// An allegation noun that says nothing of what is alleged: "the charges", "these claims".
fn bare_allegation(doc: &Document, noun: usize) -> bool {
    strong_words(doc.lemma(noun))
        && !doc.children(noun).any(|child| {
            child > noun
                && matches!(doc.tokens()[child].dep, Dep::Acl | Dep::Ccomp | Dep::Nmod | Dep::Advcl)
                && !matches!(phrases::preposition(doc, child), Some("against" | "by" | "from"))
        })
}
