//! The language that an article is written in.

use std::fmt;
use whatlang::{Lang, Script};

/// Letters below which a text in Latin script is too short to tell. Headlines are; one with a summary is not.
const ENOUGH_LETTERS: usize = 120;

/// A text shows its language early; the rest is not looked at. In bytes.
const LOOKED_AT: usize = 4096;

/// The language that a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English: what the engine reads.
    English,
    /// Another one.
    Other(Lang),
    /// Too short or too mixed to tell.
    Unknown,
}

impl Language {
    /// ISO 639: the code of two letters where there is one, else of three; `und` where it can't be told.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Other(lang) => short_code(lang),
            Language::Unknown => "und",
        }
    }

    /// Whether the engine reads it. What can't be told is read: a short English text missed would be a denial missed.
    pub fn is_analysed(self) -> bool {
        !matches!(self, Language::Other(_))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Language::English => f.write_str("English"),
            Language::Other(lang) => f.write_str(lang.eng_name()),
            Language::Unknown => f.write_str("language unknown"),
        }
    }
}

/// Which language `text` is written in.
pub fn language_of(text: &str) -> Language {
    let text = super::beginning(text, LOOKED_AT);
    let Some(info) = whatlang::detect(text) else { return Language::Unknown };
    let letters = text.chars().filter(|c| c.is_alphabetic()).take(ENOUGH_LETTERS).count();
    let told_by_script = info.script() != Script::Latin && letters >= 12;
    match info.lang() {
        Lang::Eng if info.is_reliable() || letters >= ENOUGH_LETTERS => Language::English,
        lang if told_by_script => Language::Other(lang),
        lang if info.is_reliable() && letters >= ENOUGH_LETTERS && !has_english_articles(text) => Language::Other(lang),
        _ => Language::Unknown,
    }
}

/// One word in forty is "the": short English full of foreign names looks foreign by its letters alone.
fn has_english_articles(text: &str) -> bool {
    let articles = text.split_whitespace().filter(|word| word.eq_ignore_ascii_case("the")).count();
    articles * 40 >= text.split_whitespace().count()
}

fn short_code(lang: Lang) -> &'static str {
    match lang.code() {
        "afr" => "af",
        "aka" => "ak",
        "amh" => "am",
        "ara" => "ar",
        "aze" => "az",
        "bel" => "be",
        "ben" => "bn",
        "bul" => "bg",
        "cat" => "ca",
        "ces" => "cs",
        "cmn" => "zh",
        "cym" => "cy",
        "dan" => "da",
        "deu" => "de",
        "ell" => "el",
        "eng" => "en",
        "epo" => "eo",
        "est" => "et",
        "fin" => "fi",
        "fra" => "fr",
        "guj" => "gu",
        "heb" => "he",
        "hin" => "hi",
        "hrv" => "hr",
        "hun" => "hu",
        "hye" => "hy",
        "ind" => "id",
        "ita" => "it",
        "jav" => "jv",
        "jpn" => "ja",
        "kan" => "kn",
        "kat" => "ka",
        "khm" => "km",
        "kor" => "ko",
        "lat" => "la",
        "lav" => "lv",
        "lit" => "lt",
        "mal" => "ml",
        "mar" => "mr",
        "mkd" => "mk",
        "mya" => "my",
        "nep" => "ne",
        "nld" => "nl",
        "nob" => "nb",
        "ori" => "or",
        "pan" => "pa",
        "pes" => "fa",
        "pol" => "pl",
        "por" => "pt",
        "ron" => "ro",
        "rus" => "ru",
        "sin" => "si",
        "slk" => "sk",
        "slv" => "sl",
        "sna" => "sn",
        "spa" => "es",
        "srp" => "sr",
        "swe" => "sv",
        "tam" => "ta",
        "tel" => "te",
        "tgl" => "tl",
        "tha" => "th",
        "tuk" => "tk",
        "tur" => "tr",
        "ukr" => "uk",
        "urd" => "ur",
        "uzb" => "uz",
        "vie" => "vi",
        "yid" => "yi",
        "zul" => "zu",
        three => three,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_shows_its_language() {
        for (text, code) in [
            ("", "und"),
            ("Ardova denies it", "und"),
            (
                "Ardova's foreign ministry on Monday denied that its fleet had entered the waters of Belmar, and called \
                 the accusation an invention of the opposition. A spokeswoman said the ships had never left their port.",
                "en",
            ),
            (
                "Das Außenministerium von Ardova hat am Montag bestritten, dass seine Flotte in die Gewässer von Belmar \
                 eingedrungen sei, und nannte den Vorwurf eine Erfindung der Opposition. Die Schiffe lägen im Hafen.",
                "de",
            ),
            (
                "Lawyers for Jean Dupont filed a civil lawsuit in Marseille against Louis Tellier's police de quartier. \
                 Dupont, petit ami de Breanne Tailleur, sues the city over the raid.",
                "und",
            ),
            ("Министерство иностранных дел Ардовы отвергло обвинения", "ru"),
            ("外務省は月曜日に非難を否定したと発表しました", "ja"),
        ] {
            assert_eq!(language_of(text).code(), code, "{text}");
        }
        assert!(Language::Unknown.is_analysed() && !Language::Other(Lang::Deu).is_analysed());
        assert_eq!(language_of(&"é".repeat(9000)), language_of(&"é".repeat(9000)));
    }

    #[test]
    fn every_language_has_a_code_of_two_letters() {
        for lang in Lang::all() {
            assert_eq!(Language::Other(*lang).code().len(), 2, "{lang:?}");
        }
    }
}
