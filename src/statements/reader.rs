//! The reader: a small encoder with heads that say of every token what part of an attribution it is, whether it stands in an
//! accusation or a denial, for every cue which tokens are its source, its content and whom it blames, and for every pronoun
//! and role which tokens mean the same party.
//! `docs/reader.md` is the model's card: data, licences, figures, limits.

use super::Act;
use super::phrases;
use crate::language::encoder::{Encoder, Kernels, Linear, WIDTH, floats, gelu};
use crate::language::{Document, Tag};
use safetensors::SafeTensors;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

/// How many pieces of a text are read at once, and how many before and behind them as their context: who is meant and what is
/// answered stands before.
const OWN: usize = 320;
const BEFORE: usize = 96;
const AFTER: usize = 40;

/// The pieces of a word beyond these are not read.
const MOST_PIECES: usize = 12;

/// From this probability on a token is a cue.
pub const CUE: f32 = 0.4;
/// From these on tokens belong to a source or a content; runs of content reach the second somewhere.
const SOURCE: f32 = 0.25;
const CONTENT: (f32, f32) = (0.4, 0.5);
/// Gaps of so many tokens within a source or a content are closed.
const GAPS: (usize, usize) = (2, 3);

/// Below this a token is not remembered as one that is blamed or answered.
const LEAST: f32 = 0.05;

/// Below this a token is not remembered as one that is meant: what many tell of one party is added up.
const LEAST_MEANT: f32 = 0.01;

/// How many kinds of distance between two tokens the heads tell apart.
const DISTANCES: usize = 32;

/// What the heads say of a token, each a probability.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// It is the first of a cue.
    pub anchor: f32,
    /// It is the cue of a denial, of an accusation.
    pub denies: f32,
    /// See [`Mark::denies`].
    pub accuses: f32,
    /// It stands in a passage that denies, that accuses.
    pub denial: f32,
    /// See [`Mark::denial`].
    pub accusation: f32,
}

/// How many numbers the head of marks gives, and how many roles a token can have beside a cue.
const MARKS: usize = 8;
const ROLES: usize = 5;

/// What a cue's other parts are, as probabilities of the tokens from `first` on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parts {
    first: usize,
    roles: Vec<[f32; ROLES]>,
}

/// An attribution as the reader sees it, in tokens.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Seen {
    /// The cue.
    pub cue: Range<usize>,
    /// Who speaks.
    pub source: Option<Range<usize>>,
    /// What is said, in text order.
    pub content: Vec<Range<usize>>,
    /// How surely it is one, 0 to 1.
    pub certainty: f32,
    /// Tokens that may name whom it blames, each with its probability.
    pub blamed: Vec<(usize, f32)>,
    /// Tokens of what it may answer, the same way, where it is a denial.
    pub answered: Vec<(usize, f32)>,
    /// The tokens that were read together with it; nothing is known of others.
    pub window: Range<usize>,
}

/// A text, read.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Reading {
    /// A mark for each token.
    pub marks: Vec<Mark>,
    /// The attributions, by their cues in text order.
    pub seen: Vec<Seen>,
    /// For pronouns and roles ("she", "the ministry") the nouns and pronouns that mean the same party, each with its share of the
    /// probability, of which nobody has the rest.
    pub meant: HashMap<usize, Vec<(usize, f32)>>,
}

/// The encoder with its heads.
#[derive(Debug)]
pub struct Reader<'m> {
    encoder: Encoder<'m>,
    marks: Linear,
    cue: Linear,
    other: Linear,
    distances: Vec<f32>,
    roles: Linear,
    /// Of a pronoun or role, of what it may mean, and how much speaks for each distance.
    refers: Linear,
    named: Linear,
    away: Vec<f32>,
}

/// The tokens read at once: those marked, with their context.
struct Window {
    own: Range<usize>,
    all: Range<usize>,
}

impl Reader<'static> {
    /// The reader that is compiled in, unpacked on first use.
    pub fn builtin() -> &'static Reader<'static> {
        static READER: OnceLock<Reader<'static>> = OnceLock::new();
        READER.get_or_init(|| {
            Reader::load(include_bytes!("reader.safetensors")).expect("the file is compiled in, and a test loads it")
        })
    }
}

