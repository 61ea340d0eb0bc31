//! Words a second of each stage of the engine, one core, on invented news: `cargo bench --bench stages`.
//!
//! The stages in the order of their work: the document (tokens, sentences, tags, trees, quotations), the reader (encoder
//! and heads), and the statements (attributions, parties, acts, links, times). `whole` is all of them.

use divan::Bencher;
use divan::counter::ItemsCount;
use gainsay::language::Document;
use gainsay::language::model::Model;
use gainsay::statements::judgement::Weights;
use gainsay::statements::reader::{Reader, Reading};
use gainsay::statements::{Actors, Stage, extract, find_until, find_with};

fn main() {
    divan::main();
}

const STORY: &str = "Veldia denies shelling harbour as talks open\n\n\
    Veldia on Tuesday denied accusations by Norland that its gunboats had shelled the harbour of Port Abel, and \
    called the claims of its neighbour groundless.\n\n\
    “We have never fired a single shell at Port Abel,” said Tomas Orlan, a spokesman for the Veldian defence \
    ministry. “Whoever says so is lying to the people of both our countries.”\n\n\
    Norland's foreign minister, Ilse Marn, had told reporters last week that Veldia was behind the attack, which \
    killed four dockers and set a grain store on fire. According to the harbour master, eleven shells fell within \
    an hour.\n\n\
    Mediators said the talks would go on. The fishing fleet stayed in port, and the market opened late because the \
    road along the cliffs was still closed to lorries. A grower from the hills said that he had sold half of his pears \
    before noon; the rest would go to the school.\n\n\
    The dispute began in March, when two trawlers were held off the cape. Their crews were home within a week, but the \
    boats were not, and the owners, a family of three brothers, sued the port. A court in Vellany heard the case behind \
    closed doors. It is to decide before the summer.\n\n";

/// An article of some 700 words.
fn article() -> String {
    STORY.repeat(4)
}

fn words(text: &str) -> ItemsCount {
    ItemsCount::new(text.split_whitespace().count())
}

#[divan::bench]
fn a1_document(bencher: Bencher<'_, '_>) {
    let text = article();
    Model::built_in();
    bencher.counter(words(&text)).bench(|| Document::read(divan::black_box(&text)));
}

#[divan::bench]
fn a2_of_it_tags(bencher: Bencher<'_, '_>) {
    let text = article();
    let document = Document::read(&text);
    let mut tokens = document.tokens().to_vec();
    bencher.counter(words(&text)).bench_local(|| {
        for sentence in document.sentences() {
            Model::built_in().tag(&text, &mut tokens[sentence.tokens.clone()]);
        }
    });
}

#[divan::bench]
fn a3_of_it_tags_and_trees(bencher: Bencher<'_, '_>) {
    let text = article();
    let document = Document::read(&text);
    let mut tokens = document.tokens().to_vec();
    bencher.counter(words(&text)).bench_local(|| {
        for sentence in document.sentences() {
            Model::built_in().analyse(&text, &mut tokens[sentence.tokens.clone()], sentence.tokens.start);
        }
    });
}

#[divan::bench]
fn b1_reader(bencher: Bencher<'_, '_>) {
    let text = article();
    let document = Document::read(&text);
    Reader::builtin();
    bencher.counter(words(&text)).bench(|| Reader::builtin().read(divan::black_box(&document)));
}

#[divan::bench]
fn b2_of_it_the_encoder(bencher: Bencher<'_, '_>) {
    let text = article();
    let document = Document::read(&text);
    Reader::builtin();
    bencher.counter(words(&text)).bench(|| Reader::builtin().encoded(divan::black_box(&document)));
}

/// What the statements are made of.
fn read(text: &str) -> (Document<'_>, Reading, Actors) {
    let document = Document::read(text);
    let reading = Reader::builtin().read(&document);
    Weights::builtin();
    (document, reading, Actors::builtin())
}

#[divan::bench]
fn c1_statements(bencher: Bencher<'_, '_>) {
    let text = article();
    let (document, reading, actors) = read(&text);
    bencher
        .counter(words(&text))
        .bench(|| find_with(divan::black_box(&document), None, &actors, &reading, Weights::builtin()));
}

/// The stages of the statements in turn, each with all before it.
#[divan::bench(args = Stage::ALL)]
fn c2_of_them_until(bencher: Bencher<'_, '_>, last: Stage) {
    let text = article();
    let (document, reading, actors) = read(&text);
    bencher
        .counter(words(&text))
        .bench(|| find_until(divan::black_box(&document), &actors, &reading, Weights::builtin(), last));
}

#[divan::bench]
fn d_whole(bencher: Bencher<'_, '_>) {
    let text = article();
    let actors = Actors::builtin();
    extract(&text, None, &actors);
    bencher.counter(words(&text)).bench(|| extract(divan::black_box(&text), None, &actors));
}
