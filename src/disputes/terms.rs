//! What a text is about: its content words as stems, and the actors that it names.

use super::side::{Side, fold, unaccented};
use super::stem::stem;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The most terms that one text yields, so that a hostile one costs no more than a long one.
const MOST: usize = 400;
/// The longest name that is looked up, in words.
const NAME: usize = 5;

/// The content terms of a text, in order: word stems and folded names of actors, each with the words as they stand there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Terms(Vec<Arc<Term>>);

#[derive(Debug, PartialEq)]
pub(super) struct Term {
    /// The stem, or the folded name.
    term: String,
    shown: String,
    actor: bool,
    /// A proper name: says who or where, not what was done.
    name: bool,
    /// What it weighs before the log is asked.
    prior: f64,
    /// Of what kind of wrong it speaks, where other words do as well.
    kind: Option<usize>,
}

/// Whom names mean, worked out once for many texts.
pub struct Glossary<'a> {
    actor: &'a dyn Fn(&str) -> Option<String>,
    actors: RefCell<HashMap<String, Option<Arc<Term>>>>,
    sides: RefCell<HashMap<(String, Option<String>), Side>>,
}

/// What words mean, as they stand. News says the same words every day, so each is worked out once: the place that a word
/// falls to remembers the last that fell to it, so that forgetting is never much work at once.
static WORDS: LazyLock<Mutex<Vec<Option<Known>>>> = LazyLock::new(|| Mutex::new(vec![None; WORDS_KNOWN]));

/// A word with its term, if it says anything, and whether it is a proper name there.
#[derive(Clone)]
struct Known {
    word: Box<str>,
    name: bool,
    term: Option<Arc<Term>>,
}

/// The places for words.
const WORDS_KNOWN: usize = 1 << 14;
/// The longest word that is remembered, in bytes.
const LONGEST_WORD: usize = 40;

impl fmt::Debug for Glossary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Glossary").finish_non_exhaustive()
    }
}

impl<'a> Glossary<'a> {
    /// An empty one. `actor` resolves a name as it stands in a text (*Moscow*, *Russian*) to its canonical actor, so that
    /// *arms for Moscow* and *arms for Russia* share both terms.
    pub fn new(actor: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Glossary { actor, actors: RefCell::default(), sides: RefCell::default() }
    }

    /// The side of that name ([`Side::new`]).
    pub fn side(&self, name: &str, actor: Option<&String>) -> Side {
        let named = (name.to_owned(), actor.cloned());
        let new = |(name, actor): &(String, Option<String>)| Side::new(name.clone(), actor.clone());
        self.sides.borrow_mut().entry(named).or_insert_with_key(new).clone()
    }

    fn actor(&self, name: &str) -> Option<Arc<Term>> {
        if let Some(known) = self.actors.borrow().get(name) {
            return known.clone();
        }
        let actor = (self.actor)(name).map(|shown| {
            let term = fold(&shown);
            Arc::new(Term { kind: kind(&term), term, shown, actor: true, name: true, prior: ACTOR })
        });
        self.actors.borrow_mut().insert(name.to_owned(), actor.clone());
        actor
    }
}

/// The term of a word; none of a number, a short word and one that says nothing of any matter.
fn term_of(word: &str, name: bool) -> Option<Arc<Term>> {
    if word.len() > LONGEST_WORD {
        return work_out(word, name);
    }
    let mut hasher = DefaultHasher::new();
    (word, name).hash(&mut hasher);
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let place = &mut words[hasher.finish() as usize % WORDS_KNOWN];
    if let Some(known) = place.as_ref().filter(|known| *known.word == *word && known.name == name) {
        return known.term.clone();
    }
    let term = work_out(word, name);
    *place = Some(Known { word: word.into(), name, term: term.clone() });
    term
}

fn work_out(word: &str, name: bool) -> Option<Arc<Term>> {
    let says = word.chars().count() > 2 && !word.chars().all(char::is_numeric);
    let term = says.then(|| stem(&word.to_lowercase().chars().flat_map(unaccented).collect::<String>()));
    let term = term.filter(|term| !term.is_empty() && prior(term) > 0.0)?;
    let (prior, kind) = (prior(&term), kind(&term));
    Some(Arc::new(Term { term, shown: word.to_owned(), actor: false, name, prior, kind }))
}

/// A name of a party, as it may stand in terms.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    folded: String,
    /// Of each word its stem, and all of a longer one but its last letter: *Veldanian* beside *Veldania*.
    words: Vec<(String, String)>,
}

