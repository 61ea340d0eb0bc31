//! The sides of named parties: learnt from articles that say them, remembered for those that don't.

use crate::disputes::{Memory, Side, Sighting, recall};
use crate::statements::{Actors, Party, names_an_office};
use crate::store::affiliations::NewSighting;
use crate::store::statements::StatementRow;
use crate::store::{ArticleId, Result, StatementId, Transaction};
use jiff::tz::TimeZone;

/// Who speaks for whoever pays.
const FOR_HIRE: &[&str] = &["lawyer", "lawyers", "attorney", "attorneys", "counsel", "solicitor", "barrister", "agent"];

/// Gives the parties of the article whose side it does not say the side that is remembered for their name, and notes
/// what the article says of others. `rows` are all its statements.
pub(super) fn remember(
    tx: &Transaction<'_>,
    actors: &Actors,
    article: ArticleId,
    rows: &mut [StatementRow],
) -> Result<()> {
    for row in rows.iter_mut() {
        let day = row.article_time.to_zoned_datetime(TimeZone::UTC).date();
        // Who speaks for another is of that side, whatever the own one is.
        let speaker = row.speaker.clone().filter(|_| row.on_behalf_of.is_none());
        let roles = [
            ("speaker", speaker),
            ("behalf", row.on_behalf_of.clone()),
            ("target", row.target.clone()),
            ("accuser", row.accuser.clone()),
        ];
        for (role, party) in roles {
            let Some(party) = party.filter(|party| party.actor.is_none()) else { continue };
            let Some(key) = key(actors, &party) else { continue };
            let sightings = current(actors, tx.sightings(&key, day, Some(article))?);
            if let Memory::Side(said) = recall(&sightings, day) {
                tx.remember(row, role, &said.actor, StatementId(said.statement))?;
                row.remembered.insert(role.to_owned(), said.actor.clone());
            }
        }
    }
    let said: Vec<(String, &str, &str, &StatementRow)> = rows.iter().filter_map(|row| says(actors, row)).collect();
    let sightings: Vec<NewSighting<'_>> = said
        .iter()
        .map(|(key, name, actor, row)| NewSighting {
            key,
            name,
            actor,
            statement: row.id,
            outlet: &row.outlet,
            day: row.article_time.to_zoned_datetime(TimeZone::UTC).date(),
        })
        .collect();
    tx.learn(article, &sightings)
}

/// The sightings under the names that the actors have now; those of actors that are no more are left out.
pub(crate) fn current(actors: &Actors, sightings: Vec<Sighting>) -> Vec<Sighting> {
    let renamed = |said: Sighting| Some(Sighting { actor: actors.resolve(&said.actor)?.to_owned(), ..said });
    sightings.into_iter().filter_map(renamed).collect()
}

/// Key, name and side of the row's speaker, where the article says whose side that name is on.
fn says<'r>(actors: &Actors, row: &'r StatementRow) -> Option<(String, &'r str, &'r str, &'r StatementRow)> {
    let speaker = row.speaker.as_ref()?;
    let key = key(actors, speaker)?;
    let hired = speaker.text.split_whitespace().any(|word| FOR_HIRE.contains(&word.to_lowercase().as_str()));
    let spoken_for = || row.on_behalf_of.as_ref().filter(|_| !hired)?.actor.as_ref();
    let actor = speaker.actor.as_ref().or_else(spoken_for)?;
    Some((key, speaker.name.as_ref()?, actor, row))
}

/// The key under which the party's side is remembered, if it may be: a proper name that does not say its side itself,
/// nor that of an office or body, of which every state has one, and of nobody who is said to have turned away.
fn key(actors: &Actors, party: &Party) -> Option<String> {
    let name = party.name.as_deref()?;
    let side = Side::new(name, None);
    let memorable = side.has_full_name() && !names_an_office(&side.key()) && !Actors::turns_against(&party.text);
    (memorable && actors.resolve(name).is_none()).then(|| side.key())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn key_of(text: &str, name: &str) -> Option<String> {
        let actors = Actors::builtin().with(&[("Acme".to_owned(), vec!["Jo Bloggs".to_owned()])]);
        key(&actors, &Party { text: text.to_owned(), name: Some(name.to_owned()), ..Party::default() })
    }

    #[test]
    fn people_are_remembered_and_bodies_that_every_state_has_are_not() {
        assert_eq!(key_of("spokesman Oru Tal", "Oru Tal").as_deref(), Some("oru tal"));
        assert_eq!(key_of("Tal", "Oru Tal").as_deref(), Some("oru tal"), "by the fullest name in the article");
        for name in ["Foreign Ministry", "Supreme Court", "Ministry of Defence", "Security Council", "Tal", "Jo Bloggs"]
        {
            assert_eq!(key_of(name, name), None, "{name}");
        }
        assert_eq!(key_of("former minister Oru Tal", "Oru Tal"), None, "who left office speaks for himself");
    }

    #[test]
    fn a_side_that_the_user_has_renamed_goes_by_its_new_name() {
        let actors = Actors::builtin().with(&[("DPR Korea".to_owned(), vec!["North Korea".to_owned()])]);
        let said = |actor: &str| Sighting {
            actor: actor.to_owned(),
            article: 1,
            statement: 1,
            outlet: "post.example".to_owned(),
            day: "2031-05-04".parse().unwrap(),
        };
        let now = current(&actors, vec![said("North Korea"), said("Gone Corp")]);
        assert_eq!(now.iter().map(|said| said.actor.as_str()).collect::<Vec<_>>(), ["DPR Korea"]);
    }
}
