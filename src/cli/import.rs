//! `gainsay import`: archives into the log, with their own dates.

use super::input;
use super::places::Places;
use super::terminal::safe;
use crate::archives::{self, Entry, Kind};
use crate::daemon::import::{Import, Imported, Wishes};
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Problems that are told one by one; the rest is counted.
const TOLD: u64 = 50;

/// Brings archives into the log, as if it had been kept at their dates.
///
/// Articles are matched against the watchlist as items of feeds are, and filed in the order of their dates; what is in the
/// log already is not taken again, so an import that was stopped is simply repeated. Works beside a running daemon. Nobody
/// is told of anything.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lines: {\"id\", \"title\", \"text\", \"published\"}, and where known \"url\", \"outlet\", \"feed\", \"author\", \"summary\",
\"fetched\". A day (2022-11-08) is as good as a time.

Examples:
  gainsay import news-2031.jsonl.gz crawl.warc.gz
  gainsay import reports/ --outlet kestrelpost.example --published 2031-05-04T09:00:00Z
  xz -dc news-week.jsonl.xz | gainsay import - --outlet kestrelpost.example
  gainsay import news-2031.jsonl --alerts
      What would have been alerted; `gainsay query alerts` shows it, and nobody is told")]
pub struct Arguments {
    /// .jsonl and .warc files, also with .gz, folders of .txt and .html files, or - for JSON lines on standard input.
    #[arg(required = true, value_name = "FILE.jsonl|FOLDER|WARC|-")]
    archives: Vec<PathBuf>,
    /// Who publishes the articles that don't say; otherwise their address tells, or the archive's name stands for it.
    #[arg(long, value_name = "NAME")]
    outlet: Option<String>,
    /// When articles that carry no date were published; otherwise they count as seen now.
    #[arg(long, value_name = "RFC3339", value_parser = super::extract::published)]
    published: Option<Timestamp>,
    /// Weigh denials for alerts, each at its article's date. The alerts are stored, and sent to nobody.
    #[arg(long)]
    alerts: bool,
    #[command(flatten)]
    places: Places,
}

impl Arguments {
    /// Runs the subcommand. What can't be read is told, the rest goes on, and the exit code is 1.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (watchlist, log) = self.places.unsent()?;
        let sources = self.archives.iter().map(|path| Source::of(path)).collect::<anyhow::Result<Vec<_>>>()?;
        let wishes = Wishes { outlet: self.outlet, published: self.published, alerts: self.alerts };
        let mut import = Import::open(&log, watchlist, wishes)?;

        let mut seen = Seen::default();
        for source in sources {
            source.read(&mut import, &mut seen)?;
        }
        let bar =
            ProgressBar::new(import.waiting()).with_style(style("{bar:30} {pos} of {len} articles filed, {eta} left"));
        let mut problems = Vec::new();
        let imported = import.file(&mut |done| bar.inc(done), &mut |problem| problems.push(problem))?;
        bar.finish_and_clear();
        for problem in &problems {
            eprintln!("gainsay: {}", safe(problem));
        }
        if seen.bad > TOLD {
            eprintln!("gainsay: and {} more that can't be read", seen.bad - TOLD);
        }
        writeln!(std::io::stdout(), "{}", summary(&imported, &seen, self.alerts))?;
        let failed = seen.bad + imported.failed > 0;
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// What was met beside articles.
#[derive(Default)]
struct Seen {
    others: u64,
    bad: u64,
}

/// What is to be read.
enum Source {
    Folder(PathBuf),
    File(PathBuf, Kind, bool),
}

impl Source {
    /// Looks at an archive before any is read: a wrong name shall not end an import half way.
    fn of(path: &Path) -> anyhow::Result<Source> {
        if path.is_dir() {
            return Ok(Source::Folder(path.to_owned()));
        }
        if path == Path::new("-") {
            return Ok(Source::File(path.to_owned(), Kind::Lines, false));
        }
        let Some((kind, packed)) = Kind::of(path) else {
            let name = path.display();
            bail!("{name}: no archive by its name; .jsonl, .warc, either with .gz, .txt, .html and folders are read");
        };
        std::fs::metadata(path).with_context(|| format!("{} can't be read", path.display()))?;
        Ok(Source::File(path.to_owned(), kind, packed))
    }

    fn read(&self, import: &mut Import, seen: &mut Seen) -> anyhow::Result<()> {
        let (Source::Folder(path) | Source::File(path, ..)) = self;
        let bar = ProgressBar::no_length().with_style(style("{spinner} {prefix}: {bytes} read, {msg} articles match"));
        bar.set_prefix(safe(&input::shown(path)).into_owned());
        let name = name(path);
        let mut take = |entry: Entry| -> anyhow::Result<()> {
            match entry {
                Entry::Article(article) => import.add(*article, &name)?,
                Entry::Other => seen.others += 1,
                Entry::Bad { place, problem } => {
                    seen.bad += 1;
                    if seen.bad <= TOLD {
                        bar.suspend(|| eprintln!("gainsay: {}: {}", safe(&place), safe(&problem)));
                    }
                }
            }
            bar.set_message(import.waiting().to_string());
            Ok(())
        };
        match self {
            Source::Folder(folder) => archives::read_folder(folder, &mut take)?,
            Source::File(file, kind, packed) => {
                let bytes = bar.wrap_read(input::open(file)?);
                archives::read(bytes, (*kind, *packed), &input::shown(file), &mut take)?;
            }
        }
        bar.finish_and_clear();
        Ok(())
    }
}

/// The archive's own name, which stands for an outlet that nothing else names.
fn name(path: &Path) -> String {
    let name = std::path::absolute(path).ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let name = name.filter(|_| path != Path::new("-")).unwrap_or_else(|| "archive".to_owned());
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    [".jsonl", ".ndjson", ".warc"].iter().find_map(|ending| plain.strip_suffix(ending)).unwrap_or(plain).to_owned()
}

fn summary(imported: &Imported, seen: &Seen, alerts: bool) -> String {
    let mut parts = vec![
        format!("{} articles filed", imported.filed),
        format!("{} accusations and denials", imported.claims),
        format!("{} links", imported.links),
    ];
    if alerts {
        parts.push(format!("{} alerts stored, none sent", imported.alerts));
    }
    let others = [
        (imported.unread, "of them not in English or not readable"),
        (imported.known, "in the log already"),
        (imported.unmatched, "match nothing in the watchlist"),
        (seen.others, "entries that are no article"),
        (imported.empty, "without a text"),
        (imported.failed, "whose filing failed"),
        (seen.bad, "entries that can't be read"),
    ];
    parts.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    parts.join("; ")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_called_by_its_name_without_its_endings() {
        assert_eq!(name(Path::new("a/news-2031.jsonl.gz")), "news-2031");
        assert_eq!(name(Path::new("reports/")), "reports");
        assert_eq!(name(Path::new("-")), "archive");
    }
}
