//! Which actors and topics of the watchlist an item names: one pass over its texts, whatever the watchlist's size.

use crate::watchlist::Watchlist;
use aho_corasick::AhoCorasick;
use icu_normalizer::DecomposingNormalizerBorrowed;

/// What an item has of the watchlist. Stored with the article as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Matches {
    /// Canonical names of the actors that it names, in the watchlist's order.
    pub actors: Vec<String>,
    /// The topics that it touches, in the watchlist's order.
    pub topics: Vec<String>,
    /// A rule with `any = true` watches everything, so this item too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any: bool,
}

impl Matches {
    /// Whether the item is nothing that the user watches.
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty() && self.topics.is_empty() && !self.any
    }
}

/// The watchlist's actors and topics, made ready for matching.
///
/// Words match whole: *Pyongyang's*, *missiles* and *US-led* have Pyongyang, missile and US; *Iranian* has no Iran,
/// unless it is an alias. Marks and signs don't count: *Erdogan* is *Erdoğan*, *arms-dealings* are *arms dealings*,
/// *’* is *'*. Case doesn't count either, but for two kinds of words that would else match all day:
/// - short acronyms (*US*, *WHO*, *IT*) match in capitals, with or without their full stops; of four letters also
///   as a name (*Nato*);
/// - an actor's name of one word, and *the North*, matches capitalised: *Turkey*, *Jordan* and *Chad* are words too.
///   A text without any capital letter is beyond this rule.
pub struct Matcher {
    search: AhoCorasick,
    /// By the search's pattern number.
    patterns: Vec<Pattern>,
    actors: Vec<String>,
    topics: Vec<String>,
    any: bool,
}

struct Pattern {
    means: Meaning,
    case: Case,
    /// Also matches with a plural's ending.
    plural: bool,
}

#[derive(Clone, Copy)]
enum Meaning {
    Actor(usize),
    Topic(usize),
}

/// How the words must be written.
#[derive(Clone, Copy, PartialEq)]
enum Case {
    Any,
    /// Each word of the pattern that begins with a capital does so in the text.
    Name,
    /// Every letter a capital.
    Acronym,
}

impl Matcher {
    /// Reads the watchlist's actors and topics. `aliases` gives what else a canonical name goes by (the gazetteer's
    /// demonyms and capitals of a state); aliases that name the actor only in context (*the North*) are better left out.
    pub fn new(watchlist: &Watchlist, aliases: impl Fn(&str) -> Vec<String>) -> Self {
        let mut words = Vec::new();
        let mut patterns = Vec::new();
        let mut add = |written: &str, means, is_name| {
            let folded = Folded::of(written);
            if folded.lower.chars().any(char::is_alphanumeric) {
                let case = case_rule(&folded, is_name);
                if case == Case::Acronym {
                    let letters = folded.lower.trim_matches('.').replace('.', "");
                    let dotted = letters.chars().map(String::from).collect::<Vec<_>>().join(".");
                    for form in [letters, dotted] {
                        words.push(form);
                        patterns.push(Pattern { means, case, plural: true });
                    }
                } else {
                    let plural = folded.lower.chars().count() > 3;
                    words.push(folded.lower);
                    patterns.push(Pattern { means, case, plural });
                }
            }
        };
        for (index, actor) in watchlist.actors.iter().enumerate() {
            let others = aliases(&actor.name);
            for name in std::iter::once(&actor.name).chain(&actor.aliases).chain(&others) {
                add(name, Meaning::Actor(index), true);
            }
        }
        for (index, topic) in watchlist.topics.iter().enumerate() {
            for keyword in &topic.any {
                add(keyword, Meaning::Topic(index), false);
            }
        }
        Matcher {
            search: AhoCorasick::new(&words).expect("a watchlist is no 2 GiB of names, the automaton's only limit"),
            patterns,
            actors: watchlist.actors.iter().map(|actor| actor.name.clone()).collect(),
            topics: watchlist.topics.iter().map(|topic| topic.name.clone()).collect(),
            any: watchlist.rules.iter().any(|rule| rule.any),
        }
    }

