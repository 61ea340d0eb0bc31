//! The watchlist: the user's TOML file, read, checked and explained.

mod address;
mod document;
mod endpoint;
mod feed;
mod names;
mod problem;
mod quantity;
mod read;
mod rule;
mod secrets;
mod section;
mod settings;
mod timing;
mod webhook;

pub use address::{Address, Secret, redacted};
pub use document::{Review, review};
pub use problem::{Problem, Problems};
pub use quantity::{in_words, size_in_words};
pub use read::{default_path, load, load_review};
pub use secrets::{MachineSecrets, MissingSecret, SecretSource, Secrets};
pub use timing::{QuietHours, Rate};

use std::path::Path;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// What a watchlist is read against.
pub struct Context<'a> {
    /// Where its secrets come from.
    pub secrets: &'a dyn Secrets,
    /// The canonical name of the built-in actor that a name or alias means.
    pub builtin_actor: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads and checks `text`, which stands in `file`. Pure but for the secrets.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn parse(text: &str, file: &Path, context: &Context<'_>) -> Result<Watchlist, Problems> {
    review(text, file, context).whole()
}

/// The canonical name of the state that `name` means, from the gazetteer.
fn builtin_actor(name: &str) -> Option<String> {
    crate::statements::Actors::builtin().resolve(name).map(str::to_owned)
}

/// Everything the user asked for, checked: every name is unique, every reference resolves.
#[derive(Debug, Clone, Default)]
pub struct Watchlist {
    /// What to poll.
    pub feeds: Vec<Feed>,
    /// Whom to recognise, beside the built-in gazetteer.
    pub actors: Vec<Actor>,
    /// What to recognise.
    pub topics: Vec<Topic>,
    /// When to tell whom.
    pub rules: Vec<Rule>,
    /// Where to send alerts beside the desktop.
    pub webhooks: Vec<Webhook>,
    /// How the daemon behaves.
    pub settings: Settings,
}

/// `[[feed]]`
#[derive(Debug, Clone)]
pub struct Feed {
    /// Where it is.
    pub url: Address,
    /// Who publishes it, where the registrable domain of its articles does not say.
    pub outlet: Option<String>,
    /// A fixed interval between polls; adaptive where absent.
    pub every: Option<Duration>,
    /// Whose pages are fetched.
    pub full_text: FullText,
    /// Whether the first poll's items may raise alerts.
    pub backfill: bool,
    /// `http://`, `https://`, `socks5://` or `socks5h://`, with user and password where needed.
    pub proxy: Option<Address>,
    /// User and password for HTTP Basic authentication.
    pub auth: Option<Auth>,
    /// Headers of the user's own, sent to this feed's host only.
    pub headers: Vec<(String, Secret)>,
}

/// HTTP Basic authentication.
#[derive(Debug, Clone)]
pub struct Auth {
    /// The user.
    pub user: Secret,
    /// The password.
    pub password: Secret,
}

/// Whose pages are fetched for their full text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FullText {
    /// Every item's; it is matched again on the full text.
    Always,
    /// Those of items that match the watchlist.
    #[default]
    Matched,
    /// None: what the feed carries is all.
    Never,
}

/// `[[actor]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The canonical name.
    pub name: String,
    /// Other names of the same actor.
    pub aliases: Vec<String>,
}

/// `[[topic]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// The topic's name.
    pub name: String,
    /// Keywords and phrases, any of which makes the topic.
    pub any: Vec<String>,
}

/// `[[alert]]`
#[derive(Debug, Clone)]
pub struct Rule {
    /// The rule's name.
    pub name: String,
    /// Any of these accuses, is accused or denies.
    pub actors: Vec<String>,
    /// Any of these is accused.
    pub accused: Vec<String>,
    /// Any of these accuses.
    pub accusers: Vec<String>,
    /// Any of these denies.
    pub deniers: Vec<String>,
    /// The dispute touches any of these.
    pub topics: Vec<String>,
    /// Watches everything; stands instead of filters.
    pub any: bool,
    /// Where the alerts go.
    pub to: Vec<Sink>,
    /// Alerts below this confidence (0 to 1) are stored and not sent.
    pub min_confidence: f64,
    /// Whether an accusation that is only reported inside the denial ("denied claims that …") is enough.
    pub reported_accusations: bool,
    /// A denial said longer before it was read than this goes to the digest.
    pub max_age: Duration,
    /// Whether it hears of more to an event that it was told: another speaker, a changed denial.
    pub updates: bool,
    /// Hours in which it tells nothing; what comes up meanwhile is told as one message when they end.
    pub quiet: Option<QuietHours>,
    /// It tells nothing at once, but everything as one message so often.
    pub digest: Option<Duration>,
    /// What it may tell at once; the rest goes to the digest.
    pub rate: Option<Rate>,
}

/// Where an alert goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sink {
    /// The session's notification server.
    Desktop,
    /// The `[[webhook]]` of that name.
    Webhook(String),
}

impl Rule {
    /// The default of [`Rule::min_confidence`].
    pub const MIN_CONFIDENCE: f64 = 0.51;
}

impl Sink {
    /// The sink's name as the watchlist and the log write it.
    pub fn name(&self) -> &str {
        match self {
            Sink::Desktop => "desktop",
            Sink::Webhook(name) => name,
        }
    }

    /// The names of these sinks, in order, each once.
    pub fn names<'s>(sinks: impl IntoIterator<Item = &'s Sink>) -> Vec<&'s str> {
        let mut names: Vec<&str> = sinks.into_iter().map(Sink::name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// `[[webhook]]`
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The sink's name.
    pub name: String,
    /// Where messages are posted.
    pub url: Address,
    /// The signing secret, `whsec_…`; messages go unsigned without one.
    pub secret: Option<Secret>,
    /// A proxy for this webhook.
    pub proxy: Option<Address>,
}

/// `[daemon]`
#[derive(Debug, Clone)]
pub struct Settings {
    /// An address or page that tells servers who polls them; part of the User-Agent where set.
    pub contact: Option<String>,
    /// Feeds and pages fetched at the same time.
    pub concurrency: usize,
    /// Of those, at the same host.
    pub per_host: usize,
    /// The shortest adaptive interval between polls of a feed.
    pub min_interval: Duration,
    /// The longest adaptive interval.
    pub max_interval: Duration,
    /// The largest feed or page, in bytes after decompression.
    pub max_body: u64,
    /// Limit for connecting.
    pub connect_timeout: Duration,
    /// Limit for the first byte of the answer.
    pub first_byte_timeout: Duration,
    /// Limit for the whole answer.
    pub total_timeout: Duration,
    /// A feed without a new item for this long, or failing for this long, is told to the sinks once.
    pub silent_after: Duration,
    /// Denials of one side within this are one event.
    pub same_event: Duration,
    /// How often held-back alerts are sent as one message.
    pub digest_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        Settings {
            contact: None,
            concurrency: 32,
            per_host: 2,
            min_interval: Duration::from_secs(5 * MINUTE),
            max_interval: Duration::from_secs(4 * HOUR),
            max_body: 16 << 20,
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_secs(60),
            silent_after: Duration::from_secs(14 * DAY),
            same_event: Duration::from_secs(72 * HOUR),
            digest_every: Duration::from_secs(DAY),
        }
    }
}
