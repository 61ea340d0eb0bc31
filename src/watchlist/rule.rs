//! `[[alert]]`: when to tell whom.

use super::names::Actors;
use super::problem::quoted;
use super::section::{Field, Section, Text, closest};
use super::{Context, Rule, Sink, Topic};
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
];

const DAY: u64 = 24 * 60 * 60;
const FILTERS: &str = "actors, accused, accusers, deniers or topics";

/// What a rule may name.
pub(super) struct Known<'a> {
    pub actors: &'a Actors,
    pub topics: &'a [(Topic, Text)],
    pub webhooks: &'a [Text],
    pub context: &'a Context<'a>,
}

/// Reads the rules, each with the place of its name.
pub(super) fn rules(sections: &[Section<'_>], known: &Known<'_>) -> Vec<(Rule, Text)> {
    let mut rules: Vec<(Rule, Text)> = Vec::with_capacity(sections.len());
    for section in sections {
        let Some((rule, name)) = rule(section, known) else { continue };
        if rules.iter().any(|(earlier, _)| earlier.name == rule.name) {
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
    };
    Some((rule, name))
}

impl Known<'_> {
    /// Canonical names of the actors that the filter names, by name or alias.
    fn parties(&self, field: &Field<'_>) -> Vec<String> {
        let resolve = |text: &Text| {
            let own = self.actors.resolve(&text.text).map(str::to_owned);
            let known = own.or_else(|| (self.context.builtin_actor)(&text.text));
            if known.is_none() {
                let names =
                    self.actors.actors.iter().flat_map(|actor| std::iter::once(&actor.name).chain(&actor.aliases));
                let add = format!("add an [[actor]] with name = {}", quoted(&text.text));
                self.unknown(field, text, "actor", closest(&text.text, names.map(String::as_str)), add);
            }
            known
        };
        distinct(field, field.texts("[\"North Korea\"]"), resolve)
    }

    fn topics(&self, field: &Field<'_>) -> Vec<String> {
        let resolve = |text: &Text| {
            let names = || self.topics.iter().map(|(topic, _)| topic.name.as_str());
            let known = names().find(|name| *name == text.text).map(str::to_owned);
            if known.is_none() {
                let add = format!("add a [[topic]] with name = {}", quoted(&text.text));
                self.unknown(field, text, "topic", closest(&text.text, names()), add);
            }
            known
        };
        distinct(field, field.texts("[\"Arms transfers\"]"), resolve)
    }

    fn sinks(&self, field: &Field<'_>) -> Vec<Sink> {
        let resolve = |text: &Text| {
            if text.text == Sink::Desktop.name() {
                return Some(Sink::Desktop);
            }
            let names = || self.webhooks.iter().map(|name| name.text.as_str());
            if names().any(|name| name == text.text) {
                return Some(Sink::Webhook(text.text.clone()));
            }
            let add = format!("add a [[webhook]] with name = {}, or write \"desktop\"", quoted(&text.text));
            let near = closest(&text.text, names().chain([Sink::Desktop.name()]));
            self.unknown(field, text, "sink", near, add);
            None
        };
        distinct(field, field.texts("[\"desktop\"]"), resolve)
    }

    fn unknown(&self, field: &Field<'_>, text: &Text, what: &str, near: Option<&str>, add: String) {
        let help = match near {
            Some(near) => format!("did you mean {}? Else {add}", quoted(near)),
            None => add,
        };
        let message = format!("{} names an unknown {what}: {}", field.label, quoted(&text.text));
        field.findings.error(text.span.clone(), message, help);
    }
}

/// What the texts mean, each once.
fn distinct<T: PartialEq>(field: &Field<'_>, texts: Vec<Text>, resolve: impl Fn(&Text) -> Option<T>) -> Vec<T> {
    let mut meant: Vec<T> = Vec::with_capacity(texts.len());
    for text in texts {
        let Some(one) = resolve(&text) else { continue };
        if meant.contains(&one) {
            field.findings.note(text.span.clone(), format!("{} is named twice", quoted(&text.text)), "once is enough");
        } else {
            meant.push(one);
        }
    }
    meant
}
