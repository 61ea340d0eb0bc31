//! The cue lexicon's examples, and what must hold of any text.

use super::lexicon::CUES;
use super::{Act, Actors, Statement, extract};
use crate::language::Span;
use proptest::prelude::*;

/// An example with its marks taken out: `[speaker] *cue* {content} <blamed>`.
#[derive(Default, Debug)]
struct Example {
    text: String,
    speaker: Option<Span>,
    blamed: Option<Span>,
    content: Option<Span>,
    cue: Option<Span>,
}

fn read(marked: &str) -> Example {
    let mut example = Example::default();
    let mut open: Vec<(char, usize)> = Vec::new();
    for c in marked.chars() {
        let at = example.text.len();
        let close = |open: &mut Vec<(char, usize)>, mark: char| {
            let place = open.iter().rposition(|(own, _)| *own == mark);
            place.map(|place| Span::new(open.remove(place).1, at))
        };
        match c {
            '[' | '{' | '<' => open.push((c, at)),
            ']' => example.speaker = close(&mut open, '['),
            '}' => example.content = close(&mut open, '{'),
            '>' => example.blamed = close(&mut open, '<'),
            '*' if open.iter().any(|(mark, _)| *mark == '*') => {
                let cue = close(&mut open, '*');
                example.cue = example.cue.or(cue);
            }
            '*' => open.push((c, at)),
            c => example.text.push(c),
        }
    }
    example
}

/// Whether the statement is the one that the example marks.
fn fits(example: &Example, act: Act, statement: &Statement) -> bool {
    let overlaps = |marked: Option<Span>, found: Option<Span>| match (marked, found) {
        (Some(marked), Some(found)) => marked.overlaps(found),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let target = statement.target.as_ref();
    // One "he" is as good as another.
    let word = example.blamed.map(|marked| marked.of(&example.text));
    let same_word = target.zip(word).is_some_and(|(party, word)| party.text.eq_ignore_ascii_case(word));
    let content = example.content.is_none_or(|marked| {
        let shared: usize = statement
            .content
            .iter()
            .map(|span| marked.end.min(span.end).saturating_sub(marked.start.max(span.start)))
            .sum();
        shared * 2 >= marked.end - marked.start
    });
    (act == Act::Other || statement.act == act)
        && content
        && overlaps(example.cue, statement.cue)
        && overlaps(example.speaker, statement.speaker.as_ref().map(|party| party.span))
        && (act != Act::Accusation || overlaps(example.blamed, target.map(|party| party.span)) || same_word)
}

#[test]
fn every_cue_is_found_in_its_own_example() {
    let actors = Actors::builtin();
    let count = CUES.examples().count();
    let (unheard, failures): (Vec<_>, Vec<_>) = CUES
        .examples()
        .filter_map(|(words, cue)| {
            let example = read(&cue.example);
            assert!(example.cue.is_some(), "{words}: its example marks no cue: {}", cue.example);
            let found = extract(&example.text, None, &actors);
            let fits = found.iter().any(|statement| fits(&example, cue.act, statement));
            (!fits).then(|| (cue.act, format!("{words} ({:?}): {}", cue.frame, cue.example)))
        })
        .partition(|(act, _)| *act == Act::Other);
    // Whether a mere saying or feeling is one, the reader decides, and it has its doubts without any context.
    assert!(unheard.len() * 12 <= count, "{} of {count} cues: {unheard:#?}", unheard.len());
    let failures: Vec<String> = failures.into_iter().map(|(_, failure)| failure).collect();
    assert!(failures.is_empty(), "{} cues:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_refusal_is_no_denial() {
    let actors = Actors::builtin();
    for text in [
        "Veldia denied the reporter a visa.",
        "The ministry declined to comment on the allegations.",
        "The general did not deny that he had met the rebels.",
        "The judge denied the motion.",
    ] {
        let denials: Vec<_> =
            extract(text, None, &actors).into_iter().filter(|statement| statement.act == Act::Denial).collect();
        assert!(denials.is_empty(), "{text}: {denials:#?}");
    }
}

#[test]
fn a_court_that_rejects_a_claim_denies_nothing_itself() {
    let found = extract("The judge rejected claims that the clerk had lied.", None, &Actors::builtin());
    assert!(found.iter().all(|statement| statement.act != Act::Denial), "{found:#?}");
}

#[test]
fn we_inside_a_quotation_is_its_speaker() {
    let text = "Norland accused Veldia of shelling the harbour on Monday.\n\n\
        \"We have never shelled the harbour,\" said Tomas Orlan, a spokesman for Veldia.";
    let found = extract(text, None, &Actors::builtin());
    let denial = found.iter().find(|statement| statement.act == Act::Denial).expect("a denial");
    assert!(denial.direct);
    assert_eq!(denial.speaker.as_ref().and_then(|party| party.name.as_deref()), Some("Tomas Orlan"));
    assert_eq!(denial.on_behalf_of.as_ref().map(|party| party.text.as_str()), Some("Veldia"));
    assert_eq!(denial.answers.len(), 1, "{found:#?}");
}

fn of(text: &str, act: Act) -> Vec<Statement> {
    extract(text, None, &Actors::builtin()).into_iter().filter(|statement| statement.act == act).collect()
}

fn text<'t>(article: &'t str, statement: &Statement) -> Vec<&'t str> {
    statement.content.iter().map(|span| span.of(article)).collect()
}

