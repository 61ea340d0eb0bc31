//! Serves a week of news to the real daemon, day by day, under a rule that watches everything, and writes down every alert.
//!
//!     cargo build --release && cargo run --release --example news_week -- [ALERTS.jsonl] [LOG.db]
//!     cargo run --release --example news_week -- --count LOG.db
//!
//! The week is `../shared/corpora/news-week.jsonl.xz` (and `xz` must be there): its sections are the feeds, its texts stand in
//! them whole. Each line of the output is one alert or update as the webhook got it, with the day on which it came; the second
//! file is a copy of the daemon's log. `--count` holds that against what readers found (docs/news-week.md): how many of the
//! alerts are right, and how many of the denials of sixty articles are among them.

#[path = "support/labelled.rs"]
mod labelled;
#[path = "../tests/support/mod.rs"]
mod support;

use anyhow::Context;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|first| first == "--count").is_some() {
        return count(&arguments.next().context("--count LOG.db")?);
    }
    let alerts = arguments.next().unwrap_or_else(|| "news-week-alerts.jsonl".to_owned());
    let copy = arguments.next();
    let mut days: BTreeMap<String, Vec<Story>> = BTreeMap::new();
    for story in week()? {
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

fn week() -> anyhow::Result<Vec<Story>> {
    let week = labelled::output(Command::new("xz").args(["-dc", "../shared/corpora/news-week.jsonl.xz"]))?;
    Ok(week.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// What a reader found of an alert, known by its article and the place of its denial's passage in it.
#[derive(Deserialize)]
struct Judged {
    article: String,
    /// In code points; none: the title.
    denial: Option<(usize, usize)>,
    right: bool,
}

/// What a reader found in an article of the sample.
#[derive(Deserialize)]
struct Read {
    article: String,
    denials: Vec<Denial>,
}

#[derive(Deserialize)]
struct Denial {
    /// Wherever it is told, in code points of the text.
    at: Vec<(usize, usize)>,
    recalled: bool,
    sure: bool,
}

/// A denial of an alert that was sent.
struct Told {
    article: String,
    /// In code points; none: the title.
    at: Option<(usize, usize)>,
    /// Whether it is the one that raised the alert.
    first: bool,
}

fn count(log: &str) -> anyhow::Result<()> {
    let stories: HashMap<String, Story> = week()?.into_iter().map(|story| (labelled::key(&story.id), story)).collect();
    let told = told(log, &stories)?;
    let alerts: Vec<&Told> = told.iter().filter(|told| told.first).collect();
    let judged: Vec<Judged> = read("docs/news-week/judged.jsonl")?;
    let verdict = |alert: &Told| {
        let mut about = judged.iter().filter(|judged| judged.article == alert.article);
        about.find(|judged| judged.denial == alert.at).map(|judged| judged.right)
    };
    let verdicts: Vec<bool> = alerts.iter().filter_map(|alert| verdict(alert)).collect();
    let right = verdicts.iter().filter(|right| **right).count();
    println!("{} alerts, {} of them judged: {}", alerts.len(), verdicts.len(), share(right, verdicts.len()));

    let sample: Vec<Read> = read("docs/news-week/recall.jsonl")?;
    let (mut found, mut wanted) = (0, 0);
    for read in &sample {
        let here: Vec<(usize, usize)> =
            told.iter().filter(|told| told.article == read.article).filter_map(|told| told.at).collect();
        for denial in read.denials.iter().filter(|denial| denial.sure && !denial.recalled) {
            wanted += 1;
            found += usize::from(denial.at.iter().any(|at| here.iter().any(|told| told.0 < at.1 && at.0 < told.1)));
        }
    }
    println!("denials of an accusation in {} articles that were alerted: {}", sample.len(), share(found, wanted));
    Ok(())
}

/// With the interval that holds the true share 19 times in 20 (E. B. Wilson 1927).
fn share(part: usize, of: usize) -> String {
    if of == 0 {
        return "none".to_owned();
    }
    let (n, z) = (of as f64, 1.96_f64);
    let p = part as f64 / n;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / (1.0 + z * z / n);
    format!("{part} of {of}, {p:.2} ({:.2} to {:.2})", middle - reach, middle + reach)
}

fn read<T: serde::de::DeserializeOwned>(file: &str) -> anyhow::Result<Vec<T>> {
    let text = std::fs::read_to_string(file).with_context(|| file.to_owned())?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn told(log: &str, stories: &HashMap<String, Story>) -> anyhow::Result<Vec<Told>> {
    let db = rusqlite::Connection::open(log)?;
    let mut query = db.prepare(
        "SELECT a.url, s.passage, s.id = al.denial_id FROM alert al JOIN alert_denial n ON n.alert_id = al.id
         JOIN statement s ON s.id = n.statement_id JOIN article a ON a.id = s.article_id
         WHERE al.held IS NULL ORDER BY al.id, s.id",
    )?;
    let rows = query.query_map([], |row| {
        let text = |column: usize| row.get::<_, String>(column);
        Ok((text(0)?, text(1)?, row.get(2)?))
    })?;
    let mut told = Vec::new();
    for row in rows {
        let (url, passage, first) = row?;
        let article = url.rsplit('/').next().unwrap_or_default().to_owned();
        let story = stories.get(&article).context("an article of another log")?;
        told.push(Told { article, at: place(&story.text, &passage), first });
    }
    Ok(told)
}

/// Where the passage stands in the text, whatever becomes of white space, in code points.
fn place(text: &str, passage: &str) -> Option<(usize, usize)> {
    let words = |text: &str| text.split_whitespace().collect::<String>();
    let (all, wanted) = (words(text), words(passage));
    let from = all[..all.find(&wanted)?].chars().count();
    let until = from + wanted.chars().count();
    let mut black = text.chars().enumerate().filter(|(_, letter)| !letter.is_whitespace()).map(|(at, _)| at);
    Some((black.clone().nth(from)?, black.nth(until.checked_sub(1)?)? + 1))
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
