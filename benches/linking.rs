//! What it takes to file an article's statements in logs of some size: stored, linked, weighed for alerts.
//! `examples/measure_linking.rs` does the same in a log of two years.

#[allow(dead_code, reason = "the example measures more")]
#[path = "../examples/support/history.rs"]
mod history;

use divan::Bencher;
use history::History;
use std::path::Path;

fn main() {
    divan::main();
}

/// The next article of an invented history of that many statements, in one transaction, synced.
#[divan::bench(args = [500, 5_000], sample_count = 200, sample_size = 1)]
fn an_article_filed(bencher: Bencher<'_, '_>, statements: usize) {
    let mut history = History::begin(Path::new("."));
    history.store_until(statements);
    bencher.bench_local(|| history.file_next());
}
