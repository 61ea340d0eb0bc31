//! How fast markup becomes text and pages become articles.

use gainsay::articles::{Matcher, read_page};
use gainsay::plain::plain_text;
use gainsay::watchlist::{Actor, Topic, Watchlist};
use url::Url;

fn main() {
    divan::main();
}

/// A page of the usual shape and size: 80 kB, 25 paragraphs of text among some 1,500 elements.
fn page() -> String {
    let links: String = (0..400)
        .map(|n| format!("<li class='menu__item'><a href='/s/{n}' class='menu__link'>Section {n}</a></li>"))
        .collect();
    let paragraphs =
        "<p>Ardova&#8217;s <a href='/t/navy'>navy</a> denied on Monday that its ships had entered the waters of \
                      Belmar, and called the claim an invention of the admiralty, which had made it twice before.</p>\n"
            .repeat(25);
    format!(
        "<html><head><title>Ardova denies it - Courier</title><style>{}</style></head><body><nav><ul>{links}</ul></nav>\
         <main><article><h1>Ardova denies it</h1>{paragraphs}</article></main><footer><ul>{links}</ul></footer></body></html>",
        "p { margin: 0 }".repeat(500)
    )
}

#[divan::bench]
fn plain_text_of_a_page(bencher: divan::Bencher) {
    let page = page();
    bencher.counter(divan::counter::BytesCount::of_str(&page)).bench(|| plain_text(&page));
}

#[divan::bench]
fn article_of_a_page(bencher: divan::Bencher) {
    let page = page();
    let url = Url::parse("https://courier.example/a").expect("an address");
    bencher.counter(divan::counter::BytesCount::of_str(&page)).bench(|| read_page(page.as_bytes(), None, &url));
}

/// 200 actors with five names each, 50 topics with 20 words each.
#[divan::bench]
fn matches_of_an_item(bencher: divan::Bencher) {
    let words = |kind: &str, n: usize, of: usize| (0..of).map(|i| format!("{kind}{n} word{i}")).collect::<Vec<_>>();
    let watchlist = Watchlist {
        actors: (0..200).map(|n| Actor { name: format!("Actor{n}"), aliases: words("Alias", n, 4) }).collect(),
        topics: (0..50).map(|n| Topic { name: format!("Topic {n}"), any: words("key", n, 20) }).collect(),
        ..Watchlist::default()
    };
    let matcher = Matcher::new(&watchlist, |_| Vec::new());
    let text = plain_text(&page());
    bencher.counter(divan::counter::BytesCount::of_str(&text)).bench(|| matcher.matches(&[&text]));
}
