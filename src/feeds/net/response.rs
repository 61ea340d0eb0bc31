//! The answer of the net: callers ask it questions instead of reading headers.

use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;
use url::Url;

/// What a server says of an answer so that it can be asked "is it still this?": kept and sent back byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// The `ETag`, with its quotes and `W/`.
    pub etag: Option<String>,
    /// The `Last-Modified`, however it is written.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to ask with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    fn received(headers: &HeaderMap) -> Self {
        /// Longer ones are no validators but an attempt to fill the log.
        const MAX: usize = 1024;
        let text = |name: HeaderName| {
            let value = headers.get(name)?.as_bytes();
            // What isn't UTF-8 couldn't be stored and sent back as it was.
            (value.len() <= MAX).then(|| std::str::from_utf8(value).ok().map(str::to_owned))?
        };
        Validators { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED) }
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let pairs = [(header::IF_NONE_MATCH, &self.etag), (header::IF_MODIFIED_SINCE, &self.last_modified)];
        for (name, value) in pairs {
            if let Some(value) = value.as_ref().and_then(|v| HeaderValue::from_bytes(v.as_bytes()).ok()) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

/// A success or an expected "not modified".
#[derive(Debug, Clone)]
pub struct Response {
    /// What came.
    pub outcome: Outcome,
    /// The HTTP status.
    pub status: u16,
    /// What to ask with next time: what this answer said, or on a 304 that is silent, what was sent.
    pub validators: Validators,
    /// Where the answer came from, after redirects.
    pub final_url: Url,
    /// Where the address has moved for good: the last target that only 301 and 308 led to.
    pub moved_permanently: Option<Url>,
    retry_after: Option<Duration>,
    fresh_for: Option<Duration>,
}

/// What came.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The last answer still holds.
    NotModified,
    /// A body.
    Body(Body),
}

/// A body, decompressed.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The `Content-Type`.
    pub content_type: Option<String>,
}

impl Response {
    pub(super) fn with_body(
        status: u16,
        headers: &HeaderMap,
        bytes: Vec<u8>,
        final_url: Url,
        moved_permanently: Option<Url>,
    ) -> Self {
        let content_type =
            headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        Response {
            outcome: Outcome::Body(Body { bytes, content_type }),
            status,
            validators: Validators::received(headers),
            final_url,
            moved_permanently,
            retry_after: retry_after(headers),
            fresh_for: fresh_for(headers),
        }
    }

    pub(super) fn not_modified(
        answer: &reqwest::Response,
        sent: &Validators,
        final_url: Url,
        moved_permanently: Option<Url>,
    ) -> Self {
        let headers = answer.headers();
        let received = Validators::received(headers);
        Response {
            outcome: Outcome::NotModified,
            status: answer.status().as_u16(),
            validators: Validators {
                etag: received.etag.or_else(|| sent.etag.clone()),
                last_modified: received.last_modified.or_else(|| sent.last_modified.clone()),
            },
            final_url,
            moved_permanently,
            retry_after: retry_after(headers),
            fresh_for: fresh_for(headers),
        }
    }

    /// How long the server asks to be left alone (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// How long the server promises that its answer holds: `Cache-Control: max-age` less `Age`, else `Expires`
    /// (RFC 9111, 4.2.1); nothing where it forbids caching.
    pub fn fresh_for(&self) -> Option<Duration> {
        self.fresh_for
    }

    /// The response without its body, and the body; nothing on a 304.
    pub fn split(mut self) -> (Response, Option<Body>) {
        match std::mem::replace(&mut self.outcome, Outcome::NotModified) {
            Outcome::Body(body) => (self, Some(body)),
            Outcome::NotModified => (self, None),
        }
    }

    /// The body; nothing on a 304.
    pub fn body(&self) -> Option<&Body> {
        match &self.outcome {
            Outcome::Body(body) => Some(body),
            Outcome::NotModified => None,
        }
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?;
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => until(http_date(value)?, Timestamp::now()),
    }
}

fn fresh_for(headers: &HeaderMap) -> Option<Duration> {
    let directives: Vec<String> = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .collect();
    if directives.iter().any(|d| d == "no-cache" || d == "no-store") {
        return None;
    }
    if let Some(max_age) = directives.iter().find_map(|d| d.strip_prefix("max-age=")) {
        let max_age: u64 = max_age.trim_matches('"').parse().ok()?;
        let age = text(headers, header::AGE).and_then(|age| age.parse().ok()).unwrap_or(0);
        return Some(Duration::from_secs(max_age.saturating_sub(age)));
    }
    let now = text(headers, header::DATE).and_then(http_date).unwrap_or_else(Timestamp::now);
    until(http_date(text(headers, header::EXPIRES)?)?, now)
}

fn until(then: Timestamp, now: Timestamp) -> Option<Duration> {
    Some(Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO))
}

fn http_date(value: &str) -> Option<Timestamp> {
    static DATES: jiff::fmt::rfc2822::DateTimeParser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    DATES.parse_timestamp(value).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn freshness_is_what_the_server_promises() {
        let fresh = |pairs: &[_]| fresh_for(&headers(pairs)).map(|d| d.as_secs());
        assert_eq!(fresh(&[("cache-control", "public, max-age=600"), ("age", "100")]), Some(500));
        assert_eq!(fresh(&[("cache-control", "no-cache, max-age=600")]), None);
        assert_eq!(
            fresh(&[("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("expires", "Sun, 06 Nov 1994 09:49:37 GMT")]),
            Some(3600)
        );
        assert_eq!(fresh(&[("expires", "0")]), None);
        assert_eq!(fresh(&[("cache-control", "max-age=99999999999999999999999")]), None);
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        assert_eq!(retry_after(&headers(&[("retry-after", "120")])), Some(Duration::from_secs(120)));
        let past = retry_after(&headers(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]));
        assert_eq!(past, Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(&[("retry-after", "soon")])), None);
    }
}
