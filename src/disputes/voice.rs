//! Who makes a denial and in what manner, so that one by another person or body of the side, and one that says more than
//! the last, are told from the thirtieth report of the same.

use super::side::TITLES;
use super::{Side, When, fold};
use std::fmt;

/// Words by which bodies of one side are told apart, and what they are one word for.
const BODIES: &[(&str, &str)] = &[
    ("foreign", "foreign ministry"),
    ("defence", "defence ministry"),
    ("defense", "defence ministry"),
    ("interior", "interior ministry"),
    ("justice", "justice ministry"),
    ("finance", "finance ministry"),
    ("treasury", "finance ministry"),
    ("health", "health ministry"),
    ("energy", "energy ministry"),
    ("trade", "trade ministry"),
    ("embassy", "embassy"),
    ("ambassador", "embassy"),
    ("parliament", "parliament"),
    ("army", "armed forces"),
    ("navy", "armed forces"),
    ("military", "armed forces"),
    ("forces", "armed forces"),
    ("police", "police"),
    ("intelligence", "intelligence service"),
    ("presidency", "presidency"),
    ("presidential", "presidency"),
    ("president", "presidency"),
    ("premier", "head of government"),
    ("prime", "head of government"),
    ("chancellor", "head of government"),
];
/// Words that make an institution of a name in capitals.
const INSTITUTIONS: &[&str] = &[
    "agency",
    "army",
    "authority",
    "bank",
    "board",
    "bureau",
    "command",
    "commission",
    "committee",
    "company",
    "council",
    "court",
    "department",
    "embassy",
    "forces",
    "government",
    "group",
    "house",
    "ministry",
    "navy",
    "office",
    "palace",
    "parliament",
    "party",
    "police",
    "press",
    "secretariat",
    "service",
    "staff",
    "street",
    "union",
    "university",
];

/// Who makes a denial and in what manner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// The article that reports it.
    article: i64,
    /// The person, folded, and how the name is shown.
    person: Option<(String, String)>,
    /// The body, by the word for it in [`BODIES`].
    body: Option<&'static str>,
    manner: Option<Manner>,
}

/// What a denial says of the matter, where it says so in words of its own. Paraphrases (*denied shipping arms*) tell
/// nothing of it: reporters use them for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// *We have no knowledge of any shipment.*
    Ignorance,
    /// *We never shipped any; it is a lie.*
    Flat,
}

/// What is new about a denial of an event that was told before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Another person or body of the side denies; its name.
    Speaker(String),
    /// The side denies flatly what it pleaded ignorance of before.
    Flat,
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            News::Speaker(name) => write!(f, "another speaker of the side: {name}"),
            News::Flat => f.write_str("it now denies flatly"),
        }
    }
}

impl Voice {
    /// The voice of a denial in that article. `words` are the article's words for its speaker, with title and office;
    /// `is_state`: whether a name is only another name of the whole side (*Pyongyang*, *the White House*).
    pub fn new(
        article: i64,
        speaker: Option<&Side>,
        words: &str,
        content: &str,
        is_state: impl Fn(&str) -> bool,
    ) -> Voice {
        let whole = |side: &Side| {
            let own = side.actor.as_deref().is_some_and(|actor| fold(actor) == fold(&side.name));
            own || is_state(&side.name) || (side.actor.is_some() && side.words().len() < 2)
        };
        let speaker = speaker.filter(|side| side.is_named() && !whole(side));
        let institution = |side: &Side| side.words().iter().any(|word| INSTITUTIONS.contains(&word.as_str()));
        // "Kestrian President" names an office.
        let office = |side: &Side| side.words().last().is_some_and(|word| TITLES.contains(&word.as_str()));
        let person = speaker.filter(|side| side.may_be_a_person() && !institution(side) && !office(side));
        let person = person.and_then(|side| Some((side.words().last()?.clone(), side.name.clone())));
        let folded = fold(words);
        let body =
            folded.split(' ').find_map(|word| BODIES.iter().find(|(own, _)| *own == word)).map(|(_, body)| *body);
        Voice { article, person, body, manner: Manner::of(content) }
    }

