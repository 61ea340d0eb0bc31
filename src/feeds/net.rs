//! The net, wrapped once: [`Fetcher`] asks politely and safely, [`Response`] answers the caller's questions.
//! Feeds, article pages and webhooks all go through here, so the rules of [`super::address_rules`] hold for all.

mod access;
mod error;
mod resolver;
mod response;
#[cfg(test)]
mod tests;

pub use access::Access;
pub use error::{FetchError, Phase};
pub use response::{Body, Outcome, Response, Validators};

use super::address_rules::{forbidden_literal, host_of};
use crate::watchlist::{Address, Settings};
use reqwest::dns::Resolve;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use resolver::{Guard, SystemNames};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

/// Redirects followed before a chain counts as endless; browsers stop at 20, feeds in the wild need 3.
const MAX_REDIRECTS: usize = 10;

/// What is asked for. Built with [`Request::new`]; the other fields have defaults.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Where.
    pub url: &'a Url,
    /// Through which proxy, with whose credentials, and to which private host if any.
    pub access: &'a Access,
    /// What the last answer of this address said of itself; makes the request conditional.
    pub validators: Validators,
    /// What the answer should be.
    pub accept: Accept,
    /// The largest body in bytes after decompression, where it is not the settings' `max_body`.
    pub max_body: Option<u64>,
}

impl<'a> Request<'a> {
    /// An unconditional request.
    pub fn new(url: &'a Url, access: &'a Access, accept: Accept) -> Self {
        Request { url, access, validators: Validators::default(), accept, max_body: None }
    }
}

/// What the answer should be: the `Accept` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// A feed of any kind.
    Feed,
    /// A web page.
    Page,
    /// Whatever comes.
    Any,
}

impl Accept {
    fn header(self) -> &'static str {
        match self {
            Accept::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                 application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
            }
            Accept::Page => "text/html, application/xhtml+xml, */*;q=0.1",
            Accept::Any => "*/*",
        }
    }
}

/// Fetches from the net. Cheap to clone; the clones share connections and bounds.
#[derive(Clone)]
pub struct Fetcher {
    shared: Arc<Shared>,
}

struct Shared {
    limits: Limits,
    user_agent: HeaderValue,
    tls: rustls::ClientConfig,
    names: Arc<dyn Resolve>,
    /// By proxy; the watchlist bounds their number.
    clients: Mutex<HashMap<Option<String>, Clients>>,
    overall: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

struct Limits {
    per_host: usize,
    max_body: u64,
    connect: Duration,
    first_byte: Duration,
    total: Duration,
}

/// Two clients for each proxy, so that a connection to a private host, which one entry may reach, never waits in
/// the pool from which another entry's link would be served.
#[derive(Clone)]
struct Clients {
    /// Reaches public addresses only.
    guarded: Client,
    /// Reaches any address; used only for the host that the user wrote.
    open: Client,
}

/// What the rules say of one hop.
struct Hop {
    host: String,
    written_by_user: bool,
}

impl Fetcher {
    /// A fetcher with the bounds, timeouts and contact of `settings`.
    ///
    /// # Errors
    /// [`FetchError::Setup`] if the contact can't stand in a header or TLS can't be set up.
    pub fn new(settings: &Settings) -> Result<Self, FetchError> {
        Self::with_names(settings, Arc::new(SystemNames))
    }

    fn with_names(settings: &Settings, names: Arc<dyn Resolve>) -> Result<Self, FetchError> {
        let version = env!("CARGO_PKG_VERSION");
        let user_agent = match &settings.contact {
            Some(contact) => format!("gainsay/{version} (+{contact})"),
            None => format!("gainsay/{version}"),
        };
        Ok(Fetcher {
            shared: Arc::new(Shared {
                limits: Limits {
                    per_host: settings.per_host.max(1),
                    max_body: settings.max_body,
                    connect: settings.connect_timeout,
                    first_byte: settings.first_byte_timeout,
                    total: settings.total_timeout,
                },
                user_agent: HeaderValue::from_str(&user_agent)
                    .map_err(|_| FetchError::Setup("the contact can't stand in a User-Agent header"))?,
                tls: tls()?,
                names,
                clients: Mutex::default(),
                overall: Arc::new(Semaphore::new(settings.concurrency.max(1))),
                hosts: Mutex::default(),
            }),
        })
    }

