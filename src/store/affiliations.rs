//! Whose side named parties are on: what articles say of it, and what was remembered for those that don't.

use super::sql::{Day, RowTimes};
use super::statements::{StatementRow, fold};
use super::{ArticleId, Reader, Result, StatementId, Transaction};
use crate::disputes::Sighting;
use jiff::civil::Date;
use rusqlite::{Row, params};

/// Sightings of one name that are weighed, the newest.
pub const MOST_SIGHTINGS: u32 = 200;

/// Read off the primary key from the newest on.
pub(super) const SIGHTINGS: &str = "SELECT actor, article_id, statement_id, outlet, day FROM affiliation
    WHERE key = ?1 AND day <= ?2 AND article_id <> ?3 ORDER BY day DESC, article_id DESC LIMIT ?4";

/// An article that says whose side a name is on.
#[derive(Debug, Clone, Copy)]
pub struct NewSighting<'a> {
    /// The name as it is looked up: [`crate::disputes::Side::key`].
    pub key: &'a str,
    /// The name as the article has it in full.
    pub name: &'a str,
    /// The side.
    pub actor: &'a str,
    /// The statement that says so.
    pub statement: StatementId,
    /// Who publishes the article.
    pub outlet: &'a str,
    /// The article's day.
    pub day: Date,
}

/// One side of one name, with what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affiliation {
    /// The name as it is looked up.
    pub key: String,
    /// The name as the newest article has it.
    pub name: String,
    /// The side.
    pub actor: String,
    /// Articles that say so.
    pub articles: u32,
    /// Their outlets.
    pub outlets: u32,
    /// The day of the first of them.
    pub first_seen: Date,
    /// The day of the last.
    pub last_seen: Date,
}

fn sighting(row: &Row<'_>) -> rusqlite::Result<Sighting> {
    Ok(Sighting {
        actor: row.get("actor")?,
        article: row.get("article_id")?,
        statement: row.get("statement_id")?,
        outlet: row.get("outlet")?,
        day: row.day("day")?,
    })
}

impl Reader {
    /// What articles up to that day, but for `besides`, say of the name's side: the newest, [`MOST_SIGHTINGS`] at most.
    pub fn sightings(&self, key: &str, until: Date, besides: Option<ArticleId>) -> Result<Vec<Sighting>> {
        self.rows(SIGHTINGS, params![key, Day(until), besides.unwrap_or(ArticleId(-1)), MOST_SIGHTINGS], sighting)
    }

    /// The current statements in which a party of that name or actor has a part.
    pub fn count_of_party(&self, name: &str) -> Result<u64> {
        self.number(
            "SELECT count(*) FROM statement WHERE superseded = 0
                AND id IN (SELECT statement_id FROM party WHERE key = ?1)",
            [fold(name)],
        )
    }

    /// The names whose side articles have said, with each side, the last seen first; or only those of which a word
    /// begins with each word of `name`.
    pub fn affiliations(&self, name: Option<&str>, limit: u32) -> Result<Vec<Affiliation>> {
        let words: Vec<String> =
            name.map(fold).unwrap_or_default().split(' ').filter(|word| !word.is_empty()).map(like).collect();
        if name.is_some() && words.is_empty() {
            return Ok(Vec::new());
        }
        let all = "SELECT key, max(day || name) AS named, actor, count(DISTINCT article_id) AS articles,
                count(DISTINCT outlet) AS outlets, min(day) AS first_seen, max(day) AS last_seen
             FROM affiliation WHERE NOT EXISTS (SELECT 1 FROM json_each(?1) w WHERE ' ' || affiliation.key NOT LIKE w.value ESCAPE '\\')
             GROUP BY key, actor ORDER BY last_seen DESC, articles DESC, key, actor LIMIT ?2";
        self.rows(all, params![super::sql::Json(words), limit], |row| {
            let last_seen = row.day("last_seen")?;
            let named: String = row.get("named")?;
            Ok(Affiliation {
                key: row.get("key")?,
                name: named.strip_prefix(&last_seen.to_string()).unwrap_or(&named).to_owned(),
                actor: row.get("actor")?,
                articles: row.get("articles")?,
                outlets: row.get("outlets")?,
                first_seen: row.day("first_seen")?,
                last_seen,
            })
        })
    }
}

