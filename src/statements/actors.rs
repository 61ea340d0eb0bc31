//! Which canonical actor a phrase speaks for: the user's actors first, then the built-in gazetteer of states and bodies.

use super::nouns::NOUNS;
use super::parties::is_first_name;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// The gazetteer of states as a readable table, one a line; its head explains the columns.
const STATES: &str = include_str!("states.txt");
/// The bodies that are parties of their own, likewise.
const BODIES: &str = include_str!("bodies.txt");

/// The longest alias that is looked for, in words.
const MAX_WORDS: usize = 8;

/// Who rules the state in whose capital it sits: *the government in Minsk*.
const RULERS: &[&str] = &["government", "junta", "leadership", "regime", "rulers"];

/// Nouns of office: they make "Russian" or "Moscow" in front of them speak for the state.
const OFFICES: &[&str] = &[
    "administration",
    "agency",
    "agencies",
    "agents",
    "airforce",
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
    "coastguard",
    "command",
    "consulate",
    "corps",
    "council",
    "delegation",
    "department",
    "diplomat",
    "diplomats",
    "embassy",
    "envoy",
    "envoys",
    "executive",
    "force",
    "forces",
    "government",
    "government's",
    "guard",
    "guards",
    "intelligence",
    "junta",
    "jets",
    "king",
    "leader",
    "leaders",
    "leadership",
    "media",
    "military",
    "minister",
    "ministers",
    "ministries",
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
    "warships",
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

/// Nouns of office that do the same behind a body: *an IAEA director*, but no *Russian director*.
const OFFICES_OF_BODIES: &[&str] = &[
    "auditors",
    "chairman",
    "chairwoman",
    "chair",
    "director",
    "director-general",
    "experts",
    "inspectors",
    "investigators",
    "observers",
    "prosecutor",
    "prosecutors",
    "rapporteur",
    "staff",
];

/// Nouns of office that speak for whom they are *for*.
const ENVOYS: &[&str] =
    &["ambassador", "ambassadors", "envoy", "envoys", "negotiator", "negotiators", "representative"];

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

/// Words that stand between a state and the name of an office: *Israel **Defense** Forces*, *US **Special** Envoy*.
const MODIFIERS: &[&str] = &[
    "acting",
    "air",
    "ambassador-at-large",
    "armed",
    "atomic",
    "border",
    "central",
    "chief",
    "coast",
    "communist",
    "crown",
    "defence",
    "defense",
    "deputy",
    "education",
    "energy",
    "environment",
    "federal",
    "finance",
    "first",
    "foreign",
    "general",
    "ground",
    "health",
    "high",
    "home",
    "immigration",
    "interior",
    "joint",
    "justice",
    "labor",
    "labour",
    "land",
    "maritime",
    "national",
    "naval",
    "nuclear",
    "oil",
    "permanent",
    "police",
    "press",
    "public",
    "republican",
    "revolutionary",
    "royal",
    "ruling",
    "senior",
    "special",
    "strategic",
    "supreme",
    "top",
    "trade",
    "transport",
    "treasury",
    "under",
    "vice",
    "war",
];

/// Words that make a company, a paper or an association of a name: *Kenya Airways*, *the American Bar Association*.
const PRIVATE: &[&str] = &[
    "airlines",
    "airways",
    "association",
    "broadcasting",
    "chamber",
    "church",
    "club",
    "college",
    "cross",
    "daily",
    "express",
    "federation",
    "foundation",
    "herald",
    "institute",
    "legion",
    "museum",
    "open",
    "post",
    "steel",
    "telecom",
    "times",
    "tribune",
    "university",
];

/// Words before *of* and a place that name something else there: *the Bank of America*, *the Gulf of Oman*.
const SOMETHING_OF: &[&str] = &[
    "archbishop",
    "bank",
    "bay",
    "bishop",
    "captain",
    "church",
    "city",
    "college",
    "duchess",
    "duke",
    "earl",
    "gulf",
    "institute",
    "isle",
    "port",
    "sea",
    "strait",
    "university",
    "voice",
];

/// Words in capitals that make another place of the name after them: *New Mexico*, *Northern Ireland*.
const PARTS: &[&str] = &[
    "new", "north", "northern", "south", "southern", "east", "eastern", "west", "western", "central", "latin", "upper",
    "lower", "british",
];

/// Forms of address: who bears one is a person.
const ADDRESSES: &[&str] = &["mr", "mrs", "ms", "miss", "dr", "sir", "dame", "lord", "lady", "rep", "sen", "gov"];

/// Acronyms that are words as well, where everything is in capitals.
const WORDS: &[&str] = &["CAR", "WHO"];

/// Names that mean a state and something else: the name, words of an article that mean the state, and words that mean
/// the other (the state of the US, the bird). Without either, it is the state.
const SENSES: &[(&str, &[&str], &[&str])] = &[
    (
        "Georgia",
        &["Georgian", "Georgians", "Tbilisi", "Abkhazia", "Ossetia", "Caucasus"],
        &[
            "Atlanta",
            "Savannah",
            "Ga",
            "R-Ga",
            "D-Ga",
            "Fulton",
            "Alabama",
            "Florida",
            "Carolina",
            "Tennessee",
            "Republican",
            "Republicans",
            "Democrat",
            "Democrats",
            "GOP",
        ],
    ),
    (
        "Washington",
        &["US", "U.S", "American", "Americans", "White", "Pentagon", "Congress"],
        &["Seattle", "Spokane", "Tacoma", "Wash"],
    ),
    ("Jordan", &["Jordanian", "Jordanians", "Amman", "Hashemite"], &["NBA", "R-Ohio", "basketball"]),
    ("Lebanon", &["Lebanese", "Beirut", "Hezbollah", "Israel"], &["Pennsylvania", "Tennessee", "Ohio", "Pa"]),
    (
        "Turkey",
        &["Turkish", "Turks", "Ankara", "Istanbul", "Erdogan"],
        &["Thanksgiving", "turkeys", "poultry", "butterball"],
    ),
    ("PA", &["Palestinian", "Palestinians", "Ramallah"], &["Association", "Pennsylvania"]),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A name of the actor itself, or the user's alias for it.
    Name,
    /// "Russian": speaks for the state alone or before an office.
    Demonym,
    /// "Moscow", "the Pentagon", "Mossad": likewise.
    Seat,
}

#[derive(Debug, Clone)]
struct Alias {
    actor: usize,
    kind: Kind,
    /// The user wrote it: what else it may mean is the user's care.
    written: bool,
}

#[derive(Debug, Default)]
struct Table {
    names: Vec<String>,
    /// What each of them is: *state*, *union*, …
    kinds: Vec<&'static str>,
    aliases: HashMap<String, Alias>,
}

impl Table {
    fn add(&mut self, actor: usize, alias: &str, kind: Kind, written: bool) {
        let key = normal(alias);
        if !key.is_empty() {
            self.aliases.entry(key).or_insert(Alias { actor, kind, written });
        }
    }

    fn actor(&mut self, name: &str, kind: &'static str, written: bool) -> usize {
        let actor = self.names.len();
        self.names.push(name.to_owned());
        self.kinds.push(kind);
        self.add(actor, name, Kind::Name, written);
        actor
    }
}

fn entries(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split('|').map(str::trim).collect())
}

