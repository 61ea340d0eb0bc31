//! A feed document, read into items.

use super::mend::{Dialect, mend};
use super::{Item, charset, dates, json};
use crate::panics::contained;
use crate::plain::plain_text;
use feed_rs::model;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use url::Url;

/// A feed document as the daemon reads it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// How the feed names itself.
    pub title: Option<String>,
    /// The site that it belongs to.
    pub site: Option<Url>,
    /// How long the feed asks not to be polled again (RSS `ttl`).
    pub ttl: Option<Duration>,
    /// The items, in the order of the document: at most 5,000.
    pub items: Vec<Item>,
    /// The document broke off or was too large, and the items are those that stood complete before.
    pub incomplete: bool,
}

impl Document {
    /// The document without the dates that `fetched` shows to be wrong: more than a day later. A wrong zone makes an
    /// item some hours early; what is more is a broken clock, and the time of fetching is the better guess.
    #[must_use]
    pub fn fetched_at(mut self, fetched: Timestamp) -> Self {
        let limit = fetched.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
        for item in &mut self.items {
            item.published = item.published.filter(|date| *date <= limit);
            item.updated = item.updated.filter(|date| *date <= limit);
        }
        self
    }
}

/// Why a body is no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing, or nothing but white space.
    #[error("the document is empty")]
    Empty,
    /// A web page.
    #[error("this is a web page, not a feed{}", counted(feeds.len()))]
    WebPage {
        /// The feeds that it names in its head. An address may hold the page's own, which may be a secret, so the
        /// message only counts them.
        feeds: Vec<Url>,
    },
    /// Some other document; its first element, where there is one.
    #[error("this is not a feed: {0}")]
    NotAFeed(String),
    /// JSON or XML that can't be read.
    #[error("the feed can't be read: {0}")]
    Malformed(String),
    /// The parser panicked on this document; it costs this document alone.
    #[error("the feed can't be read: its parser failed on it (please report the document)")]
    Panicked,
}

fn counted(feeds: usize) -> String {
    match feeds {
        0 => String::new(),
        1 => "; it names a feed, which `gainsay feeds preview` shows".to_owned(),
        several => format!("; it names {several} feeds, which `gainsay feeds preview` shows"),
    }
}

impl ParseError {
    /// The message with the addresses of the feeds that a web page names: for where its own address is no secret.
    pub fn with_feeds(&self) -> String {
        match self {
            ParseError::WebPage { feeds } if !feeds.is_empty() => {
                let addresses: Vec<&str> = feeds.iter().map(Url::as_str).collect();
                let article = if feeds.len() == 1 { "a feed" } else { "feeds" };
                format!("this is a web page, not a feed; it names {article} at {}", addresses.join(", "))
            }
            other => other.to_string(),
        }
    }
}

/// Reads a feed document: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed. `content_type` is the server's, `base`
/// the address that the document came from, against which its links are resolved.
///
/// # Errors
/// [`ParseError`] says what the body is instead of a feed.
pub fn parse(body: &[u8], content_type: Option<&str>, base: &Url) -> Result<Document, ParseError> {
    // feed-rs 3.0.0 panics on some documents, and whatever reads hostile input may.
    contained(|| read(body, content_type, base)).unwrap_or(Err(ParseError::Panicked))
}

fn read(body: &[u8], content_type: Option<&str>, base: &Url) -> Result<Document, ParseError> {
    let text = charset::decode(body, content_type);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if text.trim().is_empty() {
        return Err(ParseError::Empty);
    }
    if text.starts_with(['{', '[']) {
        let mended = json::mend(text).map_err(|error| ParseError::Malformed(error.to_string()))?;
        let mended = mended.ok_or_else(|| ParseError::NotAFeed("it is JSON, but no JSON Feed".to_owned()))?;
        return items_of(&mended, base, Dialect::Atom, &[]);
    }
    let mended = match mend(text, base) {
        Ok(mended) => mended,
        Err(no_feed) => {
            // PHP's warnings and the like stand before many a feed.
            let Some(mended) = feed_start(text).and_then(|start| mend(&text[start..], base).ok()) else {
                return Err(not_a_feed(text, no_feed.0, content_type, base));
            };
            mended
        }
    };
    let mut document = items_of(&mended.xml, base, mended.dialect, &mended.original_links)?;
    if document.items.is_empty() && document.title.is_none() && document.site.is_none() && mended.cut {
        return Err(ParseError::Malformed("it breaks off before its first item ends".to_owned()));
    }
    document.incomplete = mended.cut;
    Ok(document)
}

/// Where a feed begins inside `text`, if its beginning is not already one.
fn feed_start(text: &str) -> Option<usize> {
    let head = &text[..text.floor_char_boundary(64 << 10)];
    if is_web_page(head) {
        return None;
    }
    ["<rss", "<feed", "<rdf:RDF"].iter().filter_map(|root| head.find(root)).min()
}

fn is_web_page(text: &str) -> bool {
    let head = text[..text.floor_char_boundary(2048)].to_ascii_lowercase();
    head.contains("<!doctype html") || head.contains("<html")
}

fn not_a_feed(text: &str, root: Option<String>, content_type: Option<&str>, base: &Url) -> ParseError {
    let declared = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    match root {
        Some(root) if is_web_page(text) || declared || matches!(root.as_str(), "html" | "head" | "body") => {
            ParseError::WebPage { feeds: feeds_of_page(text, base) }
        }
        Some(root) => {
            ParseError::NotAFeed(format!("its first element is <{}>", root.chars().take(40).collect::<String>()))
        }
        None => ParseError::NotAFeed("it holds no element".to_owned()),
    }
}

