//! What is judged by learned weights: what a saying does, who denies, whom an accusation blames, which denial answers which
//! accusation.
//!
//! Each question is a linear model over named features. The weights (`weights.tsv`) are trained on labelled articles by
//! `cargo run --release --example train_statements`, which asks through the same code ([`super::asked`]); they hold words and
//! numbers, no text.

use crate::language::Span;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A question that weights answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// What does this content do? Two outcomes beside neither: it accuses, it denies.
    Act,
    /// Is this party who denies, where the text does not name him there? One of several candidates is.
    Denier,
    /// Is this party whom the accusation blames? One of several candidates is.
    Target,
    /// Does this denial answer this accusation?
    Link,
    /// Are this accusation's or denial's act and speaker right?
    Sure,
    /// Is this denial one, by this speaker, of what it is taken to answer?
    Answer,
}

impl Question {
    /// All of them, in the order of their tables.
    pub const ALL: [Question; 6] =
        [Question::Act, Question::Denier, Question::Target, Question::Link, Question::Sure, Question::Answer];

    /// Its name in `weights.tsv`.
    pub fn name(self) -> &'static str {
        match self {
            Question::Act => "act",
            Question::Denier => "denier",
            Question::Target => "target",
            Question::Link => "link",
            Question::Sure => "sure",
            Question::Answer => "answer",
        }
    }
}

/// What the judgement thinks of a content, as probabilities; the rest is neither.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Judgement {
    /// It accuses somebody.
    pub accuses: f64,
    /// It denies something.
    pub denies: f64,
}

/// The weights of features, a table for each question.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    tables: [HashMap<String, [f64; 2]>; Question::ALL.len()],
}

static BUILTIN: LazyLock<Weights> = LazyLock::new(|| Weights::read(include_str!("weights.tsv")));

impl Weights {
    /// The compiled-in weights.
    pub fn builtin() -> &'static Weights {
        &BUILTIN
    }

    /// Weights of a table: question, feature, one or two weights, parted by tabs. Other lines are passed over.
    pub fn read(table: &str) -> Weights {
        let mut weights = Weights::default();
        for line in table.lines() {
            let mut fields = line.split('\t');
            let question = fields.next().and_then(|name| Question::ALL.into_iter().find(|known| known.name() == name));
            let (Some(question), Some(feature)) = (question, fields.next()) else { continue };
            let mut number = || fields.next().and_then(|field| field.parse().ok()).unwrap_or(0.0);
            let pair = [number(), number()];
            weights.tables[question as usize].insert(feature.to_owned(), pair);
        }
        weights
    }

    /// What a content with these features does.
    pub fn act(&self, features: &[String]) -> Judgement {
        let [accuses, denies] = self.sums(Question::Act, features).map(|sum| sum.clamp(-30.0, 30.0).exp());
        let total = 1.0 + accuses + denies;
        Judgement { accuses: accuses / total, denies: denies / total }
    }

    /// How much speaks for a candidate of [`Question::Target`]: the logarithm of its odds against the others.
    pub fn target(&self, features: &[String]) -> f64 {
        self.sums(Question::Target, features)[0]
    }

    /// The same for a candidate of [`Question::Denier`].
    pub fn denier(&self, features: &[String]) -> f64 {
        self.sums(Question::Denier, features)[0]
    }

    /// The probability that a denial answers an accusation.
    pub fn link(&self, features: &[String]) -> f64 {
        self.probability(Question::Link, features)
    }

    /// The probability that an accusation or denial is one, by the speaker it is given to.
    pub fn sure(&self, features: &[String]) -> f64 {
        self.probability(Question::Sure, features)
    }

    /// The probability that a denial is one, by that speaker, of the accusations that it is linked to.
    pub fn answer(&self, features: &[String]) -> f64 {
        self.probability(Question::Answer, features)
    }

    fn probability(&self, question: Question, features: &[String]) -> f64 {
        1.0 / (1.0 + (-self.sums(question, features)[0].clamp(-30.0, 30.0)).exp())
    }

    fn sums(&self, question: Question, features: &[String]) -> [f64; 2] {
        let table = &self.tables[question as usize];
        features.iter().filter_map(|feature| table.get(feature)).fold([0.0; 2], |[a, b], [x, y]| [a + x, b + y])
    }
}

/// One thing that weights were asked about, for training.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The question asked.
    pub question: Question,
    /// Candidates of one group are the alternatives of one choice.
    pub group: usize,
    /// The cue and content that it is about (of the denial, for [`Question::Link`] and [`Question::Answer`]), in bytes.
    pub spans: Vec<Span>,
    /// Cue and content of the accusation, for [`Question::Link`]; of the likeliest, for [`Question::Answer`].
    pub other: Vec<Span>,
    /// The names of the candidate party, for [`Question::Denier`] and [`Question::Target`]; none for "nobody".
    pub names: Vec<String>,
    /// Its features.
    pub features: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_by_question_and_other_lines_are_passed_over() {
        let table = "# head\nact\talways\t-1\t0.5\nact\tnever\t2\t0\nlink\tsame\t3\nlink\tbroken\tx\nodd\tsame\t9\n";
        let weights = Weights::read(table);
        let features = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let judgement = weights.act(&features(&["always", "never", "unknown"]));
        let total = 1.0 + 1f64.exp() + 0.5f64.exp();
        assert!((judgement.accuses - 1f64.exp() / total).abs() < 1e-9);
        assert!((judgement.denies - 0.5f64.exp() / total).abs() < 1e-9);
        assert!((weights.link(&features(&["same", "broken"])) - 1.0 / (1.0 + (-3f64).exp())).abs() < 1e-9);
        assert_eq!(weights.target(&features(&["same"])), 0.0, "each question has its own table");
    }

    #[test]
    fn the_built_in_weights_answer_every_question() {
        for question in Question::ALL {
            assert!(!Weights::builtin().tables[question as usize].is_empty(), "{}", question.name());
        }
    }
}
