//! Polling: feed documents fetched politely and safely, and read into items.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`net`] | the net: requests, redirects, limits, and what came of them |
//! | [`address_rules`] | which addresses may be reached |
//! | [`parse`] | a document to items: its bytes to text, mended, read by feed-rs, made plain |
//! | [`schedule`] | when to ask which feed again, and how it fares (pure) |
//! | [`opml`] | lists of feeds, as other readers keep them |

pub mod address_rules;
mod charset;
mod dates;
mod document;
mod json;
mod mend;
pub mod net;
pub mod opml;
pub mod schedule;

pub use document::{Document, ParseError, parse};

use jiff::Timestamp;

/// One entry of a feed, as the daemon reads it. All text is plain: markup is gone, entities are resolved.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Item {
    /// The feed's own id of the entry (`guid`, `atom:id`, JSON Feed `id`), as it stands there.
    pub id: Option<String>,
    /// The headline.
    pub title: Option<String>,
    /// The address of the article: absolute, http or https.
    pub url: Option<String>,
    /// When the feed says it was published.
    pub published: Option<Timestamp>,
    /// When the feed says it was last changed. Not part of `feeds preview`.
    #[serde(skip)]
    pub updated: Option<Timestamp>,
    /// Who wrote it.
    pub author: Option<String>,
    /// The short text.
    pub summary: Option<String>,
    /// The full text, where the feed carries it.
    pub content: Option<String>,
}
