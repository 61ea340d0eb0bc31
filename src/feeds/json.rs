//! JSON Feed, made to fit feed-rs, which takes the specification at its word: a number as an id, an item without
//! an id or a feed without a title costs the whole document there.

use serde_json::{Map, Value};

/// Keys of an item that feed-rs reads as text.
const TEXTS: [&str; 9] = [
    "id",
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "date_published",
    "date_modified",
];
const MAX_ITEMS: usize = 5_000;

/// The document with what feed-rs needs and nothing that it refuses; nothing if it is no JSON Feed.
pub(super) fn mend(text: &str) -> Result<Option<String>, serde_json::Error> {
    let Value::Object(feed) = serde_json::from_str(text)? else { return Ok(None) };
    let Some(Value::Array(items)) = feed.get("items") else { return Ok(None) };
    let items: Vec<Value> = items.iter().filter_map(Value::as_object).take(MAX_ITEMS).map(item).collect();
    let mut mended = Map::new();
    mended.insert("version".into(), "https://jsonfeed.org/version/1.1".into());
    mended.insert("title".into(), feed.get("title").and_then(text_of).unwrap_or_default().into());
    if let Some(site) = feed.get("home_page_url").and_then(text_of) {
        mended.insert("home_page_url".into(), site.into());
    }
    mended.insert("items".into(), items.into());
    Ok(Some(Value::Object(mended).to_string()))
}

fn item(item: &Map<String, Value>) -> Value {
    let mut mended = Map::new();
    for key in TEXTS {
        if let Some(text) = item.get(key).and_then(text_of) {
            mended.insert(key.into(), text.into());
        }
    }
    let listed = item.get("authors").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<Value> = listed
        .chain(item.get("author"))
        .filter_map(|author| author.get("name").and_then(text_of))
        .map(|name| serde_json::json!({ "name": name }))
        .collect();
    mended.insert("authors".into(), names.into());
    Value::Object(mended)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
