//! Word stems by M. F. Porter's algorithm ("An algorithm for suffix stripping", *Program* 14, 1980), as the log's
//! full-text index has them (FTS5's `porter`), so that what is found there is what is compared.

/// The stem of a lower-case word; a word with other letters than a to z is its own stem.
pub fn stem(word: &str) -> String {
    let mut w = Word(word.as_bytes().to_vec());
    if w.0.len() <= 2 || !w.0.iter().all(u8::is_ascii_lowercase) {
        return word.to_owned();
    }
    w.plurals();
    w.past_and_gerund();
    w.final_y();
    w.suffixes(&[
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("logi", "log"),
        ("bli", "ble"),
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
        ("iviti", "ive"),
        ("biliti", "ble"),
    ]);
    w.suffixes(&[
        ("icate", "ic"),
        ("ative", ""),
        ("alize", "al"),
        ("iciti", "ic"),
        ("ical", "ic"),
        ("ful", ""),
        ("ness", ""),
    ]);
    w.last_suffix();
    w.final_e();
    String::from_utf8(w.0).unwrap_or_else(|_| word.to_owned())
}

struct Word(Vec<u8>);

impl Word {
    fn consonant(&self, i: usize) -> bool {
        match self.0[i] {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => i == 0 || !self.consonant(i - 1),
            _ => true,
        }
    }

    /// Porter's m of the first `len` letters: how many vowel-consonant sequences.
    fn measure(&self, len: usize) -> usize {
        (1..len).filter(|i| self.consonant(*i) && !self.consonant(i - 1)).count()
    }

    fn has_vowel(&self, len: usize) -> bool {
        (0..len).any(|i| !self.consonant(i))
    }

    fn double_consonant(&self, len: usize) -> bool {
        len >= 2 && self.0[len - 1] == self.0[len - 2] && self.consonant(len - 1)
    }

    /// Porter's *o: consonant, vowel, consonant, the last not w, x or y.
    fn short(&self, len: usize) -> bool {
        len >= 3
            && self.consonant(len - 3)
            && !self.consonant(len - 2)
            && self.consonant(len - 1)
            && !matches!(self.0[len - 1], b'w' | b'x' | b'y')
    }

    /// The length before the suffix, where the word has it.
    fn before(&self, suffix: &str) -> Option<usize> {
        self.0.ends_with(suffix.as_bytes()).then(|| self.0.len() - suffix.len())
    }

    fn replace(&mut self, len: usize, with: &str) {
        self.0.truncate(len);
        self.0.extend_from_slice(with.as_bytes());
    }

    fn plurals(&mut self) {
        if let Some(len) = self.before("sses").or_else(|| self.before("ies")) {
            self.0.truncate(len + if self.0[len] == b's' { 2 } else { 1 });
        } else if self.before("ss").is_none()
            && let Some(len) = self.before("s")
        {
            self.0.truncate(len);
        }
    }

    fn past_and_gerund(&mut self) {
        if let Some(len) = self.before("eed") {
            if self.measure(len) > 0 {
                self.0.pop();
            }
            return;
        }
        let Some(len) = self.before("ed").or_else(|| self.before("ing")).filter(|len| self.has_vowel(*len)) else {
            return;
        };
        self.0.truncate(len);
        if ["at", "bl", "iz"].iter().any(|end| self.before(end).is_some()) {
            self.0.push(b'e');
        } else if self.double_consonant(len) && !matches!(self.0[len - 1], b'l' | b's' | b'z') {
            self.0.pop();
        } else if self.measure(len) == 1 && self.short(len) {
            self.0.push(b'e');
        }
    }

    fn final_y(&mut self) {
        if let Some(len) = self.before("y").filter(|len| self.has_vowel(*len)) {
            self.replace(len, "i");
        }
    }

    fn suffixes(&mut self, table: &[(&str, &str)]) {
        if let Some((len, with)) = table.iter().find_map(|(suffix, with)| Some((self.before(suffix)?, with)))
            && self.measure(len) > 0
        {
            self.replace(len, with);
        }
    }

    fn last_suffix(&mut self) {
        const SUFFIXES: &[&str] = &[
            "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate",
            "iti", "ous", "ive", "ize",
        ];
        let Some((suffix, len)) = SUFFIXES.iter().find_map(|suffix| Some((*suffix, self.before(suffix)?))) else {
            return;
        };
        let after_s_or_t = len > 0 && matches!(self.0[len - 1], b's' | b't');
        if self.measure(len) > 1 && (suffix != "ion" || after_s_or_t) {
            self.0.truncate(len);
        }
    }

    fn final_e(&mut self) {
        if let Some(len) = self.before("e") {
            let m = self.measure(len);
            if m > 1 || (m == 1 && !self.short(len)) {
                self.0.truncate(len);
            }
        }
        let len = self.0.len();
        if len > 1 && self.0[len - 1] == b'l' && self.double_consonant(len) && self.measure(len) > 1 {
            self.0.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn the_papers_examples_have_the_papers_stems() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("cats", "cat"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("happy", "happi"),
            ("relational", "relat"),
            ("vietnamization", "vietnam"),
            ("formalize", "formal"),
            ("hopefulness", "hope"),
            ("revival", "reviv"),
            ("adjustment", "adjust"),
            ("adoption", "adopt"),
            ("probate", "probat"),
            ("controlling", "control"),
            ("oscillators", "oscil"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn forms_of_one_word_meet() {
        assert_eq!(stem("supplying"), stem("supplies"));
        assert_eq!(stem("poisoned"), stem("poisoning"));
    }

    #[test]
    fn words_of_other_letters_stay() {
        assert_eq!(stem("łódź"), "łódź");
        assert_eq!(stem("su"), "su");
    }
}
