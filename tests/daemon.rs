//! The real binary between a loopback news site and a loopback newsroom.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use jiff::Timestamp;
use serde_json::Value;
use std::time::{Duration, Instant};
use support::{Answer, Desk, NewsItem, SECRET, STORY, Server, hours_ago};

const LIMIT: Duration = Duration::from_secs(20);

fn weekday(at: Timestamp) -> String {
    at.strftime("%A").to_string()
}

/// A watchlist over these feed paths, with the actors of the invented story and a signed webhook.
fn watchlist(server: &Server, feeds: &[&str], extra: &str) -> String {
    let mut toml = String::new();
    for (n, path) in feeds.iter().enumerate() {
        toml +=
            &format!("[[feed]]\nurl = \"{}\"\noutlet = \"outlet{n}.example\"\nbackfill = true\n\n", server.url(path));
    }
    toml += STORY;
    toml += &format!(
        r#"
[[alert]]
name = "Kestria desk"
actors = ["Kestria"]
topics = ["Missiles"]
to = ["newsroom"]

[[webhook]]
name = "newsroom"
url = "{}"
secret = {{ env = "NEWSROOM_SECRET" }}
{extra}
"#,
        server.url("/hook/path-that-is-secret?token=abc")
    );
    toml
}

fn accusation(server: &Server, at: Timestamp) -> NewsItem {
    server.put_page("/accusation", "Norvania accuses Kestria of arming rebels in Sorvan", &format!(
        "Norvania on {} accused Kestria of smuggling anti-tank missiles to rebels in the Sorvan valley.\n\n\"Kestria has smuggled more than two hundred missiles over the mountains since the spring,\" Norvania's foreign minister Ilse Brandauer told reporters in the capital.\n\nThe fighting in the valley is in its third month. Markets in the region were calm, and the river port stayed open through the day.", weekday(at)));
    NewsItem {
        guid: "accusation".into(),
        link: server.url("/accusation?utm_source=rss"),
        title: "Norvania accuses Kestria of arming rebels in Sorvan".into(),
        summary: "Norvania accused Kestria of smuggling missiles.".into(),
        published: Some(at),
        ..Default::default()
    }
}

fn denial(server: &Server, at: Timestamp) -> NewsItem {
    NewsItem {
        guid: "denial".into(),
        link: server.url("/denial"),
        title: "Kestria denies smuggling missiles to Sorvan rebels".into(),
        content: format!(
            "<p>Kestria on {} denied accusations by Norvania that it had smuggled missiles to the rebels in the Sorvan valley.</p><p>“We have never given a single missile to anyone in Sorvan,” said Tomas Ardel, a spokesman for the Kestrian defence ministry.</p><p>The ministry said the border had been closed to all heavy transport since March, and that its soldiers had searched every truck at the pass.</p>",
            weekday(at)
        ),
        published: Some(at),
        ..Default::default()
    }
}

fn body(hook: &support::Received) -> Value {
    serde_json::from_str(&hook.body).unwrap()
}

#[test]
fn a_denial_in_a_second_outlet_alerts_once_with_both_passages_and_a_signature_that_verifies() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml", "/b.xml"], ""));
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    desk.run_once();
    let hooks = server.hooks();
    assert_eq!(hooks.len(), 1, "one alert: {hooks:#?}");
    let hook = &hooks[0];
    let message = body(hook);
    assert_eq!(message["type"], "denial.followed_accusation");
    assert_eq!(message["version"], 1);
    let data = &message["data"];
    assert_eq!(data["denial"]["actor"], "Kestria");
    assert!(data["denial"]["quote"].as_str().unwrap().contains("denied accusations by Norvania"), "{data:#}");
    assert_eq!(data["dispute"]["accused"], "Kestria");
    let accusations = data["accusations"].as_array().unwrap();
    assert!(
        accusations.iter().any(|a| a["actor"] == "Norvania"
            && a["target"] == "Kestria"
            && a["article"]["url"].as_str().is_some_and(|u| u.contains("/accusation"))),
        "{data:#}"
    );
    assert_eq!(data["rules"], serde_json::json!(["Kestria desk"]));
    assert!(!data["because"].as_array().unwrap().is_empty());
    assert_eq!(hook.headers["webhook-id"], data["alert"].as_str().unwrap());

    let verifier = standardwebhooks::Webhook::new(SECRET).unwrap();
    let mut headers = http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, hook.headers[name].parse().unwrap());
    }
    verifier.verify(hook.body.as_bytes(), &headers).expect("the signature verifies");

    let schema: Value = serde_json::from_str(&std::fs::read_to_string("docs/webhook.schema.json").unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&message).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {message:#}");

    desk.run_once();
    assert_eq!(server.hooks().len(), 1, "a second pass repeats nothing");
    assert_eq!(
        server.gets("/accusation?utm_source=rss").len() + server.gets("/accusation").len(),
        1,
        "a page is fetched once"
    );
}

