//! A page to its article: headline, main text and date.

use super::linked_data::LinkedData;
use super::{boilerplate, charset};
use crate::panics::contained;
use crate::plain::markup::{Cursor, Piece};
use crate::plain::plain_text;
use dom_smoothie::{Config, Readability, ReadabilityError};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use url::Url;

/// The largest page that is read, in bytes of text.
const LARGEST: usize = 16 << 20;

/// The largest tree that is built. News pages have up to some 10,000 elements, nested some 40 deep; time on trees
/// grows faster than their size, and other pages are read without one.
const MOST_TAGS: usize = 40_000;
const DEEPEST: usize = 256;
/// The parser compares each attribute of a tag with those before it: the most such comparisons in a page, half a second's.
const MOST_COMPARISONS: usize = 200_000_000;

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
        contained(|| from_tree(&html, url)).and_then(Result::ok).ok_or(PageError::ParserFailed)?
    };
    let length = page.text.chars().take(DOUBTED).count();
    if length < DOUBTED
        && let Some(reason) = obstacle(&page.text, &plain_text(&html), length)
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
    let headings: Vec<String> = document.select("h1").iter().take(20).filter_map(|h1| said(&h1.text())).collect();
    let canonical = attribute("link[rel=canonical]", "href")
        .and_then(|href| url.join(href.trim()).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let title = meta(r#"meta[property="og:title"]"#)
        .or_else(|| data.headline.as_deref().and_then(said))
        // Of several, none is known to be the headline.
        .or_else(|| headings.first().filter(|_| headings.len() == 1).cloned())
        .or_else(|| meta(r#"meta[name="twitter:title"]"#))
        .or_else(|| said(&document.select_single("head title").text()))
        .map(|title| match headings.iter().find(|heading| goes_on_with_a_mark(&title, heading)) {
            Some(heading) => heading.clone(),
            None => without_site(&title, site_name.as_deref(), canonical.as_ref().unwrap_or(url)),
        });
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

    document.select("nav, footer, aside, button, dialog, noscript, [role=navigation], [role=dialog]").remove();
    // Some publishing systems wrap the whole page in a form.
    for form in document.select("form").iter().filter(|form| form.text().len() < DOUBTED) {
        form.remove();
    }
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
    Ok(Page { title, text, published })
}

/// The words of an attribute or element, on one line.
fn said(markup: &str) -> Option<String> {
    let text = plain_text(markup).split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// What sites put between a headline and their name.
const TITLE_MARKS: [&str; 7] = [" | ", " - ", " – ", " — ", " :: ", " • ", " » "];

/// Whether `title` is `heading` and, after a mark, the site's name or section.
fn goes_on_with_a_mark(title: &str, heading: &str) -> bool {
    heading.split_whitespace().count() >= 2
        && title.strip_prefix(heading).is_some_and(|rest| TITLE_MARKS.iter().any(|mark| rest.starts_with(mark)))
}

/// "Ardova denies it | The Courier" without what names the site.
fn without_site(title: &str, site_name: Option<&str>, url: &Url) -> String {
    let squeezed =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let site = site_name.map(squeezed).unwrap_or_default();
    let outlet = super::outlet(url);
    let domain = squeezed(outlet.split('.').next().unwrap_or_default());
    for mark in TITLE_MARKS {
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

/// What stands where the article should. A text of some length is only doubted for its own words; an offer of
/// subscriptions or cookies beside it is on many pages. A paywall's teaser is the exception: the paywall stands below.
fn obstacle(text: &str, whole: &str, length: usize) -> Option<&'static str> {
    const PAYWALL: &str = "behind a paywall";
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
            PAYWALL,
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
    let words = |text: &str| super::beginning(text, 40 * DOUBTED).replace('’', "'").to_lowercase();
    let (own, around) = (words(text), words(whole));
    let found = SIGNS.iter().find(|(reason, signs)| {
        let words = if length < LEAST || *reason == PAYWALL { &around } else { &own };
        signs.iter().any(|sign| words.contains(sign))
    });
    if let Some((reason, _)) = found {
        return Some(reason);
    }
    (length < LEAST).then_some("the page has none")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn url() -> Url {
        Url::parse("https://www.selcourier.example/2031/03/ships").unwrap()
    }

    fn read(html: &str) -> Result<Page, PageError> {
        read_page(html.as_bytes(), Some("text/html; charset=utf-8"), &url())
    }

    const ARTICLE: [&str; 5] = [
        "Ardova's foreign ministry said on Monday that reports of its ships in the waters of Belmar were \"pure \
         invention\", the state news agency AFN reported.",
        "The ministry's spokeswoman, Ilka Toren, told reporters in Port Sel that no ship of the fleet had left its \
         harbour since the winter, and that Belmar's admiralty knew as much.",
        "Belmar had said last week that four of Ardova's frigates crossed the line by night, while the fishing fleet \
         was at sea, and that one of them rammed a trawler.",
        "Signs of a 'cold spring'",
        "\"We have never sent them, and we have no plan to send them,\" Toren added, before the two governments agreed \
         to meet on the island of Oss at the end of the month.",
    ];

    fn page_of_the_article() -> String {
        let paragraphs: String = ARTICLE.iter().map(|p| format!("<p>{p}</p>\n")).collect();
        let links: String = (0..20).map(|n| format!("<li><a href='/s{n}'>Section {n}</a></li>")).collect();
        format!(
            r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Ardova Calls Ship Reports 'Invention' - The Sel Courier</title>
            <meta property="og:title" content="Ardova Calls Ship Reports &#039;Invention&#039; - The Sel Courier">
            <meta property="og:site_name" content="The Sel Courier"><link rel="canonical" href="/2031/03/ships?x=1">
            <script type="application/ld+json">{{"@context": "https://schema.org", "@type": "NewsArticle",
              "headline": "Ardova Calls", "datePublished": "2031-03-04T09:30:00+02:00", "author": {{"@type": "Person", "name": "Mira Aldane"}}}}</script>
            <style>p {{ margin: 0 }}</style></head><body>
            <header><a href="/">The Sel Courier</a><div class="support">Support The Sel Courier!</div></header>
            <nav><ul>{links}</ul></nav>
            <main><article><h1>Ardova Calls Ship Reports 'Invention'</h1>
            <div class="byline">By Mira Aldane</div>
            <figure><img src="a.jpg"><figcaption>Frigates of Ardova's fleet in the harbour of Port Sel last autumn. AFN</figcaption></figure>
            <div class="social-share"><a href="https://x.example/share">Share on X</a></div>
            <div class="article__content">{paragraphs}</div>
            <div class="appeal"><p>… before you go, we have a small favor to ask. The Sel Courier has been called an "enemy agent" by
              the authorities, and its independent journalism lives from its readers alone, who decide every day that it shall go on.</p>
              <p>Your support, no matter how small, lets us go on reporting from both shores, every month of the year. Thank you.</p>
              <p>paymint methods</p><a href="/support">Remind me later.</a></div>
            <section class="related"><h3>Read more</h3><ul>{links}</ul></section>
            </article></main>
            <footer><p>© 2031 The Sel Courier. All rights reserved. We use cookies.</p></footer>
            <script>track("</p>");</script></body></html>"#
        )
    }

    #[test]
    fn a_page_gives_its_article_and_nothing_around_it() {
        let page = read(&page_of_the_article()).unwrap();
        assert_eq!(page.title.as_deref(), Some("Ardova Calls Ship Reports 'Invention'"));
        assert_eq!(page.published, Some("2031-03-04T07:30:00Z".parse().unwrap()));
        let paragraphs: Vec<&str> = page.text.split("\n\n").collect();
        for paragraph in ARTICLE {
            assert!(paragraphs.contains(&paragraph), "{paragraph} in {}", page.text);
        }
        for around in
            ["Section", "Support", "support", "favor", "Share", "cookies", "paymint", "track", "Remind", "Read more"]
        {
            assert!(!page.text.contains(around), "{around} in {}", page.text);
        }
    }

    #[test]
    fn the_text_may_stand_in_linked_data_alone() {
        let body = ARTICLE.join(" ");
        let data = serde_json::json!({"@type": "NewsArticle", "headline": "H & M", "articleBody": body});
        let html =
            format!("<html><body><div id=app></div><script type='application/ld+json'>{data}</script></body></html>");
        let page = read(&html).unwrap();
        assert_eq!((page.title.as_deref(), page.text), (Some("H & M"), body));
    }

    #[test]
    fn a_page_without_its_text_says_what_stands_there() {
        for (body, reason) in [
            ("Please enable JavaScript to view this site.", "needs JavaScript"),
            ("<h1>One moment</h1>Verify you are human by completing the action below.", "the site asks for a human"),
            ("<p>Before you continue</p><p>We and our partners store cookies.</p>", "asks for consent first"),
            (
                "<p>Ardova's foreign ministry said on Monday that reports of its ships were an invention of Belmar.</p>\
                 <p>Subscribe to continue reading. Already a subscriber? Log in.</p>",
                "behind a paywall",
            ),
            ("", "the page has none"),
        ] {
            assert_eq!(read(&format!("<html><body>{body}</body></html>")), Err(PageError::NoText(reason)), "{body}");
        }
        let short = "<p>Ardova's foreign ministry said on Monday that reports of its ships in the waters of Belmar were an \
                     invention, and that no ship had left its harbour.</p><footer>Accept all cookies</footer>";
        assert!(read(short).unwrap().text.ends_with("harbour."), "a short report is a report");
    }

    #[test]
    fn a_page_wrapped_in_a_form_is_a_page() {
        let html = page_of_the_article().replace("<main>", "<form><main>").replace("</main>", "</main></form>");
        assert_eq!(read(&html), read(&page_of_the_article()));
    }

    #[test]
    fn a_heading_tells_where_the_headline_ends() {
        let html = page_of_the_article().replace("The Sel Courier", "Another Name");
        let html =
            html.replace(r#"og:site_name"#, "og:nothing").replace("/2031/03/ships?x=1", "https://other.example/");
        assert_eq!(read(&html).unwrap().title.as_deref(), Some("Ardova Calls Ship Reports 'Invention'"));
    }

    #[test]
    fn a_headline_is_told_without_its_site() {
        for (title, expected) in [
            ("Ardova denies it - The Sel Courier", "Ardova denies it"),
            ("Ardova denies it | Sel Courier", "Ardova denies it"),
            ("Ardova denies it - Belmar insists", "Ardova denies it - Belmar insists"),
            ("Ardova denies it", "Ardova denies it"),
            ("Home | Sel Courier", "Home | Sel Courier"),
        ] {
            assert_eq!(without_site(title, Some("The Sel Courier"), &url()), expected);
            assert_eq!(without_site(title, None, &url()), expected);
        }
    }

    #[test]
    fn a_moment_is_read_however_pages_write_it() {
        for (text, expected) in [
            ("2031-03-04T09:30:00Z", "2031-03-04T09:30:00Z"),
            ("2031-03-04T09:30:00.123+0200", "2031-03-04T07:30:00.123Z"),
            ("2031-03-04 09:30:00+02:00", "2031-03-04T07:30:00Z"),
            ("2031-03-04T09:30", "2031-03-04T09:30:00Z"),
            ("2031-03-04", "2031-03-04T00:00:00Z"),
            ("Tue, 04 Mar 2031 09:30:00 GMT", "2031-03-04T09:30:00Z"),
        ] {
            assert_eq!(timestamp(text), Some(expected.parse().unwrap()), "{text}");
        }
        assert_eq!(timestamp("yesterday"), None);
    }

    #[test]
    fn other_documents_are_no_pages() {
        let read = |bytes: &[u8], kind| read_page(bytes, Some(kind), &url());
        assert_eq!(read(b"\x89PNG", "image/png"), Err(PageError::NotAPage("image/png".into())));
        assert_eq!(read(b"%PDF-1.7", "text/html"), Err(PageError::NotAPage("application/pdf".into())));
        assert_eq!(read(&vec![b' '; LARGEST + 1], "text/html"), Err(PageError::TooLarge));
        let plain = read(ARTICLE.join("\n\n").as_bytes(), "text/plain").unwrap();
        assert_eq!(plain.text, ARTICLE.join("\n\n"));
    }

    #[test]
    fn hostile_pages_neither_overflow_the_stack_nor_take_all_day() {
        let n = 100_000;
        let text = ARTICLE.join(" ");
        let within = MOST_TAGS - 10;
        let cases = [
            ("deep divs", format!("{}{text}", "<div>".repeat(n))),
            ("many links", format!("{text}{}", "<a>".repeat(10 * n))),
            ("links inside the bound", format!("{text}{}", "<a>x".repeat(DEEPEST))),
            ("closed links", format!("{text}{}", "<a href=x>x</a>".repeat(within / 2))),
            ("paragraphs left open", format!("{text}{}", "<p>x".repeat(within))),
            ("formatting across paragraphs", format!("{text}{}", "<b><p>x</b>".repeat(within / 3))),
            ("tables left open", format!("{text}{}", "<table><tr><td>".repeat(80))),
            ("text between table rows", format!("<table>{}", "<tr>word".repeat(within))),
            ("insertions", format!("{}{text}", "<ins>".repeat(DEEPEST - 4))),
            ("line breaks", format!("{text}{}", "<br>".repeat(within))),
            ("flat divs", format!("{text}{}", "<div>x</div>".repeat(within / 2))),
            (
                "divs of some depth",
                format!("{text}{}", format!("{}{text}{}", "<div>".repeat(200), "</div>".repeat(200)).repeat(80)),
            ),
            ("attributes", format!("{text}<a {}>", "b ".repeat(n))),
            (
                "different attributes",
                format!("{text}<a {}>", (0..14_000).map(|n| format!("b{n} ")).collect::<String>()),
            ),
            ("quotation marks", format!("{text}{}", "<a \"".repeat(n))),
            ("left in the middle", page_of_the_article()[..1500].to_owned()),
        ];
        // A worker's usual stack.
        let slowest = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
            cases
                .iter()
                .map(|(name, html)| {
                    let start = Instant::now();
                    let _ = read(html);
                    eprintln!("{name}: {:?}", start.elapsed());
                    (start.elapsed(), *name)
                })
                .max()
        });
        let (time, name) = slowest.unwrap().join().unwrap().unwrap();
        assert!(time < Duration::from_secs(10), "{name}: {time:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_page(&bytes, None, &url());
        }

        #[test]
        fn any_markup_can_be_read(html in "(<(/)?(p|div|a|table|td|b|script|title|h1|svg|form|template|select)( [a-z]=\"?x)?>|words of it |&lt;){0,60}") {
            let _ = read(&html);
        }
    }
}
