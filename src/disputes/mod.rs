//! Which denial answers which accusation, within an article and across articles and outlets. Pure: no clock, no I/O,
//! no database.
//!
//! A [`Claim`] is an accusation or a denial as linking sees it. [`file()`] takes those of one article with the claims
//! of the log that they may belong to, and says what is linked to what, why, and in which dispute each belongs.
//! `docs/disputes.md` explains the scoring.

mod claim;
mod file;
mod link;
mod matter;
mod memory;
mod side;
mod sketch;
mod stem;
mod terms;
mod voice;
mod when;

pub use claim::Claim;
pub use file::{Filing, Linked, MOST_CLAIMS, Merge, Opening, Place, Stored, file, retold};
pub use link::{Link, Reason, asks_around, link};
pub use matter::{matter, same_matter};
pub use memory::{CHANGES_AFTER, FADES_AFTER, Memory, Sighting, recall};
pub use side::{Side, fold};
pub use sketch::{Probe, number, sketch, words};
pub use terms::{Glossary, Terms, rarity};
pub use voice::{News, Voice, news};
pub use when::{WINDOW_DAYS, When};
