//! `[[feed]]`

use super::endpoint::Given;
use super::endpoint::{Purpose, address, given, headers, secret};
use super::secrets::Secrets;
use super::section::{Section, Text};
use super::{Auth, Feed, FullText, Secret};
use std::collections::HashMap;
use std::time::Duration;

pub(super) const KEYS: &[&str] = &["url", "outlet", "every", "full_text", "backfill", "proxy", "auth", "headers"];

const DAY: u64 = 24 * 60 * 60;

/// Reads the feeds; two of the same address are one too many.
pub(super) fn feeds(sections: Vec<Section<'_>>, secrets: &dyn Secrets) -> Vec<Feed> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut feeds = Vec::with_capacity(sections.len());
    for (index, section) in sections.iter().enumerate() {
        let elsewhere = section.findings.elsewhere_count();
        let feed = feed(section, secrets);
        let Some(feed) = feed else { continue };
        let mut identity = feed.url.expose().clone();
        identity.set_fragment(None);
        if let Some(first) = seen.insert(identity.into(), index + 1) {
            section.findings.error(
                section.get("url").map_or(section.span.clone(), |field| field.span()),
                format!("the feed {} is there already: it is feed {first} of this file", feed.url),
                "take one of the two out",
            );
            continue;
        }
        // Without its proxy, login or headers it is another feed.
        if section.findings.elsewhere_count() == elsewhere {
            feeds.push(feed);
        }
    }
    feeds
}

fn feed(section: &Section<'_>, secrets: &dyn Secrets) -> Option<Feed> {
    let url = section.require("url", "url = \"https://news.example/feed.xml\"");
    let url = url.and_then(|field| {
        let address = address(&field, Purpose::Feed, secrets)?;
        if address.expose().scheme() == "http" && !address.is_secret() {
            let message =
                format!("the feed {address} is polled without encryption: who sits between can read and change it");
            field.findings.note(field.span(), message, "try the same address with https://");
        }
        Some(address)
    });
    let outlet = section.get("outlet").and_then(|field| field.text("\"news.example\""));
    let every = section.get("every").and_then(|field| {
        let every = field.duration(1..=30 * DAY)?;
        if every < Duration::from_secs(60) {
            let message = format!("{} is less than a minute: many servers will answer with 429 or a ban", field.label);
            field.findings.note(field.span(), message, "leave it out for an interval that follows the feed's own pace");
        }
        Some(every)
    });
    let full_text = section.get("full_text").and_then(|field| field.choice(&["always", "matched", "never"]));
    let backfill = section.get("backfill").and_then(|field| field.flag());
    let proxy = section.get("proxy").and_then(|field| address(&field, Purpose::Proxy, secrets));
    let auth = auth(section, secrets);
    let headers = section.get("headers").map(|field| (headers(&field, secrets), field));
    if let Some((headers, field)) = &headers
        && auth.is_some()
        && headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
    {
        field.error("sets Authorization, and auth does too", "keep one of the two");
    }
    let url = url?;
    if auth.is_some() && (!url.expose().username().is_empty() || url.expose().password().is_some()) {
        let field = section.get("url")?;
        field.error("holds a login, and auth does too", "keep one of the two");
        return None;
    }
    Some(Feed {
        url,
        outlet: outlet.map(|Text { text, .. }| text),
        every,
        full_text: match full_text {
            Some("always") => FullText::Always,
            Some("never") => FullText::Never,
            _ => FullText::Matched,
        },
        backfill: backfill.unwrap_or(false),
        proxy,
        auth,
        headers: headers.map(|(headers, _)| headers).unwrap_or_default(),
    })
}

fn auth(section: &Section<'_>, secrets: &dyn Secrets) -> Option<Auth> {
    let field = section.get("auth")?;
    if !field.value.get_ref().is_table() {
        field.findings.mask_value(field.value);
    }
    let table = Section::new(section.findings, field.label.clone(), field.value, &["user", "password"])?;
    let user = table.require("user", "user = \"…\"").and_then(|field| {
        let user = match given(&field, secrets)? {
            Given::Plain(text) => Secret::new(text),
            Given::Secret(secret, _) => secret,
        };
        if user.expose().contains(':') {
            // RFC 7617 section 2: the first colon ends the user.
            field.error("holds a colon, which HTTP Basic authentication can't send", "use the user name alone");
            return None;
        }
        Some(user)
    });
    let password = table.require("password", "password = { env = \"NAME\" }").and_then(|field| secret(&field, secrets));
    Some(Auth { user: user?, password: password?.0 })
}
