//! Whole stories, filed article by article into a small log in memory, as the daemon files them into SQLite.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::event::{Answered, Decision, Errand, Event, Hold, Silence, Standing, Telling, best_first, decide, update};
use super::rule::tests::rule;
use crate::disputes::{
    Claim, Glossary, Link, Merge, News, Opening, Place, Side, Stored, Terms, Voice, asks_around, file, rarity,
};
use crate::statements::{Act, Period};
use crate::watchlist::{QuietHours, Rate, Rule, Settings, Sink};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

/// A day of the story's month.
fn day(day: i8) -> Date {
    date(2031, 3, day)
}

fn on(at: i8) -> Period {
    Period { earliest: Some(day(at)), latest: Some(day(at)) }
}

/// Not said in the text.
const UNDATED: Period = Period { earliest: None, latest: None };

/// The story's gazetteer.
fn actor(name: &str) -> Option<String> {
    let actor = match name {
        "Kestria" | "Kestrian" | "Brask" | "the Kestrian foreign ministry" => "Kestria",
        "North Kestria" => "North Kestria",
        "Veldania" | "Veldanian" | "Ostrin" | "Ilse Marn" => "Veldania",
        "Oland" | "Olandic" | "Tarn" => "Oland",
        _ => return None,
    };
    Some(actor.to_owned())
}

fn side(name: &str) -> Side {
    Side::new(name, actor(name))
}

#[derive(Clone)]
struct Article {
    outlet: String,
    day: Date,
    claims: Vec<Claim>,
    baseline: bool,
}

fn article(outlet: &str, published: i8) -> Article {
    Article { outlet: outlet.to_owned(), day: day(published), claims: vec![], baseline: false }
}

impl Article {
    fn claim(mut self, act: Act, speaker: Option<&str>, content: &str, said: Period) -> Self {
        self.claims.push(Claim {
            id: self.claims.len() as i64,
            article: 0,
            outlet: self.outlet.clone(),
            act,
            presupposed: false,
            recalled: false,
            repeats: None,
            answers: vec![],
            answers_surely: 0.9,
            speaker: speaker.map(side),
            behalf: None,
            target: None,
            accuser: None,
            content: content.to_owned(),
            terms: Terms::read(content, &Glossary::new(&actor)),
            context: Terms::default(),
            said,
            article_day: Some(self.day),
            dispute: None,
            confidence: 0.9,
        });
        self
    }

    fn accuses(self, speaker: &str, target: &str, content: &str, said: Period) -> Self {
        self.claim(Act::Accusation, Some(speaker), content, said).with(|claim| claim.target = Some(side(target)))
    }

    /// An accusation that is only mentioned inside a denial.
    fn mentions(self, target: &str, content: &str) -> Self {
        self.claim(Act::Accusation, None, content, UNDATED).with(|claim| {
            claim.target = Some(side(target));
            claim.presupposed = true;
        })
    }

    fn denies(self, speaker: &str, content: &str, said: Period) -> Self {
        self.claim(Act::Denial, Some(speaker), content, said)
    }

    /// Changes the last claim.
    fn with(mut self, change: impl FnOnce(&mut Claim)) -> Self {
        if let Some(claim) = self.claims.last_mut() {
            change(claim);
        }
        self
    }

    /// The last claim, a denial, answers those of the article, counted from 0.
    fn answering(self, answers: &[i64]) -> Self {
        self.with(|claim| claim.answers = answers.to_vec())
    }

    fn naming(self, accuser: &str) -> Self {
        self.with(|claim| claim.accuser = Some(side(accuser)))
    }

    fn recalled(self) -> Self {
        self.with(|claim| claim.recalled = true)
    }

    fn first_poll(mut self) -> Self {
        self.baseline = true;
        self
    }
}

struct Row {
    claim: Claim,
    baseline: bool,
    dispute: Option<i64>,
}

#[derive(Debug)]
struct Alert {
    dispute: i64,
    event: Event,
    outlets: Vec<String>,
    denials: Vec<Voice>,
    raised: Timestamp,
    to: Vec<Sink>,
    waiting: Vec<(Sink, Hold)>,
    held: Option<Hold>,
    updates: Vec<(Telling, News)>,
}

struct Ledger {
    merged: Vec<(i64, i64)>,
    rules: Vec<Rule>,
    rows: Vec<Row>,
    links: Vec<(i64, i64, Link)>,
    disputes: Vec<Opening>,
    alerts: Vec<Alert>,
    articles: i64,
    standing: Standing,
}

impl Ledger {
    fn watching(rules: Vec<Rule>) -> Self {
        Ledger {
            rules,
            rows: vec![],
            links: vec![],
            disputes: vec![],
            merged: vec![],
            alerts: vec![],
            articles: 0,
            standing: Standing::Open,
        }
    }

    fn new() -> Self {
        Ledger::watching(vec![Rule { any: true, ..rule("everything") }])
    }

