//! `gainsay actors`: whom a name means, and why.

use super::listing::{self, Column, Field, Format, Listed, optional, or_empty};
use super::log;
use super::terminal::safe;
use crate::daemon::sides::current;
use crate::disputes::{CHANGES_AFTER, FADES_AFTER, Memory, recall};
use crate::statements::Actors;
use crate::store::affiliations::Affiliation;
use crate::store::{Reader, StatementId, StoreError};
use crate::watchlist;
use jiff::ZonedDateTime;
use jiff::civil::Date;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  gainsay actors
      The watchlist's actors, and the names whose side articles have said
  gainsay actors 'Nasser Kanaani' --format long
      Whose side he is on, and the article that says so
  gainsay actors 'the Iranian foreign ministry'

docs/actors.md says how a name gets its side.";

/// Shows whom a name means and why.
///
/// The watchlist wins, then the built-in gazetteer, then what is remembered from articles that said whose side somebody
/// is on. Works while the daemon runs, and never changes the log.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A name or phrase; of remembered names, words of theirs. All unless given
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// At most as many remembered names, the last seen first
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// The watchlist [default: that of `gainsay run`]
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The log; your own unless given, or the system service's where you have none
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

/// One thing that is known of a name.
#[derive(Debug, Default, PartialEq, serde::Serialize)]
struct Known {
    /// The name or phrase.
    name: String,
    /// Whom it means.
    actor: String,
    /// `watchlist`, `gazetteer` or `remembered`.
    from: &'static str,
    /// Whether it counts now.
    counts: bool,
    /// Why, or why not.
    why: String,
    /// Statements of the log in which the actor has a part; of a remembered name, articles that say its side.
    #[serde(skip_serializing_if = "Option::is_none")]
    statements: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    articles: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outlets: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Date>,
    /// The newest article that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

#[derive(Debug, PartialEq, serde::Serialize)]
struct Evidence {
    statement: StatementId,
    outlet: String,
    title: Option<String>,
    url: Option<String>,
    speaker: String,
    passage: String,
}

impl Arguments {
    /// Runs the subcommand.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let user = self.user()?;
        let actors = Actors::builtin().with(&user);
        let log = match log::open(self.db.clone()) {
            Ok((log, _)) => Some(log),
            Err(error) if self.db.is_none() && is_missing(&error) => {
                eprintln!("gainsay: there is no log yet, so nothing is remembered");
                None
            }
            Err(error) => return Err(error),
        };
        let today = ZonedDateTime::now().date();
        let mut rows = match &self.name {
            Some(name) => meant(&actors, name),
            None => listed(&user, log.as_ref())?,
        };
        if let Some(log) = &log {
            for seen in log.affiliations(self.name.as_deref(), self.limit)? {
                rows.push(remembered(log, &actors, seen, today, self.name.is_some())?);
            }
        }
        listing::print(&rows, self.format)?;
        if rows.is_empty() && matches!(self.format, Format::Table | Format::Long) {
            match &self.name {
                Some(name) => eprintln!("Nothing is known of {}.", safe(name)),
                None => eprintln!("The watchlist has no actors, and no name is remembered."),
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Names and aliases of the user's actors; none where there is no watchlist yet.
    fn user(&self) -> anyhow::Result<Vec<(String, Vec<String>)>> {
        let path = match &self.watchlist {
            Some(path) => path.clone(),
            None => watchlist::default_path(),
        };
        if self.watchlist.is_none() && !path.try_exists().unwrap_or(true) {
            return Ok(Vec::new());
        }
        // Its actors need no secret.
        let watchlist = watchlist::load_review(&path).watchlist?;
        Ok(watchlist.actors.into_iter().map(|actor| (actor.name, actor.aliases)).collect())
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Missing(_)))
}

/// What the watchlist and the gazetteer take the name for; the first counts.
fn meant(actors: &Actors, name: &str) -> Vec<Known> {
    let meanings = actors.meanings(name).into_iter().enumerate();
    let known = meanings.map(|(n, meaning)| Known {
        name: name.to_owned(),
        from: if meaning.watchlist { "watchlist" } else { "gazetteer" },
        counts: n == 0,
        why: match n {
            0 => format!("{}, by the name {:?}", meaning.kind, meaning.alias),
            _ => format!("{}, by the name {:?}; the watchlist wins", meaning.kind, meaning.alias),
        },
        actor: meaning.actor,
        ..Known::default()
    });
    known.collect()
}

/// The user's actors.
fn listed(user: &[(String, Vec<String>)], log: Option<&Reader>) -> anyhow::Result<Vec<Known>> {
    let known = user.iter().map(|(name, aliases)| {
        Ok(Known {
            name: name.clone(),
            actor: name.clone(),
            from: "watchlist",
            counts: true,
            why: match aliases.as_slice() {
                [] => "no alias".to_owned(),
                aliases => format!("also {}", aliases.join(", ")),
            },
            statements: log.map(|log| log.count_of_party(name)).transpose()?,
            ..Known::default()
        })
    });
    known.collect()
}

/// A name whose side articles have said, with what comes of it today.
fn remembered(log: &Reader, actors: &Actors, seen: Affiliation, today: Date, whole: bool) -> anyhow::Result<Known> {
    let sightings = current(actors, log.sightings(&seen.key, today, None)?);
    let now = actors.resolve(&seen.actor).map(str::to_owned);
    let by_itself = actors.resolve(&seen.name);
    let (counts, why) = match recall(&sightings, today) {
        _ if now.is_none() => (false, "the watchlist has this actor no more".to_owned()),
        _ if by_itself.is_some() => (false, format!("the name itself means {}", by_itself.unwrap_or_default())),
        Memory::Side(said) if Some(&said.actor) == now.as_ref() => (true, "articles say so".to_owned()),
        Memory::Faint(said) if Some(&said.actor) == now.as_ref() => {
            (false, "too few say so: it takes two outlets, or one on three days".to_owned())
        }
        Memory::Ambiguous(sides) if sides.iter().any(|side| Some(*side) == now.as_deref()) => {
            (false, format!("seen on several sides within {CHANGES_AFTER} days: {}", sides.join(", ")))
        }
        _ if (today - seen.last_seen).get_days() > FADES_AFTER => (false, format!("not seen for {FADES_AFTER} days")),
        Memory::Side(said) | Memory::Faint(said) => (false, format!("{} is newer, or said by more", said.actor)),
        Memory::Ambiguous(_) | Memory::Nothing => (false, "said by hardly any".to_owned()),
    };
    let newest = sightings.iter().find(|said| Some(&said.actor) == now.as_ref()).filter(|_| whole);
    let row = newest.map(|said| log.statement(StatementId(said.statement))).transpose()?.flatten();
    Ok(Known {
        name: seen.name,
        actor: now.unwrap_or(seen.actor),
        from: "remembered",
        counts,
        why,
        articles: Some(seen.articles),
        outlets: Some(seen.outlets),
        first_seen: Some(seen.first_seen),
        last_seen: Some(seen.last_seen),
        evidence: row.map(|row| Evidence {
            statement: row.id,
            outlet: row.outlet,
            title: row.title,
            url: row.url,
            speaker: row.speaker.map(|party| party.text).unwrap_or_default(),
            passage: row.passage,
        }),
        ..Known::default()
    })
}

fn evidence(known: &Known, of: fn(&Evidence) -> String) -> String {
    known.evidence.as_ref().map(of).unwrap_or_default()
}

impl Listed for Known {
    const TABLE: &'static [Column<Self>] = &[
        Column::text("Name", 16, |known| known.name.clone()),
        Column::text(
            "Means",
            12,
            |known| if known.counts { known.actor.clone() } else { format!("({})", known.actor) },
        ),
        Column::whole("From", |known| known.from.to_owned()),
        Column::text("Why", 20, |known| known.why.clone()),
        optional(Column::whole("Last seen", |known| or_empty(&known.last_seen))),
        optional(Column::whole("Articles", |known| or_empty(&known.articles))),
        optional(Column::whole("Outlets", |known| or_empty(&known.outlets))),
        optional(Column::whole("Statements", |known| or_empty(&known.statements))),
    ];
    const FIELDS: &'static [Field<Self>] = &[
        ("name", |known| known.name.clone()),
        ("actor", |known| known.actor.clone()),
        ("from", |known| known.from.to_owned()),
        ("counts", |known| known.counts.to_string()),
        ("why", |known| known.why.clone()),
        ("statements", |known| or_empty(&known.statements)),
        ("articles", |known| or_empty(&known.articles)),
        ("outlets", |known| or_empty(&known.outlets)),
        ("first_seen", |known| or_empty(&known.first_seen)),
        ("last_seen", |known| or_empty(&known.last_seen)),
        ("evidence_speaker", |known| evidence(known, |found| found.speaker.clone())),
        ("evidence_passage", |known| evidence(known, |found| found.passage.clone())),
        ("evidence_outlet", |known| evidence(known, |found| found.outlet.clone())),
        ("evidence_title", |known| evidence(known, |found| or_empty(&found.title))),
        ("evidence_url", |known| evidence(known, |found| or_empty(&found.url))),
    ];
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::store::affiliations::NewSighting;
    use crate::store::{ArticleId, sample};

