//! Markup as feeds carry it, read as text.
//!
//! Not a parse: one pass over the bytes that never builds a tree, so nesting costs nothing. The tokenizer of
//! `html5ever` is no choice here: its time grows with the square of a tag's attributes, and a feed may hold anything.

use std::borrow::Cow;

/// Elements whose content is nothing to read.
const UNREAD: [&str; 10] =
    ["script", "style", "noscript", "template", "iframe", "svg", "object", "textarea", "select", "title"];

/// Elements that stand for themselves: text before and after belongs to different paragraphs.
const BLOCKS: [&str; 42] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
    "video",
];

/// Markup to text: entities resolved, an empty line between paragraphs, a line break for `<br>`, scripts and styles
/// gone, white space folded, invisible characters dropped. Text without markup comes out as it is ("a < b"), its
/// paragraphs kept. Time and memory grow with the length of `html` alone.
pub fn plain_text(html: &str) -> String {
    let mut text = Folded::with_capacity(html.len());
    let mut cursor = Cursor::new(html);
    let mut marked_up = false;
    while let Some(piece) = cursor.next() {
        match piece {
            Piece::Text(words) => text.push_markup(words),
            Piece::Tag(tag) => {
                marked_up = true;
                let name = tag.name.to_ascii_lowercase();
                match name.as_str() {
                    "br" => text.line_break(),
                    "td" | "th" => text.space(),
                    name if BLOCKS.binary_search(&name).is_ok() => text.paragraph(),
                    name if !tag.closes => {
                        if let Some(index) = UNREAD.iter().position(|unread| *unread == name) {
                            cursor.skip_element(index);
                        }
                    }
                    _ => {}
                }
            }
            Piece::Comment => marked_up = true,
        }
    }
    if marked_up {
        return text.finish();
    }
    // Plain text says where its paragraphs end by empty lines.
    let mut text = Folded::with_capacity(html.len());
    let mut empty = false;
    for line in html.lines() {
        if line.trim().is_empty() {
            empty = true;
            continue;
        }
        if std::mem::take(&mut empty) {
            text.paragraph();
        }
        text.space();
        text.push_markup(line);
    }
    text.finish()
}

/// A tag as it stands in the markup.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'t> {
    /// The element's name, in whatever case it is written.
    pub(crate) name: &'t str,
    /// `</name>`
    pub(crate) closes: bool,
    /// What stands between name and `>`.
    pub(crate) attributes: &'t str,
}

/// What markup is made of.
#[derive(Debug)]
pub(crate) enum Piece<'t> {
    /// Words, entities unresolved.
    Text(&'t str),
    /// A tag.
    Tag(Tag<'t>),
    /// A comment, doctype or processing instruction.
    Comment,
}

/// Walks over markup once. What was found missing (a comment's end, a quotation mark, an end tag) is remembered
/// and not searched again: else each `<` could cost a walk to the end.
pub(crate) struct Cursor<'t> {
    html: &'t str,
    at: usize,
    comments_end: bool,
    quotes_close: bool,
    tags_end: bool,
    ends_missing: [bool; UNREAD.len()],
}

impl<'t> Cursor<'t> {
    /// A walk over `html` from its beginning.
    pub(crate) fn new(html: &'t str) -> Self {
        Cursor {
            html,
            at: 0,
            comments_end: true,
            quotes_close: true,
            tags_end: true,
            ends_missing: [false; UNREAD.len()],
        }
    }

