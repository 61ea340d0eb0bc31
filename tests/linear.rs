//! Time grows linearly with the length of the text, whatever the text is, and so at every stage of the engine.
//!
//! `cargo test --release --test linear -- --ignored --nocapture` prints nanoseconds a byte, by kind of text, stage and length.
#![allow(clippy::unwrap_used, reason = "tests")]

use gainsay::language::Document;
use gainsay::statements::judgement::Weights;
use gainsay::statements::reader::Reader;
use gainsay::statements::{Actors, find_with};
use std::fmt::Write;
use std::sync::LazyLock;
use std::time::Instant;

/// The lengths in bytes. The last is the most that is read of an article; the encoder's time at that length is spent on the
/// first kinds of text only.
const LENGTHS: [usize; 4] = [1 << 10, 1 << 14, 1 << 17, 1 << 20];
const WHOLE: usize = 5;

/// A byte of the longest text may take so many times as long as one of the second longest, which is an eighth of it: where
/// time is quadratic it takes eight times as long, and noise and colder memory make less than two of it.
const SLACK: f64 = 3.0;

/// Nanoseconds a byte that are no time at all: half a second for the longest text.
const NOISE: f64 = 500.0;

const STORY: &str = "Veldia denies shelling harbour as talks open\n\n\
    Veldia on Tuesday denied accusations by Norland that its gunboats had shelled the harbour of Port Abel, and called the \
    claims of its neighbour groundless.\n\n\
    “We have never fired a single shell at Port Abel,” said Tomas Orlan, a spokesman for the Veldian defence ministry. \
    “Whoever says so is lying to the people of both our countries.”\n\n\
    Mediators said the talks would go on. The fishing fleet stayed in port, and the market opened late because the road \
    along the cliffs was still closed to lorries.\n\n";

/// A name that no other number has.
fn name(number: usize) -> String {
    const SYLLABLES: [&str; 12] = ["Ba", "de", "ki", "lo", "mar", "nu", "or", "pel", "ris", "sol", "tan", "vek"];
    let mut name = String::new();
    let mut rest = number + 12;
    while rest > 0 {
        name.push_str(SYLLABLES[rest % 12]);
        rest /= 12;
    }
    name[..1].to_uppercase() + &name[1..]
}

/// Makes a text of about so many bytes.
type Text = fn(usize) -> String;

/// Texts that grow piece by piece, each by the number of the piece.
fn kinds() -> Vec<(&'static str, Text)> {
    vec![
        ("news", |_| STORY.to_owned()),
        ("quotation marks", |at| ["\"", "“", "'", "”", " \"", "‘", "«", "' ", "’", "»", "“ "][at * 7 % 11].to_owned()),
        ("one endless sentence", |_| "the envoy told the court that the harbour was closed and ".to_owned()),
        ("denials of denials", |_| "denied that he ".to_owned()),
        ("deep nesting", |_| "(the report (of the claim “that the 'envoy who said ".to_owned()),
        ("denied allegations", |at| {
            format!("{} denied allegations by Norland that it had shelled the harbour. ", name(at))
        }),
        ("accusations and denials", |_| "Norland accused Veldia of theft. Veldia denied it. ".to_owned()),
        ("names", |at| format!("{} {} told {} that {} had lied. ", name(at), name(at / 3), name(at + 7), name(at / 2))),
        ("roles", |at| format!("Mr {} {} left. The candidate said the envoy denied it. ", name(at), name(at * 5))),
        (
            "one quotation",
            |at| {
                if at == 0 { "He said: “We left. ".to_owned() } else { "We stole the money. ".to_owned() }
            },
        ),
        ("opening marks of words", |_| "“the 'claim ".to_owned()),
        ("one word", |_| "shells".to_owned()),
        ("blank lines", |_| "a\n \r\n\n\t".to_owned()),
        ("dates", |_| "he denied it on Tuesday last week three days ago in March 2019 ".to_owned()),
    ]
}

fn text(of: fn(usize) -> String, length: usize) -> String {
    let mut text = String::with_capacity(length + 400);
    for at in 0.. {
        if text.len() >= length {
            break;
        }
        text.push_str(&of(at));
    }
    text
}

/// Seconds of processor time that the process has taken, which other programs hardly disturb; wall time where nobody tells.
fn spent() -> f64 {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    let ticks = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let times: Vec<f64> = fields.split_whitespace().skip(11).take(2).filter_map(|time| time.parse().ok()).collect();
        Some(times.iter().sum::<f64>() / 100.0)
    };
    ticks().unwrap_or_else(|| STARTED.elapsed().as_secs_f64())
}

/// Seconds that each stage takes: the document, the reader, the statements.
fn seconds(text: &str, runs: usize) -> [f64; 3] {
    let mut at = spent();
    let mut lap = || {
        let before = std::mem::replace(&mut at, spent());
        (at - before) / runs as f64
    };
    let documents: Vec<Document> = (0..runs).map(|_| Document::read(text)).collect();
    let read = lap();
    let readings: Vec<_> = documents.iter().map(|document| Reader::builtin().read(document)).collect();
    let heard = lap();
    for (document, reading) in documents.iter().zip(&readings) {
        find_with(document, None, &Actors::builtin(), reading, Weights::builtin());
    }
    [read, heard, lap()]
}

#[test]
#[ignore = "takes minutes; for optimised builds"]
fn time_grows_linearly() {
    seconds(STORY, 1);
    let mut slow = String::new();
    for (number, (kind, of)) in kinds().into_iter().enumerate() {
        let mut before = [f64::INFINITY; 3];
        let lengths = if number < WHOLE { &LENGTHS[..] } else { &LENGTHS[1..3] };
        for &length in lengths {
            let text = text(of, length);
            // The clock's ticks are hundredths of a second.
            let each = seconds(&text, (LENGTHS[2] / 2 / length).max(1)).map(|time| time * 1e9 / text.len() as f64);
            println!("{kind:24} {:>8} bytes: {:8.0} {:8.0} {:8.0} ns a byte", text.len(), each[0], each[1], each[2]);
            for (stage, name) in ["document", "reader", "statements"].into_iter().enumerate() {
                if Some(&length) == lengths.last() && each[stage] > SLACK * before[stage] + NOISE {
                    writeln!(slow, "{kind}, {name}: {:.0} ns a byte, then {:.0}", before[stage], each[stage]).unwrap();
                }
            }
            before = each;
        }
    }
    assert!(slow.is_empty(), "a byte takes longer in a longer text:\n{slow}");
}
