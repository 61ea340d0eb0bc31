//! Archives brought into the log by the real binary.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::{Value, json};
use std::process::Output;
use support::{Desk, NewsItem, STORY, Server};

const RULE: &str = r#"
[[alert]]
name = "Kestria desk"
actors = ["Kestria"]
topics = ["Missiles"]
to = ["desktop"]
"#;

fn watchlist() -> String {
    format!("{STORY}{RULE}")
}

/// An accusation and, two days later, its denial; the archive has them the other way round.
fn story() -> Vec<Value> {
    vec![
        json!({"id": "denial", "title": "Kestria denies smuggling missiles to Sorvan rebels", "published": "2025-05-06T09:00:00Z",
            "url": "https://kestrelpost.example/denial?utm_source=archive",
            "text": "Kestria on Tuesday denied accusations by Norvania that it had smuggled missiles to the rebels in the Sorvan valley.\n\n“We have never given a single missile to anyone in Sorvan,” said Tomas Ardel, a spokesman for the Kestrian defence ministry."}),
        json!({"id": "accusation", "title": "Norvania accuses Kestria of arming rebels in Sorvan", "published": "2025-05-04T09:00:00Z",
            "outlet": "norvanherald.example", "feed": "the wire",
            "text": "Norvania on Sunday accused Kestria of smuggling anti-tank missiles to rebels in the Sorvan valley.\n\n\"Kestria has smuggled more than two hundred missiles over the mountains since the spring,\" Norvania's foreign minister Ilse Brandauer told reporters in the capital."}),
        json!({"id": "ferry", "title": "Ferry sails again", "published": "2025-05-05", "text": "The ferry sailed on Monday after a storm."}),
    ]
}

fn lines(articles: &[Value]) -> String {
    articles.iter().map(|article| format!("{article}\n")).collect()
}

fn desk(articles: &[Value]) -> Desk {
    let desk = Desk::new(&watchlist());
    std::fs::write(desk.folder.path().join("old.jsonl"), lines(articles)).unwrap();
    desk
}

fn import(desk: &Desk, arguments: &[&str]) -> Output {
    let mut command = desk.gainsay(&["import"]);
    command.current_dir(desk.folder.path()).args(arguments).output().unwrap()
}