static GAZETTEER: LazyLock<Arc<Table>> = LazyLock::new(|| {
    let mut table = Table::default();
    for fields in entries(STATES) {
        let actor = table.actor(fields[0], "state", false);
        for (field, kind) in fields[1..].iter().zip([Kind::Name, Kind::Demonym, Kind::Seat, Kind::Seat]) {
            for alias in field.split(',') {
                table.add(actor, alias.trim(), kind, false);
            }
        }
    }
    for fields in entries(BODIES) {
        let [kind, name, aliases] = fields[..] else { continue };
        let actor = table.actor(name, kind, false);
        for alias in aliases.split(',') {
            table.add(actor, alias.trim(), Kind::Name, false);
        }
    }
    // Its demonym and its seat are hers as are Moscow and the Russians Russia's.
    if let Some(union) = table.aliases.get("European Union").map(|alias| alias.actor) {
        for (alias, kind) in [("European", Kind::Demonym), ("Europeans", Kind::Demonym), ("Brussels", Kind::Seat)] {
            table.add(union, alias, kind, false);
        }
    }
    Arc::new(table)
});

/// The actors that phrases are resolved to.
#[derive(Debug, Clone)]
pub struct Actors {
    states: Arc<Table>,
    user: Arc<Table>,
    /// Names that mean no state in the article at hand.
    closed: Vec<&'static str>,
}

