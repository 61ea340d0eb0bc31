//! Which canonical actor a phrase speaks for: the user's actors first, then the built-in gazetteer of states.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// The gazetteer of states as a readable table, one a line; its head explains the columns.
const STATES: &str = include_str!("states.txt");

/// The longest alias that is looked for, in words.
const MAX_WORDS: usize = 6;

/// Nouns of office: they make "Russian" or "Moscow" in front of them speak for the state.
const OFFICES: &[&str] = &[
    "administration",
    "agency",
    "agents",
    "ambassador",
    "ambassadors",
    "army",
    "authorities",
    "authority",
    "cabinet",
    "chancellor",
    "chief",
    "commander",
    "commission",
    "commissioner",
    "consulate",
    "council",
    "delegation",
    "department",
    "diplomat",
    "diplomats",
    "embassy",
    "envoy",
    "envoys",
    "executive",
    "forces",
    "government",
    "government's",
    "intelligence",
    "junta",
    "king",
    "leader",
    "leaders",
    "leadership",
    "media",
    "military",
    "minister",
    "ministers",
    "ministry",
    "mission",
    "monarch",
    "navy",
    "negotiator",
    "negotiators",
    "office",
    "officer",
    "officers",
    "official",
    "officials",
    "operatives",
    "parliament",
    "premier",
    "presidency",
    "president",
    "prime",
    "propaganda",
    "regime",
    "representative",
    "secretary",
    "security",
    "side",
    "soldiers",
    "spies",
    "spokesman",
    "spokesperson",
    "spokeswoman",
    "state",
    "statement",
    "troops",
    "warplanes",
    "information",
    "claim",
    "claims",
    "allegation",
    "allegations",
    "accusation",
    "accusations",
    "charge",
    "charges",
    "report",
    "reports",
];

/// Words that turn a phrase against the state it names.
const AGAINST: &[&str] = &[
    "activist",
    "activists",
    "critic",
    "critics",
    "defector",
    "defectors",
    "dissident",
    "dissidents",
    "exile",
    "exiled",
    "former",
    "ex-president",
    "journalist",
    "journalists",
    "opponent",
    "opponents",
    "opposition",
    "protester",
    "protesters",
    "rebel",
    "rebels",
    "victim",
    "victims",
    "anti-government",
    "separatist",
    "separatists",
    "invasion",
];

/// Words after which a phrase names another party than its head.
const BOUNDARIES: &[&str] = &[
    "about", "accused", "after", "against", "among", "and", "at", "before", "between", "but", "by", "from", "in",
    "into", "near", "on", "or", "over", "than", "that", "to", "toward", "towards", "under", "when", "where", "which",
    "while", "who", "whose", "with",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A name of the actor itself, or the user's alias for it.
    Name,
    /// "Russian", "Moscow": speaks for the state alone or before an office.
    Metonym,
}

#[derive(Debug, Clone)]
struct Alias {
    actor: usize,
    kind: Kind,
}

#[derive(Debug, Default)]
struct Table {
    names: Vec<String>,
    aliases: HashMap<String, Alias>,
}

impl Table {
    fn add(&mut self, actor: usize, alias: &str, kind: Kind) {
        let key = normal(alias);
        if !key.is_empty() {
            self.aliases.entry(key).or_insert(Alias { actor, kind });
        }
    }
}

static GAZETTEER: LazyLock<Arc<Table>> = LazyLock::new(|| {
    let mut table = Table::default();
    for line in STATES.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('|').map(str::trim);
        let Some(name) = fields.next().filter(|name| !name.is_empty()) else {
            continue;
        };
        let actor = table.names.len();
        table.names.push(name.to_owned());
        table.add(actor, name, Kind::Name);
        for (field, kind) in fields.zip([Kind::Name, Kind::Metonym, Kind::Metonym]) {
            for alias in field.split(',') {
                table.add(actor, alias.trim(), kind);
            }
        }
    }
    Arc::new(table)
});

/// The actors that phrases are resolved to.
#[derive(Debug, Clone)]
pub struct Actors {
    states: Arc<Table>,
    user: Arc<Table>,
}

