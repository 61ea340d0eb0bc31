//! The whole file: its tables, and what one of them says about another.

use super::names::{self, Actors};
use super::problem::{Problem, Problems, Source};
use super::section::{Findings, Section, Value, Weight, closest, kind};
use super::{Context, Watchlist, feed, rule, settings, webhook};
use std::collections::HashSet;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The tables that may stand in the file, as they are written there, with their keys.
pub(super) const TABLES: &[(&str, &str, &[&str])] = &[
    ("feed", "[[feed]]", feed::KEYS),
    ("actor", "[[actor]]", names::ACTOR_KEYS),
    ("topic", "[[topic]]", names::TOPIC_KEYS),
    ("alert", "[[alert]]", rule::KEYS),
    ("webhook", "[[webhook]]", webhook::KEYS),
    ("daemon", "[daemon]", settings::KEYS),
];

/// A watchlist as it was read, with what its author should know.
#[derive(Debug)]
pub struct Review {
    /// The watchlist, or everything that is wrong with it.
    pub watchlist: Result<Watchlist, Problems>,
    /// Secrets that only the service can read. The feeds and webhooks that need them are not in `watchlist`.
    pub elsewhere: Vec<Problem>,
    /// What is no error and yet worth a look, in the order of the file.
    pub notes: Vec<Problem>,
}

impl Review {
    pub(super) fn refused(problems: Problems) -> Self {
        Review { watchlist: Err(problems), elsewhere: Vec::new(), notes: Vec::new() }
    }

    /// The whole watchlist, for those who need every secret of it.
    ///
    /// # Errors
    /// Everything that is wrong with it or that this process can't read, in the order of the file.
    pub fn whole(self) -> Result<Watchlist, Problems> {
        if self.elsewhere.is_empty() {
            return self.watchlist;
        }
        let mut problems = self.watchlist.err().map(|problems| problems.0).unwrap_or_default();
        problems.extend(self.elsewhere);
        // What has no place is the count of those that are left out.
        problems.sort_by_key(|problem| (problem.position().is_none(), problem.position()));
        Err(Problems(problems))
    }
}

/// Reads `text`, which stands in `file`, and finds everything that is wrong or odd.
pub fn review(text: &str, file: &Path, context: &Context<'_>) -> Review {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(span) = nesting_beyond_reason(text) {
        let source = Source::new(file, text, hidden_anywhere(text));
        let message = "tables are nested too deeply for a watchlist".to_owned();
        let help =
            Some("the tables are [[feed]], [[actor]], [[topic]], [[alert]], [[webhook]] and [daemon]".to_owned());
        return Review::refused(Problems(vec![source.problem(span, message, help)]));
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let source = Source::new(file, text, hidden_anywhere(text));
        let found = errors.iter().map(|error| {
            let message = error.message();
            (error.span().unwrap_or(0..0), format!("not valid TOML: {message}"), syntax_help(message))
        });
        return Review::refused(Problems(source.problems(found.collect())));
    }

    let findings = Findings::default();
    let watchlist = read(&findings, &root, context);
    let (found, mut masks) = findings.finish();
    masks.extend(signing_secrets(text));
    let source = Source::new(file, text, masks);
    let told = |weight: Weight| {
        let found = found.iter().filter(|finding| finding.weight == weight);
        source.problems(found.map(|one| (one.span.clone(), one.message.clone(), one.help.clone())).collect())
    };
    let (errors, elsewhere, mut notes) = (told(Weight::Error), told(Weight::Elsewhere), told(Weight::Note));
    if !errors.is_empty() {
        return Review { watchlist: Err(Problems(errors)), elsewhere, notes };
    }
    notes.extend(missing(file, &watchlist, elsewhere.is_empty()));
    Review { watchlist: Ok(watchlist), elsewhere, notes }
}

