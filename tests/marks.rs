//! Alerts marked and counted, and sides remembered, by the real binary.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::{Value, json};
use support::{Desk, Server};

const WATCHLIST: &str = r#"
[[actor]]
name = "Kestria"

[[actor]]
name = "Norvania"

[[alert]]
name = "=everything"
any = true
max_age = "3650 days"
to = ["desktop"]
"#;

fn article(id: &str, outlet: &str, day: &str, title: &str, text: &str) -> Value {
    json!({"id": id, "title": title, "published": format!("{day}T09:00:00Z"), "outlet": outlet, "text": text})
}

/// Norvania accuses Kestria. Then Oru Tal denies it, in an article that does not say whose spokesman he is.
fn story() -> Vec<Value> {
    vec![
        article(
            "accusation",
            "norvanherald.example",
            "2025-05-04",
            "Norvania accuses Kestria of arming rebels in Sorvan",
            "Norvania on Sunday accused Kestria of smuggling anti-tank missiles to rebels in the Sorvan valley.\n\n\
             \"Kestria has smuggled more than two hundred missiles over the mountains since the spring,\" Norvania's foreign \
             minister Ilse Brandauer told reporters in the capital.",
        ),
        article(
            "denial",
            "lakegazette.example",
            "2025-05-05",
            "No missiles for Sorvan, says Tal",
            "Oru Tal on Monday denied smuggling anti-tank missiles to rebels in the Sorvan valley.",
        ),
    ]
}

/// Two outlets that say whose spokesman he is, before.
fn introductions() -> Vec<Value> {
    let said = |id: &str, outlet: &str, day: &str| {
        let text = "Kestrian foreign ministry spokesman Oru Tal said that the ferry would sail again on Friday.";
        article(id, outlet, day, "Ferry sails again", text)
    };
    vec![said("one", "post.example", "2025-04-02"), said("two", "courier.example", "2025-04-09")]
}

fn told(articles: &[Value]) -> Desk {
    let desk = Desk::new(WATCHLIST);
    let lines: String = articles.iter().map(|article| format!("{article}\n")).collect();
    std::fs::write(desk.folder.path().join("old.jsonl"), lines).unwrap();
    let mut import = desk.gainsay(&["import", "--alerts", "old.jsonl"]);
    let output = import.current_dir(desk.folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    desk
}

fn lines(desk: &Desk, arguments: &[&str]) -> Vec<Value> {
    let output = desk.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_spokesman_s_side_is_remembered_from_two_outlets_and_the_alert_says_so() {
    let desk = told(&[introductions(), story()].concat());
    let alerts = lines(&desk, &["query", "alerts", "--format", "jsonl"]);
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0]["denial_actor"], "Kestria");
    let because = alerts[0]["because"].as_str().unwrap();
    assert!(because.contains("remembered from other articles: Oru Tal is of Kestria"), "{because}");
    let own: Vec<Option<String>> =
        desk.sql("SELECT speaker_actor FROM statement WHERE act = 'denial' AND speaker_name = 'Oru Tal'");
    assert_eq!(own, [None], "the statement keeps what its article says");
    let denied = lines(&desk, &["query", "--actor", "Kestria", "--act", "denial", "--format", "jsonl"]);
    assert_eq!(denied[0]["remembered"]["speaker"], "Kestria");
    let known = lines(&desk, &["actors", "Tal", "--limit", "5", "--format", "jsonl"]);
    assert_eq!((&known[0]["actor"], &known[0]["outlets"]), (&json!("Kestria"), &json!(2)));
    assert!(known[0]["evidence"]["speaker"].as_str().unwrap().contains("Kestrian foreign ministry"), "{known:?}");
}

#[test]
fn one_outlet_s_word_is_too_little_to_alert_on() {
    let desk = told(&[introductions()[..1].to_vec(), story()].concat());
    let alerts = lines(&desk, &["query", "alerts", "--format", "jsonl"]);
    assert!(
        alerts.iter().all(|alert| alert["denial_actor"].is_null()),
        "who denies is Oru Tal and nobody else: {alerts:?}"
    );
}

#[test]
fn the_watchlist_s_word_on_a_name_wins_over_what_is_remembered() {
    let desk = told(&[introductions(), story()].concat());
    desk.write_watchlist(&format!("{WATCHLIST}\n[[actor]]\nname = \"Lake Party\"\naliases = [\"Oru Tal\"]\n"));
    let known = lines(&desk, &["actors", "Oru Tal", "--format", "jsonl"]);
    let told: Vec<_> = known.iter().map(|k| (k["actor"].as_str().unwrap(), k["counts"].as_bool().unwrap())).collect();
    assert_eq!(told, [("Lake Party", true), ("Kestria", false)], "{known:?}");
}

#[test]
fn an_alert_is_marked_beside_the_daemon_and_counted() {
    let desk = told(&[introductions(), story()].concat());
    let id = lines(&desk, &["query", "alerts", "--format", "jsonl"])[0]["alert"].as_str().unwrap().to_owned();
    let server = Server::start();
    server.put_feed("/feed", &[]);
    desk.write_watchlist(&format!("[[feed]]\nurl = \"{}\"\n{WATCHLIST}", server.url("/feed")));
    let mut daemon = desk.start();
    desk.wait_for_log("polled", std::time::Duration::from_secs(20));
    let output = desk.run(&["mark", "last", "wrong", "--why", "=another Tal"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(desk.run(&["mark", &id[..20].to_lowercase(), "right"]).status.success());
    daemon.stop();
    let history: Vec<String> = desk.sql("SELECT verdict || coalesce(why, '') FROM mark ORDER BY id");
    assert_eq!(history, ["wrong=another Tal", "right"]);
    let csv = String::from_utf8(desk.run(&["stats", "--by", "rule", "--format", "csv"]).stdout).unwrap();
    assert!(csv.contains("rule,'=everything,1,"), "{csv}");
    let all = lines(&desk, &["stats", "--by", "all", "--format", "jsonl"]);
    assert_eq!((&all[0]["right"], &all[0]["wrong"], &all[0]["precision"]), (&json!(1), &json!(0), &json!(1.0)));
    for wrong in [["mark", "01", "right"], ["mark", "nothing", "right"], ["mark", "last", "maybe"]] {
        assert!(!desk.run(&wrong).status.success(), "{wrong:?}");
    }
}