/// The feeds that a web page names by `<link rel="alternate" type="application/rss+xml" href="…">`.
fn feeds_of_page(text: &str, base: &Url) -> Vec<Url> {
    let mut feeds = Vec::new();
    let mut rest = &text[..text.floor_char_boundary(256 << 10)];
    while let Some(start) = rest.find("<link").or_else(|| rest.find("<LINK")) {
        rest = &rest[start + 1..];
        let Some(end) = rest.find('>') else { break };
        let tag = quick_xml::events::BytesStart::from_content(rest[..end].trim_end_matches('/'), 4);
        let (mut alternate, mut feed, mut href) = (false, false, None);
        for attribute in tag.html_attributes().with_checks(false).flatten().take(32) {
            let value = html_escape::decode_html_entities(&attribute.value).into_owned();
            match attribute.key.0.to_ascii_lowercase().as_str() {
                "rel" => alternate = value.to_ascii_lowercase().split_whitespace().any(|rel| rel == "alternate"),
                "type" => {
                    let kind = value.to_ascii_lowercase();
                    feed = ["rss+xml", "atom+xml", "feed+json"].iter().any(|known| kind.contains(known));
                }
                "href" => href = base.join(value.trim()).ok(),
                _ => {}
            }
        }
        if let (true, true, Some(href)) = (alternate, feed, href)
            && matches!(href.scheme(), "http" | "https")
            && feeds.len() < 5
        {
            feeds.push(href);
        }
    }
    feeds
}

fn items_of(
    mended: &str,
    base: &Url,
    dialect: Dialect,
    original_links: &[Option<String>],
) -> Result<Document, ParseError> {
    let parser = feed_rs::parser::Builder::new()
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new()) // an id that the feed does not give is none
        .timestamp_parser(|text| {
            let time = dates::read(text)?;
            chrono::DateTime::from_timestamp(time.as_second(), time.subsec_nanosecond().unsigned_abs())
        })
        .build();
    let feed = parser.parse(mended.as_bytes()).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let rss = dialect == Dialect::Rss;
    let items = feed.entries.into_iter().enumerate().map(|(index, entry)| {
        let original = original_links.get(index).and_then(Option::as_deref);
        item(entry, rss, base, original)
    });
    Ok(Document {
        items: items.collect(),
        title: feed.title.and_then(|title| one_line(&title.content, rss || is_markup(&title.content_type))),
        site: feed.links.iter().find_map(|link| web_address(&link.href, base)),
        ttl: feed.ttl.map(|minutes| Duration::from_secs(60 * u64::from(minutes))),
        incomplete: false,
    })
}

fn item(entry: model::Entry, rss: bool, base: &Url, original: Option<&str>) -> Item {
    /// Ids longer than this are no ids; cut, they still tell items apart.
    const MAX_ID: usize = 2048;
    let id = entry.id.trim();
    let names: Vec<String> =
        entry.authors.into_iter().take(20).filter_map(|author| author.name.or(author.email)).collect();
    let page = |link: &&model::Link| link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
    let links = || entry.links.iter().filter(page).chain(entry.links.iter());
    Item {
        id: (!id.is_empty()).then(|| id[..id.floor_char_boundary(MAX_ID)].to_owned()),
        title: entry.title.and_then(|title| one_line(&title.content, rss || is_markup(&title.content_type))),
        url: original
            .and_then(|original| web_address(original, base))
            .or_else(|| links().find_map(|link| web_address(&link.href, base)))
            .map(String::from),
        published: entry.published.and_then(timestamp),
        updated: entry.updated.and_then(timestamp),
        author: one_line(&names.join(", "), true),
        summary: entry.summary.and_then(|text| paragraphs(&text.content, rss || is_markup(&text.content_type))),
        content: entry.content.and_then(|content| {
            let markup = is_markup(&content.content_type);
            paragraphs(&content.body?, rss || markup)
        }),
    }
}

/// Whether text of this media type holds tags and entities.
fn is_markup(kind: &impl ToString) -> bool {
    kind.to_string() != "text/plain"
}

/// An absolute http or https address without user and password, as items may carry it.
fn web_address(href: &str, base: &Url) -> Option<Url> {
    const MAX: usize = 8192;
    let href = href.trim();
    if href.is_empty() || href.len() > MAX {
        return None;
    }
    let mut url = base.join(href).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(url)
}

fn timestamp(time: chrono::DateTime<chrono::Utc>) -> Option<Timestamp> {
    Timestamp::new(time.timestamp(), i32::try_from(time.timestamp_subsec_nanos()).ok()?).ok()
}

/// Plain text on one line; nothing for nothing.
fn one_line(text: &str, markup: bool) -> Option<String> {
    const MAX: usize = 4096;
    let text = &text[..text.floor_char_boundary(4 * MAX)];
    let plain = if markup { plain_text(text) } else { text.to_owned() };
    let mut line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    line.truncate(line.floor_char_boundary(MAX));
    (!line.is_empty()).then_some(line)
}

/// Plain text whose paragraphs are apart by an empty line; nothing for nothing.
fn paragraphs(text: &str, markup: bool) -> Option<String> {
    let plain = if markup { plain_text(text) } else { plain_paragraphs(text) };
    (!plain.is_empty()).then_some(plain)
}

/// Text that is no markup keeps the paragraphs that its empty lines make.
fn plain_paragraphs(text: &str) -> String {
    let mut paragraphs = vec![String::new()];
    for line in text.lines() {
        if line.trim().is_empty() {
            paragraphs.push(String::new());
        } else if let Some(last) = paragraphs.last_mut() {
            for word in line.split_whitespace() {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(word);
            }
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

#[cfg(test)]
mod tests;
