//! The invented press: a loopback server with three outlets' feeds and pages, and a newsroom's webhook.

use super::story::{Article, Outlet};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use hyper::{Method, Request, Response, StatusCode};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The largest webhook body that the newsroom reads.
const MAX_HOOK: usize = 1 << 20;

/// The running server. It ends with the runtime that it was started on.
pub(super) struct Press {
    port: u16,
    published: Arc<Mutex<Vec<Article>>>,
    /// The webhook bodies, as they arrive.
    pub hooks: mpsc::Receiver<String>,
}

impl Press {
    /// Starts it on a free port of 127.0.0.1.
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let published = Arc::new(Mutex::new(Vec::new()));
        // A demo has a handful of messages; a full channel makes the sender wait.
        let (sender, hooks) = mpsc::channel(16);
        let desk = Desk { port, published: published.clone(), hooks: sender };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let desk = desk.clone();
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        let desk = desk.clone();
                        async move { Ok::<_, std::convert::Infallible>(desk.answer(request).await) }
                    });
                    let io = hyper_util::rt::TokioIo::new(stream);
                    // A broken connection is the client's affair; it will ask again.
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                });
            }
        });
        Ok(Press { port, published, hooks })
    }

    /// The address of an outlet's feed.
    pub(super) fn feed(&self, outlet: Outlet) -> String {
        format!("http://127.0.0.1:{}/{}/feed", self.port, outlet.slug())
    }

    /// The address of the newsroom's webhook.
    pub(super) fn hook(&self) -> String {
        format!("http://127.0.0.1:{}/newsroom", self.port)
    }

    /// Puts articles into their outlets' feeds.
    pub(super) fn publish(&self, articles: Vec<Article>) {
        if let Ok(mut published) = self.published.lock() {
            published.extend(articles);
        }
    }
}

#[derive(Clone)]
struct Desk {
    port: u16,
    published: Arc<Mutex<Vec<Article>>>,
    hooks: mpsc::Sender<String>,
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().trim_matches('/').to_owned();
        if request.method() == Method::POST {
            if let Ok(body) = Limited::new(request.into_body(), MAX_HOOK).collect().await {
                let _ = self.hooks.send(String::from_utf8_lossy(&body.to_bytes()).into_owned()).await;
            }
            return status(StatusCode::NO_CONTENT);
        }
        let Some((outlet, page)) = path.split_once('/') else { return status(StatusCode::NOT_FOUND) };
        let Some(outlet) = Outlet::ALL.into_iter().find(|o| o.slug() == outlet) else {
            return status(StatusCode::NOT_FOUND);
        };
        let articles: Vec<Article> = match self.published.lock() {
            Ok(published) => published.iter().filter(|a| a.outlet == outlet).cloned().collect(),
            Err(_) => return status(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let (kind, body) = if page == "feed" {
            match outlet {
                Outlet::HaldenCourier => ("application/rss+xml", self.rss(&articles)),
                Outlet::KestriaToday => ("application/atom+xml", self.atom(&articles)),
                Outlet::MeridianWire => ("application/feed+json", self.json(&articles)),
            }
        } else {
            match articles.iter().find(|a| a.slug == page) {
                Some(article) => ("text/html; charset=utf-8", html(article)),
                None => return status(StatusCode::NOT_FOUND),
            }
        };
        let etag = format!("\"{:x}\"", u64::from_be_bytes(first_eight(&Sha256::digest(&body))));
        if request.headers().get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
            return status(StatusCode::NOT_MODIFIED);
        }
        Response::builder()
            .header(CONTENT_TYPE, kind)
            .header(ETAG, etag)
            .body(Full::from(body))
            .unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
    }

    fn url(&self, article: &Article) -> String {
        format!("http://127.0.0.1:{}/{}/{}", self.port, article.outlet.slug(), article.slug)
    }

    fn rss(&self, articles: &[Article]) -> String {
        let items: String = articles
            .iter()
            .map(|a| {
                format!(
                    "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid><description>{}</description><pubDate>{}</pubDate></item>\n",
                    escape(&a.title), self.url(a), a.slug, escape(&a.paragraphs[0]),
                    a.published.strftime("%a, %d %b %Y %H:%M:%S +0000"),
                )
            })
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>The Halden Courier</title><link>http://127.0.0.1:{}/</link><description>News</description>\n{items}</channel></rss>\n",
            self.port
        )
    }

    fn atom(&self, articles: &[Article]) -> String {
        let entries: String = articles
            .iter()
            .map(|a| {
                format!(
                    "<entry><title>{}</title><id>urn:demo:{}</id><link href=\"{}\"/><updated>{at}</updated><published>{at}</published><content type=\"html\">{}</content></entry>\n",
                    escape(&a.title), a.slug, self.url(a), escape(&paragraphs(a)), at = a.published,
                )
            })
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Kestria Today</title><id>urn:demo:kestria</id><updated>2026-01-01T00:00:00Z</updated>\n{entries}</feed>\n"
        )
    }

    fn json(&self, articles: &[Article]) -> String {
        let items: Vec<_> = articles
            .iter()
            .map(|a| {
                serde_json::json!({
                    "id": a.slug, "url": self.url(a), "title": a.title,
                    "content_html": paragraphs(a), "date_published": a.published.to_string(),
                })
            })
            .collect();
        serde_json::json!({"version": "https://jsonfeed.org/version/1.1", "title": "Meridian Wire", "items": items})
            .to_string()
    }
}

fn html(article: &Article) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} – {outlet}</title></head><body><nav><a href=\"/\">Home</a> <a href=\"/world\">World</a></nav><main><article><h1>{title}</h1>{text}</article></main><footer>Contact · Imprint</footer></body></html>",
        title = escape(&article.title),
        outlet = article.outlet.name(),
        text = paragraphs(article),
    )
}

fn paragraphs(article: &Article) -> String {
    article.paragraphs.iter().map(|p| format!("<p>{}</p>", escape(p))).collect()
}

fn escape(text: &str) -> std::borrow::Cow<'_, str> {
    html_escape::encode_safe(text)
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn first_eight(digest: &[u8]) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.copy_from_slice(&digest[..8]);
    eight
}
