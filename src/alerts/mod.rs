//! From a denial that follows an accusation to a message on the user's desk.

pub mod body;
pub mod event;
pub mod rule;

#[cfg(test)]
mod tests;