fn read<'a>(findings: &'a Findings, root: &'a Spanned<DeTable<'a>>, context: &Context<'_>) -> Watchlist {
    let top = Section::root(findings, root);
    refuse_unknown_tables(&top);
    let sections = |table: &str| sections(&top, table);

    let hooks = sections("webhook");
    let sinks = webhook::names(&hooks);
    let webhooks = webhook::webhooks(hooks, context.secrets);
    let actors = Actors::read(&sections("actor"));
    let topics = names::topics(&sections("topic"));
    let known = rule::Known {
        actors: &actors,
        topics: topics.iter().map(|(topic, _)| topic.name.as_str()).collect(),
        webhooks: sinks.iter().map(|name| name.text.as_str()).collect(),
        context,
    };
    let rules = rule::rules(&sections("alert"), &known);
    let feeds = feed::feeds(sections("feed"), context.secrets);
    let settings = settings::settings(daemon(&top).as_ref());

    note_unused(findings, &rules, &topics, &webhooks);
    Watchlist {
        feeds,
        actors: actors.actors,
        topics: topics.into_iter().map(|(topic, _)| topic).collect(),
        rules: rules.into_iter().map(|(rule, _)| rule).collect(),
        webhooks: webhooks.into_iter().map(|(webhook, _)| webhook).collect(),
        settings,
    }
}

/// What is missing from a watchlist that is otherwise sound.
fn missing(file: &Path, watchlist: &Watchlist, whole: bool) -> Vec<Problem> {
    let mut notes = Vec::new();
    if watchlist.feeds.is_empty() && whole {
        notes.push(Problem::of_file(file, "no feed is polled", "add one with: gainsay feeds add URL"));
    }
    if watchlist.rules.is_empty() {
        let message = "no rule raises alerts: statements are stored, and nobody is told";
        notes.push(Problem::of_file(file, message, "add an [[alert]]"));
    }
    notes
}

/// The `[[table]]`s of a name, in the order of the file.
fn sections<'a>(top: &Section<'a>, table: &str) -> Vec<Section<'a>> {
    let Some((key, header, keys)) = TABLES.iter().find(|(key, ..)| *key == table) else { return Vec::new() };
    let Some(field) = top.get(key) else { return Vec::new() };
    let values: &'a Value<'a> = field.value;
    match values.get_ref() {
        DeValue::Array(values) => {
            values.iter().filter_map(|value| Section::new(top.findings, *header, value, keys)).collect()
        }
        DeValue::Table(_) => {
            let help = format!("write {header} with two brackets: there may be many of them");
            top.findings.error(field.span(), format!("[{key}] must be a list of tables"), help);
            // Its keys are checked all the same, so that the next reading brings no more.
            Section::new(top.findings, *header, values, keys).into_iter().collect()
        }
        _ => {
            top.findings.mask_value(values);
            let message = format!("{key:?} must be a list of tables, not {}", kind(values));
            top.findings.error(field.span(), message, format!("write {header} on a line of its own"));
            Vec::new()
        }
    }
}

fn daemon<'a>(top: &Section<'a>) -> Option<Section<'a>> {
    let field = top.get("daemon")?;
    if let DeValue::Array(_) = field.value.get_ref() {
        let help = "write [daemon] with one bracket: there is one daemon";
        top.findings.error(field.span(), "\"daemon\" must be a table, not a list", help);
        return None;
    }
    Section::new(top.findings, "[daemon]", field.value, settings::KEYS)
}

fn refuse_unknown_tables(top: &Section<'_>) {
    for (key, span, value) in top.entries() {
        if TABLES.iter().any(|(known, ..)| *known == key) {
            continue;
        }
        top.findings.mask_value(value);
        let what = if matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_)) { "table" } else { "key" };
        let near = closest(key, TABLES.iter().map(|(known, ..)| *known))
            .and_then(|near| TABLES.iter().find(|(known, ..)| *known == near));
        let owner = TABLES.iter().find(|(_, _, keys)| what == "key" && keys.contains(&key));
        let help = match (near, owner) {
            (Some((_, header, _)), _) => format!("did you mean {header}?"),
            (None, Some((_, header, _))) => format!("it belongs below a {header}"),
            _ => {
                let all: Vec<_> = TABLES.iter().map(|(_, header, _)| *header).collect();
                format!("the tables are {}", all.join(", "))
            }
        };
        top.findings.error(span, format!("unknown {what} {}", super::problem::quoted(key)), help);
    }
}

