//! When a rule tells, and what the user wants to hear of a dispute: the real binary beside a loopback newsroom.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use jiff::Timestamp;
use serde_json::Value;
use support::{Desk, NewsItem, Server, hours_ago};

/// Two feeds, a newsroom, and these rules, each with its keys beside name and filter.
fn watchlist(server: &Server, rules: &[(&str, &str)]) -> String {
    let mut toml = String::new();
    for path in ["/a.xml", "/b.xml", "/c.xml"] {
        let outlet = path.trim_matches('/').replace("xml", "example");
        toml += &format!("[[feed]]\nurl = \"{}\"\noutlet = \"{outlet}\"\nbackfill = true\n", server.url(path));
    }
    for actor in ["Kestria", "Norvania"] {
        toml += &format!("[[actor]]\nname = \"{actor}\"\naliases = [\"{}n\"]\n", actor);
    }
    for (name, keys) in rules {
        toml += &format!("[[alert]]\nname = \"{name}\"\nactors = [\"Kestria\"]\n{keys}\n");
    }
    for hook in ["newsroom", "chat"] {
        toml += &format!("[[webhook]]\nname = \"{hook}\"\nurl = \"{}\"\n", server.url(&format!("/{hook}")));
    }
    toml
}

/// Quiet hours around now.
fn quiet() -> String {
    let clock = |hours: i64| hours_ago(-hours).strftime("%H:%M").to_string();
    format!("quiet = {{ hours = \"{}-{}\", zone = \"UTC\" }}", clock(-2), clock(2))
}

fn item(server: &Server, slug: &str, title: &str, text: &str, at: Timestamp) -> NewsItem {
    NewsItem {
        guid: slug.into(),
        link: server.url(&format!("/{slug}")),
        title: title.into(),
        content: text.split("\n\n").map(|paragraph| format!("<p>{paragraph}</p>")).collect(),
        published: Some(at),
        ..Default::default()
    }
}

fn accusation(server: &Server) -> NewsItem {
    let at = hours_ago(30);
    let day = at.strftime("%A");
    let text = format!(
        "Norvania on {day} accused Kestria of smuggling anti-tank missiles to rebels in the Sorvan valley.\n\n\"Kestria has smuggled more than two hundred missiles over the mountains since the spring,\" Norvania's foreign minister Ilse Brandauer told reporters in the capital.\n\nThe fighting in the valley is in its third month. Markets in the region were calm."
    );
    item(server, "accusation", "Norvania accuses Kestria of arming rebels in Sorvan", &text, at)
}

fn denial(server: &Server, slug: &str, speaker: &str) -> NewsItem {
    denial_at(server, slug, speaker, hours_ago(4))
}

fn denial_at(server: &Server, slug: &str, speaker: &str, at: Timestamp) -> NewsItem {
    let day = at.strftime("%A");
    let text = format!(
        "{speaker} on {day} denied accusations by Norvania that Kestria had smuggled missiles to the rebels in the Sorvan valley.\n\nThe border had been closed to all heavy transport since March, and soldiers had searched every truck at the pass."
    );
    item(server, slug, "Missiles in the Sorvan valley", &text, at)
}

const ARDEL: &str = "Kestrian defence ministry spokesman Tomas Ardel";
const VELL: &str = "Kestrian President Orla Vell";

/// Type, sink and body of what was posted.
fn told(server: &Server) -> Vec<(String, String, Value)> {
    let hooks = server.hooks();
    let read = hooks.iter().map(|hook| {
        let body: Value = serde_json::from_str(&hook.body).unwrap();
        (body["type"].as_str().unwrap().to_owned(), hook.path.trim_matches('/').to_owned(), body)
    });
    read.collect()
}

fn kinds(server: &Server) -> Vec<String> {
    told(server).into_iter().map(|(kind, sink, _)| format!("{sink}: {kind}")).collect()
}

