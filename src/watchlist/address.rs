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

    /// Whether the address itself is a secret, so that nothing derived from it may be stored either.
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
