//! The log as a whole: files, crashes, and the way of an article through it.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::articles::{Matched, NewText, Source, Stage, TextRecord};
use super::feeds::{Outcome, Poll, Validators};
use super::outbox::{Failure, Message};
use super::query::{DeliveryState, Filter, Role};
use super::retention::Retention;
use super::sample::{self, at, document, entry, item, matched, poll};
use super::statements::{Analysis, Found};
use super::{ArticleId, DisputeId, Store, StoreError};
use crate::daemon::filing::{self, Clerk};
use crate::language::Span;
use crate::statements::{Act, Actors, Party, Statement};
use jiff::SignedDuration;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

fn filter() -> Filter {
    Filter { limit: 100, ..Filter::default() }
}

// Files

#[test]
fn a_new_log_is_private_unless_its_folder_is_open_to_the_group() {
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
    let private = folder.path().join("deep/er/gainsay.db");
    let store = Store::open(&private).unwrap();
    assert_eq!(mode(&private), 0o600);
    assert_eq!(mode(&folder.path().join("deep/er/gainsay.db-wal")), 0o600);
    assert_eq!(mode(private.parent().unwrap()), 0o700);
    drop(store);
    let shared = folder.path().join("state");
    std::fs::create_dir(&shared).unwrap();
    std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o750)).unwrap();
    let store = Store::open(&shared.join("gainsay.db")).unwrap();
    for name in ["gainsay.db", "gainsay.db-wal", "gainsay.db-shm"] {
        // The umask of whoever runs this may take away more, never less.
        assert_eq!(mode(&shared.join(name)) & !0o640, 0, "{name}");
    }
    drop(store);
}

#[test]
fn two_daemons_cannot_write_one_log() {
    let sample = sample::empty();
    let error = Store::open(&sample.path).unwrap_err();
    assert!(matches!(error, StoreError::Locked(_)), "{error}");
    assert!(error.to_string().contains("already runs on"), "{error}");
    let path = sample.path.clone();
    let keep = sample.folder;
    drop(sample.store);
    Store::open(&path).unwrap();
    drop(keep);
}