    /// Files an article read at noon of that day.
    fn read_on(&mut self, read: i8, article: Article) -> Vec<Decision> {
        let now = day(read).at(12, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
        self.read_at(now, article)
    }

    /// Files an article read on the day on which it was published.
    fn read(&mut self, article: Article) -> Vec<Decision> {
        let now = article.day.at(12, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp();
        self.read_at(now, article)
    }

    fn read_at(&mut self, now: Timestamp, article: Article) -> Vec<Decision> {
        self.articles += 1;
        let first = self.rows.len() as i64;
        let mut new = article.claims;
        for claim in &mut new {
            claim.id += first;
            claim.article = self.articles;
            claim.repeats = claim.repeats.map(|row| row + first);
            claim.answers.iter_mut().for_each(|row| *row += first);
        }
        // What the store finds: claims that share a key, and the members of their disputes.
        let keys: Vec<String> = new.iter().flat_map(Claim::keys).collect();
        let touched = |row: &Row| row.claim.keys().iter().any(|key| keys.contains(key));
        let disputes: Vec<i64> = self.rows.iter().filter(|row| touched(row)).filter_map(|row| row.dispute).collect();
        let found = self.rows.iter().filter(|row| {
            row.claim.repeats.is_none()
                && (touched(row) || row.dispute.is_some_and(|dispute| disputes.contains(&dispute)))
        });
        let stored: Vec<Stored> = found
            .map(|row| Stored { claim: Claim { dispute: row.dispute, ..row.claim.clone() }, superseded: false })
            .collect();
        let all = self.rows.len() as u64;
        let with =
            |term: &str| self.rows.iter().filter(|row| row.claim.terms.iter().any(|own| own == term)).count() as u64;
        let weigh = |term: &str| rarity(with(term), all);
        let filing = file(&new, &stored, &weigh);
        // What the daemon leaves unread changes nothing.
        let mut in_brief = stored;
        for old in in_brief.iter_mut().filter(|old| !asks_around(&old.claim, &new)) {
            old.claim.context = Terms::default();
        }
        assert_eq!(file(&new, &in_brief, &weigh), filing);

        let opened = self.disputes.len() as i64;
        self.rows.extend(new.into_iter().map(|claim| Row { claim, baseline: article.baseline, dispute: None }));
        self.disputes.extend(filing.opened);
        for Merge { from, into } in filing.merges {
            self.rows.iter_mut().filter(|row| row.dispute == Some(from)).for_each(|row| row.dispute = Some(into));
            self.merged.push((from, into));
        }
        let going_on = |id: i64| self.merged.iter().find(|(from, _)| *from == id).map_or(id, |(_, into)| *into);
        for (row, place) in filing.joins {
            let dispute = match place {
                Place::Stored(id) => going_on(id),
                Place::Opened(n) => opened + n as i64,
            };
            assert_eq!(self.rows[row as usize].dispute.replace(dispute), None, "a statement joins one dispute, once");
        }
        for linked in filing.links {
            assert!(
                !self.links.iter().any(|(d, a, _)| (*d, *a) == (linked.denial, linked.accusation)),
                "a link is written once"
            );
            self.links.push((linked.denial, linked.accusation, linked.link));
        }
        filing.denials.into_iter().map(|denial| self.weigh(denial, now)).collect()
    }

    fn weigh(&mut self, denial: i64, now: Timestamp) -> Decision {
        let row = &self.rows[denial as usize];
        let dispute = row.dispute.unwrap();
        let answered: Vec<Answered<'_>> = self
            .links
            .iter()
            .filter(|(d, ..)| *d == denial)
            .map(|(_, a, link)| Answered { accusation: &self.rows[*a as usize].claim, link })
            .collect();
        let events: Vec<Event> =
            self.alerts.iter().filter(|alert| alert.dispute == dispute).map(|alert| alert.event.clone()).collect();
        let in_dispute = self.rows.iter().filter(|row| row.dispute == Some(dispute));
        let words: String = in_dispute.map(|row| row.claim.content.as_str()).collect();
        let occasion = super::event::Occasion {
            denial: &row.claim,
            baseline: row.baseline,
            accused: &self.disputes[dispute as usize].accused,
            answered: &answered,
            events: &events,
            touches: &|topic| topic == "Arms" && (words.contains("shells") || words.contains("artillery")),
            standing: self.standing,
            told_lately: &|rule| {
                let per = jiff::SignedDuration::try_from(rule.rate.unwrap().per).unwrap();
                let lately = |at: Timestamp| now - per < at && at <= now;
                self.alerts.iter().filter(|alert| alert.held.is_none() && lately(alert.raised)).count() as u64
            },
        };
        let decision = decide(&occasion, &self.rules, Settings::default().same_event, now);
        let (when, outlet) = (row.claim.when(), row.claim.outlet.clone());
        let speaker = row.claim.speaker.as_ref();
        let words = speaker.map(|side| side.name.as_str()).unwrap_or_default();
        let voice = Voice::new(row.claim.article, speaker, words, &row.claim.content, |_| false);
        let joined = self
            .alerts
            .iter()
            .find(|known| matches!(&decision, Decision::JoinsEvent { alert, .. } if *alert == known.event.alert));
        let news = joined.and_then(|known| update(&occasion, &self.rules, &decision, (&voice, &known.denials), now));
        match &decision {
            Decision::Alert(telling) => self.alerts.push(Alert {
                dispute,
                event: Event {
                    alert: format!("alert {}", self.alerts.len()),
                    side: telling.side.clone(),
                    when,
                    rules: telling.rules(),
                    aged: aged(&telling.errands),
                    waiting: waiting(&telling.errands),
                },
                outlets: vec![outlet],
                denials: vec![voice],
                raised: now,
                to: telling.at_once().into_iter().cloned().collect(),
                waiting: telling.waiting().map(|(_, sink, hold)| (sink.clone(), hold)).collect(),
                held: telling.held().and(telling.errands[0].hold),
                updates: vec![],
            }),
            Decision::JoinsEvent { alert, more } => {
                let alert = self.alerts.iter_mut().find(|known| known.event.alert == *alert).unwrap();
                if !alert.outlets.contains(&outlet) {
                    alert.outlets.push(outlet);
                }
                alert.denials.push(voice);
                if let Some(telling) = more {
                    alert.held = telling.held().and(telling.errands[0].hold);
                    alert.event.rules.extend(telling.rules());
                    alert.event.aged = aged(&telling.errands);
                    alert.event.waiting = waiting(&telling.errands);
                    let new: Vec<Sink> =
                        telling.at_once().into_iter().filter(|sink| !alert.to.contains(sink)).cloned().collect();
                    alert.to.extend(new);
                }
                alert.updates.extend(news);
            }
            Decision::Silent(_) => {}
        }
        decision
    }

    fn sent(&self) -> usize {
        self.alerts.iter().filter(|alert| alert.held.is_none()).count()
    }
}

fn aged(errands: &[Errand]) -> Vec<String> {
    let old = |errand: &&Errand| matches!(errand.hold, Some(Hold::Old { .. } | Hold::Undated { .. }));
    errands.iter().filter(old).map(|errand| errand.rule.clone()).collect()
}

fn waiting(errands: &[Errand]) -> Vec<String> {
    errands.iter().filter(|errand| errand.hold.is_some()).map(|errand| errand.rule.clone()).collect()
}

const SHELLS: &str = "that Kestria is covertly shipping artillery shells to Oland under the cover of grain deliveries";
const NO_SHELLS: &str = "that it ships artillery shells to Oland";

fn accusation(at: i8) -> Article {
    article("ostrin-post.example", at).accuses("Ilse Marn", "Kestria", SHELLS, on(at))
}

fn denial(outlet: &str, published: i8, said: Period) -> Article {
    article(outlet, published).denies("the Kestrian foreign ministry", NO_SHELLS, said)
}

/// The shape of the article that Gainsay began with: a denial, the accusation as background, and an older denial that is
/// only remembered.
fn background_article() -> Article {
    article("brask-times.example", 8)
        .mentions("Kestria", "that Brask is shipping artillery ammunition to Oland for its war")
        .denies(
            "Kestria",
            "claims by Veldania that Brask is shipping artillery ammunition to Oland were groundless",
            on(8),
        )
        .naming("Veldania")
        .answering(&[0, 2])
        .accuses("Ilse Marn", "Kestria", SHELLS, on(2))
        .mentions("Kestria", "that it was planning to provide ammunition to the Olandic army")
        .claim(
            Act::Denial,
            Some("Brask"),
            "that it was planning to provide ammunition",
            Period { earliest: Some(date(2031, 1, 1)), latest: Some(date(2031, 1, 31)) },
        )
        .answering(&[3])
        .recalled()
}

#[test]
fn an_accusation_and_its_denial_in_one_article_make_one_alert() {
    let mut ledger = Ledger::new();
    ledger.read(background_article());
    assert_eq!(ledger.sent(), 1);
    assert_eq!(ledger.disputes.len(), 1, "{:?}", ledger.disputes);
    assert_eq!(ledger.disputes[0].accused.shown(), "Kestria");
    assert_eq!(ledger.disputes[0].matter, "shipping artillery shells to Oland");
}

#[test]
fn a_denial_recalled_from_september_raises_no_alert() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    let september = Period { earliest: Some(date(2030, 9, 1)), latest: Some(date(2030, 9, 30)) };
    let decisions = ledger.read(
        article("brask-times.example", 8)
            .mentions("Kestria", "that it was planning to provide shells to Oland")
            .denies("Brask", "that it was planning to provide shells to Oland", september)
            .answering(&[0])
            .recalled(),
    );
    assert_eq!(decisions, [Decision::Silent(Silence::Recalled)]);
    assert!(ledger.rows.iter().all(|row| row.dispute.is_some()), "it joins its dispute all the same");
    assert!(ledger.alerts.is_empty());
}

#[test]
fn a_denial_in_another_outlet_days_later_answers_the_accusation() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 8, on(8)));
    assert_eq!(ledger.sent(), 1);
    let reasons: Vec<String> = ledger.links[0].2.reasons.iter().map(ToString::to_string).collect();
    assert_eq!(
        reasons,
        ["accused and denies: Kestria", "shared terms: artillery, shells, ships, Oland", "6 days after"]
    );
}

