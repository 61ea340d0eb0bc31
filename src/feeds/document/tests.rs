//! Documents as servers send them, good and bad.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn read_one(document: &str) -> Item {
    let mut document = read_all(document).unwrap();
    assert_eq!(document.items.len(), 1, "{document:?}");
    document.items.remove(0)
}

fn read_all(document: &str) -> Result<Document, ParseError> {
    let base = Url::parse("https://velmora.example/news/feed.xml").unwrap();
    parse(document.as_bytes(), None, &base)
}

fn rss(item: &str) -> String {
    format!("<rss version=\"2.0\"><channel><title>Velmora Daily</title>{item}</channel></rss>")
}

#[test]
fn an_rss_item_is_read_whole() {
    let document = read_all(
        r#"<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
           xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Velmora &amp; Tal</title>
           <link>https://velmora.example/</link><ttl>30</ttl>
           <image><title>Logo</title><url>x.png</url><link>https://logo.example/</link></image>
           <item><title>Harbour &lt;b&gt;closed&lt;/b&gt; &amp;amp; guarded</title><link>/a?x=1&amp;y=2</link>
           <guid isPermaLink="false">tag-1</guid><pubDate>Wed, 05 Mar 2031 10:00:00 +0100</pubDate>
           <dc:creator>Ada Norr</dc:creator><description>&lt;p&gt;Short.&lt;/p&gt;</description>
           <content:encoded><![CDATA[<p>First&nbsp;line.</p><p>Second <i>line</i>.</p><script>x()</script>]]></content:encoded>
           </item></channel></rss>"#,
    )
    .unwrap();
    assert_eq!(document.title.as_deref(), Some("Velmora & Tal"));
    assert_eq!(document.site.as_ref().map(Url::as_str), Some("https://velmora.example/"));
    assert_eq!(document.ttl, Some(Duration::from_secs(1800)));
    let item = &document.items[0];
    assert_eq!(item.id.as_deref(), Some("tag-1"));
    assert_eq!(item.title.as_deref(), Some("Harbour closed & guarded"));
    assert_eq!(item.url.as_deref(), Some("https://velmora.example/a?x=1&y=2"));
    assert_eq!(item.published, Some("2031-03-05T09:00:00Z".parse().unwrap()));
    assert_eq!(item.author.as_deref(), Some("Ada Norr"));
    assert_eq!(item.summary.as_deref(), Some("Short."));
    assert_eq!(item.content.as_deref(), Some("First line.\n\nSecond line."));
}

#[test]
fn an_atom_entry_keeps_what_only_looks_like_markup() {
    let item = read_one(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://tal.example/x/"><entry xml:base="y/">
           <id>urn:1</id><title>a &lt; b and &lt;i&gt;</title><link rel="self" href="self"/>
           <link rel="alternate" type="text/html" href="z"/><author><name>Ada Norr</name></author>
           <author><name>Bo Tal</name><email>bo@tal.example</email></author>
           <published>2031-03-05T10:00:00Z</published><updated>2031-03-05T11:00:00Z</updated>
           <summary type="html">One &amp;amp; two</summary>
           <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Ministry &amp; port</p><p>Two</p></div></content>
           <source><id>urn:other</id><title>Other</title></source></entry></feed>"#,
    );
    assert_eq!(item.id.as_deref(), Some("urn:1"));
    assert_eq!(item.title.as_deref(), Some("a < b and <i>"));
    assert_eq!(item.url.as_deref(), Some("https://tal.example/x/y/z"));
    assert_eq!(item.author.as_deref(), Some("Ada Norr, Bo Tal"));
    assert_eq!(item.summary.as_deref(), Some("One & two"));
    assert_eq!(item.content.as_deref(), Some("Ministry & port\n\nTwo"));
    assert_eq!(item.published, Some("2031-03-05T10:00:00Z".parse().unwrap()));
    assert_eq!(item.updated, Some("2031-03-05T11:00:00Z".parse().unwrap()));
}

#[test]
fn old_dialects_are_read_too() {
    let rdf = read_one(
        r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
           xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://v.example/"><title>V</title></channel>
           <item rdf:about="https://v.example/1"><title>One</title><link>https://v.example/1</link>
           <dc:date>2031-03-05</dc:date></item></rdf:RDF>"#,
    );
    assert_eq!(rdf.id.as_deref(), Some("https://v.example/1"));
    assert_eq!(rdf.published, Some("2031-03-05T00:00:00Z".parse().unwrap()));
    let atom = read_one(
        r#"<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title mode="escaped" type="text/html">A &lt;b&gt;B&lt;/b&gt;</title>
           <issued>2031-03-05T10:00:00</issued></entry></feed>"#,
    );
    assert_eq!((atom.title.as_deref(), atom.published.is_some()), (Some("A B"), true));
    for version in ["0.90", "0.91", "0.93", "2.0.1", ""] {
        let document = format!("<rss version=\"{version}\"><channel><item><title>T</title></item></channel></rss>");
        assert_eq!(read_one(&document).title.as_deref(), Some("T"), "{version}");
    }
}