/// The pattern of a text that has a word beginning so.
fn like(word: &str) -> String {
    format!("% {}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

impl Transaction<'_> {
    /// Notes what the article says of names' sides, in place of what an earlier reading of it said.
    pub fn learn(&self, article: ArticleId, sightings: &[NewSighting<'_>]) -> Result<()> {
        self.execute("DELETE FROM affiliation WHERE article_id = ?1", [article])?;
        for new in sightings {
            self.execute(
                "INSERT OR IGNORE INTO affiliation (key, name, actor, article_id, statement_id, outlet, day)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![new.key, new.name, new.actor, article, new.statement, new.outlet, Day(new.day)],
            )?;
        }
        Ok(())
    }

    /// Notes that the statement's party in that role is taken to be of the side that `evidence` says its name is on; by
    /// that side it is found from now on, too.
    pub fn remember(&self, row: &StatementRow, role: &str, actor: &str, evidence: StatementId) -> Result<()> {
        self.execute(
            "INSERT OR REPLACE INTO remembered (statement_id, role, actor, evidence_id) VALUES (?1, ?2, ?3, ?4)",
            params![row.id, role, actor, evidence],
        )?;
        self.execute(
            "INSERT OR IGNORE INTO party (key, role, act, latest, statement_id) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![fold(actor), role, row.act.name(), Day(row.latest), row.id],
        )?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::store::query::{Filter, Role};
    use crate::store::sample;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn new<'a>(actor: &'a str, outlet: &'a str, on: &str) -> NewSighting<'a> {
        NewSighting { key: "oru tal", name: "Oru Tal", actor, statement: StatementId(1), outlet, day: day(on) }
    }

    #[test]
    fn an_article_that_is_read_again_says_what_it_says_now() {
        let mut sample = sample::story();
        let article = ArticleId(2);
        sample.store.write(|tx| tx.learn(article, &[new("Kestria", "post.example", "2031-05-04")])).unwrap();
        sample.store.write(|tx| tx.learn(article, &[new("Vadunia", "post.example", "2031-05-04")])).unwrap();
        let found = sample.store.sightings("oru tal", day("2031-05-04"), None).unwrap();
        assert_eq!(found.iter().map(|said| said.actor.as_str()).collect::<Vec<_>>(), ["Vadunia"]);
        assert!(sample.store.sightings("oru tal", day("2031-05-03"), None).unwrap().is_empty(), "not yet said");
        assert!(sample.store.sightings("oru tal", day("2031-05-04"), Some(article)).unwrap().is_empty());
    }

    #[test]
    fn names_are_listed_with_each_side_and_found_by_any_of_their_words() {
        let mut sample = sample::story();
        let post = new("Vadunia", "post.example", "2031-05-04");
        let herald = NewSighting { name: "Oru A. Tal", ..new("Vadunia", "herald.example", "2031-05-06") };
        sample.store.write(|tx| tx.learn(ArticleId(2), &[post])).unwrap();
        sample.store.write(|tx| tx.learn(ArticleId(3), &[herald])).unwrap();
        let listed = sample.store.affiliations(None, 10).unwrap();
        assert_eq!(listed.len(), 1);
        let tal = &listed[0];
        assert_eq!((tal.name.as_str(), tal.articles, tal.outlets), ("Oru A. Tal", 2, 2), "the newest form");
        assert_eq!((tal.first_seen, tal.last_seen), (day("2031-05-04"), day("2031-05-06")));
        let found = |name: &str| sample.store.affiliations(Some(name), 10).unwrap().len();
        assert_eq!((found("tal"), found("Tal oru"), found("al"), found("%")), (1, 1, 0, 0));
    }

    #[test]
    fn a_remembered_side_is_found_like_one_that_the_text_gives_and_told_apart_from_it() {
        let mut sample = sample::story();
        let row = sample.store.statement(StatementId(2)).unwrap().unwrap();
        assert_eq!(row.speaker.as_ref().unwrap().actor, None);
        sample.store.write(|tx| tx.remember(&row, "speaker", "Kestria", StatementId(1))).unwrap();
        let row = sample.store.statement(StatementId(2)).unwrap().unwrap();
        assert_eq!(row.speaker.as_ref().unwrap().actor, None, "the text's own column is left alone");
        assert_eq!(row.remembered.get("speaker").map(String::as_str), Some("Kestria"));
        let filter =
            Filter { actor: Some("Kestria".to_owned()), role: Some(Role::Speaker), limit: 10, ..Filter::default() };
        let found = sample.store.find_statements(&filter).unwrap();
        assert!(found.iter().any(|found| found.id == row.id));
    }
}
