//! Desktop alerts: notifications on the session bus, after the [Desktop Notifications Specification].
//!
//! [Desktop Notifications Specification]: https://specifications.freedesktop.org/notification-spec/latest/

use super::body::{Data, Message, WebLink};
use crate::plain::shortened;
use futures_util::StreamExt as _;
use notify_rust::{Hint, Notification, NotificationHandle, Timeout};
use std::collections::{HashMap, VecDeque};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::process::Command;
use tokio_util::task::AbortOnDropHandle;
use zbus::{Connection, MatchRule, MessageStream};

/// The notification server's bus name, which is also its interface, and its object.
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// Notifications whose click is waited for. Each keeps a connection to the bus open; whoever has left more than
/// these unread will open the log, not the twenty-first.
const LIVE: usize = 20;

/// For the whole exchange. A notification server that the bus has to start first takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Lengths in characters. Servers cut earlier or later, and some grow over the whole screen.
const SUMMARY: usize = 200;
const BODY: usize = 2000;
const LINK: usize = 300;

/// The headlines that a summary of several alerts shows.
const HEADLINES: usize = 5;

/// What a notification says. Plain text, from anywhere: it is made safe and cut when it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The headline.
    pub summary: String,
    /// The rest, one paragraph an entry.
    pub paragraphs: Vec<String>,
    /// What a click opens.
    pub link: Option<WebLink>,
    /// How much it wants to be seen.
    pub urgency: Urgency,
}

/// How much a notification wants to be seen. None is critical: that level is for a battery that runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It may pass unseen: digests, silent feeds, tests.
    Low,
    /// It stays until it is dismissed, where the server can keep it.
    Normal,
}

impl From<&Message> for Note {
    fn from(message: &Message) -> Note {
        let urgency = match message.data {
            Data::Alert(_) | Data::Updated(_) => Urgency::Normal,
            Data::Digest(_) | Data::FeedSilent(_) | Data::Test(_) => Urgency::Low,
        };
        Note { summary: message.headline(), paragraphs: message.paragraphs(), link: message.link().cloned(), urgency }
    }
}

/// One note for messages that waited too long for a session, so that a desk that opens in the morning is not buried.
/// `headlines` are theirs, the oldest first.
pub fn summary_note(headlines: &[String]) -> Note {
    let summary = match headlines.len() {
        1 => "1 message came while no session was open".to_owned(),
        count => format!("{count} messages came while no session was open"),
    };
    let mut paragraphs: Vec<String> = headlines.iter().rev().take(HEADLINES).cloned().collect();
    match headlines.len().saturating_sub(HEADLINES) {
        0 => {}
        more => paragraphs.push(format!("… and {more} more; `gainsay query` shows them all")),
    }
    Note { summary, paragraphs, link: None, urgency: Urgency::Normal }
}

/// Why a notification was not shown. All may pass, so the delivery stays pending.
#[derive(Debug, thiserror::Error)]
pub enum DesktopError {
    /// There is no session bus: nobody is logged in, or this is a system service.
    #[error(
        "no desktop session can be reached ({0}); a system service has none: run gainsay-user.service for desktop \
         alerts, or send them to a webhook"
    )]
    NoSession(String),
    /// The session has nobody who shows notifications.
    #[error("the session has no notification server ({0}); start one, such as that of the desktop, dunst or mako")]
    NoServer(String),
    /// The server answered with an error.
    #[error("the notification server refuses the notification: {0}")]
    Refused(String),
    /// The server did not answer.
    #[error("the notification server does not answer within {} s", PATIENCE.as_secs())]
    Silent,
}

impl DesktopError {
    /// Whether there is nobody to show it to for now, so that the delivery waits for a session instead of using up its
    /// tries. With lingering, a user's bus stands without any session, and so without a notification server.
    pub fn awaits_session(&self) -> bool {
        matches!(self, DesktopError::NoSession(_) | DesktopError::NoServer(_))
    }
}

/// Shows notifications. Nothing is kept of the session between two of them, so it may end and begin anew.
#[derive(Debug, Clone, Default)]
pub struct Desktop {
    /// Those whose click is waited for, the oldest first; dropping one ends its waiting.
    live: Arc<Mutex<VecDeque<AbortOnDropHandle<()>>>>,
}

impl Desktop {
    /// Whether a notification server answers; nothing is shown.
    ///
    /// # Errors
    /// As [`Desktop::show`].
    pub async fn reach(&self) -> Result<(), DesktopError> {
        tokio::time::timeout(PATIENCE, session()).await.map_err(|_| DesktopError::Silent)?.map(|_| ())
    }

