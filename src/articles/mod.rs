//! Items become articles: recognised again wherever they appear, matched against the watchlist, with their full text.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `identity` | what makes two items the same, and an item another version of itself |
//! | `matching` | which actors and topics of the watchlist an item names |
//! | `page`, `charset`, `linked_data` | a linked page to its headline, text and date |
//! | `boilerplate` | what stands around a text and isn't of it |
//! | `text` | which text is analysed: the feed's, the page's or the summary |
//! | `written_in` | the language of a text |
//!
//! All of it is pure; fetching belongs to [`feeds`](crate::feeds).

mod boilerplate;
mod charset;
mod identity;
mod linked_data;
mod matching;
mod page;
mod text;
mod written_in;

pub use identity::{article_identity, canonical, content_hash, item_identities, outlet, sha256};
pub use matching::{Matcher, Matches};
pub use page::{Page, PageError, read_page};
pub use text::{Source, Text, choose, compose, feed_has_full_text};
pub use written_in::{Language, language_of};

/// The first `bytes` of `text`, or a character less.
fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    &text[..end]
}