#[test]
fn a_json_feed_is_read_though_it_is_careless() {
    let document = read_all(
        r#"{"version": "https://jsonfeed.org/version/1.1", "home_page_url": "https://v.example/", "items": [
           {"id": 7, "url": "/seven", "title": "Seven < eight", "content_html": "<p>One</p><p>Two</p>",
            "date_published": "2031-03-05T10:00:00+01:00", "author": {"name": "Ada"}, "authors": null, "tags": 5},
           {"content_text": "a\n\nb"}, "nonsense"]}"#,
    )
    .unwrap();
    let [seven, plain] = document.items.as_slice() else { panic!("{document:?}") };
    assert_eq!((seven.id.as_deref(), seven.title.as_deref()), (Some("7"), Some("Seven < eight")));
    assert_eq!(seven.url.as_deref(), Some("https://velmora.example/seven"));
    assert_eq!((seven.content.as_deref(), seven.author.as_deref()), (Some("One\n\nTwo"), Some("Ada")));
    assert_eq!((plain.id.as_deref(), plain.content.as_deref()), (None, Some("a\n\nb")));
    assert!(matches!(read_all(r#"{"items": 5}"#), Err(ParseError::NotAFeed(_))));
    assert!(matches!(read_all(r#"{"items": ["#), Err(ParseError::Malformed(_))));
    assert!(matches!(read_all(&"[".repeat(100_000)), Err(ParseError::Malformed(_))));
}

#[test]
fn a_document_that_breaks_off_keeps_its_complete_items() {
    let whole = rss("<item><title>One</title></item><item><title>Two</title></item>");
    let document = read_all(&whole[..whole.find("Two").unwrap()]).unwrap();
    assert!(document.incomplete);
    assert_eq!(document.items.len(), 1);
    assert_eq!(document.items[0].title.as_deref(), Some("One"));
    for end in 0..whole.len() {
        let cut = read_all(&whole[..end]);
        assert!(!matches!(cut, Err(ParseError::Panicked)), "at {end}");
        assert!(cut.map_or(true, |document| document.incomplete), "at {end}");
    }
}

#[test]
fn careless_markup_costs_nothing() {
    let item = read_one(&rss(
        "<item><title>Tariffs&#146;: 5 < 6 & AT&T &nbsp; &hellip;</title><description>Bare <p>tags <br>and <b>AT&amp;T</p></description>
         <link>https://v.example/?a=1&b=2</link><unclosed></item>",
    ));
    assert_eq!(item.title.as_deref(), Some("Tariffs’: 5 < 6 & AT&T …"));
    assert_eq!(item.url.as_deref(), Some("https://v.example/?a=1&b=2"));
    let summary = item.summary.unwrap();
    assert!(summary.starts_with("Bare\n\ntags") && summary.ends_with("AT&T"), "{summary:?}");
    let unclosed = read_all("<rss><channel><item><title>A<item><title>B</title></item>").unwrap();
    let titles: Vec<_> = unclosed.items.iter().filter_map(|item| item.title.as_deref()).collect();
    assert_eq!(titles, ["A", "B"]);
}

#[test]
fn warnings_before_a_feed_are_passed_over() {
    let warned = format!(
        "\u{feff}\n<br />\n<b>Warning</b>: x in y.php\n<?xml version=\"1.0\"?>{}",
        rss("<item><title>T</title></item>")
    );
    assert_eq!(read_one(&warned).title.as_deref(), Some("T"));
}

#[test]
fn what_is_no_feed_is_named() {
    assert_eq!(read_all(" \n"), Err(ParseError::Empty));
    let page = "<!DOCTYPE html><html><head><link rel='alternate' type='application/rss+xml' href='/rss?a=1&amp;b=2'>\
                <link rel=stylesheet href=x></head><body>Hi</body></html>";
    let error = read_all(page).unwrap_err();
    assert_eq!(
        error.with_feeds(),
        "this is a web page, not a feed; it names a feed at https://velmora.example/rss?a=1&b=2"
    );
    assert!(!error.to_string().contains("velmora"), "the page's address may be a secret: {error}");
    assert!(matches!(read_all("<opml/>"), Err(ParseError::NotAFeed(_))));
    assert!(matches!(read_all("just words"), Err(ParseError::NotAFeed(_))));
    assert!(matches!(read_all("%PDF-1.4 <<"), Err(ParseError::NotAFeed(_))));
}

#[test]
fn links_are_http_or_none() {
    for link in ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "mailto:a@b.example"] {
        assert_eq!(read_one(&rss(&format!("<item><title>T</title><link>{link}</link></item>"))).url, None, "{link}");
    }
    let counted = rss(
        "<item><link>https://proxy.example/~r/1</link><feedburner:origLink>https://v.example/1</feedburner:origLink></item>",
    );
    assert_eq!(read_one(&counted).url.as_deref(), Some("https://v.example/1"));
    let guid = read_one(&rss("<item><guid>https://v.example/2</guid></item>"));
    assert_eq!(guid.url.as_deref(), Some("https://v.example/2"));
    assert_eq!(read_one(&rss("<item><guid isPermaLink='false'>https://v.example/2</guid></item>")).url, None);
}

#[test]
fn a_date_of_the_future_is_no_date() {
    let document = read_all(&rss(
        "<item><pubDate>Wed, 05 Mar 2031 10:00:00 GMT</pubDate></item><item><pubDate>Wed, 05 Mar 2036 10:00:00 GMT</pubDate></item>",
    ));
    let document = document.unwrap().fetched_at("2031-03-04T12:00:00Z".parse().unwrap());
    let dated: Vec<_> = document.items.iter().map(|item| item.published.is_some()).collect();
    assert_eq!(dated, [true, false]);
}

#[test]
fn authors_are_named_and_their_mail_addresses_break_nothing() {
    for (written, read) in [
        ("ada@v.example (Ada Norr)", "Ada Norr"),
        ("Ada Norr &lt;ada@v.example&gt;", "Ada Norr"),
        ("ada@v.example", "ada@v.example"),
        ("阿達ada@v.example", "ada@v.example"),
        ("Ada Norr", "Ada Norr"),
    ] {
        let item = read_one(&rss(&format!("<item><title>T</title><author>{written}</author></item>")));
        assert_eq!(item.author.as_deref(), Some(read), "{written}");
    }
}

#[test]
fn bombs_end_in_time() {
    let started = std::time::Instant::now();
    let entities = format!(
        "<!DOCTYPE rss [<!ENTITY a \"ha\">{}]>{}",
        (0..50).map(|n| format!("<!ENTITY a{n} \"&a;&a;\">")).collect::<String>(),
        rss("<item><title>&a49; x</title></item>")
    );
    assert_eq!(read_one(&entities).title.as_deref(), Some("&a49; x"));
    let deep = rss(&format!("<item><title>T</title><description>{}x", "<b>".repeat(500_000)));
    assert!(read_all(&deep).is_ok());
    assert!(read_all(&"<a>".repeat(500_000)).is_err());
    assert!(read_all(&format!("<rss><channel>{}", "<channel>".repeat(300_000))).is_err());
    let many = rss(&"<item><title>T</title></item>".repeat(20_000));
    let document = read_all(&many).unwrap();
    assert!(document.items.len() == 5_000 && document.incomplete);
    let strays = rss(&format!("<item><title>{}</title></item>", "< ".repeat(1_000_000)));
    assert!(read_all(&strays).is_ok());
    let attributes = format!("<rss><channel><item {}/></channel></rss>", "a='b' ".repeat(300_000));
    assert!(read_all(&attributes).is_ok());
    let long =
        rss(&format!("<item><title>{0}</title><description>{0}</description></item>", "word ".repeat(1_000_000)));
    let item = read_one(&long);
    assert!(item.title.unwrap().len() <= 4096 && item.summary.unwrap().len() <= 1 << 20);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_panic_costs_one_document_and_nothing_else() {
    assert_eq!(contained(|| panic!("as a parser may")), None::<()>);
    assert_eq!(contained(|| 5), Some(5));
}

#[test]
fn utf_16_is_read_with_and_without_its_mark() {
    let text = format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{}", rss("<item><title>Łódź</title></item>"));
    let base = Url::parse("https://v.example/").unwrap();
    for mark in ["", "\u{feff}"] {
        let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
        for bytes in [
            units.iter().flat_map(|u| u.to_le_bytes()).collect::<Vec<u8>>(),
            units.iter().flat_map(|u| u.to_be_bytes()).collect(),
        ] {
            let document = parse(&bytes, Some("text/xml"), &base).unwrap();
            assert_eq!(document.items[0].title.as_deref(), Some("Łódź"));
            // An odd byte at the end is what made feed-rs panic.
            assert_ne!(parse(&bytes[..bytes.len() - 1], None, &base), Err(ParseError::Panicked));
        }
    }
}
