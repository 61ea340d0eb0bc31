//! A learned judgement of what a saying does: accuse, deny, or neither, by weights over the words of its content, its
//! speaker, and what the article has already accused whom of.
//!
//! The weights (`weights.tsv`) come from a logistic regression over the labelled development sets, trained by
//! `cargo run --release --example train_acts`; they hold words and their weights, no text.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What the judgement thinks of a content, as probabilities; the rest is neither.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Judgement {
    /// It accuses somebody.
    pub accuses: f64,
    /// It denies something.
    pub denies: f64,
}

/// The weights of features for the two acts.
#[derive(Debug, Clone, Default)]
pub struct Weights(HashMap<String, [f64; 2]>);

static BUILTIN: LazyLock<Weights> = LazyLock::new(|| Weights::read(include_str!("weights.tsv")));

impl Weights {
    /// The compiled-in weights.
    pub fn builtin() -> &'static Weights {
        &BUILTIN
    }

    /// Weights of a table: feature, weight for accusing, weight for denying, parted by tabs. Other lines are passed over.
    pub fn read(table: &str) -> Weights {
        let weights = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut fields = line.split('\t');
            let name = fields.next()?.to_owned();
            let accuses = fields.next()?.parse().ok()?;
            let denies = fields.next()?.parse().ok()?;
            Some((name, [accuses, denies]))
        });
        Weights(weights.collect())
    }

    /// The judgement of a content with these features.
    pub fn judge(&self, features: &[String]) -> Judgement {
        let mut sums = [0.0; 2];
        for weights in features.iter().filter_map(|feature| self.0.get(feature)) {
            sums[0] += weights[0];
            sums[1] += weights[1];
        }
        let [accuses, denies] = sums.map(|sum: f64| sum.clamp(-30.0, 30.0).exp());
        let total = 1.0 + accuses + denies;
        Judgement { accuses: accuses / total, denies: denies / total }
    }
}

/// A content that the judgement is asked about, for training.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Where cue and content stand, in bytes.
    pub spans: Vec<crate::language::Span>,
    /// Its features.
    pub features: Vec<String>,
}
