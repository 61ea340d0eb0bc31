//! What makes two items the same: within a feed, and across feeds.

use crate::feeds::Item;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use url::{Host, Url};

/// Parameters that say where a reader came from and not what is read. A trailing `*` stands for any ending.
const TRACKING: [&str; 41] = [
    "utm_*",
    "at_*",
    "pk_*",
    "mtm_*",
    "hsa_*",
    "oly_*",
    "vero_*",
    "ns_*",
    "wt.*",
    "_hs*",
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "ysclid",
    "twclid",
    "ttclid",
    "igshid",
    "igsh",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_ga",
    "_gl",
    "cmpid",
    "cmp",
    "ocid",
    "ito",
    "xtor",
    "smid",
    "smtyp",
    "taid",
    "ref",
    "ref_src",
    "ref_url",
    "__twitter_impression",
];

/// An identity is a key of the log: anything longer than this, in bytes, stands there by its hash.
const LONGEST: usize = 512;

/// The address under which an article is recognised: without tracking parameters, fragment, user and password, an
/// empty query; host and port as URLs write them. The order of the other parameters is kept: it may mean something.
/// `#!` fragments stay, for they name a page.
pub fn canonical(url: &Url) -> Url {
    let mut canonical = url.clone();
    if !url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        canonical.set_fragment(None);
    }
    // Refused only for addresses that can't have them.
    let _ = canonical.set_username("");
    let _ = canonical.set_password(None);
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !tracks(pair)).collect();
        canonical.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
    }
    canonical
}

fn tracks(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or(pair).to_ascii_lowercase();
    TRACKING.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *known,
    })
}

/// Who publishes what stands there: the registrable domain by the Public Suffix List. Hosts that have none
/// (addresses, `localhost`, a public suffix itself) stand for themselves.
pub fn outlet(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(host)) => {
            let host = host.trim_end_matches('.');
            psl::domain_str(host).unwrap_or(host).to_owned()
        }
        Some(host) => host.to_string(),
        None => String::new(),
    }
}

/// The items of one document within their feed: each by its guid, else its canonical address, else its content. A guid
/// that the document gives to several addresses ("0", the feed's own address) tells no item from another.
pub fn item_identities(items: &[Item]) -> Vec<String> {
    let mut address_of: HashMap<String, Option<String>> = HashMap::new();
    let mut shared: HashSet<String> = HashSet::new();
    for item in items {
        if let Some(guid) = guid(item) {
            let address = address(item);
            if *address_of.entry(guid.clone()).or_insert_with(|| address.clone()) != address {
                shared.insert(guid);
            }
        }
    }
    let own = |item: &Item| guid(item).filter(|guid| !shared.contains(guid));
    items.iter().map(|item| own(item).or_else(|| address(item)).unwrap_or_else(|| content_hash(item))).collect()
}

/// The article across feeds: its canonical address, else `feed_key` (whatever names the feed for good) with the guid,
/// else `feed_key` with the content. The scheme doesn't count; an address without path and query is a site's, and no
/// article's.
pub fn article_identity(item: &Item, feed_key: &str) -> String {
    address(item).unwrap_or_else(|| format!("{feed_key} {}", guid(item).unwrap_or_else(|| content_hash(item))))
}

