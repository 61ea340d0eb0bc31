//! A party to a dispute, and whether two mentions of a party are the same.

use super::terms::Name;
use std::sync::Arc;

/// A person, organisation or state that accuses, is accused or denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The fullest name that the article has for it.
    pub name: String,
    /// The canonical actor that it belongs to, from the watchlist or the gazetteer.
    pub actor: Option<String>,
    /// The article does not say that actor: it is remembered from others.
    pub remembered: bool,
    compared: Arc<Compared>,
}

/// What two sides are compared by, worked out once: an article is held against many claims.
#[derive(Debug, PartialEq, Eq)]
struct Compared {
    /// The name's words without titles before them, folded.
    words: Vec<String>,
    /// The same in one.
    joined: String,
    /// The actor, folded.
    actor: Option<String>,
    is_named: bool,
    may_be_a_person: bool,
    /// It begins with an office or "Mr".
    is_titled: bool,
    /// Name and actor, which are no part of a matter.
    names: Vec<Name>,
}

/// Titles that stand before a name and do not make another person of it.
pub(super) const TITLES: &[&str] = &[
    "the",
    "a",
    "an",
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "sir",
    "dame",
    "lord",
    "lady",
    "president",
    "vice",
    "deputy",
    "prime",
    "minister",
    "premier",
    "chancellor",
    "secretary",
    "senator",
    "sen",
    "rep",
    "representative",
    "congressman",
    "congresswoman",
    "governor",
    "gov",
    "mayor",
    "ambassador",
    "general",
    "gen",
    "colonel",
    "col",
    "captain",
    "major",
    "admiral",
    "judge",
    "justice",
    "king",
    "queen",
    "prince",
    "princess",
    "pope",
    "professor",
    "prof",
    "former",
    "acting",
    "spokesman",
    "spokeswoman",
    "spokesperson",
    "foreign",
    "interior",
    "defence",
    "defense",
    "attorney",
    "director",
    "chief",
];

/// First words that make another place or body of the name after them: *North Korea* is not *Korea*.
const QUALIFIERS: &[&str] = &[
    "north",
    "south",
    "east",
    "west",
    "northern",
    "southern",
    "eastern",
    "western",
    "new",
    "central",
    "upper",
    "lower",
    "real",
    "united",
    "saint",
    "st",
    "san",
    "los",
    "la",
    "el",
    "great",
    "republic",
    "democratic",
];

/// Last words of a firm's name that are as often left away: *Halvex Ltd* is *Halvex*.
const LEGAL_FORMS: &[&str] = &[
    "corp",
    "corporation",
    "inc",
    "company",
    "co",
    "ltd",
    "limited",
    "plc",
    "llc",
    "gmbh",
    "ag",
    "holding",
    "holdings",
];

/// The same of those that say what it does: *Corvane Savings* is *Corvane Savings Bank*, but *United Airlines* is not *United
/// Motors*.
const TRADES: &[&str] = &[
    "bank",
    "group",
    "airlines",
    "airways",
    "lines",
    "mining",
    "motors",
    "energy",
    "industries",
    "technologies",
    "pharmaceuticals",
    "foods",
];

