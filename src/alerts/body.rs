//! What is told: the JSON that webhooks receive, which is also what the outbox keeps and the desktop shows.
//!
//! The schema for receivers is `docs/webhook.schema.json`; a test holds the two together.

use crate::plain::is_plain;
use crate::statements::Period;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version of the body's shape. Fields may be added within a version; receivers ignore what they don't know.
pub const VERSION: u32 = 1;

/// The longest headline, in characters: what a notification shows in two lines.
const HEADLINE: usize = 160;
/// The longest paragraph of [`Message::paragraphs`], in characters; the JSON itself is never shortened.
const PARAGRAPH: usize = 900;
/// The longest passage in one: more than most denials and accusations have.
const PASSAGE: usize = 500;
/// The longest address in one.
const LINK: usize = 200;

/// One message: `{"type": …, "version": 1, "timestamp": …, "data": {…}}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// When the message was made.
    pub timestamp: Timestamp,
    /// What it tells.
    pub data: Data,
}

/// What a message tells; the variant is the JSON's `type`.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `denial.followed_accusation`
    Alert(Alert),
    /// `denial.updated`: more of a denial event that was told before. Its message has an id of its own.
    Updated(Alert),
    /// `digest`: what was held back since the last one.
    Digest(Digest),
    /// `feed.silent`
    FeedSilent(FeedSilent),
    /// `test`
    Test(Test),
}

/// One denial event in a dispute that a rule watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The alert's id, a ULID; also the `webhook-id` of the alert itself, by which a receiver drops repeats.
    pub alert: String,
    /// In an update: what is new, in words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
    /// The names of the rules that watch it.
    pub rules: Vec<String>,
    /// 0 to 1: no stronger than the weakest of denial, accusation and link.
    pub confidence: f64,
    /// The outlets that carry the denial, by registrable domain or configured name.
    pub outlets: Vec<String>,
    /// The dispute that the denial belongs to.
    pub dispute: Dispute,
    /// The denial.
    pub denial: Passage,
    /// The accusations that it answers: first what the denial says that it denies, then the best-supported.
    pub accusations: Vec<Passage>,
    /// Why the denial is taken to answer them.
    pub because: Vec<String>,
}

/// The dispute that an alert belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Its number in the log.
    pub id: i64,
    /// What it is about, in a few words of its accusations.
    pub matter: String,
    /// The accused party.
    pub accused: String,
    /// The day of its earliest accusation, where known.
    pub since: Option<Date>,
}

/// An accusation or a denial with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Who speaks, by the fullest name that the article has.
    pub speaker: Option<String>,
    /// The actor that the speaker belongs to.
    pub actor: Option<String>,
    /// Whom an accusation blames, by his own name, not that of his state; absent in a denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The passage word for word.
    pub quote: String,
    /// The words of it that are the accusation or the denial; parts joined by ` … `.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// When it was said.
    pub said_at: Period,
    /// Where it stands.
    pub article: Article,
}

/// Where a passage stands, so that it can be checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Article {
    /// Who publishes it, by registrable domain or configured name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// Its headline.
    pub title: Option<String>,
    /// Its address.
    pub url: Option<WebLink>,
    /// The feed that brought it, redacted.
    pub feed: Option<String>,
    /// When the outlet says it was published.
    pub published: Option<Timestamp>,
    /// When its text was fetched.
    pub fetched: Option<Timestamp>,
    /// The SHA-256 of the analysed text, in hexadecimal.
    pub sha256: String,
}

/// The alerts that were held back since the last digest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Digest {
    /// Oldest first.
    pub alerts: Vec<Held>,
}

/// An alert that was held back, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Why it was not sent at once.
    pub held: String,
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
}

/// A feed that has died or brings nothing new any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedSilent {
    /// Its address, redacted.
    pub feed: String,
    /// Its name, where it has one.
    pub title: Option<String>,
    /// Since when it has brought nothing.
    pub since: Option<Timestamp>,
    /// What is wrong, in a sentence: "no new item for 15 days", "answers 410 Gone".
    pub reason: String,
}

/// A message that only shows that a sink works.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Test {
    /// A sentence for the person who reads it.
    pub note: String,
}

/// An address that is http or https: the only links that may be rendered or opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WebLink(String);

