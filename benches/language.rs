//! Words a second of reading text, by layer, and that the time grows with the length and no faster.
//!
//! `cargo bench --bench language`. The text is invented; hostile inputs come in two lengths, one ten times the other,
//! whose times must stand in about that ratio.

use divan::{Bencher, black_box, counter::ItemsCount};
use gainsay::language::{Document, model::Model};

const ARTICLE: &str = "Orland denies shipping shells to Vellany\n\n\
PORT CASSEL — Orland's ministry of defence on Tuesday rejected claims that it had sold artillery to neighbouring Vellany, \
calling them \"a clumsy fairy tale\" that had been put about by the Free Coast Union.\n\n\
“We have never had arms dealings with that country, and we don't plan any,” said Ilse Tarn, the ministry's spokeswoman, \
in a statement carried by the Cassel Gazette. Gen. Marek Dovin, who led the inquiry, told reporters that 30 crates were \
seized at 5 p.m. on Sept. 3, none of which held weapons.\n\n\
Last week the Union's envoy, J. K. Brandt, accused Orland of having moved at least 4,000 shells over the border by night. \
The six-month inquiry was ordered after the opposition blamed the cabinet for a $5.3bn hole in the budget; it is due to \
report to the 'wise women', as the upper house is known, before the year's end.\n\n";

fn main() {
    divan::main();
}

fn words(text: &str) -> ItemsCount {
    ItemsCount::new(text.split_whitespace().count())
}

#[divan::bench]
fn everything(bencher: Bencher) {
    let text = ARTICLE.repeat(20);
    Model::built_in();
    bencher.counter(words(&text)).bench(|| Document::read(black_box(&text)));
}

#[divan::bench]
fn tagger(bencher: Bencher) {
    let text = ARTICLE.repeat(20);
    let document = Document::read(&text);
    let mut tokens = document.tokens().to_vec();
    bencher.counter(words(&text)).bench_local(|| {
        for sentence in document.sentences() {
            Model::built_in().tag(&text, &mut tokens[sentence.tokens.clone()]);
        }
    });
}

#[divan::bench]
fn tagger_and_parser(bencher: Bencher) {
    let text = ARTICLE.repeat(20);
    let document = Document::read(&text);
    let mut tokens = document.tokens().to_vec();
    bencher.counter(words(&text)).bench_local(|| {
        for sentence in document.sentences() {
            Model::built_in().analyse(&text, &mut tokens[sentence.tokens.clone()], sentence.tokens.start);
        }
    });
}

#[divan::bench]
fn loading_the_model(bencher: Bencher) {
    let bytes = Model::built_in().encode();
    bencher.bench(|| Model::decode(black_box(&bytes)));
}

#[divan::bench(args = [100_000, 1_000_000], sample_count = 3)]
fn one_endless_sentence(bencher: Bencher, bytes: usize) {
    let text = "the envoy said that ".repeat(bytes / 20);
    bencher.counter(words(&text)).bench(|| Document::read(black_box(&text)));
}

#[divan::bench(args = [100_000, 1_000_000], sample_count = 3)]
fn quotation_marks_only(bencher: Bencher, bytes: usize) {
    let text = "\"'“‘».".repeat(bytes / 12);
    bencher.bench(|| Document::read(black_box(&text)));
}

#[divan::bench(args = [100_000, 1_000_000], sample_count = 3)]
fn one_endless_word(bencher: Bencher, bytes: usize) {
    let text = "a.b-c'd".repeat(bytes / 7);
    bencher.bench(|| Document::read(black_box(&text)));
}
