//! `gainsay demo`: an invented story from feed to alert, over loopback, with the real daemon.

mod press;
mod story;

use crate::daemon::{self, Options, logging};
use crate::plain::safe;
use anyhow::Context;
use jiff::Timestamp;
use press::Press;
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use story::Outlet;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Shows a small invented story from feed to alert, without network or configuration.
///
/// Serves the feeds of three invented outlets on 127.0.0.1, runs the real daemon over them in a temporary folder, and
/// prints what happens. Needs no network; nothing of it stays unless --keep is given.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Keep the folder with the watchlist and the log, to look at afterwards.
    #[arg(long)]
    keep: bool,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        logging::init(logging::Verbosity::Quiet)?;
        let runtime = tokio::runtime::Runtime::new().context("the async runtime can't be started")?;
        // Before there is a folder that a signal could leave behind.
        let stop = runtime.block_on(async { Stop::listen() }).context("the demo can't be set up")?;
        let folder = tempfile::Builder::new()
            .prefix("gainsay-demo-")
            .disable_cleanup(self.keep)
            .tempdir()
            .context("a temporary folder for the demo can't be made")?;
        let mut out = std::io::stdout();
        let alerts = runtime.block_on(async {
            tokio::select! {
                alerts = play(folder.path(), &mut out) => alerts.map(Ok),
                code = stop.next() => Ok(Err(code)),
            }
        });
        // What still writes to the log ends before its folder goes.
        drop(runtime);
        let alerts = match alerts? {
            Ok(alerts) => alerts,
            Err(stopped) => return Ok(stopped),
        };
        if self.keep {
            let (log, watchlist) = (folder.path().join("gainsay.db"), folder.path().join("watchlist.toml"));
            writeln!(out, "\nThe log is kept. Look at it with:")?;
            writeln!(out, "  gainsay query --db {}", log.display())?;
            writeln!(out, "  gainsay query disputes --db {}", log.display())?;
            writeln!(out, "  sqlite3 {} 'SELECT * FROM alerts_overview'", log.display())?;
            writeln!(out, "The watchlist behind it: {}", watchlist.display())?;
        } else {
            writeln!(out, "\n`gainsay demo --keep` keeps the log, to query it with `gainsay query` or sqlite3.")?;
        }
        writeln!(out, "Next: `gainsay feeds add URL`, then `gainsay run`.")?;
        anyhow::ensure!(alerts == 1, "the story should raise exactly one alert, and raised {alerts}");
        Ok(ExitCode::SUCCESS)
    }
}

/// The signals that end the demo early.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Stop {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one of them; the exit code by which shells know it.
    async fn next(mut self) -> ExitCode {
        let kind = tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.hang_up.recv() => SignalKind::hangup(),
        };
        ExitCode::from(u8::try_from(128 + kind.as_raw_value()).unwrap_or(1))
    }
}

/// Plays the story; the number of alerts that reached the newsroom.
async fn play(folder: &Path, out: &mut impl Write) -> anyhow::Result<usize> {
    let mut press = Press::start().await.context("the demo's server can't listen on 127.0.0.1")?;
    let options = Options { watchlist: folder.join("watchlist.toml"), log: folder.join("gainsay.db") };
    let list = watchlist(&press);
    std::fs::write(&options.watchlist, &list).context("the demo's watchlist can't be written")?;
    writeln!(out, "The watchlist, {}:\n", options.watchlist.display())?;
    for line in list.lines() {
        writeln!(out, "    {line}")?;
    }

    let mut alerts = 0;
    for (n, day) in story::days(Timestamp::now()).into_iter().enumerate() {
        writeln!(out, "\n{}. {}", n + 1, day.heading)?;
        for article in &day.articles {
            writeln!(out, "   {} publishes: {}", article.outlet.name(), article.title)?;
        }
        press.publish(day.articles);
        let summary = daemon::run_once(&options).await?;
        writeln!(out, "   gainsay polls {} feeds", summary.feeds)?;
        while let Ok(body) = press.hooks.try_recv() {
            alerts += 1;
            print_alert(&body, out)?;
        }
    }
    Ok(alerts)
}

fn watchlist(press: &Press) -> String {
    let feeds: String = Outlet::ALL
        .iter()
        .map(|outlet| {
            format!("[[feed]]\nurl = \"{}\"\noutlet = \"{}.example\"\n\n", press.feed(*outlet), outlet.slug())
        })
        .collect();
    format!(
        "{feeds}[[actor]]\nname = \"Kestria\"\n\n[[actor]]\nname = \"Norvania\"\n\n\
         [[topic]]\nname = \"Arms transfers\"\nany = [\"missiles\", \"ammunition\", \"drones\"]\n\n\
         [[alert]]\nname = \"Sorvan desk\"\nactors = [\"Kestria\", \"Norvania\"]\ntopics = [\"Arms transfers\"]\n\
         to = [\"newsroom\"]\n\n[[webhook]]\nname = \"newsroom\"\nurl = \"{}\"\n",
        press.hook()
    )
}

/// Prints an alert from the webhook's body, as a newsroom would get it.
fn print_alert(body: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let message: crate::alerts::body::Message =
        serde_json::from_str(body).context("the newsroom got a message that can't be read")?;
    writeln!(out, "\n   ALERT  {}", safe(&message.headline()))?;
    for paragraph in message.paragraphs() {
        writeln!(out, "          {}", safe(&paragraph))?;
    }
    let value: Value = serde_json::from_str(body)?;
    writeln!(out, "\n   The same as the webhook receives it:\n")?;
    for line in serde_json::to_string_pretty(&value)?.lines() {
        writeln!(out, "    {}", safe(line))?;
    }
    Ok(())
}
