//! `gainsay check`

use super::{log, progress, terminal};
use crate::alerts::desktop::Desktop;
use crate::daemon::{RELOAD_ERROR, feed_key};
use crate::feeds::net::{Accept, Access, Fetcher, Request};
use crate::store::{Reader, StoreError};
use crate::watchlist::{self, Feed, FullText, Problem, Problems, Rule, Sink, Watchlist, Webhook, in_words};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks the watchlist, the feeds and the sinks.
///
/// Every problem is shown with its file, line and column, and what to write instead. What is sound is summed up,
/// with notes on what may not be meant so. Exit code 1 where anything is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gainsay check
  gainsay check --offline --watchlist config/watchlist.toml")]
pub struct Arguments {
    /// The watchlist [default: that of `gainsay run`].
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
    /// Read the watchlist and its secrets only; contact neither feeds nor sinks.
    #[arg(long)]
    offline: bool,
    /// The log, where the daemon says what became of its last reload [default: your own, else the system service's].
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

/// What one attempt to reach a feed or sink brought.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What was tried, such as `feed https://news.example/rss`.
    pub what: String,
    /// What came of it: `12 items, the newest 3 hours old`; or what went wrong, and what to do.
    pub outcome: Result<String, String>,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.watchlist.unwrap_or_else(watchlist::default_path);
        let review = watchlist::load_review(&path);
        let paint = Paint::on(&std::io::stdout());
        let mut report = String::new();
        let name = path.display().to_string();
        let named = self.db.is_some();
        let log = match log::open(self.db) {
            Ok((log, _)) => Some(log),
            Err(error) if named => return Err(error),
            // The daemon has not run yet.
            Err(error) if matches!(error.downcast_ref(), None | Some(StoreError::Missing(_))) => None,
            Err(error) => {
                let why = terminal::safe(&error.to_string()).into_owned();
                let _ = writeln!(report, "{}: what the daemon says is not known: {why}", paint.yellow("note"));
                None
            }
        };
        let sound = match &review.watchlist {
            Ok(list) => {
                summary(&mut report, list);
                let attempts = if self.offline { Vec::new() } else { attempts(list) };
                tell_attempts(&mut report, &attempts, paint);
                tell_gone(&mut report, list, log.as_ref(), paint);
                tell(&mut report, &review.elsewhere, &paint.yellow("note"));
                tell(&mut report, &review.notes, &paint.yellow("note"));
                let sound = attempts.iter().all(|attempt| attempt.outcome.is_ok());
                let state = if sound { paint.green("sound") } else { paint.red("sound, but not all of it answers") };
                let _ = writeln!(report, "{}: {state}", terminal::safe(&name));
                sound
            }
            Err(problems) => {
                tell(&mut report, &review.elsewhere, &paint.yellow("note"));
                tell(&mut report, &review.notes, &paint.yellow("note"));
                tell(&mut report, &problems.0, &paint.red("error"));
                let count = counted(problems.0.len(), "problem");
                let _ = writeln!(report, "{}: {}", terminal::safe(&name), paint.red(&count));
                false
            }
        };
        if let Some(error) = log.as_ref().and_then(|log| failed_reload(log, &path)) {
            let (at, why) = error.split_once('\n').unwrap_or((&error, ""));
            let lines: Vec<_> = why.lines().map(terminal::safe).collect();
            let _ = writeln!(
                report,
                "{}: the daemon keeps the last good watchlist; its reload of {at} failed:\n{}",
                paint.yellow("note"),
                lines.join("\n")
            );
        }
        std::io::stdout().write_all(report.as_bytes())?;
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Polls every feed once, and looks whether every sink can be reached; nothing is sent to them.
fn attempts(list: &Watchlist) -> Vec<Attempt> {
    let setup = |error: String| vec![Attempt { what: "the net".into(), outcome: Err(error) }];
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return setup(error.to_string()),
    };
    let fetcher = match Fetcher::new(&list.settings) {
        Ok(fetcher) => fetcher,
        Err(error) => return setup(error.to_string()),
    };
    let bar = progress::bar(list.feeds.len() + list.webhooks.len(), "feeds and webhooks");
    let done = |attempt: &Attempt| {
        bar.set_message(terminal::safe(&attempt.what).into_owned());
        bar.inc(1);
    };
    let attempts = runtime.block_on(async {
        let feeds = join_all(list.feeds.iter().map(|feed| poll(&fetcher, feed).inspect(done))).await;
        let sinks = join_all(list.webhooks.iter().map(|webhook| reach(&fetcher, webhook).inspect(done))).await;
        let mut attempts: Vec<Attempt> = feeds.into_iter().chain(sinks).collect();
        if list.rules.iter().any(|rule| rule.to.contains(&Sink::Desktop)) {
            let outcome = Desktop::default().reach().await.map_err(|error| error.to_string());
            let outcome = outcome.map(|()| "a notification server answers".to_owned());
            attempts.push(Attempt { what: "desktop".into(), outcome });
        }
        attempts
    });
    bar.finish_and_clear();
    attempts
}

