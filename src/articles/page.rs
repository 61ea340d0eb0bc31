//! A page to its article: headline, main text, when and by whom.

use super::linked_data::LinkedData;
use super::markup::{Cursor, Piece};
use super::{boilerplate, charset, plain_text};
use dom_smoothie::{Config, Readability, ReadabilityError};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

/// The largest page that is read, in bytes of text.
const LARGEST: usize = 16 << 20;

/// The largest tree that is built. News pages have up to some 10,000 elements, nested some 40 deep; time on trees
/// grows faster than their size, and other pages are read without one.
const MOST_TAGS: usize = 40_000;
const DEEPEST: usize = 256;
/// The parser compares each attribute of a tag with those before it: the most such comparisons in a page, a second's.
const MOST_COMPARISONS: usize = 1_000_000_000;

/// A text below this many characters is doubted: JSON-LD may have more of it, or the page none at all.
const DOUBTED: usize = 500;
/// Below this, there is none.
const LEAST: usize = 60;

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The headline, without the site's name.
    pub title: Option<String>,
    /// The main text: paragraphs between empty lines, the headline not among them.
    pub text: String,
    /// When it was published, as the page says.
    pub published: Option<Timestamp>,
    /// Who wrote it.
    pub author: Option<String>,
    /// The site's own name for itself.
    pub site_name: Option<String>,
    /// `<html lang>`, as it stands there.
    pub lang: Option<String>,
    /// `<link rel="canonical">`, absolute.
    pub canonical: Option<Url>,
}

/// Why a page could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Another kind of document.
    #[error("not a page but {0}")]
    NotAPage(String),
    /// More than is read.
    #[error("the page is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// Something else stands where the article should.
    #[error("no text: {0}")]
    NoText(&'static str),
    /// The HTML library gave up on it; the panic was caught.
    #[error("the page made the HTML parser fail")]
    ParserFailed,
}

