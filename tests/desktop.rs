//! Desktop alerts on a real session bus: against a stand-in notification server that records what it is asked, and
//! against dunst on a virtual screen. Each test is skipped, with a line that says so, where its programs are missing.
#![allow(clippy::unwrap_used, reason = "tests")]

use gainsay::alerts::body::{Alert, Article, Data, Dispute, Message, Passage, Test, WebLink};
use gainsay::alerts::desktop::{Desktop, DesktopError, Note, Urgency};
use gainsay::statements::Period;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use zbus::Connection;
use zbus::wire::OwnedVariant;

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// Ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for the first line that it prints, or says that it is not installed.
fn started(command: &mut Command) -> Option<(Running, String)> {
    let mut child = match command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: {:?} is not installed", command.get_program());
            return None;
        }
        Err(error) => panic!("{:?}: {error}", command.get_program()),
    };
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Some((Running(child), line.trim().to_owned()))
}

/// A session bus without any service of the machine's own.
fn session_bus(folder: &Path) -> Option<(Running, String)> {
    let config = folder.join("bus.conf");
    let text = format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig><type>session</type><listen>unix:dir={}</listen><policy context=\"default\">\
         <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>\
         </policy></busconfig>",
        folder.display()
    );
    std::fs::write(&config, text).unwrap();
    started(Command::new("dbus-daemon").arg("--config-file").arg(config).args(["--nofork", "--print-address"]))
}

/// Runs `story` in a process whose session bus is a private one, since a process's environment can't be changed from
/// within: the test starts itself again, and the second time around the story is told. What `xdg-open` is asked to
/// open there is found in the folder.
fn in_a_session<F: Future<Output = ()>>(test: &str, story: impl FnOnce(std::path::PathBuf) -> F) {
    const FOLDER: &str = "GAINSAY_TEST_SESSION";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(60), story(folder.into())).await.unwrap() });
    }
    let folder = tempfile::tempdir().unwrap();
    let Some((_bus, address)) = session_bus(folder.path()) else { return };
    let browser = folder.path().join("xdg-open");
    std::fs::write(&browser, format!("#!/bin/sh\nprintf '%s\\n' \"$#:$1\" >> '{}/opened'\n", folder.path().display()))
        .unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let again = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
        .env("DBUS_SESSION_BUS_ADDRESS", address)
        .env("PATH", path)
        .status()
        .unwrap();
    assert!(again.success(), "{test}, in its session");
}

/// What a server was asked to show.
#[derive(Debug, Clone)]
struct Shown {
    app: String,
    summary: String,
    body: String,
    actions: Vec<String>,
    hints: HashMap<String, OwnedVariant>,
    timeout: i32,
}

/// Stands in for a notification server: records what it is asked, with the capabilities of a test's choice.
struct Server {
    bus: Connection,
    shown: Arc<Mutex<Vec<Shown>>>,
}

struct Interface {
    capabilities: Vec<&'static str>,
    shown: Arc<Mutex<Vec<Shown>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Interface {
    fn get_capabilities(&self) -> Vec<String> {
        self.capabilities.iter().map(|name| (*name).to_owned()).collect()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("stand-in".into(), "gainsay".into(), "1".into(), "1.2".into())
    }

    fn close_notification(&self, _id: u32) {}

    #[allow(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        app: String,
        _replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedVariant>,
        timeout: i32,
    ) -> u32 {
        let mut shown = self.shown.lock().unwrap();
        shown.push(Shown { app, summary, body, actions, hints, timeout });
        u32::try_from(shown.len()).unwrap()
    }
}

impl Server {
    async fn with(capabilities: &[&'static str]) -> Server {
        let shown = Arc::new(Mutex::new(Vec::new()));
        let interface = Interface { capabilities: capabilities.to_vec(), shown: shown.clone() };
        let bus = zbus::connection::Builder::session().name(NAME).serve_at(PATH, interface).build().await.unwrap();
        Server { bus, shown }
    }

    fn last(&self) -> Shown {
        self.shown.lock().unwrap().last().unwrap().clone()
    }

    /// The user clicks the `n`-th notification, from 1.
    async fn click(&self, n: u32) {
        self.bus.emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &(n, "default")).await.unwrap();
    }
}

const EVERYTHING: [&str; 5] = ["actions", "body", "body-markup", "body-hyperlinks", "persistence"];

fn note(address: &str) -> Note {
    Note {
        summary: "Freedonia denies <b>it</b>\u{202e}".into(),
        paragraphs: vec!["Denial: \"never\" & <i>nowhere</i>".into(), "Accusation: \u{1b}[31mit did".into()],
        link: WebLink::new(address),
        urgency: Urgency::Normal,
    }
}