impl WebLink {
    /// The address, where it is an absolute http or https address with a host.
    pub fn new(address: &str) -> Option<WebLink> {
        let url = url::Url::parse(address).ok()?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        web.then(|| WebLink(url.into()))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for WebLink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = String::deserialize(deserializer)?;
        WebLink::new(&address).ok_or_else(|| serde::de::Error::custom("a link must be an http or https address"))
    }
}

impl Message {
    /// The JSON's `type`, which is also `message.kind` in the log.
    pub fn kind(&self) -> &'static str {
        match self.data {
            Data::Alert(_) => "denial.followed_accusation",
            Data::Updated(_) => "denial.updated",
            Data::Digest(_) => "digest",
            Data::FeedSilent(_) => "feed.silent",
            Data::Test(_) => "test",
        }
    }

    /// One line that says it all, for a notification's summary. Plain text of bounded length, without control
    /// characters; a sink still escapes it for its own markup.
    pub fn headline(&self) -> String {
        let text = match &self.data {
            Data::Alert(alert) => headline(alert),
            Data::Updated(alert) => format!("Update: {}", headline(alert)),
            Data::Digest(digest) => match digest.alerts.as_slice() {
                [one] => headline(&one.alert),
                all => format!("{} alerts held back", all.len()),
            },
            Data::FeedSilent(feed) => format!("Feed silent: {}", feed.title.as_ref().unwrap_or(&feed.feed)),
            Data::Test(_) => "Gainsay test message".to_owned(),
        };
        plain(&text, HEADLINE)
    }

    /// The rest, for a notification's body: plain text of bounded length, one paragraph an entry.
    pub fn paragraphs(&self) -> Vec<String> {
        let paragraphs = match &self.data {
            Data::Alert(alert) | Data::Updated(alert) => paragraphs(alert),
            Data::Digest(digest) => digest.alerts.iter().map(digest_line).collect(),
            Data::FeedSilent(feed) => vec![feed.reason.clone(), feed.feed.clone()],
            Data::Test(test) => vec![test.note.clone()],
        };
        paragraphs.iter().map(|paragraph| plain(paragraph, PARAGRAPH)).collect()
    }

    /// The article that a click opens.
    pub fn link(&self) -> Option<&WebLink> {
        match &self.data {
            Data::Alert(alert) | Data::Updated(alert) => alert.denial.article.url.as_ref(),
            Data::Digest(digest) => match digest.alerts.as_slice() {
                [one] => one.alert.denial.article.url.as_ref(),
                _ => None,
            },
            Data::FeedSilent(_) | Data::Test(_) => None,
        }
    }
}

/// "North Korea denies supplying shells to Russia, 6 days after John Kirby said so": denier, matter, time, accuser,
/// as far as each is known.
pub fn headline(alert: &Alert) -> String {
    let denier = alert.denial.actor.as_ref().or(alert.denial.speaker.as_ref()).unwrap_or(&alert.dispute.accused);
    let matter = plain(&alert.dispute.matter, 90);
    // A matter that begins with a gerund goes on from "denies" by itself; any other words stand apart, where no grammar
    // can go wrong.
    let gerund = matter.split(' ').next().is_some_and(|first| first.len() > 4 && first.ends_with("ing"));
    let (rejects, restated, apart) = match matter.as_str() {
        "" => ("denies an accusation".to_owned(), "made it", String::new()),
        _ if gerund => (format!("denies {matter}"), "said so", String::new()),
        _ => ("denies an accusation".to_owned(), "made it", format!(": {matter}")),
    };
    let mut line = format!("{} {rejects}", plain(denier, 60));
    let named = alert.accusations.iter().find_map(|accusation| Some((accusation, accuser(accusation)?)));
    if let Some((accusation, accuser)) = named {
        let accuser = plain(accuser, 60);
        line.push_str(&match days_between(&accusation.said_at, &alert.denial.said_at) {
            Some(0) => format!(", the day {accuser} {restated}"),
            Some(1) => format!(", a day after {accuser} {restated}"),
            Some(days) => format!(", {days} days after {accuser} {restated}"),
            None => format!(", after {accuser} {restated}"),
        });
    }
    line + &apart
}

/// One alert of a digest, in a line.
fn digest_line(held: &Held) -> String {
    let update = if held.alert.update.is_some() { "Update: " } else { "" };
    format!("{update}{} ({})", headline(&held.alert), held.held)
}

