//! The 2,100 documents of feedparser's tests and 52 real lists of feeds. They are not part of this repository: set
//! `GAINSAY_CORPORA` to the folder of `feeds-feedparser.tar.xz` and `opml.tar.xz` (default `../shared/corpora`) and run
//! `cargo test --release --test corpus_feeds -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use gainsay::feeds::{ParseError, opml, parse};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use url::Url;

fn documents(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            documents(&path, endings, found);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
}

fn unpacked(archive: &str) -> tempfile::TempDir {
    let corpora = std::env::var("GAINSAY_CORPORA").unwrap_or_else(|_| "../shared/corpora".to_owned());
    let archive = Path::new(&corpora).join(archive);
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar").arg("-xJf").arg(&archive).arg("-C").arg(folder.path()).status().unwrap();
    assert!(status.success(), "{} can't be unpacked", archive.display());
    folder
}

/// The header that a document asks to be served with, in its first comment.
fn content_type(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&body[..body.len().min(1024)]).into_owned();
    let line = head.lines().find(|line| line.trim_start().to_ascii_lowercase().starts_with("header:"))?;
    let header = line.split_once(':')?.1.trim();
    let (name, value) = header.split_once(':')?;
    name.eq_ignore_ascii_case("content-type").then(|| value.trim().to_owned())
}

#[test]
#[ignore = "needs the corpus"]
fn every_document_of_the_corpus_is_read_or_refused_in_time() {
    let unpacked = unpacked("feeds-feedparser.tar.xz");
    let mut paths = Vec::new();
    documents(unpacked.path(), &["xml", "json"], &mut paths);
    paths.sort();
    assert!(paths.len() > 2000, "only {} documents", paths.len());

    let base = Url::parse("http://feeds.example.org/corpus/feed").unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut slowest = Duration::ZERO;
    for path in &paths {
        let body = std::fs::read(path).unwrap();
        let started = Instant::now();
        let result = parse(&body, content_type(&body).as_deref(), &base);
        slowest = slowest.max(started.elapsed());
        let kind = match &result {
            Ok(document) if document.incomplete => "incomplete",
            Ok(document) if document.items.is_empty() => "without items",
            Ok(_) => "read",
            Err(ParseError::Panicked) => panic!("{} made the parser panic", path.display()),
            Err(ParseError::Empty) => "empty",
            Err(ParseError::WebPage { .. }) => "a web page",
            Err(ParseError::NotAFeed(_)) => "not a feed",
            Err(ParseError::Malformed(_)) => "malformed",
        };
        *counts.entry(kind).or_default() += 1;
        if std::env::var_os("GAINSAY_LIST").is_some() && kind != "read" && kind != "without items" {
            println!("{kind}: {} {:?}", path.strip_prefix(unpacked.path()).unwrap().display(), result.err());
        }
    }
    println!("{} documents: {counts:?}; the slowest took {slowest:?}", paths.len());
    let feeds = counts["read"] + counts["without items"];
    assert!(feeds * 100 >= paths.len() * 95, "only {feeds} of {} are read", paths.len());
    assert!(slowest < Duration::from_secs(5));
}

#[test]
#[ignore = "needs the corpus"]
fn every_real_list_of_feeds_is_read_and_written_again() {
    let unpacked = unpacked("opml.tar.xz");
    let mut paths = Vec::new();
    documents(unpacked.path(), &["opml"], &mut paths);
    assert!(paths.len() >= 50, "only {} lists", paths.len());
    let mut feeds = 0;
    for path in &paths {
        let text = std::fs::read(path).unwrap();
        let outlines = opml::read(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let expected = String::from_utf8_lossy(&text).matches("xmlUrl=\"http").count();
        assert_eq!(outlines.len(), expected, "{}", path.display());
        assert!(outlines.iter().all(|outline| Url::parse(&outline.address).is_ok()));
        let again = opml::read(opml::write(&outlines).as_bytes()).unwrap();
        assert!(again.iter().map(|outline| &outline.address).eq(outlines.iter().map(|outline| &outline.address)));
        feeds += outlines.len();
    }
    println!("{} lists with {feeds} feeds", paths.len());
}
