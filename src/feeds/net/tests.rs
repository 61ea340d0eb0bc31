//! Against a loopback server that misbehaves in every way that servers do.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::watchlist::{Auth, Feed, FullText, Secret};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use reqwest::dns::{Addrs, Name, Resolving};
use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

type Answer = hyper::Response<BoxBody<Bytes, Infallible>>;

/// A server on loopback that answers every request by `answer`.
async fn serve(answer: impl Fn(&hyper::Request<Incoming>) -> Answer + Send + Sync + 'static) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/feed", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            let service = service_fn(move |request| {
                let answer = answer(&request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let stream = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(stream, service));
        }
    });
    url.parse().unwrap()
}

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let mut answer = hyper::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Full::new(body.into()).boxed()).unwrap()
}

fn redirect(status: u16, to: &str) -> Answer {
    answer(status, &[("location", to)], "")
}

fn sent(request: &hyper::Request<Incoming>, name: &str) -> String {
    request.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn settings() -> Settings {
    Settings {
        connect_timeout: Duration::from_millis(500),
        first_byte_timeout: Duration::from_millis(300),
        total_timeout: Duration::from_millis(1500),
        max_body: 100_000,
        ..Settings::default()
    }
}

fn fetcher() -> Fetcher {
    Fetcher::new(&settings()).unwrap()
}

async fn get(url: &Url) -> Result<Response, FetchError> {
    fetcher().get(&Request::new(url, &Access::to_typed(url), Accept::Feed)).await
}

fn feed(url: &Url) -> Feed {
    Feed {
        url: Address::new(url.clone()),
        outlet: None,
        every: None,
        full_text: FullText::Matched,
        backfill: false,
        proxy: None,
        auth: Some(Auth { user: Secret::new("reader"), password: Secret::new("p:w") }),
        headers: vec![("X-Key".to_owned(), Secret::new("k3y"))],
    }
}

/// Names as the test wants them.
struct Names(SocketAddr, AtomicUsize);

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        self.1.fetch_add(1, Ordering::SeqCst);
        let address = self.0;
        Box::pin(async move { Ok(Box::new(std::iter::once(address)) as Addrs) })
    }
}

