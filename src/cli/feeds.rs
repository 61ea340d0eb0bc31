//! `gainsay feeds`

use super::terminal::safe;
use crate::feeds::net::{Accept, Access, Fetcher, Request};
use crate::feeds::schedule::Health;
use crate::feeds::{Document, Item, opml, parse};
use crate::store::Store;
use crate::store::feeds::FeedOverview;
use crate::watchlist::{self, Settings, redacted};
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};
use jiff::{Timestamp, tz::TimeZone};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item as TomlItem, Value, value};
use url::Url;

/// Lists, previews, adds, imports and exports feeds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gainsay feeds list
  gainsay feeds preview https://news.example.org/rss.xml
  gainsay feeds preview saved.xml --header 'Content-Type: text/xml; charset=koi8-r' --format jsonl
  gainsay feeds add https://news.example.org/rss.xml
  gainsay feeds import subscriptions.opml
  gainsay feeds export > feeds.opml")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows how each feed fares: its health, gaps and silence, as the log knows them
    List {
        /// The log [default: in the state folder]
        #[arg(long, value_name = "FILE")]
        db: Option<PathBuf>,
        /// The watchlist, for its `silent_after` [default: in the configuration folder]
        #[arg(long, value_name = "FILE")]
        watchlist: Option<PathBuf>,
    },
    /// Prints the items of a feed as the daemon reads them
    Preview {
        /// A file, an address, or - for standard input
        #[arg(value_name = "FILE|URL")]
        source: String,
        /// A header that the FILE is read as if served with; Content-Type and Content-Location matter
        #[arg(long, value_name = "NAME: VALUE")]
        header: Vec<String>,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Adds a feed to the watchlist, after reading it to see that it is one
    Add {
        /// Its address
        url: String,
        /// The watchlist [default: in the configuration folder]
        #[arg(long, value_name = "FILE")]
        watchlist: Option<PathBuf>,
        /// Don't fetch it first
        #[arg(long)]
        offline: bool,
    },
    /// Adds the feeds of an OPML file to the watchlist; none is fetched
    Import {
        /// The list that another feed reader exported
        #[arg(value_name = "FILE.opml")]
        file: PathBuf,
        /// The watchlist [default: in the configuration folder]
        #[arg(long, value_name = "FILE")]
        watchlist: Option<PathBuf>,
    },
    /// Writes the feeds of the watchlist as OPML to standard output, their secrets redacted
    Export {
        /// The watchlist [default: in the configuration folder]
        #[arg(long, value_name = "FILE")]
        watchlist: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON object an item
    Jsonl,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::List { db, watchlist } => list(db, watchlist),
            Command::Preview { source, header, format } => preview(&source, &header, format),
            Command::Add { url, watchlist, offline } => add(&url, watchlist, offline),
            Command::Import { file, watchlist } => import(&file, watchlist),
            Command::Export { watchlist } => export(watchlist),
        }
    }
}

// ---- list

/// A row of `feeds list`.
struct FeedLine {
    feed: String,
    health: String,
    last_new: String,
    next_poll: String,
    articles: u32,
    gaps: String,
    note: String,
}

fn list(db: Option<PathBuf>, watchlist: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let log = db.or_else(crate::store::default_path).context("there is no home folder; name the log by --db")?;
    let feeds = Store::open_read_only(&log)?.feed_overview()?;
    // A watchlist that can't be read is `check`'s to explain.
    let settings = watchlist::load(&watchlist.unwrap_or_else(watchlist::default_path))
        .map(|watchlist| watchlist.settings)
        .unwrap_or_default();
    let now = Timestamp::now();
    let lines: Vec<FeedLine> = feeds.iter().filter(|feed| feed.active).map(|feed| line(feed, &settings, now)).collect();
    writeln!(std::io::stdout(), "{}", table(&lines))?;
    Ok(ExitCode::SUCCESS)
}

fn line(feed: &FeedOverview, settings: &Settings, now: Timestamp) -> FeedLine {
    let state = &feed.state;
    let health = match Health::of(&state.record(), settings.silent_after, now) {
        Health::New => "not polled yet".to_owned(),
        Health::Ok => "ok".to_owned(),
        Health::FailingSince(since) => format!("failing since {}", local(since)),
        Health::SilentSince(since) => format!("silent since {}", local(since)),
        Health::Gone => "gone (410)".to_owned(),
    };
    let gaps = match feed.last_gap {
        Some(last) => format!("{}, last {}", feed.gaps, local(last)),
        None => String::new(),
    };
    let moved = state.moved_to.as_ref().map(|to| format!("moved to {to}"));
    let error = feed.last_error.clone().filter(|_| state.failures > 0);
    FeedLine {
        feed: match &feed.title {
            Some(title) => format!("{}\n{}", safe(title), safe(&state.address)),
            None => safe(&state.address).into_owned(),
        },
        health,
        last_new: state.last_new_at.map(local).unwrap_or_default(),
        next_poll: state.next_poll_at.filter(|_| !state.gone).map(local).unwrap_or_default(),
        articles: feed.articles,
        gaps,
        note: [error, moved].into_iter().flatten().map(|note| safe(&note).into_owned()).collect::<Vec<_>>().join("\n"),
    }
}

