//! Measures what it takes to file an article's statements in logs of three sizes: an invented history of two years is
//! stored, and at each size the next articles are filed as the daemon files them.
//!
//!     cargo run --release --example measure_linking -- [ARTICLES] [STATEMENTS …]
//!
//! Without arguments: 1,000 articles at 10,000, 100,000 and 1,000,000 statements, which takes a quarter of an hour and
//! four gigabytes in the temporary folder.

#[path = "support/history.rs"]
mod history;

use history::{History, Measured};
use std::time::{Duration, Instant};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().expect("a number"));
    let articles = arguments.next().unwrap_or(1000);
    let mut sizes: Vec<usize> = arguments.collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    let mut history = History::begin(&std::env::temp_dir());
    let mut last: Option<Duration> = None;
    for size in sizes {
        let begun = Instant::now();
        history.store_until(size);
        eprintln!("stored up to {size} statements in {:.0} s", begun.elapsed().as_secs_f64());
        let (statements, told, open) = (history.statements, history.articles, history.open_disputes());
        let measured: Vec<Measured> = (0..articles).map(|_| history.file_next()).collect();
        let (median, p99, most) = spread(measured.iter().map(|one| one.filing));
        let linking = spread(measured.iter().map(|one| one.linking));
        let processor = spread(measured.iter().map(|one| one.processor));
        let (commit, ..) = spread(measured.iter().map(|one| one.commit));
        let sum = |of: fn(&Measured) -> usize| measured.iter().map(of).sum::<usize>();
        println!(
            "{statements} statements in {told} articles, {open} open disputes, {} bytes an article\n\
             \x20   filing one more: median {median:.1?}, 99th percentile {p99:.1?}, most {most:.1?}; commit {commit:.1?}\n\
             \x20   of that linking: median {:.1?}, 99th percentile {:.1?}, most {:.1?}\n\
             \x20   of all the processor: median {:.1?}, 99th percentile {:.1?}, most {:.1?}\n\
             \x20   {} claims, {} links, {} alerts in {articles} articles{}",
            history.bytes() / told as u64,
            linking.0,
            linking.1,
            linking.2,
            processor.0,
            processor.1,
            processor.2,
            sum(|one| one.filed.claims),
            sum(|one| one.filed.links),
            sum(|one| one.filed.alerts.len()),
            last.map_or(String::new(), |last| format!(
                "; median {:.2} times the last",
                processor.0.as_secs_f64() / last.as_secs_f64()
            )),
        );
        last = Some(processor.0);
    }
}

/// Median, 99th percentile and most.
fn spread(times: impl Iterator<Item = Duration>) -> (Duration, Duration, Duration) {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    (at(0.5), at(0.99), at(1.0))
}
