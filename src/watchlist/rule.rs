//! `[[alert]]`: when to tell whom.

use super::names::Actors;
use super::problem::quoted;
use super::section::{Field, Section, Text, closest};
use super::{Context, Rule, Sink, timing};
use std::collections::HashSet;
use std::hash::Hash;
use std::time::Duration;

pub(super) const KEYS: &[&str] = &[
    "name",
    "actors",
    "accused",
    "accusers",
    "deniers",
    "topics",
    "any",
    "to",
    "min_confidence",
    "reported_accusations",
    "max_age",
    "updates",
    "quiet",
    "digest",
    "rate",
];

const DAY: u64 = 24 * 60 * 60;
const FILTERS: &str = "actors, accused, accusers, deniers or topics";

/// What a rule may name.
pub(super) struct Known<'a> {
    pub actors: &'a Actors,
    pub topics: HashSet<&'a str>,
    pub webhooks: HashSet<&'a str>,
    pub context: &'a Context<'a>,
}

/// Reads the rules, each with the place of its name.
pub(super) fn rules(sections: &[Section<'_>], known: &Known<'_>) -> Vec<(Rule, Text)> {
    let mut rules: Vec<(Rule, Text)> = Vec::with_capacity(sections.len());
    let mut named = HashSet::with_capacity(sections.len());
    for section in sections {
        let Some((rule, name)) = rule(section, known) else { continue };
        if !named.insert(rule.name.clone()) {
            let message = format!("two rules are named {}", quoted(&rule.name));
            section.findings.error(name.span, message, "give each its own name: alerts say which rule they come from");
            continue;
        }
        rules.push((rule, name));
    }
    rules
}

fn rule(section: &Section<'_>, known: &Known<'_>) -> Option<(Rule, Text)> {
    let name = section.require("name", "name = \"Korea desk\"").and_then(|field| field.text("\"Korea desk\""));
    let parties = |key| section.get(key).map(|field| known.parties(&field));
    let (actors, accused, accusers, deniers) =
        (parties("actors"), parties("accused"), parties("accusers"), parties("deniers"));
    let topics = section.get("topics").map(|field| known.topics(&field));
    let filtered = [&actors, &accused, &accusers, &deniers, &topics].iter().any(|filter| filter.is_some());

    let any = section.get("any").and_then(|field| Some((field.flag()?, field)));
    match &any {
        Some((true, field)) if filtered => field.error(
            "stands beside filters, so that it is unclear whether the rule watches everything",
            format!("take any = true out, or {FILTERS}"),
        ),
        Some((true, _)) => {}
        _ if filtered || (any.is_none() && section.get("any").is_some()) => {}
        _ => {
            let message = format!("{} watches nothing: it has no filter", section.name);
            section.findings.error(
                section.span.clone(),
                message,
                format!("add {FILTERS}, or any = true to watch everything"),
            );
        }
    }

    let to = section.require("to", "to = [\"desktop\"]").map(|field| known.sinks(&field)).unwrap_or_default();
    let min_confidence = section.get("min_confidence").and_then(|field| field.share());
    let reported = section.get("reported_accusations").and_then(|field| field.flag());
    let max_age = section.get("max_age").and_then(|field| field.duration(60 * 60..=3650 * DAY));
    let updates = section.get("updates").and_then(|field| field.flag());
    let quiet = section.get("quiet").and_then(|field| timing::quiet(&field));
    let digest = section.get("digest").and_then(|field| field.duration(5 * 60..=30 * DAY));
    let rate = section.get("rate").and_then(|field| timing::rate(&field));
    if let (Some(_), Some(field)) = (digest, section.get("rate").filter(|_| rate.is_some())) {
        let message = format!("{} has no effect beside digest", field.label);
        section.findings.note(field.span(), message, "take one of the two out");
    }
    let name = name?;
    let rule = Rule {
        name: name.text.clone(),
        actors: actors.unwrap_or_default(),
        accused: accused.unwrap_or_default(),
        accusers: accusers.unwrap_or_default(),
        deniers: deniers.unwrap_or_default(),
        topics: topics.unwrap_or_default(),
        any: any.is_some_and(|(any, _)| any),
        to,
        min_confidence: min_confidence.unwrap_or(Rule::MIN_CONFIDENCE),
        reported_accusations: reported.unwrap_or(true),
        max_age: max_age.unwrap_or(Duration::from_secs(3 * DAY)),
        updates: updates.unwrap_or(false),
        quiet,
        digest,
        rate,
    };
    Some((rule, name))
}

impl Known<'_> {
    /// Canonical names of the actors that the filter names, by name or alias.
    fn parties(&self, field: &Field<'_>) -> Vec<String> {
        distinct(field, "[\"North Korea\"]", |text| {
            let own = self.actors.resolve(&text.text).map(str::to_owned);
            let known = own.or_else(|| (self.context.builtin_actor)(&text.text));
            if known.is_none() {
                let add = format!("add an [[actor]] with name = {}", quoted(&text.text));
                self.unknown(field, text, "actor", self.actors.names(), add);
            }
            known
        })
    }

    fn topics(&self, field: &Field<'_>) -> Vec<String> {
        distinct(field, "[\"Arms transfers\"]", |text| {
            if self.topics.contains(text.text.as_str()) {
                return Some(text.text.clone());
            }
            let add = format!("add a [[topic]] with name = {}", quoted(&text.text));
            self.unknown(field, text, "topic", self.topics.iter().copied(), add);
            None
        })
    }

    fn sinks(&self, field: &Field<'_>) -> Vec<Sink> {
        distinct(field, "[\"desktop\"]", |text| {
            if text.text == Sink::Desktop.name() {
                return Some(Sink::Desktop);
            }
            if self.webhooks.contains(text.text.as_str()) {
                return Some(Sink::Webhook(text.text.clone()));
            }
            let add = format!("add a [[webhook]] with name = {}, or write \"desktop\"", quoted(&text.text));
            self.unknown(field, text, "sink", self.webhooks.iter().copied().chain([Sink::Desktop.name()]), add);
            None
        })
    }

    fn unknown<'n>(
        &self,
        field: &Field<'_>,
        text: &Text,
        what: &str,
        names: impl Iterator<Item = &'n str>,
        add: String,
    ) {
        let near = if field.findings.are_many() { None } else { closest(&text.text, names) };
        let help = match near {
            Some(near) => format!("did you mean {}? Else {add}", quoted(near)),
            None => add,
        };
        let message = format!("{} names an unknown {what}: {}", field.label, quoted(&text.text));
        field.findings.error(text.span.clone(), message, help);
    }
}

/// What the texts of a filter mean, each once. `example` shows how to write them.
fn distinct<T: Clone + Eq + Hash>(field: &Field<'_>, example: &str, resolve: impl Fn(&Text) -> Option<T>) -> Vec<T> {
    let texts = field.texts(example);
    let mut seen = HashSet::with_capacity(texts.len());
    let mut meant = Vec::with_capacity(texts.len());
    for text in texts {
        let Some(one) = resolve(&text) else { continue };
        if seen.insert(one.clone()) {
            meant.push(one);
        } else {
            field.findings.note(text.span.clone(), format!("{} is named twice", quoted(&text.text)), "once is enough");
        }
    }
    meant
}