/// Both passages, each with who said it, when, and who reports it; then why they belong together, and how surely.
pub fn paragraphs(alert: &Alert) -> Vec<String> {
    let outlets = match alert.outlets.as_slice() {
        [] => String::new(),
        [one] => format!(" — {one}"),
        [first, others @ ..] => format!(" — {first} and {} more", others.len()),
    };
    let mut paragraphs = Vec::new();
    paragraphs.extend(alert.update.as_ref().map(|news| format!("New: {news}")));
    paragraphs.push(format!("Denial: {}{outlets}", told(&alert.denial)));
    let mut accusations = alert.accusations.iter().map(|accusation| {
        let Article { outlet, url, .. } = &accusation.article;
        let places = [outlet.as_deref(), url.as_ref().map(WebLink::as_str)];
        let places: Vec<String> = places.into_iter().flatten().map(|place| plain(place, LINK)).collect();
        let place = if places.is_empty() { String::new() } else { format!(" — {}", places.join(", ")) };
        format!("Accusation: {}{place}", told(accusation))
    });
    paragraphs.extend(accusations.next());
    let mut reasons = alert.because.clone();
    reasons.push(format!("confidence {:.2}", alert.confidence));
    paragraphs.push(format!("Because: {}", reasons.join("; ")));
    paragraphs.extend(accusations.take(2));
    paragraphs
}

fn told(passage: &Passage) -> String {
    let who = match (&passage.speaker, &passage.actor) {
        (Some(speaker), Some(actor)) if !speaker.contains(actor.as_str()) => format!("{speaker} ({actor})"),
        (Some(speaker), _) => speaker.clone(),
        (None, Some(actor)) => actor.clone(),
        (None, None) => "unnamed".to_owned(),
    };
    let reported = || passage.article.published.map(|at| at.to_zoned_datetime(TimeZone::UTC).date());
    let when = match passage.said_at {
        Period { earliest: Some(first), latest: Some(last) } if first != last => format!(", {first} to {last}"),
        Period { earliest: None, latest: None } => {
            reported().map(|day| format!(", reported {day}")).unwrap_or_default()
        }
        Period { earliest, latest } => latest.or(earliest).map(|day| format!(", {day}")).unwrap_or_default(),
    };
    format!("{}{when}: {}", plain(&who, 100), plain(&passage.quote, PASSAGE))
}

fn accuser(accusation: &Passage) -> Option<&str> {
    accusation.speaker.as_deref().or(accusation.actor.as_deref())
}

/// Days from the accusation to the denial, where both are known to the day.
fn days_between(accusation: &Period, denial: &Period) -> Option<i32> {
    let (from, to) = (known_day(accusation)?, known_day(denial)?);
    let days = from.until(to).ok()?.get_days();
    (days >= 0).then_some(days)
}

fn known_day(period: &Period) -> Option<Date> {
    period.earliest.filter(|day| period.latest == Some(*day))
}

/// The text on one line, without characters that steer a terminal or hide text, cut at a word's end.
fn plain(text: &str, most: usize) -> String {
    let visible: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| is_plain(*c)).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        None => line,
        Some((end, _)) => {
            let cut = &line[..end];
            let end = cut.rfind(' ').filter(|space| *space > end / 2).unwrap_or(end);
            format!("{}…", line[..end].trim_end_matches([',', ';', ':', ' ']))
        }
    }
}

