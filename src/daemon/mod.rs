//! The stages wired together: polling, analysis, delivery; signals, reload and systemd.

pub mod logging;
pub mod systemd;
