//! What a dispute is about: whether two claims are of one matter, and how to say it in a few words.

use super::link::{matter_score, names, nearness};
use super::stem::stem;
use super::terms::prior;
use super::{Claim, WINDOW_DAYS, fold};
use crate::statements::Act;

/// The least score at which two accusations are of one matter.
const LEAST: f64 = 0.42;
/// The same for two denials of one event: the same side denying twice within days rarely denies two things in the
/// same words.
const LEAST_OF_ONE_EVENT: f64 = 0.3;
/// The longest matter, in characters, and in words.
const LENGTH: usize = 80;
const WORDS: usize = 8;

/// How surely two accusations of one party are about one matter, or two denials of one side reject one, 0 to 1;
/// `None` where it is not sure enough. `weigh` is a term's rarity in the log, 0 to 1.
pub fn same_matter(one: &Claim, other: &Claim, weigh: &impl Fn(&str) -> f64) -> Option<f64> {
    let (party, least) = match (one.act, other.act) {
        (Act::Accusation, Act::Accusation) => (one.target.as_ref()?.same(other.target.as_ref()?)?, LEAST),
        (Act::Denial, Act::Denial) => {
            let pairs = one.defends().flat_map(|side| other.defends().filter_map(|with| side.same(with)));
            (pairs.max_by(f64::total_cmp)?, LEAST_OF_ONE_EVENT)
        }
        _ => return None,
    };
    let days = one.when().days_apart(other.when()).filter(|days| *days <= WINDOW_DAYS);
    let near = if one.article == other.article { 1.0 } else { nearness(days?) };
    let names = names(one, other);
    let score = party * near * matter_score(&one.terms.without(&names).shared(&other.terms.without(&names), weigh))?;
    (score >= least).then_some(score)
}

/// A few words for what these accusations are about, from the one that says it best: what the accused is said to be
/// doing ("supplying shells to Moscow"), else the allegation's own words; empty where there are none.
pub fn matter<'c>(accusations: impl IntoIterator<Item = &'c Claim>) -> String {
    let mut phrases: Vec<(bool, String)> = accusations.into_iter().filter_map(phrase).collect();
    // A phrase with a gerund reads on from "denies"; of each kind the first is as good as any.
    phrases.sort_by_key(|(gerund, _)| !gerund);
    phrases.into_iter().next().map(|(_, phrase)| phrase).unwrap_or_default()
}

/// The phrase of one accusation, and whether it begins with a gerund.
fn phrase(accusation: &Claim) -> Option<(bool, String)> {
    let text = accusation.content.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = text.split(' ').collect();
    let deed = words.iter().position(|word| is_deed(word));
    if let Some(deed) = deed.filter(|deed| *deed <= 14 && deed + 2 <= words.len()) {
        let phrase = cut(&words[deed..]);
        if phrase.split(' ').count() >= 2 {
            return Some((true, phrase));
        }
    }
    let own = |word: &&&str| {
        let folded = fold(word);
        prior(&stem(&folded)) > 0.0
            && !accusation.target.iter().any(|side| fold(&side.name).split(' ').any(|name| name == folded))
    };
    let first = words.iter().position(|word| own(&word))?;
    let phrase = cut(&words[first..]);
    (!phrase.is_empty()).then_some((false, phrase))
}

/// Whether the word is a gerund that says what was done, not one of the words that carry the sentence.
fn is_deed(word: &str) -> bool {
    const NOT: &[&str] = &[
        "being",
        "having",
        "going",
        "saying",
        "according",
        "including",
        "during",
        "following",
        "nothing",
        "anything",
        "something",
        "everything",
        "king",
        "thing",
        "string",
        "spring",
        "morning",
        "evening",
        "meeting",
        "building",
        "using",
        "trying",
        "planning",
        "seeking",
        "doing",
        "amid",
        "concerning",
        "regarding",
        "claiming",
        "accusing",
        "alleging",
        "insisting",
        "denying",
        "beijing",
        "adding",
        "making",
        "offering",
        "wing",
        "ring",
        "missing",
        "leading",
        "outstanding",
    ];
    let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
    let gerund = plain.len() > 5 && plain.ends_with("ing") && plain.chars().all(|c| c.is_lowercase());
    gerund && !NOT.contains(&plain)
}