/// What a phrase means, and by which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The canonical actor.
    pub actor: String,
    /// Whether the user's watchlist says so; else the gazetteer does.
    pub watchlist: bool,
    /// What the gazetteer takes it for: *state*, *union*, *international body*, *agency*, *armed group*; of the user's
    /// that it does not know, *actor*.
    pub kind: &'static str,
    /// The name or alias that stands in the phrase.
    pub alias: String,
}

impl Default for Actors {
    fn default() -> Self {
        Actors::builtin()
    }
}

/// Whether a word of the phrase means an office or a kind of body, of which every state has its own: *Foreign Ministry*,
/// *Supreme Court*.
pub fn names_an_office(phrase: &str) -> bool {
    let mut words = phrase.split_whitespace().map(|word| normal(word).to_lowercase());
    words.any(|word| OFFICES.contains(&word.as_str()) || NOUNS.body(&word))
}

impl Actors {
    /// Whether the phrase says that whomever it means does not speak for the state it names: *a former minister*.
    pub fn turns_against(phrase: &str) -> bool {
        phrase.split_whitespace().any(|word| AGAINST.contains(&normal(word).to_lowercase().as_str()))
    }

    /// The built-in gazetteer alone.
    pub fn builtin() -> Self {
        Actors { states: GAZETTEER.clone(), user: Arc::default(), closed: Vec::new() }
    }

    /// The same with the user's actors, name and aliases of each, which win over the gazetteer.
    pub fn with(self, user: &[(String, Vec<String>)]) -> Self {
        let mut table = Table::default();
        for (name, aliases) in user {
            let known = self.states.aliases.get(&normal(name));
            let actor = table.actor(name, known.map_or("actor", |known| self.states.kinds[known.actor]), true);
            for alias in aliases {
                table.add(actor, alias, Kind::Name, true);
            }
            // A user who writes "North Korea" means what the gazetteer knows under that name as well.
            if let Some(known) = known {
                for (alias, entry) in &self.states.aliases {
                    if entry.actor == known.actor {
                        let copy = Alias { actor, kind: entry.kind, written: false };
                        table.aliases.entry(alias.clone()).or_insert(copy);
                    }
                }
            } else if name.ends_with("ia") && !name.contains(' ') {
                // Kestria: "the Kestrian foreign ministry".
                table.add(actor, &format!("{name}n"), Kind::Demonym, false);
                table.add(actor, &format!("{name}ns"), Kind::Demonym, false);
            }
        }
        Actors { states: self.states, user: Arc::new(table), closed: self.closed }
    }

    /// The same for one article: a name that means something else there (*Georgia* beside *Atlanta*) means no state.
    /// Names that the user wrote mean what the user says.
    pub fn in_article(&self, text: &str) -> Self {
        let mut closed = Vec::new();
        let named = SENSES.iter().filter(|(name, ..)| text.contains(name));
        let mut words: Option<HashSet<&str>> = None;
        for (name, own, other) in named {
            let split = |c: char| !(c.is_alphanumeric() || c == '.' || c == '-');
            let words = words.get_or_insert_with(|| text.split(split).map(|word| word.trim_end_matches('.')).collect());
            if other.iter().any(|word| words.contains(word)) && !own.iter().any(|word| words.contains(word)) {
                closed.push(*name);
            }
        }
        Actors { closed, ..self.clone() }
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
        let words = Words::of(phrase);
        let found = |table| self.lookup(table, &words).map(|(actor, _)| actor);
        found(&self.user)
            .map(|actor| self.user.names[actor].as_str())
            .or_else(|| found(&self.states).map(|actor| self.states.names[actor].as_str()))
    }

