//! What the end-to-end tests stand on: a loopback server that is news site and webhook receiver in one, and a
//! folder in which the real binary runs.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The webhook secret of every test.
pub const SECRET: &str = "whsec_c2VjcmV0IG9mIHRoZSBlbmQtdG8tZW5kIHRlc3Rz";

/// The actors and the topic of the invented story, for a watchlist.
pub const STORY: &str = r#"
[[actor]]
name = "Kestria"
aliases = ["Kestrian"]

[[actor]]
name = "Norvania"
aliases = ["Norvanian"]

[[topic]]
name = "Missiles"
any = ["missile", "missiles"]
"#;

/// The time so many hours ago.
pub fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

/// A request that the server got.
#[derive(Debug, Clone)]
pub struct Received {
    pub at: Instant,
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// An answer that the server gives.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub delay: Duration,
}

impl Answer {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".into(), content_type.into())];
        Answer { status, headers, body: body.into(), delay: Duration::ZERO }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    hook_status: Mutex<Vec<u16>>,
    received: Mutex<Vec<Received>>,
}

/// A server on 127.0.0.1. GET is answered from what was put there (with `ETag`, and 304 where it matches); POST is
/// a webhook: recorded and answered 204, or with the next status of [`Server::answer_hooks`].
pub struct Server {
    shared: Arc<Shared>,
    pub port: u16,
}