impl Name {
    pub(super) fn new(name: &str) -> Name {
        let folded = fold(name);
        let root = |word: &str| match word.char_indices().next_back() {
            Some((last, _)) if word.len() > 4 => word[..last].to_owned(),
            _ => word.to_owned(),
        };
        let words = folded.split(' ').filter(|word| word.chars().count() > 2);
        Name { words: words.map(|word| (stem(word), root(word))).collect(), folded }
    }

    /// Whether the term is the name, or a form of a word of it.
    fn has(&self, Term { term, actor, .. }: &Term) -> bool {
        let form = |(stemmed, root): &(String, String)| term == stemmed || (root.len() > 3 && term.starts_with(root));
        *term == self.folded || (!actor && self.words.iter().any(form))
    }
}

/// Terms to be compared, in order.
#[derive(Debug, Clone)]
pub(super) struct Matter<'t>(Vec<(&'t str, &'t Term)>);

/// What two texts share.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shared {
    /// The shared terms, the weightiest first, as people read them.
    pub shown: Vec<String>,
    /// The sum of their weights.
    pub weight: f64,
    /// The same, as a share of what the less weighty of the two texts says; 0 where nothing shared is specific.
    pub share: f64,
    /// Whether a shared term says what was done: two accusations that share only the places may be of two matters.
    pub specific: bool,
}

impl Terms {
    /// The terms of a text.
    pub fn read(text: &str, glossary: &Glossary<'_>) -> Terms {
        let words = words(text);
        // In a headline with every word capitalised, a capital says nothing.
        let capitals = words.iter().filter(|word| word.capital).count();
        let headline = capitals * 5 > words.len() * 3;
        let mut terms = Terms::default();
        let mut at = 0;
        while at < words.len() && terms.0.len() < MOST {
            if let Some((actor, length)) = actor_at(text, &words, at, glossary) {
                terms.add(actor);
                at += length;
                continue;
            }
            let name = words[at].capital && at > 0 && !headline;
            let parts = bare(words[at].of(text)).split('-').filter_map(|part| term_of(part, name));
            parts.for_each(|part| terms.add(part));
            at += 1;
        }
        terms
    }

    /// Adds a term in its place, unless it is there.
    fn add(&mut self, term: Arc<Term>) {
        if let Err(at) = self.0.binary_search_by(|known| known.term.cmp(&term.term)) {
            self.0.insert(at, term);
        }
    }

    /// Whether the text says nothing of a matter.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the other has all of them.
    pub fn within(&self, other: &Terms) -> bool {
        let has = |term: &str| other.0.binary_search_by(|known| known.term.as_str().cmp(term)).is_ok();
        self.iter().all(has)
    }

    /// The terms as the log counts them: stems, and folded names of actors.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| entry.term.as_str())
    }

    /// The terms of both.
    pub fn union(&self, other: &Terms) -> Terms {
        let mut both = self.clone();
        other.0.iter().for_each(|term| both.add(term.clone()));
        both
    }

    /// The terms that are no part of any of these names: that *Veldania* stands in what Veldania is accused of is no
    /// sign that two accusations of Veldania are about one matter.
    pub(super) fn without(&self, names: &[&Name]) -> Matter<'_> {
        let terms = self.0.iter().filter(|entry| !names.iter().any(|name| name.has(entry)));
        Matter(terms.map(|entry| (entry.term.as_str(), &**entry)).collect())
    }
}

impl<'t> Matter<'t> {
    /// The terms with their weights. `weigh` gives a term's rarity in the log, 0 to 1 ([`rarity`]).
    pub(super) fn weighed(&self, weigh: &impl Fn(&str) -> f64) -> impl Iterator<Item = (&'t str, f64)> {
        self.0.iter().map(|(term, entry)| (*term, weight(term, entry, weigh)))
    }