    /// What the phrase means by the watchlist, and by the gazetteer; the first counts.
    pub fn meanings(&self, phrase: &str) -> Vec<Meaning> {
        let words = Words::of(phrase);
        let tables = [(&self.user, true), (&self.states, false)];
        let found = tables.into_iter().filter_map(|(table, watchlist)| {
            let (actor, alias) = self.lookup(table, &words)?;
            Some(Meaning { actor: table.names[actor].clone(), watchlist, kind: table.kinds[actor], alias })
        });
        found.collect()
    }

    /// The actor of the table that the words mean, and by which of its names.
    fn lookup(&self, table: &Table, words: &Words) -> Option<(usize, String)> {
        if table.aliases.is_empty() {
            return None;
        }
        let Words { plain, lower, .. } = words;
        let against = lower.iter().any(|word| AGAINST.contains(&word.as_str()));
        let mut start = 0;
        while start < plain.len() {
            if start > 0 && words.is_boundary(start) && !words.is_of_a_seat(start) {
                return None;
            }
            for length in (1..=MAX_WORDS.min(plain.len() - start)).rev() {
                let window = &plain[start..start + length];
                let Some(alias) = find(table, window, words.all_caps) else {
                    continue;
                };
                let end = start + length;
                let alone = end == plain.len() && only_articles(&plain[..start]);
                let before_office = || {
                    let mut rest = (end..plain.len()).take_while(|at| !words.is_boundary(*at));
                    // "Pakistan's ISI": its own service.
                    let own = |at: usize| {
                        let known = find(table, &plain[at..plain.len().min(at + MAX_WORDS)], words.all_caps);
                        known.is_some_and(|own| own.actor == alias.actor)
                    };
                    let office = |word: &str| {
                        OFFICES.contains(&word)
                            || table.kinds[alias.actor] != "state" && OFFICES_OF_BODIES.contains(&word)
                    };
                    let heir = |at: usize| {
                        lower[at] == "crown" && lower.get(at + 1).is_some_and(|next| next.starts_with("prince"))
                    };
                    rest.any(|at| office(&lower[at]) || heir(at) || own(at))
                };
                let after_office = || {
                    let article = start > 0 && plain[start - 1] == "the";
                    let Some(at) = start.checked_sub(1 + usize::from(article)) else { return false };
                    let mut before = lower[..at].iter();
                    match plain[at].as_str() {
                        // "Assistant secretary for China" is another state's.
                        "for" => before.any(|word| word.starts_with("spokes") || ENVOYS.contains(&word.as_str())),
                        "of" => before.any(|word| OFFICES.contains(&word.as_str())),
                        "in" => words.is_of_a_seat(at),
                        _ => false,
                    }
                };
                let of_the_user = alias.kind == Kind::Name && !std::ptr::eq(table, &**GAZETTEER);
                let speaks = alone || !against && (of_the_user || before_office() || after_office());
                let key = window.join(" ");
                let sense = || {
                    // Whom the gazetteer does not know is the user's alone.
                    let theirs = alias.written && !self.states.aliases.contains_key(&key);
                    let closed = !alias.written && self.closed.contains(&key.as_str());
                    theirs || !closed && !words.in_longer_name(start..end, alias.kind)
                };
                if speaks && sense() {
                    return Some((alias.actor, key));
                }
                break;
            }
            start += 1;
        }
        None
    }
}

/// A phrase in words, without quotation marks, possessive endings and punctuation around them.
struct Words {
    plain: Vec<String>,
    lower: Vec<String>,
    /// Something ends behind the word: it is possessive, or a comma follows.
    ends: Vec<bool>,
    all_caps: bool,
}

impl Words {
    fn of(phrase: &str) -> Self {
        let written: Vec<&str> = phrase.split_whitespace().take(40).collect();
        let plain: Vec<String> = written.iter().map(|word| normal(word)).collect();
        let ends = written.iter().zip(&plain).map(|(word, plain)| !word.ends_with(plain.as_str())).collect();
        let all_caps =
            plain.iter().any(|word| word.len() > 3) && plain.iter().all(|word| !word.chars().any(char::is_lowercase));
        Words { lower: plain.iter().map(|word| word.to_lowercase()).collect(), plain, ends, all_caps }
    }

