//! Text from the net, made fit for a terminal.

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

/// Whether a terminal shows the character as it is, in its place and without obeying it.
pub(super) fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_headline_cannot_colour_the_terminal_or_reverse_its_words() {
        assert_eq!(safe("\u{1b}[31mred\u{9b}2J \u{202e}drow"), "[31mred2J drow");
        assert_eq!(safe("two\nlines"), "two lines");
        assert!(matches!(safe("plain – “text” 🙂"), std::borrow::Cow::Borrowed(_)));
    }
}
