//! Any text as an article: no panic, and every span lies in the text.
#![no_main]

use gainsay::statements::{Actors, extract};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static ACTORS: LazyLock<Actors> = LazyLock::new(Actors::builtin);

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for statement in extract(&text, None, &ACTORS) {
        for span in statement.content.iter().chain(&statement.cue) {
            assert!(text.get(span.start..span.end).is_some());
        }
    }
});
