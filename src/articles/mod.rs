//! Items become articles: recognised again wherever they appear, matched against the watchlist, with their full text.

mod markup;
mod matching;

pub use markup::plain_text;
pub use matching::{Matcher, Matches};