#[test]
fn thirty_outlets_make_one_alert() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    let words = [
        "that it ships artillery shells to Oland",
        "reports of shell deliveries to Tarn",
        "having sent ammunition to Oland",
        "allegations that it supplies Oland with artillery",
    ];
    for n in 0..30 {
        let said = if n % 3 == 0 { UNDATED } else { on(8) };
        ledger.read(
            article(&format!("outlet-{n}.example"), 8 + (n % 2) as i8)
                .mentions("Kestria", words[n % 4])
                .denies("the Kestrian foreign ministry", words[(n + 1) % 4], said)
                .answering(&[0]),
        );
    }
    assert_eq!(ledger.alerts.len(), 1, "{:#?}", ledger.alerts);
    assert_eq!(ledger.alerts[0].outlets.len(), 30);
    assert_eq!(ledger.disputes.len(), 1);
}

#[test]
fn a_denial_whose_accusation_is_polled_late_alerts_then() {
    let mut ledger = Ledger::new();
    ledger.read(denial("brask-times.example", 8, on(8)));
    assert!(ledger.alerts.is_empty());
    ledger.read_on(9, accusation(7));
    assert_eq!(ledger.sent(), 1);
}

#[test]
fn an_accusation_that_turns_up_weeks_late_leaves_its_denial_to_the_digest() {
    let mut ledger = Ledger::new();
    ledger.read(denial("brask-times.example", 8, on(8)));
    ledger.read_on(28, accusation(7));
    assert!(matches!(ledger.alerts[0].held, Some(Hold::Old { .. })));
}

