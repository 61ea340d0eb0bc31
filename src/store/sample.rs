//! A small invented log: Kestria accuses Vadunia of arming rebels, Vadunia denies it in two outlets, a third article
//! remembers an older denial. For tests of whatever reads the log.

use super::articles::{Matched, NewText, Source, Stage};
use super::disputes::{LinkRow, NewAlert, NewDispute};
use super::feeds::{Entry, Outcome, Poll, Recorded, Registration, Validators};
use super::outbox::{Failure, Message};
use super::statements::{Analysis, Found};
use super::{ArticleId, DisputeId, FeedId, StatementId, Store, Transaction};
use crate::feeds::Item;
use crate::language::Span;
use crate::statements::{Act, Party, Period, Statement};
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;

/// A store in a folder of its own, which goes when this does.
pub(crate) struct Sample {
    pub(crate) store: Store,
    pub(crate) path: PathBuf,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) const ALERT: &str = "01JZ0000000000000000000001";
pub(crate) const HELD: &str = "01JZ0000000000000000000002";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// An empty log.
pub(crate) fn empty() -> Sample {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("gainsay.db");
    Sample { store: Store::open(&path).expect("a new log"), path, folder }
}

/// Two feeds, in the watchlist since the morning of 4 May 2031.
pub(crate) fn register(tx: &Transaction<'_>) -> Vec<FeedId> {
    let feeds = ["kestrelpost.example", "vadunherald.example"].map(|outlet| Registration {
        key: outlet,
        address: outlet,
        outlet: Some(outlet),
    });
    tx.register_feeds(&feeds, at("2031-05-04T06:00:00Z")).expect("registered");
    tx.feed_states().expect("states").into_iter().map(|feed| feed.id).collect()
}

pub(crate) fn item(slug: &str, title: &str, published: &str) -> Item {
    Item {
        id: Some(slug.to_owned()),
        title: Some(title.to_owned()),
        url: Some(format!("https://news.example/{slug}")),
        published: Some(at(published)),
        summary: Some(format!("{title}, in short.")),
        ..Item::default()
    }
}

pub(crate) fn matched() -> Matched {
    Matched { actors: vec!["Vadunia".to_owned()], topics: vec!["Arms transfers".to_owned()] }
}

/// An item of `outlet`, recognised by its guid, to be left in `stage`.
pub(crate) fn entry<'a>(item: &'a Item, outlet: &'a str, stage: Stage, matched: &'a Matched) -> Entry<'a> {
    let guid = item.id.as_deref().expect("a guid");
    Entry {
        item,
        identity: guid,
        article: item.url.as_deref().unwrap_or(guid),
        content_hash: item.title.as_deref().unwrap_or_default(),
        outlet,
        stage,
        reason: None,
        matched,
    }
}

/// A poll at `time` that found a document with `entries`.
pub(crate) fn document<'a>(time: &str, entries: Vec<Entry<'a>>) -> Poll<'a> {
    Poll {
        at: at(time),
        status: Some(200),
        moved_to: None,
        next_poll_at: at(time) + SignedDuration::from_mins(15),
        interval: SignedDuration::from_mins(15),
        outcome: Outcome::Document {
            validators: Validators { etag: Some(format!("\"{time}\"")), last_modified: None },
            body_sha256: "00",
            title: Some("News"),
            outlet: None,
            backfill: false,
            entries,
        },
    }
}

pub(crate) fn poll(tx: &Transaction<'_>, feed: FeedId, poll: &Poll<'_>) -> Recorded {
    tx.record_poll(feed, poll).expect("a stored poll")
}

pub(crate) fn party(text: &str, actor: Option<&str>) -> Option<Party> {
    Some(Party { text: text.to_owned(), actor: actor.map(str::to_owned), ..Party::default() })
}

