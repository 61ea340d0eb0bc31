//! What stands around an article's text and isn't of it: share links, appeals for money, related stories.
//!
//! Works on paragraphs of plain text, so alike on pages and on what feeds carry. A wrong cut loses a statement, a
//! missed one only leaves noise: so each rule needs the paragraph to be short, or to speak to the reader.

/// Short paragraphs that begin so, in small letters, are no text wherever they stand.
const LINES: [&str; 45] = [
    "advertisement",
    "all rights reserved",
    "also read",
    "article continues",
    "click here",
    "comments",
    "continue reading",
    "copyright ©",
    "copy link",
    "©",
    "don't miss",
    "download our app",
    "download the app",
    "enable notifications",
    "follow us",
    "follow our",
    "get the latest",
    "get our",
    "join our",
    "join us",
    "leave a comment",
    "listen to this article",
    "more on this",
    "most read",
    "not ready to",
    "print this",
    "read also",
    "read more",
    "read next",
    "recommended",
    "related:",
    "remind me later",
    "save this article",
    "see also",
    "share on",
    "share this",
    "sign in",
    "sign up",
    "skip to",
    "sponsored",
    "story continues",
    "subscribe",
    "support us",
    "this article was originally",
    "view comments",
];

/// Short paragraphs that are wholly this, in small letters and without their last mark.
const WORDS: [&str; 24] = [
    "ad",
    "close",
    "comment",
    "email",
    "facebook",
    "home",
    "learn more",
    "linkedin",
    "loading",
    "menu",
    "more",
    "next",
    "paid content",
    "previous",
    "print",
    "related",
    "reddit",
    "search",
    "share",
    "telegram",
    "tweet",
    "twitter",
    "whatsapp",
    "x",
];

/// Headings below which other articles are listed.
const LISTS: [&str; 14] = [
    "editor's picks",
    "latest news",
    "latest stories",
    "more from",
    "more news",
    "more on this story",
    "more stories",
    "most popular",
    "read more",
    "read next",
    "related articles",
    "related news",
    "related stories",
    "related topics",
];

/// What an appeal asks for.
const ASKED: [&str; 16] = [
    "become a member",
    "contribut",
    "donat",
    "favor to ask",
    "favour to ask",
    "independent journalism",
    "journalists of",
    "make a difference",
    "need your help",
    "newsletter",
    "our journalism",
    "remind me later",
    "subscri",
    "support us",
    "your inbox",
    "your support",
];

/// A paragraph up to this many bytes may be a line of the page's furniture.
const SHORT: usize = 90;

/// The text without the page's furniture, and without a first paragraph that only repeats `title`.
pub(super) fn trimmed(text: &str, title: Option<&str>) -> String {
    let mut paragraphs: Vec<&str> = text.split("\n\n").filter(|p| !is_furniture(p)).collect();
    if let Some(first) = paragraphs.first()
        && title.is_some_and(|title| folded(title) == folded(first))
    {
        paragraphs.remove(0);
    }
    paragraphs.truncate(end_of_text(&paragraphs));
    paragraphs.join("\n\n")
}

fn is_furniture(paragraph: &str) -> bool {
    if paragraph.len() > 4 * SHORT {
        return false;
    }
    let line = folded(paragraph);
    // WordPress' own last line of a feed's item.
    if line.starts_with("the post ") && line.contains(" appeared first on ") {
        return true;
    }
    if paragraph.len() > SHORT {
        return false;
    }
    let words = line.trim_end_matches(['.', '!', '?', ':', '…']);
    if words.is_empty() || WORDS.contains(&words) || (line.starts_with("support ") && line.ends_with('!')) {
        return true;
    }
    // "Subscribers say they were deceived.": a sentence goes on after the words, a line of furniture rarely ends in a stop.
    !is_spoken(paragraph)
        && LINES.iter().any(|start| {
            line.strip_prefix(start).is_some_and(|rest| {
                let bounded =
                    start.ends_with(|c: char| !c.is_alphanumeric()) || !rest.starts_with(char::is_alphanumeric);
                bounded && (!line.ends_with('.') || speaks_to_reader(&line) || rest.len() <= 1)
            })
        })
}

