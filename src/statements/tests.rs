//! The cue lexicon's examples, and what must hold of any text.

use super::lexicon::CUES;
use super::parties::Parties;
use super::phrases;
use super::reader::Reading;
use super::{Act, Actors, Statement, extract, json};
use crate::language::{Document, Span};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

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
fn a_rumour_of_no_wrong_accuses_nobody_and_its_denial_answers_nobody() {
    let text = "Rita Halm was accused of theft on Monday.\n\nShe has denied rumours of a split from her husband.";
    let found = extract(text, None, &Actors::builtin());
    let denials: Vec<_> = found.iter().filter(|statement| statement.act == Act::Denial).collect();
    assert!(!denials.is_empty() && denials.iter().all(|denial| denial.answers.is_empty()), "{found:#?}");
    assert!(found.iter().all(|statement| !statement.presupposed), "{found:#?}");
}

#[test]
fn a_claim_of_no_wrong_accuses_nobody_and_its_denial_answers_nobody() {
    for said in ["claims that she will move to Brask in the spring", "claims of a rift with her sister"] {
        let text = format!("Rita Halm was accused of theft on Monday.\n\nShe has denied {said}.");
        let found = extract(&text, None, &Actors::builtin());
        let harmless = |statement: &&Statement| statement.act == Act::Denial && statement.answers.is_empty();
        assert!(found.iter().any(|statement| harmless(&statement)), "{found:#?}");
        assert!(found.iter().all(|statement| !statement.presupposed), "{found:#?}");
    }
    let found = extract("Rita Halm denied claims that she had robbed a bank in Brask.", None, &Actors::builtin());
    assert!(found.iter().any(|statement| statement.presupposed), "{found:#?}");
}

#[test]
fn names_are_whole() {
    for (text, name) in [
        ("Downing Street said that the charge was false.", "Downing Street"),
        (
            "The envoy, Marta von der Esten, denied the charge. Von der Esten said that it was false.",
            "Marta von der Esten",
        ),
        ("A row over the Orland-Vadunia border grew. Vadunia denied that it had shelled a village.", "Vadunia"),
    ] {
        let names: Vec<_> = extract(text, None, &Actors::builtin())
            .iter()
            .filter_map(|statement| statement.speaker.as_ref()?.name.clone())
            .collect();
        assert!(!names.is_empty() && names.iter().all(|known| known == name), "{text}: {names:?}");
    }
}

#[test]
fn who_is_charged_does_not_charge_himself() {
    let found = extract("Tom Banta was charged on Monday with obstructing an officer.", None, &Actors::builtin());
    let accusation = found.iter().find(|statement| statement.act == Act::Accusation).unwrap();
    assert!(accusation.target.as_ref().is_some_and(|target| target.text == "Tom Banta"), "{found:#?}");
    assert_eq!(accusation.speaker, None, "{found:#?}");
}

#[test]
fn a_refusal_is_no_denial() {
    let actors = Actors::builtin();
    for text in [
        "Veldia denied the reporter a visa.",
        "The ministry declined to comment on the allegations.",
        "The general did not deny that he had met the rebels.",
        "The judge denied the motion.",
        "The council rejected building a new road along the river.",
        "He fled to Norland, to which he was denied entry.",
    ] {
        let denials: Vec<_> =
            extract(text, None, &actors).into_iter().filter(|statement| statement.act == Act::Denial).collect();
        assert!(denials.is_empty(), "{text}: {denials:#?}");
    }
}

#[test]
fn who_disputes_a_deed_denies_it() {
    for (text, content) in [
        ("Adam Ruk disputed having used a knife in the fight.", "having used a knife in the fight"),
        ("Adam Ruk disputes that he stole the boat.", "that he stole the boat"),
    ] {
        let denials = of(text, Act::Denial);
        assert_eq!(denials.iter().map(|denial| self::text(text, denial)).collect::<Vec<_>>(), [[content]], "{text}");
    }
    assert!(of("Adam Ruk disputed the bill of the hotel.", Act::Denial).is_empty());
}

