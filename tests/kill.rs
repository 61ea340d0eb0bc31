//! The daemon killed with SIGKILL at random moments: no alert lost, none under two ids, the log whole.
//!
//! `cargo test --test kill -- --ignored`; the seed of the moments is printed, and GAINSAY_KILL_SEED repeats it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use support::{Answer, Desk, NewsItem, Server, rss};

const KILLS: usize = 200;
/// A new feed with a new accusation and its denial before each of the first so many starts.
const STORIES: usize = 100;

/// The name of the n-th invented state: three syllables that no other number has.
fn state(n: usize) -> String {
    const A: [&str; 10] = ["Bar", "Cel", "Dor", "Fen", "Gal", "Hol", "Jun", "Kel", "Lom", "Mar"];
    const B: [&str; 10] = ["ba", "do", "gu", "ki", "lo", "mu", "na", "po", "ri", "ta"];
    format!("{}{}via", A[n / 10 % 10], B[n % 10])
}

fn story(server: &Server, n: usize) -> Vec<NewsItem> {
    let (accused, hour) = (state(n), jiff::SignedDuration::from_hours(1));
    let now = jiff::Timestamp::now();
    server.put_page(
        &format!("/page/{n}"),
        &format!("Norvania accuses {accused} of smuggling missiles"),
        &format!("Norvania accused {accused} of smuggling anti-tank missiles to rebels in the Sorvan valley.\n\nThe fighting in the valley is in its third month. Markets in the region were calm, and the river port stayed open through the day while traders waited for the evening boats."),
    );
    vec![
        NewsItem {
            guid: format!("accusation-{n}"),
            link: server.url(&format!("/page/{n}")),
            title: format!("Norvania accuses {accused} of smuggling missiles"),
            published: Some(now - hour * 20),
            ..Default::default()
        },
        NewsItem {
            guid: format!("denial-{n}"),
            link: server.url(&format!("/denial/{n}")),
            title: format!("{accused} denies smuggling missiles"),
            content: format!(
                "<p>{accused} denied accusations by Norvania that it had smuggled anti-tank missiles to rebels in the Sorvan valley.</p><p>The ministry said the border had been closed to all heavy transport since March, and that its soldiers had searched every truck at the pass. It gave no other details, and no one was hurt on the road.</p>"
            ),
            published: Some(now - hour),
            ..Default::default()
        },
    ]
}

#[test]
#[ignore = "takes a minute or two"]
fn killed_at_any_moment_it_loses_no_alert_and_sends_none_under_two_ids() {
    let seed = std::env::var("GAINSAY_KILL_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("GAINSAY_KILL_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let server = Server::start();
    let mut watchlist = format!(
        "[[alert]]\nname = \"all\"\nany = true\nto = [\"newsroom\"]\n\n[[webhook]]\nname = \"newsroom\"\nurl = \"{}\"\nsecret = {{ env = \"NEWSROOM_SECRET\" }}\n\n[[actor]]\nname = \"Norvania\"\n\n",
        server.url("/hook")
    );
    for n in 0..STORIES {
        watchlist += &format!("[[actor]]\nname = \"{}\"\n\n", state(n));
    }
    let desk = Desk::new(&watchlist);
    for kill in 0..KILLS {
        if kill < STORIES {
            let path = format!("/feed/{kill}");
            let feed = rss(&story(&server, kill));
            let delay = Duration::from_millis(random.random_range(0..60));
            server.put(&path, Answer::new(200, "application/rss+xml", feed).after(delay));
            watchlist += &format!("[[feed]]\nurl = \"{}\"\nbackfill = true\n\n", server.url(&path));
            desk.write_watchlist(&watchlist);
        }
        if random.random_bool(0.2) {
            server.answer_hooks(&[500]);
        }
        let mut daemon = desk.start();
        std::thread::sleep(Duration::from_millis(random.random_range(10..400)));
        daemon.0.kill().unwrap();
        daemon.0.wait().unwrap();
    }
    server.answer_hooks(&[]);
    // Deliveries that failed twice wait for minutes; their time has come.
    let due = "UPDATE delivery SET next_try_at = created_at FROM message WHERE message.id = message_id";
    rusqlite::Connection::open(desk.log()).unwrap().execute(due, []).unwrap();
    desk.run_once();

    let integrity: Vec<String> = desk.sql("PRAGMA integrity_check");
    assert_eq!(integrity, ["ok"]);
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for hook in server.hooks() {
        let message: serde_json::Value = serde_json::from_str(&hook.body).unwrap();
        let accused = message["data"]["dispute"]["accused"].as_str().unwrap().to_owned();
        ids.entry(accused).or_default().insert(hook.headers["webhook-id"].clone());
    }
    let astray: Vec<String> = (0..STORIES)
        .filter_map(|n| {
            let told = ids.get(&state(n)).map_or(0, BTreeSet::len);
            (told != 1).then(|| format!("{} was told under {told} ids", state(n)))
        })
        .collect();
    assert!(astray.is_empty(), "{astray:#?}");
    let undelivered: Vec<i64> = desk.sql("SELECT COUNT(*) FROM delivery WHERE state != 'delivered'");
    assert_eq!(undelivered, [0]);
    let polls: usize = (0..STORIES).map(|n| server.gets(&format!("/feed/{n}")).len()).sum();
    println!("{polls} polls of {STORIES} feeds");
    // Each feed is polled when it is new and by the last pass. A kill costs the poll that it falls into: 210 to 215 polls
    // were counted in four runs on two cores, and a slow machine may double what is lost.
    assert!(polls <= 2 * STORIES + KILLS / 5, "{polls} polls");
}