    fn name(&self) -> Option<&str> {
        self.person.as_ref().map(|(_, shown)| shown.as_str()).or(self.body)
    }

    /// Whether this is certainly somebody else than `other`. One of whom only the side is known may be anybody; on a
    /// later day (`later`) whoever has a name is another.
    fn differs(&self, other: &Voice, later: bool) -> bool {
        match (&self.person, &other.person, self.body, other.body) {
            (Some((mine, _)), Some((others, _)), ..) => mine != others,
            (_, _, Some(mine), Some(others)) => mine != others,
            (_, None, _, None) => later,
            _ => false,
        }
    }
}

impl Manner {
    /// The manner of a denial with that content.
    fn of(content: &str) -> Option<Manner> {
        let content = content.to_lowercase().replace('’', "'");
        let words: Vec<&str> =
            content.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
        let says = |phrase: &[&str]| words.windows(phrase.len()).any(|window| window == phrase);
        const IGNORANCE: &[&[&str]] = &[
            &["no", "knowledge"],
            &["any", "knowledge"],
            &["knowledge", "of"],
            &["not", "aware"],
            &["unaware"],
            &["no", "information"],
            &["not", "know"],
            &["knows", "nothing"],
            &["knew", "nothing"],
            &["know", "nothing"],
            &["knowing", "about"],
            &["knowing", "of"],
            &["never", "heard"],
            &["cannot", "confirm"],
            &["could", "not", "confirm"],
            &["not", "comment"],
            &["no", "comment"],
        ];
        const FLAT: &[&str] = &[
            "never",
            "not",
            "no",
            "none",
            "nothing",
            "nobody",
            "neither",
            "false",
            "falsehood",
            "falsehoods",
            "untrue",
            "lie",
            "lies",
            "baseless",
            "groundless",
            "unfounded",
            "fabricated",
            "fabrication",
            "fabrications",
            "nonsense",
            "absurd",
            "invented",
            "fake",
            "fiction",
        ];
        let not = |pair: &[&str]| pair[0].ends_with("n't") && matches!(pair[1], "aware" | "know");
        if IGNORANCE.iter().any(|phrase| says(phrase)) || words.windows(2).any(not) {
            return Some(Manner::Ignorance);
        }
        let flat = words.iter().any(|word| FLAT.contains(word) || word.ends_with("n't"));
        flat.then_some(Manner::Flat)
    }
}

