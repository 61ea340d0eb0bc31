//! The word lists of the engine, read once from their data files: `cues.toml` and `wrongs.txt`.

use super::Act;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Where the parts of an attribution stand around its cue; `cues.toml` explains each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "named and explained in the lexicon's head")]
pub enum Frame {
    Says,
    Feels,
    Tells,
    Quotes,
    Hears,
    Calls,
    Topic,
    Denies,
    Rejects,
    Blames,
    BlamesOn,
    Charged,
    Alleges,
    Pleads,
    Noun,
    Adverb,
}

/// One cue of the lexicon.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// What it does when its content says nothing else.
    pub act: Act,
    /// Where speaker, content and the blamed stand.
    pub frame: Frame,
    /// An invented sentence, marked up as the lexicon's head explains.
    #[cfg_attr(not(test), expect(dead_code, reason = "the example is the cue's test"))]
    pub example: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    verb: HashMap<String, Cue>,
    noun: HashMap<String, Cue>,
    adverb: HashMap<String, Cue>,
}

/// The cue lexicon.
#[derive(Debug)]
pub struct Cues {
    verbs: HashMap<String, Cue>,
    /// Verbs of several words by their first: the rest, and the cue.
    phrasal: HashMap<String, Vec<(Vec<String>, Cue)>>,
    nouns: HashMap<String, Cue>,
    adverbs: HashMap<String, Cue>,
    /// Regular past and third-person forms of the verbs, for words that the tagger took for something else.
    forms: HashMap<String, String>,
}

impl Cues {
    /// The dictionary form of a verb cue's regular past or third-person form, in small letters: *dismissed*, *denies*.
    pub fn verb_of_form(&self, form: &str) -> Option<&str> {
        self.forms.get(form).map(String::as_str)
    }

    /// The verb cue of this dictionary form, whose following words in lower case are `after`; with the number of words it has.
    pub fn verb<'w>(&self, lemma: &str, after: impl Fn(usize) -> Option<&'w str>) -> Option<(&Cue, usize)> {
        if let Some(phrases) = self.phrasal.get(lemma) {
            for (rest, cue) in phrases {
                let all = rest
                    .iter()
                    .enumerate()
                    .all(|(i, word)| after(i).is_some_and(|next| next.eq_ignore_ascii_case(word)));
                if all {
                    return Some((cue, rest.len() + 1));
                }
            }
        }
        self.verbs.get(lemma).map(|cue| (cue, 1))
    }

    /// The noun cue of this dictionary form.
    pub fn noun(&self, lemma: &str) -> Option<&Cue> {
        self.nouns.get(lemma)
    }

    /// The adverb cue of this form.
    pub fn adverb(&self, lemma: &str) -> Option<&Cue> {
        self.adverbs.get(lemma)
    }

    #[cfg(test)]
    pub(super) fn examples(&self) -> impl Iterator<Item = (String, &Cue)> {
        let phrasal = self.phrasal.iter().flat_map(|(first, phrases)| {
            phrases.iter().map(move |(rest, cue)| (format!("{first} {}", rest.join(" ")), cue))
        });
        [&self.verbs, &self.nouns, &self.adverbs]
            .into_iter()
            .flat_map(|cues| cues.iter().map(|(word, cue)| (word.clone(), cue)))
            .chain(phrasal)
    }
}

/// The cue lexicon, compiled in.
pub static CUES: LazyLock<Cues> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("cues.toml")).expect("the compiled-in lexicon is tested");
    let mut verbs = HashMap::new();
    let mut phrasal: HashMap<String, Vec<(Vec<String>, Cue)>> = HashMap::new();
    for (key, cue) in file.verb {
        let mut words = key.split(' ').map(str::to_owned);
        let first = words.next().unwrap_or_default();
        let rest: Vec<String> = words.collect();
        if rest.is_empty() {
            verbs.insert(first, cue);
        } else {
            phrasal.entry(first).or_default().push((rest, cue));
        }
    }
    for phrases in phrasal.values_mut() {
        phrases.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
    }
    let forms = verbs
        .keys()
        .chain(phrasal.keys())
        .flat_map(|verb| regular_forms(verb).into_iter().map(|form| (form, verb.clone())))
        .collect();
    Cues { verbs, phrasal, nouns: file.noun, adverbs: file.adverb, forms }
});

/// The regular past and third-person forms of a verb.
fn regular_forms(verb: &str) -> [String; 2] {
    if let Some(stem) = verb.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        return [format!("{stem}ied"), format!("{stem}ies")];
    }
    let past = if verb.ends_with('e') { format!("{verb}d") } else { format!("{verb}ed") };
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| verb.ends_with(end));
    [past, if hisses { format!("{verb}es") } else { format!("{verb}s") }]
}

/// A list of `wrongs.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
#[allow(missing_docs, reason = "named and explained in the file's head")]
pub enum List {
    Does,
    May,
    Deed,
    Doer,
    Bad,
    How,
    Allegation,
    Refused,
    Untrue,
}

const LISTS: [&str; 9] = ["does", "may", "deed", "doer", "bad", "how", "allegation", "refused", "untrue"];

static WRONGS: LazyLock<Vec<HashSet<&'static str>>> = LazyLock::new(|| {
    let mut lists = vec![HashSet::new(); LISTS.len()];
    for line in include_str!("wrongs.txt").lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, words)) = line.split_once(':')
            && let Some(list) = LISTS.iter().position(|known| *known == name)
        {
            lists[list].extend(words.split_whitespace());
        }
    }
    lists
});

impl List {
    /// Whether the list has this dictionary form.
    pub fn has(self, lemma: &str) -> bool {
        WRONGS[self as usize].contains(lemma)
    }
}
