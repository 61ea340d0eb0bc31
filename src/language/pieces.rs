//! Words to word pieces: the vocabulary of the encoder, in the manner of BERT (lower case, no accents, marks apart,
//! then the longest known piece from the left).

use icu_normalizer::DecomposingNormalizerBorrowed;
use std::collections::HashMap;

/// The longest word that is cut into pieces, in characters; a longer one is unknown as a whole.
const LONGEST: usize = 100;

/// The pieces known to an encoder, each with its number.
#[derive(Debug, Clone)]
pub struct Pieces {
    numbers: HashMap<Box<str>, u32>,
    unknown: u32,
}

impl Pieces {
    /// The pieces in the order of their numbers; those inside a word start with `##`. None without `[UNK]`.
    pub fn new<'p>(pieces: impl Iterator<Item = &'p str>) -> Option<Pieces> {
        let numbers: HashMap<Box<str>, u32> = pieces.zip(0..).map(|(piece, number)| (piece.into(), number)).collect();
        let unknown = *numbers.get("[UNK]")?;
        Some(Pieces { numbers, unknown })
    }

    /// The number of a piece.
    pub fn number(&self, piece: &str) -> Option<u32> {
        self.numbers.get(piece).copied()
    }

    /// Adds the pieces of a word, one at least.
    pub fn cut(&self, word: &str, pieces: &mut Vec<u32>) {
        let before = pieces.len();
        let lower = word.to_lowercase();
        let plain: String = match lower.is_ascii() {
            true => lower,
            false => {
                let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&lower);
                decomposed.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c) && !c.is_control()).collect()
            }
        };
        let mut rest = plain.as_str();
        while let Some(first) = rest.chars().next() {
            let end = match is_mark(first) {
                true => first.len_utf8(),
                false => rest.find(is_mark).unwrap_or(rest.len()),
            };
            let (part, after) = rest.split_at(end);
            rest = after;
            self.cut_part(part, pieces);
        }
        if pieces.len() == before {
            pieces.push(self.unknown);
        }
    }

    fn cut_part(&self, part: &str, pieces: &mut Vec<u32>) {
        let before = pieces.len();
        if part.chars().count() > LONGEST {
            pieces.push(self.unknown);
            return;
        }
        let mut start = 0;
        let mut key = String::with_capacity(part.len() + 2);
        while start < part.len() {
            let ends = part[start..].char_indices().map(|(at, c)| start + at + c.len_utf8()).rev();
            let found = ends.into_iter().find_map(|end| {
                key.clear();
                if start > 0 {
                    key.push_str("##");
                }
                key.push_str(&part[start..end]);
                self.number(&key).map(|number| (end, number))
            });
            let Some((end, number)) = found else {
                pieces.truncate(before);
                pieces.push(self.unknown);
                return;
            };
            pieces.push(number);
            start = end;
        }
    }
}

/// Whether BERT sets the character apart.
fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation() || !c.is_alphanumeric() && !c.is_whitespace() && !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_falls_into_the_longest_known_pieces() {
        let pieces = Pieces::new(["[UNK]", "deni", "##ed", "##able", "co", "-", "war", "a"].into_iter()).unwrap();
        let cut = |word: &str| {
            let mut cut = Vec::new();
            pieces.cut(word, &mut cut);
            cut
        };
        assert_eq!(cut("Denied"), [1, 2]);
        assert_eq!(cut("co-war"), [4, 5, 6]);
        assert_eq!(cut("wärã"), [0], "one part unknown, one piece");
        assert_eq!(cut("à"), [7], "accents fall away");
        assert_eq!(cut("\u{301}"), [0], "never nothing");
        assert_eq!(cut(&"a".repeat(200)), [0]);
    }
}