#[tokio::test]
async fn a_feed_comes_with_its_validators_word_for_word_and_they_go_back_so() {
    let etag = "W/\"a b\u{e9}\"";
    let date = "Tue, 8 Nov 2022 09:00:00 GMT"; // one digit is not how it should be written
    let url = serve(move |request| {
        let matches = request.headers().get("if-none-match").is_some_and(|v| v.as_bytes() == etag.as_bytes())
            && sent(request, "if-modified-since") == date;
        let mut answer =
            if matches { answer(304, &[], "") } else { answer(200, &[("content-type", "text/xml")], "<rss/>") };
        if !matches {
            answer.headers_mut().insert("etag", HeaderValue::from_bytes(etag.as_bytes()).unwrap());
            answer.headers_mut().insert("last-modified", HeaderValue::from_static(date));
        }
        answer
    })
    .await;
    let first = get(&url).await.unwrap();
    assert_eq!(first.body().unwrap().bytes, b"<rss/>");
    assert_eq!(first.body().unwrap().content_type.as_deref(), Some("text/xml"));
    assert_eq!(first.validators.etag.as_deref(), Some(etag));
    assert_eq!(first.validators.last_modified.as_deref(), Some(date));

    let access = Access::to_typed(&url);
    let conditional = Request { validators: first.validators.clone(), ..Request::new(&url, &access, Accept::Feed) };
    let second = fetcher().get(&conditional).await.unwrap();
    assert!(second.body().is_none());
    assert_eq!((second.status, second.validators), (304, first.validators), "a silent 304 keeps what was known");
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_an_error() {
    let url = serve(|_| answer(304, &[], "")).await;
    assert_eq!(get(&url).await.unwrap_err(), FetchError::Status(304));
}

#[tokio::test]
async fn only_permanent_redirects_from_the_start_are_remembered() {
    let url = serve(|request| match request.uri().path() {
        "/feed" => redirect(301, "/a"),
        "/a" => redirect(308, "/b"),
        "/b" => redirect(302, "/c"),
        "/c" => redirect(301, "/d"),
        _ => answer(200, &[], "x"),
    })
    .await;
    let response = get(&url).await.unwrap();
    assert_eq!(response.final_url.path(), "/d");
    assert_eq!(response.moved_permanently.unwrap().path(), "/b");
}

#[tokio::test]
async fn redirects_end() {
    let url = serve(|request| redirect(302, &format!("{}x", request.uri().path()))).await;
    assert_eq!(get(&url).await.unwrap_err(), FetchError::Redirects(10));
    let loose = serve(|_| redirect(302, "http://")).await;
    assert_eq!(get(&loose).await.unwrap_err(), FetchError::BadRedirect);
    let file = serve(|_| redirect(302, "file:///etc/passwd")).await;
    assert_eq!(get(&file).await.unwrap_err(), FetchError::Scheme);
}

#[tokio::test]
async fn credentials_go_to_the_origin_of_the_entry_alone() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |seen: &Arc<Mutex<Vec<String>>>| {
        let seen = seen.clone();
        move |request: &hyper::Request<Incoming>| {
            let line =
                format!("{}|{}|{}", request.uri().path(), sent(request, "authorization"), sent(request, "x-key"));
            seen.lock().unwrap().push(line);
        }
    };
    let other = note(&seen);
    let elsewhere = serve(move |request| {
        other(request);
        answer(200, &[], "x")
    })
    .await;
    let (own, target) = (note(&seen), elsewhere.join("/other").unwrap());
    let home = serve(move |request| {
        own(request);
        if request.uri().path() == "/feed" { redirect(302, "/again") } else { redirect(302, target.as_str()) }
    })
    .await;
    let access = Access::to_feed(&feed(&home));
    // Another port of a private host is another service.
    let error = fetcher().get(&Request::new(&home, &access, Accept::Feed)).await.unwrap_err();
    assert_eq!(error, FetchError::ForbiddenAddress("loopback"));
    let basic = "Basic cmVhZGVyOnA6dw==";
    let expected = [format!("/feed|{basic}|k3y"), format!("/again|{basic}|k3y")];
    assert_eq!(*seen.lock().unwrap(), expected);
    let mut headers = HeaderMap::new();
    access.add_credentials(&elsewhere, &mut headers).unwrap();
    assert!(headers.is_empty(), "what is another origin's gets none");
}

#[tokio::test]
async fn user_and_password_of_an_address_become_a_header_and_stay_out_of_errors() {
    let url = serve(|request| answer(if sent(request, "authorization").is_empty() { 200 } else { 401 }, &[], "")).await;
    let mut secret = url.clone();
    secret.set_username("me").unwrap();
    secret.set_password(Some("hunter%202")).unwrap();
    let error = get(&secret).await.unwrap_err();
    assert_eq!(error, FetchError::Unauthorized { status: 401 });
    assert!(!format!("{error} {error:?}").contains("hunter"));
    // Nothing listens there: the error is the system's, without the address.
    let nobody = Url::parse("http://me:hunter2@127.0.0.1:9/secret?key=k3y").unwrap();
    let error = get(&nobody).await.unwrap_err();
    assert!(matches!(error, FetchError::Connect(_)), "{error:?}");
    for secret in ["hunter2", "k3y", "secret"] {
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
}

#[tokio::test]
async fn we_are_honest_and_send_nothing_that_follows_people() {
    let url = serve(|request| {
        if request.uri().path() == "/feed" {
            return answer(302, &[("location", "/next"), ("set-cookie", "id=1")], "");
        }
        answer(200, &[], ["user-agent", "cookie", "referer"].map(|name| sent(request, name)).join("|"))
    })
    .await;
    assert_eq!(get(&url).await.unwrap().body().unwrap().bytes, b"gainsay/0.1.0||");
    let settings = Settings { contact: Some("https://desk.example/bot".to_owned()), ..settings() };
    let access = Access::to_typed(&url);
    let response = Fetcher::new(&settings).unwrap().get(&Request::new(&url, &access, Accept::Any)).await.unwrap();
    assert_eq!(response.body().unwrap().bytes, b"gainsay/0.1.0 (+https://desk.example/bot)||");
}

#[tokio::test]
async fn refusals_have_their_classes() {
    for (status, expected) in [
        (410, FetchError::Gone),
        (404, FetchError::NotFound),
        (403, FetchError::Unauthorized { status: 403 }),
        (429, FetchError::TooMany { retry_after: Some(Duration::from_secs(77)) }),
        (503, FetchError::Server { status: 503, retry_after: Some(Duration::from_secs(77)) }),
        (418, FetchError::Status(418)),
    ] {
        let url = serve(move |_| answer(status, &[("retry-after", "77")], "")).await;
        let error = get(&url).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.is_temporary(), matches!(status, 429 | 503), "{status}");
        assert_eq!(error, expected);
    }
}