    /// The terms of both.
    pub(super) fn and(&self, other: &Matter<'t>) -> Matter<'t> {
        let mut both = self.0.clone();
        both.extend(other.0.iter().filter(|(term, _)| !self.has(term)));
        both.sort_unstable_by_key(|(term, _)| *term);
        Matter(both)
    }

    fn has(&self, term: &str) -> bool {
        self.0.binary_search_by_key(&term, |(term, _)| term).is_ok()
    }

    /// What the two texts share. `weigh` gives a term's rarity in the log, 0 to 1 ([`rarity`]).
    pub(super) fn shared(&self, other: &Matter<'_>, weigh: &impl Fn(&str) -> f64) -> Shared {
        let mut shared: Vec<(f64, bool, &str)> = Vec::new();
        let mut others = other.0.iter().peekable();
        for (term, entry) in &self.0 {
            while others.next_if(|(other, _)| other < term).is_some() {}
            if others.peek().is_some_and(|(other, _)| other == term) {
                shared.push((weight(term, entry, weigh), !entry.name, &entry.shown));
            } else if let Some(kind) = entry.kind
                && let Some((like, twin)) = other.0.iter().find(|(_, twin)| twin.kind == Some(kind))
                && !self.has(like)
            {
                let least = weight(term, entry, weigh).min(weight(like, twin, weigh));
                shared.push((ALIKE * least, true, &entry.shown));
            }
        }
        shared.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(b.2)));
        let sum: f64 = shared.iter().map(|(weight, ..)| weight).sum();
        let specific = shared.iter().any(|(weight, deed, _)| *deed && *weight >= SPECIFIC)
            || shared.iter().filter(|(_, deed, _)| *deed).map(|(weight, ..)| weight).sum::<f64>() >= TOGETHER;
        // Most of what is compared shares nothing: the share is worked out for the rest alone.
        let total = |terms: &Matter<'_>| terms.weighed(weigh).map(|(_, weight)| weight).sum::<f64>();
        let less = if sum > 0.0 { total(self).min(total(other)) } else { 0.0 };
        Shared {
            weight: sum,
            share: if less > 0.0 { (sum / less).min(1.0) } else { 0.0 },
            specific,
            shown: shared
                .iter()
                .filter(|(weight, ..)| *weight >= 0.25)
                .map(|(.., shown)| (*shown).to_owned())
                .collect(),
        }
    }
}

/// How rare a term is that `with` of `all` statements of the log have: 1 for one that none has, towards 0 for one that
/// every one has. A thousand imagined statements without it keep a young log from calling its first story common.
pub fn rarity(with: u64, all: u64) -> f64 {
    let all = all.max(with) as f64 + 1000.0;
    (all / (with as f64 + 1.0)).ln() / all.ln()
}

/// What a word of the same kind weighs, beside the same word.
const ALIKE: f64 = 0.6;
/// The least weight of a term that says what was done.
const SPECIFIC: f64 = 0.3;
/// What several such terms weigh together at the least, where each alone is common: a log of one conflict has its words
/// in every story, and still many of them in one phrase say which deed is meant.
const TOGETHER: f64 = 0.9;

/// What is left of a term's weight in a log that has it in every statement. Rarity tells matters apart; it must not
/// make a log that follows one conflict deaf to it.
const COMMON: f64 = 0.25;
/// What an actor weighs before the log is asked.
const ACTOR: f64 = 0.5;

fn weight(term: &str, entry: &Term, weigh: &impl Fn(&str) -> f64) -> f64 {
    entry.prior * (COMMON + (1.0 - COMMON) * weigh(term).clamp(0.0, 1.0))
}

/// The kind of wrong that a stem is a word for, where there are several.
pub(super) fn kind(stem: &str) -> Option<usize> {
    VOCABULARY.alike.get(stem).copied()
}

/// What a stem weighs before the log is asked.
pub(super) fn prior(stem: &str) -> f64 {
    VOCABULARY.prior.get(stem).copied().unwrap_or(1.0)
}

struct Vocabulary {
    prior: HashMap<String, f64>,
    alike: HashMap<String, usize>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut vocabulary = Vocabulary { prior: HashMap::new(), alike: HashMap::new() };
    for (number, line) in include_str!("vocabulary.txt").lines().enumerate() {
        let Some((kind, words)) = line.split_once(": ").filter(|_| !line.starts_with('#')) else {
            continue;
        };
        for word in words.split_whitespace() {
            match kind {
                "alike" => {
                    vocabulary.alike.entry(stem(word)).or_insert(number);
                }
                _ => {
                    let prior = match kind {
                        "never" => 0.0,
                        "vague" => 0.15,
                        _ => 0.4,
                    };
                    vocabulary.prior.entry(stem(word)).or_insert(prior);
                }
            }
        }
    }
    vocabulary
});

/// Letters and digits with the marks that stand inside words.
#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    capital: bool,
}

impl Word {
    fn of<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if !first.is_alphanumeric() {
            continue;
        }
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '.')) {
            if c.is_alphanumeric() {
                end = at + c.len_utf8();
            } else if chars.peek().is_none_or(|(_, next)| !next.is_alphanumeric()) {
                // "U.S." keeps its last dot; the end of a sentence is no part of its last word.
                if c == '.' && text[start..end].contains('.') {
                    end = at + 1;
                }
                break;
            }
        }
        words.push(Word { start, end, capital: first.is_uppercase() });
    }
    words
}

/// The word without a possessive ending.
fn bare(word: &str) -> &str {
    word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word)
}