#[test]
fn a_denial_in_a_relative_clause_denies_what_was_said_before_it() {
    for article in [
        "The ministry said Veldia had shelled the harbour, which Veldia has denied.",
        "The ministry said Veldia had shelled the harbour, something Veldia denies.",
    ] {
        let denials = of(article, Act::Denial);
        assert_eq!(denials.len(), 1, "{article}");
        assert_eq!(denials[0].speaker.as_ref().map(|party| party.text.as_str()), Some("Veldia"), "{article}");
        assert_eq!(text(article, &denials[0]), ["Veldia had shelled the harbour"], "{article}");
    }
}

#[test]
fn an_agent_ends_before_the_charge() {
    let article = "Anna Kovarek was accused by prosecutors of taking bribes from a builder.";
    let accusation = &of(article, Act::Accusation)[0];
    assert_eq!(accusation.speaker.as_ref().map(|party| party.text.as_str()), Some("prosecutors"));
    assert_eq!(accusation.target.as_ref().and_then(|party| party.name.as_deref()), Some("Anna Kovarek"));
}

#[test]
fn who_only_relays_a_saying_says_nothing_by_it() {
    let article = "Officials said on Monday that claims by Norland that Veldia is shelling the harbour were groundless, \
        state agency Norpress reported.";
    let denials = of(article, Act::Denial);
    let speakers: Vec<_> =
        denials.iter().filter_map(|denial| denial.speaker.as_ref()).map(|p| p.text.as_str()).collect();
    assert_eq!(speakers, ["Officials"], "{denials:#?}");
    assert!(text(article, &denials[0]).iter().all(|words| !words.contains("Norpress")));
}

#[test]
fn months_and_weekdays_are_nobodys_names() {
    let article = "In September Veldia denied shelling the harbour. Norland accused it of that on Monday.";
    let found = extract(article, None, &Actors::builtin());
    let names: Vec<_> = found
        .iter()
        .flat_map(|s| [&s.speaker, &s.target, &s.accuser])
        .flatten()
        .filter_map(|party| party.name.as_deref())
        .collect();
    assert!(names.iter().all(|name| !name.contains("September") && !name.contains("Monday")), "{names:?}");
    let denial = found.iter().find(|statement| statement.act == Act::Denial).expect("a denial");
    assert_eq!(denial.speaker.as_ref().and_then(|party| party.name.as_deref()), Some("Veldia"));
}

#[test]
fn who_denies_a_claim_about_it_is_whom_the_claim_blames() {
    let article =
        "Norland and Veldia met in Orlavia. Veldia denied a Norland claim that it had sent shells to the rebels.";
    let claim = of(article, Act::Accusation).into_iter().find(|statement| statement.presupposed).expect("the claim");
    assert_eq!(claim.target.as_ref().and_then(|party| party.name.as_deref()), Some("Veldia"), "{claim:#?}");
}

proptest! {
    #[test]
    fn spans_lie_in_the_text_and_the_same_text_gives_the_same_statements(text in article()) {
        let actors = Actors::builtin();
        let found = extract(&text, None, &actors);
        for (n, statement) in found.iter().enumerate() {
            prop_assert_eq!(statement.id as usize, n + 1);
            for span in statement.content.iter().chain(&statement.cue) {
                prop_assert!(text.get(span.start..span.end).is_some());
            }
            prop_assert!(statement.content.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!((0.0..=1.0).contains(&statement.confidence));
        }
        prop_assert_eq!(&found, &extract(&text, None, &actors));
    }
}

/// Sentences of news between any characters at all.
fn article() -> impl Strategy<Value = String> {
    let sentence = prop_oneof![
        Just("Veldia denied claims by Norland that it had shelled the harbour. ".to_owned()),
        Just("“We have never been there,” said Tomas Orlan, a spokesman.\r\n\r\n".to_owned()),
        Just("'It is a lie', she said; 'nobody's been hurt. ".to_owned()),
        "\\PC{0,40}",
        "[\"'“”‘’«» \\n👩‍🚀é\u{301}]{0,12}",
    ];
    prop::collection::vec(sentence, 0..8).prop_map(|parts| parts.concat())
}

#[test]
fn a_person_with_the_name_of_a_state_is_not_that_state() {
    let text = "Michael Jordan denied having fixed the game. Jordan said that he had never seen the referee.";
    let found = extract(text, None, &Actors::builtin());
    let speakers: Vec<_> = found.iter().filter_map(|statement| statement.speaker.as_ref()).collect();
    assert!(!speakers.is_empty() && speakers.iter().all(|speaker| speaker.actor.is_none()), "{speakers:?}");
}

#[test]
fn an_acronym_means_what_the_article_spells_out() {
    let text =
        "The International Cricket Council named a new umpire on Monday. The ICC denied that he had been paid twice.";
    let found = extract(text, None, &Actors::builtin());
    let speakers: Vec<_> = found.iter().filter_map(|statement| statement.speaker.as_ref()).collect();
    assert!(!speakers.is_empty() && speakers.iter().all(|speaker| speaker.actor.is_none()), "{speakers:?}");
    let court = extract("The ICC denied that its prosecutor had been paid twice.", None, &Actors::builtin());
    let actor = court[0].speaker.as_ref().and_then(|speaker| speaker.actor.as_deref());
    assert_eq!(actor, Some("International Criminal Court"));
}