#[test]
fn a_copy_of_the_denial_in_another_outlet_raises_no_second_alert() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml", "/b.xml", "/c.xml"], ""));
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    server.put_feed("/c.xml", &[]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 1);
    let mut copy = denial(&server, hours_ago(2));
    copy.guid = "copy".into();
    copy.link = server.url("/copy-of-the-denial");
    copy.title = "Kestria rejects Norvanian claim about missiles".into();
    server.put_feed("/c.xml", &[copy]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 1);
    let outlets: Vec<String> = desk.sql("SELECT DISTINCT outlet FROM alert_denial ORDER BY 1");
    assert_eq!(outlets, ["outlet1.example", "outlet2.example"]);
}

#[test]
fn a_denial_recalled_from_years_ago_raises_no_alert() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml"], ""));
    server.put_feed("/a.xml", &[
        accusation(&server, hours_ago(30)),
        NewsItem {
            guid: "talks".into(),
            link: server.url("/talks"),
            title: "Talks about Sorvan to open under a shadow".into(),
            content: "<p>Mediators hope that talks about the Sorvan valley can open before the snow comes, and that both sides will send their ministers to the lake.</p><p>Two years ago Kestria denied claims by Norvania that it had sent missiles to the valley.</p><p>The hotel by the lake has been closed to guests since last week while workers put up the tents.</p>".into(),
            published: Some(hours_ago(2)),
            ..Default::default()
        },
    ]);
    desk.run_once();
    let recalled: Vec<i64> = desk.sql("SELECT recalled FROM statement WHERE act = 'denial'");
    assert_eq!(recalled, [1], "the denial is stored, and marked");
    assert_eq!(server.hooks().len(), 0);
}

#[test]
fn a_first_poll_is_the_baseline_and_alerts_nobody() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml"], "").replace("backfill = true\n", ""));
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30)), denial(&server, hours_ago(4))]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 0);
    let links: Vec<i64> = desk.sql("SELECT COUNT(*) FROM link");
    assert!(links[0] > 0, "stored and linked all the same");
}

#[test]
fn a_denial_whose_accusation_is_polled_late_alerts_then() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml", "/b.xml"], ""));
    let mut lone = denial(&server, hours_ago(4));
    lone.content = "<p>Kestria has never smuggled a single missile to the rebels in Sorvan, a spokesman for the Kestrian defence ministry said.</p>".into();
    lone.title = "Kestrian ministry speaks of missiles in Sorvan".into();
    lone.content = "<p>Kestria denied that it had smuggled anti-tank missiles to rebels in the Sorvan valley, a spokesman of its defence ministry said.</p>".into();
    server.put_feed("/a.xml", &[]);
    server.put_feed("/b.xml", &[lone]);
    desk.run_once();
    let before = server.hooks().len();
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    desk.run_once();
    let hooks = server.hooks();
    assert_eq!(hooks.len(), 1, "before the accusation came: {before}");
    assert!(
        body(&hooks[0])["data"]["accusations"].as_array().unwrap().iter().any(|a| a["actor"] == "Norvania")
            || before == 1,
        "{:#}",
        body(&hooks[0])
    );
}