impl Default for Actors {
    fn default() -> Self {
        Actors::builtin()
    }
}

impl Actors {
    /// The built-in gazetteer of states alone.
    pub fn builtin() -> Self {
        Actors { states: GAZETTEER.clone(), user: Arc::default() }
    }

    /// The same with the user's actors, name and aliases of each, which win over the gazetteer.
    pub fn with(self, user: &[(String, Vec<String>)]) -> Self {
        let mut table = Table::default();
        for (name, aliases) in user {
            let actor = table.names.len();
            table.names.push(name.clone());
            table.add(actor, name, Kind::Name);
            for alias in aliases {
                table.add(actor, alias, Kind::Name);
            }
            // A user who writes "North Korea" means what the gazetteer knows under that name as well.
            if let Some(known) = self.states.aliases.get(&normal(name)) {
                for (alias, entry) in &self.states.aliases {
                    if entry.actor == known.actor {
                        table.aliases.entry(alias.clone()).or_insert(Alias { actor, kind: entry.kind });
                    }
                }
            }
        }
        Actors { states: self.states, user: Arc::new(table) }
    }

    /// What else the actor of that name goes by in the gazetteer: other names, demonyms, seats of government. Those
    /// that name it only in context (*the North*) are left out.
    pub fn aliases(&self, name: &str) -> Vec<String> {
        let Some(known) = self.states.aliases.get(&normal(name)) else { return Vec::new() };
        let of_actor = self.states.aliases.iter().filter(|(_, alias)| alias.actor == known.actor);
        let mut aliases: Vec<String> = of_actor
            .map(|(alias, _)| alias.clone())
            .filter(|alias| !alias.to_lowercase().starts_with("the "))
            .collect();
        aliases.sort();
        aliases
    }

    /// The actor that the phrase names or speaks for: *Pyongyang* and *North Korea's vice director of military
    /// affairs* are North Korea. `None` where it names none, or only somebody who comes from there.
    pub fn resolve(&self, phrase: &str) -> Option<&str> {
        let words: Vec<&str> = phrase.split_whitespace().take(40).collect();
        let words: Vec<String> = words.iter().map(|word| normal(word)).collect();
        lookup(&self.user, &words).or_else(|| lookup(&self.states, &words))
    }
}

fn lookup<'t>(table: &'t Table, words: &[String]) -> Option<&'t str> {
    if table.aliases.is_empty() {
        return None;
    }
    let all_caps =
        words.iter().any(|word| word.len() > 3) && words.iter().all(|word| !word.chars().any(char::is_lowercase));
    let against = words.iter().any(|word| AGAINST.contains(&word.to_lowercase().as_str()));
    let mut start = 0;
    while start < words.len() {
        let lower = words[start].to_lowercase();
        if start > 0 && BOUNDARIES.contains(&lower.as_str()) {
            return None;
        }
        for length in (1..=MAX_WORDS.min(words.len() - start)).rev() {
            let window = &words[start..start + length];
            let Some(alias) = find(table, window, all_caps) else {
                continue;
            };
            let rest = &words[start + length..];
            let alone = rest.is_empty() && only_articles(&words[..start]);
            let before_office = || {
                rest.iter()
                    .take_while(|word| !BOUNDARIES.contains(&word.to_lowercase().as_str()))
                    .any(|word| OFFICES.contains(&word.to_lowercase().as_str()))
            };
            let after_office = || {
                start > 1
                    && matches!(words[start - 1].as_str(), "of" | "for" | "the")
                    && words[..start].iter().any(|word| OFFICES.contains(&word.to_lowercase().as_str()))
            };
            let speaks = alone || (!against && (before_office() || after_office()));
            let of_the_user = alias.kind == Kind::Name && !std::ptr::eq(table, &**GAZETTEER) && !against;
            if speaks || of_the_user {
                return Some(&table.names[alias.actor]);
            }
            break;
        }
        start += 1;
    }
    None
}

fn only_articles(words: &[String]) -> bool {
    words.iter().all(|word| matches!(word.as_str(), "the" | "The" | "a" | "A" | "an" | "An"))
}