#[test]
fn a_denial_does_not_answer_what_is_alleged_after_it() {
    let mut ledger = Ledger::new();
    ledger.read(denial("brask-times.example", 3, on(3)));
    ledger.read(accusation(5));
    assert!(ledger.links.is_empty() && ledger.alerts.is_empty());
}

#[test]
fn order_is_by_when_things_were_said_not_when_they_were_read() {
    let mut ledger = Ledger::new();
    // Read first, published later: it looks back to the 2nd.
    ledger.read(article("weekly.example", 6).accuses("Ilse Marn", "Kestria", SHELLS, on(2)));
    ledger.read_on(6, denial("brask-times.example", 4, on(4)));
    assert_eq!(ledger.sent(), 1);
}

#[test]
fn an_unknown_time_counts_as_its_articles() {
    let mut ledger = Ledger::new();
    ledger.read(article("ostrin-post.example", 5).accuses("Ilse Marn", "Kestria", SHELLS, UNDATED));
    ledger.read(denial("brask-times.example", 4, UNDATED));
    assert!(ledger.links.is_empty());
    ledger.read(denial("kestria-today.example", 5, UNDATED));
    assert_eq!(ledger.sent(), 1);
}

#[test]
fn two_matters_between_the_same_parties_are_kept_apart() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    let theft = "that Kestria hacked the pension fund of Oland and stole the savings of teachers";
    ledger.read(article("ostrin-post.example", 3).accuses("Ilse Marn", "Kestria", theft, on(3)));
    assert_eq!(ledger.disputes.len(), 2);
    ledger
        .read(article("brask-times.example", 4).denies("Brask", "hacking the pension fund", on(4)).naming("Veldania"));
    assert_eq!(ledger.links.len(), 1);
    assert_eq!(ledger.alerts[0].dispute, 1);
    // Denied within 72 hours of the other, and yet another event: it is another dispute.
    ledger.read(denial("brask-times.example", 5, on(5)));
    assert_eq!(ledger.sent(), 2);
}

#[test]
fn troops_and_shells_for_the_same_war_are_two_matters() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    let troops = "that Kestria is sending paratroopers to Oland for its war";
    ledger.read(article("ostrin-post.example", 3).accuses("Ilse Marn", "Kestria", troops, on(3)));
    assert_eq!(ledger.disputes.len(), 2);
}

#[test]
fn the_same_matter_reworded_is_one_dispute() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    let reworded = "Brask of arming Tarn with ammunition and howitzer shells hidden among grain";
    ledger.read(article("oland-wire.example", 4).accuses("Ostrin", "Brask", reworded, on(4)));
    assert_eq!(ledger.disputes.len(), 1);
}

