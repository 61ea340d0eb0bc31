//! Markup as items carry it, to plain text.

/// Elements that begin a new paragraph.
const BLOCKS: [&str; 26] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];

/// `html` without its tags, entities resolved, paragraphs apart by an empty line, other white space folded.
/// One pass over the text; nesting costs nothing.
pub(super) fn plain_text(html: &str) -> String {
    let mut paragraphs = vec![String::new()];
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        add(&mut paragraphs, &rest[..at]);
        rest = &rest[at..];
        let Some((name, after)) = tag(rest) else {
            add(&mut paragraphs, "<");
            rest = &rest[1..];
            continue;
        };
        rest = after;
        match name.as_str() {
            "script" | "style" => {
                let end = format!("</{name}");
                // What is never closed hides nothing.
                if let Some(skipped) = find_ignoring_case(rest, &end) {
                    rest = &rest[skipped..];
                }
            }
            "br" | "td" | "th" => add(&mut paragraphs, " "),
            name if BLOCKS.contains(&name) => paragraphs.push(String::new()),
            _ => {}
        }
    }
    add(&mut paragraphs, rest);
    let folded = paragraphs.iter().map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "));
    folded.filter(|p| !p.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn add(paragraphs: &mut [String], text: &str) {
    if let Some(last) = paragraphs.last_mut() {
        html_escape::decode_html_entities_to_string(text, last);
    }
}

/// The name of the tag, comment or declaration that `text` begins with, and what follows it.
fn tag(text: &str) -> Option<(String, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.find("-->").map(|end| (String::new(), &comment[end + 3..]));
    }
    let inside = text.strip_prefix("</").or_else(|| text.strip_prefix('<'))?;
    if !inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
        return None;
    }
    let end = inside.find('>')?;
    let name = inside[..end].split(|c: char| c.is_whitespace() || c == '/').next()?;
    Some((name.to_ascii_lowercase(), &inside[end + 1..]))
}

fn find_ignoring_case(text: &str, ascii: &str) -> Option<usize> {
    text.as_bytes().windows(ascii.len()).position(|window| window.eq_ignore_ascii_case(ascii.as_bytes()))
}
