//! What a text says as a few small numbers: enough to tell which claims of a party that has thousands are worth reading.

use super::Claim;
use super::link::names;
use super::terms::{Glossary, Terms, kind};
use std::collections::BTreeMap;

/// The words that `text` is weighed by: its stems, whoever they name.
pub fn words(text: &str) -> Terms {
    Terms::read(text, &Glossary::new(&|_| None))
}

/// The number by which the log counts a word.
pub fn number(term: &str) -> i64 {
    hash(term.as_bytes()).cast_signed()
}

/// The sketch of a text: two bytes for each of its words, in order. Words of one kind of wrong are one, and so, rarely, are
/// two others.
pub fn sketch(text: &str) -> Vec<u8> {
    let mut numbers: Vec<u16> = words(text).iter().map(short).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The number of a word in a sketch: one for all words of one kind of wrong.
fn short(term: &str) -> u16 {
    let hash = match kind(term) {
        Some(kind) => hash(&[&[0], &kind.to_le_bytes()[..]].concat()),
        None => hash(term.as_bytes()),
    };
    (hash ^ (hash >> 16) ^ (hash >> 32) ^ (hash >> 48)) as u16
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What some claims say, to be looked for in sketches.
#[derive(Debug, Clone, Default)]
pub struct Probe(Vec<(u16, f64)>);

/// What a word around a claim weighs beside one of its own.
const AROUND: f64 = 0.5;

impl Probe {
    /// The words of the claims and those around them, without the names of their parties. `weigh` as for [`super::file()`].
    pub fn of<'c>(claims: impl IntoIterator<Item = &'c Claim>, weigh: &impl Fn(&str) -> f64) -> Probe {
        let mut weights: BTreeMap<u16, f64> = BTreeMap::new();
        for claim in claims {
            let names = names(claim, claim);
            for (terms, worth) in [(&claim.terms, 1.0), (&claim.context, AROUND)] {
                for (term, weight) in terms.without(&names).weighed(weigh) {
                    let entry = weights.entry(short(term)).or_default();
                    *entry = entry.max(worth * weight);
                }
            }
        }
        Probe(weights.into_iter().collect())
    }

    /// The weight of what the sketch has of it.
    pub fn shared(&self, sketch: &[u8]) -> f64 {
        let mut numbers = sketch.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).peekable();
        let mut shared = 0.0;
        for (number, weight) in &self.0 {
            while numbers.next_if(|other| other < number).is_some() {}
            if numbers.peek() == Some(number) {
                shared += weight;
            }
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disputes::Side;
    use crate::statements::{Act, Period};

    fn claim(content: &str, context: &str) -> Claim {
        Claim {
            id: 1,
            article: 1,
            outlet: String::new(),
            act: Act::Denial,
            presupposed: false,
            recalled: false,
            repeats: None,
            answers: vec![],
            answers_surely: 0.0,
            speaker: Some(Side::new("Kestria", Some("Kestria".to_owned()))),
            behalf: None,
            target: None,
            accuser: None,
            content: content.to_owned(),
            terms: words(content),
            context: words(context),
            said: Period::default(),
            article_day: None,
            confidence: 1.0,
            dispute: None,
        }
    }

    #[test]
    fn the_claim_that_shares_the_matter_is_worth_more_than_one_of_the_same_party_alone() {
        let probe =
            Probe::of([&claim("that Kestria poisoned the harbour", "The harbour of Brask is closed.")], &|_| 1.0);
        let shared = |text: &str| probe.shared(&sketch(text));
        assert!(shared("Poisoning the harbours of Kestria") > shared("Brask is closed to Kestria"));
        assert!(shared("Brask is closed") > 0.0);
        assert!(shared("Kestria sent shells to rebels") < f64::EPSILON);
    }

    #[test]
    fn other_words_for_the_same_kind_of_wrong_meet() {
        let probe = Probe::of([&claim("that it sent artillery", "")], &|_| 1.0);
        assert!(probe.shared(&sketch("ammunition")) > 0.0);
    }
}