#[test]
fn another_programs_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.sqlite");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES ('a')")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::NotOurs { .. }), "{error}");
    assert!(matches!(Store::open_read_only(&path).unwrap_err(), StoreError::NotOurs { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(!folder.path().join("places.sqlite-wal").exists());
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let notes = "shopping list\n".repeat(100);
    std::fs::write(&path, &notes).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(error.to_string().contains("it is no SQLite database"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
    let error = Store::open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Unwritable { .. }), "a folder: {error}");
}

#[test]
fn a_log_of_a_newer_version_is_refused_with_both_versions_named() {
    let sample = sample::empty();
    drop(sample.store);
    Connection::open(&sample.path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for error in [Store::open(&sample.path).unwrap_err(), Store::open_read_only(&sample.path).unwrap_err()] {
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
        assert!(error.to_string().contains("99"), "{error}");
    }
}

#[test]
fn a_log_is_read_while_the_daemon_writes_it_and_after_it_stopped() {
    let mut sample = sample::story();
    let reader = Store::open_read_only(&sample.path).unwrap();
    let before = reader.find_alerts(&filter()).unwrap().len();
    sample.store.write(|tx| tx.set_fact("during", "reading")).unwrap();
    assert_eq!(reader.fact("during").unwrap().as_deref(), Some("reading"));
    drop(sample.store);
    let reader = Store::open_read_only(&sample.path).unwrap();
    assert_eq!(reader.find_alerts(&filter()).unwrap().len(), before);
}

#[test]
fn where_there_is_no_log_the_error_says_how_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gainsay.db");
    let error = Store::open_read_only(&path).unwrap_err();
    assert!(matches!(error, StoreError::Missing(_)));
    assert!(error.to_string().contains("gainsay run"), "{error}");
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    assert!(matches!(Store::open_read_only(&path).unwrap_err(), StoreError::Missing(_)), "an empty file is no log yet");
}

#[test]
fn a_full_disk_is_told_as_such_and_loses_nothing() {
    let mut sample = sample::story();
    let pages: i64 = sample.store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    sample.store.connection.pragma_update(None, "max_page_count", pages + 2).unwrap();
    let error = sample.store.write(|tx| tx.set_fact("large", &"x".repeat(1 << 20))).unwrap_err();
    assert!(matches!(error, StoreError::Full) && error.is_temporary(), "{error}");
    assert_eq!(sample.store.fact("large").unwrap(), None);
    sample.store.write(|tx| tx.set_fact("small", "fits")).unwrap();
    sample.store.check().unwrap();
}

#[test]
fn a_log_that_another_program_holds_is_busy_for_a_while() {
    let mut sample = sample::empty();
    sample.store.connection.busy_timeout(std::time::Duration::from_millis(10)).unwrap();
    let other = Connection::open(&sample.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = sample.store.write(|tx| tx.set_fact("a", "b")).unwrap_err();
    assert!(matches!(error, StoreError::Busy) && error.is_temporary(), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    sample.store.write(|tx| tx.set_fact("a", "b")).unwrap();
}

// Transactions

#[test]
fn a_transaction_that_fails_leaves_nothing_of_itself() {
    let mut sample = sample::empty();
    let result: Result<(), _> = sample.store.write(|tx| {
        sample::register(tx);
        tx.set_fact("half", "done")?;
        Err(StoreError::Busy)
    });
    assert!(result.is_err());
    assert_eq!(sample.store.fact("half").unwrap(), None);
    assert!(sample.store.feed_states().unwrap().is_empty());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sample.store.write::<()>(|tx| {
            tx.set_fact("half", "done")?;
            panic!("a parser's")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(sample.store.fact("half").unwrap(), None);
    sample.store.write(|tx| tx.set_fact("half", "done")).unwrap();
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, ..Default::default() })]
    /// A copy of the files in the middle of everything is what a killed process leaves behind.
    #[test]
    fn a_killed_daemons_log_opens_sound_with_all_that_was_committed(commits in 0usize..6, torn in 0usize..5000) {
        let mut sample = sample::empty();
        for n in 0..commits {
            sample.store.write(|tx| tx.enqueue(
                &Message { id: &format!("m{n}"), kind: "test", body: "{}" }, &["newsroom"], at("2031-05-04T06:00:00Z"),
            )).unwrap();
        }
        sample.store.connection.execute_batch("BEGIN IMMEDIATE; INSERT INTO fact VALUES ('half', 'done')").unwrap();
        sample.store.connection.cache_flush().unwrap();
        let copy = sample.folder.path().join("copy.db");
        std::fs::copy(&sample.path, &copy).unwrap();
        let mut wal = std::fs::read(sample.folder.path().join("gainsay.db-wal")).unwrap();
        // The write that was under way may have got any part of its last bytes to the disk.
        wal.extend(std::iter::repeat_n(0x5a, torn));
        std::fs::write(sample.folder.path().join("copy.db-wal"), wal).unwrap();
        let survivor = Store::open(&copy).unwrap();
        survivor.check().unwrap();
        proptest::prop_assert_eq!(survivor.fact("half").unwrap(), None);
        let due = survivor.due_deliveries(at("2031-05-04T06:00:00Z"), 100).unwrap();
        let ids: Vec<String> = due.into_iter().map(|due| due.message).collect();
        proptest::prop_assert_eq!(ids, (0..commits).map(|n| format!("m{n}")).collect::<Vec<_>>());
    }
}

// Feeds

#[test]
fn a_feed_that_leaves_the_watchlist_rests_and_comes_back_with_its_past() {
    let mut sample = sample::story();
    let before = sample.store.feed_states().unwrap();
    sample.store.write(|tx| tx.register_feeds(&[], at("2031-05-07T00:00:00Z"))).unwrap();
    assert!(sample.store.feed_states().unwrap().is_empty());
    assert_eq!(sample.store.feed_overview().unwrap().len(), 2);
    sample.store.write(|tx| Ok(sample::register(tx))).unwrap();
    assert_eq!(sample.store.feed_states().unwrap(), before);
}

#[test]
fn a_feed_that_is_gone_is_asked_again_once_it_comes_back_into_the_watchlist() {
    let mut sample = sample::story();
    let gone = |store: &Store| store.feed_states().unwrap().iter().any(|feed| feed.gone);
    sample.store.write(|tx| tx.execute("UPDATE feed SET gone = 1, failures = 3 WHERE id = 1", [])).unwrap();
    sample.store.write(|tx| Ok(sample::register(tx))).unwrap();
    assert!(gone(&sample.store), "a restart is no change of mind");
    sample.store.write(|tx| tx.register_feeds(&[], at("2031-05-07T00:00:00Z"))).unwrap();
    sample.store.write(|tx| Ok(sample::register(tx))).unwrap();
    assert!(!gone(&sample.store));
}

#[test]
fn an_article_in_two_feeds_is_one_article() {
    let mut sample = sample::empty();
    let m = matched();
    let story = item("story", "One story", "2031-05-04T07:00:00Z");
    sample
        .store
        .write(|tx| {
            let feeds = sample::register(tx);
            let first = poll(
                tx,
                feeds[0],
                &document("2031-05-04T08:00:00Z", vec![entry(&story, "a.example", Stage::Fetch, &m)]),
            );
            let second = poll(
                tx,
                feeds[1],
                &document("2031-05-04T08:05:00Z", vec![entry(&story, "b.example", Stage::Fetch, &m)]),
            );
            assert_eq!((first.new.len(), first.baseline), (1, true));
            assert_eq!((second.new.len(), second.updated.len(), second.known), (0, 0, 1));
            let due = tx.due_fetches(at("2031-05-04T09:00:00Z"), 10)?;
            assert_eq!(due.len(), 1);
            assert_eq!(due[0].article.outlet, "a.example");
            assert_eq!(due[0].feed_text.summary.as_deref(), Some("One story, in short."));
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_article_that_matched_nothing_is_taken_up_when_another_feed_says_more() {
    let mut sample = sample::empty();
    let (none, m) = (Matched::default(), matched());
    let story = item("story", "One story", "2031-05-04T07:00:00Z");
    sample
        .store
        .write(|tx| {
            let feeds = sample::register(tx);
            let first = poll(
                tx,
                feeds[0],
                &document("2031-05-04T08:00:00Z", vec![entry(&story, "a.example", Stage::Seen, &none)]),
            );
            let second = poll(
                tx,
                feeds[1],
                &document("2031-05-04T08:05:00Z", vec![entry(&story, "b.example", Stage::Fetch, &m)]),
            );
            assert_eq!(second.updated, first.new);
            assert_eq!(tx.article(first.new[0])?.unwrap().matched, m);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_changed_item_sends_its_article_back_and_an_unchanged_one_does_not() {
    let mut sample = sample::empty();
    let m = matched();
    let story = item("story", "One story", "2031-05-04T07:00:00Z");
    let edited = sample::item("story", "One story, corrected", "2031-05-04T07:00:00Z");
    sample
        .store
        .write(|tx| {
            let feeds = sample::register(tx);
            let article = poll(
                tx,
                feeds[0],
                &document("2031-05-04T08:00:00Z", vec![entry(&story, "a.example", Stage::Fetch, &m)]),
            )
            .new[0];
            tx.skip(article, "done with", None)?;
            let same = poll(
                tx,
                feeds[0],
                &document("2031-05-04T09:00:00Z", vec![entry(&story, "a.example", Stage::Fetch, &m)]),
            );
            assert_eq!((same.updated.len(), same.gap), (0, false));
            assert_eq!(tx.article(article)?.unwrap().stage, Stage::Skipped);
            let changed = poll(
                tx,
                feeds[0],
                &document("2031-05-04T10:00:00Z", vec![entry(&edited, "a.example", Stage::Fetch, &m)]),
            );
            assert_eq!(changed.updated, [article]);
            let now = tx.article(article)?.unwrap();
            assert_eq!((now.stage, now.title.as_deref()), (Stage::Fetch, Some("One story, corrected")));
            assert!(!now.baseline, "an edit is news, whatever the first poll was");
            Ok(())
        })
        .unwrap();
}

#[test]
fn two_items_under_one_guid_do_not_change_their_article_at_every_poll() {
    let mut sample = sample::empty();
    let m = matched();
    let one = item("same", "One story", "2031-05-04T07:00:00Z");
    let other = item("same", "Another story", "2031-05-04T07:00:00Z");
    let entries = || vec![entry(&one, "a.example", Stage::Fetch, &m), entry(&other, "a.example", Stage::Fetch, &m)];
    sample
        .store
        .write(|tx| {
            let feeds = sample::register(tx);
            assert_eq!(poll(tx, feeds[0], &document("2031-05-04T08:00:00Z", entries())).new.len(), 1);
            assert!(poll(tx, feeds[0], &document("2031-05-04T09:00:00Z", entries())).updated.is_empty());
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_poll_that_finds_nothing_of_the_last_one_is_a_gap_after_the_last_good_answer() {
    let mut sample = sample::empty();
    let none = Matched::default();
    let items: Vec<_> = ["a", "b", "c"].iter().map(|slug| item(slug, slug, "2031-05-04T07:00:00Z")).collect();
    let entries = |range: std::ops::Range<usize>| {
        items[range].iter().map(|i| entry(i, "a.example", Stage::Seen, &none)).collect()
    };
    sample
        .store
        .write(|tx| {
            let feed = sample::register(tx)[0];
            assert!(
                !poll(tx, feed, &document("2031-05-04T08:00:00Z", entries(0..1))).gap,
                "a first poll misses nothing"
            );
            assert!(!poll(tx, feed, &document("2031-05-04T09:00:00Z", entries(0..2))).gap);
            let quiet = Poll {
                outcome: Outcome::Unchanged { validators: None },
                ..document("2031-05-04T10:00:00Z", Vec::new())
            };
            poll(tx, feed, &quiet);
            assert!(
                !poll(tx, feed, &document("2031-05-04T10:30:00Z", Vec::new())).gap,
                "an empty document shows no gap"
            );
            assert!(!poll(tx, feed, &document("2031-05-04T10:40:00Z", entries(1..2))).gap, "nor does what follows it");
            assert!(poll(tx, feed, &document("2031-05-04T11:00:00Z", entries(2..3))).gap);
            Ok(())
        })
        .unwrap();
    let overview = &sample.store.feed_overview().unwrap()[0];
    assert_eq!((overview.gaps, overview.last_gap), (1, Some(at("2031-05-04T11:00:00Z"))));
    let after: String = sample.store.connection.query_row("SELECT after FROM gap", [], |row| row.get(0)).unwrap();
    assert_eq!(after, "2031-05-04T10:40:00.000Z");
}

#[test]
fn a_feeds_death_is_told_once_and_again_after_it_has_lived() {
    let mut sample = sample::empty();
    let failed = |time: &str| Poll {
        status: None,
        outcome: Outcome::Failed { error: "connection refused", gone: false },
        ..document(time, Vec::new())
    };
    sample
        .store
        .write(|tx| {
            let feed = sample::register(tx)[0];
            poll(tx, feed, &failed("2031-05-04T08:00:00Z"));
            poll(tx, feed, &failed("2031-05-04T09:00:00Z"));
            tx.mark_told_silent(feed, at("2031-05-04T09:00:00Z"))?;
            let state = &tx.feed_states()?[0];
            assert_eq!((state.failures, state.failing_since), (2, Some(at("2031-05-04T08:00:00Z"))));
            assert!(state.told_silent_at.is_some());
            poll(tx, feed, &document("2031-05-04T10:00:00Z", Vec::new()));
            let state = &tx.feed_states()?[0];
            assert_eq!((state.failures, state.failing_since, state.told_silent_at), (0, None, None));
            Ok(())
        })
        .unwrap();
}

#[test]
fn validators_are_kept_exactly_as_received() {
    let mut sample = sample::empty();
    let validators =
        Validators { etag: Some("W/\"a-\u{e9}\"".to_owned()), last_modified: Some("yesterday".to_owned()) };
    let outcome = Outcome::Unchanged { validators: Some(validators.clone()) };
    sample
        .store
        .write(|tx| {
            let feed = sample::register(tx)[0];
            poll(
                tx,
                feed,
                &Poll {
                    outcome,
                    moved_to: Some("https://new.example/"),
                    ..document("2031-05-04T08:00:00Z", Vec::new())
                },
            );
            Ok(())
        })
        .unwrap();
    let state = &sample.store.feed_states().unwrap()[0];
    assert_eq!(state.validators, validators);
    assert_eq!(state.moved_to.as_deref(), Some("https://new.example/"));
    assert_eq!(state.interval, Some(SignedDuration::from_mins(15)));
}

#[test]
fn a_feeds_arrivals_are_its_polls_and_the_dates_of_its_first_document() {
    let sample = sample::story();
    let feeds = sample.store.feed_states().unwrap();
    let mut arrivals = sample.store.arrivals(feeds[0].id).unwrap();
    arrivals.sort();
    assert_eq!(arrivals, ["2031-05-03T09:00:00Z", "2031-05-04T08:00:00Z", "2031-05-06T09:00:00Z"].map(at));
}

// Articles

fn text<'a>(body: &'a str, source: Source) -> NewText<'a> {
    NewText {
        title: Some("Title"),
        body,
        source,
        note: None,
        final_url: None,
        fetched_at: at("2031-05-04T09:00:00Z"),
        sha256: body,
    }
}

fn one_article(tx: &super::Transaction<'_>, stage: Stage) -> ArticleId {
    let m = matched();
    let feeds = sample::register(tx);
    let story = item("story", "One story", "2031-05-04T07:00:00Z");
    poll(tx, feeds[0], &document("2031-05-04T08:00:00Z", vec![entry(&story, "a.example", stage, &m)])).new[0]
}

#[test]
fn an_article_is_due_until_its_result_is_stored() {
    let mut sample = sample::empty();
    let article = sample.store.write(|tx| Ok(one_article(tx, Stage::Fetch))).unwrap();
    let later = at("2031-05-04T12:00:00Z");
    sample.store.write(|tx| tx.retry_fetch(article, "503", later)).unwrap();
    assert!(sample.store.due_fetches(at("2031-05-04T11:59:59Z"), 9).unwrap().is_empty());
    assert_eq!(sample.store.next_fetch_at().unwrap(), Some(later));
    let due = sample.store.due_fetches(later, 9).unwrap();
    assert_eq!((due.len(), due[0].tries), (1, 1));
    assert_eq!(sample.store.backlog().unwrap().fetch, 1);
    let record = sample.store.write(|tx| tx.record_text(article, &text("the page", Source::Page))).unwrap();
    let due = sample.store.due_reads(9).unwrap();
    assert_eq!(TextRecord::New(due[0].version.as_ref().unwrap().id), record);
    assert!(due[0].feed_text.is_none());
    sample
        .store
        .write(|tx| {
            sample::read(tx, article, "Title\n\nthe page", &[]);
            Ok(())
        })
        .unwrap();
    assert_eq!(sample.store.article(article).unwrap().unwrap().stage, Stage::Done);
    assert!(sample.store.due_reads(9).unwrap().is_empty());
}

#[test]
fn a_page_that_cannot_be_had_leaves_the_feeds_text_and_the_reason() {
    let mut sample = sample::empty();
    let article = sample.store.write(|tx| Ok(one_article(tx, Stage::Fetch))).unwrap();
    sample.store.write(|tx| tx.give_up_fetch(article, "404 Not Found")).unwrap();
    let due = sample.store.due_reads(9).unwrap().remove(0);
    assert_eq!(due.feed_text.unwrap().summary.as_deref(), Some("One story, in short."));
    assert_eq!(due.note.as_deref(), Some("404 Not Found"));
}

#[test]
fn a_page_that_fails_later_does_not_take_back_what_it_said_before() {
    let mut sample = sample::empty();
    let article = sample.store.write(|tx| Ok(one_article(tx, Stage::Fetch))).unwrap();
    sample
        .store
        .write(|tx| {
            sample::read(tx, article, "Title\n\nthe page", &[]);
            tx.set_stage(article, Stage::Fetch, None)?;
            tx.give_up_fetch(article, "503")
        })
        .unwrap();
    assert_eq!(sample.store.article(article).unwrap().unwrap().stage, Stage::Done);
}

#[test]
fn only_a_text_that_differs_is_a_new_version() {
    let mut sample = sample::empty();
    sample
        .store
        .write(|tx| {
            let article = one_article(tx, Stage::Read);
            let TextRecord::New(first) = tx.record_text(article, &text("one", Source::Feed))? else {
                panic!("not new")
            };
            assert_eq!(tx.record_text(article, &text("one", Source::Feed))?, TextRecord::Unchanged(first));
            assert_eq!(tx.article(article)?.unwrap().stage, Stage::Read, "it was not analysed yet");
            sample::read(tx, article, "Title\n\ntwo", &[]);
            assert_eq!(tx.newest_version(article)?.unwrap().number, 2);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_skipped_article_keeps_its_reason() {
    let mut sample = sample::empty();
    sample
        .store
        .write(|tx| {
            let article = one_article(tx, Stage::Read);
            tx.record_text(article, &text("eine Meldung", Source::Feed))?;
            tx.skip(article, "its language is German", Some("de"))
        })
        .unwrap();
    let found = sample.store.find_articles(&filter()).unwrap().remove(0);
    assert_eq!((found.stage, found.reason.as_deref()), (Stage::Skipped, Some("its language is German")));
}

// Statements

#[test]
fn evidence_is_stored_word_for_word_and_counts_code_points() {
    let mut sample = sample::empty();
    sample
        .store
        .write(|tx| {
            let article = one_article(tx, Stage::Read);
            let text = "Tïtle – ok\n\n“Nö,” said the Premier of Vadunia. 🙂 Rest.";
            let statement = Statement {
                speaker: sample::party("the Premier of Vadunia", Some("Vadunia")),
                ..sample::statement(text, 1, Act::Denial, "Nö")
            };
            let id = sample::read(tx, article, text, &[statement])[0];
            let row = tx.statement(id)?.unwrap();
            assert_eq!((row.content.as_str(), row.act), ("Nö", Act::Denial));
            assert_eq!(row.passage, "“Nö,” said the Premier of Vadunia. 🙂 Rest.");
            assert_eq!(row.url.as_deref(), Some("https://news.example/final"));
            assert_eq!((row.earliest, row.latest), ("2031-05-04".parse().unwrap(), "2031-05-04".parse().unwrap()));
            assert!(row.baseline);
            let (start, spans): (i64, String) =
                tx.connection
                    .query_row("SELECT start, spans FROM statement", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            assert_eq!(start, 12);
            assert!(spans.contains(r#""content":[[13,15]]"#), "{spans}");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_later_version_takes_the_place_of_the_earlier_one_and_what_it_restates_is_no_news() {
    let mut sample = sample::empty();
    sample
        .store
        .write(|tx| {
            let article = one_article(tx, Stage::Read);
            let denial = |text: &str, id, words: &str| Statement {
                speaker: sample::party("Vadunia", Some("Vadunia")),
                ..sample::statement(text, id, Act::Denial, words)
            };
            let text = "Title\n\nVadunia denied sending shells.";
            sample::read(tx, article, text, &[denial(text, 1, "sending shells")]);
            tx.execute("UPDATE article SET baseline = 0", [])?;
            let text = "Title\n\nVadunia denied sending shells. It denied training rebels.";
            let both = [denial(text, 1, "sending shells"), denial(text, 2, "training rebels")];
            let second = sample::read_at(tx, article, text, &both, "2031-05-04T09:00:00Z");
            assert!(tx.statement(second[0])?.unwrap().baseline, "what the first poll brought stays old news");
            assert!(!tx.statement(second[1])?.unwrap().baseline, "a denial added by an edit is a denial");
            let now: Vec<_> = tx.statements_of(article)?.iter().map(|row| row.id).collect();
            assert_eq!(now, second);
            let days = ("2031-05-01".parse().unwrap(), "2031-05-09".parse().unwrap());
            let denials = tx.candidates("vadunia", Act::Denial, days, crate::store::ArticleId(0), 9)?;
            assert_eq!(denials.len(), 2, "what is superseded is no candidate");
            claims_fit(tx);
            Ok(())
        })
        .unwrap();
    sample.store.check().unwrap();
}

// Disputes

/// The table of claims is what parties and sketches make it.
fn claims_fit(log: &super::Reader) {
    let columns = "key, act, latest, statement_id, article_id, earliest, words";
    let made = format!(
        "SELECT DISTINCT {columns} FROM party JOIN sketch USING (statement_id)
         WHERE (act = 'accusation' AND role = 'target') OR (act = 'denial' AND role IN ('speaker', 'behalf'))"
    );
    let kept = format!("SELECT {columns} FROM claim");
    for (one, other) in [(&made, &kept), (&kept, &made)] {
        let sql = format!("SELECT count(*) FROM ({one} EXCEPT {other})");
        assert_eq!(log.rows(&sql, [], |row| row.get::<_, i64>(0)).unwrap(), [0], "{sql}");
    }
    assert!(log.rows(&kept, [], |_| Ok(())).unwrap().len() > 1);
}

#[test]
fn candidates_are_found_by_party_and_day() {
    let sample = sample::story();
    claims_fit(&sample.store);
    let day = |text: &str| text.parse().unwrap();
    let accusations = |key: &str, since, until| {
        let days = (day(since), day(until));
        sample.store.candidates(key, Act::Accusation, days, crate::store::ArticleId(0), 10).unwrap().len()
    };
    assert_eq!(accusations("vadunia", "2031-05-01", "2031-05-05"), 1);
    assert_eq!(accusations("vadunia", "2031-05-01", "2031-05-03"), 0, "not said yet");
    assert_eq!(accusations("vadunia", "2031-05-05", "2031-05-06"), 0, "too old");
    assert_eq!(accusations("kestria", "2031-05-01", "2031-05-05"), 0, "the accuser is not blamed");
    let days = (day("2031-05-04"), day("2031-05-09"));
    let denials = sample.store.candidates("vadunia", Act::Denial, days, crate::store::ArticleId(0), 10).unwrap();
    assert_eq!(denials.len(), 2, "each once, and without the recalled one of March");
    let ids: Vec<_> = denials.iter().map(|denial| denial.id).collect();
    let rows = sample.store.statements(&ids).unwrap();
    assert!(rows.iter().all(|denial| denial.dispute == Some(DisputeId(1))));
    let besides = rows[0].article;
    let others = sample.store.candidates("vadunia", Act::Denial, days, besides, 10).unwrap();
    assert_eq!(others.iter().map(|denial| denial.id).collect::<Vec<_>>(), [rows[1].id]);
}

#[test]
fn a_dispute_begins_with_its_earliest_accusation() {
    let sample = sample::story();
    let dispute = sample.store.dispute(DisputeId(1)).unwrap().unwrap();
    assert_eq!(dispute.since, "2031-05-04".parse().ok());
    let said: Vec<_> = {
        let sql = format!(
            "{} JOIN dispute_statement j ON j.statement_id = s.id
             WHERE j.dispute_id = 1 AND s.superseded = 0 ORDER BY s.earliest, s.latest, s.id",
            super::statements::STATEMENT
        );
        sample.store.rows(&sql, [], super::statements::statement_row).unwrap().iter().map(|row| row.act).collect()
    };
    assert_eq!(said, [Act::Denial, Act::Accusation, Act::Denial, Act::Denial]);
}

#[test]
fn a_terms_frequency_counts_its_grammatical_forms() {
    let sample = sample::story();
    assert_eq!(
        sample.store.term_frequency(&["shell", "artillery", "balloon", "—", "a\"b OR"]).unwrap(),
        [4, 2, 0, 0, 0]
    );
}

#[test]
fn a_terms_frequency_is_of_now_whoever_changes_the_log() {
    let mut sample = sample::story();
    let shells = |store: &Store| store.term_frequency(&["shell", "balloon"]).unwrap();
    assert_eq!(shells(&sample.store), [4, 0]);
    let renamed = "UPDATE statement SET content = 'balloons', passage = 'balloons'
        WHERE id = (SELECT min(id) FROM statement WHERE content || passage LIKE '%shell%')";
    let taken_back = sample.store.write(|tx| {
        tx.execute(renamed, [])?;
        assert_eq!(tx.term_frequency(&["balloon"])?, [1], "inside of the transaction that changes it");
        Err::<(), _>(StoreError::Full)
    });
    taken_back.unwrap_err();
    assert_eq!(shells(&sample.store), [4, 0], "the transaction was taken back");
    sample.store.write(|tx| tx.execute(renamed, [])).unwrap();
    assert_eq!(shells(&sample.store), [3, 1], "one counted less, and a new one");
    sample.store.write(|tx| tx.execute(renamed, [])).unwrap();
    assert_eq!(shells(&sample.store), [2, 2], "one counted more");
    let mut other = Store::open_beside(&sample.path).unwrap();
    other.write(|tx| tx.execute(renamed, [])).unwrap();
    assert_eq!(shells(&sample.store), [1, 3], "another program changed it");
}

#[test]
fn one_event_counts_its_outlets_and_its_denials() {
    let sample = sample::story();
    assert!(sample.store.alerts_of(DisputeId(1), "vadunia").unwrap().iter().any(|alert| alert.id == sample::ALERT));
    let outlets = sample.store.outlets_of(sample::ALERT).unwrap();
    assert_eq!(outlets, ["vadunherald.example", "kestrelpost.example"], "in the order in which they told it");
    let denials = sample.store.denials_of(sample::ALERT).unwrap();
    assert_eq!(denials.len(), 2);
}

fn waiting(store: &Store) -> Vec<(String, String, String)> {
    store.waiting().unwrap().into_iter().map(|held| (held.message, held.rule, held.sink)).collect()
}

/// The story with its held alert held for two sinks.
fn held_story() -> sample::Sample {
    let mut sample = sample::story();
    let now = at("2031-05-06T09:00:00Z");
    sample
        .store
        .write(|tx| {
            tx.enqueue(&Message { id: sample::HELD, kind: "denial.followed_accusation", body: "{}" }, &[], now)?;
            for sink in ["desktop", "newsroom"] {
                tx.hold_back(sample::HELD, ("Border desk", sink), ("old", "said 66 days before"), now)?;
            }
            Ok(())
        })
        .unwrap();
    sample
}

#[test]
fn a_held_alert_waits_at_each_sink_for_one_digest() {
    let mut sample = held_story();
    let held = |sink: &str| (sample::HELD.to_owned(), "Border desk".to_owned(), sink.to_owned());
    assert_eq!(waiting(&sample.store), [held("desktop"), held("newsroom")]);
    let waits = |store: &Store| {
        let alerts = store.find_alerts(&Filter { alert: Some(sample::HELD.to_owned()), ..filter() }).unwrap();
        (alerts[0].waiting.clone(), alerts[0].deliveries.clone())
    };
    let both = "desktop: said 66 days before, newsroom: said 66 days before";
    assert_eq!(waits(&sample.store), (Some(both.to_owned()), None));
    sample
        .store
        .write(|tx| {
            tx.enqueue(
                &Message { id: "digest-1", kind: "digest", body: "{}" },
                &["desktop"],
                at("2031-05-07T00:00:00Z"),
            )?;
            tx.mark_told(sample::HELD, "desktop", "desktop", "digest-1")?;
            tx.mark_digested(sample::HELD, "digest-1")
        })
        .unwrap();
    assert_eq!(waiting(&sample.store), [held("newsroom")]);
    let (left, deliveries) = waits(&sample.store);
    assert_eq!(left.as_deref(), Some("newsroom: said 66 days before"));
    assert_eq!(deliveries.as_deref(), Some("desktop: pending"));
    assert!(sample.store.is_told(sample::HELD, Some("desktop")).unwrap());
}

#[test]
fn a_held_alert_that_is_told_after_all_goes_to_its_sinks_under_its_own_id() {
    let mut sample = held_story();
    let now = at("2031-05-06T09:00:00Z");
    let message = Message { id: sample::HELD, kind: "denial.followed_accusation", body: "{}" };
    sample
        .store
        .write(|tx| {
            tx.release_alert(sample::HELD)?;
            tx.enqueue(&message, &["newsroom"], now)?;
            tx.tell(sample::HELD, "Border desk", "newsroom", now)
        })
        .unwrap();
    assert_eq!(waiting(&sample.store), [(sample::HELD.to_owned(), "Border desk".to_owned(), "desktop".to_owned())]);
    let due = sample.store.due_deliveries(now, 9).unwrap();
    assert_eq!(due.iter().map(|due| due.message.as_str()).collect::<Vec<_>>(), [sample::ALERT, sample::HELD]);
    sample.store.write(|tx| tx.hold_back(sample::HELD, ("late", "newsroom"), ("quiet", "q"), now)).unwrap();
    assert_eq!(waiting(&sample.store).len(), 1, "the sink has it: for another rule nothing waits there");
}

#[test]
fn a_rate_counts_what_was_told_at_once_and_no_message_twice() {
    let mut sample = held_story();
    let now = at("2031-05-06T09:00:00Z");
    let hour = SignedDuration::from_hours(1);
    sample
        .store
        .write(|tx| {
            for sink in ["desktop", "newsroom"] {
                tx.tell(sample::ALERT, "Border desk", sink, now)?;
            }
            Ok(())
        })
        .unwrap();
    let told = |now| sample.store.told_at_once("Border desk", now - hour, now).unwrap();
    assert_eq!((told(now), told(now + hour)), (1, 0));
    assert_eq!(told(now - hour), 0, "nor what a clock set back has still before it");
}

// Outbox

#[test]
fn a_message_keeps_its_id_until_the_sink_has_it() {
    let mut sample = sample::empty();
    let now = at("2031-05-04T08:00:00.250Z");
    let message = Message { id: "m1", kind: "test", body: "{\"a\":1}" };
    sample.store.write(|tx| tx.enqueue(&message, &["desktop", "newsroom"], now)).unwrap();
    sample.store.write(|tx| tx.enqueue(&message, &["newsroom", "archive"], now)).unwrap();
    let due = sample.store.due_deliveries(now, 9).unwrap();
    assert_eq!(due.iter().map(|due| due.sink.as_str()).collect::<Vec<_>>(), ["desktop", "newsroom", "archive"]);
    let path = sample.path.clone();
    drop(sample.store);
    let mut store = Store::open(&path).unwrap();
    assert_eq!(store.due_deliveries(now, 9).unwrap(), due, "sent and not noted: the same again under the same id");
    let later = now + SignedDuration::from_millis(1500);
    store
        .write(|tx| {
            tx.delivered(due[0].id, None, now)?;
            tx.failed(due[1].id, Failure::Retry(later), Some(500), "500", now)?;
            tx.failed(due[2].id, Failure::Dead, None, "no such host", now)
        })
        .unwrap();
    assert!(store.due_deliveries(now, 9).unwrap().is_empty());
    assert_eq!(store.next_due_at().unwrap(), Some(later));
    let due = store.due_deliveries(later, 9).unwrap();
    assert_eq!((due.len(), due[0].tries, due[0].message.as_str()), (1, 1, "m1"));
    store.write(|tx| tx.postponed(due[0].id, later + SignedDuration::from_hours(1), "no session")).unwrap();
    assert_eq!(store.find_deliveries(&filter()).unwrap()[1].tries, 1, "waiting is no try");
}

// Retention

#[test]
fn what_a_feed_still_shows_is_never_forgotten() {
    let mut sample = sample::empty();
    let none = Matched::default();
    let m = matched();
    let items: Vec<_> = ["kept", "gone", "read"].iter().map(|slug| item(slug, slug, "2031-05-04T07:00:00Z")).collect();
    let cutoff =
        Retention { unmatched_before: at("2031-07-01T00:00:00Z"), texts_before: Some(at("2031-07-01T00:00:00Z")) };
    let pruned = sample
        .store
        .write(|tx| {
            let feed = sample::register(tx)[0];
            let entries = vec![
                entry(&items[0], "a.example", Stage::Seen, &none),
                entry(&items[1], "a.example", Stage::Seen, &none),
                entry(&items[2], "a.example", Stage::Fetch, &m),
            ];
            let first = poll(tx, feed, &document("2031-05-04T08:00:00Z", entries));
            sample::read(tx, first.new[2], "Title\n\nVadunia denied it.", &[]);
            poll(tx, feed, &document("2031-05-05T08:00:00Z", vec![entry(&items[0], "a.example", Stage::Seen, &none)]));
            tx.prune(&cutoff, 100)
        })
        .unwrap();
    assert_eq!((pruned.articles, pruned.texts), (1, 1));
    let left: Vec<_> =
        sample.store.find_articles(&filter()).unwrap().into_iter().filter_map(|article| article.title).collect();
    assert_eq!(left, ["read", "kept"]);
    let by_text = Filter { text: Some("denied".into()), ..filter() };
    assert!(sample.store.find_articles(&by_text).unwrap().is_empty(), "a text that went is found no more");
    sample.store.check().unwrap();
}

// Queries

#[test]
fn statements_are_found_by_actor_role_act_topic_text_day_dispute_and_alert() {
    let sample = sample::story();
    let count = |filter: Filter| sample.store.find_statements(&filter).unwrap().len();
    let actor = |name: &str| Filter { actor: Some(name.to_owned()), ..filter() };
    assert_eq!(count(filter()), 5);
    assert_eq!(count(actor("vadunia")), 4);
    assert_eq!(count(Filter { role: Some(Role::Target), ..actor("Vadunia") }), 1);
    assert_eq!(count(Filter { role: Some(Role::Accuser), ..actor("the KESTRIA") }), 3);
    assert_eq!(count(Filter { act: Some(Act::Denial), ..filter() }), 3);
    assert_eq!(count(Filter { topic: Some("arms transfers".into()), ..filter() }), 5);
    assert_eq!(count(Filter { topic: Some("Fishing".into()), ..filter() }), 0);
    assert_eq!(count(Filter { text: Some("artillery shell".into()), ..filter() }), 2);
    assert_eq!(count(Filter { text: Some("\" NEAR( ' ; DROP".into()), ..filter() }), 0);
    let day = |text: &str| {
        Some(text.parse::<jiff::civil::Date>().unwrap().to_zoned_datetime(jiff::tz::TimeZone::UTC).unwrap())
    };
    assert_eq!(count(Filter { since: day("2031-05-05"), ..filter() }), 2);
    assert_eq!(count(Filter { until: day("2031-04-01"), ..filter() }), 1);
    assert_eq!(count(Filter { dispute: Some(DisputeId(1)), ..filter() }), 4);
    assert_eq!(count(Filter { alert: Some(sample::ALERT.into()), ..filter() }), 3);
    assert_eq!(count(Filter { outlet: Some("vadunherald.example".into()), ..filter() }), 1);
    assert_eq!(count(Filter { limit: 2, ..filter() }), 2);
}

#[test]
fn disputes_alerts_deliveries_and_articles_are_found_by_their_filters() {
    let sample = sample::story();
    let store = &sample.store;
    let alerts = |filter: Filter| store.find_alerts(&filter).unwrap().len();
    assert_eq!(alerts(Filter { state: Some(DeliveryState::Pending), ..filter() }), 1);
    assert_eq!(alerts(Filter { actor: Some("Kestria".into()), text: Some("artillery".into()), ..filter() }), 2);
    assert_eq!(alerts(Filter { actor: Some("Nobody".into()), ..filter() }), 0);
    let dispute = store.find_disputes(&Filter { topic: Some("Arms transfers".into()), ..filter() }).unwrap().remove(0);
    assert_eq!((dispute.accusations, dispute.denials, dispute.outlets, dispute.alerts), (1, 3, 2, 2));
    assert_eq!(dispute.accusers.as_deref(), Some("Kestria"));
    let dead = store.find_deliveries(&Filter { state: Some(DeliveryState::Dead), ..filter() }).unwrap();
    assert_eq!((dead.len(), dead[0].last_error.as_deref()), (1, Some("connection refused")));
    assert_eq!(store.find_deliveries(&Filter { alert: Some(sample::ALERT.into()), ..filter() }).unwrap().len(), 2);
    let articles = store.find_articles(&Filter { text: Some("fairy tale".into()), ..filter() }).unwrap();
    assert_eq!((articles.len(), articles[0].denials, articles[0].source), (1, 1, Some(Source::Page)));
}

#[test]
fn every_documented_query_runs_and_finds_something_in_the_story() {
    let sample = sample::story();
    let documents = [include_str!("../../README.md"), include_str!("../../docs/log.md")];
    let blocks = documents.iter().flat_map(|text| text.split("```sql\n").skip(1));
    let queries = blocks.flat_map(|rest| rest.split("```").next().unwrap().split_inclusive(';'));
    let queries: Vec<&str> = queries.filter(|query| !query.trim().is_empty()).collect();
    assert_eq!(queries.len(), 10 + 5);
    for query in queries {
        // The story happens in May 2031, between states of its own.
        let query = query.replace("'now'", "'2031-05-10'").replace("North Korea", "Vadunia");
        let mut statement = sample.store.connection.prepare(&query).unwrap_or_else(|error| panic!("{error}\n{query}"));
        let found = statement.query_map([], |_| Ok(())).unwrap().inspect(|row| assert!(row.is_ok(), "{row:?}")).count();
        // Every accusation of the story is answered.
        assert!(found > 0 || query.contains("answered_by = '[]'"), "{query}");
    }
}

#[test]
fn the_documented_views_have_the_documented_columns_and_no_others() {
    let sample = sample::empty();
    let columns = |view: &str| {
        let statement = sample.store.connection.prepare(&format!("SELECT * FROM {view}")).unwrap();
        statement.column_names().collect::<Vec<_>>().join(" ")
    };
    // Stable across versions: a column may be added at the end; that is the only change this test may see.
    assert_eq!(
        columns("accusations"),
        "id time outlet title url speaker speaker_name actor target target_name target_actor quote passage \
         said_earliest said_latest direct recalled presupposed repeats confidence dispute answered_by article \
         fetched_at sha256 engine remembered"
    );
    assert_eq!(
        columns("denials"),
        "id time outlet title url speaker speaker_name actor on_behalf_of accuser accuser_name accuser_actor quote \
         passage said_earliest said_latest direct recalled repeats confidence dispute answers article fetched_at \
         sha256 engine remembered"
    );
    assert_eq!(
        columns("disputes_overview"),
        "id accused matter since last_at opened_at accusations denials outlets accusers alerts first_denied last_denied \
         state snoozed_until mirrors"
    );
    assert_eq!(
        columns("alerts_overview"),
        "alert time rules confidence dispute matter accused outlets denial_speaker denial_actor denial denial_passage said_earliest \
         said_latest denial_title denial_url denial_outlet accusation_speaker accusation_actor accusation accusation_passage \
         accused_earliest accused_latest accusation_title accusation_url accusation_outlet score because held \
         deliveries waiting updates marked why lapsed_at"
    );
    let document = include_str!("../../docs/log.md");
    for view in ["accusations", "denials", "disputes_overview", "alerts_overview"] {
        for column in columns(view).split(' ') {
            assert!(document.contains(&format!("`{column}`")), "{view}.{column}");
        }
    }
}

#[test]
fn the_views_tell_of_no_answer_that_stands_no_more_and_of_an_alert_by_any_denial_of_its_event() {
    let mut sample = sample::story();
    let answers =
        |sample: &sample::Sample, sql: &str| -> Vec<String> { sample.store.rows(sql, [], |row| row.get(0)).unwrap() };
    let (answered, answering) =
        ("SELECT answered_by FROM accusations", "SELECT answers FROM denials WHERE answers <> '[]'");
    sample
        .store
        .write(|tx| {
            // The alert's own denial answers nothing any more; the copy of it does.
            let own = "denial_id = (SELECT denial_id FROM alert WHERE id = ?1)";
            tx.execute(&format!("UPDATE link SET lapsed_at = '2031-05-07T08:00:00.000Z' WHERE {own}"), [sample::ALERT])
        })
        .unwrap();
    assert_eq!(answers(&sample, answered)[0].matches(',').count(), 0, "one of two");
    assert_eq!(answers(&sample, answering).len(), 1);
    let alert = "SELECT accusation FROM alerts_overview WHERE accusation IS NOT NULL";
    assert_eq!(
        answers(&sample, alert),
        ["Vadunia has sent artillery shells to the hill rebels"],
        "by another denial's link"
    );
    sample.store.write(|tx| tx.execute("DELETE FROM link WHERE lapsed_at IS NOT NULL", [])).unwrap();
    assert_eq!(answers(&sample, alert), ["Vadunia has sent artillery shells to the hill rebels"]);
    sample.store.write(|tx| tx.execute("UPDATE statement SET superseded = 1 WHERE act = 'denial'", [])).unwrap();
    assert_eq!(answers(&sample, answered), ["[]"]);
}

// Speed

/// Every statement that is run when articles are filed: an accusation, its denial with an alert, the denial in another
/// outlet with an update, a later denial with the same words in another dispute, an edit; and when disputes are merged.
fn what_filing_asks(sample: &mut sample::Sample) -> BTreeSet<String> {
    let file = sample.folder.path().join("watchlist.toml");
    let watched = "[[alert]]\nname = \"all\"\nany = true\nupdates = true\nrate = \"9 per hour\"\nto = [\"desktop\"]\n";
    std::fs::write(&file, watched).unwrap();
    let watchlist = crate::watchlist::load(&file).unwrap();
    let actors = Actors::builtin().with(&[("Vadunia".to_owned(), vec![]), ("Kestria".to_owned(), vec![])]);
    let mut file = |slug: &str, title: &str, time: &str, found: &dyn Fn(&str) -> Statement, body: &str| {
        let m = matched();
        let item = item(slug, title, time);
        let text = format!("{title}\n\n{body}");
        let new = NewText {
            title: Some(title),
            body,
            source: Source::Page,
            note: None,
            final_url: None,
            fetched_at: at(time),
            sha256: &text,
        };
        let filed = sample.store.write(|tx| {
            let feed = tx.feed_states()?[0].id;
            let recorded = poll(tx, feed, &document(time, vec![entry(&item, "kestrelpost.example", Stage::Fetch, &m)]));
            let id = recorded.new.first().or(recorded.updated.first()).copied().unwrap();
            tx.record_text(id, &new)?;
            let version = tx.newest_version(id)?.unwrap().id;
            let statement = found(&text);
            let passage = Span::new(title.len() + 2, text.len());
            let found = [Found { statement: &statement, passage }];
            let analysis =
                Analysis { lang: Some("en"), engine: "test", text: &text, statements: &found, keys: filing::keys };
            let clerk = Clerk { watchlist: &watchlist, actors: &actors, now: at(time), archive: false, again: false };
            let article = tx.article(id)?.unwrap();
            super::sql::ASKED.take();
            let filed = clerk.file(tx, &article, version, &analysis)?;
            Ok((filed, super::sql::ASKED.take()))
        });
        filed.unwrap()
    };
    let accused = |words: &'static str| {
        move |text: &str| Statement {
            speaker: sample::party("Kestria", Some("Kestria")),
            target: sample::party("Vadunia", Some("Vadunia")),
            ..sample::statement(text, 1, Act::Accusation, words)
        }
    };
    let denied = |who: &'static str, words: &'static str| {
        move |text: &str| Statement {
            speaker: Some(Party { name: Some(who.to_owned()), ..sample::party(who, None).unwrap() }),
            on_behalf_of: sample::party("Vadunia", Some("Vadunia")),
            ..sample::statement(text, 1, Act::Denial, words)
        }
    };
    let poison = "poisoned the wells of Brask";
    let mut asked = BTreeSet::new();
    let mut told = Vec::new();
    for (slug, title, time, found, body) in [
        (
            "p1",
            "Kestria speaks",
            "2031-05-07T08:00:00Z",
            Box::new(accused(poison)) as Box<dyn Fn(&str) -> Statement>,
            "Vadunia poisoned the wells of Brask, Kestria said.",
        ),
        (
            "p2",
            "Vadunia answers",
            "2031-05-07T10:00:00Z",
            Box::new(denied("Oru Tal", poison)),
            "It had never poisoned the wells of Brask, Oru Tal said.",
        ),
        (
            "p3",
            "Another voice",
            "2031-05-07T12:00:00Z",
            Box::new(denied("Mira Senn", poison)),
            "Nobody has poisoned the wells of Brask, Mira Senn said.",
        ),
        (
            "p3",
            "Another voice, corrected",
            "2031-05-07T13:00:00Z",
            Box::new(denied("Mira Senn", poison)),
            "Nobody had poisoned the wells of Brask, Mira Senn said.",
        ),
        (
            "p4",
            "Kestria on shells",
            "2031-05-07T14:00:00Z",
            Box::new(accused("smuggled rockets to smugglers")),
            "Vadunia smuggled rockets to smugglers, Kestria said.",
        ),
        (
            "p5",
            "Vadunia on shells",
            "2031-05-07T15:00:00Z",
            Box::new(denied("Oru Tal", "smuggled rockets to smugglers")),
            "It never smuggled rockets to smugglers, Oru Tal said.",
        ),
    ] {
        let (filed, now) = file(slug, title, time, &*found, body);
        told.push((filed.links, filed.alerts.len()));
        asked.extend(now);
    }
    assert!(
        told[1].0 > 0 && told[1].1 > 0 && told[2].1 > 0 && told[5].0 > 0,
        "an alert, an update, an answer in another dispute: {told:?}"
    );
    super::sql::ASKED.take();
    sample.store.write(|tx| tx.merge_disputes(DisputeId(2), DisputeId(1))).unwrap();
    asked.extend(super::sql::ASKED.take());
    asked
}

/// What the triggers of statements, their parties and sketches do, with a parameter for each value of the row.
fn what_triggers_ask(store: &Store) -> BTreeSet<String> {
    let triggers = store
        .rows(
            "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('statement', 'party', 'sketch')",
            [],
            |row| row.get::<_, String>(0),
        )
        .unwrap();
    let mut asked = BTreeSet::new();
    for trigger in triggers {
        let body = trigger.split_once("BEGIN").unwrap().1.rsplit_once("END").unwrap().0;
        let body = body.replace("old.", "new.");
        let mut parts = body.split("new.");
        let mut plain = parts.next().unwrap().to_owned();
        for part in parts {
            plain += "?1";
            plain += part.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        }
        asked.extend(plain.split(';').map(str::trim).filter(|sql| !sql.is_empty()).map(str::to_owned));
    }
    asked
}

#[test]
fn no_look_up_of_the_daemon_walks_through_a_whole_table() {
    let mut sample = sample::story();
    let asked = what_filing_asks(&mut sample);
    let triggers = what_triggers_ask(&sample.store);
    for (part, of) in [
        ("FROM claim", &asked),
        ("INTO telling", &asked),
        ("INTO word", &triggers),
        ("INTO sketch", &triggers),
        ("INTO claim", &triggers),
    ] {
        assert!(of.iter().any(|sql| sql.contains(part)), "{part} is not asked");
    }
    let statement = super::statements::STATEMENT;
    let hot = [
        format!("{statement} WHERE s.article_id = 1 AND s.superseded = 0 ORDER BY s.local_id"),
        format!("{statement} JOIN dispute_statement j ON j.statement_id = s.id WHERE j.dispute_id = 1 AND s.superseded = 0"),
        format!("{statement} WHERE s.id IN (SELECT statement_id FROM alert_denial WHERE alert_id = 'a')"),
        format!("{statement} WHERE s.superseded = 0 ORDER BY s.latest DESC, s.id DESC LIMIT 50"),
        "SELECT * FROM dispute WHERE accused_key IN (SELECT value FROM json_each('[]')) AND last_at >= ''".to_owned(),
        "SELECT dispute_id FROM dispute_statement WHERE statement_id = 1".to_owned(),
        "SELECT * FROM link WHERE denial_id = 1 ORDER BY score".to_owned(),
        "SELECT * FROM link WHERE accusation_id = 1 ORDER BY score".to_owned(),
        "SELECT * FROM alert WHERE dispute_id = 1 AND side = 'a' ORDER BY said_latest DESC".to_owned(),
        super::tellings::WAITING.to_owned(),
        super::tellings::AT_ONCE.to_owned(),
        "SELECT * FROM alert WHERE id IN (SELECT alert_id FROM alert_denial WHERE statement_id = 1)".to_owned(),
        "SELECT * FROM delivery y JOIN message m ON m.id = y.message_id WHERE y.state = 'pending' AND y.next_try_at <= ''
            ORDER BY y.next_try_at, y.id LIMIT 9".to_owned(),
        "SELECT min(next_try_at) FROM delivery WHERE state = 'pending'".to_owned(),
        "SELECT * FROM article WHERE stage = 'fetch' AND (fetch_after IS NULL OR fetch_after <= '') ORDER BY fetch_after, id".to_owned(),
        "SELECT * FROM article WHERE stage = 'read' ORDER BY time, id LIMIT 1".to_owned(),
        format!("{} {}", super::articles::ARTICLE, super::articles::DUE_FETCHES),
        format!("{} {}", super::articles::ARTICLE, super::articles::DUE_READS),
        super::articles::CROWDED.to_owned(),
        super::outbox::DUE.to_owned(),
        super::affiliations::SIGHTINGS.to_owned(),
        "DELETE FROM affiliation WHERE article_id = 1".to_owned(),
        "SELECT verdict FROM mark WHERE alert_id = 'a' ORDER BY id DESC".to_owned(),
        "SELECT count(*) FROM article WHERE feed_id = 1".to_owned(),
        "SELECT * FROM item WHERE feed_id = 1 AND identity = 'a'".to_owned(),
        "SELECT id FROM article WHERE identity = 'a'".to_owned(),
        "SELECT EXISTS (SELECT 1 FROM item WHERE article_id = 1 AND feed_id = 2 AND last_seen_at = '')".to_owned(),
    ];
    // Indexes that hold only what is due, or that give the order in which a LIMIT stops; and lists of parameters.
    let allowed = [
        "article_to_fetch",
        "article_to_read",
        "statement_by_day",
        "delivery_due",
        "telling_waiting",
        "VIRTUAL TABLE",
        "CONSTANT ROW",
    ];
    for sql in hot.into_iter().chain(asked).chain(triggers) {
        let mut plan = sample.store.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let unset = vec![rusqlite::types::Null; plan.parameter_count()];
        let steps: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(unset), |row| row.get("detail"))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        // What the statement itself has made is no table; what that was made from is looked at by its own steps.
        let made =
            |step: &str| ["MATERIALIZE", "CO-ROUTINE"].iter().any(|how| steps.contains(&step.replacen("SCAN", how, 1)));
        let walks: Vec<_> = steps
            .iter()
            .filter(|step| !made(step))
            .filter(|step| step.starts_with("SCAN") && !allowed.iter().any(|allowed| step.contains(allowed)))
            .collect();
        if sql.contains("FROM claim") {
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "sorts all to find the newest\n{steps:#?}");
        }
        assert!(walks.is_empty(), "{sql}\n{steps:#?}");
    }
}