/// The words up to a break of the sentence, at most [`WORDS`] of them, without a preposition or conjunction at the end,
/// and without a last phrase that would be cut in two.
fn cut(words: &[&str]) -> String {
    const BREAKS: &[&str] =
        &["while", "which", "who", "because", "after", "before", "since", "although", "but", "when", "where", "as"];
    const PREPOSITIONS: &[&str] =
        &["to", "of", "in", "on", "at", "for", "with", "by", "from", "under", "into", "over", "against", "through"];
    const LOOSE: &[&str] = &[
        "a", "an", "the", "to", "of", "in", "on", "at", "for", "with", "by", "from", "and", "or", "into", "its",
        "their", "his", "her", "that", "this", "is", "was", "has", "had", "under", "over", "than", "not", "were",
        "are", "be", "been",
    ];
    let mark = |c: char| matches!(c, '"' | '“' | '”' | '«' | '»' | '(' | ')' | '[' | ']' | '‘');
    let mut kept: Vec<&str> = Vec::new();
    let mut length = 0;
    let mut in_two = false;
    for word in words {
        let plain = word.trim_matches(mark).trim_end_matches('\'').trim_start_matches('\'');
        length += plain.chars().count() + 1;
        if (!kept.is_empty() && BREAKS.contains(&plain)) || plain == "…" {
            break;
        }
        if kept.len() == WORDS || length > LENGTH {
            in_two = true;
            break;
        }
        let ends =
            plain.ends_with([',', ';', ':', '.', '!', '?', '—', '–']) && !plain.trim_end_matches('.').contains('.');
        kept.push(plain.trim_end_matches([',', ';', ':', '!', '?', '—', '–']));
        if ends {
            if let Some(last) = kept.last_mut() {
                *last = last.trim_end_matches('.');
            }
            break;
        }
    }
    let preposition = kept.iter().rposition(|word| PREPOSITIONS.contains(word));
    if let Some(at) = preposition.filter(|at| in_two && *at > 2) {
        kept.truncate(at);
    }
    while kept.last().is_some_and(|last| last.is_empty() || LOOSE.contains(&last.to_lowercase().as_str())) {
        kept.pop();
    }
    kept.retain(|word| !word.is_empty());
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disputes::{Side, Terms};
    use crate::statements::Period;

    fn of(content: &str) -> String {
        matter([&Claim {
            id: 1,
            article: 1,
            outlet: String::new(),
            act: Act::Accusation,
            presupposed: false,
            recalled: false,
            repeats: None,
            answers: vec![],
            answers_surely: 0.0,
            speaker: None,
            behalf: None,
            target: Some(Side::new("Kestria", None)),
            accuser: None,
            content: content.to_owned(),
            terms: Terms::default(),
            context: Terms::default(),
            said: Period::default(),
            article_day: None,
            confidence: 1.0,
            dispute: None,
        }])
    }

    #[test]
    fn what_is_being_done_is_the_matter() {
        assert_eq!(
            of("that Kestria is covertly shipping shells to Oland while denying it"),
            "shipping shells to Oland"
        );
        assert_eq!(of("Kestria of hiding the ferry's log, and of worse"), "hiding the ferry's log");
    }

    #[test]
    fn a_long_phrase_is_cut_before_a_preposition_and_not_within_its_phrase() {
        let long = "Kestria of shipping heavy artillery shells to Oland in the holds of rusty grain barges from Brask";
        assert_eq!(of(long), "shipping heavy artillery shells to Oland");
    }

    #[test]
    fn without_a_gerund_the_allegations_own_words_stand() {
        assert_eq!(of("that Kestria poisoned the harbour of Brask"), "poisoned the harbour of Brask");
        assert_eq!(of("“smear campaign”"), "smear campaign");
        assert_eq!(of("the allegations"), "");
    }
}
