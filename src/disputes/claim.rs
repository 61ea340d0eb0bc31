//! An accusation or a denial as linking sees it.

use super::{Side, Terms, When};
use crate::statements::{Act, Period};
use jiff::civil::Date;

/// An accusation or a denial, new or from the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The statement's row in the log.
    pub id: i64,
    /// The article it stands in.
    pub article: i64,
    /// Who publishes that article.
    pub outlet: String,
    /// [`Act::Accusation`] or [`Act::Denial`]; any other act is passed over.
    pub act: Act,
    /// An accusation only mentioned inside a denial.
    pub presupposed: bool,
    /// The article only remembers it.
    pub recalled: bool,
    /// The row of the earlier statement of the same article that this one restates.
    pub repeats: Option<i64>,
    /// The rows of the accusations in the same article that extraction found this denial to answer, the likeliest first.
    pub answers: Vec<i64>,
    /// How surely, 0 to 1, as extraction has it.
    pub answers_surely: f64,
    /// Who speaks.
    pub speaker: Option<Side>,
    /// The side spoken for, where it is another party than the speaker.
    pub behalf: Option<Side>,
    /// Whom an accusation blames.
    pub target: Option<Side>,
    /// Whose allegation a denial rejects, where the article says.
    pub accuser: Option<Side>,
    /// The words said.
    pub content: String,
    /// The terms of `content`.
    pub terms: Terms,
    /// The terms of the passage and the article's title: weaker evidence of the matter, for a denial that does not
    /// say what it denies ("rejected the allegations").
    pub context: Terms,
    /// When it was said, as the text itself says; empty where it does not.
    pub said: Period,
    /// The day of the article: published, else first seen.
    pub article_day: Option<Date>,
    /// The dispute that it belongs to: of the log's claims, and of those that an earlier reading of their article made.
    pub dispute: Option<i64>,
    /// The engine's own estimate, 0 to 1, that act and speaker are right.
    pub confidence: f64,
}

impl Claim {
    /// When it was said; the article's day where the text does not say.
    pub fn when(&self) -> When {
        When::said(self.said, self.article_day)
    }

    /// Whether the text itself says when.
    pub fn is_dated(&self) -> bool {
        self.said != Period::default()
    }

    /// The sides that a denial speaks for: whom it is made on behalf of, and the speaker.
    pub fn defends(&self) -> impl Iterator<Item = &Side> {
        self.behalf.iter().chain(&self.speaker)
    }

    /// The sides that an accusation comes from: the speaker, and whom it is made on behalf of.
    pub fn comes_from(&self) -> impl Iterator<Item = &Side> {
        self.speaker.iter().chain(&self.behalf)
    }

    /// Whether the denial itself says what it is accused of, and the accusation is that: "denied *shelling the harbour*".
    pub fn tells(&self, accusation: &Claim) -> bool {
        let here = accusation.presupposed && accusation.article == self.article;
        here && !accusation.terms.is_empty() && accusation.terms.within(&self.terms)
    }

    /// The keys by which the log finds claims that this one may belong with: of a denial the sides that it defends, of
    /// an accusation the side that it blames.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = match self.act {
            Act::Denial => self.defends().flat_map(Side::keys).collect(),
            _ => self.target.iter().flat_map(Side::keys).collect(),
        };
        keys.sort();
        keys.dedup();
        keys
    }

    /// Every side that the claim names, whose names are therefore no part of its matter.
    pub(super) fn sides(&self) -> impl Iterator<Item = &Side> {
        self.speaker.iter().chain(&self.behalf).chain(&self.target).chain(&self.accuser)
    }
}
