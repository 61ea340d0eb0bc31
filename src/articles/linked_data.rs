//! What a page says of itself in JSON-LD (schema.org `Article` and its kinds).

use serde_json::Value;

/// Blocks larger than this, in bytes, and more than this many of them are no article's.
const LARGEST: usize = 2 << 20;
const MOST: usize = 50;
/// How deep an article may stand in `@graph`, `mainEntity` and arrays.
const DEEPEST: usize = 6;

/// schema.org's kinds of articles end so: `NewsArticle`, `ReportageNewsArticle`, `BlogPosting`, …
const KINDS: [&str; 5] = ["Article", "BlogPosting", "LiveBlogPosting", "Report", "SocialMediaPosting"];

/// An article's own words on itself; markup unresolved.
#[derive(Debug, Default)]
pub(super) struct LinkedData {
    pub(super) headline: Option<String>,
    pub(super) published: Option<String>,
    pub(super) site_name: Option<String>,
    pub(super) body: Option<String>,
}

impl LinkedData {
    /// The first article that the page's JSON-LD `blocks` describe; empty where there is none.
    pub(super) fn read<'b>(blocks: impl Iterator<Item = &'b str>) -> Self {
        blocks
            .filter(|block| block.len() <= LARGEST)
            .take(MOST)
            .filter_map(|block| serde_json::from_str::<Value>(unwrapped(block)).ok())
            .find_map(|value| article(&value, DEEPEST).map(LinkedData::of))
            .unwrap_or_default()
    }

    fn of(article: &Value) -> Self {
        LinkedData {
            headline: text(&article["headline"]),
            published: text(&article["datePublished"]).or_else(|| text(&article["dateCreated"])),
            site_name: names(&article["publisher"]),
            body: text(&article["articleBody"]),
        }
    }
}

/// Some pages hide the block from old browsers.
fn unwrapped(block: &str) -> &str {
    let block = block.trim();
    let block = block.strip_prefix("<!--").or_else(|| block.strip_prefix("//<![CDATA[")).unwrap_or(block);
    let block = block.strip_suffix("-->").or_else(|| block.strip_suffix("//]]>")).unwrap_or(block);
    block.trim().trim_end_matches(';')
}

fn article(value: &Value, depth: usize) -> Option<&Value> {
    let inside = depth.checked_sub(1)?;
    match value {
        Value::Array(values) => values.iter().find_map(|value| article(value, inside)),
        Value::Object(_) if is_article(&value["@type"]) => Some(value),
        Value::Object(_) => {
            ["@graph", "mainEntity", "mainEntityOfPage"].iter().find_map(|key| article(value.get(key)?, inside))
        }
        _ => None,
    }
}

fn is_article(kind: &Value) -> bool {
    match kind {
        Value::String(kind) => KINDS.iter().any(|known| kind.ends_with(known)),
        Value::Array(kinds) => kinds.iter().any(|kind| kind.is_string() && is_article(kind)),
        _ => false,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A name, a thing with a name, or several of them.
fn names(value: &Value) -> Option<String> {
    match value {
        Value::Array(values) => {
            let names: Vec<String> =
                values.iter().take(10).filter(|value| !value.is_array()).filter_map(names).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        Value::Object(_) => text(&value["name"]),
        value => text(value).filter(|name| !name.starts_with("http")),
    }
}

#[cfg(test)]
mod tests {
    use super::LinkedData;

    #[test]
    fn an_article_is_found_wherever_it_stands() {
        for block in [
            r#"{"@type": "NewsArticle", "headline": "H", "publisher": [{"name": "A"}, "B"]}"#,
            r#"[{"@type": "WebSite"}, {"@type": ["Thing", "ReportageNewsArticle"], "headline": "H", "publisher": "A, B"}]"#,
            r#"{"@graph": [{"@type": "Person"}, {"@type": "Article", "headline": " H ", "publisher": {"name": "A, B"}}]};"#,
            r#"<!-- {"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": "H", "publisher": ["A", "B"]}} -->"#,
        ] {
            let found = LinkedData::read([block].into_iter());
            assert_eq!((found.headline.as_deref(), found.site_name.as_deref()), (Some("H"), Some("A, B")), "{block}");
        }
    }

    #[test]
    fn anything_else_is_no_article() {
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let blocks = ["", "{", "null", "3", r#"{"@type": 3}"#, r#"{"@type": "Organization", "name": "N"}"#, &nested];
        let found = LinkedData::read(blocks.into_iter());
        assert!(found.headline.is_none() && found.published.is_none() && found.body.is_none());
    }
}