/// The JSON's outer shape, in the order in which a person reads it.
#[derive(Serialize)]
struct Envelope<'a, T> {
    r#type: &'a str,
    version: u32,
    timestamp: Timestamp,
    data: &'a T,
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn sealed<T: Serialize, S: Serializer>(message: &Message, data: &T, serializer: S) -> Result<S::Ok, S::Error> {
            Envelope { r#type: message.kind(), version: VERSION, timestamp: message.timestamp, data }
                .serialize(serializer)
        }
        match &self.data {
            Data::Alert(data) | Data::Updated(data) => sealed(self, data, serializer),
            Data::Digest(data) => sealed(self, data, serializer),
            Data::FeedSilent(data) => sealed(self, data, serializer),
            Data::Test(data) => sealed(self, data, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Opened {
            version: u32,
            timestamp: Timestamp,
            #[serde(flatten)]
            data: Tagged,
        }
        #[derive(Deserialize)]
        #[serde(tag = "type", content = "data")]
        enum Tagged {
            #[serde(rename = "denial.followed_accusation")]
            Alert(Alert),
            #[serde(rename = "denial.updated")]
            Updated(Alert),
            #[serde(rename = "digest")]
            Digest(Digest),
            #[serde(rename = "feed.silent")]
            FeedSilent(FeedSilent),
            #[serde(rename = "test")]
            Test(Test),
        }
        let opened = Opened::deserialize(deserializer)?;
        if opened.version != VERSION {
            return Err(serde::de::Error::custom(format!("unknown message version {}", opened.version)));
        }
        let data = match opened.data {
            Tagged::Alert(data) => Data::Alert(data),
            Tagged::Updated(data) => Data::Updated(data),
            Tagged::Digest(data) => Data::Digest(data),
            Tagged::FeedSilent(data) => Data::FeedSilent(data),
            Tagged::Test(data) => Data::Test(data),
        };
        Ok(Message { timestamp: opened.timestamp, data })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use jiff::civil::date;
    use serde_json::{Value, json};

    fn schema() -> jsonschema::Validator {
        let schema = serde_json::from_str(include_str!("../../docs/webhook.schema.json")).unwrap();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        jsonschema::draft202012::new(&schema).unwrap()
    }

    fn article(url: &str) -> Article {
        Article {
            outlet: Some("brask-times.example".into()),
            title: Some("Kestria rejects shell claims".into()),
            url: WebLink::new(url),
            feed: Some("https://brask-times.example/rss".into()),
            published: Some("2031-03-08T09:00:00Z".parse().unwrap()),
            fetched: Some("2031-03-08T09:05:00.125Z".parse().unwrap()),
            sha256: "0a".repeat(32),
        }
    }

    fn passage(speaker: &str, actor: &str, target: Option<&str>, quote: &str, day: i8) -> Passage {
        let day = Some(date(2031, 3, day));
        Passage {
            speaker: Some(speaker.into()),
            actor: Some(actor.into()),
            target: target.map(str::to_owned),
            quote: quote.into(),
            words: Some("ships shells".into()),
            said_at: Period { earliest: day, latest: day },
            article: article("https://brask-times.example/shells"),
        }
    }

    fn alert() -> Alert {
        Alert {
            alert: "01K0000000000000000000000A".into(),
            update: None,
            rules: vec!["Kestria desk".into()],
            confidence: 0.93,
            outlets: vec!["brask-times.example".into()],
            dispute: Dispute {
                id: 17,
                matter: "shipping shells to Oland".into(),
                accused: "Kestria".into(),
                since: Some(date(2031, 3, 2)),
            },
            denial: passage("deputy head of the foreign ministry", "Kestria", None, "“We ship no shells.”", 8),
            accusations: vec![passage(
                "Ilse Marn",
                "Veldania",
                Some("Kestria"),
                "Kestria ships shells, Ilse Marn said.",
                2,
            )],
            because: vec!["names the accuser: Ilse Marn".into(), "6 days after".into()],
        }
    }

    fn message(data: Data) -> Message {
        Message { timestamp: "2031-03-08T09:06:00Z".parse().unwrap(), data }
    }

    fn one_of_each() -> Vec<Message> {
        let silent = FeedSilent {
            feed: "https://brask-times.example/rss".into(),
            title: None,
            since: None,
            reason: "answers 410 Gone".into(),
        };
        let held = Held { held: "said 5 days before".into(), alert: alert() };
        [
            Data::Alert(alert()),
            Data::Updated(Alert { update: Some("another speaker of the side: Tomas Ardel".into()), ..alert() }),
            Data::Digest(Digest { alerts: vec![held.clone(), held] }),
            Data::Digest(Digest::default()),
            Data::FeedSilent(silent),
            Data::Test(Test { note: "It works.".into() }),
        ]
        .map(message)
        .into()
    }

    #[test]
    fn every_message_is_as_the_schema_says_and_reads_back() {
        let schema = schema();
        for message in one_of_each() {
            let json = serde_json::to_value(&message).unwrap();
            let errors: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", message.kind());
            assert_eq!(json["type"], message.kind());
            assert_eq!(serde_json::from_value::<Message>(json).unwrap(), message);
        }
    }

    #[test]
    fn the_schema_refuses_what_is_no_message() {
        let schema = schema();
        let good = serde_json::to_value(message(Data::Alert(alert()))).unwrap();
        for (pointer, wrong) in [
            ("/type", json!("denial.imagined")),
            ("/version", json!(2)),
            ("/timestamp", json!("yesterday")),
            ("/data/confidence", json!(1.5)),
            ("/data/denial/article/url", json!("javascript:alert(1)")),
            ("/data/denial/said_at/earliest", json!("8 March")),
            ("/data/accusations/0/quote", Value::Null),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = wrong;
            assert!(!schema.is_valid(&bad), "{pointer}");
        }
    }

    #[test]
    fn a_body_stands_in_the_order_in_which_people_read_it() {
        let text = serde_json::to_string(&message(Data::Alert(alert()))).unwrap();
        let start = r#"{"type":"denial.followed_accusation","version":1,"timestamp":"2031-03-08T09:06:00Z","data":{"alert":"01K0"#;
        assert!(text.starts_with(start), "{text}");
    }

    #[test]
    fn a_receiver_may_read_fields_that_came_later() {
        let mut json = serde_json::to_value(message(Data::Alert(alert()))).unwrap();
        json["data"]["mood"] = json!("tense");
        assert!(schema().is_valid(&json));
        assert!(serde_json::from_value::<Message>(json).is_ok());
    }

    #[test]
    fn only_web_addresses_are_links() {
        assert_eq!(
            WebLink::new("HTTPS://brask-times.example/a b").unwrap().as_str(),
            "https://brask-times.example/a%20b"
        );
        for address in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "/relative",
            "http://",
            "ftp://a.example/",
        ] {
            assert_eq!(WebLink::new(address), None, "{address}");
        }
    }

    #[test]
    fn a_headline_names_denier_matter_days_and_accuser() {
        let line = message(Data::Alert(alert())).headline();
        assert_eq!(line, "Kestria denies shipping shells to Oland, 6 days after Ilse Marn said so");
    }

    #[test]
    fn a_headline_says_what_is_known_and_no_more() {
        let mut alert = alert();
        alert.dispute.matter = "poisoned the harbour".into();
        alert.accusations[0].said_at = Period::default();
        assert_eq!(headline(&alert), "Kestria denies an accusation, after Ilse Marn made it: poisoned the harbour");
        alert.accusations[0].speaker = None;
        alert.accusations[0].actor = None;
        alert.dispute.matter = String::new();
        alert.denial.actor = None;
        assert_eq!(headline(&alert), "deputy head of the foreign ministry denies an accusation");
    }

    #[test]
    fn a_notification_shows_the_evidence_that_the_body_has() {
        let update = Some("another speaker of the side: Tomas Ardel".to_owned());
        let text = message(Data::Updated(Alert { update, ..alert() })).paragraphs().join("\n");
        let shown = [
            "New: another speaker of the side: Tomas Ardel",
            "Denial: deputy head of the foreign ministry (Kestria), 2031-03-08: “We ship no shells.” — brask-times.example",
            "Accusation: Ilse Marn (Veldania), 2031-03-02: Kestria ships shells, Ilse Marn said. — brask-times.example, https://brask-times.example/shells",
            "Because: names the accuser: Ilse Marn; 6 days after; confidence 0.93",
        ];
        assert_eq!(text, shown.join("\n"));
    }

    #[test]
    fn a_denial_that_does_not_say_when_is_shown_with_its_articles_day() {
        let mut alert = alert();
        alert.denial.said_at = Period::default();
        let text = &paragraphs(&alert)[0];
        assert!(
            text.starts_with("Denial: deputy head of the foreign ministry (Kestria), reported 2031-03-08: "),
            "{text}"
        );
        alert.denial.article.published = None;
        assert!(paragraphs(&alert)[0].contains("(Kestria): “"));
    }

    #[test]
    fn what_is_shown_has_no_hidden_characters_and_an_end() {
        let mut alert = alert();
        alert.denial.actor = Some("Kes\u{1b}[31mtria\u{202e}\n\u{200b}".into());
        alert.denial.quote = "so it goes on ".repeat(500);
        let message = message(Data::Alert(alert));
        assert!(message.headline().starts_with("Kes[31mtria denies"));
        for text in message.paragraphs() {
            assert!(text.chars().count() <= PARAGRAPH + 1 && !text.chars().any(char::is_control));
        }
        assert!(message.paragraphs()[0].contains("so it… —"), "{}", message.paragraphs()[0]);
    }
}