/// Reads a page. `content_type` is the header's value, `url` the address that finally answered.
///
/// Bounded for any input: pages that are too deep or too large for a tree are read as text alone, without the
/// search for their main part.
pub fn read_page(html: &[u8], content_type: Option<&str>, url: &Url) -> Result<Page, PageError> {
    let kind = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    let is_plain = kind == "text/plain" && !looks_like_html(html);
    if !is_plain
        && !matches!(
            kind.as_str(),
            "" | "text/html" | "application/xhtml+xml" | "text/plain" | "text/xml" | "application/xml"
        )
    {
        return Err(PageError::NotAPage(kind));
    }
    if html.len() > LARGEST {
        return Err(PageError::TooLarge);
    }
    if html.starts_with(b"%PDF-") {
        return Err(PageError::NotAPage("application/pdf".into()));
    }
    let html = charset::decode(html, content_type);
    let page = if is_plain || !fits_a_tree(&html) {
        let title = first_title(&html);
        Page { text: boilerplate::trimmed(&plain_text(&html), title.as_deref()), title, ..Page::default() }
    } else {
        // The parser is a library's; its panic shall cost this page and nothing else. It holds nothing of ours.
        match catch_unwind(AssertUnwindSafe(|| from_tree(&html, url))) {
            Ok(Ok(page)) => page,
            Ok(Err(_)) | Err(_) => return Err(PageError::ParserFailed),
        }
    };
    let length = page.text.chars().take(DOUBTED).count();
    if length < DOUBTED
        && let Some(reason) = obstacle(&plain_text(&html), length)
    {
        return Err(PageError::NoText(reason));
    }
    Ok(page)
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    [&b"<!doctype html"[..], b"<html"]
        .iter()
        .any(|tag| start.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
}

/// Whether a tree of this page stays small and shallow. Nesting is an upper bound: elements that HTML closes by
/// itself don't count, others that are left open do.
fn fits_a_tree(html: &str) -> bool {
    let mut cursor = Cursor::new(html);
    let (mut tags, mut depth, mut comparisons) = (0, 0_usize, 0_usize);
    while let Some(piece) = cursor.next() {
        let Piece::Tag(tag) = piece else { continue };
        tags += 1;
        let name = tag.name.to_ascii_lowercase();
        match name.as_str() {
            "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "source"
            | "track" | "wbr" | "param" | "p" | "li" | "dt" | "dd" | "option" | "tr" | "td" | "th" => {}
            "script" if !tag.closes => cursor.skip_element(0),
            "style" if !tag.closes => cursor.skip_element(1),
            _ if tag.closes => depth = depth.saturating_sub(1),
            _ if tag.attributes.ends_with('/') => {}
            _ => depth += 1,
        }
        let attributes = tag.attributes.bytes().filter(|b| b.is_ascii_whitespace() || *b == b'/').count();
        comparisons = comparisons.saturating_add(attributes.saturating_mul(attributes));
        if tags > MOST_TAGS || depth > DEEPEST || comparisons > MOST_COMPARISONS {
            return false;
        }
    }
    true
}

fn first_title(html: &str) -> Option<String> {
    let start = html.find("<title>")? + "<title>".len();
    let end = html[start..].find("</title>")?;
    said(&html[start..start + end])
}

fn from_tree(html: &str, url: &Url) -> Result<Page, ReadabilityError> {
    let config = Config { disable_json_ld: true, ..Config::default() };
    let mut readability = Readability::new(html, None, Some(config))?;
    let document = &readability.doc;
    let blocks: Vec<_> =
        document.select(r#"script[type="application/ld+json"]"#).iter().take(100).map(|block| block.text()).collect();
    let data = LinkedData::read(blocks.iter().map(|block| &**block));
    let attribute = |selector: &str, name: &str| document.select_single(selector).attr(name).map(String::from);
    let meta = |selector: &str| attribute(selector, "content").and_then(|content| said(&content));

    let site_name = meta(r#"meta[property="og:site_name"]"#).or_else(|| data.site_name.as_deref().and_then(said));
    let heading = || {
        let headings = document.select("h1");
        // Of several, none is known to be the headline.
        (headings.length() == 1).then(|| said(&headings.text())).flatten()
    };
    let title = meta(r#"meta[property="og:title"]"#)
        .or_else(|| data.headline.as_deref().and_then(said))
        .or_else(heading)
        .or_else(|| meta(r#"meta[name="twitter:title"]"#))
        .or_else(|| said(&document.select_single("head title").text()))
        .map(|title| without_site(&title, site_name.as_deref(), url));
    let published = [
        data.published.clone(),
        meta(r#"meta[property="article:published_time"]"#),
        meta(r#"meta[itemprop="datePublished"]"#),
        meta(r#"meta[name="pubdate"]"#),
        meta(r#"meta[name="date"]"#),
        meta(r#"meta[name="parsely-pub-date"]"#),
        meta(r#"meta[name="dc.date"], meta[name="DC.date.issued"]"#),
        attribute("time[itemprop=datePublished]", "datetime"),
        attribute("article time[datetime]", "datetime"),
        attribute("time[datetime]", "datetime"),
    ]
    .into_iter()
    .flatten()
    .find_map(|date| timestamp(&date));
    let author = data.author.as_deref().and_then(said).or_else(|| meta(r#"meta[name="author"]"#));
    let lang = attribute("html", "lang").filter(|lang| !lang.trim().is_empty());
    let canonical = attribute("link[rel=canonical]", "href")
        .and_then(|href| url.join(href.trim()).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"));

    document
        .select("nav, footer, aside, form, button, dialog, noscript, [role=navigation], [role=dialog], [hidden]")
        .remove();
    let body = document.select_single("body").html();
    // Readability gives up on pages without a main part; then everything on them is.
    let main = readability.parse().map_or(body, |article| article.content);
    let mut text = boilerplate::trimmed(&plain_text(&main), title.as_deref());
    if text.chars().count() < DOUBTED
        && let Some(body) = data.body
    {
        let body = boilerplate::trimmed(&plain_text(&body), title.as_deref());
        if body.len() > text.len() {
            text = body;
        }
    }
    Ok(Page { title, text, published, author, site_name, lang, canonical })
}

/// The words of an attribute or element, on one line.
fn said(markup: &str) -> Option<String> {
    let text = plain_text(markup).split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// "Ardova denies it | World | The Courier" without what names the site.
fn without_site(title: &str, site_name: Option<&str>, url: &Url) -> String {
    let squeezed =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let site = site_name.map(squeezed).unwrap_or_default();
    let outlet = super::outlet(url);
    let domain = squeezed(outlet.split('.').next().unwrap_or_default());
    for mark in [" | ", " - ", " – ", " — ", " :: ", " • ", " » "] {
        let Some((headline, last)) = title.rsplit_once(mark) else { continue };
        let last = squeezed(last);
        let names_site = !last.is_empty()
            && (last == site || last == domain || last.trim_start_matches("the") == domain.trim_start_matches("the"));
        if names_site && headline.split_whitespace().count() >= 2 {
            return headline.trim().to_owned();
        }
    }
    title.to_owned()
}

/// A moment as pages write it; a day alone is its beginning, a time without zone is UTC.
fn timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
        .or_else(|| text.parse::<DateTime>().ok().and_then(utc))
        .or_else(|| text.parse::<Date>().ok().and_then(|day| utc(day.at(0, 0, 0, 0))))
}

/// What stands where the article should, told by the words of the whole page.
fn obstacle(whole: &str, length: usize) -> Option<&'static str> {
    const SIGNS: [(&str, &[&str]); 4] = [
        (
            "the site asks for a human",
            &[
                "verify you are human",
                "verifying you are human",
                "checking your browser",
                "are you a robot",
                "you are not a robot",
                "unusual traffic",
                "access denied",
                "captcha",
            ],
        ),
        (
            "behind a paywall",
            &[
                "subscribe to continue",
                "subscribe to read",
                "subscribe to keep reading",
                "already a subscriber",
                "subscribers only",
                "subscription required",
                "to continue reading",
                "to read the full",
                "exclusive to subscribers",
                "log in to read",
                "sign in to read",
            ],
        ),
        (
            "needs JavaScript",
            &[
                "enable javascript",
                "javascript is disabled",
                "requires javascript",
                "turn on javascript",
                "javascript enabled",
            ],
        ),
        (
            "asks for consent first",
            &[
                "before you continue",
                "accept all cookies",
                "we value your privacy",
                "manage your consent",
                "consent to the use",
                "our partners store",
            ],
        ),
    ];
    // A long page around a short text is a short report, with all kinds of words around it.
    if whole.len() <= 20 * DOUBTED || length < LEAST {
        let words = whole[..whole.floor_char_boundary(40 * DOUBTED)].replace('’', "'").to_lowercase();
        let found = SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| words.contains(sign)));
        // A short report may end in an offer of cookies; a paywall's teaser is short too, and is no full text.
        if let Some((reason, _)) = found
            && (length < 3 * LEAST || *reason == "behind a paywall")
        {
            return Some(reason);
        }
    }
    (length < LEAST).then_some("the page has none")
}