fn table(lines: &[FeedLine]) -> String {
    if lines.is_empty() {
        return "The log knows no feeds yet; `gainsay run` polls those of the watchlist.".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header([
        "feed",
        "health",
        "last news",
        "next poll",
        "articles",
        "gaps",
        "note",
    ]);
    for line in lines {
        table.add_row([
            &line.feed,
            &line.health,
            &line.last_new,
            &line.next_poll,
            &line.articles.to_string(),
            &line.gaps,
            &line.note,
        ]);
    }
    table.to_string()
}

fn local(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

// ---- preview

fn preview(source: &str, headers: &[String], format: Format) -> anyhow::Result<ExitCode> {
    let document = match address(source) {
        Some(url) if headers.is_empty() => fetch(&url)?,
        Some(_) => bail!("--header is for a FILE; an address is served with its own"),
        None => read(source, headers)?,
    };
    let document = document.fetched_at(Timestamp::now());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match format {
        Format::Jsonl => {
            for item in &document.items {
                serde_json::to_writer(&mut out, item).map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
            }
        }
        Format::Text => print(&document, &mut out)?,
    }
    out.flush()?;
    if document.incomplete {
        eprintln!("gainsay: the document breaks off or holds more than is read; these are its complete items");
    }
    Ok(ExitCode::SUCCESS)
}

/// `source` as an address, if it is one and not a file's name.
fn address(source: &str) -> Option<Url> {
    Url::parse(source).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn fetch(url: &Url) -> anyhow::Result<Document> {
    let shown = redacted(url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let response = runtime.block_on(async {
        let access = Access::to_typed(url);
        let fetcher = Fetcher::new(&Settings::default())?;
        fetcher.get(&Request::new(url, &access, Accept::Feed)).await
    });
    let response = response.with_context(|| format!("{shown} can't be fetched"))?;
    if let Some(moved) = &response.moved_permanently {
        eprintln!("gainsay: {shown} has moved to {}", safe(&redacted(moved)));
    }
    let body = response.body().with_context(|| format!("{shown} came without a body"))?;
    parse(&body.bytes, body.content_type.as_deref(), &response.final_url)
        .with_context(|| format!("{shown} can't be read as a feed"))
}

fn read(file: &str, headers: &[String]) -> anyhow::Result<Document> {
    let (mut content_type, mut base) = (None, None);
    for header in headers {
        let (name, value) =
            header.split_once(':').with_context(|| format!("--header {header:?} is not \"Name: value\""))?;
        match name.trim().to_ascii_lowercase().as_str() {
            "content-type" => content_type = Some(value.trim()),
            "content-location" => base = Url::parse(value.trim()).ok(),
            _ => {}
        }
    }
    let limit = Settings::default().max_body;
    let mut body = Vec::new();
    let length = if file == "-" {
        std::io::stdin().lock().take(limit + 1).read_to_end(&mut body)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(limit + 1).read_to_end(&mut body))
    }
    .with_context(|| format!("{file} can't be read"))?;
    if length as u64 > limit {
        bail!("{file} is larger than {limit} bytes, which no feed is");
    }
    // Relative links of a file lead nowhere, and have to start somewhere.
    let base = base.map_or_else(|| Url::parse("about:blank"), Ok)?;
    parse(&body, content_type, &base).with_context(|| format!("{file} can't be read as a feed"))
}

fn print(document: &Document, out: &mut impl Write) -> std::io::Result<()> {
    if let Some(title) = &document.title {
        writeln!(out, "{}", safe(title))?;
    }
    if let Some(site) = &document.site {
        writeln!(out, "{}", safe(site.as_str()))?;
    }
    let count = document.items.len();
    writeln!(out, "{count} {}", if count == 1 { "item" } else { "items" })?;
    for item in &document.items {
        writeln!(out)?;
        print_item(item, out)?;
    }
    Ok(())
}

fn print_item(item: &Item, out: &mut impl Write) -> std::io::Result<()> {
    const SHOWN: usize = 300;
    let time = item.published.or(item.updated).map_or_else(|| "no date".to_owned(), local);
    writeln!(out, "{time}  {}", safe(item.title.as_deref().unwrap_or("(no title)")))?;
    for line in [&item.url, &item.author].into_iter().flatten() {
        writeln!(out, "    {}", safe(line))?;
    }
    for (name, text) in [("summary", &item.summary), ("content", &item.content)] {
        if let Some(text) = text {
            let shown: String = text.chars().take(SHOWN).collect();
            let more = if shown.len() < text.len() { " …" } else { "" };
            writeln!(out, "    {name}, {} words: {}{more}", text.split_whitespace().count(), safe(&shown))?;
        }
    }
    Ok(())
}

// ---- add, import, export

fn add(url: &str, watchlist: Option<PathBuf>, offline: bool) -> anyhow::Result<ExitCode> {
    let Some(url) = address(url) else { bail!("{} is no http or https address", redacted_text(url)) };
    if let Some(problem) = unfit(&url) {
        bail!("{} {problem}", redacted(&url));
    }
    let path = watchlist.unwrap_or_else(watchlist::default_path);
    let mut file = File::open(&path)?;
    if file.addresses().contains(url.as_str()) {
        bail!("{} stands in {} already", redacted(&url), path.display());
    }
    let mut named = String::new();
    if !offline {
        let document = fetch(&url)?;
        if let Some(title) = document.title {
            let count = document.items.len();
            named = format!(" ({}, {count} {})", safe(&title), if count == 1 { "item" } else { "items" });
        }
    }
    file.add(&url)?;
    file.save()?;
    writeln!(std::io::stdout(), "added {}{named} to {}", redacted(&url), path.display())?;
    Ok(ExitCode::SUCCESS)
}

fn import(list: &Path, watchlist: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    const LARGEST: u64 = 64 << 20;
    let path = watchlist.unwrap_or_else(watchlist::default_path);
    let mut bytes = Vec::new();
    std::fs::File::open(list)
        .and_then(|opened| opened.take(LARGEST).read_to_end(&mut bytes))
        .with_context(|| format!("{} can't be read", list.display()))?;
    let outlines = opml::read(&bytes).with_context(|| format!("{} can't be imported", list.display()))?;
    let mut file = File::open(&path)?;
    let mut known = file.addresses();
    let (mut added, mut skipped, mut bad) = (0, 0, Vec::new());
    for outline in outlines {
        // Podcast programs write feed: in front of an address, or instead of http:.
        let written = outline.address.strip_prefix("feed:").unwrap_or(&outline.address);
        let written = if written.starts_with("//") { format!("http:{written}") } else { written.to_owned() };
        match address(&written) {
            None => bad.push(format!("{} is no http or https address", redacted_text(&written))),
            Some(url) => match unfit(&url) {
                Some(problem) => bad.push(format!("{} {problem}", redacted(&url))),
                None if !known.insert(url.to_string()) => skipped += 1,
                None => {
                    file.add(&url)?;
                    added += 1;
                }
            },
        }
    }
    if added > 0 {
        file.save()?;
    }
    let feeds = |n: usize| if n == 1 { "1 feed".to_owned() } else { format!("{n} feeds") };
    let mut out = std::io::stdout();
    writeln!(out, "added {} to {}; {skipped} stood there already", feeds(added), path.display())?;
    for problem in &bad {
        eprintln!("gainsay: not imported: {}", safe(problem));
    }
    Ok(if added + skipped == 0 && !bad.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn export(watchlist: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let path = watchlist.unwrap_or_else(watchlist::default_path);
    let watchlist = watchlist::load(&path)?;
    let (shown, secret): (Vec<_>, Vec<_>) = watchlist.feeds.iter().partition(|feed| !feed.url.is_secret());
    let outlines: Vec<_> =
        shown.iter().map(|feed| opml::Outline { title: feed.outlet.clone(), address: feed.url.to_string() }).collect();
    let cut = shown.iter().filter(|feed| feed.url.to_string() != feed.url.expose().as_str()).count();
    std::io::stdout().write_all(opml::write(&outlines).as_bytes())?;
    if !secret.is_empty() {
        eprintln!("gainsay: left out {} whose address is a secret", secret.len());
    }
    if cut > 0 {
        eprintln!("gainsay: {cut} addresses are redacted (user, password, query) and will not work as they stand");
    }
    Ok(ExitCode::SUCCESS)
}

/// Why `url` can't stand in a watchlist.
fn unfit(url: &Url) -> Option<&'static str> {
    let has_user = !url.username().is_empty() || url.password().is_some();
    has_user.then_some("holds a user or a password; add it without them and write auth = { … } beside it")
}

/// What was meant to be an address, without what may be secret in it.
fn redacted_text(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let text = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    format!("{:?}", text.chars().take(200).collect::<String>())
}

/// The watchlist's file, edited in place: comments, order and white space stay as they are.
struct File {
    path: PathBuf,
    toml: DocumentMut,
}

impl File {
    /// The file at `path`; an empty one if there is none yet.
    fn open(path: &Path) -> anyhow::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("{} can't be read", path.display())),
        };
        let toml = text
            .parse()
            .map_err(|error: toml_edit::TomlError| anyhow::anyhow!("{}", error.message()))
            .with_context(|| format!("{} is no valid TOML (`gainsay check` says where)", path.display()))?;
        Ok(File { path: path.to_owned(), toml })
    }

    /// The addresses of its feeds, in the one form in which they are compared.
    fn addresses(&self) -> HashSet<String> {
        let text = |url: Option<&TomlItem>| url.and_then(TomlItem::as_str).map(str::to_owned);
        let written: Vec<String> = match self.toml.get("feed") {
            Some(TomlItem::ArrayOfTables(feeds)) => feeds.iter().filter_map(|feed| text(feed.get("url"))).collect(),
            Some(TomlItem::Value(Value::Array(feeds))) => feeds
                .iter()
                .filter_map(|feed| feed.as_inline_table()?.get("url")?.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        written.into_iter().map(|url| Url::parse(&url).map_or(url, String::from)).collect()
    }

    /// Adds `[[feed]]` with the address.
    fn add(&mut self, url: &Url) -> anyhow::Result<()> {
        let feeds = self.toml.entry("feed").or_insert_with(|| TomlItem::ArrayOfTables(ArrayOfTables::new()));
        match feeds {
            TomlItem::ArrayOfTables(feeds) => {
                let mut feed = toml_edit::Table::new();
                feed.insert("url", value(url.as_str()));
                if !feeds.is_empty() {
                    feed.decor_mut().set_prefix("\n");
                }
                feeds.push(feed);
            }
            TomlItem::Value(Value::Array(feeds)) => {
                let mut feed = InlineTable::new();
                feed.insert("url", url.as_str().into());
                feeds.push(feed);
            }
            _ => bail!("`feed` in {} is no list of feeds; write [[feed]]", self.path.display()),
        }
        Ok(())
    }

    /// Writes the file in one step, so that nobody ever reads half of it, with the permissions it had.
    fn save(&self) -> anyhow::Result<()> {
        // A link to the file stays a link.
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = (|| {
            std::fs::create_dir_all(folder)?;
            let mut new = tempfile::NamedTempFile::new_in(folder)?;
            new.write_all(self.toml.to_string().as_bytes())?;
            if let Ok(old) = std::fs::metadata(&path) {
                new.as_file().set_permissions(old.permissions())?;
            }
            new.as_file().sync_all()?;
            new.persist(&path).map_err(|error| error.error)?;
            Ok::<_, std::io::Error>(())
        })();
        written.with_context(|| format!("{} can't be written", path.display()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_feed_is_added_without_touching_what_stands_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchlist.toml");
        let before = "# my feeds\n[[feed]] # the first\nurl = \"https://a.example/feed\"   # daily\n\n[daemon]\ncontact = \"x\"\n";
        std::fs::write(&path, before).unwrap();
        let mut file = File::open(&path).unwrap();
        assert!(file.addresses().contains("https://a.example/feed"));
        file.add(&url("https://b.example/?a=1")).unwrap();
        file.save().unwrap();
        let after = std::fs::read_to_string(&path).unwrap();
        for line in before.lines() {
            assert!(after.contains(line), "{line} is gone from\n{after}");
        }
        assert_eq!(File::open(&path).unwrap().addresses().len(), 2);
    }

    #[test]
    fn a_first_feed_makes_the_file_and_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/watchlist.toml");
        let mut file = File::open(&path).unwrap();
        file.add(&url("https://a.example/")).unwrap();
        file.save().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[[feed]]\nurl = \"https://a.example/\"\n");
    }

    #[test]
    fn a_list_is_imported_once_and_its_bad_addresses_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let (list, path) = (folder.path().join("list.opml"), folder.path().join("watchlist.toml"));
        let opml = "<opml><body><outline xmlUrl='http://a.example/f'/><outline xmlUrl='http://a.example/f'/>\
                    <outline xmlUrl='feed://b.example/f'/><outline xmlUrl='nothing'/>\
                    <outline xmlUrl='http://me:pw@c.example/'/></body></opml>";
        std::fs::write(&list, opml).unwrap();
        for _ in 0..2 {
            import(&list, Some(path.clone())).unwrap();
            let addresses = File::open(&path).unwrap().addresses();
            assert_eq!(addresses, ["http://a.example/f", "http://b.example/f"].map(String::from).into());
        }
    }

    #[test]
    fn what_is_no_address_is_shown_without_its_secrets() {
        assert_eq!(redacted_text("htp://me:pw@x.example/feed?key=1"), "\"x.example/feed\"");
        assert!(add("https://me:pw@x.example/", Some("unused".into()), true).is_err());
    }
}