    /// Whether another party begins at the word: at *who*, but not at the WHO.
    fn is_boundary(&self, at: usize) -> bool {
        let acronym = !self.all_caps && !self.plain[at].chars().any(char::is_lowercase);
        BOUNDARIES.contains(&self.lower[at].as_str()) && !acronym
    }

    /// Whether the word is the *in* of *the government in Minsk*.
    fn is_of_a_seat(&self, at: usize) -> bool {
        let bare =
            |words: &[String]| words.iter().all(|word| matches!(word.as_str(), "the" | "a" | "military" | "ruling"));
        at > 0 && self.lower[at] == "in" && RULERS.contains(&self.lower[at - 1].as_str()) && bare(&self.lower[..at - 1])
    }

    /// Whether the name at these words is only a part of another: *Michael Jordan*, *Chad Smith*, *New Mexico*,
    /// *the American Bar Association*.
    fn in_longer_name(&self, name: Range<usize>, kind: Kind) -> bool {
        let Words { plain, lower, ends, all_caps } = self;
        let last = name.end - 1;
        let word = plain[last].as_str();
        if *all_caps && plain.len() > 1 && name.len() == 1 && WORDS.contains(&word) {
            return true;
        }
        let mut behind = (name.end..plain.len()).take_while(|at| !self.is_boundary(*at) && !ends[at - 1]);
        if behind.any(|at| PRIVATE.contains(&lower[at].as_str()) && is_capital(&plain[at])) {
            return true;
        }
        if kind == Kind::Demonym || name.len() > 1 {
            return false;
        }
        let acronym = word.len() <= 5 && !word.chars().any(char::is_lowercase);
        if let Some(next) = lower.get(name.end).filter(|_| !ends[last] && !acronym && !all_caps) {
            let office = |word: &str| OFFICES.contains(&word) || MODIFIERS.contains(&word) || AGAINST.contains(&word);
            let parts = next.split('-').all(office) || office(next) || NOUNS.title(next);
            let state = word == "Washington" && matches!(next.as_str(), "state" | "d.c" | "d.c." | "dc");
            if state || is_capital(&plain[name.end]) && !parts {
                return true;
            }
        }
        let Some(before) = name.start.checked_sub(1) else { return false };
        let previous = lower[before].trim_end_matches('.');
        let of = matches!(previous, "of") && before > 0 && SOMETHING_OF.contains(&lower[before - 1].as_str());
        let named = is_capital(&plain[before])
            && !all_caps
            && (PARTS.contains(&previous) || ADDRESSES.contains(&previous) || is_first_name(previous) && !ends[before]);
        of || named
    }
}

