//! `gainsay notify-test`: does an alert get through?

use super::terminal::safe;
use crate::alerts::body::{Data, Message, Test};
use crate::alerts::desktop::{Desktop, Note};
use crate::alerts::webhook::{Outcome, Webhooks};
use crate::watchlist::{self, Sink, Watchlist};
use anyhow::{Context, bail};
use jiff::Timestamp;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Sends a test message to the desktop and the webhooks.
#[derive(Debug, clap::Args)]
#[command(after_help = "Without --sink, every webhook of the watchlist is tried, and the desktop where an alert rule \
                        names it.\nOne try each; the daemon would try again. Exit code 1 if any failed.\n\nExamples:
  gainsay notify-test
  gainsay notify-test --sink desktop
  gainsay notify-test --sink newsroom --watchlist ./watchlist.toml")]
pub struct Arguments {
    /// Only this sink: "desktop" or a webhook's name; may be given several times
    #[arg(long, value_name = "NAME")]
    sink: Vec<String>,
    /// The watchlist [default: in the configuration folder]
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        // The desktop can be tried before there is a watchlist.
        let watchlist = match self.sink.iter().all(|name| name == Sink::Desktop.name()) && !self.sink.is_empty() {
            true => Watchlist::default(),
            false => watchlist::load(&self.watchlist.unwrap_or_else(watchlist::default_path))?,
        };
        let sinks = if self.sink.is_empty() { configured(&watchlist)? } else { named(&self.sink, &watchlist)? };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let all_reached = runtime.block_on(try_each(&sinks, &watchlist))?;
        Ok(if all_reached { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn configured(watchlist: &Watchlist) -> anyhow::Result<Vec<Sink>> {
    let desktop = watchlist.rules.iter().any(|rule| rule.to.contains(&Sink::Desktop)).then_some(Sink::Desktop);
    let webhooks = watchlist.webhooks.iter().map(|webhook| Sink::Webhook(webhook.name.clone()));
    let sinks: Vec<Sink> = desktop.into_iter().chain(webhooks).collect();
    if sinks.is_empty() {
        bail!("the watchlist has no sink: no [[webhook]], and no [[alert]] with to = [\"desktop\"]");
    }
    Ok(sinks)
}

fn named(names: &[String], watchlist: &Watchlist) -> anyhow::Result<Vec<Sink>> {
    let sink = |name: &String| match name.as_str() {
        "desktop" => Ok(Sink::Desktop),
        _ if watchlist.webhooks.iter().any(|webhook| webhook.name == *name) => Ok(Sink::Webhook(name.clone())),
        _ => {
            let known: Vec<&str> = watchlist.webhooks.iter().map(|webhook| webhook.name.as_str()).collect();
            bail!("there is no sink \"{name}\"; there are: {}", [&["desktop"], known.as_slice()].concat().join(", "))
        }
    };
    names.iter().map(sink).collect()
}

/// Tries one sink after the other, and says what became of each. Whether all were reached.
async fn try_each(sinks: &[Sink], watchlist: &Watchlist) -> anyhow::Result<bool> {
    let now = Timestamp::now();
    let note = format!("This is a test. Alerts from Gainsay {} reach you here.", env!("CARGO_PKG_VERSION"));
    let message = Message { timestamp: now, data: Data::Test(Test { note }) };
    let body = serde_json::to_string(&message).context("writing the test message")?;
    let id = ulid::Ulid::generate().to_string();
    let webhooks = Webhooks::new(&watchlist.settings)?;
    let desktop = Desktop::default();
    let mut all_reached = true;
    for sink in sinks {
        let told = match sink {
            Sink::Desktop => desktop
                .show(&Note::from(&message))
                .await
                .map(|()| "shown".to_owned())
                .map_err(|error| error.to_string()),
            Sink::Webhook(name) => {
                let webhook = watchlist.webhooks.iter().find(|webhook| webhook.name == *name);
                let webhook = webhook.context("a sink without its webhook")?;
                match webhooks.post(webhook, &id, &body, now).await {
                    Outcome::Delivered { status } => Ok(format!("{} took it ({status})", webhook.url)),
                    Outcome::Retry { error, .. } | Outcome::Dead { error, .. } => {
                        Err(format!("{}: {error}", webhook.url))
                    }
                }
            }
        };
        all_reached &= told.is_ok();
        let line = match told {
            Ok(words) => format!("{}: {words}", sink.name()),
            Err(words) => format!("{}: failed: {words}", sink.name()),
        };
        writeln!(std::io::stdout(), "{}", safe(&line))?;
    }
    Ok(all_reached)
}
