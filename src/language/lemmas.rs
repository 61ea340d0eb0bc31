//! Dictionary forms, by rule and by a table of exceptions learned from treebanks.

use std::{collections::HashMap, sync::OnceLock};

use super::Tag;

/// Exceptions to the rules: form, class and lemma a line. Written by `examples/train_language.rs`.
const EXCEPTIONS: &str = include_str!("lemmas.tsv");

/// The class of tags that share their rules for lemmas; none where the lemma is the word itself.
pub fn class(tag: Tag) -> Option<char> {
    match tag {
        Tag::VBD | Tag::VBN => Some('d'),
        Tag::VBG => Some('g'),
        Tag::VBZ => Some('z'),
        Tag::VB | Tag::VBP | Tag::MD => Some('v'),
        Tag::NNS => Some('n'),
        Tag::JJR | Tag::RBR => Some('r'),
        Tag::JJS | Tag::RBS => Some('s'),
        Tag::RB | Tag::PRP | Tag::PRPS | Tag::DT | Tag::POS | Tag::IN => Some('x'),
        _ => None,
    }
}

/// Appends the lemma of a word with this tag.
pub(super) fn push(word: &str, tag: Tag, out: &mut String) {
    if matches!(tag, Tag::NNP | Tag::ADD | Tag::FW) {
        out.push_str(word);
        return;
    }
    let start = out.len();
    if word.is_ascii() {
        out.push_str(word);
        out[start..].make_ascii_lowercase();
    } else {
        out.extend(word.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }));
    }
    let Some(class) = class(tag) else { return };
    let lower = &out[start..];
    if lower.len() > 40 {
        return;
    }
    match exceptions().get(&(class, lower)) {
        Some(lemma) => out.replace_range(start.., lemma),
        None => {
            let (keep, ending) = rule(lower, class);
            out.truncate(start + keep);
            out.push_str(ending);
        }
    }
}

/// The rule's lemma: how many bytes of the form to keep, and what to append.
pub fn rule(form: &str, class: char) -> (usize, &'static str) {
    let stem = |ending: &str| {
        form.strip_suffix(ending).filter(|stem| stem.chars().any(|c| "aeiouy".contains(c)) || ending == "s")
    };
    let cut = match class {
        'd' => stem("ied").map(|s| (s.len(), "y")).or_else(|| stem("ed").map(restore)),
        'g' => stem("ing").map(restore),
        'z' | 'n' => plural(form),
        'r' => stem("ier").map(|s| (s.len(), "y")).or_else(|| stem("er").map(restore)),
        's' => stem("iest").map(|s| (s.len(), "y")).or_else(|| stem("est").map(restore)),
        _ => None,
    };
    cut.unwrap_or((form.len(), ""))
}

fn plural(form: &str) -> Option<(usize, &'static str)> {
    let n = form.len();
    if n > 4 && form.ends_with("ies") {
        return Some((n - 3, "y"));
    }
    if ["sses", "shes", "ches", "xes", "zzes", "oes"].iter().any(|e| form.ends_with(e)) {
        return Some((n - 2, ""));
    }
    (n > 2 && form.ends_with('s') && !form.ends_with("ss") && !form.ends_with("us")).then_some((n - 1, ""))
}

/// Brings back an *e* that an ending swallowed (*accus-ed*), or drops a doubled consonant (*stopp-ed*).
fn restore(stem: &str) -> (usize, &'static str) {
    let n = stem.len();
    let bytes = stem.as_bytes();
    let vowel = |i: usize| i < n && matches!(bytes[i], b'a' | b'e' | b'i' | b'o' | b'u');
    if n < 2 || !stem.is_ascii() {
        return (n, "");
    }
    let last = bytes[n - 1];
    if n > 3 && last == bytes[n - 2] && matches!(last, b'b' | b'd' | b'g' | b'm' | b'n' | b'p' | b'r' | b't') {
        return (n - 1, "");
    }
    let swallowed = matches!(last, b'c' | b'v' | b'u')
        || last == b's' && !matches!(bytes[n - 2], b's')
        || last == b'z' && bytes[n - 2] != b'z'
        || last == b'g' && !matches!(bytes[n - 2], b'n' | b'o' | b'g' | b'a')
        || last == b'g'
            && stem.ends_with("eng") | stem.ends_with("ang") | stem.ends_with("nag") | stem.ends_with("gag")
        || last == b'l'
            && n > 2
            && matches!(bytes[n - 2], b'b' | b'c' | b'd' | b'f' | b'g' | b'k' | b'p' | b't' | b'z')
        || stem.ends_with("at") && n > 3 && !matches!(bytes[n - 3], b'e' | b'o')
        || last == b'r' && matches!(bytes[n - 2], b'u' | b'i') && n > 2
        || last == b'r' && bytes[n - 2] == b'a' && n > 2 && !vowel(n - 3)
        || last == b'i' && n == 1
        || n == 3 && !vowel(0) && vowel(1) && matches!(last, b'k' | b'm' | b'p' | b't' | b'd' | b'n')
        || stem.ends_with("am") && n > 3 && !vowel(n - 3)
        || stem.ends_with("id") && n > 3
        || stem.ends_with("in") && n > 3 && !vowel(n - 3)
        || stem.ends_with("ut") && n > 4 && !vowel(n - 3);
    (n, if swallowed { "e" } else { "" })
}

fn exceptions() -> &'static HashMap<(char, &'static str), &'static str> {
    static TABLE: OnceLock<HashMap<(char, &'static str), &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| {
        EXCEPTIONS
            .lines()
            .filter_map(|line| {
                let (form, rest) = line.split_once('\t')?;
                let (class, lemma) = rest.split_once('\t')?;
                Some(((class.chars().next()?, form), lemma))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lemma(word: &str, tag: Tag) -> String {
        let mut out = String::new();
        push(word, tag, &mut out);
        out
    }

    #[test]
    fn verbs_of_saying_have_their_lemmas() {
        for (form, tag, expected) in [
            ("said", Tag::VBD, "say"),
            ("Denied", Tag::VBD, "deny"),
            ("accusing", Tag::VBG, "accuse"),
            ("rejects", Tag::VBZ, "reject"),
            ("told", Tag::VBN, "tell"),
            ("admitted", Tag::VBD, "admit"),
            ("blamed", Tag::VBN, "blame"),
            ("alleging", Tag::VBG, "allege"),
            ("dismisses", Tag::VBZ, "dismiss"),
            ("has", Tag::VBZ, "have"),
            ("refuted", Tag::VBD, "refute"),
            ("claiming", Tag::VBG, "claim"),
            ("repudiated", Tag::VBD, "repudiate"),
            ("rebutted", Tag::VBD, "rebut"),
            ("n't", Tag::RB, "not"),
            ("allegations", Tag::NNS, "allegation"),
            ("women", Tag::NNS, "woman"),
        ] {
            assert_eq!(lemma(form, tag), expected, "{form}");
        }
    }

    #[test]
    fn names_keep_their_case() {
        assert_eq!(lemma("Orland", Tag::NNP), "Orland");
    }
}
