//! What is wrong with a watchlist, and where: shown the way compilers show it, without any secret.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthChar;

/// More than these help nobody, and a binary file would bring thousands.
const MOST: usize = 100;

/// One finding, with its place and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    file: PathBuf,
    place: Option<Place>,
    message: String,
    help: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    excerpt: String,
    indent: usize,
    width: usize,
}

impl Problem {
    /// A problem with the file as a whole.
    pub(super) fn of_file(file: &Path, message: impl Into<String>, help: impl Into<String>) -> Self {
        Problem { file: file.into(), place: None, message: message.into(), help: Some(help.into()) }
    }

    /// Line and column, both from 1, the column in characters; absent where the file can't be read.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The line of the file that it is about, without secrets and without what a terminal would obey.
    pub fn excerpt(&self) -> Option<&str> {
        self.place.as_ref().map(|place| place.excerpt.as_str())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display().to_string();
        f.write_str(&printable(&file))?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(place) = &self.place {
            let number = format!("{:>5}", place.line);
            write!(f, "\n{number} | {}", place.excerpt)?;
            let (blank, carets) = (" ".repeat(place.indent), "^".repeat(place.width));
            write!(f, "\n{:>5} | {blank}{carets}", "")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// Every problem of a watchlist, in the order of their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The file as its author sees it: turns byte ranges into places, and hides what must not be shown.
pub(super) struct Source<'a> {
    file: &'a Path,
    text: &'a str,
    lines: Vec<usize>,
    masks: Vec<Range<usize>>,
}

/// The widest excerpt, in terminal columns; a longer line is shown around the place.
const EXCERPT: usize = 100;

impl<'a> Source<'a> {
    /// `masks` are the byte ranges of which only `…` is ever shown.
    pub fn new(file: &'a Path, text: &'a str, mut masks: Vec<Range<usize>>) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        masks.retain(|mask| mask.start < mask.end);
        masks.sort_by_key(|mask| (mask.start, mask.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(masks.len());
        for mask in masks {
            match merged.last_mut() {
                Some(last) if mask.start <= last.end => last.end = last.end.max(mask.end),
                _ => merged.push(mask),
            }
        }
        Source { file, text, lines: std::iter::once(0).chain(starts).collect(), masks: merged }
    }

    /// A problem at `span`, a byte range of the text.
    pub fn problem(&self, span: Range<usize>, message: String, help: Option<String>) -> Problem {
        Problem { file: self.file.into(), place: Some(self.place(span)), message, help }
    }

    /// The problems of such spans, messages and remedies, in the order of their places; the count of the rest
    /// where there are too many.
    pub fn problems(&self, mut found: Vec<(Range<usize>, String, Option<String>)>) -> Vec<Problem> {
        found.sort_by_key(|(span, ..)| (span.start, span.end));
        found.dedup();
        let more = found.len().saturating_sub(MOST);
        let shown = found.into_iter().take(MOST);
        let mut problems: Vec<_> = shown.map(|(span, message, help)| self.problem(span, message, help)).collect();
        if more > 0 {
            problems.push(Problem::of_file(self.file, format!("and {more} more"), "repair those above first"));
        }
        problems
    }

    fn place(&self, span: Range<usize>) -> Place {
        let at = floor(self.text, span.start.min(self.text.len()));
        let index = self.lines.partition_point(|start| *start <= at) - 1;
        let start = self.lines[index];
        let line = self.text[start..].lines().next().unwrap_or_default();
        let column = self.text[start..at].chars().count() + 1;
        let end = floor(self.text, span.end.clamp(at, self.text.len())).min(start + line.len());

        let mut drawn: Vec<(usize, String, usize)> = Vec::new(); // byte, glyph, columns
        let window = line[..floor(line, at - start)].char_indices().rev().nth(EXCERPT).map_or(0, |(i, _)| i);
        let mut masks = self.masks[self.masks.partition_point(|mask| mask.end <= start + window)..].iter().peekable();
        let mut hidden_until = 0;
        for (offset, c) in line[window..].char_indices().take(3 * EXCERPT) {
            let byte = start + window + offset;
            while masks.next_if(|mask| mask.end <= byte).is_some() {}
            if byte < hidden_until {
                continue;
            }
            match masks.peek() {
                Some(mask) if mask.start <= byte => {
                    hidden_until = mask.end;
                    drawn.push((byte, "…".into(), 1));
                }
                _ => {
                    let glyph = glyph(c);
                    drawn.push((byte, glyph.to_string(), glyph.width().unwrap_or(0)));
                }
            }
        }

        let caret = drawn.partition_point(|(byte, ..)| *byte <= at).saturating_sub(1);
        let caret = if end <= at && at >= start + line.len() { drawn.len() } else { caret };
        let mut first = 0;
        let total = |range: &[(usize, String, usize)]| range.iter().map(|(.., width)| width).sum::<usize>();
        while first < caret && total(&drawn[first..caret]) > EXCERPT / 2 && total(&drawn[first..]) > EXCERPT {
            first += 1;
        }
        let mut last = first;
        let mut columns = 0;
        while last < drawn.len() && columns + drawn[last].2 <= EXCERPT {
            columns += drawn[last].2;
            last += 1;
        }
        let until = drawn.partition_point(|(byte, ..)| *byte < end).clamp(caret.min(last), last);
        let mut excerpt: String = drawn[first..last].iter().map(|(_, glyph, _)| glyph.as_str()).collect();
        let mut indent = total(&drawn[first..caret.min(last)]);
        let width = total(&drawn[caret.min(last)..until]).max(1);
        if first > 0 || window > 0 {
            excerpt.insert(0, '…');
            indent += 1;
        }
        if last < drawn.len() {
            excerpt.push('…');
        }
        Place { line: index + 1, column, excerpt: excerpt.trim_end().to_owned(), indent, width }
    }
}

/// The last boundary between characters at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// `c` itself where a terminal only draws it, a space for a tab, and a replacement for what it would obey.
fn glyph(c: char) -> char {
    match c {
        '\t' => ' ',
        '"' | '\'' | '\\' => c,
        c if c.escape_debug().len() == 1 || c.width() == Some(0) && c.is_alphabetic() => c,
        _ => '\u{fffd}',
    }
}

/// `text` without what a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(glyph).collect()
}

/// A value from the file inside quotation marks, escaped, and not longer than a message can bear.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}", format!("{}…", &text[..end])),
        None => format!("{text:?}"),
    }
}
