//! Tags and trees of a sentence. For now by closed classes, shape and suffix, every token below the first.

use super::{Dep, Tag, Token, Upos};

/// Tags the tokens of one sentence and builds its tree; `first` is the index of its first token in the document.
pub(super) fn analyse(text: &str, tokens: &mut [Token], first: usize) {
    for (i, token) in tokens.iter_mut().enumerate() {
        (token.tag, token.upos) = guess(token.span.of(text), i == 0);
        token.head = (i > 0).then_some(first);
        token.dep = if i == 0 { Dep::Root } else { Dep::Dep };
    }
}

fn guess(word: &str, initial: bool) -> (Tag, Upos) {
    let lower = word.to_lowercase();
    let ends = |suffix: &str| lower.len() > suffix.len() + 2 && lower.ends_with(suffix);
    match lower.as_str() {
        "the" | "a" | "an" | "this" | "that" | "these" | "those" => (Tag::DT, Upos::Det),
        "he" | "she" | "it" | "they" | "we" | "i" | "you" | "him" | "them" | "us" => (Tag::PRP, Upos::Pron),
        "his" | "their" | "its" | "our" | "my" | "your" => (Tag::PRPS, Upos::Pron),
        "of" | "in" | "on" | "by" | "with" | "for" | "from" | "at" => (Tag::IN, Upos::Adp),
        "and" | "or" | "but" => (Tag::CC, Upos::Cconj),
        "said" | "told" | "was" | "were" | "had" => (Tag::VBD, Upos::Verb),
        "says" | "is" | "has" => (Tag::VBZ, Upos::Verb),
        "." | "!" | "?" => (Tag::Period, Upos::Punct),
        "," => (Tag::Comma, Upos::Punct),
        _ if !word.chars().any(char::is_alphanumeric) => (Tag::Colon, Upos::Punct),
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => (Tag::CD, Upos::Num),
        _ if word.starts_with(char::is_uppercase) && !initial => (Tag::NNP, Upos::Propn),
        _ if ends("ed") => (Tag::VBD, Upos::Verb),
        _ if ends("ing") => (Tag::VBG, Upos::Verb),
        _ if ends("ly") => (Tag::RB, Upos::Adv),
        _ if ends("s") => (Tag::NNS, Upos::Noun),
        _ => (Tag::NN, Upos::Noun),
    }
}