    /// The actors and topics that stand in any of `texts` (an item's title, summary and content, as plain text).
    pub fn matches(&self, texts: &[&str]) -> Matches {
        let mut actors = vec![false; self.actors.len()];
        let mut topics = vec![false; self.topics.len()];
        for text in texts {
            let folded = Folded::of(text);
            let no_capitals = !folded.cased.chars().any(char::is_uppercase);
            for found in self.search.find_overlapping_iter(&folded.lower) {
                let pattern = &self.patterns[found.pattern().as_usize()];
                let seen = match pattern.means {
                    Meaning::Actor(index) => &mut actors[index],
                    Meaning::Topic(index) => &mut topics[index],
                };
                *seen = *seen
                    || stands_alone(&folded, found.start(), found.end(), pattern)
                        && pattern.case.allows(&folded.cased[found.start()..found.end()], no_capitals);
            }
        }
        Matches { actors: chosen(&self.actors, &actors), topics: chosen(&self.topics, &topics), any: self.any }
    }
}

fn chosen(names: &[String], seen: &[bool]) -> Vec<String> {
    names.iter().zip(seen).filter(|(_, seen)| **seen).map(|(name, _)| name.clone()).collect()
}

impl Case {
    fn allows(self, words: &str, no_capitals: bool) -> bool {
        match self {
            Case::Any => true,
            Case::Name => {
                no_capitals
                    || words.split(' ').filter(|word| *word != "the" && *word != "The").all(|word| {
                        // Not `is_uppercase`: "한국" has no case to get wrong.
                        !word.starts_with(char::is_lowercase)
                    })
            }
            Case::Acronym => {
                let letters = || words.chars().filter(|c| c.is_alphabetic());
                letters().all(char::is_uppercase)
                    || letters().count() == 4
                        && words.starts_with(char::is_uppercase)
                        && letters().skip(1).all(char::is_lowercase)
            }
        }
    }
}

fn case_rule(written: &Folded, is_name: bool) -> Case {
    let words = written.cased.as_str();
    let letters = words.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = words.chars().all(|c| c.is_uppercase() || c == '.');
    if capitals && (2..=4).contains(&letters) {
        return Case::Acronym;
    }
    let one_word = words.strip_prefix("the ").or(words.strip_prefix("The ")).unwrap_or(words);
    if is_name && !one_word.contains(' ') && one_word.starts_with(char::is_uppercase) {
        return Case::Name;
    }
    Case::Any
}

/// Whether no word goes on before `start` or after `end`, but for a plural's ending.
fn stands_alone(text: &Folded, start: usize, end: usize, pattern: &Pattern) -> bool {
    let goes_on = |rest: &str| rest.starts_with(char::is_alphanumeric);
    if text.lower[..start].ends_with(char::is_alphanumeric) {
        return false;
    }
    if !goes_on(&text.lower[end..]) {
        return true;
    }
    // *NGOs* is a plural, *USS* another ship.
    let rest = if pattern.case == Case::Acronym { &text.cased[end..] } else { &text.lower[end..] };
    pattern.plural && ["s", "es"].iter().any(|ending| rest.strip_prefix(ending).is_some_and(|rest| !goes_on(rest)))
}

/// A text without what writers differ in, once as written and once in small letters, byte for byte alike.
struct Folded {
    cased: String,
    lower: String,
}

impl Folded {
    fn of(text: &str) -> Self {
        let mut folded = Folded { cased: String::with_capacity(text.len()), lower: String::with_capacity(text.len()) };
        if text.is_ascii() {
            text.chars().for_each(|c| folded.push(c));
        } else {
            let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize_iter(text.chars());
            decomposed.for_each(|c| folded.push(c));
        }
        let length = folded.cased.trim_end().len();
        folded.cased.truncate(length);
        folded.lower.truncate(length);
        folded
    }

