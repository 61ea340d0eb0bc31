//! OPML: lists of feeds, as other readers export and import them (<http://opml.org/spec2.opml>).

use super::charset;
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

/// One feed of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// How the list names it.
    pub title: Option<String>,
    /// Its address, as it stands there.
    pub address: String,
}

/// Why a file is no list of feeds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpmlError {
    /// Another kind of document.
    #[error("this is not OPML: it has no <opml> element")]
    NotOpml,
    /// It breaks off; how many feeds stood before that.
    #[error("the OPML breaks off after {0} feeds; is the file complete?")]
    BreaksOff(usize),
}

/// The feeds of a list, in its order, out of whichever folders. Many programs write OPML that is not quite XML, so
/// what matters is read and the rest passed over.
///
/// # Errors
/// [`OpmlError`], if it is no OPML or not all of it.
pub fn read(file: &[u8]) -> Result<Vec<Outline>, OpmlError> {
    /// A list of all feeds in the world's directories is shorter.
    const MAX_FEEDS: usize = 100_000;
    let text = charset::decode(file, None);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut is_opml = false;
    let mut feeds = Vec::new();
    while feeds.len() < MAX_FEEDS {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let name = tag.name().local_name().into_inner();
                is_opml |= name.eq_ignore_ascii_case("opml");
                if !is_opml || !name.eq_ignore_ascii_case("outline") {
                    continue;
                }
                let (mut address, mut title, mut text) = (None, None, None);
                for attribute in tag.html_attributes().with_checks(false).flatten().take(64) {
                    let value = || {
                        let value = html_escape::decode_html_entities(&attribute.value).trim().to_owned();
                        (!value.is_empty()).then_some(value)
                    };
                    match attribute.key.0.to_ascii_lowercase().as_str() {
                        "xmlurl" => address = value(),
                        "title" => title = value(),
                        "text" => text = value(),
                        _ => {}
                    }
                }
                feeds.extend(address.map(|address| Outline { title: title.or(text), address }));
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(_) if is_opml => return Err(OpmlError::BreaksOff(feeds.len())),
            Err(_) => return Err(OpmlError::NotOpml),
        }
    }
    if is_opml { Ok(feeds) } else { Err(OpmlError::NotOpml) }
}

/// A list of `feeds` as OPML 2.0.
pub fn write(feeds: &[Outline]) -> String {
    let mut opml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    \
         <title>Feeds of Gainsay</title>\n  </head>\n  <body>\n",
    );
    let clean = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    for feed in feeds {
        let address = clean(&feed.address);
        let title = feed.title.as_deref().map_or_else(|| address.clone(), clean);
        opml.push_str(&format!(
            "    <outline type=\"rss\" text=\"{}\" xmlUrl=\"{}\"/>\n",
            escape(title),
            escape(address)
        ));
    }
    opml.push_str("  </body>\n</opml>\n");
    opml
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(title: &str, address: &str) -> Outline {
        Outline { title: Some(title.to_owned()), address: address.to_owned() }
    }

    #[test]
    fn feeds_are_found_in_nested_folders_and_under_careless_xml() {
        let list = r#"<?xml version="1.0"?><OPML version=1.0><head><title>Q & A</title></head><body>
            <outline text="North"><outline TEXT="Velmora &amp; Tal" xmlurl=' http://velmora.example/rss?a=1&amp;b=2 '/>
            <outline title="Ostrava Bay" text="short" type="rss" xmlUrl="https://bay.example/feed"></outline>
            <outline text="a folder's end is missing"><outline text="no address" htmlUrl="https://x.example"/></body></OPML>"#;
        let feeds = read(list.as_bytes());
        let expected = vec![
            outline("Velmora & Tal", "http://velmora.example/rss?a=1&b=2"),
            outline("Ostrava Bay", "https://bay.example/feed"),
        ];
        assert_eq!(feeds, Ok(expected));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let feeds =
            vec![outline("\"Quoted\" <b> & more", "https://e.example/?a=1&b='2'"), outline("é", "http://x.example/")];
        assert_eq!(read(write(&feeds).as_bytes()), Ok(feeds));
    }

    #[test]
    fn another_document_and_half_a_list_are_errors() {
        assert_eq!(read(b"<html><outline xmlUrl='http://x.example/'/></html>"), Err(OpmlError::NotOpml));
        assert_eq!(read(b""), Err(OpmlError::NotOpml));
        let half = br#"<opml><body><outline xmlUrl="http://x.example/"/><outline xmlUrl="http://y."#;
        assert_eq!(read(half), Err(OpmlError::BreaksOff(1)));
    }
}