impl<'m> Reader<'m> {
    /// The reader of a model file; none if the file is not whole.
    pub fn load(bytes: &'m [u8]) -> Option<Reader<'m>> {
        let (_, head) = SafeTensors::read_metadata(bytes).ok()?;
        let vocabulary = head.metadata().as_ref()?.get("vocabulary")?.clone();
        let file = SafeTensors::deserialize(bytes).ok()?;
        let reader = Reader {
            encoder: Encoder::load(&file, &vocabulary)?,
            marks: Linear::load(&file, "tag", WIDTH)?,
            cue: Linear::load(&file, "ra", WIDTH)?,
            other: Linear::load(&file, "rt", WIDTH)?,
            distances: floats(&file, "rd.weight")?,
            roles: Linear::load(&file, "ro", 0)?,
            refers: Linear::load(&file, "ma", WIDTH)?,
            named: Linear::load(&file, "mt", WIDTH)?,
            away: floats(&file, "md.weight")?,
        };
        let width = reader.cue.outputs();
        let whole = reader.marks.outputs() == MARKS
            && reader.roles.outputs() == ROLES
            && reader.other.outputs() == width
            && reader.roles.inputs() == width
            && reader.distances.len() == DISTANCES * width
            && reader.refers.outputs() == reader.named.outputs()
            && reader.away.len() == DISTANCES;
        whole.then_some(reader)
    }

    /// Reads a text.
    pub fn read(&self, doc: &Document) -> Reading {
        let marks = Vec::with_capacity(doc.tokens().len());
        let mut reading = Reading { marks, ..Reading::default() };
        self.encode(doc, |kernels, words, window| self.mark(kernels, words, window, doc, &mut reading));
        reading
    }

    /// The encoder alone, to measure it: how many numbers the vectors of a text's words have.
    pub fn encoded(&self, doc: &Document) -> usize {
        let mut numbers = 0;
        self.encode(doc, |_, words, _| numbers += words.len());
        numbers
    }

    /// Hands on the vectors of each window's words.
    fn encode(&self, doc: &Document, mut heads: impl FnMut(&Kernels, &[f32], &Window)) {
        let count = doc.tokens().len();
        let mut pieces: Vec<u32> = Vec::with_capacity(count * 2);
        let mut ends = Vec::with_capacity(count);
        for token in 0..count {
            let first = pieces.len();
            self.encoder.pieces.cut(doc.word(token), &mut pieces);
            pieces.truncate(first + MOST_PIECES);
            ends.push(pieces.len());
        }
        let pieces_of = |token: usize| token.checked_sub(1).map_or(0, |before| ends[before])..ends[token];
        let mut quoted = vec![false; count];
        for quotation in doc.quotations() {
            quoted[quotation.inside(doc.tokens())].fill(true);
        }
        let mut opens = vec![false; count];
        for pair in doc.sentences().windows(2).filter(|pair| pair[0].paragraph != pair[1].paragraph) {
            opens[pair[1].tokens.start] = true;
        }
        let kernels = Kernels::default();
        for window in windows(&ends, opens.iter().filter(|opens| **opens).count()) {
            let mut ids = vec![self.encoder.before];
            let mut inside = vec![false];
            let mut firsts = Vec::with_capacity(window.all.len());
            for token in window.all.clone() {
                if opens[token] && token > window.all.start {
                    ids.push(self.encoder.between);
                    inside.push(false);
                }
                firsts.push(ids.len());
                ids.extend(&pieces[pieces_of(token)]);
                inside.resize(ids.len(), quoted[token]);
            }
            ids.push(self.encoder.between);
            inside.push(false);
            let words = self.encoder.encode(&kernels, &ids, &inside, &firsts);
            heads(&kernels, &words, &window);
        }
    }

    fn mark(&self, kernels: &Kernels, words: &[f32], window: &Window, doc: &Document, reading: &mut Reading) {
        let first = window.all.start;
        let marks: Vec<Mark> = self.marks.apply(kernels, words).chunks_exact(MARKS).map(Mark::of).collect();
        let own = window.own.start - first..window.own.end - first;
        reading.marks.extend_from_slice(&marks[own.clone()]);
        let at = |token: usize| marks.get(token).map_or(0.0, |mark| mark.anchor);
        let highest = |token: usize, of: fn(&Mark) -> f32| {
            let at = |token: usize| marks.get(token).map_or(0.0, of);
            at(token) >= CUE && at(token) >= at(token + 1) && token.checked_sub(1).is_none_or(|b| at(token) >= at(b))
        };
        // The cues of acts are no attributions where nothing else says so, but what is judged.
        let peak = |&token: &usize| {
            highest(token, |mark| mark.anchor)
                || (highest(token, |mark| mark.denies) || highest(token, |mark| mark.accuses))
                    && !(token.saturating_sub(2)..token + 3).any(|near| at(near) >= CUE)
        };
        let anchors: Vec<usize> = own.clone().filter(peak).collect();
        if !anchors.is_empty() {
            self.parts(kernels, words, &anchors, |anchor, roles| {
                let parts = Parts { first, roles };
                reading.seen.extend(parts.read(doc, first + anchor, marks[anchor].anchor));
            });
        }
        let referring: Vec<usize> = own.filter(|&token| phrases::refers(doc, first + token)).collect();
        if !referring.is_empty() {
            self.follow(kernels, words, doc, (first, &referring), reading);
        }
    }

    /// Hands on the roles that the words of a window have beside each anchor.
    fn parts(
        &self,
        kernels: &Kernels,
        words: &[f32],
        anchors: &[usize],
        mut found: impl FnMut(usize, Vec<[f32; ROLES]>),
    ) {
        let width = self.cue.outputs();
        let cues = self.cue.apply(kernels, words);
        let others = self.other.apply(kernels, words);
        let mut hidden = Vec::with_capacity(others.len());
        for &anchor in anchors {
            hidden.clear();
            let cue = &cues[anchor * width..][..width];
            for (token, other) in others.chunks_exact(width).enumerate() {
                let distance = &self.distances[distance(anchor, token) * width..][..width];
                hidden
                    .extend(cue.iter().zip(other).zip(distance).map(|((cue, other), distance)| cue + other + distance));
            }
            gelu(&mut hidden);
            let roles = self.roles.apply(kernels, &hidden);
            found(
                anchor,
                roles.chunks_exact(ROLES).map(|roles| std::array::from_fn(|role| likely(roles[role]))).collect(),
            );
        }
    }

    /// Notes what the pronouns and roles of a window mean.
    fn follow(
        &self,
        kernels: &Kernels,
        words: &[f32],
        doc: &Document,
        (first, referring): (usize, &[usize]),
        reading: &mut Reading,
    ) {
        let width = self.refers.outputs();
        let refers = self.refers.apply(kernels, words);
        let named = self.named.apply(kernels, words);
        let names = |token: &usize| {
            let tag = doc.tokens()[first + token].tag;
            tag.is_noun() || matches!(tag, Tag::PRP | Tag::PRPS)
        };
        let nouns: Vec<usize> = (0..named.len() / width).filter(names).collect();
        for &anchor in referring {
            let own = &refers[anchor * width..][..width];
            let fit = nouns.iter().filter(|&&token| token != anchor).map(|&token| {
                let product: f32 = own.iter().zip(&named[token * width..][..width]).map(|(a, b)| a * b).sum();
                (token, (product / (width as f32).sqrt() + self.away[distance(anchor, token)]).clamp(-60.0, 60.0).exp())
            });
            let fit: Vec<(usize, f32)> = fit.collect();
            // What is left is nobody's.
            let all = 1.0 + fit.iter().map(|(_, fit)| fit).sum::<f32>();
            let meant =
                fit.into_iter().map(|(token, fit)| (first + token, fit / all)).filter(|(_, p)| *p >= LEAST_MEANT);
            reading.meant.insert(first + anchor, meant.collect());
        }
    }
}

impl Reading {
    /// How surely a stretch of tokens stands in a passage of this act, as the mean logarithm of the odds, and the highest of
    /// its tokens as the act's cue, the same way.
    pub fn odds(&self, tokens: &Range<usize>, act: Act) -> (f32, f32) {
        let marks = self.marks.get(tokens.clone()).unwrap_or_default();
        let of = |mark: &Mark| match act {
            Act::Denial => (odds(mark.denial), odds(mark.denies)),
            _ => (odds(mark.accusation), odds(mark.accuses)),
        };
        let mean = marks.iter().map(|mark| of(mark).0).sum::<f32>() / marks.len().max(1) as f32;
        (mean, marks.iter().map(|mark| of(mark).1).fold(-9.0, f32::max))
    }
}

impl Seen {
    /// How surely it answers what stands at `tokens`, as the logarithm of the mean probability's odds; none where they were
    /// not read together.
    pub fn answers(&self, tokens: impl Iterator<Item = usize>) -> Option<f32> {
        let (mut sum, mut count) = (0.0, 0.0f32);
        for token in tokens.filter(|token| self.window.contains(token)) {
            count += 1.0;
            sum +=
                self.answered.binary_search_by_key(&token, |(at, _)| *at).map_or(0.02, |found| self.answered[found].1);
        }
        (count > 0.0).then(|| odds(sum / count))
    }
}

impl Mark {
    fn of(logits: &[f32]) -> Mark {
        let at = |which: usize| likely(logits[which]);
        // 1 to 3, whether it stands in any source, content or cue, are there for the training alone.
        Mark { anchor: at(0), denies: at(4), accuses: at(5), denial: at(6), accusation: at(7) }
    }
}

impl Parts {
    /// The attribution of a cue that starts at `anchor`; none without content.
    fn read(&self, doc: &Document, anchor: usize, certainty: f32) -> Option<Seen> {
        let anchor = anchor - self.first;
        let end = (anchor + 1..self.roles.len()).find(|&at| self.roles[at][0] < 0.5).unwrap_or(self.roles.len());
        let weight = |range: &Range<usize>| self.roles[range.clone()].iter().map(|roles| roles[1]).sum::<f32>();
        let source = self.runs(1, SOURCE, GAPS.0).into_iter().max_by(|a, b| weight(a).total_cmp(&weight(b)));
        let taken =
            |at: &usize| (anchor..end).contains(at) || source.as_ref().is_some_and(|source| source.contains(at));
        let mut content = Vec::new();
        for run in self.runs(2, CONTENT.0, GAPS.1) {
            if !run.clone().any(|at| self.roles[at][2] >= CONTENT.1) {
                continue;
            }
            for at in run.filter(|at| !taken(at)) {
                match content.last_mut() {
                    Some(Range { end, .. }) if *end == at => *end += 1,
                    _ => content.push(at..at + 1),
                }
            }
        }
        let place = |range: Range<usize>| range.start + self.first..range.end + self.first;
        let says = |range: &Range<usize>| range.clone().any(|at| doc.word(at).contains(char::is_alphanumeric));
        let content: Vec<_> = content.into_iter().map(place).filter(says).collect();
        let likely = |role: usize| {
            let tokens = self.roles.iter().enumerate().filter(move |(_, roles)| roles[role] >= LEAST);
            tokens.map(move |(at, roles)| (at + self.first, roles[role])).collect()
        };
        let (blamed, answered) = (likely(3), likely(4));
        let window = place(0..self.roles.len());
        let cue = place(anchor..end);
        (!content.is_empty()).then(|| Seen {
            cue,
            source: source.clone().map(place),
            content,
            certainty,
            blamed,
            answered,
            window,
        })
    }

