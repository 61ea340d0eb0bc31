//! Who said what: attributions with their act, parties and time. Pure: no clock, no I/O, no database.

mod actors;
mod acts;
mod assembly;
mod attributions;
mod deniers;
pub mod json;
pub mod judgement;
mod lexicon;
mod links;
mod nouns;
mod parties;
mod phrases;
pub mod reader;
mod sides;
mod targets;
mod time;

#[cfg(test)]
mod tests;

pub use actors::{Actors, Meaning, names_an_office};

use crate::language::{Document, Span};
use jiff::civil::Date;

/// Finds every statement of an English text, in text order: title and body, or whatever there is of them.
///
/// `published` is the article's date, against which *on Tuesday* and *last week* resolve; without it only absolute dates do.
/// Any text will do; time grows linearly with its length, and the same text gives the same statements.
pub fn extract(text: &str, published: Option<Date>, actors: &Actors) -> Vec<Statement> {
    find(&Document::read(text), published, actors)
}

/// [`extract`] from a text that is read already, for callers that need its sentences as well.
pub fn find(document: &Document<'_>, published: Option<Date>, actors: &Actors) -> Vec<Statement> {
    let reading = reader::Reader::builtin().read(document);
    assembly::statements(document, published, actors, &reading, judgement::Weights::builtin())
}

/// [`find`] with a reading and weights other than the compiled-in ones, to measure these.
pub fn find_with(
    document: &Document<'_>,
    published: Option<Date>,
    actors: &Actors,
    reading: &reader::Reading,
    weights: &judgement::Weights,
) -> Vec<Statement> {
    assembly::statements(document, published, actors, reading, weights)
}

/// What is done, one after the other, to find the statements of a text that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Source, cue and content of whatever is said.
    Attributions,
    /// Names and who bears them.
    Parties,
    /// What each attribution does.
    Acts,
    /// Whom each accusation blames.
    Targets,
    /// Which accusations a denial answers.
    Links,
    /// Times and confidences.
    Finish,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Stage; 6] =
        [Stage::Attributions, Stage::Parties, Stage::Acts, Stage::Targets, Stage::Links, Stage::Finish];
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// [`find`] as far as a stage, to measure it: how many attributions or statements there are by then.
pub fn find_until(
    document: &Document<'_>,
    actors: &Actors,
    reading: &reader::Reading,
    weights: &judgement::Weights,
    last: Stage,
) -> usize {
    assembly::until(document, actors, reading, weights, last)
}

/// What weights are asked about a text, with the features of each question, to train these.
pub fn asked(
    document: &Document<'_>,
    published: Option<Date>,
    actors: &Actors,
    reading: &reader::Reading,
    weights: &judgement::Weights,
) -> Vec<judgement::Candidate> {
    assembly::asked(document, published, actors, reading, weights)
}

/// What a statement does. Defined with examples in `docs/statements.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// An identifiable party is said to have done, to do or to plan a specific wrongful act.
    Accusation,
    /// An allegation about the speaker or the speaker's side is said to be untrue.
    Denial,
    /// Any other attribution: sayings, beliefs, intentions.
    Other,
}

/// A person, organisation or state as one place of the article mentions it.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Party {
    /// The full noun phrase as it stands in the article, with titles and apposition.
    pub text: String,
    /// Where that phrase stands.
    #[serde(skip)]
    pub span: Span,
    /// The party's fullest name in the article.
    pub name: Option<String>,
    /// The canonical actor that the party belongs to, from the watchlist or the gazetteer.
    pub actor: Option<String>,
}

impl Party {
    /// Whether it is known by more than the phrase.
    pub fn is_named(&self) -> bool {
        self.name.is_some() || self.actor.is_some()
    }

    /// Its name, else the phrase.
    pub fn called(&self) -> &str {
        self.name.as_ref().unwrap_or(&self.text)
    }

    /// What the party is called: the phrase, its name, its actor.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [Some(&self.text), self.name.as_ref(), self.actor.as_ref()].into_iter().flatten().map(String::as_str)
    }
}

/// When something was said, as a range of days; an open end is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Period {
    /// The first day on which it can have been said.
    pub earliest: Option<Date>,
    /// The last such day.
    pub latest: Option<Date>,
}

/// One source's reported act at one place of an article: an *attribution* of source, cue and content.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Number within the article, from 1, in text order.
    pub id: u32,
    /// What the statement does.
    pub act: Act,
    /// Who speaks, where the article says.
    pub speaker: Option<Party>,
    /// The side spoken for, where it is another party than the speaker.
    pub on_behalf_of: Option<Party>,
    /// The words that signal the act.
    pub cue: Option<Span>,
    /// What is said, in text order; more than one span where the speaker stands between.
    pub content: Vec<Span>,
    /// Whom an accusation blames.
    pub target: Option<Party>,
    /// Whose allegation a denial rejects, where the article says.
    pub accuser: Option<Party>,
    /// The accusations of this article that a denial answers, by [`Statement::id`].
    pub answers: Vec<u32>,
    /// How surely it answers them, 0 to 1: that act, speaker and answer are all right.
    pub answers_surely: f64,
    /// The earlier statement of this article that this one restates, by [`Statement::id`].
    pub repeats: Option<u32>,
    /// An accusation only mentioned inside a denial ("denied allegations that …").
    pub presupposed: bool,
    /// The content stands mainly inside quotation marks.
    pub direct: bool,
    /// The article only remembers it ("In September Pyongyang denied …").
    pub recalled: bool,
    /// When it was said.
    pub said_at: Period,
    /// The engine's own estimate, 0 to 1, that act and speaker are right.
    pub confidence: f64,
}

impl Statement {
    /// The sentences of `document` (the text that the statement was found in) that hold its cue and content: the
    /// evidence, word for word.
    pub fn passage(&self, document: &Document<'_>) -> Span {
        let spans = || self.content.iter().chain(&self.cue).copied();
        let sentences = document.sentences();
        let touched = spans().flat_map(|span| {
            let first = sentences.partition_point(|sentence| sentence.span.end <= span.start);
            sentences[first..].iter().map(|sentence| sentence.span).take_while(move |s| s.start < span.end)
        });
        let all = touched.chain(spans()).reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end)));
        all.unwrap_or_default()
    }
}

/// The version of the extraction engine, stored with every statement it finds. Raised whenever its output changes.
pub const ENGINE: &str = concat!(env!("CARGO_PKG_VERSION"), "+reader.8");
