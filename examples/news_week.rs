//! Serves a week of news to the real daemon, day by day, under a rule that watches everything, and writes down every alert.
//!
//!     cargo build --release && cargo run --release --example news_week -- [ALERTS.jsonl] [LOG.db]
//!
//! The week is `../shared/corpora/news-week.jsonl.xz` (and `xz` must be there): its sections are the feeds, its texts stand in
//! them whole. Each line of the output is one alert or update as the webhook got it, with the day on which it came; the second
//! file is a copy of the daemon's log.

#[path = "support/labelled.rs"]
mod labelled;
#[path = "../tests/support/mod.rs"]
mod support;

use anyhow::Context;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::Command;
use std::time::Instant;
use support::{Desk, NewsItem, Server, escape};

#[derive(Deserialize)]
struct Story {
    id: String,
    title: String,
    published: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    text: String,
    section: String,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let alerts = arguments.next().unwrap_or_else(|| "news-week-alerts.jsonl".to_owned());
    let copy = arguments.next();
    let week = labelled::output(Command::new("xz").args(["-dc", "../shared/corpora/news-week.jsonl.xz"]))?;
    let mut days: BTreeMap<String, Vec<Story>> = BTreeMap::new();
    for line in week.lines() {
        let story: Story = serde_json::from_str(line)?;
        let day = story.published.get(..10).context("a story without a day")?.to_owned();
        days.entry(day).or_default().push(story);
    }
    let sections: BTreeSet<&str> = days.values().flatten().map(|story| story.section.as_str()).collect();

    let server = Server::start();
    // The week is years ago: whatever is new in it shall be told.
    let mut watchlist = format!(
        "[[alert]]\nname = \"all\"\nany = true\nupdates = true\nmax_age = \"3650 days\"\nto = [\"desk\"]\n\n\
         [[webhook]]\nname = \"desk\"\nurl = \"{}\"\nsecret = {{ env = \"NEWSROOM_SECRET\" }}\n\n",
        server.url("/hook")
    );
    let path = |number: usize| format!("/feed/{number}");
    for number in 0..sections.len() {
        write!(
            watchlist,
            "[[feed]]\nurl = \"{}\"\nbackfill = true\nfull_text = \"never\"\n\n",
            server.url(&path(number))
        )?;
        server.put_feed(&path(number), &[]);
    }
    let desk = Desk::new(&watchlist);

    let (mut told, mut lines) = (0, String::new());
    for (day, stories) in &days {
        let started = Instant::now();
        for (number, section) in sections.iter().enumerate() {
            let items: Vec<NewsItem> = stories.iter().filter(|story| story.section == **section).map(item).collect();
            server.put_feed(&path(number), &items);
        }
        desk.run_once();
        let hooks = server.hooks();
        for hook in &hooks[told..] {
            let body: serde_json::Value = serde_json::from_str(&hook.body)?;
            writeln!(lines, "{}", serde_json::json!({ "day": day, "body": body }))?;
        }
        let (new, seconds) = (hooks.len() - told, started.elapsed().as_secs_f64());
        println!("{day}: {} articles, {new} messages, {seconds:.0} s", stories.len());
        told = hooks.len();
    }
    std::fs::write(&alerts, lines)?;
    if let Some(copy) = copy {
        std::fs::copy(desk.log(), copy)?;
    }
    println!("{told} messages in {alerts}");
    Ok(())
}

fn item(story: &Story) -> NewsItem {
    let text = if story.text.is_empty() { &story.summary } else { &story.text };
    NewsItem {
        guid: labelled::key(&story.id),
        link: format!("http://127.0.0.1:9/{}", labelled::key(&story.id)),
        title: story.title.clone(),
        summary: story.summary.clone(),
        content: text.split('\n').filter(|line| !line.trim().is_empty()).map(paragraph).collect(),
        published: story.published.parse().ok(),
    }
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape(text))
}
