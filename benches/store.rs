//! What the log costs: one article with its statements stored, one poll stored, a look-up in a log of some size.

use divan::Bencher;
use gainsay::feeds::Item;
use gainsay::language::Span;
use gainsay::statements::{Act, Party, Period, Statement};
use gainsay::store::articles::{Matched, NewText, Source, Stage, TextRecord};
use gainsay::store::feeds::{Entry, Outcome, Poll, Registration, Validators};
use gainsay::store::statements::{Analysis, Found};
use gainsay::store::{ArticleId, FeedId, Store, StoreError, Transaction};
use jiff::{SignedDuration, Timestamp};

type Result<T> = std::result::Result<T, StoreError>;

fn main() {
    divan::main();
}

fn now() -> Timestamp {
    Timestamp::from_second(1_936_000_000).expect("a time")
}

/// A log on disk with one feed.
fn log() -> (tempfile::TempDir, Store, FeedId) {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let mut store = Store::open(&folder.path().join("gainsay.db")).expect("a log");
    let feed = store
        .write(|tx| {
            tx.register_feeds(&[Registration { key: "k", address: "feed", outlet: None }], now())?;
            Ok(tx.feed_states()?[0].id)
        })
        .expect("a feed");
    (folder, store, feed)
}

fn items(from: usize, count: usize) -> Vec<Item> {
    (from..from + count)
        .map(|n| Item {
            title: Some(format!("Headline number {n} about shells and borders")),
            url: Some(format!("https://news.example/{n}")),
            published: Some(now()),
            summary: Some("What stands below it, in a sentence or two, as feeds give it.".to_owned()),
            ..Item::default()
        })
        .collect()
}

fn poll(tx: &Transaction<'_>, feed: FeedId, items: &[Item], stage: Stage) -> Result<Vec<ArticleId>> {
    let matched = Matched { actors: vec!["Vadunia".to_owned()], topics: vec!["Arms transfers".to_owned()] };
    let entries = items
        .iter()
        .map(|item| Entry {
            item,
            identity: item.url.as_deref().unwrap_or_default(),
            article: item.url.as_deref().unwrap_or_default(),
            content_hash: "0",
            outlet: "news.example",
            stage,
            reason: None,
            matched: &matched,
        })
        .collect();
    let outcome = Outcome::Document {
        validators: Validators::default(),
        body_sha256: "0",
        title: None,
        outlet: None,
        backfill: false,
        entries,
    };
    let poll = Poll {
        at: now(),
        status: Some(200),
        moved_to: None,
        next_poll_at: now(),
        interval: SignedDuration::from_mins(15),
        outcome,
    };
    Ok(tx.record_poll(feed, &poll)?.new)
}

const SENTENCE: &str =
    "Vadunia denied on Monday that it had sent artillery shells to the hill rebels across the border. ";

/// Stores a text of thirty sentences, each a statement.
fn read(tx: &Transaction<'_>, article: ArticleId, n: usize) -> Result<()> {
    let text = format!("Title {n}\n\n{}", SENTENCE.repeat(30));
    let new = NewText {
        title: Some("Title"),
        body: &text,
        source: Source::Page,
        note: None,
        final_url: None,
        fetched_at: now(),
        sha256: &format!("{n}"),
    };
    let (TextRecord::New(version) | TextRecord::Unchanged(version)) = tx.record_text(article, &new)?;
    let party = |text: &str| Some(Party { text: text.to_owned(), actor: Some(text.to_owned()), ..Party::default() });
    let statements: Vec<Statement> = (0..30)
        .map(|n| {
            let start = text.len() - (30 - n) * SENTENCE.len();
            Statement {
                id: n as u32 + 1,
                act: if n % 3 == 0 { Act::Accusation } else { Act::Denial },
                speaker: party("Vadunia"),
                on_behalf_of: None,
                cue: Some(Span::new(start + 8, start + 14)),
                content: vec![Span::new(start + 25, start + SENTENCE.len() - 2)],
                target: party("Kestria"),
                accuser: None,
                answers: Vec::new(),
                answers_surely: 0.0,
                repeats: None,
                presupposed: false,
                direct: false,
                recalled: false,
                said_at: Period::default(),
                confidence: 0.9,
            }
        })
        .collect();
    let found: Vec<Found<'_>> = statements
        .iter()
        .map(|statement| Found { statement, passage: Span::new(text.len() - SENTENCE.len(), text.len()) })
        .collect();
    let analysis =
        Analysis { lang: Some("en"), engine: "bench", text: &text, statements: &found, keys: |_| Vec::new() };
    tx.record_analysis(article, version, &analysis)?;
    Ok(())
}

/// The text and thirty statements of an article, in one transaction, synced.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn an_article_with_thirty_statements(bencher: Bencher<'_, '_>) {
    let (_folder, mut store, feed) = log();
    let articles = store.write(|tx| poll(tx, feed, &items(0, 1000), Stage::Read)).expect("articles");
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        store.write(|tx| read(tx, articles[n % articles.len()], n)).expect("stored");
    });
}

/// A document of fifty items, of which two are new.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn a_poll_with_two_new_items_of_fifty(bencher: Bencher<'_, '_>) {
    let (_folder, mut store, feed) = log();
    let mut from = 0;
    bencher.bench_local(|| {
        from += 2;
        store.write(|tx| poll(tx, feed, &items(from, 50), Stage::Seen)).expect("stored");
    });
}

/// Denials that may answer an accusation, in a log of thirty thousand statements of the same two parties.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn candidates_among_thirty_thousand(bencher: Bencher<'_, '_>) {
    let (_folder, mut store, feed) = log();
    store
        .write(|tx| {
            for (n, article) in poll(tx, feed, &items(0, 1000), Stage::Read)?.into_iter().enumerate() {
                read(tx, article, n)?;
            }
            Ok(())
        })
        .expect("a log");
    let day = |text: &str| text.parse().expect("a day");
    let year = (day("2031-01-01"), day("2031-12-31"));
    bencher.bench_local(|| store.candidates("vadunia", Act::Denial, year, ArticleId(0), 200).expect("found"));
}

/// How common ten words are, in a log of thirty thousand statements that all have them.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn ten_common_terms_among_thirty_thousand(bencher: Bencher<'_, '_>) {
    let (_folder, mut store, feed) = log();
    store
        .write(|tx| {
            for (n, article) in poll(tx, feed, &items(0, 1000), Stage::Read)?.into_iter().enumerate() {
                read(tx, article, n)?;
            }
            Ok(())
        })
        .expect("a log");
    let terms = ["shells", "border", "rebels", "hill", "artillery", "sent", "denied", "monday", "across", "vadunia"];
    bencher.bench_local(|| store.term_frequency(&terms).expect("counted"));
}
