//! Quotation marks in pairs.
//!
//! Marks pair within their paragraph. A quotation without a closing mark ends with its paragraph; when the next
//! paragraph opens with the same mark again, that one continues it (the newspaper's convention for quotations of
//! several paragraphs). Single marks are told from apostrophes by what stands around them and by what follows later
//! in the paragraph, so that *the soldiers' families* closes nothing.

use std::ops::Range;

use super::{Span, tokens::is_apostrophe};

/// The kind of a quotation's marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// `"…"`, also ` ``…'' `.
    Straight,
    /// `“…”`, also `„…“`.
    Double,
    /// `'…'` or `‘…’`.
    Single,
    /// `«…»`.
    Guillemet,
}

/// A stretch of text in quotation marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotation {
    /// The kind of its marks.
    pub mark: Mark,
    /// The token of the opening mark.
    pub open: usize,
    /// The token of the closing mark; none when the quotation ends with its paragraph.
    pub close: Option<usize>,
    /// From the opening mark to the closing one, both included.
    pub span: Span,
    /// The quotation around it, as an index among the document's quotations.
    pub within: Option<usize>,
    /// The quotation of the paragraph before that it continues.
    pub continues: Option<usize>,
}

impl Quotation {
    /// The tokens between the marks, of a document with `tokens` tokens of which the quotation's last is before `end`.
    pub fn inside(&self, tokens: &[super::Token]) -> Range<usize> {
        let start = self.open + 1;
        let end =
            self.close.unwrap_or_else(|| start + tokens[start..].partition_point(|t| t.span.end <= self.span.end));
        start..end.max(start)
    }
}

/// What a mark can do where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Opens,
    Closes,
    /// Nothing around it says which.
    Either,
}

/// Whether the character is a quotation mark of any kind.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '\'' | '‘' | '’' | '‚' | '«' | '»' | '`' | '＂')
}

/// What the token does as a quotation mark, by the characters around it; none if it is no mark.
pub(super) fn side(text: &str, span: Span) -> Option<(Mark, Side)> {
    let token = span.of(text);
    let before = text[..span.start].chars().next_back();
    let after = text[span.end..].chars().next();
    let open_before = before.is_none_or(|c| {
        c.is_whitespace()
            || matches!(c, '(' | '[' | '{' | '-' | '–' | '—' | '/' | ':')
            || is_mark(c) && !matches!(c, '”' | '’' | '»')
    });
    let blank_after = after.is_none_or(char::is_whitespace);
    let by_place = match (open_before, blank_after) {
        (true, false) => Side::Opens,
        (false, _) => Side::Closes,
        (true, true) => Side::Either,
    };
    Some(match token {
        "\"" | "＂" => (Mark::Straight, by_place),
        "``" => (Mark::Straight, Side::Opens),
        "''" => (Mark::Straight, Side::Closes),
        "“" if before.is_some_and(char::is_alphanumeric) && blank_after => (Mark::Double, Side::Closes), // „…“
        "“" | "„" | "‟" => (Mark::Double, Side::Opens),
        "”" => (Mark::Double, Side::Closes),
        "«" => (Mark::Guillemet, Side::Opens),
        "»" => (Mark::Guillemet, Side::Closes),
        "‘" | "‚" | "`" => (Mark::Single, Side::Opens),
        "'" => (Mark::Single, by_place),
        "’" => (Mark::Single, Side::Closes),
        _ => return None,
    })
}

/// The quotations of a text, in the order of their opening marks. `paragraphs` are ranges of token indices.
pub(super) fn pair(text: &str, spans: &[Span], paragraphs: &[Range<usize>]) -> Vec<Quotation> {
    let mut found: Vec<Quotation> = Vec::new();
    // The quotation that the paragraph before left open, if it may be continued.
    let mut left_open: Option<usize> = None;
    for (number, paragraph) in paragraphs.iter().enumerate() {
        let reopens = |mark: Mark| {
            let next = paragraphs.get(number + 1)?;
            let (first, side) = side(text, *spans.get(next.start)?)?;
            (first == mark && side == Side::Opens).then_some(())
        };
        left_open = pair_paragraph(text, spans, paragraph.clone(), left_open.take(), &mut found)
            .filter(|&open| reopens(found[open].mark).is_some());
    }
    found
}

/// Pairs the marks of one paragraph; answers the outermost quotation that it leaves open.
fn pair_paragraph(
    text: &str,
    spans: &[Span],
    paragraph: Range<usize>,
    before: Option<usize>,
    found: &mut Vec<Quotation>,
) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    let closers = SingleClosers::of(text, spans, &paragraph);
    for at in paragraph.clone() {
        let Some((mark, side)) = side(text, spans[at]) else { continue };
        let inside = open.iter().rposition(|&q| found[q].mark == mark);
        let closes = match (mark, side) {
            (Mark::Single, Side::Closes | Side::Either) => inside.is_some() && closers.closes(text, spans, at),
            (_, Side::Opens) => false,
            (_, Side::Closes) => inside.is_some(),
            (_, Side::Either) => inside.is_some(),
        };
        if closes {
            let Some(depth) = inside else { continue };
            // Quotations within it that found no closing mark were none.
            let close = open[depth];
            for &unclosed in &open[depth + 1..] {
                end_at(&mut found[unclosed], spans, at - 1);
            }
            open.truncate(depth);
            found[close].close = Some(at);
            found[close].span.end = spans[at].end;
            continue;
        }
        let opens = match (mark, side) {
            (Mark::Single, Side::Opens) => {
                inside.is_none() && (closers.any_after(at) || at == paragraph.start && at + 1 < paragraph.end)
            }
            (Mark::Straight, Side::Opens) if inside.is_some() => false,
            (_, Side::Opens) => open.len() < 8,
            (Mark::Straight, Side::Either) => true,
            _ => false,
        };
        if !opens {
            // A straight mark that looks like an opening one within its own kind: the closing one was forgotten.
            if let (Mark::Straight, Side::Opens, Some(depth)) = (mark, side, inside) {
                for &unclosed in &open[depth..] {
                    end_at(&mut found[unclosed], spans, at - 1);
                }
                open.truncate(depth);
                open_at(at, mark, spans, &mut open, found, None);
            }
            continue;
        }
        let continues = before.filter(|&q| at == paragraph.start && found[q].mark == mark);
        open_at(at, mark, spans, &mut open, found, continues);
    }
    if paragraph.is_empty() {
        return None;
    }
    for &unclosed in &open {
        end_at(&mut found[unclosed], spans, paragraph.end - 1);
    }
    open.first().copied()
}