/// Where the text ends: before the first appeal, or heading of a list of other articles, after which nothing but
/// more of the kind and short lines come.
fn end_of_text(paragraphs: &[&str]) -> usize {
    let mut end = paragraphs.len();
    for (at, paragraph) in paragraphs.iter().enumerate().rev() {
        if is_appeal(paragraph) || is_list_heading(paragraph) {
            end = at;
        } else if paragraph.len() > SHORT || is_spoken(paragraph) || paragraph.ends_with('.') {
            break;
        }
    }
    end
}

fn is_list_heading(paragraph: &str) -> bool {
    let line = folded(paragraph);
    line.len() <= 40 && LISTS.iter().any(|heading| line.trim_end_matches(':') == *heading)
}

fn is_appeal(paragraph: &str) -> bool {
    let line = folded(paragraph);
    speaks_to_reader(&line) && ASKED.iter().any(|asked| line.contains(asked)) && !is_quotation(paragraph)
}

fn speaks_to_reader(line: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "you" | "your" | "me" | "we" | "us" | "our"))
}

/// Whether somebody is quoted at length: their "you" is not the reader. Single words in quotation marks are none.
fn is_quotation(paragraph: &str) -> bool {
    let marks = |c: char| matches!(c, '"' | '“' | '”' | '„' | '«' | '»');
    paragraph.split(marks).skip(1).step_by(2).any(|quoted| quoted.split_whitespace().count() > 4)
}

fn is_spoken(paragraph: &str) -> bool {
    paragraph.contains(['"', '“', '”', '«', '»'])
}

fn folded(line: &str) -> String {
    line.trim().replace(['’', '‘'], "'").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::trimmed;

    #[test]
    fn what_is_not_of_the_article_goes() {
        for furniture in [
            "Share this article",
            "Read more: Belmar's fleet leaves its port",
            "Advertisement",
            "Follow us on Telegram.",
            "© 2031 The Sel Courier",
            "Support The Sel Courier!",
            "Sign up for our morning newsletter.",
            "The post Ardova denies it appeared first on The Sel Courier.",
            "Related:",
        ] {
            let text = format!("Ardova denied it.\n\n{furniture}\n\nBelmar insisted.");
            assert_eq!(trimmed(&text, None), "Ardova denied it.\n\nBelmar insisted.", "{furniture}");
        }
    }

    #[test]
    fn what_is_of_the_article_stays() {
        for text in [
            "Sponsored militias crossed the river, Belmar said.",
            "Subscribers were told nothing.",
            "Read more than once, the letter denies nothing.",
            "Support for Ardova is falling.",
            "“Join us in denying it,” she said.",
            "“We need your help and your support, and we ask you to donate to our army,” the minister said.",
            "Closed borders",
            "Ardova denied donating weapons.",
            "Sign of Ardova's 'shortages'",
        ] {
            let text = format!("Ardova denied it.\n\n{text}");
            assert_eq!(trimmed(&text, None), text);
        }
    }

    #[test]
    fn an_appeal_at_the_end_ends_the_text_with_all_that_follows_it() {
        let appeal = "Ardova denied it.\n\n… before you go, a small favor to ask. Our paper was called an “enemy agent” \
                      and needs its readers.\n\nYour support, however small, helps us report.\n\npaymint methods\nNot today? Remind me later.";
        assert_eq!(trimmed(appeal, None), "Ardova denied it.");
        let list = "Ardova denied it.\n\nRelated stories\n\nBelmar sends ships\n\nSel floods again";
        assert_eq!(trimmed(list, None), "Ardova denied it.");
        let inside = "Your support helps us.\n\nArdova denied on Monday that its ships had entered the waters of Belmar, \
                      and called the claim a lie, in a statement.";
        assert_eq!(trimmed(inside, None), inside, "an appeal before the text may be anything");
    }

    #[test]
    fn a_headline_is_not_said_twice() {
        assert_eq!(trimmed("Ardova’s ‘No’\n\nIt denied it.", Some("Ardova's 'No'")), "It denied it.");
        assert_eq!(trimmed("", Some("x")), "");
    }
}