fn is_capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
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
            ("The government in Minsk", "Belarus"),
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
            "the government official in Minsk",
            "the Tibetan government in India",
            "the local government in Kenya",
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
        assert!(GAZETTEER.names.len() >= 240);
    }

    #[test]
    fn bodies_of_many_states_are_parties_of_their_own() {
        for (phrase, actor) in [
            ("the WHO", "World Health Organization"),
            ("a WHO spokeswoman", "World Health Organization"),
            ("the European Commission", "European Union"),
            ("EU foreign policy chief", "European Union"),
            ("Brussels", "European Union"),
            ("the U.N. Security Council", "United Nations"),
            ("UN refugee agency", "UNHCR"),
            ("the International Atomic Energy Agency", "International Atomic Energy Agency"),
            ("IAEA director Rafael Vane", "International Atomic Energy Agency"),
            ("NATO Secretary General", "NATO"),
            ("the Arab League", "Arab League"),
            ("African Union officials", "African Union"),
            ("Opec+", "OPEC"),
            ("the IMF", "International Monetary Fund"),
            ("ICC prosecutors' office", "International Criminal Court"),
            ("an OSCE mission", "OSCE"),
            ("FBI agents", "FBI"),
            ("Houthi officials", "Houthis"),
        ] {
            assert_eq!(resolved(phrase).as_deref(), Some(actor), "{phrase}");
        }
    }

    #[test]
    fn forces_ministries_and_services_speak_for_their_state() {
        for (phrase, actor) in [
            ("the Israel Defense Forces", "Israel"),
            ("IDF spokesman", "Israel"),
            ("the Russian military", "Russia"),
            ("the Russian air force", "Russia"),
            ("the US Treasury Department", "United States"),
            ("Iranian Foreign Ministry spokesman Oru Tal", "Iran"),
            ("Ministry of Defence of Kenya", "Kenya"),
            ("Iran's Revolutionary Guards", "Iran"),
            ("the Islamic Revolutionary Guard Corps", "Iran"),
            ("the CIA", "United States"),
            ("FSB officers", "Russia"),
            ("Mossad", "Israel"),
            ("MI6", "United Kingdom"),
            ("Pakistan's ISI", "Pakistan"),
            ("the Élysée", "France"),
            ("South Korea's Blue House", "South Korea"),
            ("Turkey's foreign ministry", "Turkey"),
            ("Jordan's King Abdullah", "Jordan"),
            ("Chad President Idris Vane", "Chad"),
            ("US Special Envoy Ann Reed", "United States"),
            ("Saudi Crown Prince Salim", "Saudi Arabia"),
        ] {
            assert_eq!(resolved(phrase).as_deref(), Some(actor), "{phrase}");
        }
    }

    #[test]
    fn a_state_whose_name_is_only_a_part_of_another_name_is_not_meant() {
        for phrase in [
            "Michael Jordan's spokesman",
            "Jordan Peters, a spokesman for the club",
            "Chad Smith, the club's chief executive",
            "Mr Washington, an officer",
            "George Washington University officials",
            "Washington state officials",
            "Washington Post executive editor",
            "Northern Ireland's first minister",
            "New Mexico officials",
            "Kenya Airways chief executive",
            "the American Bar Association president",
            "British Medical Association leaders",
            "Chad Reed, deputy assistant secretary of defense for China,",
            "London's Marsh Lane Crown Court",
            "the Bank of America executive",
            "the University of Georgia president",
            "a turkey farmer",
            "the china shop",
            "A MAN WHO SPOKE FOR THE PRESIDENT",
            "CAR DEALER SPOKESMAN",
        ] {
            assert_eq!(resolved(phrase), None, "{phrase}");
        }
    }

    #[test]
    fn the_article_decides_which_georgia_is_meant() {
        let meant = |text: &str| Actors::builtin().in_article(text).resolve("Georgia").map(str::to_owned);
        assert_eq!(meant("Georgia denied it, a ballot officer in Atlanta said."), None);
        assert_eq!(meant("Georgia denied it, Ann Reed (R-Ga.) said."), None);
        assert_eq!(meant("Georgia denied it in Tbilisi, and so did Republicans.").as_deref(), Some("Georgia"));
        assert_eq!(meant("Georgia denied it.").as_deref(), Some("Georgia"));
        let written = Actors::builtin().with(&[("Georgia".to_owned(), vec!["Atlanta".to_owned()])]);
        assert_eq!(written.in_article("Georgia and Atlanta").resolve("Georgia"), Some("Georgia"), "the user's word");
    }

    #[test]
    fn the_ministry_of_a_user_s_state_is_known_by_its_people_s_name() {
        let actors = Actors::builtin().with(&[("Kestria".to_owned(), vec![])]);
        assert_eq!(actors.resolve("the Kestrian foreign ministry"), Some("Kestria"));
        assert_eq!(actors.resolve("a Kestrian tennis player"), None);
    }

    #[test]
    fn what_a_phrase_means_is_told_with_the_name_that_says_it() {
        let actors = Actors::builtin().with(&[("Korea desk".to_owned(), vec!["Pyongyang".to_owned()])]);
        let meanings = actors.meanings("Pyongyang's foreign ministry");
        let told: Vec<_> = meanings.iter().map(|m| (m.actor.as_str(), m.watchlist, m.kind, m.alias.as_str())).collect();
        assert_eq!(told, [("Korea desk", true, "actor", "Pyongyang"), ("North Korea", false, "state", "Pyongyang")]);
    }
}