    fn push(&mut self, c: char) {
        match c {
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => self.space(),
            c if c.is_whitespace() => self.space(),
            // The marks that the decomposition set apart, and what joins or hides.
            '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '`' | '\u{b4}' => self.letter('\''),
            // Letters that have no decomposition.
            'ı' => self.letter('i'),
            'ø' => self.letter('o'),
            'Ø' => self.letter('O'),
            'ł' => self.letter('l'),
            'Ł' => self.letter('L'),
            'đ' => self.letter('d'),
            'Đ' => self.letter('D'),
            'ß' => "ss".chars().for_each(|c| self.letter(c)),
            'æ' => "ae".chars().for_each(|c| self.letter(c)),
            'Æ' => "AE".chars().for_each(|c| self.letter(c)),
            'œ' => "oe".chars().for_each(|c| self.letter(c)),
            c => self.letter(c),
        }
    }

    fn space(&mut self) {
        if !self.cased.is_empty() && !self.cased.ends_with(' ') {
            self.cased.push(' ');
            self.lower.push(' ');
        }
    }

    fn letter(&mut self, c: char) {
        let mut small = c.to_lowercase();
        match (small.next(), small.next()) {
            (Some(small), None) if small.len_utf8() == c.len_utf8() => {
                self.cased.push(c);
                self.lower.push(small);
            }
            // Rare letters whose small form is longer or shorter lose their case, so that both texts stay alike.
            _ => c.to_lowercase().for_each(|small| {
                self.cased.push(small);
                self.lower.push(small);
            }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::watchlist::{Actor, Rule, Topic};
    use proptest::prelude::*;
    use std::time::Duration;

    fn actor(name: &str, aliases: &[&str]) -> Actor {
        Actor { name: name.into(), aliases: aliases.iter().map(|alias| (*alias).into()).collect() }
    }

    fn matcher(actors: Vec<Actor>, keywords: &[&str]) -> Matcher {
        let topics = vec![Topic { name: "topic".into(), any: keywords.iter().map(|k| (*k).into()).collect() }];
        Matcher::new(&Watchlist { actors, topics, ..Watchlist::default() }, |_| Vec::new())
    }

    #[test]
    fn an_actor_is_found_as_a_whole_word_in_any_usual_writing() {
        for (name, text, found) in [
            ("Ardova", "Ardova's army", true),
            ("Ardova", "ARDOVA’S ARMY", true),
            ("Ardova", "the Ardovas", true),
            ("Ardova", "Ardova-backed forces", true),
            ("Ardova", "“Ardova”", true),
            ("Ardova", "Ardovan forces", false),
            ("Ardova", "Neoardova", false),
            ("Ardova", "ardova says it", true), // a text without capitals
            ("Jordan", "Jordan denies it", true),
            ("Turkey", "Roast turkey for Christmas", false),
            ("Turkey", "TURKEY DENIES IT", true),
            ("US", "The US denies it", true),
            ("US", "US-led forces", true),
            ("US", "The U.S. denies it", true),
            ("US", "the U.S.-led forces", true),
            ("U.S.", "The US denies it", true),
            ("US", "Tell us more", false),
            ("US", "tell us more", false),
            ("US", "USS Maine", false),
            ("WHO", "Who is it?", false),
            ("WHO", "WHO says so", true),
            ("NATO", "Nato says so", true),
            ("NATO", "nato says so", false),
            ("Erdoğan", "Mr Erdogan", true),
            ("Erdogan", "Mr Erdoğan", true),
            ("İstanbul", "ISTANBUL", true),
            ("Łódź", "in Lodz", true),
            ("Ministry of Defence", "the ministry of defence", true),
            ("Ministry of Defence", "the Ministry\u{a0}of\nDefence’s word", true),
            ("the North", "In the north of the country", false),
            ("the North", "The North denies it", true),
            ("한국", "한국 부인", true),
            ("O'Hara", "Ms O’Hara's", true),
        ] {
            let matches = matcher(vec![actor(name, &[])], &[]).matches(&[text]);
            assert_eq!(!matches.actors.is_empty(), found, "{name} in {text}");
        }
    }

    #[test]
    fn a_topic_is_found_in_either_case_with_its_plurals() {
        for (keyword, text, found) in [
            ("arms dealings", "'Arms dealings' with them", true),
            ("arms dealings", "arms–dealings", true),
            ("shell", "Shells fell", true),
            ("missile", "two missiles'", true),
            ("shells", "a shell", false),
            ("Ammunition", "ammunition", true),
            ("new", "the news", false),
            ("IT", "it", false),
            ("IT", "the IT sector", true),
        ] {
            let matches = matcher(vec![], &[keyword]).matches(&["", text]);
            assert_eq!(!matches.topics.is_empty(), found, "{keyword} in {text}");
        }
    }

    #[test]
    fn an_actor_goes_by_its_aliases_and_those_of_the_gazetteer() {
        let watchlist =
            Watchlist { actors: vec![actor("Ardova", &["AFN"]), actor("Belmar", &[])], ..Default::default() };
        let gazetteer = |name: &str| if name == "Belmar" { vec!["Belmari".into(), "Port Sel".into()] } else { vec![] };
        let matcher = Matcher::new(&watchlist, gazetteer);
        assert_eq!(matcher.matches(&["AFN:", "Belmari guns"]).actors, ["Ardova", "Belmar"]);
        assert_eq!(matcher.matches(&["Port Sel rejects it"]).actors, ["Belmar"]);
        assert!(matcher.matches(&["Nothing of it"]).is_empty());
    }

    #[test]
    fn names_inside_one_another_are_all_found() {
        let matcher = matcher(vec![actor("Korea", &[]), actor("North Korea", &[]), actor("Korean War", &[])], &["war"]);
        let matches = matcher.matches(&["North Korea", "the Korean War"]);
        assert_eq!(matches.actors, ["Korea", "North Korea", "Korean War"]);
        assert_eq!(matches.topics, ["topic"]);
    }

    #[test]
    fn a_rule_for_everything_watches_what_names_nobody() {
        let rule = Rule {
            name: "all".into(),
            actors: vec![],
            accused: vec![],
            accusers: vec![],
            deniers: vec![],
            topics: vec![],
            any: true,
            to: vec![],
            min_confidence: 0.0,
            reported_accusations: true,
            max_age: Duration::ZERO,
            updates: false,
            quiet: None,
            digest: None,
            rate: None,
        };
        let matcher = Matcher::new(&Watchlist { rules: vec![rule], ..Watchlist::default() }, |_| Vec::new());
        let matches = matcher.matches(&["Rain"]);
        assert!(!matches.is_empty());
        assert_eq!(serde_json::to_string(&matches).unwrap(), r#"{"actors":[],"topics":[],"any":true}"#);
    }

    #[test]
    fn an_empty_watchlist_matches_nothing() {
        assert!(Matcher::new(&Watchlist::default(), |_| Vec::new()).matches(&["Ardova denies it"]).is_empty());
        assert!(matcher(vec![actor("", &["-", " "])], &["…"]).matches(&["- … a"]).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_can_be_matched(text in "\\PC*", name in "\\PC{0,6}") {
            matcher(vec![actor(&name, &["İ", "ẞ"])], &["é"]).matches(&[&text]);
        }

        #[test]
        fn both_foldings_are_alike_byte_for_byte(text in "\\PC*") {
            let folded = Folded::of(&text);
            prop_assert_eq!(folded.cased.len(), folded.lower.len());
            for (at, _) in folded.lower.char_indices() {
                prop_assert!(folded.cased.is_char_boundary(at));
            }
        }
    }
}
