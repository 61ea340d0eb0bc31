//! Articles that come in files and not by feed: an archive's entries, one after the other, whatever its size.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `jsonl` | one JSON object a line |
//! | `folder` | a folder of texts and pages |
//! | `warc` | the pages of a web archive (ISO 28500) |

mod folder;
mod jsonl;
mod warc;

use crate::articles::{Source, compose, read_page};
use crate::feeds::Item;
use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use url::Url;

/// The most that one entry may hold, in bytes: no article is longer, and an archive may be anything.
pub const LONGEST: usize = 32 << 20;

/// An article as an archive has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Archived {
    /// What the archive calls it.
    #[serde(default, alias = "article", deserialize_with = "jsonl::id")]
    pub id: Option<String>,
    /// Its headline.
    #[serde(default)]
    pub title: Option<String>,
    /// Its text, without the headline.
    #[serde(default)]
    pub text: String,
    /// When it was published.
    #[serde(default, deserialize_with = "jsonl::time")]
    pub published: Option<Timestamp>,
    /// Where it stands.
    #[serde(default)]
    pub url: Option<String>,
    /// Who publishes it.
    #[serde(default)]
    pub outlet: Option<String>,
    /// What the archive had it from.
    #[serde(default)]
    pub feed: Option<String>,
    /// Who wrote it.
    #[serde(default)]
    pub author: Option<String>,
    /// The short text.
    #[serde(default)]
    pub summary: Option<String>,
    /// When the archive received it, where it says.
    #[serde(default, deserialize_with = "jsonl::time")]
    pub fetched: Option<Timestamp>,
    /// The text was read off a page.
    #[serde(skip)]
    pub page: bool,
}

impl Archived {
    /// The article as an item of a feed that carries its full text. An address that no browser opens is none.
    pub fn item(&self) -> Item {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        Item {
            id: text(&self.id),
            title: text(&self.title),
            url: self.address().map(String::from),
            published: self.published,
            updated: None,
            author: text(&self.author),
            summary: text(&self.summary),
            content: Some(self.text.clone()).filter(|text| !text.trim().is_empty()),
        }
    }

    /// Its address.
    pub fn address(&self) -> Option<Url> {
        Url::parse(self.url.as_deref()?.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
    }

    /// The text to analyse below the headline, and where it comes from: the summary where there is no other.
    pub fn body(&self) -> (&str, Source) {
        match self.summary.as_deref() {
            Some(summary) if self.text.trim().is_empty() => (summary, Source::Summary),
            _ if self.page => (&self.text, Source::Page),
            _ => (&self.text, Source::Feed),
        }
    }

    /// As `gainsay text` prints a page, its text begins with its headline.
    fn without_headline_in_text(mut self) -> Self {
        if let Some(title) = &self.title {
            let rest = self.text.strip_prefix(title.as_str()).map(str::to_owned);
            let whole = compose(Some(title), "") == self.text;
            if let Some(body) = rest.filter(|rest| whole || rest.starts_with("\n\n")) {
                self.text = body.trim_start_matches('\n').to_owned();
            }
        }
        self
    }
}

/// What stands at one place of an archive.
#[derive(Debug)]
pub enum Entry {
    /// An article.
    Article(Box<Archived>),
    /// No article, and nothing is wrong with that: a picture, a front page, a page that is not there.
    Other,
    /// What can't be read.
    Bad {
        /// Where, for people.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// How an archive is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON lines.
    Lines,
    /// A web archive.
    Warc,
    /// One text or page.
    Document,
}

impl Kind {
    /// The kind of the file of that name, and whether it is compressed with gzip; by its name's ending.
    pub fn of(path: &Path) -> Option<(Kind, bool)> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let (name, packed) = name.strip_suffix(".gz").map_or((name.as_str(), false), |name| (name, true));
        let kind = match name.rsplit_once('.')?.1 {
            "jsonl" | "ndjson" => Kind::Lines,
            "warc" => Kind::Warc,
            "txt" | "html" | "htm" | "xhtml" if !packed => Kind::Document,
            _ => return None,
        };
        Some((kind, packed))
    }
}

/// Reads the entries of an archive, one after the other; `name` is what places are told by. An archive that breaks off
/// or is damaged is [`Entry::Bad`] from there on.
///
/// # Errors
/// What `take` returns.
pub fn read<E>(
    bytes: impl Read,
    (kind, packed): (Kind, bool),
    name: &str,
    take: &mut dyn FnMut(Entry) -> Result<(), E>,
) -> Result<(), E> {
    let plain = BufReader::with_capacity(1 << 16, bytes);
    let mut bytes: Box<dyn BufRead> =
        if packed { Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(plain))) } else { Box::new(plain) };
    match kind {
        Kind::Lines => jsonl::read(&mut bytes, name, take),
        Kind::Warc => warc::read(&mut bytes, name, take),
        Kind::Document => take(folder::document(&mut bytes, name, Path::new(name))),
    }
}