#[tokio::test]
async fn a_body_ends_where_the_limit_is() {
    let announced = serve(|_| answer(200, &[], vec![b'x'; 200_000])).await;
    assert_eq!(get(&announced).await.unwrap_err(), FetchError::TooLarge(100_000));
    let endless = serve(|_| {
        let chunks = futures_util::stream::repeat_with(|| Ok(Frame::data(Bytes::from_static(&[b'x'; 1000]))));
        hyper::Response::new(StreamBody::new(chunks).boxed())
    });
    assert_eq!(get(&endless.await).await.unwrap_err(), FetchError::TooLarge(100_000));
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![0; 20 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 50_000);
    let url = serve(move |_| answer(200, &[("content-encoding", "gzip")], bomb.clone())).await;
    assert_eq!(get(&url).await.unwrap_err(), FetchError::TooLarge(100_000));
}

#[tokio::test]
async fn a_compressed_feed_is_decompressed_and_a_broken_one_is_an_error() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(b"<feed/>").unwrap();
    let packed = packed.finish().unwrap();
    let whole = packed.clone();
    let url = serve(move |_| answer(200, &[("content-encoding", "gzip")], whole.clone())).await;
    assert_eq!(get(&url).await.unwrap().body().unwrap().bytes, b"<feed/>");
    let half = packed[..packed.len() / 2].to_vec();
    let url = serve(move |_| answer(200, &[("content-encoding", "gzip")], half.clone())).await;
    assert_eq!(get(&url).await.unwrap_err(), FetchError::Broken);
}

#[tokio::test]
async fn nobody_keeps_us_waiting() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap();
    assert_eq!(get(&url).await.unwrap_err(), FetchError::Timeout(Phase::FirstByte));
    let dripping = serve(|_| {
        let drops = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some((Ok(Frame::data(Bytes::from_static(b"x"))), ()))
        });
        hyper::Response::new(BodyExt::boxed(StreamBody::new(SyncStream(Box::pin(drops)))))
    });
    assert_eq!(get(&dripping.await).await.unwrap_err(), FetchError::Timeout(Phase::Whole));
}

/// hyper's boxed bodies want to be `Sync`, which a stream that sleeps is not said to be.
struct SyncStream<S>(S);

impl<S: futures_util::Stream + Unpin> futures_util::Stream for SyncStream<S> {
    type Item = S::Item;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<S::Item>> {
        std::pin::Pin::new(&mut self.0).poll_next(context)
    }
}