impl Side {
    /// The side of that name.
    pub fn new(name: impl Into<String>, actor: Option<String>) -> Side {
        let name = name.into();
        let bare = bare(&name);
        let capital = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
        let words: Vec<String> = bare.iter().map(|word| fold(word)).filter(|word| !word.is_empty()).collect();
        let compared = Compared {
            joined: words.join(" "),
            words,
            actor: actor.as_deref().map(fold),
            is_named: bare.iter().any(|word| word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric())),
            may_be_a_person: (2..=4).contains(&bare.len())
                && bare.iter().all(capital)
                && !QUALIFIERS.contains(&fold(bare[0]).as_str()),
            is_titled: {
                let first = name.split_whitespace().map(fold).find(|word| !matches!(word.as_str(), "the" | "a" | "an"));
                first.is_some_and(|word| TITLES.contains(&word.as_str()))
            },
            names: std::iter::once(name.as_str()).chain(actor.as_deref()).map(Name::new).collect(),
        };
        Side { name, actor, remembered: false, compared: Arc::new(compared) }
    }

    /// The canonical key: the actor, else the name without titles, folded.
    pub fn key(&self) -> String {
        self.compared.actor.as_ref().unwrap_or(&self.compared.joined).clone()
    }

    /// The name to show: the actor, else the name.
    pub fn shown(&self) -> &str {
        self.actor.as_deref().unwrap_or(&self.name)
    }

    /// The keys by which another mention of the side may be found: actor, name, and the surname of what may be a person.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = vec![self.key()];
        let words = self.words();
        let short = without(without(words, LEGAL_FORMS), TRADES);
        if short.len() < words.len() {
            keys.push(short.join(" "));
        }
        if self.actor.is_some() {
            keys.push(self.compared.joined.clone());
        } else if let (true, Some(surname)) = (self.may_be_a_person(), words.last()) {
            keys.push(surname.clone());
        }
        keys.retain(|key| !key.is_empty());
        keys
    }

    /// How sure it is, 0 to 1, that the two are one side; `None` where nothing says so. The same actor: 1. The same
    /// name of two words or more: 0.9. The same single name: 0.85, behind a title 0.7. A surname beside a full name: 0.6,
    /// since two articles may each have a Smith of their own; what is said must then support it.
    pub fn same(&self, other: &Side) -> Option<f64> {
        let (mut mine, mut others) = (without(self.words(), LEGAL_FORMS), without(other.words(), LEGAL_FORMS));
        let bare = (without(mine, TRADES), without(others, TRADES));
        // One of them left its trade away, or both say the same.
        if bare.0.len() == mine.len() || bare.1.len() == others.len() || mine == others {
            (mine, others) = bare;
        }
        let single = |side: &Side| side.words().len() == 1;
        match (&self.compared.actor, &other.compared.actor) {
            (Some(a), Some(b)) => return (a == b).then_some(1.0),
            (Some(a), None) if *a == other.compared.joined => return Some(0.9),
            (None, Some(b)) if *b == self.compared.joined => return Some(0.9),
            _ => {}
        }
        if !self.is_named() || !other.is_named() {
            return None;
        }
        match (mine, others) {
            ([a], [b]) => {
                let sure = if self.compared.is_titled || other.compared.is_titled { 0.7 } else { 0.85 };
                (a == b && self.actor == other.actor).then_some(sure)
            }
            ([surname], full) if single(self) => {
                (other.may_be_a_person() && self.actor == other.actor && full.last() == Some(surname)).then_some(0.6)
            }
            (full, [surname]) if single(other) => {
                (self.may_be_a_person() && self.actor == other.actor && full.last() == Some(surname)).then_some(0.6)
            }
            ([first, .., last], [first_other, .., last_other]) => {
                let person = self.may_be_a_person() && other.may_be_a_person();
                let shorter = mine.len() == 2 || others.len() == 2;
                (mine == others || (person && shorter && first == first_other && last == last_other)).then_some(0.9)
            }
            _ => None,
        }
    }

    /// Whether the name is a name at all: *the company* and *officials* of two articles are different parties.
    pub(super) fn is_named(&self) -> bool {
        self.compared.is_named
    }

    /// Whether the name can be a person's first and last name.
    pub(super) fn may_be_a_person(&self) -> bool {
        self.compared.may_be_a_person
    }

    /// The name's words without titles before them, folded.
    pub(super) fn words(&self) -> &[String] {
        &self.compared.words
    }

    /// The party's names, which are no part of a matter.
    pub(super) fn names(&self) -> &[Name] {
        &self.compared.names
    }
}

/// The words of a name without these at its end, never without all.
fn without<'w>(words: &'w [String], endings: &[&str]) -> &'w [String] {
    let at_end = words.iter().rev().take_while(|word| endings.contains(&word.as_str())).count();
    let left = &words[..(words.len() - at_end).max(words.len().min(1))];
    // *Central Bank* is nothing without it.
    if matches!(left, [only] if QUALIFIERS.contains(&only.as_str())) { words } else { left }
}