impl Server {
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = shared.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let state = state.clone();
                    tokio::spawn(async move {
                        let service = hyper::service::service_fn(move |request| answer(state.clone(), request));
                        let _ = hyper::server::conn::http1::Builder::new()
                            .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
                            .await;
                    });
                }
            });
        });
        Server { shared, port }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn put(&self, path: &str, answer: Answer) {
        self.shared.answers.lock().unwrap().insert(path.into(), answer);
    }

    pub fn put_feed(&self, path: &str, items: &[NewsItem]) {
        self.put(path, Answer::new(200, "application/rss+xml; charset=utf-8", rss(items)));
    }

    pub fn put_page(&self, path: &str, title: &str, text: &str) {
        self.put(path, Answer::new(200, "text/html; charset=utf-8", page(title, text)));
    }

    /// The statuses of the next webhook calls; 204 after them.
    pub fn answer_hooks(&self, statuses: &[u16]) {
        *self.shared.hook_status.lock().unwrap() = statuses.iter().rev().copied().collect();
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    pub fn hooks(&self) -> Vec<Received> {
        self.received().into_iter().filter(|r| r.method == "POST").collect()
    }

    pub fn gets(&self, path: &str) -> Vec<Received> {
        self.received().into_iter().filter(|r| r.method == "GET" && r.path == path).collect()
    }

    pub fn wait_for_hooks(&self, n: usize, limit: Duration) -> Vec<Received> {
        let until = Instant::now() + limit;
        while self.hooks().len() < n && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.hooks()
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let path = parts.uri.path_and_query().map_or("/".into(), |p| p.to_string());
    let headers: HashMap<String, String> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    shared.received.lock().unwrap().push(Received {
        at: Instant::now(),
        method: parts.method.to_string(),
        path: path.clone(),
        headers: headers.clone(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    if parts.method == "POST" {
        let status = shared.hook_status.lock().unwrap().pop().unwrap_or(204);
        let mut response = Response::new(Full::default());
        *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap();
        return Ok(response);
    }
    let found = shared.answers.lock().unwrap().get(&path).cloned();
    let Some(answer) = found else {
        let mut response = Response::new(Full::from("nothing here"));
        *response.status_mut() = hyper::StatusCode::NOT_FOUND;
        return Ok(response);
    };
    tokio::time::sleep(answer.delay).await;
    let etag = format!("\"{:x}\"", fingerprint(&answer.body));
    if answer.status == 200 && headers.get("if-none-match") == Some(&etag) {
        let mut response = Response::new(Full::default());
        *response.status_mut() = hyper::StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let mut response = Response::builder().status(answer.status).header("etag", etag);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::from(answer.body)).unwrap())
}

fn fingerprint(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// An item of an invented feed.
#[derive(Debug, Clone, Default)]
pub struct NewsItem {
    pub guid: String,
    pub link: String,
    pub title: String,
    pub summary: String,
    /// Full text in the feed, as HTML.
    pub content: String,
    pub published: Option<jiff::Timestamp>,
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub fn rss(items: &[NewsItem]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Test Wire</title><link>http://127.0.0.1/</link><description>news</description>\n",
    );
    for item in items {
        xml += &format!(
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid>",
            escape(&item.title),
            escape(&item.link),
            escape(&item.guid)
        );
        xml += &format!("<description>{}</description>", escape(&item.summary));
        if !item.content.is_empty() {
            xml += &format!("<content:encoded>{}</content:encoded>", escape(&item.content));
        }
        if let Some(at) = item.published {
            xml += &format!("<pubDate>{}</pubDate>", at.strftime("%a, %d %b %Y %H:%M:%S +0000"));
        }
        xml += "</item>\n";
    }
    xml + "</channel></rss>\n"
}

/// A page as news sites make them: the article between navigation, sharing and a footer.
pub fn page(title: &str, text: &str) -> String {
    let paragraphs: String =
        text.split("\n\n").filter(|p| !p.trim().is_empty()).map(|p| format!("<p>{}</p>\n", escape(p))).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0} - Test Wire</title><meta property=\"og:title\" content=\"{0}\"></head><body><header><nav><a href=\"/\">Home</a> <a href=\"/world\">World</a> <a href=\"/sport\">Sport</a></nav></header><main><article><h1>{0}</h1>\n{1}</article></main><aside><a href=\"/a\">Share</a></aside><footer>Contact us. Terms of use.</footer></body></html>",
        escape(title),
        paragraphs
    )
}

/// A folder with a watchlist and a state folder, in which the real binary runs with a bare environment.
pub struct Desk {
    pub folder: tempfile::TempDir,
}

impl Desk {
    pub fn new(watchlist: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("state")).unwrap();
        let desk = Desk { folder };
        desk.write_watchlist(watchlist);
        desk
    }

    pub fn write_watchlist(&self, watchlist: &str) {
        std::fs::write(self.watchlist(), watchlist).unwrap();
    }

    pub fn watchlist(&self) -> PathBuf {
        self.folder.path().join("watchlist.toml")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.path().join("state/gainsay.db")
    }

    pub fn gainsay(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", "/usr/bin:/bin")
            .env("CONFIGURATION_DIRECTORY", self.folder.path())
            .env("STATE_DIRECTORY", self.folder.path().join("state"))
            .env("NEWSROOM_SECRET", SECRET)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.gainsay(arguments).output().unwrap()
    }

    pub fn run_once(&self) -> Output {
        let output = self.run(&["run", "--once"]);
        assert!(output.status.success(), "run --once: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    pub fn start(&self) -> Daemon {
        let log = std::fs::File::create(self.folder.path().join("daemon.log")).unwrap();
        let child = self.gainsay(&["run"]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Daemon(child)
    }

    pub fn daemon_log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("daemon.log")).unwrap_or_default()
    }

    /// Waits until the daemon's log has a line with `words`.
    pub fn wait_for_log(&self, words: &str, limit: Duration) {
        let until = Instant::now() + limit;
        while !self.daemon_log().contains(words) {
            assert!(Instant::now() < until, "no {words:?} within {limit:?} in:\n{}", self.daemon_log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn sql<T: rusqlite::types::FromSql>(&self, query: &str) -> Vec<T> {
        let db = rusqlite::Connection::open(self.log()).unwrap();
        // What the log's triggers ask whoever changes a statement.
        let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
        db.create_scalar_function("gainsay_sketch", 1, flags, |_| Ok(Vec::<u8>::new())).unwrap();
        db.create_scalar_function("gainsay_number", 1, flags, |_| Ok(0)).unwrap();
        db.create_scalar_function("gainsay_words", 1, flags, |_| Ok("[]")).unwrap();
        let mut statement = db.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

/// The binary that cargo built beside this test, or beside this example.
fn binary() -> PathBuf {
    option_env!("CARGO_BIN_EXE_gainsay")
        .map_or_else(|| std::env::current_exe().unwrap().parent().unwrap().with_file_name("gainsay"), PathBuf::from)
}

/// A running daemon, killed when dropped.
pub struct Daemon(pub Child);

impl Daemon {
    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status().unwrap();
        assert!(done.success());
    }

    /// Asks it to stop and waits for it.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        self.signal("TERM");
        self.0.wait().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
