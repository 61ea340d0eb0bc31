//! From a denial that follows an accusation to a message on the user's desk.

pub mod delivery;
pub mod webhook;
