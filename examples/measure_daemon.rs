//! Measures the running daemon over loopback: resident memory when idle with many feeds, and the time from the
//! moment a changed feed is served to the moment its alert arrives at the webhook.
//!
//!     cargo build --release && cargo run --release --example measure_daemon -- [FEEDS] [CHANGES]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};
use support::{Desk, NewsItem, Server};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<usize>().expect("a number"));
    let feeds = arguments.next().unwrap_or(1000);
    let changes = arguments.next().unwrap_or(20);
    let server = Server::start();
    let mut watchlist = format!(
        "[[alert]]\nname = \"all\"\nany = true\nto = [\"newsroom\"]\n\n[[webhook]]\nname = \"newsroom\"\nurl = \"{}\"\nsecret = {{ env = \"NEWSROOM_SECRET\" }}\n\n[daemon]\nper_host = 16\n\n[[actor]]\nname = \"Norvania\"\n\n",
        server.url("/hook")
    );
    for n in 0..feeds {
        server.put_feed(&format!("/feed/{n}"), &(0..20).map(|item| filler(&server, n, item)).collect::<Vec<_>>());
        watchlist += &format!("[[feed]]\nurl = \"{}\"\n\n", server.url(&format!("/feed/{n}")));
    }
    let desk = Desk::new(&watchlist);
    let daemon = desk.start();
    let started = Instant::now();
    let polled = || (0..feeds).filter(|n| !server.gets(&format!("/feed/{n}")).is_empty()).count();
    while polled() < feeds {
        assert!(started.elapsed() < Duration::from_secs(600), "only {} of {feeds} feeds polled", polled());
        std::thread::sleep(Duration::from_millis(500));
    }
    println!("{feeds} feeds of 20 items polled for the first time within {:.1} s", started.elapsed().as_secs_f64());
    std::thread::sleep(Duration::from_secs(10));
    println!("resident memory, idle with {feeds} feeds: {:.1} MiB", resident(daemon.0.id()));
    drop(daemon);

    let mut delays = Vec::new();
    for change in 0..changes {
        // A new feed is polled at once when the watchlist is saved, so that the poll's interval is not measured.
        let path = format!("/changed/{change}");
        server.put_feed(&path, &story(&server, change));
        watchlist += &format!("[[feed]]\nurl = \"{}\"\nbackfill = true\n\n", server.url(&path));
    }
    desk.write_watchlist(&watchlist);
    let before = server.hooks().len();
    let _daemon = desk.start();
    let hooks = server.wait_for_hooks(before + changes, Duration::from_secs(120));
    for change in 0..changes {
        let served = server.gets(&format!("/changed/{change}"))[0].at;
        let told = hooks.iter().find(|hook| hook.body.contains(&format!("/denial/{change}\"")));
        delays.push(told.expect("an alert for each change").at - served);
    }
    delays.sort();
    println!(
        "from the changed feed to the webhook, {changes} changes at once: median {:.0} ms, most {:.0} ms",
        delays[delays.len() / 2].as_secs_f64() * 1000.0,
        delays[delays.len() - 1].as_secs_f64() * 1000.0
    );
}

fn filler(server: &Server, feed: usize, item: usize) -> NewsItem {
    NewsItem {
        guid: format!("{feed}-{item}"),
        link: server.url(&format!("/page/{feed}/{item}")),
        title: format!("Harbour report number {item} of the district {feed}"),
        summary: "The evening boats came in with the tide, and the market opened as it does on every day of the week."
            .into(),
        published: Some(jiff::Timestamp::now()),
        ..Default::default()
    }
}

/// The accused of the n-th story: each its own, since denials of one side about one matter are one event.
fn state(n: usize) -> String {
    const FIRST: [&str; 10] = ["Bar", "Cel", "Dor", "Fen", "Gal", "Hol", "Jun", "Kel", "Lom", "Mar"];
    const LAST: [&str; 4] = ["dovia", "kivia", "navia", "rivia"];
    format!("{}{}", FIRST[n % 10], LAST[n / 10 % 4])
}

fn story(server: &Server, n: usize) -> Vec<NewsItem> {
    let accused = state(n);
    let hour = jiff::SignedDuration::from_hours(1);
    let text = |words: &str| {
        format!(
            "<p>{words}</p><p>The ministry said the border had been closed to all heavy transport since March, and that its soldiers had searched every truck at the pass. It gave no other details, and no one was hurt on the road.</p>"
        )
    };
    vec![
        NewsItem {
            guid: format!("accusation-{n}"),
            link: server.url(&format!("/accusation/{n}")),
            title: format!("Norvania accuses {accused} of smuggling missiles"),
            content: text(&format!("Norvania accused {accused} of smuggling anti-tank missiles to rebels.")),
            published: Some(jiff::Timestamp::now() - hour * 20),
            ..Default::default()
        },
        NewsItem {
            guid: format!("denial-{n}"),
            link: server.url(&format!("/denial/{n}")),
            title: format!("{accused} denies smuggling missiles"),
            content: text(&format!(
                "{accused} denied accusations by Norvania that it had smuggled anti-tank missiles to rebels."
            )),
            published: Some(jiff::Timestamp::now() - hour),
            ..Default::default()
        },
    ]
}

/// `VmRSS` of the process in MiB; see proc(5).
fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the daemon runs");
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("proc(5)");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).expect("a number") / 1024.0
}
