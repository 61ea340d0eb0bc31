//! From a denial that follows an accusation to a message on the user's desk.

pub mod body;
pub mod delivery;
pub mod desktop;
pub mod digest;
pub mod event;
pub mod rule;
pub mod webhook;

#[cfg(test)]
mod tests;