#[track_caller]
fn imported(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn rows(desk: &Desk) -> Vec<i64> {
    ["article", "version", "statement", "dispute", "link", "alert"]
        .iter()
        .map(|table| desk.sql::<i64>(&format!("SELECT count(*) FROM {table}"))[0])
        .collect()
}

#[test]
fn an_archive_is_filed_by_its_own_dates_and_told_to_nobody() {
    let desk = desk(&story());
    let told = imported(&import(&desk, &["old.jsonl"]));
    assert!(told.starts_with("2 articles filed") && told.contains("1 match nothing"), "{told}");
    let times = desk.sql::<String>("SELECT first_seen_at || ' ' || time || ' ' || outlet FROM article ORDER BY id");
    assert_eq!(
        times,
        [
            "2025-05-04T09:00:00.000Z 2025-05-04T09:00:00.000Z norvanherald.example",
            "2025-05-06T09:00:00.000Z 2025-05-06T09:00:00.000Z kestrelpost.example"
        ],
        "the accusation first, though the archive has it last"
    );
    let disputes = desk.sql::<String>("SELECT since || ' ' || opened_at || ' ' || last_at FROM dispute");
    assert_eq!(disputes, ["2025-05-04 2025-05-04T09:00:00.000Z 2025-05-06T09:00:00.000Z"]);
    assert!(desk.sql::<i64>("SELECT count(*) FROM link")[0] > 0);
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM alert UNION ALL SELECT count(*) FROM message"), [0, 0]);
    let feeds = desk.sql::<String>("SELECT address || ' ' || active FROM feed ORDER BY id");
    assert_eq!(feeds, ["archive of the wire 0", "archive of kestrelpost.example 0"]);
    let list = desk.run(&["feeds", "list"]);
    assert!(!String::from_utf8_lossy(&list.stdout).contains("silent"), "an archive is not polled");
}

#[test]
fn an_archive_imported_twice_doubles_nothing_and_a_changed_text_is_a_new_version() {
    let desk = desk(&story());
    imported(&import(&desk, &["old.jsonl"]));
    let before = rows(&desk);
    let told = imported(&import(&desk, &["old.jsonl"]));
    assert!(told.starts_with("0 articles filed") && told.contains("2 in the log already"), "{told}");
    assert_eq!(rows(&desk), before);

    let mut changed = story();
    changed[0]["text"] = format!("{} The border is closed.", changed[0]["text"].as_str().unwrap()).into();
    std::fs::write(desk.folder.path().join("new.jsonl"), lines(&changed)).unwrap();
    imported(&import(&desk, &["new.jsonl"]));
    assert_eq!((rows(&desk)[0], rows(&desk)[1]), (before[0], before[1] + 1));
    for archive in ["old.jsonl", "new.jsonl"] {
        imported(&import(&desk, &[archive]));
    }
    assert_eq!((rows(&desk)[0], rows(&desk)[1]), (before[0], before[1] + 1), "a text that it had is not had anew");
}

#[test]
fn alerts_of_an_archive_are_stored_at_its_dates_and_sent_to_nobody() {
    let desk = desk(&story());
    let told = imported(&import(&desk, &["old.jsonl", "--alerts"]));
    assert!(told.contains("1 alerts stored, none sent"), "{told}");
    let alerts = desk.sql::<String>("SELECT created_at || ' ' || held FROM alert");
    assert_eq!(alerts, ["2025-05-06T09:00:00.000Z from an archive"]);
    // The digest is due at the daemon's first round.
    desk.run_once();
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM delivery"), [0]);
    let shown = desk.run(&["query", "alerts", "--format", "long"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("denied accusations by Norvania"));
}

#[test]
fn what_was_polled_is_not_imported_again() {
    let server = Server::start();
    let article = &story()[0];
    let [title, text] = ["title", "text"].map(|field| article[field].as_str().unwrap());
    server.put_page("/denial", title, text);
    let item = NewsItem {
        guid: "1".into(),
        title: title.into(),
        link: server.url("/denial"),
        published: Some("2026-05-06T09:00:00Z".parse().unwrap()),
        ..NewsItem::default()
    };
    server.put_feed("/feed", &[item]);
    let desk = Desk::new(&format!("[[feed]]\nurl = \"{}\"\n{}", server.url("/feed"), watchlist()));
    desk.run_once();
    let before = rows(&desk);
    assert!(before[2] > 0, "the page was read");
    let line = json!({"title": title, "text": text, "url": server.url("/denial#top"), "published": "2026-05-06"});
    std::fs::write(desk.folder.path().join("old.jsonl"), lines(&[line])).unwrap();
    let told = imported(&import(&desk, &["old.jsonl"]));
    assert!(told.contains("1 in the log already"), "{told}");
    assert_eq!(rows(&desk), before);
}

#[test]
fn an_archive_comes_into_a_log_that_a_running_daemon_has() {
    let server = Server::start();
    server.put_feed("/feed", &[]);
    let desk = Desk::new(&format!("[[feed]]\nurl = \"{}\"\n{}", server.url("/feed"), watchlist()));
    let mut daemon = desk.start();
    desk.wait_for_log("polled", std::time::Duration::from_secs(20));
    std::fs::write(desk.folder.path().join("old.jsonl"), lines(&story())).unwrap();
    let told = imported(&import(&desk, &["old.jsonl"]));
    assert!(told.starts_with("2 articles filed"), "{told}");
    assert!(daemon.stop().success());
    assert_eq!(desk.sql::<String>("PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn what_can_t_be_read_is_told_by_its_place_and_the_rest_comes_in() {
    let desk = Desk::new(&watchlist());
    let at = |name: &str| desk.folder.path().join(name);
    std::fs::write(at("old.jsonl"), format!("{{\"id\": 1,\n{}", lines(&story()))).unwrap();
    let output = import(&desk, &["old.jsonl"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("gainsay: old.jsonl, line 1: "), "{output:?}");
    assert_eq!(rows(&desk)[0], 2);
    let output = import(&desk, &["old.jsonl", "news.zip"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no archive by its name"), "{output:?}");
}

#[test]
fn a_folder_of_texts_is_dated_and_named_by_the_user() {
    let desk = Desk::new(&watchlist());
    let folder = desk.folder.path().join("reports");
    std::fs::create_dir(&folder).unwrap();
    for (name, article) in ["denial.txt", "accusation.txt"].iter().zip(story()) {
        let text = format!("{}\n\n{}", article["title"].as_str().unwrap(), article["text"].as_str().unwrap());
        std::fs::write(folder.join(name), text).unwrap();
    }
    let dated = ["reports", "--published", "2025-05-06T00:00:00Z"];
    imported(&import(&desk, &dated));
    let told = imported(&import(&desk, &dated));
    assert!(told.contains("2 in the log already"), "{told}");
    let found =
        desk.sql::<String>("SELECT title || ' ' || outlet || ' ' || published FROM article ORDER BY title LIMIT 1");
    assert_eq!(found, ["Kestria denies smuggling missiles to Sorvan rebels reports 2025-05-06T00:00:00.000Z"]);
}
