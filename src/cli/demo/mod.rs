//! `gainsay demo`: an invented story from feed to alert, over loopback, with the real daemon.

mod press;
mod story;

use crate::daemon::{self, Options, logging};
use crate::plain::safe;
use anyhow::Context;
use jiff::Timestamp;
use press::Press;
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;
use story::Outlet;

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
        let folder = tempfile::Builder::new()
            .prefix("gainsay-demo-")
            .tempdir()
            .context("a temporary folder for the demo can't be made")?;
        let runtime = tokio::runtime::Runtime::new().context("the async runtime can't be started")?;
        let alerts = runtime.block_on(play(folder.path()))?;
        let place = folder.path().join("gainsay.db");
        if self.keep {
            let folder = folder.keep();
            println!("\nThe log is kept. Look at it with:");
            println!("  gainsay query --db {}", place.display());
            println!("  gainsay query disputes --db {}", place.display());
            println!("  sqlite3 {} 'SELECT * FROM alerts_overview'", place.display());
            println!("The watchlist behind it: {}", folder.join("watchlist.toml").display());
        } else {
            println!("\n`gainsay demo --keep` keeps the log, to query it with `gainsay query` or sqlite3.");
        }
        println!("Next: `gainsay feeds add URL`, then `gainsay run`.");
        anyhow::ensure!(alerts == 1, "the story should raise exactly one alert, and raised {alerts}");
        Ok(ExitCode::SUCCESS)
    }
}

/// Plays the story; the number of alerts that reached the newsroom.
async fn play(folder: &Path) -> anyhow::Result<usize> {
    let mut press = Press::start().await.context("the demo's server can't listen on 127.0.0.1")?;
    let options = Options { watchlist: folder.join("watchlist.toml"), log: folder.join("gainsay.db") };
    let list = watchlist(&press);
    std::fs::write(&options.watchlist, &list).context("the demo's watchlist can't be written")?;
    println!("The watchlist, {}:\n", options.watchlist.display());
    list.lines().for_each(|line| println!("    {line}"));

    let mut alerts = 0;
    for (n, day) in story::days(Timestamp::now()).into_iter().enumerate() {
        println!("\n{}. {}", n + 1, day.heading);
        for article in &day.articles {
            println!("   {} publishes: {}", article.outlet.name(), article.title);
        }
        press.publish(day.articles);
        let summary = daemon::run_once(&options).await?;
        println!("   gainsay polls {} feeds", summary.feeds);
        while let Ok(body) = press.hooks.try_recv() {
            alerts += 1;
            print_alert(&body)?;
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
fn print_alert(body: &str) -> anyhow::Result<()> {
    let message: crate::alerts::body::Message =
        serde_json::from_str(body).context("the newsroom got a message that can't be read")?;
    println!("\n   ALERT  {}", safe(&message.headline()));
    for paragraph in message.paragraphs() {
        println!("          {}", safe(&paragraph));
    }
    let value: Value = serde_json::from_str(body)?;
    println!("\n   The same as the webhook receives it:\n");
    serde_json::to_string_pretty(&value)?.lines().for_each(|line| println!("    {}", safe(line)));
    Ok(())
}