/// SHA-256, in hex, of title, summary and content: another hash under the same identity is an update. Dates are left
/// out, as many feeds move them at every poll.
pub fn content_hash(item: &Item) -> String {
    let mut hash = Sha256::new();
    for text in [&item.title, &item.summary, &item.content] {
        let text = text.as_deref().unwrap_or_default();
        // The length keeps "ab" + "c" and "a" + "bc" apart.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hex(&hash.finalize())
}

fn guid(item: &Item) -> Option<String> {
    item.id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(bounded)
}

fn address(item: &Item) -> Option<String> {
    let url = canonical(&Url::parse(item.url.as_deref()?).ok()?);
    if url.path() == "/" && url.query().is_none() && url.fragment().is_none() {
        return None;
    }
    let url = url.as_str();
    Some(bounded(&url.strip_prefix("http://").map_or_else(|| url.to_owned(), |rest| format!("https://{rest}"))))
}

fn bounded(identity: &str) -> String {
    if identity.len() <= LONGEST { identity.to_owned() } else { sha256(identity.as_bytes()) }
}

/// SHA-256, in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn item(id: Option<&str>, url: Option<&str>) -> Item {
        Item { id: id.map(Into::into), url: url.map(Into::into), title: Some("Title".into()), ..Item::default() }
    }

    #[test]
    fn an_address_loses_what_does_not_name_the_article() {
        for (url, expected) in [
            ("https://News.Example.org:443/a?utm_source=rss&id=7&fbclid=x#top", "https://news.example.org/a?id=7"),
            ("https://example.org/a?", "https://example.org/a"),
            ("https://example.org/a?b=2&&a=1&UTM_Medium=x", "https://example.org/a?b=2&a=1"),
            ("https://example.org/a?reference=1&ref=home", "https://example.org/a?reference=1"),
            ("https://me:secret@example.org/a/", "https://example.org/a/"),
            ("https://example.org/#!/a", "https://example.org/#!/a"),
            ("https://example.org/a?q=%D0%B0+b&at_medium=RSS", "https://example.org/a?q=%D0%B0+b"),
            ("mailto:desk@example.org", "mailto:desk@example.org"),
        ] {
            let canonical = canonical(&Url::parse(url).unwrap());
            assert_eq!(canonical.as_str(), expected);
            assert_eq!(super::canonical(&canonical), canonical, "a second time changes nothing");
        }
    }

    #[test]
    fn an_outlet_is_its_registrable_domain() {
        for (url, expected) in [
            ("https://www.example.org/a", "example.org"),
            ("https://feeds.news.example.co.uk/a", "example.co.uk"),
            ("https://someone.github.io/", "someone.github.io"),
            ("https://github.io/", "github.io"),
            ("https://example.org./", "example.org"),
            ("http://127.0.0.1:8080/", "127.0.0.1"),
            ("http://[::1]/", "[::1]"),
            ("http://localhost/", "localhost"),
        ] {
            assert_eq!(outlet(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    fn alone(item: &Item) -> String {
        item_identities(std::slice::from_ref(item)).remove(0)
    }

    #[test]
    fn an_item_is_its_guid_else_its_address_else_its_content() {
        assert_eq!(alone(&item(Some("tag:1"), Some("https://example.org/a"))), "tag:1");
        assert_eq!(alone(&item(Some(" "), Some("http://example.org/a?utm_id=1"))), "https://example.org/a");
        let nameless = item(None, None);
        assert_eq!(alone(&nameless), content_hash(&nameless));
        assert_eq!(alone(&item(Some(&"x".repeat(1 << 20)), None)).len(), 64);
    }

    #[test]
    fn a_guid_that_several_addresses_share_names_none() {
        let at = |url: &str| item(Some("0"), Some(url));
        let items = [at("https://gazette.example/a"), at("https://gazette.example/b"), at("https://gazette.example/a")];
        let identities = item_identities(&items);
        assert_ne!(identities[0], identities[1]);
        assert_eq!(identities[0], identities[2]);
        assert_eq!(item_identities(&items[..1]), ["0"], "alone it says enough");
    }

    #[test]
    fn the_same_address_in_two_feeds_is_one_article_and_the_same_guid_is_not() {
        let url = Some("https://example.org/a?utm_source=x");
        assert_eq!(
            article_identity(&item(Some("1"), url), "feed 1"),
            article_identity(&item(Some("2"), Some("http://example.org/a#b")), "feed 2")
        );
        assert_ne!(
            article_identity(&item(Some("1"), None), "feed 1"),
            article_identity(&item(Some("1"), None), "feed 2")
        );
        let front_page = Some("https://example.org/");
        assert_ne!(
            article_identity(&item(Some("1"), front_page), "feed 1"),
            article_identity(&item(Some("2"), front_page), "feed 1")
        );
    }

    #[test]
    fn an_update_shows_in_the_text_and_not_in_the_dates() {
        let first = Item { title: Some("ab".into()), summary: Some("c".into()), ..Item::default() };
        let dated = Item { updated: Some(jiff::Timestamp::UNIX_EPOCH), ..first.clone() };
        let moved = Item { title: Some("a".into()), summary: Some("bc".into()), ..Item::default() };
        assert_eq!(content_hash(&first), content_hash(&dated));
        assert_ne!(content_hash(&first), content_hash(&moved));
    }
}