    /// Fetches, following redirects; each hop is checked anew.
    ///
    /// # Errors
    /// Every answer that is neither a success nor an expected 304, and everything that keeps an answer from
    /// coming whole, as a [`FetchError`] that never contains a secret.
    pub async fn get(&self, request: &Request<'_>) -> Result<Response, FetchError> {
        let mut budget = self.shared.limits.total;
        let mut url = request.url.clone();
        let mut moved_permanently = None;
        let mut only_permanent = true;
        for _ in 0..=MAX_REDIRECTS {
            let hop = self.check(&url, request.access)?;
            let _turn = self.turn(&hop.host).await;
            let started = Instant::now();
            let deadline = started + budget;
            let mut headers = request.validators.headers();
            headers.insert(header::ACCEPT, HeaderValue::from_static(request.accept.header()));
            let answer = self.ask(Method::GET, &url, request.access, &hop, headers, Vec::new(), deadline).await?;
            match answer.status() {
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
                    let next = redirect_target(&url, &answer)?;
                    if url.scheme() == "https" && next.scheme() == "http" && request.access.has_credentials() {
                        return Err(FetchError::Downgrade);
                    }
                    only_permanent &= matches!(answer.status().as_u16(), 301 | 308);
                    if only_permanent {
                        moved_permanently = Some(next.clone());
                    }
                    url = next;
                    budget = budget.saturating_sub(started.elapsed());
                }
                StatusCode::NOT_MODIFIED if !request.validators.is_empty() => {
                    return Ok(Response::not_modified(&answer, &request.validators, url, moved_permanently));
                }
                status if status.is_success() => {
                    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
                    let max = request.max_body.unwrap_or(self.shared.limits.max_body);
                    let bytes = read(answer, max, deadline).await?;
                    return Ok(Response::with_body(status, &headers, bytes, url, moved_permanently));
                }
                _ => return Err(FetchError::from_answer(answer.status(), answer.headers())),
            }
        }
        Err(FetchError::Redirects(MAX_REDIRECTS))
    }

    /// Posts `body` with `headers`, its Content-Type among them. A redirect is an error: where a signed message
    /// goes is the user's to say.
    ///
    /// # Errors
    /// As for [`Fetcher::get`]; any status but 2xx is one.
    pub async fn post(
        &self,
        url: &Url,
        access: &Access,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Response, FetchError> {
        /// What a receiver has to say beside its status is read only to keep the connection usable.
        const MAX_REPLY: u64 = 64 << 10;
        let mut sent = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).map_err(|_| FetchError::Setup("a header's name is not valid"))?;
            let value =
                HeaderValue::try_from(*value).map_err(|_| FetchError::Setup("a header's value is not valid"))?;
            sent.insert(name, value);
        }
        let hop = self.check(url, access)?;
        let _turn = self.turn(&hop.host).await;
        let deadline = Instant::now() + self.shared.limits.total;
        let answer = self.ask(Method::POST, url, access, &hop, sent, body, deadline).await?;
        if !answer.status().is_success() {
            return Err(FetchError::from_answer(answer.status(), answer.headers()));
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = read(answer, MAX_REPLY, deadline).await.unwrap_or_default();
        Ok(Response::with_body(status, &headers, bytes, url.clone(), None))
    }

