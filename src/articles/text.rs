//! Which of an article's texts is analysed: the feed's, the page's or the summary.

use super::Page;
use crate::feeds::Item;

/// A feed's content below this many words is a teaser, however it ends. Short wire reports have some 150.
const FULL_TEXT_WORDS: usize = 120;

/// How the teasers of feeds end, in small letters.
const TEASER_ENDS: [&str; 14] = [
    "…",
    "...",
    "[…]",
    "[...]",
    "…]",
    "read more",
    "read more »",
    "read more →",
    "read more.",
    "continue reading",
    "continue reading →",
    "full story",
    "read the full story",
    "read the full article",
];

/// Where the analysed text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The feed carries the full text.
    Feed,
    /// The linked page.
    Page,
    /// The feed's summary, or what of the text the feed carries: no more was to be had.
    Summary,
}

impl Source {
    /// As the log writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Feed => "feed",
            Source::Page => "page",
            Source::Summary => "summary",
        }
    }
}

/// An article's text, ready to be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The headline: the feed's, else the page's.
    pub title: Option<String>,
    /// The main text; empty where there is a headline alone.
    pub body: String,
    /// Where the body comes from.
    pub source: Source,
    /// Why no better source was used, for people ("page: timed out").
    pub note: Option<String>,
}

impl Text {
    /// The text that is analysed and whose hash is kept.
    pub fn compose(&self) -> String {
        compose(self.title.as_deref(), &self.body)
    }
}

/// The analysed text: title, two newlines, body. All offsets of statements count in it.
pub fn compose(title: Option<&str>, body: &str) -> String {
    match title {
        Some(title) if body.is_empty() => title.to_owned(),
        Some(title) => format!("{title}\n\n{body}"),
        None => body.to_owned(),
    }
}

/// Whether the feed carries the item's full text, so that no page needs fetching.
pub fn feed_has_full_text(item: &Item) -> bool {
    item.content.as_deref().is_some_and(|content| words(content) >= FULL_TEXT_WORDS && !is_teaser(content))
}

/// Chooses the text to analyse: the feed's if it is the full text, else the page's, else the longer of content and
/// summary. `page` is what became of fetching and reading the page, or why there was none to fetch.
pub fn choose(item: &Item, page: Result<&Page, &str>) -> Text {
    let content = super::boilerplate::trimmed(item.content.as_deref().unwrap_or_default(), item.title.as_deref());
    let title = item.title.clone().filter(|title| !title.trim().is_empty());
    if feed_has_full_text(item) {
        return Text { title, body: content, source: Source::Feed, note: None };
    }
    let summary = item.summary.as_deref().unwrap_or_default();
    let carried = if words(summary) > words(&content) { summary.to_owned() } else { content };
    let reason = match page {
        // Where the page gives less than the teaser, something stands in its way.
        Ok(page) if words(&page.text) >= words(&carried) => {
            let title = title.or_else(|| page.title.clone());
            return Text { title, body: page.text.clone(), source: Source::Page, note: None };
        }
        Ok(_) => "page: has less text than the feed",
        Err(reason) => reason,
    };
    let title = title.or_else(|| page.ok().and_then(|page| page.title.clone()));
    Text { title, body: carried, source: Source::Summary, note: Some(reason.to_owned()) }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn is_teaser(content: &str) -> bool {
    // A site's own closing line ("The post … appeared first on …") may follow the teaser's end.
    let end = super::boilerplate::trimmed(content, None).trim_end().to_lowercase();
    let raw = content.trim_end().to_lowercase();
    TEASER_ENDS.iter().any(|teaser| end.ends_with(teaser) || raw.ends_with(teaser))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(content: &str, summary: &str) -> Item {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Item { title: Some("Title".into()), content: text(content), summary: text(summary), ..Item::default() }
    }

    fn page(text: &str) -> Page {
        Page { title: Some("Page title".into()), text: text.into(), ..Page::default() }
    }

    #[test]
    fn the_best_text_at_hand_is_analysed() {
        let full = "Word after word the report goes on. ".repeat(30).trim_end().to_owned();
        let teaser = format!("{full} […]");
        let longer = format!("{full} {full}");
        fn chosen(item: &Item, page: Result<&Page, &str>) -> (Source, Option<String>) {
            let text = choose(item, page);
            (text.source, text.note)
        }
        assert_eq!(chosen(&item(&full, "Short"), Err("page: not fetched")), (Source::Feed, None));
        assert_eq!(chosen(&item(&teaser, "Short"), Ok(&page(&longer))), (Source::Page, None));
        assert_eq!(chosen(&item("", "Short"), Ok(&page(&full))), (Source::Page, None));
        let less = Some("page: has less text than the feed".to_owned());
        assert_eq!(chosen(&item(&teaser, "Short"), Ok(&page("Subscribe."))), (Source::Summary, less));
        let failed = choose(&item("", "It denies."), Err("page: timed out"));
        assert_eq!((failed.body.as_str(), failed.source), ("It denies.", Source::Summary));
        assert_eq!(failed.note.as_deref(), Some("page: timed out"));
        assert_eq!(choose(&item("", ""), Err("no page")).compose(), "Title");
    }

    #[test]
    fn a_teaser_is_known_by_its_end() {
        let full = "Word after word the report goes on. ".repeat(30);
        for end in ["", "He said so.\n\nFollow us on Telegram"] {
            assert!(feed_has_full_text(&item(&format!("{full}{end}"), "")), "{end}");
        }
        for end in ["and…", "and [...]", "\n\nRead more", "\n\nContinue reading →"] {
            assert!(!feed_has_full_text(&item(&format!("{full}{end}"), "")), "{end}");
        }
        assert!(!feed_has_full_text(&item("It denies it.", "")));
    }

    #[test]
    fn the_page_names_an_article_that_the_feed_does_not() {
        let untitled = Item { summary: Some("It denies.".into()), ..Item::default() };
        assert_eq!(choose(&untitled, Ok(&page("It denies it all."))).title.as_deref(), Some("Page title"));
    }
}