    /// Shows `note` and returns once the server has it. A click on it opens the link for as long as this `Desktop`
    /// lives and not more than 20 newer ones are shown.
    pub async fn show(&self, note: &Note) -> Result<(), DesktopError> {
        let sent = tokio::time::timeout(PATIENCE, send(note)).await.map_err(|_| DesktopError::Silent)??;
        if let Sent { shown, signals: Some(signals) } = sent
            && let Some(link) = note.link.clone()
        {
            let waiting = AbortOnDropHandle::new(tokio::spawn(open_when_clicked(shown, signals, link)));
            let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
            live.retain(|waiting| !waiting.is_finished());
            live.push_back(waiting);
            while live.len() > LIVE {
                live.pop_front();
            }
        }
        Ok(())
    }
}

/// A notification that the server has.
struct Sent {
    /// Holds the connection that it came by: some servers take a notification away with its sender.
    shown: NotificationHandle,
    /// What the server says from before it was shown on, where it can be clicked.
    signals: Option<MessageStream>,
}

async fn session() -> Result<(Connection, Capabilities), DesktopError> {
    let bus = Connection::session().await.map_err(|error| DesktopError::NoSession(in_words(error)))?;
    let server = Capabilities::ask(&bus).await.map_err(|error| DesktopError::NoServer(in_words(error)))?;
    Ok((bus, server))
}

async fn send(note: &Note) -> Result<Sent, DesktopError> {
    let (bus, server) = session().await?;
    let signals = match note.link.is_some() && server.actions {
        true => Some(listen(&bus).await.map_err(|error| DesktopError::NoSession(in_words(error)))?),
        false => None,
    };
    let shown =
        notification(note, &server).show_async().await.map_err(|error| DesktopError::Refused(in_words(error)))?;
    Ok(Sent { shown, signals })
}

/// The server's signals. Not by `NotificationHandle::wait_for_action`, which (in 4.19) subscribes anew after each
/// signal and so misses the click that comes right after another one.
async fn listen(bus: &Connection) -> zbus::Result<MessageStream> {
    let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal).interface(NAME).path(PATH).build()?;
    MessageStream::for_match_rule(rule, bus, None).await
}

fn in_words(error: impl std::fmt::Display) -> String {
    shortened(&error.to_string(), 300)
}

/// What the server of the moment can do.
#[derive(Debug, Clone, Copy, Default)]
struct Capabilities {
    actions: bool,
    markup: bool,
    persistence: bool,
}

impl Capabilities {
    async fn ask(bus: &Connection) -> zbus::Result<Capabilities> {
        let answer = bus.call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &()).await?;
        let names: Vec<String> = answer.body().deserialize()?;
        let has = |name: &str| names.iter().any(|known| known == name);
        Ok(Capabilities { actions: has("actions"), markup: has("body-markup"), persistence: has("persistence") })
    }
}

fn notification(note: &Note, server: &Capabilities) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Gainsay")
        .summary(&shortened(&note.summary, SUMMARY))
        .body(&body(note, server))
        .hint(Hint::Category("x-gainsay.alert".to_owned()))
        .urgency(match note.urgency {
            Urgency::Low => notify_rust::Urgency::Low,
            Urgency::Normal => notify_rust::Urgency::Normal,
        });
    if note.urgency == Urgency::Normal && server.persistence {
        notification.timeout(Timeout::Never);
    }
    if note.link.is_some() && server.actions {
        notification.action("default", "Open article");
    }
    notification
}

fn body(note: &Note, server: &Capabilities) -> String {
    let mut lines = Vec::new();
    let mut room = BODY;
    for paragraph in &note.paragraphs {
        let line = shortened(paragraph, room);
        room = room.saturating_sub(line.chars().count());
        lines.push(line);
        if room < 40 {
            break;
        }
    }
    // Where nothing can be clicked, the address can still be copied; half an address can't.
    lines.extend(
        note.link.as_ref().map(WebLink::as_str).filter(|link| !server.actions && link.len() <= LINK).map(str::to_owned),
    );
    if server.markup {
        lines.iter_mut().for_each(|line| *line = marked_up(line));
    }
    lines.join("\n")
}

/// Escaped, because the server would obey an article's markup; and the word that says what a paragraph is ("Denial:")
/// in bold. A server without markup shows both as they stand, so it gets neither.
fn marked_up(line: &str) -> String {
    let line = html_escape::encode_text(line);
    match line.split_once(": ") {
        Some((word, rest)) if word.chars().all(char::is_alphabetic) => format!("<b>{word}:</b> {rest}"),
        _ => line.into_owned(),
    }
}