    /// The next piece; none at the end.
    pub(crate) fn next(&mut self) -> Option<Piece<'t>> {
        let from = self.at;
        let bytes = self.html.as_bytes();
        if from == bytes.len() {
            return None;
        }
        if bytes[from] == b'<'
            && let Some(piece) = self.markup()
        {
            return Some(piece);
        }
        // A `<` that opens nothing is text, up to the next one.
        let rest = &bytes[from + 1..];
        self.at = rest.iter().position(|&b| b == b'<').map_or(bytes.len(), |next| from + 1 + next);
        Some(Piece::Text(&self.html[from..self.at]))
    }

    /// Goes past the end tag of the `UNREAD` element that was just opened. Without an end tag a script runs to the
    /// end of the markup, as in a browser; any other is taken for an empty element.
    pub(crate) fn skip_element(&mut self, index: usize) {
        if self.ends_missing[index] {
            return;
        }
        let name = UNREAD[index].as_bytes();
        let rest = &self.html.as_bytes()[self.at..];
        let end = rest
            .windows(name.len() + 2)
            .position(|window| window[0] == b'<' && window[1] == b'/' && window[2..].eq_ignore_ascii_case(name));
        match end {
            Some(end) => self.at += end,
            None if index < 2 => self.at = self.html.len(),
            None => self.ends_missing[index] = true,
        }
    }

    fn markup(&mut self) -> Option<Piece<'t>> {
        let rest = &self.html[self.at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            if self.comments_end {
                if let Some(end) = comment.find("-->") {
                    self.at += 4 + end + 3;
                    return Some(Piece::Comment);
                }
                self.comments_end = false;
            }
            return self.tag_end(4).map(|_| Piece::Comment);
        }
        let bytes = rest.as_bytes();
        if matches!(bytes.get(1), Some(b'!' | b'?')) {
            return self.tag_end(2).map(|_| Piece::Comment);
        }
        let closes = bytes.get(1) == Some(&b'/');
        let start = 1 + usize::from(closes);
        let name = &rest[start..];
        let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != ':').unwrap_or(name.len());
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name[..length].ends_with(':');
        let is_over = matches!(name.as_bytes().get(length), Some(b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | b'\x0c'));
        if !is_name || !is_over {
            return None; // "a < b", "<reader@example.org>"
        }
        let attributes = self.tag_end(start + length)?;
        Some(Piece::Tag(Tag { name: &name[..length], closes, attributes }))
    }

    /// Moves past the `>` of the tag whose inside begins `inside` bytes further on, and gives that inside.
    fn tag_end(&mut self, inside: usize) -> Option<&'t str> {
        if !self.tags_end {
            return None;
        }
        let rest = &self.html[self.at + inside..];
        let end = self.quoted_end(rest.as_bytes()).or_else(|| rest.find('>'));
        let Some(end) = end else {
            self.tags_end = false;
            return None;
        };
        self.at += inside + end + 1;
        Some(&rest[..end])
    }

    /// The first `>` outside quotation marks. Once one is left open, marks mean nothing from there on.
    fn quoted_end(&mut self, rest: &[u8]) -> Option<usize> {
        if !self.quotes_close {
            return None;
        }
        let mut open = None;
        // A mark opens a value only after an equals sign: `<p title=it's>` is one tag.
        let mut value = false;
        for (at, &byte) in rest.iter().enumerate() {
            match (open, byte) {
                (None, b'>') => return Some(at),
                (None, b'"' | b'\'') if value => open = Some(byte),
                (Some(mark), _) if mark == byte => open = None,
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                value = byte == b'=' && open.is_none();
            }
        }
        self.quotes_close = false;
        None
    }
}

/// Text under construction, its white space folded.
struct Folded {
    text: String,
    gap: Gap,
}

/// What stands between the last word and the next.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

impl Folded {
    fn with_capacity(bytes: usize) -> Self {
        Folded { text: String::with_capacity(bytes), gap: Gap::None }
    }

    fn space(&mut self) {
        self.widen(Gap::Space);
    }

