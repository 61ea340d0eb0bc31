//! Any text as a watchlist: what is wrong with it is told, and each problem can be shown.
#![no_main]

use gainsay::watchlist::{Context, MissingSecret, Secret, SecretSource, Secrets, parse};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

/// A machine that has no secrets.
struct Bare;

impl Secrets for Bare {
    fn read(&self, source: &SecretSource) -> Result<Secret, MissingSecret> {
        Err(MissingSecret { reason: format!("{source} is not there"), help: "put it there".to_owned(), elsewhere: false })
    }
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let context = Context { secrets: &Bare, builtin_actor: &|_| None };
    if let Err(problems) = parse(&text, Path::new("watchlist.toml"), &context) {
        assert!(!problems.to_string().is_empty());
    }
});
