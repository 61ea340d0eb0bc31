//! Addresses, headers and passwords: what may stand in the file, and what only its place may.

use super::address::{secret_in_query, sounds_secret};
use super::problem::{printable, quoted};
use super::secrets::{SecretSource, Secrets};
use super::section::{Field, SECRET_KEYS, Section};
use super::{Address, Secret};
use std::collections::HashSet;
use std::ops::Range;
use url::Url;

/// A value that stands in the file, or whose place does.
pub(super) enum Given {
    Plain(String),
    Secret(Secret, SecretSource),
}

/// A text, or the table that says where it is.
pub(super) fn given(field: &Field<'_>, secrets: &dyn Secrets) -> Option<Given> {
    if field.value.get_ref().as_str().is_some() {
        return field.text("\"…\"").map(|text| Given::Plain(text.text));
    }
    if !field.value.get_ref().is_table() {
        field.findings.mask_value(field.value);
        field.error("must be a text or a table that says where it is", "write \"…\" or { env = \"NAME\" }");
        return None;
    }
    let (secret, source) = secret_table(field, secrets)?;
    Some(Given::Secret(secret, source))
}

/// What must never stand in the file: the table that says where it is.
pub(super) fn secret(field: &Field<'_>, secrets: &dyn Secrets) -> Option<(Secret, SecretSource)> {
    if !field.value.get_ref().is_table() {
        field.findings.mask_value(field.value);
        field.error(
            "may not stand in the watchlist, which is read, copied and shared; only its place may",
            "write { credential = \"NAME\" } (systemd's LoadCredential=), { env = \"NAME\" } or { file = \"PATH\" }",
        );
        return None;
    }
    secret_table(field, secrets)
}

fn secret_table(field: &Field<'_>, secrets: &dyn Secrets) -> Option<(Secret, SecretSource)> {
    let table = Section::new(field.findings, field.label.clone(), field.value, SECRET_KEYS)?;
    let mut places = table.entries();
    places.retain(|(key, ..)| SECRET_KEYS.contains(key));
    let [(key, _, value)] = places[..] else {
        let many = if places.is_empty() { "says no place" } else { "says more than one place" };
        field.error(many, "write one of credential, env and file, such as { env = \"NAME\" }");
        return None;
    };
    let place = Field::named(format!("{key:?} in {}", field.label), key, value, field.findings).text("\"…\"")?;
    let source = match key {
        "credential" => SecretSource::Credential(place.text),
        "env" => SecretSource::Env(place.text),
        _ => SecretSource::File(place.text.into()),
    };
    if let SecretSource::Env(name) = &source
        && name.contains('=')
    {
        field.findings.mask(value.span());
        field.error("gives a value where the name of a variable belongs", "write the name alone: { env = \"NAME\" }");
        return None;
    }
    match secrets.read(&source) {
        Ok(secret) => Some((secret, source)),
        Err(missing) => {
            let message = format!("{} {}", field.label, printable(&format!("({source}) {}", missing.reason)));
            let help = printable(&missing.help);
            if missing.elsewhere {
                field.findings.elsewhere(field.span(), message, help);
            } else {
                field.findings.error(field.span(), message, help);
            }
            None
        }
    }
}

/// What an address is for: what schemes it may have, how much of it is shown, and where its password goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Feed,
    Webhook,
    Proxy,
}

impl Purpose {
    fn schemes(self) -> &'static [&'static str] {
        match self {
            Purpose::Feed | Purpose::Webhook => &["https", "http"],
            Purpose::Proxy => &["http", "https", "socks5", "socks5h"],
        }
    }

    fn example(self) -> &'static str {
        match self {
            Purpose::Feed => "https://news.example/feed.xml",
            Purpose::Webhook => "https://hooks.example/gainsay",
            Purpose::Proxy => "socks5h://127.0.0.1:9050",
        }
    }

    fn instead_of_login(self) -> &'static str {
        match self {
            Purpose::Feed => {
                "take it out of the address and add auth = { user = \"…\", password = { env = \"NAME\" } }"
            }
            Purpose::Webhook | Purpose::Proxy => {
                "keep the whole address elsewhere and write { env = \"NAME\" }, { credential = \"NAME\" } or { file = \"PATH\" }"
            }
        }
    }
}

/// The address that `field` gives.
pub(super) fn address(field: &Field<'_>, purpose: Purpose, secrets: &dyn Secrets) -> Option<Address> {
    mask_address(field, purpose);
    match given(field, secrets)? {
        Given::Plain(text) => {
            let url = checked(field, &text, purpose)?;
            let login = url.password().is_some() || (purpose != Purpose::Proxy && !url.username().is_empty());
            if login {
                field.error("holds a login, which may not stand in the watchlist", purpose.instead_of_login());
                return None;
            }
            if purpose != Purpose::Webhook
                && let Some(key) = secret_in_query(&url)
            {
                let what = if key.is_empty() { "a query".to_owned() } else { quoted(&key) };
                field.findings.note(
                    field.span(),
                    format!("{} holds {what}, which looks like a secret", field.label),
                    "keep the whole address elsewhere and write { env = \"NAME\" }; the log then knows it by its SHA-256 alone",
                );
            }
            Some(match purpose {
                Purpose::Webhook => Address::webhook(url),
                Purpose::Feed | Purpose::Proxy => Address::new(url),
            })
        }
        Given::Secret(secret, source) => {
            let url = checked(field, secret.expose().trim(), purpose)?;
            Some(Address::secret(url, &source.to_string()))
        }
    }
}

