//! The pages of a web archive: response records of HTTP 200 with HTML
//! (<https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/>).

use super::{Archived, Entry, LONGEST, line, page};
use crate::articles::canonical;
use jiff::Timestamp;
use std::io::{self, BufRead, Cursor, Read};
use url::Url;

/// The longest header line, and the most lines of one header.
const LONGEST_LINE: usize = 64 << 10;
const MOST_LINES: usize = 200;
/// The most headers of one HTTP response.
const MOST_HEADERS: usize = 128;

/// What of a record's header matters here.
#[derive(Default)]
struct Header {
    length: Option<u64>,
    is_response: bool,
    target: Option<String>,
    date: Option<Timestamp>,
}

pub(super) fn read<E>(
    bytes: &mut dyn BufRead,
    name: &str,
    take: &mut dyn FnMut(Entry) -> Result<(), E>,
) -> Result<(), E> {
    for number in 1.. {
        let bad = |problem: String| Entry::Bad { place: format!("{name}, record {number}"), problem };
        let (header, length) = match header(bytes) {
            Ok(None) => break,
            Ok(Some(header)) => match header.length {
                Some(length) => (header, length),
                None => return take(bad("it has no length; what follows can't be found".to_owned())),
            },
            Err(error) => return take(bad(format!("it breaks off or is no WARC: {error}"))),
        };
        let wanted = header.is_response && length <= LONGEST as u64;
        let block = if wanted { Block::Kept(Vec::new()) } else { Block::Skipped };
        let block = match block.fill(bytes, length) {
            Ok(block) => block,
            Err(error) => return take(bad(format!("it breaks off: {error}"))),
        };
        match block {
            Block::Kept(block) => {
                take(article(&header, &block).map_or(Entry::Other, |article| Entry::Article(Box::new(article))))?;
            }
            Block::Skipped if header.is_response => take(bad(format!("longer than {} MiB", LONGEST >> 20)))?,
            Block::Skipped => {}
        }
    }
    Ok(())
}

enum Block {
    Kept(Vec<u8>),
    Skipped,
}

impl Block {
    fn fill(self, bytes: &mut dyn BufRead, length: u64) -> io::Result<Block> {
        let mut rest = bytes.take(length);
        let (block, read) = match self {
            Block::Kept(mut block) => {
                let read = rest.read_to_end(&mut block)? as u64;
                (Block::Kept(block), read)
            }
            Block::Skipped => (Block::Skipped, io::copy(&mut rest, &mut io::sink())?),
        };
        if read < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(block) }
    }
}

/// The next record's header; `None` at the archive's end.
fn header(bytes: &mut dyn BufRead) -> io::Result<Option<Header>> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut text = Vec::new();
    // Two line breaks end a record.
    loop {
        line(bytes, &mut text, LONGEST_LINE)?;
        if text.is_empty() {
            return Ok(None);
        }
        if !text.trim_ascii().is_empty() {
            break;
        }
    }
    if !text.starts_with(b"WARC/1.") && !text.starts_with(b"WARC/0.") {
        return Err(invalid("a record begins with WARC/1"));
    }
    let mut header = Header::default();
    for _ in 0..MOST_LINES {
        if line(bytes, &mut text, LONGEST_LINE)? {
            return Err(invalid("its header has an endless line"));
        }
        if text.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let field = String::from_utf8_lossy(text.trim_ascii());
        if field.is_empty() {
            return Ok(Some(header));
        }
        let Some((name, value)) = field.split_once(':') else { continue };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "warc-type" => header.is_response = value.eq_ignore_ascii_case("response"),
            // Some writers put it between angle brackets.
            "warc-target-uri" => header.target = Some(value.trim_matches(['<', '>']).to_owned()),
            "warc-date" => header.date = value.parse().ok(),
            "content-length" => header.length = value.parse().ok(),
            _ => {}
        }
    }
    Err(invalid("its header has no end"))
}

/// The article of a response; `None` where it is another one than 200 with HTML, a site's front page, or has no text.
fn article(header: &Header, block: &[u8]) -> Option<Archived> {
    let url = Url::parse(header.target.as_deref()?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let canonical = canonical(&url);
    if canonical.path() == "/" && canonical.query().is_none() && canonical.fragment().is_none() {
        return None;
    }
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = response.parse(block).ok()? else { return None };
    if response.code != Some(200) {
        return None;
    }
    let field = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).trim().to_ascii_lowercase())
    };
    let content_type = field("content-type").unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !matches!(kind, "text/html" | "application/xhtml+xml") {
        return None;
    }
    // Crawlers that unpack what they store often leave the headers as they were: what isn't packed is taken as it is.
    let body = block.get(start..)?;
    let chunked = field("transfer-encoding").is_some_and(|coding| coding.ends_with("chunked"));
    let whole = if chunked { unchunked(body) } else { None };
    let body = whole.as_deref().unwrap_or(body);
    let unpacked = field("content-encoding").and_then(|coding| unpacked(body, &coding));
    let found = page(unpacked.as_deref().unwrap_or(body), Some(&content_type), &url)?;
    // A page dated after it was fetched is dated by something else.
    let published = found.published.filter(|published| header.date.is_none_or(|fetched| *published <= fetched));
    Some(Archived { url: Some(url.into()), fetched: header.date, published, ..found })
}