/// What is new about the denial beside the `earlier` ones of its event, if anything. An article that tells of the event
/// already tells no news of it, and of what is new there is one report: that which comes first.
pub fn news(denial: &Voice, said: When, earlier: &[Voice], event: When) -> Option<News> {
    if earlier.is_empty() || earlier.iter().any(|other| other.article == denial.article) {
        return None;
    }
    let later = said.after(event);
    if let Some(name) = denial.name().filter(|_| earlier.iter().all(|other| denial.differs(other, later))) {
        return Some(News::Speaker(name.to_owned()));
    }
    let before = |manner| earlier.iter().any(|other| other.manner == Some(manner));
    let flat = denial.manner == Some(Manner::Flat) && before(Manner::Ignorance) && !before(Manner::Flat);
    flat.then_some(News::Flat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statements::Period;
    use jiff::civil::date;

    fn on(day: i8) -> When {
        let day = Some(date(2031, 3, day));
        When::said(Period { earliest: day, latest: day }, None)
    }

    /// The voice of a speaker with that name and noun phrase, of Kestria, in that article.
    fn voice(article: i64, name: &str, words: &str, content: &str) -> Voice {
        let side = Side::new(name, Some("Kestria".to_owned()));
        Voice::new(article, Some(&side), words, content, |name| name == "Brask Palace")
    }

    fn heard(denial: &Voice, earlier: &[Voice]) -> Option<News> {
        news(denial, on(8), earlier, on(8))
    }

    const NEVER: &str = "We have never shipped a single shell";
    const UNKNOWING: &str = "We have no knowledge of any shells";
    const SHIPPING: &str = "shipping shells to Oland";

    #[test]
    fn a_second_person_and_a_second_body_of_the_side_are_news_once() {
        let first = voice(1, "Tomas Ardel", "Tomas Ardel, a spokesman for the defence ministry", NEVER);
        let second = voice(2, "Ilse Marn", "President Ilse Marn", NEVER);
        assert_eq!(heard(&second, std::slice::from_ref(&first)), Some(News::Speaker("Ilse Marn".into())));
        let again = voice(3, "Marn", "Ms Marn", NEVER);
        assert_eq!(heard(&again, &[first.clone(), second.clone()]), None);
        let again = voice(3, "Ilse Marn", "Kestrian President Ilse Marn", SHIPPING);
        assert_eq!(heard(&again, &[first.clone(), second]), None);
        let body = voice(4, "the Kestrian foreign ministry", "the Kestrian foreign ministry", SHIPPING);
        assert_eq!(heard(&body, &[first]), Some(News::Speaker("foreign ministry".into())));
    }

    #[test]
    fn other_words_for_who_denied_are_no_news() {
        let first = voice(1, "Tomas Ardel", "Tomas Ardel, a spokesman for the Kestrian defence ministry", NEVER);
        for (name, words) in [
            ("Kestria", "Kestria"),
            ("Brask", "Brask"),
            ("Brask Palace", "the Brask Palace"),
            ("the Kestrian ministry of defense", "the Kestrian ministry of defense"),
            ("Ardel", "spokesman Ardel"),
            ("Kestrian Spokesman", "a Kestrian Spokesman"),
            ("officials", "officials"),
            ("Tomás Ardel", "Kestria's Tomás Ardel"),
        ] {
            assert_eq!(heard(&voice(2, name, words, NEVER), std::slice::from_ref(&first)), None, "{name}");
        }
        // "Kestria denied it" may well have been Ardel; on the next day it is he who speaks.
        let whole = voice(1, "Kestria", "Kestria", NEVER);
        let ardel = voice(2, "Tomas Ardel", "Tomas Ardel", NEVER);
        assert_eq!(heard(&ardel, std::slice::from_ref(&whole)), None);
        assert_eq!(news(&ardel, on(9), &[whole], on(8)), Some(News::Speaker("Tomas Ardel".into())));
    }

    #[test]
    fn a_plea_of_ignorance_that_becomes_a_flat_denial_is_news_and_a_paraphrase_is_none() {
        let first = voice(1, "Kestria", "Kestria", UNKNOWING);
        let flat = voice(2, "Kestria", "Kestria", NEVER);
        assert_eq!(heard(&flat, std::slice::from_ref(&first)), Some(News::Flat));
        assert_eq!(heard(&first, &[voice(2, "Kestria", "Kestria", NEVER)]), None, "it says less than before");
        assert_eq!(heard(&voice(3, "Kestria", "Kestria", "it is all lies"), &[first.clone(), flat]), None);
        assert_eq!(heard(&voice(2, "Kestria", "Kestria", SHIPPING), &[first]), None);
        let paraphrased = voice(1, "Kestria", "Kestria", SHIPPING);
        assert_eq!(heard(&voice(2, "Kestria", "Kestria", NEVER), &[paraphrased]), None, "it may have been flat before");
    }

    #[test]
    fn an_article_that_tells_of_the_event_already_tells_no_news_of_it() {
        let first = voice(1, "Tomas Ardel", "Tomas Ardel", NEVER);
        assert_eq!(heard(&voice(1, "Ilse Marn", "President Ilse Marn", NEVER), &[first]), None);
    }

    #[test]
    fn the_manner_is_read_off_the_denials_own_words() {
        for (content, manner) in [
            ("We have no knowledge of any such deal", Some(Manner::Ignorance)),
            ("having any knowledge of the raid", Some(Manner::Ignorance)),
            ("the ministry is not aware of any shipment", Some(Manner::Ignorance)),
            ("We don’t know who fired", Some(Manner::Ignorance)),
            ("officials weren't aware of any shipment", Some(Manner::Ignorance)),
            ("We did not ship a single shell", Some(Manner::Flat)),
            ("the claim as baseless", Some(Manner::Flat)),
            ("It didn't happen", Some(Manner::Flat)),
            ("shipping shells", None),
            ("the allegations", None),
        ] {
            assert_eq!(Manner::of(content), manner, "{content}");
        }
    }
}