    #[test]
    fn a_name_that_watchlist_and_gazetteer_know_is_told_by_both_and_the_watchlist_counts() {
        let actors = Actors::builtin().with(&[("Peninsula".to_owned(), vec!["Pyongyang".to_owned()])]);
        let known = meant(&actors, "Pyongyang");
        let told: Vec<_> = known.iter().map(|k| (k.actor.as_str(), k.from, k.counts)).collect();
        assert_eq!(told, [("Peninsula", "watchlist", true), ("North Korea", "gazetteer", false)]);
        assert!(known[1].why.contains("state") && known[1].why.contains("the watchlist wins"), "{}", known[1].why);
        assert!(meant(&actors, "Oru Tal").is_empty());
    }

    #[test]
    fn a_remembered_name_is_shown_with_its_evidence_and_with_what_it_lacks() {
        let mut sample = sample::story();
        let actors = Actors::builtin().with(&[("Vadunia".to_owned(), vec![])]);
        let today: Date = "2031-05-08".parse().unwrap();
        let learn = |sample: &mut sample::Sample, article: i64, outlet: &str| {
            let new = NewSighting {
                key: "oru tal",
                name: "Oru Tal",
                actor: "Vadunia",
                statement: StatementId(3),
                outlet,
                day: "2031-05-05".parse().unwrap(),
            };
            sample.store.write(|tx| tx.learn(ArticleId(article), &[new])).unwrap();
        };
        let shown = |sample: &sample::Sample| {
            let seen = sample.store.affiliations(Some("tal"), 10).unwrap().remove(0);
            remembered(&sample.store, &actors, seen, today, true).unwrap()
        };
        learn(&mut sample, 3, "vadunherald.example");
        let faint = shown(&sample);
        assert!(!faint.counts && faint.why.starts_with("too few"), "{faint:?}");
        learn(&mut sample, 4, "kestrelpost.example");
        let known = shown(&sample);
        assert!(known.counts && known.outlets == Some(2), "{known:?}");
        let passage = known.evidence.as_ref().map(|found| found.passage.clone()).unwrap();
        assert!(passage.contains("Oru Tal"), "{passage}");
        let later = remembered(
            &sample.store,
            &actors,
            sample.store.affiliations(None, 10).unwrap().remove(0),
            "2032-06-01".parse().unwrap(),
            false,
        );
        assert!(later.unwrap().why.contains("not seen"), "memory fades");
        let csv = listing::render(&[known], Format::Csv).unwrap();
        assert!(csv.contains("Oru Tal,Vadunia,remembered,true"), "{csv}");
    }
}