fn checked(field: &Field<'_>, text: &str, purpose: Purpose) -> Option<Url> {
    let schemes = purpose.schemes().join(", ");
    let example = format!("write one such as {}", purpose.example());
    let fault = match Url::parse(text) {
        Err(url::ParseError::RelativeUrlWithoutBase) => format!("has no scheme; it may be {schemes}"),
        Err(error) => format!("is not an address: {error}"),
        // A host and port without a scheme parse as one.
        Ok(url) if !purpose.schemes().contains(&url.scheme()) => {
            let scheme = if text.contains("://") { format!(" {}", quoted(url.scheme())) } else { String::new() };
            format!("has the wrong scheme{scheme}; it may be {schemes}")
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => "has no host".into(),
        Ok(url) if url.port() == Some(0) => "has port 0, on which nobody listens".into(),
        Ok(url)
            if purpose == Purpose::Proxy
                && !(matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none()) =>
        {
            "has a path, which a proxy has not".into()
        }
        Ok(url) => return Some(url),
    };
    field.error(fault, example);
    None
}

/// Hides of an address what is never shown: login and query, a webhook's path, and all that is no address.
fn mask_address(field: &Field<'_>, purpose: Purpose) {
    let Some(text) = field.value.get_ref().as_str() else { return };
    let span = field.span();
    // Escapes make the file's bytes differ from the text's; then nothing of it is shown.
    let quotation = span.len().saturating_sub(text.len()) / 2;
    if span.len() != text.len() + 2 * quotation || !matches!(quotation, 1 | 3) || text.contains('\\') {
        return field.findings.mask(span);
    }
    let start = span.start + quotation;
    for hidden in hidden_of_address(text, purpose == Purpose::Webhook) {
        field.findings.mask(start + hidden.start..start + hidden.end);
    }
}

/// The byte ranges of an address, sound or not, that are never shown.
pub(super) fn hidden_of_address(text: &str, hide_path: bool) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    let host = text.find("://").map_or(0, |scheme| scheme + 3);
    let authority = text[host..].find(['/', '?', '#']).map_or(text.len(), |length| host + length);
    // The last one counts, as for a browser. A password with a slash in it makes the address unsound.
    let login = if Url::parse(text).is_ok() { &text[host..authority] } else { &text[host..] };
    if let Some(at) = login.rfind('@') {
        hidden.push(host..host + at);
    }
    if hide_path {
        let path = authority + usize::from(text[authority..].starts_with('/'));
        hidden.push(path..text.len());
    } else if let Some(query) = text.find(['?', '#']) {
        hidden.push(query + 1..text.len());
    }
    hidden.retain(|range| range.start < range.end);
    hidden
}

/// Headers that are the connection's, or that the daemon sets itself to keep its promises.
const RESERVED_HEADERS: &[(&str, &str)] = &[
    ("host", "it is taken from the address"),
    ("connection", "it belongs to the connection"),
    ("proxy-connection", "it belongs to the connection"),
    ("keep-alive", "it belongs to the connection"),
    ("te", "it belongs to the connection"),
    ("trailer", "it belongs to the connection"),
    ("transfer-encoding", "it belongs to the connection"),
    ("upgrade", "it belongs to the connection"),
    ("expect", "it belongs to the connection"),
    ("content-length", "a poll has no body"),
    ("proxy-authenticate", "it belongs to the proxy"),
    ("proxy-authorization", "put user and password into the proxy's address, as { env = \"NAME\" }"),
    ("accept-encoding", "the daemon asks for what it can unpack"),
    ("if-none-match", "the daemon sends the feed's own validators"),
    ("if-modified-since", "the daemon sends the feed's own validators"),
    ("range", "the daemon reads whole feeds"),
];

/// The headers that `field` gives, in the order of the file.
pub(super) fn headers(field: &Field<'_>, secrets: &dyn Secrets) -> Vec<(String, Secret)> {
    let Some(entries) = field.value.get_ref().as_table() else {
        field.findings.mask_value(field.value);
        field.error("must be a table", "write headers = { Accept-Language = \"en\" }");
        return Vec::new();
    };
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut headers: Vec<(String, Secret)> = Vec::with_capacity(entries.len());
    let mut seen = HashSet::with_capacity(entries.len());
    for (key, value) in entries {
        let name: &str = key.get_ref();
        field.findings.mask_value(value);
        let refuse = |what: String, help: &str| field.findings.error(key.span(), what, help);
        if reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
            refuse(
                format!("{} is not a header's name", quoted(name)),
                "use letters, digits and hyphens, such as Accept-Language",
            );
            continue;
        }
        let lower = name.to_ascii_lowercase();
        if let Some((_, why)) = RESERVED_HEADERS.iter().find(|(reserved, _)| *reserved == lower) {
            refuse(format!("the header {name} can't be set"), why);
            continue;
        }
        if !seen.insert(lower.clone()) {
            refuse(
                format!("the header {name} is set twice"),
                "names of headers know no upper and lower case; keep one",
            );
            continue;
        }
        let value = Field::named(format!("the header {name}"), name, value, field.findings);
        let given = match lower.as_str() {
            "authorization" | "cookie" => secret(&value, secrets).map(|(secret, _)| secret),
            _ => given(&value, secrets).map(|given| match given {
                Given::Plain(text) => {
                    if sounds_secret(name) {
                        field.findings.note(
                            value.span(),
                            format!("the header {name} looks like a secret"),
                            "keep it elsewhere and write { env = \"NAME\" }, { credential = \"NAME\" } or { file = \"PATH\" }",
                        );
                    }
                    Secret::new(text)
                }
                Given::Secret(secret, _) => secret,
            }),
        };
        let Some(secret) = given else { continue };
        if reqwest::header::HeaderValue::from_str(secret.expose()).is_err() {
            value.error("holds what no header may", "take line breaks and control characters out");
            continue;
        }
        headers.push((name.to_owned(), secret));
    }
    headers
}
