//! Text to sentences, tokens, tags and syntax. Pure: no clock, no I/O; the same text gives the same document.
//!
//! A text is read once into a [`Document`]; every later stage works with [`Span`]s and token indices over that
//! one text and never with copies of it.

mod document;
pub mod encoder;
pub mod lemmas;
pub mod linear;
pub mod model;
pub mod parser;
pub mod pieces;
mod quotations;
mod sentences;
pub mod tagger;
mod tags;
mod tokens;

pub use document::{Document, Sentence, Token};
pub use quotations::{Mark, Quotation};
pub use tags::{Dep, Tag, Upos};

/// A half-open range of bytes of the text under analysis, always on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` to `end`, in bytes.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Span { start, end }
    }

    /// The words that the span covers.
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// Whether the two spans share a byte.
    pub fn overlaps(&self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies wholly within this span.
    pub fn contains(&self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}
