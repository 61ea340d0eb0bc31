//! Webhooks: messages posted as JSON, signed as [Standard Webhooks] wants it.
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

use crate::feeds::net::{Access, FetchError, Fetcher};
use crate::watchlist::{Secret, Settings, Webhook};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use std::time::Duration;

/// What became of one try. Errors name neither the address's path or query nor the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered {
        /// The HTTP status, 200 to 299.
        status: u16,
    },
    /// It failed in a way that may pass.
    Retry {
        /// The HTTP status, where there was an answer.
        status: Option<u16>,
        /// What happened, for people.
        error: String,
        /// How long the receiver asks us to stay away (`Retry-After`), uncapped.
        after: Option<Duration>,
    },
    /// The receiver wants no more messages; trying again would be wrong.
    Dead {
        /// The HTTP status.
        status: Option<u16>,
        /// What happened, for people.
        error: String,
    },
}

/// The key of a webhook's signatures.
pub struct SigningKey(Hmac<sha2::Sha256>);

/// A webhook's secret that can't be a signing key. Says why without showing any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// The prefix is missing.
    #[error("a webhook's secret begins with whsec_, followed by the key in base64")]
    Prefix,
    /// What follows the prefix does not decode.
    #[error("what follows whsec_ in a webhook's secret must be base64 (letters, digits, +, /, = at the end)")]
    Base64,
    /// The key is empty or too short to protect anything.
    #[error("a webhook's signing key must hold 24 to 64 bytes; this one holds {0}")]
    Length(usize),
}

impl SigningKey {
    /// Reads `whsec_` and 24 to 64 bytes in base64, the form and the lengths of Standard Webhooks ("Signature scheme").
    pub fn parse(secret: &Secret) -> Result<SigningKey, BadKey> {
        let key = secret.expose().trim().strip_prefix("whsec_").ok_or(BadKey::Prefix)?;
        let key = BASE64.decode(key).map_err(|_| BadKey::Base64)?;
        if !(24..=64).contains(&key.len()) {
            return Err(BadKey::Length(key.len()));
        }
        let length = key.len();
        Hmac::new_from_slice(&key).map(SigningKey).map_err(|_| BadKey::Length(length))
    }

    /// The header's value: `v1,` and the base64 of HMAC-SHA256 over `id.seconds.body`.
    fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    }
}

/// Posts messages to webhooks.
#[derive(Clone)]
pub struct Webhooks {
    /// Not the one that polls: an alert never waits behind slow feeds for its turn.
    net: Fetcher,
}

impl Webhooks {
    /// With the timeouts and the contact of `settings`.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn new(settings: &Settings) -> Result<Self, FetchError> {
        Ok(Webhooks { net: Fetcher::new(settings)? })
    }

    /// One try to deliver a message. `message_id` stays the same over all tries, so that the receiver can drop a
    /// repeat; `body` is JSON, sent as it is; `now` is signed, so that an old request can't be played back.
    pub async fn post(&self, webhook: &Webhook, message_id: &str, body: &str, now: Timestamp) -> Outcome {
        let key = match webhook.secret.as_ref().map(SigningKey::parse).transpose() {
            Ok(key) => key,
            Err(error) => return Outcome::Retry { status: None, error: error.to_string(), after: None },
        };
        let seconds = now.as_second();
        let timestamp = seconds.to_string();
        let signature = key.map(|key| key.sign(message_id, seconds, body));
        let mut headers =
            vec![("content-type", "application/json"), ("webhook-id", message_id), ("webhook-timestamp", &timestamp)];
        headers.extend(signature.as_deref().map(|signature| ("webhook-signature", signature)));
        let access = Access::to_webhook(webhook);
        match self.net.post(webhook.url.expose(), &access, &headers, body.as_bytes().to_vec()).await {
            Ok(answer) => Outcome::Delivered { status: answer.status },
            Err(error) => judge(&error),
        }
    }
}

