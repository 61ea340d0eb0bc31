//! The JSON of `gainsay extract --format jsonl`: the contract of the output, offsets in Unicode code points.

use super::{Party, Statement};
use crate::language::Span;
use serde_json::{Value, json};

/// Byte offsets of a text as code-point offsets.
#[derive(Debug)]
pub struct CodePoints {
    /// The code points before every 64th byte.
    steps: Vec<usize>,
    ascii: bool,
}

const STEP: usize = 64;

impl CodePoints {
    /// Counts the text's code points once.
    pub fn of(text: &str) -> Self {
        if text.is_ascii() {
            return CodePoints { steps: Vec::new(), ascii: true };
        }
        let mut steps = Vec::with_capacity(text.len() / STEP + 1);
        let mut count = 0;
        for (at, byte) in text.bytes().enumerate() {
            if at % STEP == 0 {
                steps.push(count);
            }
            // Every byte but a continuation byte begins a code point.
            count += usize::from(byte & 0xC0 != 0x80);
        }
        CodePoints { steps, ascii: false }
    }

    /// The number of code points before the byte.
    pub fn before(&self, text: &str, byte: usize) -> usize {
        if self.ascii {
            return byte;
        }
        let step = (byte / STEP).min(self.steps.len().saturating_sub(1));
        let from = step * STEP;
        self.steps.get(step).copied().unwrap_or(0)
            + text.as_bytes()[from..byte].iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
    }
}

/// The statements of a text as the contract has them.
pub fn statements(text: &str, statements: &[Statement]) -> Value {
    let points = CodePoints::of(text);
    Value::Array(statements.iter().map(|statement| one(text, &points, statement)).collect())
}

fn one(text: &str, points: &CodePoints, statement: &Statement) -> Value {
    let span = |span: &Span| json!({"text": span.of(text), "start": points.before(text, span.start), "end": points.before(text, span.end)});
    let party = |party: &Option<Party>| match party {
        None => Value::Null,
        Some(party) => json!({
            "text": party.text,
            "start": points.before(text, party.span.start),
            "end": points.before(text, party.span.end),
            "name": party.name,
            "actor": party.actor,
        }),
    };
    json!({
        "id": statement.id,
        "act": statement.act,
        "speaker": party(&statement.speaker),
        "on_behalf_of": party(&statement.on_behalf_of),
        "cue": statement.cue.as_ref().map(span),
        "content": statement.content.iter().map(span).collect::<Vec<_>>(),
        "target": party(&statement.target),
        "accuser": party(&statement.accuser),
        "answers": statement.answers,
        "repeats": statement.repeats,
        "presupposed": statement.presupposed,
        "direct": statement.direct,
        "recalled": statement.recalled,
        "said_at": {"earliest": statement.said_at.earliest, "latest": statement.said_at.latest},
        "confidence": (statement.confidence * 100.0).round() / 100.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_code_points_through_emoji_combining_marks_and_line_breaks() {
        let text = "a\u{301}🙂\r\nZoë „said“ ".repeat(40);
        let points = CodePoints::of(&text);
        for (count, (byte, _)) in text.char_indices().enumerate() {
            assert_eq!(points.before(&text, byte), count);
        }
        assert_eq!(points.before(&text, text.len()), text.chars().count());
        assert_eq!(CodePoints::of("plain").before("plain", 3), 3);
    }
}
