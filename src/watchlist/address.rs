//! Addresses and secrets that can't be shown by accident.

use std::fmt;
use url::Url;

/// A text that is never shown: neither in logs nor in errors nor in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes `text` into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A URL that shows itself redacted: without user, password, query and fragment; wholly hidden where the
/// address itself came from a secret; without its path for a webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    shown: String,
    secret: bool,
}

impl Address {
    /// An address whose path may be seen.
    pub fn new(url: Url) -> Self {
        let shown = redacted(&url);
        Address { url, shown, secret: false }
    }

    /// An address that is itself a secret: only `name` (its place in the watchlist) is ever shown.
    pub fn secret(url: Url, name: &str) -> Self {
        Address { url, shown: format!("[{name}]"), secret: true }
    }

    /// A webhook's address: scheme and host are shown.
    pub fn webhook(url: Url) -> Self {
        let shown = format!("{}/…", url.origin().ascii_serialization());
        Address { url, shown, secret: false }
    }

    /// The address in full, for the one place that connects to it.
    pub fn expose(&self) -> &Url {
        &self.url
    }

    /// Whether a feed's address must not be handed on: it is a secret itself, or its login or query looks like one.
    pub fn holds_secret(&self) -> bool {
        let login = !self.url.username().is_empty() || self.url.password().is_some();
        self.secret || login || secret_in_query(&self.url).is_some()
    }

    /// Whether the address itself is a secret, so that no part of it may be stored, nor the address it has moved to.
    /// The log still tells such a feed from the others by the SHA-256 of its address, which a guess can confirm and
    /// nothing can turn back: what can be guessed is no secret.
    pub fn is_secret(&self) -> bool {
        self.secret
    }
}

/// The address without user, password, query and fragment.
pub fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if shown.query().is_some() {
        shown.set_query(Some("…"));
    }
    shown.set_fragment(None);
    shown.to_string().replace("?%E2%80%A6", "?…")
}

/// The key in a query that carries a secret, by its name or its value; empty where the query is nothing else.
pub(super) fn secret_in_query(url: &Url) -> Option<String> {
    url.query_pairs().find_map(|(key, value)| {
        // An id says which feed is meant, not who may read it, however random it looks.
        let random = looks_random(&value) && !key.to_ascii_lowercase().ends_with("id");
        let bare = looks_random(&key);
        (bare || random || sounds_secret(&key)).then(|| if bare { String::new() } else { key.into_owned() })
    })
}

/// Whether a header or query key of this name usually carries a secret.
pub(super) fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let parts = ["token", "secret", "passw", "apikey", "authkey", "authoriz", "credential", "session", "signature"];
    words.any(|word| matches!(word, "auth" | "oauth" | "key" | "pass" | "pwd" | "sid" | "sig"))
        || parts.iter().any(|part| name.contains(part))
}

/// Whether there is a long run of mixed letters and digits in it, as in keys that nobody types.
fn looks_random(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| {
        run.len() >= 12 && run.contains(|c: char| c.is_ascii_digit()) && run.contains(|c: char| c.is_ascii_alphabetic())
    })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_query_is_no_secret_only_because_it_is_one() {
        let key = |query: &str| secret_in_query(&Url::parse(&format!("https://x.example/f?{query}")).unwrap());
        for harmless in [
            "",
            "feed=rss2&author=3&keyword=border",
            "channel_id=UC4f9aQz81kXh2LmW0pT7vRe",
            "category=middle-east-2031&lang=en",
            "from=20310504",
        ] {
            assert_eq!(key(harmless), None, "{harmless}");
        }
        for (secret, name) in [
            ("lang=en&key=hunter2", "key"),
            ("API_KEY=x", "API_KEY"),
            ("access_token=x", "access_token"),
            ("feed=9f8b2c41d7e05a36&user=ada", "feed"),
            ("u=1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "u"),
            ("9f8b2c41d7e05a36", ""),
        ] {
            assert_eq!(key(secret).as_deref(), Some(name), "{secret}");
        }
    }
}