/// The texts and pages below `folder`, in the order of their paths, each by its path from there.
///
/// # Errors
/// What `take` returns.
pub fn read_folder<E>(folder: &Path, take: &mut dyn FnMut(Entry) -> Result<(), E>) -> Result<(), E> {
    folder::read(folder, take)
}

/// A page of an archive as an article; `None` where it has none.
fn page(html: &[u8], content_type: Option<&str>, url: &Url) -> Option<Archived> {
    let page = read_page(html, content_type, url).ok()?;
    Some(Archived { title: page.title, text: page.text, published: page.published, page: true, ..Archived::default() })
}

/// Reads up to and with a line break into `line`; whether it is longer than `most` bytes, the rest of which is dropped.
fn line(bytes: &mut dyn BufRead, line: &mut Vec<u8>, most: usize) -> io::Result<bool> {
    line.clear();
    (&mut *bytes).take(most as u64 + 1).read_until(b'\n', line)?;
    if line.len() <= most || line.ends_with(b"\n") {
        return Ok(false);
    }
    loop {
        let buffer = bytes.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (skipped, ended) = (end.map_or(buffer.len(), |end| end + 1), end.is_some() || buffer.is_empty());
        bytes.consume(skipped);
        if ended {
            return Ok(true);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// The articles of an archive, and the problems with it.
    pub(super) fn read_all(bytes: &[u8], kind: (Kind, bool)) -> (Vec<Archived>, Vec<String>) {
        let (mut articles, mut problems) = (Vec::new(), Vec::new());
        let mut take = |entry| -> Result<(), std::convert::Infallible> {
            match entry {
                Entry::Article(article) => articles.push(*article),
                Entry::Other => {}
                Entry::Bad { place, problem } => problems.push(format!("{place}: {problem}")),
            }
            Ok(())
        };
        read(bytes, kind, "archive", &mut take).unwrap();
        (articles, problems)
    }

    #[test]
    fn an_archive_is_known_by_its_name() {
        let kind = |name: &str| Kind::of(Path::new(name));
        assert_eq!(kind("a/News.JSONL"), Some((Kind::Lines, false)));
        assert_eq!(kind("news.warc.gz"), Some((Kind::Warc, true)));
        assert_eq!(kind("page.html"), Some((Kind::Document, false)));
        assert_eq!(kind("news.tar.gz"), None);
        assert_eq!(kind("news"), None);
    }

    #[test]
    fn a_text_that_begins_with_its_headline_is_told_apart_from_it() {
        let article =
            |title: &str, text: &str| Archived { title: Some(title.into()), text: text.into(), ..Archived::default() };
        assert_eq!(article("Ferry sails", "Ferry sails\n\nIt did.").without_headline_in_text().text, "It did.");
        assert_eq!(article("Ferry", "Ferry sails again.").without_headline_in_text().text, "Ferry sails again.");
        assert_eq!(article("Ferry", "Ferry").without_headline_in_text().text, "");
    }
}