fn conforms(server: &Server) {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string("docs/webhook.schema.json").unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (_, _, body) in told(server) {
        let errors: Vec<_> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {body:#}");
    }
}

fn story(rules: &[(&str, &str)]) -> (Server, Desk) {
    let server = Server::start();
    server.put_feed("/a.xml", &[accusation(&server)]);
    server.put_feed("/b.xml", &[denial(&server, "denial", ARDEL)]);
    server.put_feed("/c.xml", &[]);
    let desk = Desk::new(&watchlist(&server, rules));
    desk.run_once();
    (server, desk)
}

#[test]
fn quiet_hours_hold_an_alert_for_one_rules_sink_and_bring_it_as_one_digest() {
    let sleeper = format!("to = [\"newsroom\", \"chat\"]\n{}", quiet());
    let (server, desk) = story(&[("sleeper", &sleeper), ("watch", "to = [\"chat\"]")]);
    assert_eq!(kinds(&server), ["chat: denial.followed_accusation"]);
    let alert = told(&server)[0].2["data"].clone();
    assert_eq!(alert["rules"], serde_json::json!(["sleeper", "watch"]));
    assert_eq!(desk.sql::<Option<String>>("SELECT held FROM alerts_overview"), [None]);
    assert_eq!(desk.sql::<String>("SELECT waiting FROM alerts_overview"), ["newsroom: came in quiet hours"]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 1, "it is still quiet");
    desk.write_watchlist(&watchlist(
        &server,
        &[("sleeper", "to = [\"newsroom\", \"chat\"]"), ("watch", "to = [\"chat\"]")],
    ));
    desk.run_once();
    assert_eq!(kinds(&server)[1..], ["newsroom: digest"], "who had it gets it no second time");
    let digest = told(&server)[1].2["data"]["alerts"].clone();
    assert_eq!(digest[0]["alert"], alert["alert"]);
    assert_eq!(digest[0]["held"], "came in quiet hours");
    assert_eq!(desk.sql::<Option<String>>("SELECT waiting FROM alerts_overview"), [None]);
    let deliveries = desk.sql::<String>("SELECT deliveries FROM alerts_overview");
    assert!(
        deliveries[0].contains("chat: delivered") && deliveries[0].contains("newsroom: delivered"),
        "{deliveries:?}"
    );
    desk.run_once();
    assert_eq!(server.hooks().len(), 2);
    conforms(&server);
}

#[test]
fn the_digest_of_a_removed_rule_goes_to_its_sink() {
    let (server, desk) = story(&[("evening", "to = [\"newsroom\"]\ndigest = \"6h\"")]);
    assert!(server.hooks().is_empty());
    desk.write_watchlist(&watchlist(&server, &[("other", "to = [\"chat\"]\nmin_confidence = 1")]));
    desk.run_once();
    assert!(server.hooks().is_empty(), "not before the daily digest");
    let db = rusqlite::Connection::open(desk.log()).unwrap();
    db.execute("UPDATE telling SET at = '2020-01-01T00:00:00.000Z'", []).unwrap();
    desk.run_once();
    assert_eq!(kinds(&server), ["newsroom: digest"]);
    assert_eq!(told(&server)[0].2["data"]["alerts"][0]["held"], "its rule tells by digest");
}

#[test]
fn a_second_speaker_is_one_update_under_the_same_alert_for_the_rule_that_asks() {
    let (server, desk) = story(&[("desk", "to = [\"chat\"]"), ("follows", "to = [\"newsroom\"]\nupdates = true")]);
    assert_eq!(kinds(&server).len(), 2);
    let alert = told(&server)[0].2["data"]["alert"].clone();
    server.put_feed("/c.xml", &[denial(&server, "president", VELL), denial(&server, "copy", ARDEL)]);
    desk.run_once();
    assert_eq!(kinds(&server)[2..], ["newsroom: denial.updated"]);
    let update = told(&server)[2].2["data"].clone();
    assert_eq!(update["alert"], alert);
    assert_eq!(update["update"], "another speaker of the side: Orla Vell");
    assert!(update["denial"]["quote"].as_str().unwrap().contains("Vell"), "{update:#}");
    let hook = &server.hooks()[2];
    assert_ne!(hook.headers["webhook-id"], alert.as_str().unwrap(), "or receivers would drop it as a repeat");
    assert_eq!(desk.sql::<i64>("SELECT updates FROM alerts_overview"), [1]);
    server.put_feed("/b.xml", &[denial(&server, "denial", ARDEL), denial(&server, "again", VELL)]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 3, "told again by another outlet, it is none");
    conforms(&server);
}

#[test]
fn a_rate_holds_the_second_alert_and_the_digest_brings_it() {
    let (server, desk) = story(&[("busy", "to = [\"newsroom\"]\nrate = \"1 per hour\"")]);
    assert_eq!(kinds(&server), ["newsroom: denial.followed_accusation"]);
    let text = "Norvania accused Kestria of poisoning the wells of Tarsk.\n\nKestria on Monday denied accusations by Norvania that it had poisoned the wells of Tarsk.";
    let at = hours_ago(3);
    let text = text.replace("Monday", &at.strftime("%A").to_string());
    server.put_feed("/c.xml", &[item(&server, "wells", "Kestria denies poisoning the wells of Tarsk", &text, at)]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 1);
    assert_eq!(
        desk.sql::<String>("SELECT held FROM alerts_overview WHERE held IS NOT NULL"),
        ["beyond the rule's 1 per 1h"]
    );
    let db = rusqlite::Connection::open(desk.log()).unwrap();
    db.execute("UPDATE telling SET at = '2020-01-01T00:00:00.000Z' WHERE hold IS NOT NULL", []).unwrap();
    desk.run_once();
    assert_eq!(kinds(&server)[1..], ["newsroom: digest"]);
}

#[test]
fn a_dispute_is_snoozed_closed_and_reopened_while_the_daemon_runs() {
    let server = Server::start();
    server.put_feed("/a.xml", &[accusation(&server)]);
    for path in ["/b.xml", "/c.xml"] {
        server.put_feed(path, &[]);
    }
    let list = watchlist(&server, &[("desk", "to = [\"newsroom\"]")]);
    let desk = Desk::new(&list);
    desk.run_once();
    let told = |arguments: &[&str]| {
        let output = desk.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let mut daemon = desk.start();
    desk.wait_for_log("watchlist", std::time::Duration::from_secs(20));
    assert!(told(&["dispute", "snooze", "1", "--for", "3 days"]).contains("snoozed until"));
    assert!(told(&["query", "disputes"]).contains("snoozed"));
    assert!(daemon.stop().success());
    server.put_feed("/b.xml", &[denial(&server, "denial", ARDEL)]);
    desk.run_once();
    assert!(server.hooks().is_empty(), "it waits");
    assert_eq!(desk.sql::<String>("SELECT held FROM alerts_overview"), ["its dispute was snoozed"]);
    told(&["dispute", "close", "1"]);
    desk.run_once();
    assert!(server.hooks().is_empty(), "what was held before it was closed waits on");
    assert!(told(&["dispute", "reopen", "1"]).contains("is open"));
    desk.run_once();
    assert_eq!(kinds(&server), ["newsroom: digest"]);
    let shown = told(&["dispute", "show", "1"]);
    for words in ["Kestria", "Statements", "Alerts", "state", "open"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
}

#[test]
fn a_denial_in_a_closed_dispute_is_stored_and_told_to_nobody_even_after_it_is_reopened() {
    let server = Server::start();
    server.put_feed("/a.xml", &[accusation(&server)]);
    for path in ["/b.xml", "/c.xml"] {
        server.put_feed(path, &[]);
    }
    let desk = Desk::new(&watchlist(&server, &[("desk", "to = [\"newsroom\"]")]));
    desk.run_once();
    assert!(desk.run(&["dispute", "close", "1"]).status.success());
    server.put_feed("/b.xml", &[denial(&server, "denial", ARDEL)]);
    desk.run_once();
    assert!(desk.run(&["dispute", "reopen", "1"]).status.success());
    desk.run_once();
    assert!(server.hooks().is_empty());
    assert!(desk.sql::<i64>("SELECT count(*) FROM link")[0] > 0);
    let wrong = desk.run(&["dispute", "close", "99"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("no dispute 99"));
}

/// A denial that was old news to its rule when it came, and a fresh one of the same event that is still to come.
fn old_news() -> (Server, Desk) {
    let server = Server::start();
    server.put_feed("/a.xml", &[accusation(&server)]);
    server.put_feed("/b.xml", &[denial_at(&server, "denial", ARDEL, hours_ago(28))]);
    server.put_feed("/c.xml", &[]);
    let desk = Desk::new(&watchlist(&server, &[("desk", "to = [\"newsroom\"]\nmax_age = \"1h\"")]));
    desk.run_once();
    desk.write_watchlist(&watchlist(&server, &[("desk", "to = [\"newsroom\"]\nmax_age = \"24h\"")]));
    assert!(server.hooks().is_empty());
    (server, desk)
}

#[test]
fn what_lifts_an_alert_out_of_the_digest_is_what_is_told_and_logged() {
    let (server, desk) = old_news();
    server.put_feed("/c.xml", &[denial(&server, "fresh", VELL)]);
    desk.run_once();
    assert_eq!(kinds(&server), ["newsroom: denial.followed_accusation"]);
    let alert = told(&server)[0].2["data"].clone();
    assert!(alert["denial"]["quote"].as_str().unwrap().contains("Vell"), "{alert:#}");
    assert_eq!(alert["outlets"], serde_json::json!(["b.example", "c.example"]));
    let row = "SELECT denial_outlet || ' ' || said_latest || ' ' || outlets FROM alerts_overview";
    let day = alert["denial"]["said_at"]["latest"].as_str().unwrap();
    assert_eq!(desk.sql::<String>(row), [format!("c.example {day} 2")]);
    conforms(&server);
}

#[test]
fn what_the_digest_told_comes_no_second_time() {
    let (server, desk) = old_news();
    let db = rusqlite::Connection::open(desk.log()).unwrap();
    db.execute("UPDATE telling SET at = '2020-01-01T00:00:00.000Z'", []).unwrap();
    desk.run_once();
    assert_eq!(kinds(&server), ["newsroom: digest"]);
    server.put_feed("/c.xml", &[denial(&server, "fresh", VELL)]);
    desk.run_once();
    assert_eq!(kinds(&server), ["newsroom: digest"]);
    assert_eq!(desk.sql::<i64>("SELECT outlets FROM alerts_overview"), [2]);
}

#[test]
fn a_rule_that_hears_once_the_accusation_comes_is_told_with_it() {
    let server = Server::start();
    server.put_feed("/b.xml", &[denial(&server, "denial", ARDEL)]);
    for path in ["/a.xml", "/c.xml"] {
        server.put_feed(path, &[]);
    }
    let real = "to = [\"newsroom\", \"chat\"]\nreported_accusations = false";
    let desk = Desk::new(&watchlist(&server, &[("all", "to = [\"chat\"]"), ("real", real)]));
    desk.run_once();
    assert_eq!(kinds(&server), ["chat: denial.followed_accusation"]);
    server.put_feed("/a.xml", &[accusation(&server)]);
    desk.run_once();
    assert_eq!(kinds(&server)[1..], ["newsroom: denial.followed_accusation"], "who had it gets it no second time");
    let [first, second] = [0, 1].map(|n| told(&server)[n].2["data"].clone());
    assert_eq!((&second["alert"], &second["rules"]), (&first["alert"], &serde_json::json!(["all", "real"])));
    let accusers = second["accusations"].to_string();
    assert!(accusers.contains("Brandauer") || accusers.contains("a.example"), "{second:#}");
    assert_ne!(server.hooks()[1].headers["webhook-id"], server.hooks()[0].headers["webhook-id"]);
    assert_eq!(
        desk.sql::<String>("SELECT deliveries || '; ' || updates FROM alerts_overview"),
        ["chat: delivered, newsroom: delivered; 0"]
    );
    conforms(&server);
}

#[test]
fn a_command_names_the_dispute_that_it_changed() {
    let (_server, desk) = story(&[("desk", "to = [\"newsroom\"]")]);
    let db = rusqlite::Connection::open(desk.log()).unwrap();
    let other = "INSERT INTO dispute (accused, accused_key, matter, last_at, opened_at)
        SELECT accused, accused_key, matter, last_at, opened_at FROM dispute WHERE id = 1 RETURNING id";
    let other: i64 = db.query_row(other, [], |row| row.get(0)).unwrap();
    let run = |arguments: &[&str]| String::from_utf8(desk.run(arguments).stdout).unwrap();
    let other = other.to_string();
    run(&["dispute", "close", &other]);
    let merged = run(&["dispute", "merge", &other, "--into", "1"]);
    assert_eq!(merged, format!("Dispute {other} is part of 1 now, which is closed.\n"));
    let reopened = run(&["dispute", "reopen", &other]);
    assert!(reopened.starts_with("Dispute 1 (") && reopened.ends_with(" is open.\n"), "{reopened}");
}
