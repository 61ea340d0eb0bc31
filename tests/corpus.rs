//! The engine on the seed of `../shared`, alone and through a feed. The figures of the development sets are held by
//! `cargo run --release --example evaluate -- --against docs/figures.json`.
//!
//! `cargo test --release --test corpus -- --ignored`; needs Python 3 for the scorers.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Desk, NewsItem, Server};

fn shared() -> PathBuf {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    assert!(shared.is_dir(), "{} is needed beside the checkout for the corpus tests", shared.display());
    shared
}

/// Runs `gainsay extract` over a set's articles; the file of what it found.
fn extract(set: &Path, folder: &Path, published: Option<&str>) -> PathBuf {
    let mut articles: Vec<PathBuf> =
        std::fs::read_dir(set.join("articles")).unwrap().map(|entry| entry.unwrap().path()).collect();
    articles.sort();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gainsay"));
    command.args(["extract", "--format", "jsonl"]).args(published.map(|at| format!("--published={at}"))).args(articles);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = folder.join(format!("{}.jsonl", set.file_name().unwrap().to_string_lossy()));
    std::fs::write(&file, output.stdout).unwrap();
    file
}

fn score(pairs: &[(PathBuf, PathBuf)]) -> Value {
    let mut command = Command::new("python3");
    command.arg(shared().join("eval/score_acts.py")).arg("--json");
    for (set, predictions) in pairs {
        command.arg(set).arg(predictions);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[ignore = "needs ../shared"]
fn the_seed_is_read_right() {
    let folder = tempfile::tempdir().unwrap();
    let set = shared().join("seed");
    let predictions = extract(&set, folder.path(), Some("2022-11-08T09:00:00Z"));
    let score = score(&[(set, predictions.clone())]);
    for (figure, name) in [("denial", "P"), ("denial", "R"), ("link", "R"), ("alert", "R")] {
        assert_eq!(score[figure][name], 1.0, "{figure} {name}: {score:#}");
    }
    assert_eq!(score["denial_speaker"]["share"], 1.0, "{score:#}");
    assert_eq!(score["alert"]["fp"], 0, "no false alert: {score:#}");
    let found: Value = serde_json::from_str(&std::fs::read_to_string(predictions).unwrap()).unwrap();
    let recalled: Vec<&Value> = found["statements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["act"] == "denial" && statement["recalled"] == true)
        .collect();
    assert_eq!(recalled.len(), 1, "the denial of September is recalled: {recalled:#?}");
    assert_eq!(recalled[0]["said_at"], serde_json::json!({"earliest": "2022-09-01", "latest": "2022-09-30"}));
}

/// The seed as an item whose page lies at `path` of the server.
fn seed_at(server: &Server, path: &str) -> NewsItem {
    let text = std::fs::read_to_string(shared().join("seed/articles/north-korea-dismisses.txt")).unwrap();
    let (title, body) = text.split_once("\n\n").unwrap();
    server.put_page(path, title, body);
    NewsItem {
        guid: path.into(),
        link: server.url(path),
        title: title.into(),
        summary: "State media: claims of artillery ammunition for Moscow are groundless.".into(),
        published: Some("2022-11-08T09:00:00Z".parse().unwrap()),
        ..NewsItem::default()
    }
}

#[test]
#[ignore = "needs ../shared"]
fn the_seed_s_feed_raises_one_alert_and_a_copy_in_another_outlet_none() {
    let server = Server::start();
    // The seed keeps its dates, against which "Tuesday" and "In September" are meant: a first poll alerts by backfill,
    // and a denial of 2022 by max_age, the longest there is.
    let desk = Desk::new(&format!(
        r#"
[[feed]]
url = "{}"
outlet = "themoscowtimes.com"
backfill = true

[[feed]]
url = "{}"
outlet = "copy.example"
backfill = true

[[topic]]
name = "Arms transfers"
any = ["arms dealings", "artillery", "ammunition", "shells", "arms shipments"]

[[alert]]
name = "Korea desk"
actors = ["North Korea"]
topics = ["Arms transfers"]
max_age = "3650 days"
to = ["newsroom"]

[[webhook]]
name = "newsroom"
url = "{}"
secret = {{ env = "NEWSROOM_SECRET" }}
"#,
        server.url("/seed.xml"),
        server.url("/copy.xml"),
        server.url("/hook")
    ));
    server.put_feed("/seed.xml", &[seed_at(&server, "/seed")]);
    server.put_feed("/copy.xml", &[]);
    desk.run_once();
    let hooks = server.hooks();
    assert_eq!(hooks.len(), 1, "one alert: {hooks:#?}");
    let message: Value = serde_json::from_str(&hooks[0].body).unwrap();
    assert_eq!(message["type"], "denial.followed_accusation");
    let data = &message["data"];
    assert_eq!((&data["denial"]["actor"], &data["dispute"]["accused"]), (&"North Korea".into(), &"North Korea".into()));
    assert_eq!(data["outlets"], serde_json::json!(["themoscowtimes.com"]));
    let said = &data["denial"]["quote"];
    let denials = ["groundless", "refuted allegations", "we have never had 'arms dealings'"];
    assert!(denials.iter().any(|words| said.as_str().unwrap().contains(words)), "{data:#}");
    assert_eq!(data["denial"]["said_at"]["latest"], "2022-11-08", "not the recalled one: {data:#}");
    let kirby = data["accusations"].as_array().unwrap().iter().find(|accusation| {
        let quote = accusation["quote"].as_str().unwrap();
        accusation["actor"] == "United States"
            && accusation["target"] == "North Korea"
            && accusation["speaker"].as_str().is_some_and(|speaker| speaker.contains("Kirby"))
            && (quote.contains("covertly supplying") || quote.contains("under cover of shipments"))
    });
    assert!(kirby.is_some(), "{data:#}");

    server.put_feed("/copy.xml", &[seed_at(&server, "/copy")]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 1, "the copy raises none: {:#?}", server.hooks());
    let outlets: Vec<String> = desk.sql("SELECT DISTINCT outlet FROM alert_denial ORDER BY 1");
    assert_eq!(outlets, ["copy.example", "themoscowtimes.com"], "and is counted");
}