#[test]
fn two_denials_in_one_sentence_are_two() {
    let article = "As well as denying the theft, Adam Ruk denied hitting the guard.";
    let denials = of(article, Act::Denial);
    assert_eq!(
        denials.iter().map(|denial| text(article, denial)).collect::<Vec<_>>(),
        [["the theft"], ["hitting the guard"]]
    );
}

#[test]
fn what_is_denied_in_a_relative_clause_stays_what_is_denied() {
    for (article, content) in [
        ("Adam Ruk published a statement in which he denied taking bribes.", "taking bribes"),
        (
            "Norland sent a letter in which it denied that its troops had shelled the harbour.",
            "that its troops had shelled the harbour",
        ),
        ("Police found a letter, which Adam Ruk denies ever sending.", "ever sending"),
    ] {
        let denials = of(article, Act::Denial);
        assert_eq!(denials.iter().map(|denial| text(article, denial)).collect::<Vec<_>>(), [[content]], "{article}");
    }
}

#[test]
fn who_pleads_not_guilty_accuses_nobody() {
    let found =
        extract("Adam Ruk and Lena Oss have both pleaded not guilty to Tor Ek's murder.", None, &Actors::builtin());
    let acts: Vec<Act> = found.iter().map(|statement| statement.act).collect();
    assert_eq!(acts, [Act::Denial], "{found:#?}");
}

#[test]
fn a_clause_with_a_time_of_its_own_has_a_subject_of_its_own() {
    let article = "Norland will propose sanctions after Veldia shrugged off responsibility for the chaos in the skies.";
    let denial = of(article, Act::Denial).remove(0);
    assert_eq!(denial.speaker.map(|party| party.text).as_deref(), Some("Veldia"));
}

#[test]
fn nobody_is_the_object_of_his_own_deed() {
    let article = "Kyle Tann accused the actress of failing to pay up, something Gina Roth denies.";
    let accusation = of(article, Act::Accusation).into_iter().find(|found| !found.presupposed).unwrap();
    let target = accusation.target.expect("somebody is blamed");
    assert!(target.text == "the actress" && target.name.as_deref() != Some("Kyle Tann"), "{target:?}");
    assert_eq!(accusation.content.last().map(|span| span.of(article)), Some("the actress of failing to pay up"));
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
        "The ministry said Veldia had shelled the harbour, which Veldia denies (also seen from the air in May).",
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

/// What must hold of the statements of any text.
fn holds(text: &str, found: &[Statement]) -> Result<(), TestCaseError> {
    let document = Document::read(text);
    let told = json::statements(text, found);
    let points: Vec<char> = text.chars().collect();
    let lies_in = |span: Span| span.start < span.end && text.get(span.start..span.end).is_some();
    prop_assert_eq!(told.as_array().map(Vec::len), Some(found.len()));
    for (number, (statement, told)) in found.iter().zip(told.as_array().into_iter().flatten()).enumerate() {
        prop_assert_eq!(statement.id as usize, number + 1);
        prop_assert!(!statement.content.is_empty());
        prop_assert_eq!(told["content"].as_array().map(Vec::len), Some(statement.content.len()));
        for (span, told) in statement.content.iter().zip(told["content"].as_array().into_iter().flatten()) {
            prop_assert!(lies_in(*span), "{:?}", span);
            let at = |end: &str| told[end].as_u64().unwrap_or(u64::MAX) as usize;
            let words: String = points[at("start")..at("end")].iter().collect();
            prop_assert_eq!(words.as_str(), span.of(text));
        }
        prop_assert!(statement.content.windows(2).all(|pair| pair[0].end <= pair[1].start));
        if let Some(cue) = statement.cue {
            prop_assert!(lies_in(cue));
            prop_assert!(document.sentences().iter().any(|sentence| sentence.span.contains(cue)));
            prop_assert!(statement.content.iter().all(|span| !span.contains(cue) || *span == cue), "{:?}", statement);
        }
        let parties = [&statement.speaker, &statement.on_behalf_of, &statement.target, &statement.accuser];
        for party in parties.into_iter().flatten() {
            prop_assert!(lies_in(party.span));
            prop_assert_eq!(party.span.of(text), &party.text);
        }
        prop_assert!((0.0..=1.0).contains(&statement.confidence) && (0.0..=1.0).contains(&statement.answers_surely));
        prop_assert!(statement.act == Act::Denial || statement.answers.is_empty());
        prop_assert!(statement.answers.iter().all(|&answer| found[answer as usize - 1].act == Act::Accusation));
        prop_assert!(statement.repeats.is_none_or(|first| (1..statement.id).contains(&first)));
        let passage = statement.passage(&document);
        prop_assert!(statement.content.iter().chain(&statement.cue).all(|span| passage.contains(*span)));
    }
    Ok(())
}

/// Act, cue, content and speaker of each statement as words, whatever ends its lines.
fn words(text: &str, found: &[Statement]) -> Vec<(Act, Vec<String>)> {
    let words = |statement: &Statement| {
        let speaker = statement.speaker.iter().map(|speaker| speaker.span);
        let spans = statement.cue.into_iter().chain(statement.content.iter().copied()).chain(speaker);
        (statement.act, spans.map(|span| span.of(text).replace('\r', "")).collect())
    };
    found.iter().map(words).collect()
}

proptest! {
    // Each text is read twice by the encoder.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn spans_lie_in_the_text_and_the_same_text_gives_the_same_statements(text in article()) {
        let actors = Actors::builtin();
        let found = extract(&text, None, &actors);
        holds(&text, &found)?;
        prop_assert_eq!(&found, &extract(&text, None, &actors));
    }

    #[test]
    fn line_ends_and_what_stands_before_a_text_move_its_offsets_and_nothing_else(
        parts in prop::collection::vec(phrase(), 1..5), before in "[👩‍🚀🙂\u{feff}]{1,4}"
    ) {
        let text = parts.join("\n\n");
        let actors = Actors::builtin();
        let found = extract(&text, None, &actors);
        let other = text.replace('\n', "\r\n");
        let read = extract(&other, None, &actors);
        holds(&other, &read)?;
        prop_assert_eq!(words(&text, &found), words(&other, &read));
        let other = format!("{before}\n\n{text}");
        holds(&other, &extract(&other, None, &actors))?;
    }
}