    /// The stretches of tokens of a role.
    fn runs(&self, role: usize, from: f32, gap: usize) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for at in (0..self.roles.len()).filter(|&at| self.roles[at][role] >= from) {
            match runs.last_mut() {
                Some(last) if at - last.end <= gap => last.end = at + 1,
                _ => runs.push(at..at + 1),
            }
        }
        runs
    }
}

/// A probability from the logarithm of its odds.
fn likely(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

/// The logarithm of a probability's odds, within 9 of even.
pub fn odds(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln().clamp(-9.0, 9.0)
}

/// The kind of a distance between a cue and another token: exact nearby, by half octaves far off.
fn distance(cue: usize, other: usize) -> usize {
    let far = cue.abs_diff(other);
    let kind = if far < 8 { far } else { (8 + ((far as f32 / 8.0).log2() * 2.0) as usize).min(DISTANCES / 2 - 1) };
    if other < cue { kind } else { kind + DISTANCES / 2 }
}

/// Cuts a text into windows, by where the pieces of its tokens end.
fn windows(ends: &[usize], paragraphs: usize) -> Vec<Window> {
    let Some(&total) = ends.last() else { return Vec::new() };
    if total + paragraphs < OWN + BEFORE + AFTER {
        return vec![Window { own: 0..ends.len(), all: 0..ends.len() }];
    }
    let mut windows = Vec::with_capacity(total / OWN + 1);
    let mut start = 0;
    while start < ends.len() {
        let before = start.checked_sub(1).map_or(0, |before| ends[before]);
        let end = ends.partition_point(|&end| end <= before + OWN).max(start + 1);
        let first = match before.checked_sub(BEFORE) {
            None | Some(0) => 0,
            Some(from) => (ends.partition_point(|&end| end < from) + 1).min(start),
        };
        let last = ends.partition_point(|&last| last <= ends[end - 1] + AFTER).max(end);
        windows.push(Window { own: start..end, all: first..last });
        start = end;
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Document<'_>, Reading) {
        let doc = Document::read(text);
        let reading = Reader::builtin().read(&doc);
        (doc, reading)
    }

    #[test]
    fn a_saying_is_seen_with_its_source_and_content() {
        let (doc, reading) = read("The harbour is safe again, the mayor of Port Abel told reporters on Monday.");
        let [seen] = reading.seen.as_slice() else { panic!("{:?}", reading.seen) };
        let words = |range: &Range<usize>| doc.span(range.clone()).of(doc.text());
        assert!(words(&seen.cue).starts_with("told"));
        assert_eq!(seen.source.as_ref().map(words), Some("the mayor of Port Abel"));
        assert!(matches!(seen.content.as_slice(), [said] if words(said).starts_with("The harbour is safe again")));
    }

    #[test]
    fn what_denies_and_what_accuses_is_marked() {
        let (doc, reading) = read(
            "Veldia denied on Tuesday that its gunboats had shelled the harbour.\n\nPolice said Orlan stole the money.",
        );
        let [denies, accuses] = [0, 1].map(|at| doc.sentences()[at].tokens.clone());
        assert!(reading.odds(&denies, Act::Denial).0 > 0.0 && reading.odds(&accuses, Act::Denial).0 < 0.0);
        assert!(reading.odds(&accuses, Act::Accusation).0 > 0.0);
    }

    #[test]
    fn pronouns_mean_who_is_named() {
        let (doc, reading) = read(
            "Anna Kovarek sued Belmark on Monday. She told the court that the company had sold her broken valves.",
        );
        let likeliest = |word: &str| {
            let at = (0..doc.tokens().len()).find(|&at| doc.word(at) == word).expect(word);
            let names = reading.meant[&at].iter().filter(|(at, _)| doc.tokens()[*at].tag.is_proper_noun());
            names.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| doc.word(*at))
        };
        assert!(matches!(likeliest("She"), Some("Anna" | "Kovarek")));
        assert!(matches!(likeliest("her"), Some("Anna" | "Kovarek")));
    }

    #[test]
    fn every_token_has_one_mark_and_what_is_seen_lies_within_the_text() {
        for text in [
            "",
            "…",
            "Word",
            &"“No,” he said. ".repeat(400),
            &"said ".repeat(3000),
            &"«(–…".repeat(900),
            &"x".repeat(5000),
        ] {
            let (doc, reading) = read(text);
            assert_eq!(reading.marks.len(), doc.tokens().len());
            for seen in &reading.seen {
                let parts = seen.content.iter().chain(&seen.source).chain([&seen.cue, &seen.window]);
                assert!(parts.into_iter().all(|part| part.start < part.end && part.end <= doc.tokens().len()));
            }
            for (at, meant) in &reading.meant {
                assert!(meant.iter().all(|(token, _)| token != at && *token < doc.tokens().len()));
            }
        }
    }

    #[test]
    fn windows_own_every_token_once_and_see_what_stands_around_it() {
        for sizes in [vec![1; 2000], vec![12; 300], vec![1; 10], (0..900).map(|n| n % 12 + 1).collect()] {
            let ends: Vec<usize> = sizes
                .iter()
                .scan(0, |sum, size| {
                    *sum += size;
                    Some(*sum)
                })
                .collect();
            let start = |token: usize| ends[token] - sizes[token];
            let mut next = 0;
            for Window { own, all } in windows(&ends, 0) {
                assert_eq!(own.start, next);
                next = own.end;
                assert!(all.start <= own.start && own.end <= all.end);
                assert!(start(own.start) - start(all.start) <= BEFORE);
                assert!(all.start == 0 || start(own.start) - start(all.start - 1) > BEFORE);
                assert!(ends[all.end - 1] - ends[own.end - 1] <= AFTER && ends[own.end - 1] - start(own.start) <= OWN);
            }
            assert_eq!(next, sizes.len());
        }
    }

    #[test]
    fn distances_are_exact_nearby_and_by_half_octaves_far_off() {
        assert_eq!([0, 1, 7].map(|far| distance(100, 100 + far)), [16, 17, 23]);
        assert_eq!([1, 7].map(|far| distance(100, 100 - far)), [1, 7]);
        assert_eq!([8, 11, 12, 16, 200].map(|far| distance(0, far)), [24, 24, 25, 26, 31]);
    }

    #[test]
    fn what_is_no_model_is_none() {
        assert!(Reader::load(b"").is_none());
        assert!(Reader::load(&[0xff; 64]).is_none());
    }
}
