//! Bytes to text. What servers, documents and byte order marks say of the encoding is often wrong; the order of
//! trust is RFC 7303's: byte order mark, then `Content-Type`, then the document itself.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// `body` as text, without its byte order mark. Bytes that fit no reading become U+FFFD.
pub(super) fn decode(body: &[u8], content_type: Option<&str>) -> String {
    if let Some(text) = utf32(body) {
        return text;
    }
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[mark..]).0.into_owned();
    }
    if let Some(encoding) = utf16_without_mark(body) {
        return encoding.decode_without_bom_handling(body).0.into_owned();
    }
    // What reads as UTF-8 is UTF-8: hardly any other text does by chance, and mislabelled UTF-8 is common.
    // A stateful encoding of ASCII bytes (ISO-2022-JP) is the exception, so it must not be declared.
    let declared = content_type.and_then(charset).or_else(|| in_declaration(body));
    let ascii_only = declared.is_some_and(|d| d == encoding_rs::ISO_2022_JP);
    if !ascii_only && let Ok(text) = std::str::from_utf8(body) {
        return text.to_owned();
    }
    let encoding = match declared {
        // ASCII and Latin-1 are labels of windows-1252 (WHATWG Encoding), so this holds for them too.
        Some(encoding) if encoding != UTF_8 && !is_utf16(encoding) => encoding,
        _ if mostly_utf8(body) => UTF_8,
        _ => WINDOWS_1252,
    };
    encoding.decode_without_bom_handling(body).0.into_owned()
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// The `charset` of a `Content-Type`.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type
        .split(';')
        .skip(1)
        .find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
        })
        .and_then(|label| Encoding::for_label(label.as_bytes()))
}

/// The encoding that the XML declaration names.
fn in_declaration(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(1024)];
    let start = find(head, b"<?xml")?;
    let end = start + find(&head[start..], b"?>")?;
    let declaration = String::from_utf8_lossy(&head[start..end]).into_owned();
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}

/// UTF-16 shows itself by the zero bytes around its first, ASCII, character (XML 1.0, appendix F).
fn utf16_without_mark(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [b'<' | b'{', 0, next, 0, ..] if *next != 0 => Some(UTF_16LE),
        [0, b'<' | b'{', 0, next, ..] if *next != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// UTF-32, which encoding_rs leaves out as the web does, by its mark or by the zeros around a first `<`.
fn utf32(body: &[u8]) -> Option<String> {
    let (from_bytes, text): (fn([u8; 4]) -> u32, _) = match body {
        [0xff, 0xfe, 0, 0, text @ ..] => (u32::from_le_bytes, text),
        [0, 0, 0xfe, 0xff, text @ ..] => (u32::from_be_bytes, text),
        [b'<', 0, 0, 0, ..] => (u32::from_le_bytes, body),
        [0, 0, 0, b'<', ..] => (u32::from_be_bytes, body),
        _ => return None,
    };
    let (units, _) = text.as_chunks::<4>();
    Some(units.iter().map(|unit| char::from_u32(from_bytes(*unit)).unwrap_or('\u{fffd}')).collect())
}

/// Whether the bytes are UTF-8 but for a few broken sequences, as after a careless cut or paste.
fn mostly_utf8(body: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in body.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 4 * bad
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_byte_order_mark_is_believed_before_anything_else() {
        assert_eq!(decode(b"\xef\xbb\xbf\xc3\xa9", Some("text/xml; charset=iso-8859-1")), "é");
        assert_eq!(decode(b"\xff\xfe<\0a\0", None), "<a");
        assert_eq!(decode(b"\xfe\xff\0<\0a", None), "<a");
    }

    #[test]
    fn utf_16_is_recognised_without_a_mark_and_declared_utf_16_that_is_not_is_not_believed() {
        assert_eq!(decode(b"<\0a\0>\0", None), "<a>");
        assert_eq!(
            decode(b"<?xml version='1.0' encoding='utf-16'?><a>", None),
            "<?xml version='1.0' encoding='utf-16'?><a>"
        );
    }

    #[test]
    fn the_server_then_the_document_name_the_encoding() {
        assert_eq!(decode(b"\xe4", Some("text/xml; charset=\"windows-1251\"")), "д");
        let declared = decode(b"<?xml version=\"1.0\" encoding=\"koi8-r\"?>\xc4", None);
        assert!(declared.ends_with('д'), "{declared}");
        assert_eq!(decode(b"\x93quoted\x94", Some("text/xml; charset=us-ascii")), "“quoted”");
    }

    #[test]
    fn utf_8_is_recognised_under_a_wrong_label_and_with_a_broken_byte() {
        assert_eq!(decode("Łódź".as_bytes(), Some("text/xml; charset=iso-8859-1")), "Łódź");
        let mut broken = "Łódź żółć ąę".as_bytes().to_vec();
        broken.push(0xff);
        assert_eq!(decode(&broken, None), "Łódź żółć ąę\u{fffd}");
        assert_eq!(decode(b"caf\xe9 ol\xe9", None), "café olé");
    }
}