#[test]
fn a_failing_webhook_is_tried_again_under_the_same_id() {
    let server = Server::start();
    server.answer_hooks(&[500]);
    let desk = Desk::new(&watchlist(&server, &["/a.xml", "/b.xml"], ""));
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    let mut daemon = desk.start();
    let hooks = server.wait_for_hooks(2, Duration::from_secs(40));
    assert_eq!(hooks.len(), 2, "{}", desk.daemon_log());
    assert_eq!(hooks[0].headers["webhook-id"], hooks[1].headers["webhook-id"]);
    assert_eq!(hooks[0].body, hooks[1].body);
    assert!(daemon.stop().success());
    let states: Vec<String> = desk.sql("SELECT state FROM delivery");
    assert_eq!(states, ["delivered"]);
}

#[test]
fn what_was_put_off_by_a_clock_that_was_set_back_is_done_now() {
    let server = Server::start();
    server.answer_hooks(&[500]);
    let desk = Desk::new(&watchlist(&server, &["/a.xml", "/b.xml"], ""));
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    assert!(desk.run(&["run", "--once"]).status.success());
    let db = rusqlite::Connection::open(desk.log()).unwrap();
    db.execute_batch(
        "UPDATE feed SET last_polled_at = '2140-01-01T00:00:00.000Z', next_poll_at = '2140-01-01T01:00:00.000Z';
         UPDATE delivery SET last_try_at = '2140-01-01T00:00:00.000Z', next_try_at = '2140-01-01T00:00:30.000Z';",
    )
    .unwrap();
    let polled = server.gets("/a.xml").len();
    let mut daemon = desk.start();
    let hooks = server.wait_for_hooks(2, Duration::from_secs(40));
    assert_eq!(hooks.len(), 2, "{}", desk.daemon_log());
    desk.wait_for_log("the clock was set back", Duration::from_secs(20));
    let asked_again = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        server.gets("/a.xml").len() > polled
    });
    assert!(asked_again, "{}", desk.daemon_log());
    assert!(daemon.stop().success());
    let waiting: Vec<i64> = desk.sql("SELECT count(*) FROM feed WHERE next_poll_at > '2139'");
    assert_eq!(waiting, [0]);
}

