//! Any bytes as an article: no panic, every part of a statement lies where it must, a second reading finds the same, and
//! no text takes much longer than its length allows.
#![no_main]

use gainsay::language::{Document, Span};
use gainsay::statements::{Act, Actors, Party, Statement, find, json};
use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static ACTORS: LazyLock<Actors> =
    LazyLock::new(|| Actors::builtin().with(&[("Veldia".to_owned(), vec!["Port Abel".to_owned()])]));

const PUBLISHED: Date = date(2022, 11, 8);

/// The most time for each kilobyte, and for what a short text takes besides, on a slow and busy machine.
const A_KILOBYTE: Duration = Duration::from_secs(1);
const BESIDES: Duration = Duration::from_secs(10);

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let started = Instant::now();
    let document = Document::read(&text);
    let found = find(&document, Some(PUBLISHED), &ACTORS);
    let taken = started.elapsed();
    let kilobytes = text.len().div_ceil(1024) as u32;
    assert!(taken < BESIDES + A_KILOBYTE * kilobytes, "{taken:?} for {} bytes", text.len());
    for (number, statement) in found.iter().enumerate() {
        check(&document, &found, number, statement);
    }
    // As offsets in code points they mean the same words.
    let told = json::statements(&text, &found);
    let points: Vec<char> = text.chars().collect();
    for (statement, told) in found.iter().zip(told.as_array().into_iter().flatten()) {
        for (span, told) in statement.content.iter().zip(told["content"].as_array().into_iter().flatten()) {
            let at = |end: &str| told[end].as_u64().and_then(|at| usize::try_from(at).ok()).expect("an offset");
            assert!(points[at("start")..at("end")].iter().copied().eq(span.of(&text).chars()));
        }
    }
    if text.len() < 256 {
        assert_eq!(found, find(&Document::read(&text), Some(PUBLISHED), &ACTORS));
    }
});

fn check(document: &Document, found: &[Statement], number: usize, statement: &Statement) {
    let text = document.text();
    let lies_in = |span: Span| {
        assert!(span.start < span.end && text.get(span.start..span.end).is_some(), "{span:?} in {statement:?}");
    };
    assert_eq!(statement.id as usize, number + 1);
    assert!(!statement.content.is_empty(), "{statement:?}");
    statement.content.iter().chain(&statement.cue).copied().for_each(lies_in);
    assert!(statement.content.windows(2).all(|pair| pair[0].end <= pair[1].start), "{statement:?}");
    if let Some(cue) = statement.cue {
        assert!(document.sentences().iter().any(|sentence| sentence.span.contains(cue)), "{statement:?}");
    }
    let parties = [&statement.speaker, &statement.on_behalf_of, &statement.target, &statement.accuser];
    for Party { text: words, span, .. } in parties.into_iter().flatten() {
        lies_in(*span);
        assert_eq!(span.of(text), words);
    }
    assert!((0.0..=1.0).contains(&statement.confidence) && (0.0..=1.0).contains(&statement.answers_surely));
    assert!(statement.act == Act::Denial || statement.answers.is_empty());
    for &answer in &statement.answers {
        assert_eq!(found[answer as usize - 1].act, Act::Accusation, "{statement:?}");
    }
    assert!(statement.repeats.is_none_or(|first| (1..statement.id).contains(&first)), "{statement:?}");
    if let (Some(earliest), Some(latest)) = (statement.said_at.earliest, statement.said_at.latest) {
        assert!(earliest <= latest, "{statement:?}");
    }
    let passage = statement.passage(document);
    assert!(statement.content.iter().chain(&statement.cue).all(|span| passage.contains(*span)));
}