/// The lines that the stand-in for `xdg-open` wrote: how many arguments it got, and the first.
async fn opened(folder: &Path, lines: usize) -> Vec<String> {
    for _ in 0..200 {
        let text = std::fs::read_to_string(folder.join("opened")).unwrap_or_default();
        if text.lines().count() >= lines {
            return text.lines().map(str::to_owned).collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing was opened")
}

/// A moment, in which a watcher of signals can subscribe to them.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

#[test]
fn a_notification_is_escaped_and_stays_and_a_click_opens_its_article() {
    in_a_session("a_notification_is_escaped_and_stays_and_a_click_opens_its_article", async |folder| {
        let server = Server::with(&EVERYTHING).await;
        let desktop = Desktop::default();
        desktop.show(&note("https://gazette.example/a?x=1;id&y=$(id)")).await.unwrap();

        let shown = server.last();
        assert_eq!(shown.app, "Gainsay");
        assert_eq!(shown.summary, "Freedonia denies <b>it</b>", "a summary has no markup, by the specification");
        assert_eq!(
            shown.body,
            "<b>Denial:</b> \"never\" &amp; &lt;i&gt;nowhere&lt;/i&gt;\n<b>Accusation:</b> [31mit did"
        );
        assert_eq!(shown.actions, ["default", "Open article"]);
        assert_eq!(shown.timeout, 0, "it never expires");
        assert_eq!(u8::try_from(&*shown.hints["urgency"]).unwrap(), 1, "normal");
        assert!(shown.hints.contains_key("category"), "{:?}", shown.hints);

        a_moment().await;
        server.click(99).await; // somebody else's, right before
        server.click(1).await;
        assert_eq!(opened(&folder, 1).await, ["1:https://gazette.example/a?x=1;id&y=$(id)"]);
    });
}

#[test]
fn a_plain_server_gets_plain_text_with_the_address() {
    in_a_session("a_plain_server_gets_plain_text_with_the_address", async |_| {
        let server = Server::with(&["body"]).await;
        Desktop::default().show(&note("https://gazette.example/a?x=1&y=2")).await.unwrap();
        let shown = server.last();
        assert_eq!(
            shown.body,
            "Denial: \"never\" & <i>nowhere</i>\nAccusation: [31mit did\nhttps://gazette.example/a?x=1&y=2"
        );
        assert_eq!(shown.actions, [""; 0]);
        assert_eq!(shown.timeout, -1, "as the server does with others");
    });
}

#[test]
fn only_the_last_twenty_notifications_are_waited_for() {
    in_a_session("only_the_last_twenty_notifications_are_waited_for", async |folder| {
        let server = Server::with(&EVERYTHING).await;
        let desktop = Desktop::default();
        for n in 1..=25 {
            desktop.show(&note(&format!("https://gazette.example/{n}"))).await.unwrap();
        }
        a_moment().await;
        for n in 1..=25 {
            server.click(n).await;
        }
        let mut lines = opened(&folder, 20).await;
        a_moment().await;
        lines = opened(&folder, lines.len()).await;
        lines.sort();
        let mut expected: Vec<String> = (6..=25).map(|n| format!("1:https://gazette.example/{n}")).collect();
        expected.sort();
        assert_eq!(lines, expected);
    });
}

#[test]
fn a_server_that_was_restarted_is_found_again() {
    in_a_session("a_server_that_was_restarted_is_found_again", async |_| {
        let desktop = Desktop::default();
        let missing = desktop.show(&note("https://gazette.example/")).await.unwrap_err();
        assert!(matches!(missing, DesktopError::NoServer(_)) && missing.awaits_session(), "{missing}");
        for _ in 0..2 {
            let server = Server::with(&EVERYTHING).await;
            desktop.show(&note("https://gazette.example/")).await.unwrap();
            assert_eq!(server.shown.lock().unwrap().len(), 1);
            server.bus.clone().close().await.unwrap();
            let gone = desktop.show(&note("https://gazette.example/")).await.unwrap_err();
            assert!(matches!(gone, DesktopError::NoServer(_)), "{gone}");
        }
    });
}

#[test]
fn without_a_session_the_command_says_what_to_do() {
    let nowhere = tempfile::tempdir().unwrap();
    let tried = Command::new(env!("CARGO_BIN_EXE_gainsay"))
        .args(["notify-test", "--sink", "desktop"])
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/bus", nowhere.path().display()))
        .output()
        .unwrap();
    let words = String::from_utf8(tried.stdout).unwrap();
    assert_eq!(tried.status.code(), Some(1), "{words}");
    assert!(words.starts_with("desktop: failed: no desktop session can be reached"), "{words}");
    assert!(words.contains("gainsay-user.service") && words.contains("webhook"), "{words}");
}

/// An invented story, as the README shows it.
fn an_alert() -> Message {
    let day = |day: &str| Period { earliest: day.parse().ok(), latest: day.parse().ok() };
    let article = |url: &str| Article { url: WebLink::new(url), ..Article::default() };
    Message {
        timestamp: "2026-03-12T08:05:00Z".parse().unwrap(),
        data: Data::Alert(Alert {
            alert: "01KKG9Q3W0000000000000000A".into(),
            update: None,
            rules: vec!["Straits desk".into()],
            confidence: 0.91,
            outlets: vec!["gazette.example".into(), "tidings.example".into()],
            dispute: Dispute {
                id: 3,
                matter: "laying mines in the Strait of Oland".into(),
                accused: "Kestria".into(),
                since: "2026-03-06".parse().ok(),
            },
            denial: Passage {
                speaker: Some("Foreign Minister Ilse Varga".into()),
                actor: Some("Kestria".into()),
                target: None,
                words: None,
                quote: "“Not one of our ships has laid a mine in these waters,” Foreign Minister Ilse Varga said on \
                        Thursday."
                    .into(),
                said_at: day("2026-03-12"),
                article: article("https://gazette.example/2026/03/varga-mines"),
            },
            accusations: vec![Passage {
                speaker: Some("Admiral Tomas Lind".into()),
                actor: Some("Oland".into()),
                target: Some("Kestria".into()),
                words: None,
                quote: "Admiral Tomas Lind accused Kestria of laying mines across the strait by night.".into(),
                said_at: day("2026-03-06"),
                article: article("https://tidings.example/strait"),
            }],
            because: vec![
                "accused and denies: Kestria".into(),
                "shared terms: mines, strait".into(),
                "6 days after".into(),
            ],
        }),
    }
}

/// `GAINSAY_ALERT_PICTURE=FILE` keeps a picture of the screen: so was docs/alert.png made.
#[test]
fn dunst_shows_an_alert() {
    in_a_session("dunst_shows_an_alert", async |folder| {
        let screen = ["-displayfd", "1", "-screen", "0", "1000x500x24", "-dpi", "110", "-nolisten", "tcp"];
        let Some((_screen, display)) = started(Command::new("Xvfb").args(screen).stderr(Stdio::null())) else { return };
        let display = format!(":{display}");
        let look = folder.join("dunstrc");
        std::fs::write(
            &look,
            "[global]\nwidth = 640\nheight = 400\norigin = top-right\noffset = 20x20\nfont = DejaVu Sans 10\n\
             markup = full\nformat = \"<b>%s</b>\\n%b\"\nword_wrap = yes\nframe_width = 1\nframe_color = \"#9aa3ad\"\n\
             padding = 16\nhorizontal_padding = 18\ncorner_radius = 8\nshow_indicators = no\nseparator_height = 1\n\
             [urgency_normal]\nbackground = \"#fbfbfa\"\nforeground = \"#1d2329\"\ntimeout = 0\n",
        )
        .unwrap();
        let dunst =
            Command::new("dunst").arg("-conf").arg(&look).env("DISPLAY", &display).stderr(Stdio::null()).spawn();
        let Ok(dunst) = dunst else { return eprintln!("skipped: dunst is not installed") };
        let _dunst = Running(dunst);

        let desktop = Desktop::default();
        let mut shown = Err(DesktopError::Silent);
        for _ in 0..100 {
            shown = desktop.show(&Note::from(&an_alert())).await;
            if !matches!(shown, Err(DesktopError::NoServer(_))) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        shown.unwrap();
        let test = Message { data: Data::Test(Test { note: "A test.".into() }), ..an_alert() };
        assert_eq!(displayed().await, 1);
        if let Some(picture) = std::env::var_os("GAINSAY_ALERT_PICTURE") {
            a_moment().await;
            let taken = Command::new("import").args(["-window", "root"]).arg(picture).env("DISPLAY", &display).status();
            assert!(taken.unwrap().success());
        }
        desktop.show(&Note::from(&test)).await.unwrap();
        assert_eq!(displayed().await, 2);
    });
}

/// How many notifications dunst has on the screen.
async fn displayed() -> u32 {
    let bus = Connection::session().await.unwrap();
    let answer = bus
        .call_method(
            Some(NAME),
            PATH,
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &("org.dunstproject.cmd0", "displayedLength"),
        )
        .await
        .unwrap();
    let value: OwnedVariant = answer.body().deserialize().unwrap();
    u32::try_from(&*value).unwrap()
}
