//! Whose side a named party is on, remembered from articles that said so for those that don't.
//!
//! A wrong side makes a false alert and a forgotten one only a missed link, so every doubt forgets.

use super::Side;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Days after which a side is forgotten that no article has said since.
pub const FADES_AFTER: i32 = 365;
/// Two sides of one name that were both said within these many days leave it open which counts.
pub const CHANGES_AFTER: i32 = 182;
/// Outlets that must have said it.
const OUTLETS: usize = 2;
/// Where only one outlet is read: days on which it must have said it.
const DAYS: usize = 3;
/// One article that says otherwise, beside this many, is taken for misread.
const OUTWEIGHS_ONE: usize = 20;

/// One article that says whose side a name is on: *Kestrian foreign ministry spokesman Oru Tal*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The side.
    pub actor: String,
    /// The article.
    pub article: i64,
    /// The row of the statement in it that says so: the evidence.
    pub statement: i64,
    /// Who publishes it.
    pub outlet: String,
    /// Its day.
    pub day: Date,
}

/// What is remembered of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory<'s> {
    /// Nothing that has not faded.
    Nothing,
    /// Too few articles have said it: what the newest of them says.
    Faint(&'s Sighting),
    /// It was seen on several sides of late, the newest first: it may be two people, or one who changes office.
    Ambiguous(Vec<&'s str>),
    /// Its side: the newest article that says so.
    Side(&'s Sighting),
}

/// What is remembered of a name on that day, of what articles up to that day say of it.
///
/// A side counts that two outlets have said, or one on three days. It fades when nobody has said it for a year. Of two
/// sides the newer wins once the older has not been said for half a year before the newer's last; until then neither
/// counts, but a single article against twenty is taken for misread.
pub fn recall(sightings: &[Sighting], on: Date) -> Memory<'_> {
    let mut sides: BTreeMap<&str, Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings.iter().filter(|said| (0..=FADES_AFTER).contains(&days(said.day, on))) {
        sides.entry(&sighting.actor).or_default().push(sighting);
    }
    let mut sides: Vec<Vec<&Sighting>> = sides.into_values().collect();
    for side in &mut sides {
        side.sort_by_key(|said| (said.day, said.article));
    }
    let most = sides.iter().map(|side| articles(side)).max().unwrap_or(0);
    sides.retain(|side| most < OUTWEIGHS_ONE || articles(side) > 1);
    let last = |side: &[&Sighting]| side.last().map(|said| (said.day, said.article));
    sides.sort_by_key(|side| std::cmp::Reverse(last(side)));
    let Some((newest, older)) = sides.split_first() else { return Memory::Nothing };
    let Some(&evidence) = newest.last() else { return Memory::Nothing };
    let of_late = |side: &&Vec<&Sighting>| last(side).is_some_and(|(day, _)| days(day, evidence.day) < CHANGES_AFTER);
    let rivals: Vec<&str> = older.iter().filter(of_late).map(|side| side[0].actor.as_str()).collect();
    if !rivals.is_empty() {
        return Memory::Ambiguous([&[evidence.actor.as_str()], rivals.as_slice()].concat());
    }
    let outlets: BTreeSet<&str> = newest.iter().map(|said| said.outlet.as_str()).collect();
    let said_on: BTreeSet<Date> = newest.iter().map(|said| said.day).collect();
    if outlets.len() >= OUTLETS || said_on.len() >= DAYS { Memory::Side(evidence) } else { Memory::Faint(evidence) }
}

impl Side {
    /// Whether the name may be remembered: a proper name of two words or more beside any title. A single name is too
    /// many people's.
    pub fn has_full_name(&self) -> bool {
        self.is_named() && self.words().len() >= 2 && self.name.split_whitespace().last().is_some_and(is_capital)
    }
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn articles(side: &[&Sighting]) -> usize {
    side.iter().map(|said| said.article).collect::<BTreeSet<_>>().len()
}

/// From the one day to the other; negative where the other is earlier.
fn days(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Sightings written as "day side outlet", each an article of its own.
    fn seen(lines: &[&str]) -> Vec<Sighting> {
        let sighting = |(n, line): (usize, &&str)| {
            let words: Vec<&str> = line.split(' ').collect();
            let id = n as i64 + 1;
            let [day, actor, outlet] = words[..] else { panic!("{line}") };
            Sighting {
                actor: actor.to_owned(),
                article: id,
                statement: id,
                outlet: outlet.to_owned(),
                day: day.parse().unwrap(),
            }
        };
        lines.iter().enumerate().map(sighting).collect()
    }

    fn side(lines: &[&str], on: &str) -> String {
        match recall(&seen(lines), on.parse().unwrap()) {
            Memory::Nothing => "nothing".to_owned(),
            Memory::Faint(said) => format!("faint {}", said.actor),
            Memory::Ambiguous(sides) => format!("ambiguous {}", sides.join(" ")),
            Memory::Side(said) => said.actor.clone(),
        }
    }

    #[test]
    fn a_side_counts_once_two_outlets_or_three_days_have_said_it() {
        assert_eq!(side(&[], "2031-05-06"), "nothing");
        assert_eq!(side(&["2031-05-04 Kestria post"], "2031-05-06"), "faint Kestria");
        assert_eq!(side(&["2031-05-04 Kestria post", "2031-05-04 Kestria herald"], "2031-05-06"), "Kestria");
        let one = ["2031-05-02 Kestria post", "2031-05-03 Kestria post", "2031-05-03 Kestria post"];
        assert_eq!(side(&one, "2031-05-06"), "faint Kestria", "one outlet, two days");
        assert_eq!(side(&[&one[..], &["2031-05-05 Kestria post"]].concat(), "2031-05-06"), "Kestria");
    }

    #[test]
    fn a_side_that_nobody_has_said_for_a_year_is_forgotten() {
        let lines = ["2031-05-04 Kestria post", "2031-05-04 Kestria herald"];
        assert_eq!(side(&lines, "2032-05-03"), "Kestria");
        assert_eq!(side(&lines, "2032-05-04"), "nothing", "2032 is a leap year");
    }

    #[test]
    fn an_article_learns_nothing_from_those_after_it() {
        let lines = ["2031-05-04 Kestria post", "2031-05-05 Kestria herald"];
        assert_eq!(side(&lines, "2031-05-04"), "faint Kestria");
        assert_eq!(side(&lines, "2031-05-03"), "nothing");
    }

    #[test]
    fn a_name_on_two_sides_within_half_a_year_counts_for_neither() {
        let lines = ["2031-01-04 Norvania post", "2031-03-04 Kestria post", "2031-03-05 Kestria herald"];
        assert_eq!(side(&lines, "2031-05-06"), "ambiguous Kestria Norvania");
        assert_eq!(side(&lines, "2031-12-31"), "ambiguous Kestria Norvania", "that time passes settles nothing");
    }

    #[test]
    fn who_changes_office_is_of_the_new_side_once_the_old_was_not_said_for_half_a_year() {
        let old = ["2031-01-04 Norvania post", "2031-01-05 Norvania herald"];
        let new = ["2031-02-01 Kestria post", "2031-06-30 Kestria herald"];
        assert_eq!(side(&[old, new].concat(), "2031-07-01"), "ambiguous Kestria Norvania");
        let later = ["2031-07-20 Kestria post"];
        assert_eq!(side(&[&old[..], &new, &later].concat(), "2031-07-21"), "Kestria");
    }

    #[test]
    fn one_misread_article_does_not_undo_twenty() {
        let mut lines = vec!["2031-05-01 Kestria post"; 20];
        lines.push("2031-05-02 Norvania herald");
        lines.push("2031-05-03 Kestria herald");
        assert_eq!(side(&lines, "2031-05-06"), "Kestria");
        lines.push("2031-05-04 Norvania post");
        assert_eq!(side(&lines, "2031-05-06"), "ambiguous Norvania Kestria", "two are no accident");
    }

    #[test]
    fn only_full_names_are_remembered() {
        let full = |name: &str| Side::new(name, None).has_full_name();
        assert!(full("Oru Tal") && full("foreign ministry spokesman Oru Tal") && full("President Ilse Maren"));
        assert!(!full("Tal") && !full("President Tal") && !full("the minister") && !full("senior officials"));
    }
}