async fn poll(fetcher: &Fetcher, feed: &Feed) -> Attempt {
    let access = Access::to_feed(feed);
    let outcome = match fetcher.get(&Request::new(feed.url.expose(), &access, Accept::Feed)).await {
        Err(error) => Err(error.to_string()),
        Ok(response) => {
            let (response, body) = response.split();
            let body = body.unwrap_or_default();
            match crate::feeds::parse(&body.bytes, body.content_type.as_deref(), &response.final_url) {
                Ok(document) => Ok(counted(document.items.len(), "item")),
                Err(error) if feed.url.holds_secret() => Err(error.to_string()),
                Err(error) => Err(error.with_feeds()),
            }
        }
    };
    Attempt { what: feed.url.to_string(), outcome }
}

/// Whether somebody answers where the webhook is; what is not asked for at its own address, lest it take it for a call.
async fn reach(fetcher: &Fetcher, webhook: &Webhook) -> Attempt {
    let access = Access::to_webhook(webhook);
    let mut url = webhook.url.expose().clone();
    url.set_path("/");
    url.set_query(None);
    let outcome = match fetcher.get(&Request::new(&url, &access, Accept::Any)).await {
        Err(error) if error.status().is_none() => Err(error.to_string()),
        _ => Ok("its server answers; `gainsay notify-test` sends a message".to_owned()),
    };
    Attempt { what: format!("webhook {}", webhook.name), outcome }
}

/// What the daemon says of its last reload, where that failed for what stands in the watchlist at `path`: the log may
/// be that of a daemon with another watchlist.
fn failed_reload(log: &Reader, path: &Path) -> Option<String> {
    let absolute = std::path::absolute(path).ok()?;
    let names_it = |line: &str| {
        [path, &absolute]
            .iter()
            .any(|path| line.strip_prefix(&*path.to_string_lossy()).is_some_and(|rest| rest.starts_with(':')))
    };
    log.fact(RELOAD_ERROR).ok()?.filter(|error| error.lines().any(names_it))
}

fn summary(report: &mut String, list: &Watchlist) {
    section(report, &counted(list.feeds.len(), "feed"), list.feeds.iter().map(feed));
    let aliases = list.actors.iter().map(|actor| format!("{} ({})", actor.name, counted(actor.aliases.len(), "alias")));
    section(report, &counted(list.actors.len(), "actor"), aliases);
    let topics = list.topics.iter().map(|topic| format!("{} ({})", topic.name, counted(topic.any.len(), "phrase")));
    section(report, &counted(list.topics.len(), "topic"), topics);
    section(report, &counted(list.rules.len(), "rule"), list.rules.iter().map(rule));
    section(report, &counted(list.webhooks.len(), "webhook"), list.webhooks.iter().map(webhook));
}

fn section(report: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let _ = writeln!(report, "{title}");
    for line in lines {
        let _ = writeln!(report, "  {}", terminal::safe(&line));
    }
}

fn feed(feed: &Feed) -> String {
    let mut line = feed.url.to_string();
    if let Some(outlet) = &feed.outlet {
        let _ = write!(line, ", outlet {outlet}");
    }
    if let Some(every) = feed.every {
        let _ = write!(line, ", every {}", in_words(every));
    }
    match feed.full_text {
        FullText::Always => line.push_str(", full text always"),
        FullText::Never => line.push_str(", full text never"),
        FullText::Matched => {}
    }
    if feed.backfill {
        line.push_str(", backfill");
    }
    if let Some(proxy) = &feed.proxy {
        let _ = write!(line, ", through {proxy}");
    }
    if feed.auth.is_some() {
        line.push_str(", with a password");
    }
    if !feed.headers.is_empty() {
        let names: Vec<_> = feed.headers.iter().map(|(name, _)| name.as_str()).collect();
        let _ = write!(line, ", headers {}", names.join(" "));
    }
    line
}

fn rule(rule: &Rule) -> String {
    let mut filters = Vec::new();
    let parts = [
        ("", &rule.actors),
        ("accused ", &rule.accused),
        ("accusers ", &rule.accusers),
        ("deniers ", &rule.deniers),
        ("about ", &rule.topics),
    ];
    for (role, names) in parts.iter().filter(|(_, names)| !names.is_empty()) {
        filters.push(format!("{role}{}", names.join(" or ")));
    }
    if rule.any {
        filters.push("everything".into());
    }
    let to: Vec<_> = rule.to.iter().map(|sink| sink.name()).collect();
    format!("{}: {} → {}", rule.name, filters.join("; "), to.join(", "))
}

fn webhook(webhook: &Webhook) -> String {
    let signed = if webhook.secret.is_some() { "signed" } else { "unsigned" };
    let through = webhook.proxy.as_ref().map(|proxy| format!(", through {proxy}")).unwrap_or_default();
    format!("{}: {}, {signed}{through}", webhook.name, webhook.url)
}

fn counted(count: usize, what: &str) -> String {
    let plural = if what.ends_with('s') { "es" } else { "s" };
    format!("{count} {what}{}", if count == 1 { "" } else { plural })
}