    /// Whether `url` may be asked at all, as far as its spelling tells; names are checked once more when they
    /// are resolved for the connection.
    fn check(&self, url: &Url, access: &Access) -> Result<Hop, FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme);
        }
        let host = host_of(url).ok_or(FetchError::Scheme)?;
        let written_by_user = access.allows(url);
        if !written_by_user {
            if let Some(why) = forbidden_literal(url) {
                return Err(FetchError::ForbiddenAddress(why));
            }
            if access.proxy().and_then(|proxy| host_of(proxy.expose())).is_some_and(|proxy| proxy == host) {
                return Err(FetchError::ForbiddenAddress("the proxy's own"));
            }
        }
        Ok(Hop { host, written_by_user })
    }

    /// Waits until neither the host nor this machine has too much to do. The host comes first, so that those
    /// who wait for a slow host keep nobody else waiting.
    async fn turn(&self, host: &str) -> (Option<OwnedSemaphorePermit>, Option<OwnedSemaphorePermit>) {
        let of_host = {
            let mut hosts = self.shared.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = hosts.get(host).and_then(Weak::upgrade) {
                known
            } else {
                hosts.retain(|_, turns| turns.strong_count() > 0);
                let turns = Arc::new(Semaphore::new(self.shared.limits.per_host));
                hosts.insert(host.to_owned(), Arc::downgrade(&turns));
                turns
            }
        };
        // The semaphores are never closed, so both are always granted.
        (of_host.acquire_owned().await.ok(), self.shared.overall.clone().acquire_owned().await.ok())
    }

    /// Sends one request and waits for the head of its answer.
    #[allow(clippy::too_many_arguments, reason = "the parts of one HTTP request, put together in one place")]
    async fn ask(
        &self,
        method: Method,
        url: &Url,
        access: &Access,
        hop: &Hop,
        mut headers: HeaderMap,
        body: Vec<u8>,
        deadline: Instant,
    ) -> Result<reqwest::Response, FetchError> {
        let clients = self.clients(access.proxy())?;
        let client = if hop.written_by_user { clients.open } else { clients.guarded };
        headers.insert(header::USER_AGENT, self.shared.user_agent.clone());
        let mut url = url.clone();
        // Only what `access` holds is sent; a redirect can't make us send what it names.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        access.add_credentials(&url, &mut headers)?;
        let request = client.request(method, url).headers(headers).body(body).send();
        // Connecting has its own limit inside the client; the first byte is waited for from then on.
        let patience = self.shared.limits.connect + self.shared.limits.first_byte;
        match timeout_at(deadline, timeout(patience, request)).await {
            Ok(Ok(answer)) => answer.map_err(FetchError::from_reqwest),
            Ok(Err(_)) => Err(FetchError::Timeout(Phase::FirstByte)),
            Err(_) => Err(FetchError::Timeout(Phase::Whole)),
        }
    }

    fn clients(&self, proxy: Option<&Address>) -> Result<Clients, FetchError> {
        let mut clients = self.shared.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = proxy.map(|proxy| proxy.expose().to_string());
        if let Some(known) = clients.get(&key) {
            return Ok(known.clone());
        }
        // The proxy's own name is looked up too, and the user wrote it.
        let exempt = proxy.and_then(|proxy| host_of(proxy.expose()));
        let guard = Arc::new(Guard::new(self.shared.names.clone(), exempt));
        let made =
            Clients { guarded: self.client(proxy, guard)?, open: self.client(proxy, self.shared.names.clone())? };
        clients.insert(key, made.clone());
        Ok(made)
    }

    fn client(&self, proxy: Option<&Address>, names: Arc<dyn Resolve>) -> Result<Client, FetchError> {
        let mut builder = Client::builder()
            .tls_backend_preconfigured(self.shared.tls.clone())
            .no_proxy() // none from the environment
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.shared.limits.connect)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(30))
            .dns_resolver(names);
        if let Some(proxy) = proxy {
            let all = reqwest::Proxy::all(proxy.expose().clone())
                .map_err(|_| FetchError::Setup("the proxy's address can't be used"))?;
            builder = builder.proxy(all);
        }
        builder.build().map_err(|_| FetchError::Setup("the HTTP client can't be built"))
    }
}

/// TLS over ring, trusting the system's certificate authorities, or Mozilla's where the system has none.
fn tls() -> Result<rustls::ClientConfig, FetchError> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| FetchError::Setup("TLS can't be set up"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn redirect_target(from: &Url, answer: &reqwest::Response) -> Result<Url, FetchError> {
    let location = answer.headers().get(header::LOCATION).ok_or(FetchError::Status(answer.status().as_u16()))?;
    // Locations are often UTF-8, which is not a valid header value, and mean it.
    let location = String::from_utf8_lossy(location.as_bytes());
    let mut target = from.join(location.trim()).map_err(|_| FetchError::BadRedirect)?;
    let _ = target.set_username("");
    let _ = target.set_password(None);
    target.set_fragment(None);
    Ok(target)
}

/// The body, decompressed; its size is counted as it comes, so that a bomb ends where the limit is.
async fn read(mut answer: reqwest::Response, max: u64, deadline: Instant) -> Result<Vec<u8>, FetchError> {
    if answer.content_length().is_some_and(|announced| announced > max) {
        return Err(FetchError::TooLarge(max));
    }
    let mut bytes = Vec::new();
    loop {
        match timeout_at(deadline, answer.chunk()).await {
            Err(_) => return Err(FetchError::Timeout(Phase::Whole)),
            Ok(Err(error)) => return Err(FetchError::from_reqwest(error)),
            Ok(Ok(None)) => return Ok(bytes),
            Ok(Ok(Some(chunk))) => {
                if bytes.len() as u64 + chunk.len() as u64 > max {
                    return Err(FetchError::TooLarge(max));
                }
                bytes.extend_from_slice(&chunk);
            }
        }
    }
}
