//! How far long work is, for a person who watches.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// A bar for so many of `what`, on standard error; it shows nothing where that is no terminal. It goes when it is
/// dropped, and is to be cleared before anything else is written.
pub fn bar(total: usize, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} {prefix} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64).with_style(style).with_prefix(what).with_finish(ProgressFinish::AndClear)
}