fn note_unused(
    findings: &Findings,
    rules: &[(super::Rule, super::section::Text)],
    topics: &[(super::Topic, super::section::Text)],
    webhooks: &[(super::Webhook, super::section::Text)],
) {
    let watched: HashSet<&str> = rules.iter().flat_map(|(rule, _)| &rule.topics).map(String::as_str).collect();
    // A rule without topics watches all of them.
    let all_topics = rules.iter().any(|(rule, _)| rule.topics.is_empty());
    for (topic, name) in topics.iter().filter(|(topic, _)| !all_topics && !watched.contains(topic.name.as_str())) {
        let message = format!("no rule watches the topic {}", super::problem::quoted(&topic.name));
        findings.note(name.span.clone(), message, "its articles are read and stored, and raise no alert");
    }
    let used: HashSet<&str> = rules.iter().flat_map(|(rule, _)| &rule.to).map(super::Sink::name).collect();
    for (webhook, name) in webhooks.iter().filter(|(webhook, _)| !used.contains(webhook.name.as_str())) {
        let message = format!("no rule sends to the webhook {}", super::problem::quoted(&webhook.name));
        findings.note(name.span.clone(), message, "add it to the \"to\" of an [[alert]]");
    }
    for (rule, name) in rules.iter().filter(|(rule, _)| rule.min_confidence >= 1.0) {
        let message =
            format!("the rule {} can never fire: nothing is wholly certain", super::problem::quoted(&rule.name));
        findings.note(name.span.clone(), message, "lower min_confidence, to 0.9 or less");
    }
}

/// What to do about an error of the TOML parser, where it is a common one.
fn syntax_help(message: &str) -> Option<String> {
    let help = if message.contains("duplicate key") {
        "each key stands once in a table; each [[feed]], [[actor]], … begins a new one"
    } else if message.contains("string") || message.contains("quote") {
        "texts stand in quotation marks: url = \"https://…\""
    } else {
        return None;
    };
    Some(help.into())
}

/// The place of a name with more parts than any watchlist's. The parser nests a table for each part, and the
/// tables are given back one inside another, which a stack bears for a while only.
fn nesting_beyond_reason(text: &str) -> Option<std::ops::Range<usize>> {
    const DEEPEST: usize = 64;
    let mut dots = 0;
    for (at, byte) in text.bytes().enumerate() {
        dots = match byte {
            b'.' => dots + 1,
            b'\n' | b'=' | b',' | b'{' => 0,
            _ => dots,
        };
        if dots > DEEPEST {
            return Some(at..at + 1);
        }
    }
    None
}

/// What may be a secret in a text that can't be parsed: signing secrets, and every value but those of keys that hold
/// none. Which table a line belongs to can't be told there, and a header may have any name.
fn hidden_anywhere(text: &str) -> Vec<std::ops::Range<usize>> {
    const MAY_HOLD_SECRETS: [&str; 5] = ["url", "proxy", "auth", "headers", "secret"];
    let harmless =
        |key: &str| !MAY_HOLD_SECRETS.contains(&key) && TABLES.iter().any(|(_, _, keys)| keys.contains(&key));
    let mut hidden = signing_secrets(text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((key, value)) = line.split_once('=') {
            // A second key on the line is what may be wrong with it.
            if !harmless(key.trim()) || value.contains('=') {
                let from = start + line.len() - value.len();
                hidden.push(from..start + line.trim_end().len());
            }
        }
        start += line.len();
    }
    hidden.retain(|range| range.start < range.end);
    hidden
}

/// Signing secrets are known by their beginning, wherever they stand.
fn signing_secrets(text: &str) -> Vec<std::ops::Range<usize>> {
    text.match_indices("whsec_")
        .map(|(at, prefix)| {
            let from = at + prefix.len();
            let length = text[from..].find(|c: char| !(c.is_ascii_alphanumeric() || "+/=-_".contains(c)));
            from..length.map_or(text.len(), |length| from + length)
        })
        .collect()
}
