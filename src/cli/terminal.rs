//! Text from the net, made fit for a terminal.

pub(super) use crate::plain::is_plain;
pub use crate::plain::safe;
