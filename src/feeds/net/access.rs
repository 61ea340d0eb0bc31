//! What one entry of the watchlist may do that others may not.

use super::FetchError;
use crate::feeds::address_rules::host_of;
use crate::watchlist::{Address, Auth, Feed, Secret, Webhook};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use url::{Origin, Url};

/// The way to a server: the proxy, the credentials with the one origin they go to, and the one host and port that
/// may be private because the user wrote it. The default is a stranger's: direct, without either.
#[derive(Debug, Clone, Default)]
pub struct Access {
    proxy: Option<Address>,
    allowed: Option<(String, Option<u16>)>,
    credentials: Option<Credentials>,
}

#[derive(Debug, Clone)]
struct Credentials {
    origin: Origin,
    auth: Option<Auth>,
    headers: Vec<(String, Secret)>,
}

impl Access {
    /// For polling `feed`.
    pub fn to_feed(feed: &Feed) -> Self {
        Access {
            proxy: feed.proxy.clone(),
            credentials: Credentials::new(feed.url.expose(), feed.auth.clone(), feed.headers.clone()),
            allowed: place_of(feed.url.expose()),
        }
    }

    /// For the pages that `feed` links to: through its proxy, and to its own host even where that is private,
    /// but without its credentials, since the links are not the user's words.
    pub fn to_pages_of(feed: &Feed) -> Self {
        Access { proxy: feed.proxy.clone(), allowed: place_of(feed.url.expose()), credentials: None }
    }

    /// For posting to `webhook`.
    pub fn to_webhook(webhook: &Webhook) -> Self {
        Access {
            proxy: webhook.proxy.clone(),
            credentials: Credentials::new(webhook.url.expose(), None, Vec::new()),
            allowed: place_of(webhook.url.expose()),
        }
    }

    /// For an address that the user typed on the command line.
    pub fn to_typed(url: &Url) -> Self {
        Access { proxy: None, credentials: Credentials::new(url, None, Vec::new()), allowed: place_of(url) }
    }

    pub(super) fn proxy(&self) -> Option<&Address> {
        self.proxy.as_ref()
    }

    /// Whether the user wrote that host and port: of a private host another port is another service.
    pub(super) fn allows(&self, url: &Url) -> bool {
        self.allowed.is_some() && self.allowed == place_of(url)
    }

    pub(super) fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    /// Adds what the user gave for the origin of `url`, and nothing for any other.
    pub(super) fn add_credentials(&self, url: &Url, headers: &mut HeaderMap) -> Result<(), FetchError> {
        let Some(credentials) = self.credentials.as_ref().filter(|c| c.origin == url.origin()) else {
            return Ok(());
        };
        if let Some(auth) = &credentials.auth {
            headers.insert(AUTHORIZATION, basic(auth)?);
        }
        for (name, value) in &credentials.headers {
            let name =
                HeaderName::try_from(name.as_str()).map_err(|_| FetchError::Setup("a header's name is not valid"))?;
            let mut value = HeaderValue::try_from(value.expose())
                .map_err(|_| FetchError::Setup("a header's value is not valid"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(())
    }
}

/// Host and port; none for the two of the web itself, since a server sends from one to the other.
fn place_of(url: &Url) -> Option<(String, Option<u16>)> {
    Some((host_of(url)?, url.port_or_known_default().filter(|port| !matches!(port, 80 | 443))))
}

impl Credentials {
    /// The given ones, or user and password from the address itself.
    fn new(url: &Url, auth: Option<Auth>, headers: Vec<(String, Secret)>) -> Option<Self> {
        let decode = |text: &str| Secret::new(percent_encoding::percent_decode_str(text).decode_utf8_lossy());
        let in_url = || {
            (!url.username().is_empty() || url.password().is_some())
                .then(|| Auth { user: decode(url.username()), password: decode(url.password().unwrap_or("")) })
        };
        let auth = auth.or_else(in_url);
        (auth.is_some() || !headers.is_empty()).then(|| Credentials { origin: url.origin(), auth, headers })
    }
}

/// RFC 7617.
fn basic(auth: &Auth) -> Result<HeaderValue, FetchError> {
    use base64::Engine;
    let pair = format!("{}:{}", auth.user.expose(), auth.password.expose());
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    let mut value = HeaderValue::try_from(format!("Basic {encoded}"))
        .map_err(|_| FetchError::Setup("user and password can't stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