/// The chunks of an HTTP body (RFC 9112, section 7.1) put together; `None` where it is not chunked.
fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(body.len());
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n")?;
        let size = std::str::from_utf8(&body[..end]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        body = &body[end + 2..];
        if size == 0 {
            return Some(whole);
        }
        whole.extend(body.get(..size)?);
        body = body.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

/// The body without its content coding (RFC 9110, section 8.4.1); `None` where it hasn't that, or is too long.
fn unpacked(body: &[u8], coding: &str) -> Option<Vec<u8>> {
    let body = Cursor::new(body);
    let plain: Box<dyn Read + '_> = match coding {
        "gzip" | "x-gzip" => Box::new(flate2::bufread::MultiGzDecoder::new(body)),
        "deflate" => Box::new(flate2::bufread::ZlibDecoder::new(body)),
        "br" => Box::new(brotli::Decompressor::new(body, 1 << 16)),
        _ => return None,
    };
    let mut whole = Vec::new();
    let read = plain.take(LONGEST as u64 + 1).read_to_end(&mut whole).ok()?;
    (read <= LONGEST).then_some(whole)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::Kind;
    use super::super::tests::read_all;
    use std::io::Write;

    fn html(words: &str) -> Vec<u8> {
        let text =
            format!("<p>{words} the long report went on, word after word, for as long as reports do.</p>").repeat(12);
        format!("<html><head><title>Ferry sails</title></head><body><article><h1>Ferry sails</h1>{text}</article></body></html>")
            .into_bytes()
    }

    fn record(kind: &str, url: &str, http: &str, body: &[u8]) -> Vec<u8> {
        let mut block = http.replace('\n', "\r\n").into_bytes();
        block.extend(body);
        let mut record = format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2031-05-04T09:00:00Z\r\nContent-Length: {}\r\n\r\n",
            block.len()
        )
        .into_bytes();
        record.extend(block);
        record.extend(b"\r\n\r\n");
        record
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    const OK: &str = "HTTP/1.1 200 OK\nContent-Type: text/html\n";

    #[test]
    fn the_pages_of_a_web_archive_are_read_whatever_their_codings() {
        let page = html("Caf\u{e9} owners said");
        let chunked = [format!("{:x}\r\n", page.len()).as_bytes(), &page, b"\r\n0\r\n\r\n"].concat();
        let mut brotli = Vec::new();
        brotli::BrotliCompress(&mut page.as_slice(), &mut brotli, &brotli::enc::BrotliEncoderParams::default())
            .unwrap();
        let latin: Vec<u8> = String::from_utf8(page.clone()).unwrap().chars().map(|c| c as u8).collect();
        let with = |more: &str| format!("{OK}{more}\n");
        let at = |path: &str| format!("https://kestrelpost.example/{path}");
        let records = [
            record("warcinfo", "", "", b"software: x"),
            record("response", &at("plain"), &with(""), &page),
            record("response", &at("chunked"), &with("Transfer-Encoding: chunked\n"), &chunked),
            record("response", &at("gzip"), &with("Content-Encoding: gzip\n"), &gzip(&page)),
            record("response", &at("brotli"), &with("Content-Encoding: br\n"), &brotli),
            record("response", &at("left"), &with("Content-Encoding: gzip\nTransfer-Encoding: chunked\n"), &page),
            record(
                "response",
                &at("latin"),
                "HTTP/1.1 200 OK\nContent-Type: text/html; charset=iso-8859-1\n\n",
                &latin,
            ),
            record("response", &at(""), &with(""), &page),
            record("response", &at("picture"), "HTTP/1.1 200 OK\nContent-Type: image/png\n\n", b"\x89PNG"),
            record("response", &at("gone"), "HTTP/1.1 404 Not Found\nContent-Type: text/html\n\n", &page),
            record("request", &at("plain"), "GET /plain HTTP/1.1\n\n", b""),
        ];
        for (bytes, packed) in [
            (records.concat(), false),
            // As the specification has it: each record packed on its own.
            (records.iter().flat_map(|record| gzip(record)).collect(), true),
        ] {
            let (articles, problems) = read_all(&bytes, (Kind::Warc, packed));
            assert_eq!(problems, [""; 0]);
            let urls: Vec<&str> =
                articles.iter().map(|a| a.url.as_deref().unwrap().rsplit('/').next().unwrap()).collect();
            assert_eq!(urls, ["plain", "chunked", "gzip", "brotli", "left", "latin"]);
            for article in &articles {
                assert!(article.text.starts_with("Caf\u{e9} owners said"), "{article:?}");
                assert_eq!(article.title.as_deref(), Some("Ferry sails"));
                assert_eq!(article.fetched.unwrap().to_string(), "2031-05-04T09:00:00Z");
            }
        }
    }

    #[test]
    fn a_web_archive_that_breaks_off_or_is_none_is_told() {
        let whole = record("response", "https://kestrelpost.example/a", &format!("{OK}\n"), &html("Owners said"));
        let (articles, problems) = read_all(&[&whole[..], &whole[..whole.len() / 2]].concat(), (Kind::Warc, false));
        assert_eq!(articles.len(), 1);
        assert!(problems[0].starts_with("archive, record 2: it breaks off"), "{problems:?}");
        assert_eq!(read_all(b"<html>", (Kind::Warc, false)).1.len(), 1);
        assert_eq!(read_all(&vec![b'x'; 1 << 20], (Kind::Warc, false)).1.len(), 1);
        assert_eq!(read_all(b"", (Kind::Warc, false)).1.len(), 0);
    }
}