fn open_at(
    at: usize,
    mark: Mark,
    spans: &[Span],
    open: &mut Vec<usize>,
    found: &mut Vec<Quotation>,
    continues: Option<usize>,
) {
    let within = open.last().copied();
    open.push(found.len());
    found.push(Quotation { mark, open: at, close: None, span: spans[at], within, continues });
}

fn end_at(quotation: &mut Quotation, spans: &[Span], last: usize) {
    quotation.span.end = spans[last].end.max(quotation.span.end);
}

/// The single marks of a paragraph that can close.
struct SingleClosers {
    start: usize,
    /// For each token: how many sure closing marks stand at it or after it, before the next opening one.
    sure_after: Vec<bool>,
    /// For each token: whether any possible closing mark stands after it.
    any_after: Vec<bool>,
}

impl SingleClosers {
    fn of(text: &str, spans: &[Span], paragraph: &Range<usize>) -> SingleClosers {
        let mut sure_after = vec![false; paragraph.len()];
        let mut any_after = vec![false; paragraph.len()];
        let (mut sure, mut any) = (false, false);
        for at in paragraph.clone().rev() {
            sure_after[at - paragraph.start] = sure;
            any_after[at - paragraph.start] = any;
            match side(text, spans[at]) {
                Some((Mark::Single, Side::Opens)) => sure = false,
                Some((Mark::Single, Side::Closes | Side::Either)) => {
                    sure |= !looks_possessive(text, spans, at);
                    any = true;
                }
                _ => {}
            }
        }
        SingleClosers { start: paragraph.start, sure_after, any_after }
    }

    /// Whether the mark closes: not where it looks like a possessive and a surer one is to come.
    fn closes(&self, text: &str, spans: &[Span], at: usize) -> bool {
        !looks_possessive(text, spans, at) || !self.sure_after[at - self.start]
    }

    fn any_after(&self, at: usize) -> bool {
        self.any_after[at - self.start]
    }
}

/// *soldiers' families*: an apostrophe behind an *s*, with a word after it.
fn looks_possessive(text: &str, spans: &[Span], at: usize) -> bool {
    let span = spans[at];
    if !span.of(text).starts_with(is_apostrophe) {
        return false;
    }
    let before = text[..span.start].chars().next_back();
    let mut after = text[span.end..].chars();
    matches!(before, Some('s' | 'S' | 'z' | 'x'))
        && after.next() == Some(' ')
        && after.next().is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use crate::language::Document;

    #[track_caller]
    fn reads(text: &str, expected: &[&str]) {
        let document = Document::read(text);
        let quotations: Vec<_> = document.quotations().iter().map(|q| q.span.of(text)).collect();
        assert_eq!(quotations, expected);
    }

    #[test]
    fn marks_of_every_kind_pair() {
        reads("“No,” he said. \"Never!\" «Jamais» ``so''", &["“No,”", "\"Never!\"", "«Jamais»", "``so''"]);
    }

    #[test]
    fn british_marks_stand_beside_apostrophes() {
        reads(
            "'The soldiers' families weren't told,' he said. It's the envoys' 'duty'.",
            &["'The soldiers' families weren't told,'", "'duty'"],
        );
        reads("The ministers' aides said the boys' club wasn't theirs.", &[]);
        reads("‘It’s the generals’ war,’ she said.", &["‘It’s the generals’ war,’"]);
    }

    #[test]
    fn quotations_nest() {
        let text = "\"He said 'no' to us,\" she said. “They call it ‘peace’.”";
        reads(text, &["\"He said 'no' to us,\"", "'no'", "“They call it ‘peace’.”", "‘peace’"]);
        let document = Document::read(text);
        assert_eq!(document.quotations()[1].within, Some(0));
        assert_eq!(document.quotations()[2].within, None);
    }

    #[test]
    fn a_quotation_goes_on_in_the_next_paragraph_when_it_opens_again() {
        let text = "“We left,” he said. “It rained.\n\n“Then it snowed.”\n\n“Alone.\n\nThe end.";
        reads(text, &["“We left,”", "“It rained.", "“Then it snowed.”", "“Alone."]);
        let quotations = Document::read(text).quotations().to_vec();
        assert_eq!(quotations[2].continues, Some(1));
        assert_eq!(quotations[1].close, None);
        assert_eq!(quotations[3].continues, None);
    }

    #[test]
    fn a_lost_mark_swallows_no_more_than_its_paragraph() {
        reads("He said \"no and left.\n\nShe said \"yes\".", &["\"no and left.", "\"yes\""]);
        reads("The 6\" gun fired. \"Stop!\" he said.", &["\"Stop!\""]);
    }
}