/// Notes the feeds that the log has as gone, whatever their servers answer now.
fn tell_gone(report: &mut String, list: &Watchlist, log: Option<&Reader>, paint: Paint) {
    let states = log.and_then(|log| log.feed_states().ok()).unwrap_or_default();
    let gone: HashSet<&str> = states.iter().filter(|state| state.gone).map(|state| state.key.as_str()).collect();
    for feed in list.feeds.iter().filter(|feed| gone.contains(feed_key(feed).as_str())) {
        let _ = writeln!(
            report,
            "{}: {}: the daemon asks it once a week only, since it answered that it is gone for good (410)",
            paint.yellow("note"),
            terminal::safe(&feed.url.to_string())
        );
    }
}

fn tell_attempts(report: &mut String, attempts: &[Attempt], paint: Paint) {
    for Attempt { what, outcome } in attempts {
        let (mark, said) = match outcome {
            Ok(said) => (paint.green("ok"), said),
            Err(said) => (paint.red("failed"), said),
        };
        let _ = writeln!(report, "{mark} {}: {}", terminal::safe(what), terminal::safe(said));
    }
}

/// What is wrong with a watchlist, as standard error shows it.
pub(super) fn explained(problems: &Problems) -> String {
    let mut report = String::new();
    tell(&mut report, &problems.0, &Paint::on(&std::io::stderr()).red("error"));
    let _ = writeln!(report, "gainsay: the watchlist has {}", counted(problems.0.len(), "problem"));
    report
}

fn tell(report: &mut String, problems: &[Problem], level: &str) {
    for problem in problems {
        let _ = writeln!(report, "{level}: {problem}\n");
    }
}

/// Colours, where a person watches and has not asked for none (<https://no-color.org>).
#[derive(Debug, Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn on(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Paint(stream.is_terminal() && !refused && std::env::var_os("TERM").is_none_or(|term| term != "dumb"))
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    fn yellow(self, text: &str) -> String {
        self.with("1;33", text)
    }

    fn green(self, text: &str) -> String {
        self.with("32", text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::store::Store;

    fn check(text: &str) -> (ExitCode, PathBuf, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("watchlist.toml");
        std::fs::write(&file, text).unwrap();
        let code = Arguments { watchlist: Some(file.clone()), offline: true, db: None }.run().unwrap();
        (code, file, folder)
    }

    #[test]
    fn the_watchlist_that_comes_with_gainsay_is_sound_and_worth_no_note() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/watchlist.toml");
        let review = watchlist::load_review(&file);
        let notes: Vec<_> = review.notes.iter().map(|note| note.to_string()).collect();
        let list = review.watchlist.unwrap_or_else(|problems| panic!("{problems}"));
        assert!(list.feeds.len() >= 12 && list.topics.len() >= 8 && !list.rules.is_empty());
        assert!(notes.is_empty(), "{}", notes.join("\n"));
        let code = Arguments { watchlist: Some(file), offline: true, db: None }.run().unwrap();
        assert_eq!(code, ExitCode::SUCCESS);
    }

    #[test]
    fn a_broken_watchlist_fails_the_check() {
        assert_eq!(check("[[feed]]\nurl = 3\n").0, ExitCode::FAILURE);
        assert_eq!(check("[[feed]]\nurl = \"https://news.example/\"\n").0, ExitCode::SUCCESS);
    }

    #[test]
    fn the_summary_shows_no_login_and_no_webhook_path() {
        let text = "[[feed]]\nurl = \"https://news.example/rss?key=hunter2\"\n\
                    [[alert]]\nname = \"all\"\nany = true\nto = [\"room\"]\n\
                    [[webhook]]\nname = \"room\"\nurl = \"https://hooks.example/hunter2\"\n";
        let (_, file, _folder) = check(text);
        let mut report = String::new();
        summary(&mut report, &watchlist::load(&file).unwrap());
        assert!(
            report.contains("https://news.example/rss?…") && report.contains("https://hooks.example/…"),
            "{report}"
        );
        assert!(report.contains("all: everything → room"), "{report}");
        assert!(!report.contains("hunter2"), "{report}");
    }

    #[test]
    fn a_failed_reload_is_told_of_its_own_watchlist_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Store::open(&folder.path().join("gainsay.db")).unwrap();
        let path = folder.path().join("watchlist.toml");
        let told = format!("2031-05-04T10:00:00Z\n{}:3:1: unknown key \"naem\"", path.display());
        log.write(|tx| tx.set_fact(RELOAD_ERROR, &told)).unwrap();
        assert_eq!(failed_reload(&log, &path), Some(told));
        assert_eq!(failed_reload(&log, &folder.path().join("watchlist.toml.old")), None);
        assert_eq!(failed_reload(&log, &folder.path().join("watchlist")), None);
    }

    #[test]
    fn colours_are_left_out_where_nobody_watches() {
        assert_eq!(Paint(false).red("x"), "x");
        assert_eq!(Paint(true).red("x"), "\u{1b}[1;31mx\u{1b}[0m");
    }
}