/// Sentences as they stand in news.
fn phrase() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "Veldia denied claims by Norland that it had shelled the harbour. ",
        "“We have never been there,” said Tomas Orlan, a spokesman. ",
        "'It is a lie', she said; 'nobody's been hurt. ",
        "In September Ilse Marn, the foreign minister, denied it. ",
        "Norland accused Veldia of shelling the harbour on Monday. ",
        "The café’s owner, Zoë Ruk, was blamed for the fire, which she denies. ",
        "ORLAND DENIES ARMS SALES - MINISTER",
        "According to the harbour master, eleven shells fell. ",
        "He denied that he denied that she denied ",
    ])
    .prop_map(str::to_owned)
}

/// Sentences of news between any characters at all.
fn article() -> impl Strategy<Value = String> {
    let sentence = prop_oneof![
        4 => phrase(),
        1 => Just("\r\n\r\n".to_owned()),
        1 => "\\PC{0,40}",
        1 => "[\"'“”‘’«» \n👩‍🚀é\u{301}]{0,12}",
        1 => prop::sample::select(vec!["\u{2028}", "\u{0}", "\u{ad}", "\u{202e}", "\t", "``", "—", "…", "("]).prop_map(str::to_owned),
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

#[test]
fn what_goes_on_beside_a_denial_is_no_part_of_it() {
    for (article, content) in [
        (
            "Hotel staff accused the runner of starting a fight. Felk's team denied it, but the furious row drew \
             attention around the world.",
            "it",
        ),
        (
            "Prosecutors accused Adam Ruk of fraud. Adam Ruk faces several charges, all of which he has denied.",
            "several charges",
        ),
    ] {
        let denials = of(article, Act::Denial);
        assert_eq!(denials.len(), 1, "{article}");
        assert_eq!(text(article, &denials[0]), [content], "{article}");
    }
}

#[test]
fn a_denied_deed_says_itself_what_is_alleged() {
    let article = "Lena Oss vanished in May. Adam Ruk has denied having anything to do with her disappearance.";
    let statements = extract(article, None, &Actors::builtin());
    let denial = statements.iter().find(|statement| statement.act == Act::Denial).unwrap();
    let answered = statements.iter().find(|statement| denial.answers.contains(&statement.id)).unwrap();
    assert_eq!(text(article, answered), ["having anything to do with her disappearance"]);
    assert_eq!(answered.target.as_ref().and_then(|party| party.name.as_deref()), Some("Adam Ruk"));
    assert!(answered.presupposed);
}

#[test]
fn a_day_that_the_speaker_tells_of_is_not_when_he_speaks() {
    let article = "\"Our men did not touch a single pillar. The pillars were repaired on January 2 by a joint team,\" \
        Tomas Orlan told reporters, who had asked about claims that Norland had moved the border.";
    let published = Some(jiff::civil::date(2026, 1, 28));
    let found = extract(article, published, &Actors::builtin());
    let said: Vec<_> = found.iter().filter(|found| found.direct && found.cue.is_some()).collect();
    assert!(!said.is_empty() && said.iter().all(|said| !said.recalled && said.said_at.earliest.is_none()), "{said:#?}");
}

#[test]
fn who_is_quoted_on_speaks_on_the_same_day() {
    let day = |at: i8| Some(jiff::civil::date(2026, 1, at));
    let quoted = |article: &str| {
        let found = extract(article, day(28), &Actors::builtin());
        let quote = found.iter().rev().find(|found| found.direct).unwrap_or_else(|| panic!("{article}: {found:#?}"));
        (quote.said_at.earliest, quote.recalled)
    };
    let told =
        "Prosecutors say Adam Ruk took bribes.\n\nAdam Ruk told the council on Monday that he had never met them. ";
    assert_eq!(quoted(&format!("{told}\"I took nothing from anybody,\" Ruk said.")).0, day(26));
    assert_eq!(quoted(&format!("{told}\n\n\"I took nothing from anybody,\" Ruk said.")).0, day(26));
    let another = "Lena Oss said that the inquiry was welcome. \"I took nothing from anybody,\" Ruk said.";
    assert_eq!(quoted(&format!("{told}\n\n{another}")).0, None, "another has spoken");
    assert_eq!(quoted(&format!("{told}\n\nRuk had previously said: \"I took nothing from anybody.\"")), (None, true));
    let apart = "The council has nine members.\n\nIt meets in the old harbour hall.\n\n";
    assert_eq!(quoted(&format!("{told}\n\n{apart}\"I took nothing from anybody,\" Ruk said.")).0, None);
    let old = "Prosecutors say Adam Ruk took bribes.\n\nAdam Ruk told the council in May that he had never met them. ";
    assert_eq!(
        quoted(&format!("{old}\"I took nothing from anybody,\" Ruk said.")),
        (Some(jiff::civil::date(2025, 5, 1)), true)
    );
    assert_eq!(
        quoted(&format!("{old}\n\n\"I took nothing from anybody,\" Ruk said.")),
        (None, false),
        "a new quotation"
    );
    let norland = Actors::builtin().with(&[("Norland".to_owned(), vec![])]);
    let article = "Oland says Norland sent shells.\n\nNorland President Anna Kovarek told reporters on Monday that it had not. \
        \"We have sent nothing to anybody,\" Norland Defence Minister Tomas Orlan said.";
    let found = extract(article, day(28), &norland);
    let quote = found.iter().find(|found| found.direct).expect("a quotation");
    assert_eq!(quote.said_at.earliest, None, "two persons of one state: {found:#?}");
}

#[test]
fn an_occasion_has_the_day_on_which_one_spoke() {
    let published = Some(jiff::civil::date(2026, 1, 28));
    let said = |article: &str| {
        let found = extract(article, published, &Actors::builtin());
        found.iter().find(|found| found.act == Act::Denial).map(|denial| denial.said_at.earliest)
    };
    let claims = "Prosecutors say Adam Ruk took bribes.";
    let monday = Some(Some(jiff::civil::date(2026, 1, 26)));
    assert_eq!(said(&format!("{claims} Ruk denied the claims in a press conference Monday.")), monday);
    assert_eq!(said(&format!("{claims} Ruk denied the claims in an interview on Monday.")), monday);
    let deed = "Ruk denied misleading the council in a statement on 3 January.";
    assert_eq!(said(&format!("{claims} {deed}")), Some(None), "when he is said to have misled it");
}

#[test]
fn a_party_has_the_name_of_somebody() {
    let name = |article: &str| {
        let denial = of(article, Act::Denial).remove(0);
        denial.speaker.and_then(|party| party.name).unwrap_or_default()
    };
    // A place line, a country before a title: no part of a name.
    assert_eq!(
        name("BRASK - Norland President Anna Kovarek denied that her army had shelled the harbour."),
        "Anna Kovarek"
    );
    assert_eq!(name("The Border Security Force denied that its men had moved the pillars."), "Border Security Force");
    // "The claims" deny nothing.
    let article = "Adam Ruk and Lena Oss were accused of theft. The claims spread fast. They denied stealing the boat.";
    assert_eq!(name(article), "Adam Ruk and Lena Oss");
    assert_eq!(name("Anna Kovarek, the minister, spoke in Brask. She denied taking bribes."), "Anna Kovarek");
}

#[test]
fn whom_the_reader_names_is_meant_unless_something_rules_him_out() {
    let text = "Lena Novak met Adam Ruk in Kelm. Petra Lund came too. The engineer left and she wept. He slept.";
    let doc = Document::read(text);
    let at = |word: &str| (0..doc.tokens().len()).find(|&at| doc.word(at) == word).expect(word);
    let names = [
        ("engineer", vec![("Ruk", 0.6), ("Lund", 0.4)]),
        ("she", vec![("Ruk", 0.6), ("Novak", 0.4)]),
        // By way of another.
        ("He", vec![("engineer", 0.7)]),
    ];
    let meant = names.iter().map(|(word, of)| (at(word), of.iter().map(|(name, p)| (at(name), *p)).collect()));
    let reading = Reading { meant: meant.collect(), ..Reading::default() };
    let parties = Parties::read(&doc, &Actors::builtin(), &reading);
    let name = |word: &str| parties.party(&phrases::noun_phrase(&doc, at(word))).name;
    assert_eq!(name("engineer").as_deref(), Some("Adam Ruk"));
    assert_eq!(name("she").as_deref(), Some("Lena Novak"));
    assert_eq!(name("He").as_deref(), Some("Adam Ruk"));
    // Who is named too unsurely is not meant: the nearest that fits is.
    let unsure = Reading { meant: [(at("she"), vec![(at("Novak"), 0.1)])].into(), ..Reading::default() };
    let parties = Parties::read(&doc, &Actors::builtin(), &unsure);
    assert_eq!(parties.party(&phrases::noun_phrase(&doc, at("she"))).name.as_deref(), Some("The engineer"));
}

#[test]
fn whoever_speaks_for_a_body_does_so_wherever_he_is_named() {
    let side = |article: &str| {
        let denials = of(article, Act::Denial);
        let last = denials.last().expect(article);
        last.on_behalf_of.as_ref().and_then(|party| party.name.clone().or(party.actor.clone())).unwrap_or_default()
    };
    let article = "Talverine spokeswoman Mira Sandel met reporters in Brask on Monday. The weather was fine. Sandel denied \
        that the mill had poisoned the stream.";
    assert_eq!(side(article), "Talverine");
    // An office that stands for itself is of the body that spoke before.
    let article = "Talverine said on Monday that its mill was closed. On Tuesday plant manager Otto Brenn denied that it had poisoned \
        the stream.";
    assert_eq!(side(article), "Talverine");
    // Who held it once speaks for himself.
    let article = "Talverine said on Monday that its mill was closed. On Tuesday former plant manager Otto Brenn denied that it had \
        poisoned the stream.";
    assert_eq!(side(article), "");
    let article = "Talverine spokeswoman Mira Sandel met reporters in Brask in May. The weather was fine. On Tuesday former \
        spokeswoman Mira Sandel denied that the mill had poisoned the stream.";
    assert_eq!(side(article), "");
    // Nobody's office is of who accuses, nor of himself.
    let article = "Veldia accused Talverine of theft. The manager denied that it had stolen the money.";
    assert_ne!(side(article), "Veldia");
    let article = "Norland said that it had rained. Talverine, the mine owner, was fined. Talverine denied that it had \
        poisoned the stream.";
    assert_eq!(side(article), "");
}

#[test]
fn what_stands_between_a_name_and_its_verb_is_not_who_speaks() {
    let article = "Police say that Adam Ruk bribed a referee in May. Ruk, who is on trial at the High Court (pictured) in Kelm, \
        denies bribing the referee. The trial goes on.";
    let denial = of(article, Act::Denial).remove(0);
    assert_eq!(denial.speaker.and_then(|party| party.name).as_deref(), Some("Adam Ruk"));
    let article = "Adam Ruk, of Kelm Rovers, told by police that Bo Lind bribed the referee, has left the club.";
    let told = extract(article, None, &Actors::builtin());
    let ruk = |found: &Statement| found.speaker.as_ref().is_some_and(|party| party.text.contains("Ruk"));
    assert!(!told.iter().any(ruk), "he is told it, and tells nothing: {told:#?}");
}

#[test]
fn a_field_is_nobodys_side() {
    let side = |office: &str| {
        let article =
            format!("Police say that a referee was bribed. Adam Ruk, {office}, has denied bribing the referee.");
        of(&article, Act::Denial).remove(0).on_behalf_of.map(|party| party.called().to_owned())
    };
    assert_eq!(side("director of football"), None);
    assert_eq!(side("Kelm Rovers' director of football").as_deref(), Some("Kelm Rovers"));
    assert_eq!(side("director of the club").as_deref(), Some("the club"));
    assert_eq!(side("a lawyer for shareholders").as_deref(), Some("shareholders"));
}

#[test]
fn somebody_of_an_age_was_named_before() {
    let article =
        "Adam Ruk, a referee, has left Brask. The 41-year-old has denied that he had taken bribes from the club.";
    let denial = of(article, Act::Denial).remove(0);
    assert_eq!(denial.speaker.and_then(|party| party.name).as_deref(), Some("Adam Ruk"));
}

#[test]
fn a_name_that_a_phrase_explains_is_its_party() {
    let article = "Talverine, the country's largest mill, denied that it had poisoned the stream.";
    let denial = of(article, Act::Denial).remove(0);
    assert_eq!(denial.speaker.and_then(|party| party.name).as_deref(), Some("Talverine"));
}

#[test]
fn what_others_say_is_not_what_is_said_of_it() {
    let article = "Water Minister Dana Holt spoke in parliament. \"What our neighbours say about secret pumps is untrue,\" \
        the minister told the house. \"There are no pumps, and we have stolen no water.\"";
    let speakers: Vec<_> =
        of(article, Act::Denial).into_iter().filter_map(|denial| denial.speaker.map(|party| party.text)).collect();
    assert!(!speakers.is_empty() && speakers.iter().all(|speaker| !speaker.contains("neighbours")), "{speakers:?}");
}

#[test]
fn a_report_of_a_wrong_that_is_denied_is_answered() {
    let answered = |article: &str| {
        let statements = extract(article, None, &Actors::builtin());
        let denial = statements.iter().find(|statement| statement.act == Act::Denial).expect("a denial");
        let answered = statements.iter().find(|statement| denial.answers.contains(&statement.id));
        answered.map(|answered| {
            let accuser = answered.speaker.as_ref().map(|party| party.text.clone());
            (text(article, answered).join(" "), accuser.unwrap_or_default())
        })
    };
    let found = answered("Talverine denied a report by the Lamp network that it had laundered money for smugglers.");
    let (alleged, accuser) = found.expect("what is reported");
    assert!(alleged.contains("laundered money") && accuser.contains("Lamp"), "{alleged}, {accuser}");
    assert_eq!(answered("Talverine denied reports that its coach wants to move to Orlavia."), None);
}

#[test]
fn people_are_blamed_for_those_whose_people_they_are() {
    let article =
        "Norland accused Veldia of theft. Norland said on Tuesday that workers of Open Palm had stolen the tents.";
    let doc = Document::read(article);
    let parties = Parties::read(&doc, &Actors::builtin(), &Reading::default());
    let workers = (0..doc.tokens().len()).find(|&at| doc.word(at) == "workers").expect("a word");
    let np = phrases::noun_phrase(&doc, workers);
    assert_eq!(parties.party(&np).name, None);
    assert_eq!(parties.blamed(&np).name.as_deref(), Some("Open Palm"));
}