/// A statement whose content is `words` of `text`.
pub(crate) fn statement(text: &str, id: u32, act: Act, words: &str) -> Statement {
    let start = text.find(words).expect("words of the text");
    Statement {
        id,
        act,
        speaker: None,
        on_behalf_of: None,
        cue: None,
        content: vec![Span::new(start, start + words.len())],
        target: None,
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
}

/// Stores `text` and what was found in it, and returns the statements' rows.
pub(crate) fn read(tx: &Transaction<'_>, article: ArticleId, text: &str, found: &[Statement]) -> Vec<StatementId> {
    read_at(tx, article, text, found, "2031-05-04T08:00:00Z")
}

pub(crate) fn read_at(
    tx: &Transaction<'_>,
    article: ArticleId,
    text: &str,
    found: &[Statement],
    time: &str,
) -> Vec<StatementId> {
    let (title, body) = text.split_once("\n\n").expect("title and body");
    let new = NewText {
        title: Some(title),
        body,
        source: Source::Page,
        note: None,
        final_url: Some("https://news.example/final"),
        fetched_at: at(time),
        sha256: text,
    };
    tx.record_text(article, &new).expect("a stored text");
    let version = tx.newest_version(article).expect("versions").expect("a version").id;
    let passage = Span::new(title.len() + 2, text.len());
    let found: Vec<Found<'_>> = found.iter().map(|statement| Found { statement, passage }).collect();
    let analysis = Analysis { lang: Some("en"), engine: "test", text, statements: &found, keys: |_| Vec::new() };
    tx.record_analysis(article, version, &analysis).expect("a stored analysis");
    tx.statements_of(article).expect("its statements").iter().map(|row| row.id).collect()
}

/// The whole story.
pub(crate) fn story() -> Sample {
    let mut sample = empty();
    sample
        .store
        .write(|tx| {
            tell(tx);
            Ok(())
        })
        .expect("a stored story");
    sample
}

fn tell(tx: &Transaction<'_>) -> DisputeId {
    let feeds = register(tx);
    let m = matched();
    let none = Matched::default();
    let old = item("old", "Harbour reopens after storm", "2031-05-03T09:00:00Z");
    for (feed, outlet) in feeds.iter().zip(["kestrelpost.example", "vadunherald.example"]) {
        poll(tx, *feed, &document("2031-05-04T06:30:00Z", vec![entry(&old, outlet, Stage::Seen, &none)]));
    }
    let claim = item("claim", "Kestria: Vadunia arms hill rebels", "2031-05-04T07:40:00Z");
    let reply = item("reply", "Vadunia rejects arms claim", "2031-05-05T10:00:00Z");
    let copy = item("copy", "No shells for rebels, says Vadunia", "2031-05-05T12:00:00Z");
    let recall = item("recall", "A border without guards", "2031-05-06T08:00:00Z");
    let k = "kestrelpost.example";
    let h = "vadunherald.example";
    let first = poll(
        tx,
        feeds[0],
        &document("2031-05-04T08:00:00Z", vec![entry(&old, k, Stage::Seen, &none), entry(&claim, k, Stage::Fetch, &m)]),
    );
    let second = poll(
        tx,
        feeds[1],
        &document("2031-05-05T10:30:00Z", vec![entry(&old, h, Stage::Seen, &none), entry(&reply, h, Stage::Fetch, &m)]),
    );
    let third = poll(
        tx,
        feeds[0],
        &document(
            "2031-05-06T09:00:00Z",
            vec![
                entry(&claim, k, Stage::Fetch, &m),
                entry(&copy, k, Stage::Fetch, &m),
                entry(&recall, k, Stage::Fetch, &m),
            ],
        ),
    );

    let text = "Kestria: Vadunia arms hill rebels\n\nVadunia has sent artillery shells to the hill rebels, Kestria's \
                defence minister Ilse Maren said on Sunday.";
    let accusation = Statement {
        speaker: party("Kestria's defence minister Ilse Maren", Some("Kestria")),
        target: party("Vadunia", Some("Vadunia")),
        said_at: Period { earliest: "2031-05-04".parse().ok(), latest: "2031-05-04".parse().ok() },
        ..statement(text, 1, Act::Accusation, "Vadunia has sent artillery shells to the hill rebels")
    };
    let remark =
        Statement { speaker: party("the minister", None), ..statement(text, 2, Act::Other, "artillery shells") };
    let accusations = read(tx, first.new[0], text, &[accusation, remark]);

    let denial_in = |text: &str, words: &str, day: &str| Statement {
        speaker: party("foreign ministry spokesman Oru Tal", None),
        on_behalf_of: party("Vadunia", Some("Vadunia")),
        accuser: party("Kestria", Some("Kestria")),
        direct: true,
        said_at: Period { earliest: day.parse().ok(), latest: day.parse().ok() },
        ..statement(text, 1, Act::Denial, words)
    };
    let text = "Vadunia rejects arms claim\n\n“Not one shell has crossed that border,” foreign ministry spokesman \
                Oru Tal said on Monday, calling Kestria's claim a fairy tale.";
    let denials =
        read(tx, second.new[0], text, &[denial_in(text, "Not one shell has crossed that border", "2031-05-05")]);
    let text = "No shells for rebels, says Vadunia\n\nVadunia's spokesman Oru Tal said no shell had been sent.";
    let copies = read(tx, third.new[0], text, &[denial_in(text, "no shell had been sent", "2031-05-05")]);
    let text = "A border without guards\n\nIn March Vadunia denied having trained rebels.";
    let recalled = Statement { recalled: true, ..denial_in(text, "having trained rebels", "2031-03-01") };
    let recalled = read(tx, third.new[1], text, &[recalled]);

    let told = at("2031-05-05T10:31:00Z");
    let new = NewDispute {
        accused: "Vadunia",
        accused_actor: Some("Vadunia"),
        accused_key: "vadunia",
        matter: "artillery shells for hill rebels",
        since: None,
    };
    let dispute = tx.open_dispute(&new, told).expect("a dispute");
    for statement in accusations[..1].iter().chain(&denials).chain(&copies).chain(&recalled) {
        tx.join_dispute(dispute, *statement, told).expect("joined");
    }
    for denial in denials.iter().chain(&copies) {
        let reasons = vec!["names the accuser: Kestria".to_owned(), "shared terms: shell".to_owned()];
        let link = LinkRow { denial: *denial, accusation: accusations[0], score: 0.8, reasons };
        tx.link(&link).expect("linked");
    }
    let rules = ["Border desk".to_owned()];
    let day = "2031-05-05".parse().ok();
    let alert = NewAlert {
        id: ALERT,
        dispute,
        denial: denials[0],
        outlet: h,
        side: "vadunia",
        said_at: Period { earliest: day, latest: day },
        created_at: told,
        confidence: 0.8,
        rules: &rules,
        held: None,
    };
    tx.insert_alert(&alert).expect("an alert");
    tx.add_denial(ALERT, copies[0], k).expect("another outlet");
    let held = NewAlert { id: HELD, denial: recalled[0], held: Some("said 66 days before"), ..alert };
    tx.insert_alert(&held).expect("a held alert");
    let message = Message { id: ALERT, kind: "denial.followed_accusation", body: "{}" };
    tx.enqueue(&message, &["desktop", "newsroom"], told).expect("a message");
    tx.enqueue(&Message { id: "01JZ0000000000000000000009", kind: "test", body: "{}" }, &["newsroom"], told)
        .expect("a message");
    let due = tx.due_deliveries(told, 10).expect("due");
    tx.delivered(due[0].id, None, told).expect("delivered");
    let again = Failure::Retry(told + SignedDuration::from_mins(1));
    tx.failed(due[1].id, again, Some(503), "503 Service Unavailable", told).expect("failed");
    tx.failed(due[2].id, Failure::Dead, None, "connection refused", told).expect("dead");
    dispute
}
