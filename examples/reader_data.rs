//! Writes texts as the reader sees them, for its training: one JSON object a line.
//!
//!     cargo run --release --example reader_data -- VOCABULARY OUT.jsonl TEXT.txt…
//!
//! `tokens`: spans in code points; `pieces`: the numbers of each token's word pieces in VOCABULARY (one piece a line);
//! `quoted`: 1 inside quotation marks; `sentences`: where each ends, in tokens; `paragraphs`: the paragraph of each sentence.

use anyhow::Context;
use gainsay::language::{Document, pieces::Pieces};
use std::io::{BufWriter, Write};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let vocabulary = std::fs::read_to_string(arguments.next().context("which vocabulary?")?)?;
    let pieces = Pieces::new(vocabulary.lines()).context("no [UNK] in the vocabulary")?;
    let mut out = BufWriter::new(std::fs::File::create(arguments.next().context("write where?")?)?);
    for path in arguments {
        let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        let document = Document::read(&text);
        let (mut at, mut chars) = (0, 0);
        let mut point = |byte: usize| {
            chars += text[at..byte].chars().count();
            at = byte;
            chars
        };
        let mut tokens = Vec::new();
        let mut cut = Vec::new();
        for token in document.tokens() {
            tokens.push([point(token.span.start), point(token.span.end)]);
            let mut word = Vec::new();
            pieces.cut(token.span.of(&text), &mut word);
            cut.push(word);
        }
        let mut quoted = vec![0; tokens.len()];
        for quotation in document.quotations() {
            quoted[quotation.inside(document.tokens())].fill(1);
        }
        let ends: Vec<usize> = document.sentences().iter().map(|sentence| sentence.tokens.end).collect();
        let paragraphs: Vec<usize> = document.sentences().iter().map(|sentence| sentence.paragraph).collect();
        let line = serde_json::json!({
            "path": path, "text": text, "tokens": tokens, "pieces": cut, "quoted": quoted, "sentences": ends, "paragraphs": paragraphs
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