/// The name's words without titles before them.
fn bare(name: &str) -> Vec<&str> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let title = |word: &str| TITLES.contains(&fold(word).as_str());
    let first = words.iter().position(|word| !title(word)).unwrap_or(0);
    words[first..].to_vec()
}

/// The text in lower case, without accents, possessive endings and marks around words, for comparison.
pub fn fold(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let lower: String = word.to_lowercase().chars().flat_map(unaccented).collect();
        let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
        let bare = bare.strip_suffix("'s").or_else(|| bare.strip_suffix("’s")).unwrap_or(bare);
        let joined: String = bare.chars().filter(|c| *c != '.').collect();
        if !joined.is_empty() {
            words.push(joined);
        }
    }
    words.join(" ")
}

/// The base letter of an accented Latin one, in lower case; any other character as it is; combining marks are dropped.
pub(super) fn unaccented(c: char) -> impl Iterator<Item = char> {
    let base = match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ţ' | 'ť' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        '\u{300}'..='\u{36f}' => "",
        _ => return Letters::One(Some(c)),
    };
    Letters::Base(base.chars())
}

enum Letters {
    One(Option<char>),
    Base(std::str::Chars<'static>),
}

impl Iterator for Letters {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Letters::One(c) => c.take(),
            Letters::Base(chars) => chars.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Side {
        Side::new(name, None)
    }

    fn of(name: &str, actor: &str) -> Side {
        Side::new(name, Some(actor.to_owned()))
    }

    #[test]
    fn persons_of_one_government_are_one_side() {
        assert_eq!(of("Ilse Marn", "Veldania").same(&of("the Veldanian foreign ministry", "Veldania")), Some(1.0));
    }

    #[test]
    fn neighbours_that_share_a_word_are_kept_apart() {
        assert_eq!(of("North Veldania", "North Veldania").same(&of("South Veldania", "South Veldania")), None);
        assert_eq!(person("North Veldania").same(&person("South Veldania")), None);
        assert_eq!(person("North Veldania").same(&person("Veldania")), None);
    }

    #[test]
    fn a_surname_stands_for_the_full_name_with_less_certainty() {
        assert_eq!(person("President Vexley").same(&person("Tomas Vexley")), Some(0.6));
        assert_eq!(person("Mr Vexley").same(&person("Mr Vexley")), Some(0.7));
        assert_eq!(person("Tomas Vexley").same(&person("Tomás P. Vexley")), Some(0.9));
        assert_eq!(person("Brask").same(&person("the Brask")), Some(0.85));
    }

    #[test]
    fn a_company_has_its_name_with_and_without_what_it_is() {
        assert_eq!(person("Brask Savings").same(&person("Brask Savings Bank")), Some(0.9));
        assert_eq!(person("Brask Lines").same(&person("Brask")), Some(0.85));
        assert_eq!(person("Brask Lines").same(&person("Orla Brask")), None);
        assert_eq!(person("the bank").same(&person("Brask Savings Bank")), None);
        assert_eq!(person("Brask Savings Bank").keys()[1], "brask savings");
    }

    #[test]
    fn two_people_of_one_surname_are_two() {
        assert_eq!(person("Tomas Vexley").same(&person("Orla Vexley")), None);
    }

    #[test]
    fn an_unnamed_party_is_never_the_same_in_two_articles() {
        assert_eq!(person("the company").same(&person("the company")), None);
        assert_eq!(person("officials").same(&person("officials")), None);
    }

    #[test]
    fn a_name_without_an_actor_meets_the_actor_of_that_name() {
        assert_eq!(person("Veldania").same(&of("Ilse Marn", "Veldania")), Some(0.9));
        assert_eq!(person("Marn").same(&of("Ilse Marn", "Veldania")), None);
    }

    #[test]
    fn keys_find_actor_name_and_surname() {
        assert_eq!(of("Ilse Marn", "Veldania").keys(), ["veldania", "ilse marn"]);
        assert_eq!(person("Senator Orla Vexley").keys(), ["orla vexley", "vexley"]);
        assert_eq!(person("The Port Authority of Brask").keys(), ["port authority of brask"]);
    }
}
