//! Tokens to sentences, line by line.

use std::ops::Range;

use super::{Span, quotations, tokens};

/// The most tokens of one sentence. A longer one is cut at its last comma or semicolon, so that no text takes more
/// than linear time and memory.
const LONGEST: usize = 200;

/// Words that start a sentence after an abbreviation such as *U.S.* or *p.m.*
const STARTERS: &[&str] = &[
    "The", "A", "An", "He", "She", "It", "They", "We", "I", "You", "But", "And", "In", "On", "At", "This", "That",
    "These", "Those", "There", "If", "When", "While", "After", "Before", "His", "Her", "Its", "Their", "Our", "My",
    "For", "As", "However", "So", "Then", "What", "Who", "How", "Why", "Not", "No", "Some", "Many", "Most", "One",
    "Earlier", "Last", "Asked", "Since", "Although", "Though", "To", "By", "With", "Yet", "Now",
];

/// Verbs of saying that follow a quotation which ends in a question or exclamation mark: *"Why?" Vole asked.*
const SAYING: &[&str] = &[
    "said",
    "says",
    "say",
    "asked",
    "asks",
    "added",
    "adds",
    "told",
    "tells",
    "wrote",
    "writes",
    "tweeted",
    "replied",
    "shouted",
    "cried",
    "exclaimed",
    "yelled",
    "wondered",
    "joked",
    "continued",
    "quipped",
    "declared",
    "insisted",
    "demanded",
    "answered",
    "responded",
    "warned",
    "recalled",
];

/// Appends the sentences of one line of text, whose tokens are `line`, as ranges of token indices.
pub(super) fn split(text: &str, spans: &[Span], line: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let mut start = line.start;
    if let Some(end) = dateline(text, spans, &line) {
        sentences.push(start..end);
        start = end;
    }
    let mut at = start;
    while at < line.end {
        match end_of_sentence(text, spans, start, at, line.end) {
            Some(end) => {
                cut(text, spans, start..end, sentences);
                start = end;
                at = end;
            }
            None => at += 1,
        }
    }
    cut(text, spans, start..line.end, sentences);
}

/// Where the dateline of an agency's story ends, behind its dash: *VELLANY, Sept. 3 (CCN) -*. It is no part of the sentence
/// behind it, and would be the subject of its verb if it were.
fn dateline(text: &str, spans: &[Span], line: &Range<usize>) -> Option<usize> {
    let word = |i: usize| spans[i].of(text);
    let in_capitals = |w: &str| w.chars().filter(|c| c.is_alphabetic()).count() >= 3 && !w.contains(char::is_lowercase);
    if line.is_empty() || !in_capitals(word(line.start)) {
        return None;
    }
    // Not the hyphens of *STOKE-ON-TRENT*.
    let spaced_dash = |i: &usize| matches!(word(*i), "-" | "--" | "–" | "—") && spans[i - 1].end < spans[*i].start;
    let dash = (line.start + 1..line.end.min(line.start + 18)).find(spaced_dash)?;
    let next = (dash + 1..line.end).map(word).find(|w| !w.starts_with(quotations::is_mark))?;
    let named = (line.start..dash).all(|i| !word(i).starts_with(char::is_lowercase));
    // *NATO chief Jan Ost – a friend of theirs – said*: no place line, but a name with something said of it.
    let place =
        (line.start..dash).any(|i| matches!(word(i), "(" | ",")) || (line.start..dash).all(|i| in_capitals(word(i)));
    let mut behind = (dash + 1..line.end).take_while(|&i| !is_stop(word(i)));
    if !place && behind.any(|i| spaced_dash(&i)) {
        return None;
    }
    (named && next.starts_with(char::is_uppercase) && !in_capitals(next)).then_some(dash + 1)
}

