//! Text from the net, made fit for a terminal.

pub use crate::plain::safe;