/// The actor whose name begins at that word, and how many words it has; the longest name counts.
fn actor_at(text: &str, words: &[Word], at: usize, glossary: &Glossary<'_>) -> Option<(Arc<Term>, usize)> {
    if !words[at].capital {
        return None;
    }
    let longest = words[at..].iter().take(NAME).enumerate().take_while(|(i, word)| {
        // A name goes on over one space, never over a comma or the end of a sentence.
        let joined = *i == 0 || text[words[at + i - 1].end..word.start] == *" ";
        joined && (word.capital || matches!(word.of(text), "of" | "the" | "and"))
    });
    let longest = longest.count();
    (1..=longest).rev().filter(|length| words[at + length - 1].capital).find_map(|length| {
        let name = bare(&text[words[at].start..words[at + length - 1].end]);
        Some((glossary.actor(name)?, length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veldania(name: &str) -> Option<String> {
        matches!(name, "Veldania" | "Veldanian" | "Ostrin" | "the V.R." | "V.R.").then(|| "Veldania".to_owned())
    }

    fn read(text: &str) -> Terms {
        Terms::read(text, &Glossary::new(&veldania))
    }

    fn share(one: &str, other: &str, rarity: f64) -> Shared {
        read(one).without(&[]).shared(&read(other).without(&[]), &|_| rarity)
    }

    #[test]
    fn words_of_saying_denying_and_time_are_no_terms() {
        assert!(read("He denied the baseless allegations on Tuesday and said they were false.").is_empty());
    }

    #[test]
    fn an_actor_is_one_term_under_any_of_its_names() {
        let shared = share("shells for Ostrin's army", "the Veldanian troops got shells; V.R. officials", 1.0);
        assert_eq!(shared.shown, ["shells", "Veldania"]);
    }

    #[test]
    fn a_name_does_not_go_on_over_a_comma() {
        assert!(read("In Brask, Ostrin and Pell").iter().any(|term| term == "veldania"));
    }

    #[test]
    fn other_words_for_the_same_kind_of_wrong_count_for_something() {
        let shared = share("sent artillery to the rebels", "ammunition reached the rebels", 1.0);
        assert!(shared.specific);
        assert_eq!(shared.shown, ["artillery", "rebels"]);
    }

    #[test]
    fn shared_places_alone_do_not_say_what_was_done() {
        let shared = share("shells for Veldania", "hackers from Veldania", 1.0);
        assert!(!shared.specific && shared.weight > 0.0);
    }

    #[test]
    fn a_shared_name_alone_does_not_say_what_was_done() {
        let shared = share("did not try to poison Orla Dunne", "refused to treat Orla Dunne", 1.0);
        assert_eq!((shared.specific, shared.shown), (false, vec!["Dunne".to_owned(), "Orla".to_owned()]));
        let shared = share("Denies Poisoning Orla Dunne", "that he poisoned Orla Dunne", 1.0);
        assert!(shared.specific, "in a headline every word is capitalised");
    }

    #[test]
    fn the_same_deed_is_recognised_in_a_log_that_has_its_words_everywhere() {
        let accused = "smuggling anti-tank missiles to rebels in the Sorvan valley";
        let saturated = share("that it had smuggled anti-tank missiles to rebels in the Sorvan valley", accused, 0.0);
        assert!(saturated.specific && saturated.share > 0.9, "{}", saturated.weight);
        let other = share("that it had trained rebels abroad", accused, 0.0);
        assert!(!other.specific, "one common word says nothing of the deed");
    }

    #[test]
    fn the_partys_own_names_are_no_matter() {
        let all = read("the Brask ferry sank off Kestria; a Kestrian captain");
        let kestria = Name::new("Kestria");
        let rest: Vec<&str> = all.without(&[&kestria]).weighed(&|_| 1.0).map(|(term, _)| term).collect();
        assert_eq!(rest, ["brask", "captain", "ferri", "sank"]);
    }

    #[test]
    fn a_term_of_every_statement_is_common_and_a_new_one_rare() {
        assert!(rarity(0, 0) > 0.99);
        assert!(rarity(50_000, 50_000) < 0.01);
        assert!(rarity(30, 30) > 0.4, "thirty outlets with one story do not make its words common");
    }

    #[test]
    fn a_hostile_text_has_no_more_terms_than_a_long_one() {
        let text: String = (0..10_000).map(|i| format!("w{i}x ")).collect();
        assert!(read(&text).iter().count() <= MOST + 1);
    }

    #[test]
    fn a_word_said_often_leaves_room_for_others() {
        let text = format!("{}harbour", "shells ".repeat(2 * MOST));
        assert!(read(&text).iter().any(|term| term == "harbour"));
    }
}
