//! `gainsay feeds`

use super::input::{self, address, redacted_text};
use super::listing::{self, Column, Overflow, local, optional};
use super::log;
use super::terminal::{json_line, safe};
use crate::feeds::net::{Accept, Access, Fetcher, Request};
use crate::feeds::schedule::Health;
use crate::feeds::{Document, Item, opml, parse};
use crate::store::feeds::FeedOverview;
use crate::watchlist::{self, Settings, redacted};
use anyhow::{Context, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use std::collections::HashSet;
use std::io::Write;
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
        /// The log [default: your own, else the system service's]
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
        /// The watchlist: an address that stands there is fetched as the daemon does, by its proxy and with its login
        /// and headers [default: in the configuration folder]
        #[arg(long, value_name = "FILE")]
        watchlist: Option<PathBuf>,
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
        /// The list that another feed reader exported, or - for standard input
        #[arg(value_name = "FILE.opml")]
        file: PathBuf,
        /// The watchlist [default: in the configuration folder]
        #[arg(long, value_name = "FILE")]
        watchlist: Option<PathBuf>,
    },
    /// Writes the feeds of the watchlist as OPML to standard output, but those whose address is or holds a secret
    Export {
        /// With the query strings of addresses, which are left out else
        #[arg(long)]
        whole: bool,
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
            Command::Preview { source, header, watchlist, format } => preview(&source, &header, watchlist, format),
            Command::Add { url, watchlist, offline } => add(&url, watchlist, offline),
            Command::Import { file, watchlist } => import(&file, watchlist),
            Command::Export { whole, watchlist } => export(whole, watchlist),
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

const COLUMNS: &[Column<FeedLine>] = &[
    Column::text("feed", 16, |line| line.feed.clone()),
    Column::text("health", 10, |line| line.health.clone()),
    optional(Column::text("last news", 10, |line| line.last_new.clone())),
    optional(Column::text("next poll", 10, |line| line.next_poll.clone())),
    optional(Column::whole("articles", |line| line.articles.to_string())),
    optional(Column::text("gaps", 10, |line| line.gaps.clone())),
    Column::text("note", 12, |line| line.note.clone()),
];

fn list(db: Option<PathBuf>, watchlist: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let (log, _) = log::open(db)?;
    let feeds = log.feed_overview()?;
    // A watchlist that can't be read is `check`'s to explain.
    let settings = watchlist::load_review(&watchlist.unwrap_or_else(watchlist::default_path))
        .watchlist
        .map(|watchlist| watchlist.settings)
        .unwrap_or_default();
    let now = Timestamp::now();
    let lines: Vec<FeedLine> = feeds.iter().filter(|feed| feed.active).map(|feed| line(feed, &settings, now)).collect();
    let mut out = std::io::stdout();
    if lines.is_empty() {
        writeln!(out, "The log knows no feeds yet; `gainsay run` polls those of the watchlist.")?;
    } else {
        // What goes to a file or a program is wrapped nowhere.
        let width = listing::terminal_width().unwrap_or(u16::MAX);
        out.write_all(listing::table(COLUMNS, &lines, width, Overflow::Wrap).as_bytes())?;
    }
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
    let moved = state.moved_to.as_deref().and_then(|to| Url::parse(to).ok());
    let moved = moved.map(|to| format!("moved to {}", redacted(&to)));
    let error = feed.last_error.clone().filter(|_| state.failures > 0);
    FeedLine {
        feed: match &feed.title {
            Some(title) => format!("{}\n{}", safe(title), state.address),
            None => state.address.clone(),
        },
        health,
        last_new: state.last_new_at.map(local).unwrap_or_default(),
        next_poll: state.next_poll_at.filter(|_| !state.gone).map(local).unwrap_or_default(),
        articles: feed.articles,
        gaps,
        note: [error, moved].into_iter().flatten().collect::<Vec<_>>().join("\n"),
    }
}

// ---- preview

fn preview(source: &str, headers: &[String], watchlist: Option<PathBuf>, format: Format) -> anyhow::Result<ExitCode> {
    let document = match address(source) {
        Some(url) if headers.is_empty() => {
            let way = Way::to(&url, &watchlist.unwrap_or_else(watchlist::default_path))?;
            fetch(&url, &way)?
        }
        Some(_) => bail!("--header is for a FILE; an address is served with its own"),
        None => read(source, headers)?,
    };
    let document = document.fetched_at(Timestamp::now());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match format {
        Format::Jsonl => {
            for item in &document.items {
                out.write_all(json_line(item)?.as_bytes())?;
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

/// How an address is reached.
struct Way {
    settings: Settings,
    access: Access,
    /// It is the address of a feed in the watchlist.
    listed: bool,
}

impl Way {
    /// As the daemon reaches it where the watchlist at `path` has a feed of this address; else as a stranger's.
    ///
    /// # Errors
    /// Where it stands in the watchlist and how to reach it can't be told: going straight there could be what the
    /// user wrote a proxy for.
    fn to(url: &Url, path: &Path) -> anyhow::Result<Self> {
        let review = watchlist::load_review(path);
        if let Ok(list) = &review.watchlist
            && let Some(feed) = list.feeds.iter().find(|feed| same_feed(feed.url.expose(), url))
        {
            return Ok(Way { settings: list.settings.clone(), access: Access::to_feed(feed), listed: true });
        }
        if File::open(path)?.has(url) {
            let problems = review.whole().err().with_context(|| format!("{} is not as it was read", path.display()))?;
            return Err(problems.into());
        }
        Ok(Way { settings: Settings::default(), access: Access::to_typed(url), listed: false })
    }
}

/// Whether the two are one feed: what stands behind # is the reader's own.
fn same_feed(one: &Url, other: &Url) -> bool {
    let without = |url: &Url| url.as_str().split('#').next().map(str::to_owned);
    without(one) == without(other)
}

fn fetch(url: &Url, way: &Way) -> anyhow::Result<Document> {
    let shown = redacted(url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let response = runtime.block_on(async {
        let fetcher = Fetcher::new(&way.settings)?;
        fetcher.get(&Request::new(url, &way.access, Accept::Feed)).await
    });
    let response = response.with_context(|| format!("{shown} can't be fetched"))?;
    if let Some(moved) = &response.moved_permanently {
        eprintln!("gainsay: {shown} has moved to {}", safe(&redacted(moved)));
    }
    let body = response.body().with_context(|| format!("{shown} came without a body"))?;
    parse(&body.bytes, body.content_type.as_deref(), &response.final_url)
        .map_err(|error| anyhow!("{shown} can't be read as a feed: {}", error.with_feeds()))
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
    let path = Path::new(file);
    let body = input::read(path, Settings::default().max_body)?;
    // Relative links of a file lead nowhere, and have to start somewhere.
    let base = base.map_or_else(|| Url::parse("about:blank"), Ok)?;
    parse(&body, content_type, &base).with_context(|| format!("{} can't be read as a feed", input::shown(path)))
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
    let there_already = || anyhow!("{} stands in {} already", redacted(&url), path.display());
    if file.has(&url) {
        return Err(there_already());
    }
    let mut named = String::new();
    if !offline {
        let way = Way::to(&url, &path)?;
        // By the place of its secret.
        if way.listed {
            return Err(there_already());
        }
        let document = fetch(&url, &way)?;
        if let Some(title) = document.title {
            let count = document.items.len();
            named = format!(" ({}, {count} {})", safe(&title), if count == 1 { "item" } else { "items" });
        }
    }
    file.add(&url)?;
    file.save()?;
    writeln!(std::io::stdout(), "added {}{named} to {}", redacted(&url), safe(&path.display().to_string()))?;
    Ok(ExitCode::SUCCESS)
}

fn import(list: &Path, watchlist: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let path = watchlist.unwrap_or_else(watchlist::default_path);
    let bytes = input::read(list, input::MOST)?;
    let outlines = opml::read(&bytes).with_context(|| format!("{} can't be imported", input::shown(list)))?;
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
    let place = path.display().to_string();
    writeln!(out, "added {} to {}; {skipped} stood there already", feeds(added), safe(&place))?;
    for problem in &bad {
        eprintln!("gainsay: not imported: {}", safe(problem));
    }
    Ok(if added + skipped == 0 && !bad.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn export(whole: bool, watchlist: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let path = watchlist.unwrap_or_else(watchlist::default_path);
    let watchlist = watchlist::load(&path)?;
    let (shown, secret): (Vec<_>, Vec<_>) = watchlist.feeds.iter().partition(|feed| !feed.url.holds_secret());
    let outlines: Vec<_> = shown
        .iter()
        .map(|feed| {
            let address = if whole { feed.url.expose().to_string() } else { feed.url.to_string() };
            opml::Outline { title: feed.outlet.clone(), address }
        })
        .collect();
    std::io::stdout().write_all(opml::write(&outlines).as_bytes())?;
    for feed in shown.iter().filter(|feed| !whole && feed.url.expose().query().is_some()) {
        eprintln!("gainsay: without its query, which --whole writes: {}", safe(&feed.url.to_string()));
    }
    for feed in secret {
        eprintln!("gainsay: left out, for its address is a secret or looks like one: {}", safe(&feed.url.to_string()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Why `url` can't stand in a watchlist.
fn unfit(url: &Url) -> Option<&'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Some("holds a user or a password; add it without them and write auth = { … } beside it");
    }
    // Whatever shows an address redacted, as Gainsay does, writes "…" for its query.
    (url.query() == Some("%E2%80%A6")).then_some("was redacted where it comes from; add it with its whole query")
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

    /// Whether it has a feed of this address.
    fn has(&self, url: &Url) -> bool {
        self.addresses().iter().filter_map(|known| Url::parse(known).ok()).any(|known| same_feed(&known, url))
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
    fn the_list_keeps_to_the_terminal_and_to_what_must_be_known() {
        let line = FeedLine {
            feed: "The Halden Courier, news from the valley\nhttps://halden.example/news/world.xml?…".into(),
            health: "failing since 2031-05-04 10:00".into(),
            last_new: "2031-05-03 08:00".into(),
            next_poll: "2031-05-05 12:00".into(),
            articles: 120,
            gaps: "3, last 2031-05-01 07:00".into(),
            note: "the server fails (503)\nmoved to https://elsewhere.example/a/long/path/feed.xml".into(),
        };
        for width in [30, 40, 80, 120, u16::MAX] {
            let text = listing::table(COLUMNS, std::slice::from_ref(&line), width, Overflow::Wrap);
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(width).min(250), "{width}: {widest}\n{text}");
            for word in ["Halden", "failing", "503"] {
                assert!(text.contains(word), "{width}\n{text}");
            }
        }
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
                    <outline xmlUrl='http://me:pw@c.example/'/><outline xmlUrl='http://d.example/?…'/></body></opml>";
        std::fs::write(&list, opml).unwrap();
        for _ in 0..2 {
            import(&list, Some(path.clone())).unwrap();
            let addresses = File::open(&path).unwrap().addresses();
            assert_eq!(addresses, ["http://a.example/f", "http://b.example/f"].map(String::from).into());
        }
    }

    #[test]
    fn what_is_no_address_is_shown_without_its_secrets() {
        let refused = |url| add(url, Some("unused".into()), true).unwrap_err().to_string();
        assert_eq!(refused("htp://me:pw@x.example/feed?key=1"), "\"x.example/feed\" is no http or https address");
        assert!(refused("https://me:pw@x.example/").starts_with("https://x.example/ holds a user or a password"));
    }
}
