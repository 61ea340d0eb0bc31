//! Text from the net, made plain: markup read as text, and nothing left in it that deceives the people who read it in
//! a terminal, log, notification or status.

pub(crate) mod markup;

pub use markup::plain_text;

use std::borrow::Cow;

/// `text` without anything that a terminal obeys or that deceives its reader: control characters (so every
/// escape sequence), bidirectional overrides and isolates, zero-width and other invisible format characters.
/// Line breaks and tabs become spaces.
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter_map(|c| match c {
                '\n' | '\r' | '\t' => Some(' '),
                c if is_plain(c) => Some(c),
                _ => None,
            })
            .collect(),
    )
}

/// [`safe`], cut to at most `most` characters, at a word's end where there is one.
pub fn shortened(text: &str, most: usize) -> String {
    let text = safe(text);
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let Some((room, _)) = text[..end].char_indices().next_back() else { return String::new() };
    let kept = &text[..room];
    let word = kept.rfind(' ').filter(|at| *at > room / 2).unwrap_or(room);
    format!("{}…", kept[..word].trim_end())
}

/// Whether [`safe`] leaves this character as it is.
pub fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_cannot_colour_the_terminal_or_reverse_its_words() {
        assert_eq!(safe("\u{1b}[31mred\u{9b}2J \u{202e}drow"), "[31mred2J drow");
        assert_eq!(safe("two\nlines"), "two lines");
        assert!(matches!(safe("plain – “text” 🙂"), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn a_long_text_ends_at_a_word_and_within_its_limit() {
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("the border is closed", 12), "the border…");
        assert_eq!(shortened("ééééééééééé", 4), "ééé…");
        for most in 0..30 {
            assert!(shortened("où est la frontière de Freedonia ?", most).chars().count() <= most);
        }
    }
}
