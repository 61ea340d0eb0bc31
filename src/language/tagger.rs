//! Parts of speech: a greedy tagger from left to right.
//!
//! A class is a pair of Penn Treebank tag and universal part of speech, so that an auxiliary *have* and a full verb
//! *have* differ. The features are those of Collins (2002) and Honnibal's later taggers: the word, its neighbours, its
//! affixes and shape, and the classes of the two words before it.

use super::linear::{Weights, feature, hash_bytes};

/// What the models know of a word by its letters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Form {
    /// Hash of the word in lower case, digits made alike.
    pub lower: u32,
    /// Hashes of the last one, two, three and four characters.
    pub suffixes: [u32; 4],
    /// Hashes of the first one, two and three characters.
    pub prefixes: [u32; 3],
    /// Capitals, digits, hyphens.
    pub shape: u32,
}

impl Form {
    /// The form of a word.
    pub fn of(word: &str) -> Form {
        let mut lower = [0u8; 64];
        let mut length = 0;
        let mut encoded = [0u8; 4];
        'word: for c in word.chars() {
            let c = match c {
                '0'..='9' => '0',
                '’' | '‘' => '\'',
                '“' | '”' => '"',
                _ => c,
            };
            for l in c.to_lowercase() {
                let bytes = l.encode_utf8(&mut encoded).as_bytes();
                if length + bytes.len() > lower.len() {
                    break 'word;
                }
                lower[length..length + bytes.len()].copy_from_slice(bytes);
                length += bytes.len();
            }
        }
        let lower = &lower[..length];
        let end = |n: usize| hash_bytes(lower[length.saturating_sub(n)..].iter().copied().chain([n as u8]));
        let start = |n: usize| hash_bytes(lower[..n.min(length)].iter().copied().chain([n as u8]));
        Form {
            lower: hash_bytes(lower.iter().copied()),
            suffixes: [end(1), end(2), end(3), end(4)],
            prefixes: [start(1), start(2), start(3)],
            shape: shape(word),
        }
    }

    fn is_capital(self) -> bool {
        matches!(self.shape & 7, 2..=4)
    }
}

/// Case in the lowest three bits (1 small, 2 Capital, 3 CAPITALS, 4 one capital, 5 mIxed, 0 no letters), then whether
/// there are digits, hyphens, full stops or other marks.
fn shape(word: &str) -> u32 {
    let (mut upper, mut small, mut other, mut first) = (0, 0, 0, false);
    for (i, c) in word.chars().enumerate() {
        if c.is_uppercase() {
            upper += 1;
            first |= i == 0;
        } else if c.is_alphabetic() {
            small += 1;
        } else if c.is_numeric() {
            other |= 8;
        } else {
            other |= match c {
                '-' | '–' => 16,
                '.' => 32,
                _ => 64,
            };
        }
    }
    let case = match (upper, small) {
        (0, 0) => 0,
        (0, _) => 1,
        (1, 0) => 4,
        (_, 0) => 3,
        (1, _) if first => 2,
        _ => 5,
    };
    case | other
}

/// How a sentence is written: 0 as usual, 1 Like a Headline, 2 IN CAPITALS.
pub fn style(forms: &[Form]) -> u32 {
    let cased = forms.iter().filter(|form| form.shape & 7 != 0).count();
    let capital = forms.iter().filter(|form| form.is_capital()).count();
    let all = forms.iter().filter(|form| form.shape & 7 == 3).count();
    match () {
        () if cased >= 3 && all * 10 >= cased * 7 => 2,
        () if cased >= 4 && capital * 10 >= cased * 7 => 1,
        () => 0,
    }
}

/// The features for the class of the word `at`, after the classes before it; replaces what `out` held.
pub fn features(forms: &[Form], style: u32, at: usize, before: [u8; 2], out: &mut Vec<u32>) {
    let edge = Form { lower: 1, suffixes: [1; 4], prefixes: [1; 3], shape: 1 << 10 };
    let form = |offset: isize| at.checked_add_signed(offset).and_then(|i| forms.get(i)).unwrap_or(&edge);
    let (word, last, next, second, third) = (form(0), form(-1), form(1), form(2), form(-2));
    let [one, two] = before.map(u32::from);
    let case = word.shape << 3 | style << 1 | u32::from(at == 0);
    out.clear();
    let mut add = |template: u32, a: u32, b: u32, c: u32| out.push(feature(template, [a, b, c]));
    add(1, word.lower, 0, 0);
    add(2, word.lower, case, 0);
    add(3, word.suffixes[0], 0, 0);
    add(4, word.suffixes[1], 0, 0);
    add(5, word.suffixes[2], 0, 0);
    add(6, word.suffixes[3], 0, 0);
    add(7, word.prefixes[0], 0, 0);
    add(8, word.prefixes[1], 0, 0);
    add(9, word.prefixes[2], 0, 0);
    add(10, case, 0, 0);
    add(11, case, word.suffixes[2], 0);
    add(12, one, 0, 0);
    add(13, one, two, 0);
    add(14, one, word.lower, 0);
    add(15, one, two, word.lower);
    add(16, one, word.suffixes[2], 0);
    add(17, one, case, 0);
    add(18, last.lower, 0, 0);
    add(19, last.lower, word.lower, 0);
    add(20, next.lower, 0, 0);
    add(21, next.lower, word.lower, 0);
    add(22, one, next.lower, 0);
    add(23, third.lower, 0, 0);
    add(24, second.lower, 0, 0);
    add(25, next.suffixes[2], next.shape & 7, 0);
    add(26, next.suffixes[2], word.suffixes[2], one);
    add(27, last.suffixes[2], 0, 0);
    add(28, next.shape, case, 0);
    add(29, last.shape, case, 0);
    add(30, next.lower, second.lower, 0);
    add(31, last.lower, third.lower, 0);
    add(32, one, word.suffixes[1], next.suffixes[1]);
    add(33, one, two, next.suffixes[2]);
    add(34, last.lower, word.suffixes[2], next.lower);
    add(35, word.lower, second.lower, 0);
    add(36, word.prefixes[2], word.suffixes[1], 0);
}

/// The class of each word of a sentence, among the first `classes`.
pub fn tag(weights: &Weights, classes: usize, forms: &[Form], out: &mut Vec<u8>) {
    let mut on = Vec::with_capacity(40);
    let style = style(forms);
    let mut before = [255, 255];
    out.clear();
    for at in 0..forms.len() {
        features(forms, style, at, before, &mut on);
        let mut scores = [0; 256];
        for &feature in &on {
            weights.add(feature, &mut scores);
        }
        let best = (0..classes).max_by_key(|&class| (scores[class], std::cmp::Reverse(class))).unwrap_or(0) as u8;
        out.push(best);
        before = [best, before[0]];
    }
}