/// Where the sentence ends if the token `at` ends it, with the closing marks behind it.
fn end_of_sentence(text: &str, spans: &[Span], start: usize, at: usize, line_end: usize) -> Option<usize> {
    let word = |i: usize| spans[i].of(text);
    let touches = |i: usize| spans[i - 1].end == spans[i].start;
    let token = word(at);
    let stop = is_stop(token);
    let abbreviation = !stop && token.len() > 1 && token.ends_with('.');
    if !stop && !abbreviation {
        return None;
    }
    let mut end = at + 1;
    let furthest = line_end.min(at + 16);
    while end < furthest && (is_stop(word(end)) || touches(end) && is_closing(text, spans[end])) {
        end += 1;
    }
    if end >= line_end {
        return Some(line_end);
    }
    let next = word(end);
    let first = next.chars().next()?;
    if first.is_lowercase() || matches!(first, ',' | ';' | ':' | '-' | '–' | '—' | '/' | '%' | ')' | ']') {
        return None;
    }
    if touches(end) && !first.is_uppercase() {
        return None;
    }
    if abbreviation {
        let quoted = end > at + 1;
        let next = if quotations::is_mark(first) && end + 1 < line_end { word(end + 1) } else { next };
        let starts = STARTERS.contains(&next);
        return (starts && !tokens::is_title(token) || quoted && first.is_uppercase()).then_some(end);
    }
    let listed = at == start + 1 && token == "." && word(start).bytes().all(|b| b.is_ascii_digit());
    if listed {
        return None;
    }
    let quoted = (at + 1..end).any(|i| word(i).starts_with(quotations::is_mark));
    if quoted && token != "." {
        let clause = (end..line_end.min(end + 5)).take_while(|&i| !matches!(word(i), "," | "." | "\"" | "“"));
        if clause.into_iter().any(|i| SAYING.contains(&word(i))) {
            return None;
        }
    }
    Some(end)
}

fn is_stop(token: &str) -> bool {
    token == "…"
        || token == "。"
        || token.starts_with(['.', '!', '?']) && token.chars().all(|c| matches!(c, '.' | '!' | '?'))
}

fn is_closing(text: &str, span: Span) -> bool {
    matches!(span.of(text), ")" | "]" | "}")
        || quotations::side(text, span).is_some_and(|(_, side)| side != quotations::Side::Opens)
}

fn cut(text: &str, spans: &[Span], mut sentence: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    while sentence.len() > LONGEST {
        let limit = sentence.start + LONGEST;
        let least = sentence.start + LONGEST / 2;
        let end =
            (least..limit).rev().find(|&i| matches!(spans[i].of(text), "," | ";" | ":" | "—")).map_or(limit, |i| i + 1);
        sentences.push(sentence.start..end);
        sentence.start = end;
    }
    if !sentence.is_empty() {
        sentences.push(sentence);
    }
}

#[cfg(test)]
mod tests {
    use crate::language::Document;

    #[track_caller]
    fn reads(text: &str, expected: &[&str]) {
        let document = Document::read(text);
        let sentences: Vec<_> = document.sentences().iter().map(|s| s.span.of(text)).collect();
        assert_eq!(sentences, expected);
    }

    #[test]
    fn a_full_stop_ends_a_sentence_with_its_closing_mark() {
        reads(
            "“We are no party to it.” The envoy left. (It rained.) He returned.",
            &["“We are no party to it.”", "The envoy left.", "(It rained.)", "He returned."],
        );
    }

    #[test]
    fn abbreviations_and_initials_end_no_sentence() {
        reads(
            "Gen. Ruskin met J. K. Vole in the U.S. Senate. It rained at 5 p.m. The talks ended.",
            &["Gen. Ruskin met J. K. Vole in the U.S. Senate.", "It rained at 5 p.m.", "The talks ended."],
        );
    }

    #[test]
    fn a_question_in_a_quotation_does_not_end_the_saying() {
        reads(
            "\"Who told you?\" Vole asked. \"Nobody!\" she said.",
            &["\"Who told you?\" Vole asked.", "\"Nobody!\" she said."],
        );
    }

    #[test]
    fn a_line_break_ends_a_sentence() {
        reads(
            "Orland denies arms sales\nVELLANY, Sept. 3 - It rained",
            &["Orland denies arms sales", "VELLANY, Sept. 3 -", "It rained"],
        );
    }

    #[test]
    fn a_dateline_stands_apart() {
        reads("PORT CASSEL, Sept. 3 (CCN) — Orland denied it.", &["PORT CASSEL, Sept. 3 (CCN) —", "Orland denied it."]);
        reads("CASSEL-ON-SEA - Orland denied it.", &["CASSEL-ON-SEA -", "Orland denied it."]);
        reads("ORLO chief Jan Ost – a friend – denied it.", &["ORLO chief Jan Ost – a friend – denied it."]);
        reads("ORLO Secretary Jan Ost – a friend – denied it.", &["ORLO Secretary Jan Ost – a friend – denied it."]);
        reads("NATO allies - Orland among them - denied it.", &["NATO allies - Orland among them - denied it."]);
        reads("ORLAND DENIES RAID - MINISTER", &["ORLAND DENIES RAID - MINISTER"]);
    }

    #[test]
    fn no_sentence_is_endless() {
        let text = "shells and ".repeat(1000);
        let document = Document::read(&text);
        assert!(document.sentences().iter().all(|s| s.tokens.len() <= super::LONGEST));
        assert_eq!(document.sentences().iter().map(|s| s.tokens.len()).sum::<usize>(), 2000);
    }
}