#[test]
fn neither_the_log_nor_the_messages_show_a_secret() {
    let server = Server::start();
    server.answer_hooks(&[500, 500, 500]);
    let list = watchlist(&server, &["/a.xml?key=feed-token", "/b.xml"], "");
    let desk = Desk::new(&list);
    server.put_feed("/a.xml?key=feed-token", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    let output = desk.run(&["run", "--once"]);
    let mut everything = String::from_utf8_lossy(&output.stderr).into_owned();
    everything += &String::from_utf8_lossy(&output.stdout);
    let check = desk.run(&["check"]);
    everything += &String::from_utf8_lossy(&check.stdout);
    everything += &String::from_utf8_lossy(&check.stderr);
    let list = desk.run(&["feeds", "list"]);
    everything += &String::from_utf8_lossy(&list.stdout);
    for file in ["gainsay.db", "gainsay.db-wal"] {
        if let Ok(bytes) = std::fs::read(desk.folder.path().join("state").join(file)) {
            everything += &String::from_utf8_lossy(&bytes);
        }
    }
    assert!(everything.contains("127.0.0.1"), "the addresses are there, redacted");
    for secret in ["feed-token", "path-that-is-secret", "token=abc", SECRET] {
        assert!(!everything.contains(secret), "{secret} is shown");
    }
}

#[test]
fn a_broken_save_keeps_the_last_good_watchlist_and_says_where() {
    let server = Server::start();
    server.put_feed("/a.xml", &[]);
    server.put_feed("/new.xml", &[]);
    let good = watchlist(&server, &["/a.xml"], "");
    let desk = Desk::new(&good);
    let mut daemon = desk.start();
    desk.wait_for_log("a.xml", LIMIT);
    desk.write_watchlist(&good.replace("[[topic]]\nname", "[[topic]]\nnaem"));
    desk.wait_for_log("naem", LIMIT);
    let check = desk.run(&["check", "--offline"]);
    assert_eq!(check.status.code(), Some(1));
    desk.write_watchlist(&watchlist(&server, &["/a.xml", "/new.xml"], ""));
    let until = Instant::now() + LIMIT;
    while server.gets("/new.xml").is_empty() {
        assert!(Instant::now() < until, "the new feed is not polled:\n{}", desk.daemon_log());
        std::thread::sleep(Duration::from_millis(50));
    }
    desk.write_watchlist(&good);
    daemon.signal("HUP");
    desk.wait_for_log("reloaded", LIMIT);
    assert!(daemon.stop().success());
}

#[test]
fn it_stops_within_ten_seconds_while_a_server_drips() {
    let server = Server::start();
    server.put("/slow.xml", Answer::new(200, "application/rss+xml", support::rss(&[])).after(Duration::from_secs(50)));
    let desk = Desk::new(&watchlist(&server, &["/slow.xml"], ""));
    let mut daemon = desk.start();
    let until = Instant::now() + LIMIT;
    while server.gets("/slow.xml").is_empty() {
        assert!(Instant::now() < until, "{}", desk.daemon_log());
        std::thread::sleep(Duration::from_millis(20));
    }
    let asked = Instant::now();
    assert!(daemon.stop().success());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[test]
fn bad_documents_cost_themselves_and_nothing_else() {
    let server = Server::start();
    let gzip = |bytes: &[u8]| {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let bad: Vec<(&str, Answer)> = vec![
        ("/empty", Answer::new(200, "application/rss+xml", "")),
        ("/html", Answer::new(200, "text/html", "<!doctype html><html><body><p>Not a feed</p></body></html>")),
        (
            "/truncated",
            Answer::new(
                200,
                "application/rss+xml",
                &b"<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>x</title><item><ti"[..],
            ),
        ),
        ("/utf16", Answer::new(200, "application/xml", &b"\xff\xfe<\0?\0x\0m\0l\0 \0\x00\xd8\x00\xd8"[..])),
        ("/huge", Answer::new(200, "application/rss+xml", vec![b' '; 50 << 20])),
        (
            "/bomb",
            Answer::new(200, "application/rss+xml", gzip(&vec![b'<'; 200 << 20])).header("content-encoding", "gzip"),
        ),
        ("/loop", Answer::new(302, "text/plain", "").header("location", "/loop")),
        ("/private", Answer::new(302, "text/plain", "").header("location", "http://169.254.169.254/latest/meta-data/")),
        ("/gone", Answer::new(410, "text/plain", "")),
        ("/busy", Answer::new(429, "text/plain", "").header("retry-after", "3600")),
    ];
    let mut paths: Vec<&str> = bad.iter().map(|(path, _)| *path).collect();
    for (path, answer) in &bad {
        server.put(path, answer.clone());
    }
    paths.extend(["/a.xml", "/b.xml"]);
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    let desk = Desk::new(&watchlist(&server, &paths, ""));
    desk.run_once();
    let kinds: Vec<Value> = server.hooks().iter().map(|hook| body(hook)["type"].clone()).collect();
    assert_eq!(
        kinds,
        ["denial.followed_accusation", "feed.silent"],
        "the two good feeds make their alert, one is gone"
    );
    let errors: Vec<String> = desk.sql("SELECT last_error FROM feed WHERE last_error IS NOT NULL");
    // The truncated one is read as far as it goes, and has no complete item.
    assert_eq!(errors.len(), bad.len() - 1, "each bad feed says what is wrong: {errors:#?}");
    let gone: Vec<i64> = desk.sql("SELECT gone FROM feed WHERE address LIKE '%/gone'");
    assert_eq!(gone, [1]);
    desk.run_once();
    assert_eq!(server.gets("/gone").len(), 1, "a feed that is gone is left alone");
    assert_eq!(server.gets("/busy").len(), 1, "Retry-After is honoured");
}

#[test]
fn an_article_link_to_a_private_address_is_not_followed() {
    let server = Server::start();
    let other = Server::start();
    other.put_page("/metadata", "Secrets", "Nothing to see here for anybody.");
    // `localhost` is another host than the one that the user wrote.
    let link = format!("http://localhost:{}/metadata", other.port);
    server.put_feed(
        "/a.xml",
        &[NewsItem {
            guid: "x".into(),
            link,
            title: "Kestria denies missiles".into(),
            published: Some(hours_ago(1)),
            ..Default::default()
        }],
    );
    let desk = Desk::new(&watchlist(&server, &["/a.xml"], ""));
    desk.run_once();
    assert!(other.received().is_empty());
}

#[test]
fn a_database_of_another_program_or_a_newer_version_is_refused_in_words() {
    let server = Server::start();
    server.put_feed("/a.xml", &[]);
    let desk = Desk::new(&watchlist(&server, &["/a.xml"], ""));
    std::fs::write(desk.log(), "this is a letter, not a database, and it is long enough to be looked at properly")
        .unwrap();
    let output = desk.run(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("gainsay.db"));
    std::fs::remove_file(desk.log()).unwrap();
    let db = rusqlite::Connection::open(desk.log()).unwrap();
    db.execute_batch("CREATE TABLE recipes (name TEXT);").unwrap();
    drop(db);
    let output = desk.run(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    let tables: Vec<String> = desk.sql("SELECT name FROM sqlite_master");
    assert_eq!(tables, ["recipes"], "it is left as it was");
    std::fs::remove_file(desk.log()).unwrap();
    desk.run_once();
    let db = rusqlite::Connection::open(desk.log()).unwrap();
    db.execute_batch("PRAGMA user_version = 9999;").unwrap();
    drop(db);
    let output = desk.run(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("newer"));
}

#[test]
fn query_shows_the_denial_as_a_line_of_json_and_as_csv() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml", "/b.xml"], ""));
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    desk.run_once();
    let output = desk.run(&["query", "--act", "denial", "--actor", "Kestria", "--format", "jsonl"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|l| l["act"] == "denial"), "{lines:#?}");
    let output = desk.run(&["query", "--act", "denial", "--format", "csv"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Kestria"));
}

/// One article that tells accusation and denial, as a feed gives it.
fn whole_story(server: &Server, at: Timestamp, denial: &str, more: &str) -> NewsItem {
    NewsItem {
        guid: "story".into(),
        link: server.url("/story"),
        title: "Kestria denies smuggling missiles to Sorvan rebels".into(),
        content: format!(
            "<p>Norvania on {day} accused Kestria of smuggling anti-tank missiles to rebels in the Sorvan valley.</p><p>{denial}</p><p>The fighting in the valley is in its third month, and the river port stayed open through the day.{more}</p>",
            day = weekday(at),
        ),
        published: Some(at),
        ..Default::default()
    }
}

#[test]
fn an_edited_article_and_a_new_actor_repeat_no_alert() {
    let server = Server::start();
    let list = watchlist(&server, &["/a.xml"], "");
    let desk = Desk::new(&list);
    let said = hours_ago(3);
    let first = format!(
        "Kestria on {} denied accusations by Norvania that it had smuggled missiles to the rebels in the Sorvan valley.",
        weekday(said)
    );
    server.put_feed("/a.xml", &[whole_story(&server, said, &first, "")]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 1);
    server.put_feed("/a.xml", &[whole_story(&server, said, &first, " The pass is closed to trucks.")]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 1, "an edit elsewhere in the article is no news");
    let reworded = first.replace("denied accusations", "again denied the accusations");
    server.put_feed("/a.xml", &[whole_story(&server, said, &reworded, " The pass is closed to trucks.")]);
    desk.run_once();
    assert_eq!(server.hooks().len(), 1, "nor are other words for the same denial");
    desk.write_watchlist(&format!("{list}\n[[actor]]\nname = \"Sorvan valley\"\n"));
    desk.run_once();
    assert_eq!(server.hooks().len(), 1, "nor is a reading for a new actor");
    let disputes: Vec<i64> = desk.sql("SELECT count(DISTINCT dispute_id) FROM dispute_statement");
    assert_eq!(disputes, [1], "the story stays one dispute");
    let current: Vec<i64> = desk.sql(
        "SELECT count(*) FROM alert a JOIN alert_denial n ON n.alert_id = a.id
         JOIN statement s ON s.id = n.statement_id WHERE s.superseded = 0 AND s.act = 'denial'",
    );
    assert!(current[0] > 0, "the alert knows the denial as the article has it now");
}

#[test]
fn a_page_that_asks_for_endless_patience_is_given_a_few_hours() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml"], ""));
    let item = NewsItem { link: server.url("/accusation"), ..accusation(&server, hours_ago(3)) };
    server.put("/accusation", Answer::new(503, "text/html", "later").header("retry-after", "99999999999999"));
    server.put_feed("/a.xml", &[item]);
    desk.run_once();
    let waits: Vec<String> = desk.sql("SELECT fetch_after FROM article WHERE stage = 'fetch'");
    assert_eq!(waits.len(), 1);
    let until: Timestamp = waits[0].parse().unwrap();
    assert!(until < hours_ago(-7), "{until}");
}

#[test]
fn a_document_that_breaks_off_is_asked_for_whole() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml"], ""));
    let item = |n: u8| {
        format!("<item><guid>{n}</guid><title>Kestria {n}</title><link>{}</link></item>", server.url(&format!("/{n}")))
    };
    let whole = format!("<rss version=\"2.0\"><channel><title>A</title>{}{}</channel></rss>", item(1), item(2));
    let cut = whole[..whole.len() - 40].to_owned();
    server.put("/a.xml", Answer::new(200, "application/rss+xml", cut));
    desk.run_once();
    let validators: Vec<Option<String>> = desk.sql("SELECT etag FROM feed");
    assert_eq!(validators, [None], "\"not modified\" would keep the rest away");
    server.put("/a.xml", Answer::new(200, "application/rss+xml", whole));
    desk.run_once();
    assert!(desk.sql::<Option<String>>("SELECT etag FROM feed")[0].is_some());
}

#[test]
fn runs_one_after_the_other_do_not_use_up_the_tries_of_a_delivery() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml", "/b.xml"], ""));
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    server.answer_hooks(&[500; 20]);
    for _ in 0..12 {
        desk.run_once();
    }
    let states: Vec<String> = desk.sql("SELECT state FROM delivery");
    assert_eq!(states, ["pending"], "its schedule is hours long, whoever asks");
}

#[test]
fn a_state_folder_that_can_t_be_written_is_named_and_the_exit_code_is_1() {
    let server = Server::start();
    server.put_feed("/a.xml", &[]);
    let desk = Desk::new(&watchlist(&server, &["/a.xml"], ""));
    // Nobody makes files in sysfs, not even root, whom no folder's mode would stop.
    for command in [&["run", "--once"] as &[_], &["run"]] {
        let output = desk.gainsay(command).env("STATE_DIRECTORY", "/sys").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("gainsay: cannot open or write /sys/gainsay.db") && said.contains("Check that"),
            "{said}"
        );
    }
    assert!(server.received().is_empty(), "nothing is polled that could not be kept");
}

#[test]
fn a_log_that_another_program_holds_for_some_seconds_is_waited_for() {
    let server = Server::start();
    let desk = Desk::new(&watchlist(&server, &["/a.xml", "/b.xml"], ""));
    server.put_feed("/a.xml", &[]);
    server.put_feed("/b.xml", &[]);
    desk.run_once();
    server.put_feed("/a.xml", &[accusation(&server, hours_ago(30))]);
    server.put_feed("/b.xml", &[denial(&server, hours_ago(4))]);
    let other = rusqlite::Connection::open(desk.log()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let held = Duration::from_secs(3);
    let holder = std::thread::spawn(move || {
        std::thread::sleep(held);
        other.execute_batch("COMMIT").unwrap();
    });
    let asked = Instant::now();
    desk.run_once();
    assert!(asked.elapsed() >= held, "{:?}", asked.elapsed());
    holder.join().unwrap();
    assert_eq!(server.hooks().len(), 1, "nothing is lost");
}