/// Only 410 is final. A receiver that answers 404 or 401 may be in the middle of being set up anew, and the schedule of
/// [`super::delivery::next_try`] ends in any case.
fn judge(error: &FetchError) -> Outcome {
    let status = error.status();
    let words = match status {
        Some(410) => {
            let error = "the receiver wants no more messages (410 Gone); remove the webhook from the watchlist".into();
            return Outcome::Dead { status, error };
        }
        Some(code @ 300..=399) => format!(
            "the receiver answers with a redirect ({code}), which is not followed; write its new address into the watchlist"
        ),
        _ => error.to_string(),
    };
    Outcome::Retry { status, error: words, after: error.retry_after() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::watchlist::Address;
    use http_body_util::{BodyExt as _, Full};
    use hyper::body::{Bytes, Incoming};
    use hyper::service::service_fn;
    use hyper::{HeaderMap, Request, Response};
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use url::Url;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &str = r#"{"type":"test","headline":"Freedonia denies it – “never”"}"#;
    const ID: &str = "01J00000000000000000000000";

    type Received = (hyper::Method, HeaderMap, String);

    /// A webhook receiver on loopback that gives every request the same answer and keeps what it received.
    struct Receiver {
        address: Url,
        received: Arc<Mutex<Vec<Received>>>,
    }

    impl Receiver {
        async fn answering(status: u16, header: Option<(&'static str, &'static str)>) -> Receiver {
            let received = Arc::new(Mutex::new(Vec::new()));
            let kept = received.clone();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("http://{}/hush/T0KEN?key=QUERY", listener.local_addr().unwrap());
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let kept = kept.clone();
                    let service = service_fn(move |request: Request<Incoming>| {
                        let kept = kept.clone();
                        async move {
                            let (parts, body) = request.into_parts();
                            let body = body.collect().await.unwrap().to_bytes();
                            let body = String::from_utf8(body.to_vec()).unwrap();
                            kept.lock().unwrap().push((parts.method, parts.headers, body));
                            let mut answer = Response::builder().status(status);
                            if let Some((name, value)) = header {
                                answer = answer.header(name, value);
                            }
                            Ok::<_, Infallible>(answer.body(Full::new(Bytes::from_static(b"ok"))).unwrap())
                        }
                    });
                    let io = hyper_util::rt::TokioIo::new(stream);
                    tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
                }
            });
            Receiver { address: Url::parse(&address).unwrap(), received }
        }

        async fn post(&self) -> Outcome {
            post_to(self.address.clone()).await
        }
    }

    fn webhook(url: Url, secret: Option<&str>) -> Webhook {
        Webhook { name: "newsroom".into(), url: Address::webhook(url), secret: secret.map(Secret::new), proxy: None }
    }

    async fn post_to(url: Url) -> Outcome {
        Webhooks::new(&Settings::default()).unwrap().post(&webhook(url, Some(SECRET)), ID, BODY, Timestamp::now()).await
    }

    /// Answers the first connection with exactly these bytes and leaves it open.
    async fn saying(bytes: &'static [u8]) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hush/T0KEN", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            stream.write_all(bytes).await.unwrap();
            std::future::pending::<()>().await;
        });
        Url::parse(&address).unwrap()
    }

    #[tokio::test]
    async fn an_independent_implementation_accepts_the_signature() {
        let receiver = Receiver::answering(204, None).await;
        assert_eq!(receiver.post().await, Outcome::Delivered { status: 204 });

        let received = receiver.received.lock().unwrap();
        let (method, headers, body) = &received[0];
        assert_eq!((method, body.as_str()), (&hyper::Method::POST, BODY));
        assert_eq!(headers["webhook-id"], ID);
        assert_eq!(headers["content-type"], "application/json");
        assert!(headers["user-agent"].to_str().unwrap().starts_with("gainsay/"));
        for name in ["referer", "cookie"] {
            assert!(!headers.contains_key(name), "{name}");
        }
        let judge = standardwebhooks::Webhook::new(SECRET).unwrap();
        judge.verify(body.as_bytes(), headers).unwrap();
        judge.verify(body.replace("never", "always").as_bytes(), headers).unwrap_err();
    }

    #[tokio::test]
    async fn without_a_secret_a_message_goes_unsigned() {
        let receiver = Receiver::answering(200, None).await;
        let outcome = Webhooks::new(&Settings::default())
            .unwrap()
            .post(&webhook(receiver.address.clone(), None), ID, BODY, Timestamp::now())
            .await;
        assert_eq!(outcome, Outcome::Delivered { status: 200 });
        assert!(!receiver.received.lock().unwrap()[0].1.contains_key("webhook-signature"));
    }

    #[tokio::test]
    async fn gone_is_final_and_every_other_refusal_may_pass() {
        assert!(matches!(Receiver::answering(410, None).await.post().await, Outcome::Dead { status: Some(410), .. }));
        for status in [400, 401, 404, 413, 500, 502] {
            let outcome = Receiver::answering(status, None).await.post().await;
            assert!(
                matches!(outcome, Outcome::Retry { status: Some(s), after: None, .. } if s == status),
                "{outcome:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_busy_receiver_says_when_to_come_back() {
        for status in [429, 503] {
            let outcome = Receiver::answering(status, Some(("retry-after", "120"))).await.post().await;
            let two_minutes = Some(Duration::from_secs(120));
            assert!(matches!(outcome, Outcome::Retry { after, .. } if after == two_minutes), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed_and_says_so() {
        let elsewhere = Receiver::answering(200, None).await;
        let location: &'static str = elsewhere.address.to_string().leak();
        for status in [301, 302, 307, 308] {
            let outcome = Receiver::answering(status, Some(("location", location))).await.post().await;
            let Outcome::Retry { error, .. } = outcome else { panic!("{outcome:?}") };
            assert!(error.contains("redirect (") && error.contains("not followed"), "{error}");
            assert!(!error.contains("hush") && !error.contains("127.0.0.1"), "{error}");
        }
        assert!(elsewhere.received.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_failure_names_neither_path_nor_query_nor_secret() {
        let closed = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            format!("http://user:PASSWORD@{}/hush/T0KEN?key=QUERY", listener.local_addr().unwrap())
        };
        for address in [closed.as_str(), "http://no-such-host.invalid/hush/T0KEN?key=QUERY"] {
            let outcome = post_to(Url::parse(address).unwrap()).await;
            let Outcome::Retry { status: None, error, .. } = outcome else { panic!("{outcome:?}") };
            for hidden in ["hush", "T0KEN", "QUERY", "PASSWORD", "whsec", "MfKQ9r8"] {
                assert!(!error.contains(hidden), "{error}");
            }
        }
    }

    #[tokio::test]
    async fn a_receiver_that_is_no_http_server_is_tried_again() {
        let outcome = post_to(saying(b"220 mail.example ESMTP\r\n").await).await;
        assert!(matches!(outcome, Outcome::Retry { status: None, .. }), "{outcome:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_receiver_that_never_answers_is_tried_again_and_one_that_never_stops_has_the_message() {
        let outcome = post_to(saying(b"").await).await;
        let Outcome::Retry { status: None, error, .. } = outcome else { panic!("{outcome:?}") };
        assert!(error.contains("no answer in time"), "{error}");

        let endless = saying(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\nonce upon a time").await;
        assert_eq!(post_to(endless).await, Outcome::Delivered { status: 200 });
    }

    #[test]
    fn a_bad_secret_is_refused_without_being_shown() {
        let refusal = |secret: &str| SigningKey::parse(&Secret::new(secret)).err().map(|error| error.to_string());
        assert_eq!(refusal(SECRET), None);
        assert_eq!(refusal(&format!("{SECRET}\n")), None, "a file ends with a line break");
        for bad in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_not base64!", "whsec_c2hvcnQ="] {
            let error = refusal(bad).unwrap_or_else(|| panic!("accepted {bad}"));
            assert!(bad.is_empty() || !error.contains(bad.trim_start_matches("whsec_")) || bad == "whsec_", "{error}");
        }
    }
}