#[test]
fn a_denial_that_answers_two_disputes_by_the_same_words_makes_them_one() {
    let mut ledger = Ledger::new();
    let rebels = "Kestria of sending missiles to rebels in Sorvan";
    ledger.read(article("ostrin-post.example", 2).accuses("Ilse Marn", "Kestria", rebels, on(2)));
    let by_night = "that Kestria smuggled missiles in grain barges by night";
    ledger.read(article("oland-wire.example", 3).accuses("Ostrin", "Kestria", by_night, on(3)));
    assert_eq!(ledger.disputes.len(), 2, "nothing shows yet that they are one");
    ledger.read(article("brask-times.example", 4).denies("Brask", "smuggling missiles to rebels in Sorvan", on(4)));
    assert_eq!(ledger.merged, [(1, 0)], "{:?}", ledger.links);
    assert_eq!(ledger.sent(), 1);
}

#[test]
fn a_denial_of_two_charges_leaves_them_two_disputes() {
    let mut ledger = Ledger::new();
    let rebels = "Kestria of arming rebels in Sorvan";
    ledger.read(article("ostrin-post.example", 2).accuses("Ilse Marn", "Kestria", rebels, on(2)));
    let missiles = "that Kestria smuggled missiles over the mountains";
    ledger.read(article("oland-wire.example", 3).accuses("Ilse Marn", "Kestria", missiles, on(3)));
    let denied = "smuggling missiles over the mountains or arming rebels in Sorvan";
    ledger.read(article("brask-times.example", 4).denies("Brask", denied, on(4)));
    assert_eq!(ledger.links.len(), 2);
    assert!(ledger.merged.is_empty(), "each is answered by words of its own: {:?}", ledger.links);
}

#[test]
fn a_namesake_state_is_another_party() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read(article("north.example", 3).denies("North Kestria", NO_SHELLS, on(3)));
    assert!(ledger.links.is_empty());
}

#[test]
fn a_denial_that_names_another_accuser_answers_somebody_else() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 3, on(3)).naming("Oland"));
    assert!(ledger.links.is_empty());
    ledger.read(denial("kestria-today.example", 3, on(3)).naming("Veldania"));
    assert_eq!(ledger.sent(), 1);
}

#[test]
fn a_denial_that_does_not_say_what_it_denies_needs_its_accuser_and_the_same_story_around_it() {
    let rejects = |context: &str| {
        article("brask-times.example", 4)
            .denies("Brask", "the allegations", on(4))
            .with(|claim| claim.context = Terms::read(context, &Glossary::new(&actor)))
    };
    let story = "Brask on Friday rejected the Veldanian allegations over artillery shells for Oland.";
    for (denial, links) in [
        (rejects(story).naming("Veldania"), 1),
        (rejects(story), 0),
        (rejects("Brask on Friday rejected the Veldanian allegations over a ferry.").naming("Veldania"), 0),
    ] {
        for told in [[accusation(2), denial.clone()], [denial, accusation(2)]] {
            let mut ledger = Ledger::new();
            told.into_iter().for_each(|article| _ = ledger.read_on(4, article));
            assert_eq!(ledger.links.len(), links, "whichever is polled first");
        }
    }
}

#[test]
fn a_surname_needs_more_than_a_common_subject() {
    let taking = "that Tomas Vexley took bribes from the Halloran quarry for a permit";
    let ledger = |denied: &str| {
        let mut ledger = Ledger::new();
        ledger.read(article("harbour-news.example", 2).accuses("Orla Dunne", "Tomas Vexley", taking, on(2)));
        ledger.read(article("inland-news.example", 3).denies("Vexley", denied, on(3)));
        ledger.links.len()
    };
    assert_eq!(ledger("taking bribes"), 0);
    assert_eq!(ledger("taking bribes from the Halloran quarry"), 1);
}

#[test]
fn a_counter_accusation_is_not_what_its_maker_denies() {
    let mut ledger = Ledger::new();
    ledger.read(article("brask-times.example", 2).accuses(
        "Orla Vexley",
        "Tomas Vexley",
        "of emptying the harbour fund",
        on(2),
    ));
    ledger.read(article("inland-news.example", 3).denies("Orla Vexley", "emptying the harbour fund", on(3)));
    assert!(ledger.links.is_empty());
}

#[test]
fn a_later_denial_is_a_new_event() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 4, on(4)));
    ledger.read(denial("brask-times.example", 7, on(7)));
    assert_eq!(ledger.sent(), 1, "72 hours later it is still the same");
    ledger.read(denial("brask-times.example", 8, on(8)));
    assert_eq!(ledger.sent(), 2);
}

#[test]
fn a_denial_after_a_renewed_accusation_is_a_new_event() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 3, on(3)));
    ledger.read(article("oland-wire.example", 4).accuses("Oland", "Kestria", SHELLS, on(4)));
    assert_eq!(ledger.disputes.len(), 1);
    // The first denial, told again on the next day, renews nothing.
    ledger.read(denial("late.example", 5, on(3)));
    assert_eq!(ledger.sent(), 1);
    ledger.read(denial("brask-times.example", 5, on(5)));
    assert_eq!(ledger.sent(), 2);
}

