//! What nouns name: persons, organisations, titles; read once from `nouns.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What kind of thing bears a name or is meant by a noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    Person,
    /// An organisation or state.
    Body,
    /// Anything else, or unknown.
    Unknown,
}

/// A person's sex, for pronouns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Sex {
    Female,
    Male,
}

/// What a pronoun of the third person tells of whom it means: the sex, whether they are several, the kind. None of other words;
/// `word` in small letters.
pub fn pronoun(word: &str) -> Option<(Option<Sex>, bool, Kind)> {
    match word {
        "he" | "him" | "his" | "himself" => Some((Some(Sex::Male), false, Kind::Person)),
        "she" | "her" | "hers" | "herself" => Some((Some(Sex::Female), false, Kind::Person)),
        "they" | "them" | "their" | "theirs" | "themselves" => Some((None, true, Kind::Unknown)),
        "it" | "its" | "itself" => Some((None, false, Kind::Body)),
        _ => None,
    }
}

/// What one noun tells.
#[derive(Debug, Clone, Copy, Default)]
struct Tells {
    title: bool,
    body: bool,
    kind: Option<Kind>,
    sex: Option<Sex>,
}

/// The nouns, by dictionary form in small letters.
#[derive(Debug)]
pub struct Nouns(HashMap<&'static str, Tells>);

/// The compiled-in nouns.
pub static NOUNS: LazyLock<Nouns> = LazyLock::new(|| {
    let mut nouns: HashMap<&'static str, Tells> = HashMap::new();
    for line in include_str!("nouns.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((kind, words)) = line.split_once(':') else { continue };
        for word in words.split_whitespace() {
            let tells = nouns.entry(word).or_default();
            match kind {
                "title" => tells.title = true,
                "body" => (tells.body, tells.kind) = (true, Some(Kind::Body)),
                "group" => tells.kind = Some(Kind::Body),
                "person" => tells.kind = Some(Kind::Person),
                "m" => (tells.kind, tells.sex) = (Some(Kind::Person), Some(Sex::Male)),
                "f" => (tells.kind, tells.sex) = (Some(Kind::Person), Some(Sex::Female)),
                _ => {}
            }
        }
    }
    Nouns(nouns)
});

impl Nouns {
    fn tells(&self, noun: &str) -> Tells {
        self.0.get(noun).copied().unwrap_or_default()
    }

    /// Whether it stands before a person's name.
    pub fn title(&self, noun: &str) -> bool {
        self.tells(noun).title
    }

    /// Whether it makes a name that of an organisation.
    pub fn body(&self, noun: &str) -> bool {
        self.tells(noun).body
    }

    /// What it means by itself.
    pub fn kind(&self, noun: &str) -> Kind {
        self.tells(noun).kind.unwrap_or(Kind::Unknown)
    }

    /// The sex of the person that it means.
    pub fn sex(&self, noun: &str) -> Option<Sex> {
        self.tells(noun).sex
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_tell_titles_bodies_and_persons() {
        assert!(NOUNS.title("minister") && !NOUNS.title("table"));
        assert!(NOUNS.body("ministry"));
        assert_eq!((NOUNS.kind("woman"), NOUNS.sex("woman")), (Kind::Person, Some(Sex::Female)));
        assert_eq!((NOUNS.kind("table"), NOUNS.sex("table")), (Kind::Unknown, None));
    }

    #[test]
    fn every_line_of_the_nouns_is_of_a_known_kind() {
        for line in include_str!("nouns.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let kind = line.split_once(':').map(|(kind, _)| kind);
            assert!(matches!(kind, Some("title" | "body" | "group" | "person" | "m" | "f")), "{line}");
        }
    }
}
