//! `[[actor]]` and `[[topic]]`: what is recognised, by which names and phrases.

use super::problem::quoted;
use super::section::{Findings, Section, Text};
use super::{Actor, Topic};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) const ACTOR_KEYS: &[&str] = &["name", "aliases"];
pub(super) const TOPIC_KEYS: &[&str] = &["name", "any"];

/// The actors, and whom each name and alias means.
#[derive(Default)]
pub(super) struct Actors {
    pub actors: Vec<Actor>,
    /// By name or alias as it is written.
    written: BTreeMap<String, String>,
    /// The same, where capitals make no difference.
    claims: HashMap<String, String>,
}

impl Actors {
    /// Reads the actors; a name or alias may mean one of them only.
    pub fn read(sections: &[Section<'_>]) -> Self {
        let mut all = Actors::default();
        let mut lists = Vec::with_capacity(sections.len());
        // Names first: they win over aliases, wherever they stand.
        for section in sections {
            let name =
                section.require("name", "name = \"North Korea\"").and_then(|field| field.text("\"North Korea\""));
            let aliases =
                section.get("aliases").map(|field| field.texts("[\"DPRK\", \"Pyongyang\"]")).unwrap_or_default();
            let Some(name) = name else { continue };
            if let Some(owner) = all.claims.get(&folded(&name.text)) {
                let message = format!("two actors are named {}", quoted(owner));
                section.findings.error(name.span, message, "put the aliases of both into one [[actor]]");
                continue;
            }
            all.claims.insert(folded(&name.text), name.text.clone());
            all.written.insert(name.text.clone(), name.text.clone());
            lists.push((name, aliases, section.findings));
        }
        for (name, aliases, findings) in lists {
            let aliases = all.claim(&name, aliases, findings);
            all.actors.push(Actor { name: name.text, aliases });
        }
        all
    }

    fn claim(&mut self, name: &Text, aliases: Vec<Text>, findings: &Findings) -> Vec<String> {
        let mut kept = Vec::with_capacity(aliases.len());
        for alias in aliases {
            note_short(&alias, "alias", findings);
            match self.claims.get(&folded(&alias.text)) {
                Some(owner) if *owner == name.text => findings.note(
                    alias.span,
                    format!("{} is there already", quoted(&alias.text)),
                    "take it out; capitals make no difference",
                ),
                Some(owner) => findings.error(
                    alias.span,
                    format!(
                        "the alias {} of {} already means {}",
                        quoted(&alias.text),
                        quoted(&name.text),
                        quoted(owner)
                    ),
                    "leave it to one of the two, or write a longer one",
                ),
                None => {
                    self.claims.insert(folded(&alias.text), name.text.clone());
                    self.written.insert(alias.text.clone(), name.text.clone());
                    kept.push(alias.text);
                }
            }
        }
        kept
    }

    /// The canonical name of whom `name` means: the name itself or an alias, written as in the file.
    pub fn resolve(&self, name: &str) -> Option<&str> {
        self.written.get(name).map(String::as_str)
    }

    /// Every name and alias.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.written.keys().map(String::as_str)
    }
}

/// Reads the topics, each with the place of its name.
pub(super) fn topics(sections: &[Section<'_>]) -> Vec<(Topic, Text)> {
    let mut topics: Vec<(Topic, Text)> = Vec::with_capacity(sections.len());
    let mut named = HashSet::with_capacity(sections.len());
    for section in sections {
        let name =
            section.require("name", "name = \"Arms transfers\"").and_then(|field| field.text("\"Arms transfers\""));
        let example = "[\"artillery\", \"arms shipments\"]";
        let phrases =
            section.require("any", &format!("any = {example}")).map(|field| field.texts(example)).unwrap_or_default();
        let mut any = Vec::with_capacity(phrases.len());
        let mut seen = HashSet::with_capacity(phrases.len());
        for phrase in phrases {
            note_short(&phrase, "phrase", section.findings);
            if seen.insert(folded(&phrase.text)) {
                any.push(phrase.text);
            } else {
                let message = format!("{} is there already", quoted(&phrase.text));
                section.findings.note(phrase.span, message, "take it out; capitals make no difference");
            }
        }
        let Some(name) = name else { continue };
        if !named.insert(folded(&name.text)) {
            let message = format!("two topics are named {}", quoted(&name.text));
            section.findings.error(name.span, message, "put the phrases of both into one [[topic]]");
            continue;
        }
        topics.push((Topic { name: name.text.clone(), any }, name));
    }
    topics
}

/// Names that texts don't tell apart. Short acronyms keep their capitals: *US* is no *us*.
fn folded(name: &str) -> String {
    let acronym = name.chars().count() <= 5 && !name.chars().any(char::is_lowercase);
    if acronym { name.to_owned() } else { name.to_lowercase() }
}

fn note_short(text: &Text, what: &str, findings: &Findings) {
    let letters = text.text.chars().filter(|c| c.is_alphanumeric()).count();
    let lower = text.text.chars().any(char::is_lowercase);
    let common = ["the", "and", "for", "was", "has", "said", "that", "who", "are", "not", "his", "her"];
    if letters == 0 {
        let message = format!("the {what} {} has no letter or digit, so that no text can match it", quoted(&text.text));
        findings.error(text.span.clone(), message, "take it out");
    } else if letters == 1 || (letters == 2 && lower) || common.contains(&text.text.to_lowercase().as_str()) {
        let message = format!("the {what} {} will match in nearly every article", quoted(&text.text));
        findings.note(text.span.clone(), message, "write a longer one");
    }
}