#[test]
fn an_undated_denial_in_a_later_background_article_waits_for_the_digest() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 3, on(3)));
    ledger.read(denial("analysis.example", 12, UNDATED));
    assert_eq!(ledger.sent(), 1);
    assert_eq!(ledger.alerts[1].held, Some(Hold::Undated { before: Some(day(3)) }));
}

#[test]
fn a_denial_said_long_before_it_was_read_goes_to_the_digest() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read_on(7, denial("brask-times.example", 4, on(4)));
    assert_eq!(ledger.sent(), 1, "within max_age of the end of its day");
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read_on(9, denial("brask-times.example", 4, on(4)));
    assert_eq!(ledger.alerts[0].held, Some(Hold::Old { days: 5 }));
}

#[test]
fn a_feeds_first_poll_is_linked_and_raises_no_alert() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2).first_poll());
    let decisions = ledger.read(denial("brask-times.example", 3, on(3)).first_poll());
    assert_eq!(decisions, [Decision::Silent(Silence::Baseline)]);
    assert_eq!(ledger.links.len(), 1);
    // News that comes after it is told, though what it answers came with the first poll.
    ledger.read(denial("kestria-today.example", 4, on(4)));
    assert_eq!(ledger.sent(), 1);
}

#[test]
fn several_rules_make_one_alert_that_lists_them_and_tells_each_sink_once() {
    let newsroom = || Sink::Webhook("newsroom".into());
    let mut ledger = Ledger::watching(vec![
        Rule { actors: vec!["Kestria".into()], to: vec![Sink::Desktop, newsroom()], ..rule("Kestria desk") },
        Rule { topics: vec!["Arms".into()], to: vec![newsroom()], ..rule("Arms") },
        Rule { deniers: vec!["Oland".into()], ..rule("Oland denies") },
    ]);
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 3, on(3)));
    assert_eq!(ledger.alerts.len(), 1);
    assert_eq!(ledger.alerts[0].event.rules, ["Kestria desk", "Arms"]);
    assert_eq!(ledger.alerts[0].to, [Sink::Desktop, newsroom()]);
}

#[test]
fn a_rule_that_wants_a_real_accusation_hears_when_it_comes() {
    let mut ledger = Ledger::watching(vec![
        Rule { any: true, ..rule("all") },
        Rule { any: true, reported_accusations: false, to: vec![Sink::Webhook("desk".into())], ..rule("real") },
    ]);
    ledger.read(
        article("brask-times.example", 8)
            .mentions("Kestria", NO_SHELLS)
            .denies("Brask", NO_SHELLS, on(8))
            .answering(&[0]),
    );
    assert_eq!(ledger.alerts[0].to, [Sink::Desktop]);
    ledger.read_on(9, accusation(7));
    assert_eq!(ledger.alerts.len(), 1);
    assert_eq!(ledger.alerts[0].to, [Sink::Desktop, Sink::Webhook("desk".into())]);
}

#[test]
fn a_headline_and_its_sentence_are_one_denial() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    let decisions = ledger.read(
        article("brask-times.example", 9)
            .denies("Brask", "shipping shells", UNDATED)
            .denies("the Kestrian foreign ministry", NO_SHELLS, on(8))
            .with(|claim| claim.repeats = Some(0)),
    );
    assert_eq!(decisions.len(), 1);
    assert_eq!(ledger.alerts[0].event.when, ledger.rows[2].claim.when(), "the sentence says when");
    assert_eq!(ledger.rows[1].dispute, ledger.rows[2].dispute);
}

#[test]
fn four_months_after_an_accusation_a_denial_in_another_article_no_longer_answers_it() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    let mut late = denial("brask-times.example", 8, on(8));
    let later = day(8).checked_add(120.days()).unwrap();
    late.day = later;
    late.claims[0].article_day = Some(later);
    late.claims[0].said = Period { earliest: Some(later), latest: Some(later) };
    ledger.read(late);
    assert!(ledger.links.is_empty());
}

#[test]
fn a_dated_denial_lifts_an_undated_one_out_of_the_digest() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 3, on(3)));
    ledger.read(denial("analysis.example", 12, UNDATED));
    ledger.read(denial("brask-times.example", 13, on(12)));
    assert_eq!(ledger.alerts.len(), 2);
    assert_eq!(ledger.sent(), 2);
}

// When a rule may tell

fn newsroom() -> Sink {
    Sink::Webhook("newsroom".into())
}

/// Quiet from the morning to the afternoon: articles are read at noon.
fn quiet() -> Option<QuietHours> {
    let time = |hour| jiff::civil::time(hour, 0, 0, 0);
    Some(QuietHours { from: time(10), to: time(14), zone: Some(TimeZone::UTC) })
}

