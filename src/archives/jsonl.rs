//! One JSON object a line.

use super::{Archived, Entry, LONGEST, line};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::io::BufRead;

pub(super) fn read<E>(
    bytes: &mut dyn BufRead,
    name: &str,
    take: &mut dyn FnMut(Entry) -> Result<(), E>,
) -> Result<(), E> {
    let mut text = Vec::new();
    for number in 1.. {
        let place = || format!("{name}, line {number}");
        let bad = |problem: String| Entry::Bad { place: place(), problem };
        match line(bytes, &mut text, LONGEST) {
            Err(error) => return take(bad(format!("it breaks off: {error}"))),
            Ok(true) => take(bad(format!("longer than {} MiB", LONGEST >> 20)))?,
            Ok(false) if text.is_empty() => break,
            Ok(false) if text.trim_ascii().is_empty() => {}
            Ok(false) => match serde_json::from_slice::<Archived>(text.trim_ascii()) {
                Ok(article) => take(Entry::Article(Box::new(article.without_headline_in_text())))?,
                // serde_json counts from the line's own beginning.
                Err(error) => take(bad(error.to_string()))?,
            },
        }
    }
    Ok(())
}

/// An id may be a text or a number.
pub(super) fn id<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<serde_json::Value>::deserialize(value)? {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(id)) => Some(id),
        Some(other) => Some(other.to_string()),
    })
}

/// A time with its zone, or a day, which is its first moment in UTC.
pub(super) fn time<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(value)? else { return Ok(None) };
    let day = |text: &str| {
        let day = text.parse::<Date>().ok().filter(|_| text.len() == "2031-05-04".len())?;
        TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()
    };
    match text.trim() {
        "" => Ok(None),
        text => text.parse().ok().or_else(|| day(text)).map(Some).ok_or_else(|| {
            D::Error::custom(format!("{text:?} is no time such as 2022-11-08T09:00:00Z, and no day such as 2022-11-08"))
        }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::tests::read_all;
    use super::super::{Kind, LONGEST};

    #[test]
    fn each_line_is_an_article_and_a_bad_one_costs_itself_alone() {
        let mut lines = br#"{"id": 7, "title": "Ferry sails", "text": "It did.", "published": "2031-05-04"}

{"article": "a", "text": "It did again.", "published": "2031-05-04T10:00:00+02:00", "more": [1]}
{"id": "b", "published": "yesterday"}
no json
{"text": ""#
            .to_vec();
        lines.extend(vec![b'x'; LONGEST]);
        lines.extend(b"\"}\n{\"id\": \"last\"}");
        let (articles, problems) = read_all(&lines, (Kind::Lines, false));
        let ids: Vec<_> = articles.iter().map(|article| article.id.clone().unwrap()).collect();
        assert_eq!(ids, ["7", "a", "last"]);
        assert_eq!(articles[0].published.unwrap().to_string(), "2031-05-04T00:00:00Z");
        assert_eq!(articles[1].published.unwrap().to_string(), "2031-05-04T08:00:00Z");
        let places: Vec<_> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
        assert_eq!(places, ["archive, line 4", "archive, line 5", "archive, line 6"], "{problems:?}");
    }

    #[test]
    fn a_packed_archive_that_breaks_off_gives_what_it_has() {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        let line = format!("{{\"id\": \"1\", \"text\": \"{}\"}}\n", "word ".repeat(40_000));
        packed.write_all(line.repeat(3).as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let (articles, problems) = read_all(&packed, (Kind::Lines, true));
        assert_eq!((articles.len(), problems.len()), (3, 0));
        let (articles, problems) = read_all(&packed[..packed.len() / 2], (Kind::Lines, true));
        assert_eq!(articles.len(), 1);
        assert!(problems[0].starts_with("archive, line 2: it breaks off"), "{problems:?}");
    }
}