#[tokio::test]
async fn a_private_address_is_reached_only_as_the_host_that_the_user_wrote() {
    let url = serve(|_| answer(200, &[], "secret")).await;
    let stranger = Access::default();
    let error = fetcher().get(&Request::new(&url, &stranger, Accept::Page)).await.unwrap_err();
    assert_eq!(error, FetchError::ForbiddenAddress("loopback"));
    // Written as another host, it is another host, whatever it resolves to.
    let mut named = url.clone();
    named.set_host(Some("localhost")).unwrap();
    let error = fetcher().get(&Request::new(&named, &Access::to_typed(&url), Accept::Page)).await.unwrap_err();
    assert_eq!(error, FetchError::ForbiddenAddress("loopback"));
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() {
    for target in ["http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://0x7f000001/", "http://10.0.0.1/"]
    {
        let url = serve(move |_| redirect(302, target)).await;
        let error = get(&url).await.unwrap_err();
        // The server is on 127.0.0.1, which the user wrote, as is the third target; but that is another port.
        assert!(matches!(error, FetchError::ForbiddenAddress(_)), "{target}: {error:?}");
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_caught_when_the_connection_is_made() {
    let url = serve(|_| answer(200, &[], "secret")).await;
    let address = url.socket_addrs(|| None).unwrap()[0];
    let names = Arc::new(Names(address, AtomicUsize::new(0)));
    let fetcher = Fetcher::with_names(&settings(), names.clone()).unwrap();
    let named = Url::parse(&format!("http://rebound.example:{}/", address.port())).unwrap();
    let error = fetcher.get(&Request::new(&named, &Access::default(), Accept::Page)).await.unwrap_err();
    assert_eq!(error, FetchError::ForbiddenAddress("loopback"));
    assert_eq!(names.1.load(Ordering::SeqCst), 1);

    // The user may write a name of the inner network; its open connection serves nobody else.
    let allowed = Access::to_typed(&named);
    let response = fetcher.get(&Request::new(&named, &allowed, Accept::Page)).await.unwrap();
    assert_eq!(response.body().unwrap().bytes, b"secret");
    let error = fetcher.get(&Request::new(&named, &Access::default(), Accept::Page)).await.unwrap_err();
    assert_eq!(error, FetchError::ForbiddenAddress("loopback"));
}

#[tokio::test]
async fn a_proxy_is_used_for_names_too_and_private_addresses_stay_refused_behind_it() {
    let proxy = serve(|request| answer(200, &[], format!("asked for {}", request.uri()))).await;
    let mut through = feed(&proxy);
    through.proxy = Some(Address::new(proxy.clone()));
    let access = Access::to_pages_of(&through);
    // No such name exists, so only the proxy can have answered.
    let url = Url::parse("http://news.invalid/a").unwrap();
    let response = fetcher().get(&Request::new(&url, &access, Accept::Page)).await.unwrap();
    assert_eq!(response.body().unwrap().bytes, b"asked for http://news.invalid/a");
    let private = Url::parse("http://192.168.0.1/").unwrap();
    let error = fetcher().get(&Request::new(&private, &access, Accept::Page)).await.unwrap_err();
    assert_eq!(error, FetchError::ForbiddenAddress("private"));
}

#[tokio::test]
async fn a_dead_proxy_is_an_error_and_not_gone_around() {
    let url = serve(|_| answer(200, &[], "direct")).await;
    for proxy in ["socks5h://127.0.0.1:9", "http://127.0.0.1:9", "socks5://127.0.0.1:9"] {
        let mut through = feed(&url);
        through.proxy = Some(Address::new(proxy.parse().unwrap()));
        let error = fetcher().get(&Request::new(&url, &Access::to_feed(&through), Accept::Feed)).await.unwrap_err();
        assert!(matches!(error, FetchError::Connect(_)), "{proxy}: {error:?}");
    }
}

#[tokio::test]
async fn a_host_is_asked_by_two_at_a_time_at_most() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let peak = most.clone();
    let url = serve(move |_| {
        let running = now.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(running, Ordering::SeqCst);
        let now = now.clone();
        let slow = futures_util::stream::once(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(Frame::data(Bytes::from_static(b"x")))
        });
        hyper::Response::new(BodyExt::boxed(StreamBody::new(SyncStream(Box::pin(slow)))))
    })
    .await;
    let (fetcher, access) = (fetcher(), Access::to_typed(&url));
    let request = Request::new(&url, &access, Accept::Any);
    let answers = futures_util::future::join_all((0..8).map(|_| fetcher.get(&request))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(peak.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_post_carries_its_headers_and_does_not_follow_redirects() {
    let url = serve(|request| match request.uri().path() {
        "/feed" => answer(200, &[], format!("{} {}", request.method(), sent(request, "webhook-id"))),
        _ => redirect(307, "/feed"),
    })
    .await;
    let (fetcher, access) = (fetcher(), Access::to_typed(&url));
    let headers = [("content-type", "application/json"), ("webhook-id", "01J")];
    let response = fetcher.post(&url, &access, &headers, b"{}".to_vec()).await.unwrap();
    assert_eq!(response.body().unwrap().bytes, b"POST 01J");
    let moved = url.join("/moved").unwrap();
    assert_eq!(fetcher.post(&moved, &access, &headers, Vec::new()).await.unwrap_err(), FetchError::Status(307));
}