fn everything(name: &str) -> Rule {
    Rule { any: true, ..rule(name) }
}

#[test]
fn of_two_rules_one_quiet_the_other_tells_its_sinks_and_the_rest_waits() {
    let mut ledger = Ledger::watching(vec![
        Rule { quiet: quiet(), to: vec![Sink::Desktop, newsroom()], ..everything("sleeper") },
        everything("watch"),
    ]);
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 3, on(3)));
    let alert = &ledger.alerts[0];
    assert_eq!(alert.event.rules, ["sleeper", "watch"], "one alert with both rules");
    assert_eq!(alert.to, [Sink::Desktop]);
    assert_eq!(alert.waiting, [(newsroom(), Hold::Quiet)]);
    assert_eq!(alert.held, None, "it was told");
    ledger.read(denial("kestria-today.example", 3, on(3)));
    assert_eq!(ledger.alerts[0].to, [Sink::Desktop], "a second outlet lifts nothing out of the quiet hours");
}

#[test]
fn a_rule_in_digest_mode_tells_nothing_at_once() {
    let every = Some(std::time::Duration::from_secs(6 * 3600));
    let mut ledger = Ledger::watching(vec![Rule { digest: every, ..everything("evening") }]);
    ledger.read(accusation(2));
    ledger.read(denial("brask-times.example", 3, on(3)));
    ledger.read(denial("kestria-today.example", 3, on(3)));
    assert_eq!((ledger.alerts.len(), ledger.sent()), (1, 0));
    assert_eq!(ledger.alerts[0].held, Some(Hold::Digest));
}

#[test]
fn a_rate_lets_five_alerts_through_and_holds_the_sixth() {
    let rate = Rate { most: 5, per: std::time::Duration::from_secs(3600) };
    let mut ledger = Ledger::watching(vec![Rule { rate: Some(rate), ..everything("busy") }]);
    let deeds = ["shelling the harbour", "jamming the radar", "poisoning the wells", "burning the archive"];
    let deeds = [deeds.as_slice(), &["kidnapping the envoy", "flooding the mine"]].concat();
    for deed in deeds {
        ledger.read(article("ostrin-post.example", 2).accuses("Ilse Marn", "Kestria", deed, on(2)));
        ledger.read(article("brask-times.example", 3).denies("the Kestrian foreign ministry", deed, on(3)));
    }
    assert_eq!(ledger.alerts.len(), 6, "{:#?}", ledger.alerts);
    assert_eq!(ledger.sent(), 5);
    assert_eq!(ledger.alerts[5].held, Some(Hold::Rate(rate)));
    assert_eq!(ledger.alerts[5].held.unwrap().to_string(), "beyond the rule's 5 per 1h");
}

#[test]
fn alerts_of_a_snoozed_dispute_wait_and_those_of_a_closed_one_are_never_raised() {
    let mut ledger = Ledger::new();
    ledger.read(accusation(2));
    ledger.standing = Standing::Closed;
    let decisions = ledger.read(denial("brask-times.example", 3, on(3)));
    assert_eq!(decisions, [Decision::Silent(Silence::Closed)]);
    assert_eq!(ledger.links.len(), 1, "stored and linked all the same");
    ledger.standing = Standing::Snoozed;
    ledger.read(denial("kestria-today.example", 3, on(3)));
    assert_eq!((ledger.alerts.len(), ledger.sent()), (1, 0));
    assert_eq!(ledger.alerts[0].held, Some(Hold::Snoozed));
    ledger.standing = Standing::Open;
    ledger.read(denial("brask-times.example", 8, on(8)));
    assert_eq!(ledger.sent(), 1, "a later denial of the reopened dispute is told");
}

#[test]
fn what_is_old_news_to_one_rule_is_told_by_another_and_waits_for_the_first() {
    let day = std::time::Duration::from_secs(24 * 3600);
    let mut ledger = Ledger::watching(vec![
        Rule { max_age: day, to: vec![newsroom()], ..everything("fresh") },
        Rule { max_age: 9 * day, ..everything("patient") },
    ]);
    ledger.read(accusation(2));
    ledger.read_on(7, denial("brask-times.example", 4, on(4)));
    assert_eq!(ledger.alerts[0].to, [Sink::Desktop]);
    assert_eq!(ledger.alerts[0].waiting, [(newsroom(), Hold::Old { days: 3 })]);
}

fn denied_by(speaker: &str, outlet: &str, words: &str) -> Article {
    article(outlet, 8).denies(speaker, words, on(8)).with(|claim| {
        claim.speaker = Some(Side::new(speaker, Some("Kestria".into())));
    })
}