fn find<'t>(table: &'t Table, window: &[String], all_caps: bool) -> Option<&'t Alias> {
    let mut key = window.join(" ");
    if let Some(alias) = table.aliases.get(&key) {
        return Some(alias);
    }
    if let Some(rest) = key.strip_prefix("The ") {
        key = format!("the {rest}");
        if let Some(alias) = table.aliases.get(&key) {
            return Some(alias);
        }
    }
    if let Some(stem) = key.strip_suffix('.')
        && let Some(alias) = table.aliases.get(stem)
    {
        return Some(alias);
    }
    if all_caps && key.len() > 3 {
        let title = window.iter().map(|word| capitalised(word)).collect::<Vec<_>>().join(" ");
        return table.aliases.get(&title);
    }
    None
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_string() + &letters.as_str().to_lowercase(),
        None => String::new(),
    }
}

/// A word or phrase without quotation marks, possessive endings and surrounding punctuation, apostrophes straightened.
fn normal(phrase: &str) -> String {
    let straight = phrase.replace(['’', '‘'], "'");
    let trimmed = straight.trim_matches(|c: char| {
        matches!(c, '"' | '“' | '”' | '\'' | ',' | ';' | ':' | '(' | ')' | '[' | ']' | '!' | '?') || c.is_whitespace()
    });
    trimmed.strip_suffix("'s").or_else(|| trimmed.strip_suffix('\'')).unwrap_or(trimmed).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(phrase: &str) -> Option<String> {
        Actors::builtin().resolve(phrase).map(str::to_owned)
    }

    #[test]
    fn names_capitals_seats_and_offices_speak_for_their_state() {
        for (phrase, actor) in [
            ("Pyongyang", "North Korea"),
            ("the North", "North Korea"),
            ("The North", "North Korea"),
            ("the DPRK", "North Korea"),
            ("the U.S.", "United States"),
            ("White House national security spokesman John Kirby", "United States"),
            ("the Kremlin", "Russia"),
            ("Kremlin spokesman Dmitry Peskov", "Russia"),
            ("the Russian Foreign Ministry", "Russia"),
            ("Moscow’s ambassador to Norway", "Russia"),
            ("the president of France", "France"),
            ("North Korea's deputy minister of railways", "North Korea"),
            ("NORTH KOREA", "North Korea"),
            ("the Prime Minister of New Zealand", "New Zealand"),
            ("South Korean officials", "South Korea"),
        ] {
            assert_eq!(resolved(phrase).as_deref(), Some(actor), "{phrase}");
        }
    }

    #[test]
    fn somebody_from_a_state_does_not_speak_for_it() {
        for phrase in [
            "a Russian tennis player",
            "the Russian opposition leader",
            "a critic of the Iranian government",
            "Michael Jordan",
            "us",
            "the man who fled to Norway",
        ] {
            assert_eq!(resolved(phrase), None, "{phrase}");
        }
    }

    #[test]
    fn the_user_s_actors_win_over_the_gazetteer() {
        let actors = Actors::builtin().with(&[
            ("DPR Korea".to_owned(), vec!["Pyongyang".to_owned()]),
            ("Acme".to_owned(), vec!["Acme Shipping".to_owned(), "Jo Bloggs".to_owned()]),
        ]);
        assert_eq!(actors.resolve("Pyongyang"), Some("DPR Korea"));
        assert_eq!(actors.resolve("Acme chairwoman Jo Bloggs"), Some("Acme"));
        assert_eq!(actors.resolve("Seoul"), Some("South Korea"));
    }

    #[test]
    fn a_user_s_state_keeps_what_the_gazetteer_knows_of_it() {
        let actors = Actors::builtin().with(&[("North Korea".to_owned(), vec![])]);
        assert_eq!(actors.resolve("the North"), Some("North Korea"));
    }

    #[test]
    fn every_state_of_the_gazetteer_resolves_to_itself() {
        for name in &GAZETTEER.names {
            assert_eq!(resolved(name).as_deref(), Some(name.as_str()));
        }
        assert!(GAZETTEER.names.len() >= 195);
    }
}
