//! Words a second of the whole engine, one core, on invented news: `cargo bench --bench extract`.

use divan::counter::ItemsCount;
use gainsay::statements::{Actors, extract};

fn main() {
    divan::main();
}

/// An invented article of five paragraphs, `times` over.
fn article(times: usize) -> String {
    const STORY: &str = "Veldia denies shelling harbour as talks open\n\n\
        Veldia on Tuesday denied accusations by Norland that its gunboats had shelled the harbour of Port Abel, and \
        called the claims of its neighbour groundless.\n\n\
        “We have never fired a single shell at Port Abel,” said Tomas Orlan, a spokesman for the Veldian defence \
        ministry. “Whoever says so is lying to the people of both our countries.”\n\n\
        Norland's foreign minister, Ilse Marn, had told reporters last week that Veldia was behind the attack, which \
        killed four dockers and set a grain store on fire. According to the harbour master, eleven shells fell within \
        an hour.\n\n\
        Mediators said the talks would go on. The fishing fleet stayed in port, and the market opened late because the \
        road along the cliffs was still closed to lorries.\n\n";
    STORY.repeat(times)
}

#[divan::bench(args = [1, 10, 100])]
fn whole_engine(bencher: divan::Bencher<'_, '_>, times: usize) {
    let actors = Actors::builtin();
    let text = article(times);
    let words = text.split_whitespace().count();
    // The models are read from the binary once, not for each article.
    let _ = extract(&text, None, &actors);
    bencher.counter(ItemsCount::new(words)).bench(|| extract(divan::black_box(&text), None, &actors));
}
