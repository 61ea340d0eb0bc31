//! A page's bytes to characters, as browsers decide it (WHATWG HTML, "determining the character encoding").

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// How far into the page a `<meta charset>` counts, in bytes. Browsers stop at 1,024; some pages are late.
const PRESCAN: usize = 4096;

/// Decodes by byte order mark, else Content-Type, else `<meta>`, else as UTF-8 where it is valid, else as
/// Windows-1252. Bytes that mean nothing become U+FFFD.
pub(super) fn decode<'b>(bytes: &'b [u8], content_type: Option<&str>) -> Cow<'b, str> {
    let declared = || content_type.and_then(label).or_else(|| in_head(bytes));
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => match declared() {
            Some(encoding) => encoding,
            None if std::str::from_utf8(bytes).is_ok() => UTF_8,
            None => WINDOWS_1252,
        },
    };
    encoding.decode(bytes).0
}

/// The encoding that follows `charset=`.
fn label(text: &str) -> Option<&'static Encoding> {
    let text = text.to_ascii_lowercase();
    let after = text.split("charset").skip(1).find_map(|rest| rest.trim_start().strip_prefix('='))?;
    let name = after.trim_start().trim_start_matches(['"', '\'']);
    let name = name.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '>' | '/' | ',')).next()?;
    Encoding::for_label(name.as_bytes())
}

fn in_head(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(PRESCAN)]).to_ascii_lowercase();
    let encoding = head.split("<meta").skip(1).find_map(|meta| label(meta.split('>').next()?))?;
    // A page whose `<meta>` could be read is not UTF-16, whatever it says.
    Some(if encoding.is_ascii_compatible() { encoding } else { UTF_8 })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_page_is_read_in_its_own_encoding() {
        for (bytes, content_type, text) in [
            (&b"caf\xc3\xa9"[..], None, "café"),
            (b"caf\xe9", None, "café"),
            (b"\xef\xbb\xbfcaf\xc3\xa9", Some("text/html; charset=iso-8859-1"), "café"),
            (b"\xff\xfeo\x00k\x00", None, "ok"),
            (b"\xcf\xf0", Some("text/html; Charset = \"windows-1251\""), "Пр"),
            (
                b"<META http-equiv=x content='text/html; charset=windows-1251'>\xcf",
                None,
                "<META http-equiv=x content='text/html; charset=windows-1251'>П",
            ),
            (b"<meta charset=utf-16>caf\xc3\xa9", None, "<meta charset=utf-16>café"),
            (b"caf\xc3\xa9 \xff", Some("text/html; charset=utf-8"), "café \u{fffd}"),
            (b"caf\xc3\xa9", Some("text/html; charset=nonsense"), "café"),
        ] {
            assert_eq!(decode(bytes, content_type), text);
        }
    }
}