#[test]
fn a_second_spokesman_is_one_update_and_only_for_the_rule_that_asks() {
    let mut ledger = Ledger::watching(vec![
        everything("desk"),
        Rule { updates: true, to: vec![newsroom()], ..everything("follows") },
    ]);
    ledger.read(accusation(2));
    ledger.read(denied_by("Tomas Ardel", "brask-times.example", NO_SHELLS));
    for n in 0..30 {
        ledger.read(denied_by("Orla Vexley", &format!("outlet-{n}.example"), NO_SHELLS));
        ledger.read(denied_by("Tomas Ardel", &format!("wire-{n}.example"), NO_SHELLS));
    }
    assert_eq!(ledger.alerts.len(), 1);
    let [(telling, news)] = ledger.alerts[0].updates.as_slice() else { panic!("{:#?}", ledger.alerts[0].updates) };
    assert_eq!(*news, News::Speaker("Orla Vexley".into()));
    assert_eq!((telling.rules(), telling.at_once()), (vec!["follows".to_owned()], vec![&newsroom()]));
    assert_eq!(ledger.alerts[0].to, [Sink::Desktop, newsroom()], "the alert itself goes to both, once");
}

#[test]
fn an_update_of_an_alert_that_the_rule_still_holds_waits_behind_it() {
    let rate = Some(Rate { most: 0, per: std::time::Duration::from_secs(3600) });
    let mut ledger = Ledger::watching(vec![Rule { updates: true, rate, ..everything("follows") }]);
    ledger.read(accusation(2));
    ledger.read(denied_by("Tomas Ardel", "brask-times.example", NO_SHELLS));
    assert!(matches!(ledger.alerts[0].held, Some(Hold::Rate(_))));
    ledger.rules[0].rate = None;
    ledger.read(denied_by("Orla Vexley", "kestria-today.example", NO_SHELLS));
    assert_eq!(ledger.alerts[0].updates[0].0.errands[0].hold, Some(Hold::Behind));
}

#[test]
fn a_plea_of_ignorance_that_becomes_a_flat_denial_is_an_update_that_keeps_to_quiet_hours() {
    let mut ledger = Ledger::watching(vec![Rule { updates: true, ..everything("follows") }]);
    ledger.read(accusation(2));
    let ardel = |outlet: &str, words: &str| denied_by("Tomas Ardel", outlet, words);
    ledger.read(ardel("brask-times.example", "having any knowledge of artillery shells shipped to Oland"));
    ledger.rules[0].quiet = quiet();
    ledger.read(ardel("kestria-today.example", "Kestria never shipped artillery shells to Oland"));
    ledger.read(ardel("oland-wire.example", "we have not shipped any artillery shells to Oland"));
    let [(telling, news)] = ledger.alerts[0].updates.as_slice() else { panic!("{:#?}", ledger.alerts[0].updates) };
    assert_eq!(*news, News::Flat);
    assert_eq!(telling.errands[0].hold, Some(Hold::Quiet));
}

#[test]
fn updates_of_a_closed_dispute_are_told_to_nobody() {
    let mut ledger = Ledger::watching(vec![Rule { updates: true, ..everything("follows") }]);
    ledger.read(accusation(2));
    ledger.read(denied_by("Tomas Ardel", "brask-times.example", NO_SHELLS));
    ledger.standing = Standing::Closed;
    ledger.read(denied_by("Orla Vexley", "kestria-today.example", NO_SHELLS));
    assert!(ledger.alerts[0].updates.is_empty());
}

#[test]
fn what_a_denial_says_that_it_denies_comes_before_other_accusations_and_who_makes_it_outright_first() {
    let told = article("The Brask Herald", 4)
        .accuses("Oland", "Kestria", "that Kestria hid the wreck of a ferry from inspectors", on(4))
        .mentions("Kestria", "shelling the harbour of Tarn with mortars")
        .accuses("Veldania", "Kestria", "that mortars had shelled Tarn and its harbour", on(3))
        .denies("Kestria", "shelling the harbour of Tarn with mortars", on(4));
    let [wreck, own, outright, denial] = &told.claims[..] else { panic!("four claims") };
    let links = [0.9, 0.5, 0.6].map(|score| Link { score, reasons: vec![] });
    let one_matter = |one: &Claim, other: &Claim| crate::disputes::same_matter(one, other, &|_| 1.0).is_some();
    let first = |denial: &Claim| {
        let answered = [wreck, own, outright].into_iter().zip(&links);
        let answered = answered.map(|(accusation, link)| Answered { accusation, link }).collect();
        let told: Vec<&Claim> = told.claims.iter().filter(|claim| denial.tells(claim)).collect();
        let ranked = best_first(&told, answered, one_matter);
        ranked.iter().map(|answered| answered.accusation.id).collect::<Vec<_>>()
    };
    assert_eq!(first(denial), [outright.id, own.id, wreck.id]);
    let vague = article("The Brask Herald", 4).denies("Kestria", "the allegations", on(4));
    assert_eq!(first(&vague.claims[0]), [wreck.id, outright.id, own.id], "by how surely it answers them");
}