    /// Two line breaks in a row are how many a feed writes a paragraph.
    fn line_break(&mut self) {
        self.widen(if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line });
    }

    fn paragraph(&mut self) {
        self.widen(Gap::Paragraph);
    }

    fn widen(&mut self, gap: Gap) {
        if gap > self.gap {
            self.gap = gap;
        }
    }

    fn push_markup(&mut self, words: &str) {
        let words = if words.contains('&') { html_escape::decode_html_entities(words) } else { Cow::Borrowed(words) };
        for c in words.chars() {
            match c {
                c if c.is_whitespace() && c != '\u{85}' => self.space(),
                // "&#146;": Windows' own numbers, which browsers read as its characters.
                '\u{80}'..='\u{9f}' => {
                    let byte = [c as u8];
                    let (decoded, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
                    decoded.chars().filter(|c| !c.is_control()).for_each(|c| self.push(c));
                }
                '\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{2060}' => {}
                c if c.is_control() => {}
                c => self.push(c),
            }
        }
    }

    fn push(&mut self, c: char) {
        if !self.text.is_empty() {
            match self.gap {
                Gap::None => {}
                Gap::Space => self.text.push(' '),
                Gap::Line => self.text.push('\n'),
                Gap::Paragraph => self.text.push_str("\n\n"),
            }
        }
        self.gap = Gap::None;
        self.text.push(c);
    }

    fn finish(mut self) -> String {
        self.text.shrink_to_fit();
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    #[test]
    fn markup_reads_as_its_text() {
        for (html, text) in [
            ("", ""),
            ("Two states", "Two states"),
            ("<p>One</p><p>Two</p>", "One\n\nTwo"),
            ("<div><p>One</div>\n  <ul><li>Two<li>Three</ul>", "One\n\nTwo\n\nThree"),
            ("One<br>two<BR/>three<br /><br>four", "One\ntwo\nthree\n\nfour"),
            ("<b>Ard</b>ova &amp; Belm&aacute;r &#8217;s &#x201c;no&#x201d;", "Ardova & Belmár ’s “no”"),
            ("It&#146;s&nbsp;here", "It’s here"),
            ("a &notanentity; AT&T R&D;", "a &notanentity; AT&T R&D;"),
            ("say <script>if (a < b) { \"</p>\" }</SCRIPT >it", "say it"),
            ("<style>p { color: red }</style>It<!-- <p>not</p> --> is<noscript>Enable it</noscript>", "It is"),
            ("<img alt=\"a > b\" src=x>After", "After"),
            ("<p title=it's>One", "One"),
            ("<td>1<td>2", "1 2"),
            ("<![CDATA[x]]>after", "after"),
            ("soft\u{ad}hyphen zero\u{200b}width \u{7}bell", "softhyphen zerowidth bell"),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }

    #[test]
    fn text_without_markup_stays() {
        for (text, expected) in [
            ("a < b and c > d", "a < b and c > d"),
            ("x <y", "x <y"),
            (
                "Mail <reader@example.org> or <https://example.org/>",
                "Mail <reader@example.org> or <https://example.org/>",
            ),
            ("I <3 it", "I <3 it"),
            ("One\nline\n\n \nTwo", "One line\n\nTwo"),
            ("<!-- open", "<!-- open"),
        ] {
            assert_eq!(plain_text(text), expected, "{text}");
        }
    }

    #[test]
    fn hostile_markup_takes_time_in_proportion_to_its_length() {
        let n = 200_000;
        for html in [
            "<a \"".repeat(n),
            "<a x=\"'>".repeat(n),
            "<!--".repeat(n),
            "<".repeat(n),
            "<p x='".repeat(n),
            "<noscript>".repeat(n),
            "<iframe><svg>".repeat(n),
            "<script>".repeat(n),
            "&".repeat(n),
            "&#".repeat(n),
            "<div>".repeat(n),
            format!("<a {}>", "b ".repeat(n)),
        ] {
            let start = Instant::now();
            plain_text(&html);
            // Quadratic behaviour takes minutes; the bound only has to tell the two apart on a busy machine.
            assert!(start.elapsed() < Duration::from_secs(5), "{}", &html[..20]);
        }
    }

    #[test]
    fn the_block_elements_are_in_order_for_their_search() {
        assert!(BLOCKS.is_sorted());
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(html in "\\PC*") {
            plain_text(&html);
        }

        #[test]
        fn any_markup_can_be_read(html in "(<|>|/|!|-|\"|'|=| |&|;|#|a|p|br|é|script|x)*") {
            let text = plain_text(&html);
            prop_assert!(!text.starts_with(char::is_whitespace) && !text.ends_with(char::is_whitespace));
            prop_assert!(!text.contains("\n\n\n") && !text.contains("  "));
        }
    }
}