async fn open_when_clicked(shown: NotificationHandle, mut signals: MessageStream, link: WebLink) {
    while let Some(Ok(signal)) = signals.next().await {
        let body = signal.body();
        match signal.header().member().map(|member| member.as_str()) {
            Some("ActionInvoked") if body.deserialize::<(u32, &str)>().is_ok_and(|(id, _)| id == shown.id()) => {
                if let Err(error) = open(&link).await {
                    tracing::warn!(%error, "the article could not be opened");
                }
            }
            Some("NotificationClosed") if body.deserialize::<(u32, u32)>().is_ok_and(|(id, _)| id == shown.id()) => {
                return;
            }
            _ => {}
        }
    }
}

/// Opens the article: by the session's portal, which starts a browser outside this service's sandbox, else by
/// `xdg-open`. The address is one argument, no shell sees it, and a [`WebLink`] is http or https.
async fn open(link: &WebLink) -> std::io::Result<()> {
    if open_by_portal(link).await.is_ok() {
        return Ok(());
    }
    let mut browser = Command::new("xdg-open")
        .arg(link.as_str())
        .env_remove("NOTIFY_SOCKET")
        .env_remove("WATCHDOG_USEC")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Only so that no zombie stays; how a browser ends is its own affair.
    tokio::spawn(async move { browser.wait().await });
    Ok(())
}

async fn open_by_portal(link: &WebLink) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let options = HashMap::<&str, zbus::Variant<'_>>::new();
    let arguments = ("", link.as_str(), options);
    let call = bus.call_method(
        Some("org.freedesktop.portal.Desktop"),
        "/org/freedesktop/portal/desktop",
        Some("org.freedesktop.portal.OpenURI"),
        "OpenURI",
        &arguments,
    );
    tokio::time::timeout(Duration::from_secs(5), call)
        .await
        .map_err(|_| zbus::Error::Failure("no answer".into()))??;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn note(paragraph: &str) -> Note {
        Note {
            summary: "Freedonia denies it".into(),
            paragraphs: vec![paragraph.into()],
            link: WebLink::new("https://news.example/a?b=1&c=2"),
            urgency: Urgency::Normal,
        }
    }

    #[test]
    fn an_article_cannot_mark_up_the_notification() {
        let hostile = note("<b>Minister</b> & <img src=\"http://evil.example\"> \u{202e}spoke\u{1b}[2J");
        let escaped = body(&hostile, &Capabilities { markup: true, actions: true, persistence: true });
        assert_eq!(escaped, "&lt;b&gt;Minister&lt;/b&gt; &amp; &lt;img src=\"http://evil.example\"&gt; spoke[2J");
        let plain = body(&hostile, &Capabilities { actions: true, ..Capabilities::default() });
        assert_eq!(plain, "<b>Minister</b> & <img src=\"http://evil.example\"> spoke[2J");
    }

    #[test]
    fn where_nothing_can_be_clicked_the_address_is_shown() {
        let shown = body(&note("Denial: never."), &Capabilities::default());
        assert_eq!(shown, "Denial: never.\nhttps://news.example/a?b=1&c=2");
    }

    #[test]
    fn a_notification_stays_only_where_the_server_can_keep_it() {
        let timeout = |persistence, urgency| {
            let note = Note { urgency, ..note("") };
            notification(&note, &Capabilities { persistence, ..Capabilities::default() }).timeout
        };
        assert_eq!(timeout(true, Urgency::Normal), Timeout::Never);
        assert_eq!(timeout(false, Urgency::Normal), Timeout::Default);
        assert_eq!(timeout(true, Urgency::Low), Timeout::Default);
    }

    #[test]
    fn a_book_is_cut_to_a_notification() {
        let mut long = note(&"word ".repeat(100_000));
        long.paragraphs = vec![long.paragraphs[0].clone(); 1000];
        long.summary = "w".repeat(1_000_000);
        let shown = notification(&long, &Capabilities::default());
        assert_eq!(shown.summary.chars().count(), SUMMARY);
        assert!(shown.body.chars().count() <= BODY + LINK + 10, "{}", shown.body.chars().count());
    }

    #[test]
    fn a_weekend_of_messages_is_one_notification_with_the_newest_first() {
        let headlines: Vec<String> = (1..=9).map(|n| format!("Feed silent: Gazette {n}")).collect();
        let note = summary_note(&headlines);
        assert_eq!(note.summary, "9 messages came while no session was open");
        assert_eq!(note.paragraphs[0], "Feed silent: Gazette 9");
        assert!(note.paragraphs.last().unwrap().contains("4 more"), "{:?}", note.paragraphs);
        assert_eq!(summary_note(&headlines[..1]).summary, "1 message came while no session was open");
    }
}
