//! Statements with the evidence that outlives their article's text.

use super::articles::{Matched, Stage};
use super::sql::{Columns, Day, Json, RowTimes, Time};
use super::{ArticleId, DisputeId, Reader, Result, StatementId, Transaction, VersionId};
use crate::disputes;
use crate::language::Span;
use crate::statements::{Act, Party, Period, Statement};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Row, params};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the engine found in one version of an article.
#[derive(Debug, Clone, Copy)]
pub struct Analysis<'a> {
    /// The language of the text (ISO 639-1).
    pub lang: Option<&'a str>,
    /// The engine's version.
    pub engine: &'a str,
    /// The text that was analysed, which every span counts in.
    pub text: &'a str,
    /// What was found, in text order.
    pub statements: &'a [Found<'a>],
    /// The keys by which linking looks a party up, beside those of [`names_of`].
    pub keys: fn(&Party) -> Vec<String>,
}

/// A statement with its evidence.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The sentences around it.
    pub passage: Span,
}

/// A stored statement with what is needed to link it, to judge it and to tell of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StatementRow {
    /// Its row.
    pub id: StatementId,
    /// The article it stands in.
    pub article: ArticleId,
    /// Number within the article's version, from 1.
    pub local_id: u32,
    /// What it does.
    pub act: Act,
    /// Who speaks. Spans are not kept.
    pub speaker: Option<Party>,
    /// The side spoken for, where another.
    pub on_behalf_of: Option<Party>,
    /// Whom an accusation blames.
    pub target: Option<Party>,
    /// Whose allegation a denial rejects.
    pub accuser: Option<Party>,
    /// The words that signal the act.
    pub cue: Option<String>,
    /// What is said; parts joined by ` … `.
    pub content: String,
    /// What the article's restatements of it say; empty where there are none.
    #[serde(skip)]
    pub restated: String,
    /// The sentences around, word for word.
    pub passage: String,
    /// The statement of the same article that this one restates.
    pub repeats: Option<StatementId>,
    /// Only mentioned inside a denial.
    pub presupposed: bool,
    /// Mainly inside quotation marks.
    pub direct: bool,
    /// Only remembered by the article.
    pub recalled: bool,
    /// When it was said, as the article tells.
    pub said_at: Period,
    /// The first day that counts for order: where unknown, the article's.
    pub earliest: Date,
    /// The last such day.
    pub latest: Date,
    /// The engine's own estimate, 0 to 1.
    pub confidence: f64,
    /// The engine's version.
    pub engine: String,
    /// Who publishes the article.
    pub outlet: String,
    /// The article's headline.
    pub title: Option<String>,
    /// Where the text was found in the end, else where the feed says.
    pub url: Option<String>,
    /// The feed that brought it first, as it may be shown.
    pub feed: String,
    /// When the article was published, else first seen: never later than that.
    pub article_time: Timestamp,
    /// When the feed says it was published.
    pub published: Option<Timestamp>,
    /// When the text was received.
    pub fetched_at: Timestamp,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
    /// First found in a feed's first document or on a second reading: raises no alert.
    pub baseline: bool,
    /// What the article matched.
    pub matched: Matched,
    /// The dispute it belongs to.
    pub dispute: Option<DisputeId>,
    /// Sides that the article does not say and that were remembered for its parties, by their role: `speaker`, `behalf`,
    /// `target`, `accuser`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub remembered: BTreeMap<String, String>,
}

/// A name as it is looked up: folded as linking folds it, without an article in front.
pub fn fold(name: &str) -> String {
    let folded = disputes::fold(name);
    match folded.split_once(' ') {
        Some(("the" | "a" | "an", rest)) => rest.to_owned(),
        _ => folded,
    }
}

/// Every name that a user may look a party up by, folded: its actor and its fullest name, else the article's words.
pub fn names_of(party: &Party) -> BTreeSet<String> {
    let named: BTreeSet<String> = [&party.actor, &party.name].into_iter().flatten().map(|name| fold(name)).collect();
    if named.is_empty() { BTreeSet::from([fold(&party.text)]) } else { named }
}

/// The columns of a [`StatementRow`], in its order.
pub(super) const STATEMENT: &str = "SELECT s.id, s.article_id, s.local_id, s.act,
        s.speaker, s.speaker_name, s.speaker_actor, s.behalf, s.behalf_name, s.behalf_actor,
        s.target, s.target_name, s.target_actor, s.accuser, s.accuser_name, s.accuser_actor, s.cue, s.content,
        (SELECT group_concat(r.content, ' … ') FROM statement r WHERE r.repeats = s.id AND r.superseded = 0),
        s.passage, s.repeats, s.presupposed, s.direct, s.recalled, s.said_earliest, s.said_latest, s.earliest, s.latest,
        s.confidence, s.engine, a.outlet, a.title, coalesce(s.final_url, a.url), f.address, a.time, a.published,
        s.fetched_at, s.sha256, s.baseline, a.matched,
        (SELECT d.dispute_id FROM dispute_statement d WHERE d.statement_id = s.id),
        (SELECT json_group_object(r.role, r.actor) FROM remembered r WHERE r.statement_id = s.id)
    FROM statement s JOIN article a ON a.id = s.article_id JOIN feed f ON f.id = a.feed_id";

pub(super) fn statement_row(row: &Row<'_>) -> rusqlite::Result<StatementRow> {
    let mut columns = Columns::of(row);
    Ok(StatementRow {
        id: columns.next()?,
        article: columns.next()?,
        local_id: columns.next()?,
        act: columns.next()?,
        speaker: party(&mut columns)?,
        on_behalf_of: party(&mut columns)?,
        target: party(&mut columns)?,
        accuser: party(&mut columns)?,
        cue: columns.next()?,
        content: columns.next()?,
        restated: columns.next::<Option<String>>()?.unwrap_or_default(),
        passage: columns.next()?,
        repeats: columns.next()?,
        presupposed: columns.next()?,
        direct: columns.next()?,
        recalled: columns.next()?,
        said_at: Period {
            earliest: columns.next::<Option<Day>>()?.map(|day| day.0),
            latest: columns.next::<Option<Day>>()?.map(|day| day.0),
        },
        earliest: columns.next::<Day>()?.0,
        latest: columns.next::<Day>()?.0,
        confidence: columns.next()?,
        engine: columns.next()?,
        outlet: columns.next()?,
        title: columns.next()?,
        url: columns.next()?,
        feed: columns.next()?,
        article_time: columns.next::<Time>()?.0,
        published: columns.next::<Option<Time>>()?.map(|time| time.0),
        fetched_at: columns.next::<Time>()?.0,
        sha256: columns.next()?,
        baseline: columns.next()?,
        matched: columns.next::<Option<Json<Matched>>>()?.map(|json| json.0).unwrap_or_default(),
        dispute: columns.next()?,
        remembered: columns.next::<Json<BTreeMap<String, String>>>()?.0,
    })
}

fn party(columns: &mut Columns<'_>) -> rusqlite::Result<Option<Party>> {
    let (text, name, actor) = (columns.next::<Option<String>>()?, columns.next()?, columns.next()?);
    Ok(text.map(|text| Party { text, name, actor, ..Party::default() }))
}

impl Reader {
    /// The statement, superseded or not.
    pub fn statement(&self, id: StatementId) -> Result<Option<StatementRow>> {
        self.row(&format!("{STATEMENT} WHERE s.id = ?1"), [id], statement_row)
    }

    /// The statements of these rows.
    pub fn statements(&self, ids: &[StatementId]) -> Result<Vec<StatementRow>> {
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let sql = format!("{STATEMENT} WHERE s.id IN (SELECT value FROM json_each(?1)) ORDER BY s.id");
        self.rows(&sql, [Json(ids)], statement_row)
    }

    /// What the article says now, in text order.
    pub fn statements_of(&self, article: ArticleId) -> Result<Vec<StatementRow>> {
        let sql = format!("{STATEMENT} WHERE s.article_id = ?1 AND s.superseded = 0 ORDER BY s.local_id");
        self.rows(&sql, [article], statement_row)
    }
}

impl Transaction<'_> {
    /// Stores what was found in the article's version, in place of what was found in it before. The article is done.
    pub fn record_analysis(&self, article: ArticleId, version: VersionId, analysis: &Analysis<'_>) -> Result<()> {
        let (time, baseline) = self
            .row("SELECT time, baseline FROM article WHERE id = ?1", [article], |row| {
                Ok((row.time("time")?, row.get::<_, bool>("baseline")?))
            })?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let (final_url, fetched_at, sha256) = self
            .row("SELECT final_url, fetched_at, sha256 FROM version WHERE id = ?1", [version], |row| {
                Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Time>(1)?, row.get::<_, String>(2)?))
            })?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let day = time.to_zoned_datetime(TimeZone::UTC).date();
        let before = self.rows(
            "SELECT id, act, coalesce(behalf_actor, speaker_actor, speaker_name, speaker) AS who, content, baseline
             FROM statement WHERE article_id = ?1 AND superseded = 0",
            [article],
            |row| {
                let said = (row.get("act")?, row.get("who")?, row.get("content")?);
                Ok((said, (row.get::<_, StatementId>("id")?, row.get::<_, bool>("baseline")?)))
            },
        )?;
        self.execute("UPDATE statement SET superseded = 1 WHERE article_id = ?1 AND superseded = 0", [article])?;

        let before: HashMap<(Act, Option<String>, String), (StatementId, bool)> = before.into_iter().collect();
        let points = CodePoints::of(analysis.text);
        let mut rows: HashMap<u32, StatementId> = HashMap::new();
        for found in analysis.statements {
            let statement = found.statement;
            let content: Vec<&str> = statement.content.iter().filter_map(|span| points.words(*span)).collect();
            let content = content.join(" … ");
            let who = [&statement.on_behalf_of, &statement.speaker].into_iter().flatten().find_map(|p| p.actor.clone());
            let who = who.or_else(|| statement.speaker.as_ref().map(|party| party.called().to_owned()));
            let said = (statement.act, who, content);
            let restates = before.get(&said).copied();
            let content = said.2;
            let (earliest, latest) = days_for_order(statement.said_at, day);
            let id = StatementId(self.insert(
                "INSERT INTO statement (article_id, version_id, local_id, act,
                    speaker, speaker_name, speaker_actor, behalf, behalf_name, behalf_actor,
                    target, target_name, target_actor, accuser, accuser_name, accuser_actor,
                    cue, content, passage, start, spans, repeats, presupposed, direct, recalled,
                    said_earliest, said_latest, earliest, latest, confidence, engine, final_url, fetched_at, sha256, baseline)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                    ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35)",
                params![
                    article,
                    version,
                    statement.id,
                    statement.act.name(),
                    statement.speaker.as_ref().map(|p| &p.text),
                    statement.speaker.as_ref().and_then(|p| p.name.as_ref()),
                    statement.speaker.as_ref().and_then(|p| p.actor.as_ref()),
                    statement.on_behalf_of.as_ref().map(|p| &p.text),
                    statement.on_behalf_of.as_ref().and_then(|p| p.name.as_ref()),
                    statement.on_behalf_of.as_ref().and_then(|p| p.actor.as_ref()),
                    statement.target.as_ref().map(|p| &p.text),
                    statement.target.as_ref().and_then(|p| p.name.as_ref()),
                    statement.target.as_ref().and_then(|p| p.actor.as_ref()),
                    statement.accuser.as_ref().map(|p| &p.text),
                    statement.accuser.as_ref().and_then(|p| p.name.as_ref()),
                    statement.accuser.as_ref().and_then(|p| p.actor.as_ref()),
                    statement.cue.and_then(|span| points.words(span)),
                    content,
                    points.words(found.passage).unwrap_or_default(),
                    points.count(found.passage.start) as i64,
                    Json(points.spans(statement)),
                    statement.repeats.and_then(|local| rows.get(&local)),
                    statement.presupposed,
                    statement.direct,
                    statement.recalled,
                    statement.said_at.earliest.map(Day),
                    statement.said_at.latest.map(Day),
                    Day(earliest),
                    Day(latest),
                    statement.confidence,
                    analysis.engine,
                    final_url,
                    fetched_at,
                    sha256,
                    // What was live stays live when the article is read again, and what was not does not become it.
                    restates.map_or(baseline, |(_, baseline)| baseline),
                ],
            )?);
            rows.insert(statement.id, id);
            self.insert_parties(id, statement, latest, analysis.keys)?;
            if let Some((earlier, _)) = restates {
                self.take_over(earlier, id)?;
            }
        }
        self.execute(
            "UPDATE version SET lang = ?2, engine = ?3 WHERE id = ?1",
            params![version, analysis.lang, analysis.engine],
        )?;
        self.execute("DELETE FROM feed_text WHERE article_id = ?1", [article])?;
        self.set_stage(article, Stage::Done, None)
    }

    /// A statement that says what an earlier reading of its article said takes that one's place in its dispute and alerts.
    fn take_over(&self, earlier: StatementId, now: StatementId) -> Result<()> {
        for sql in [
            "UPDATE dispute_statement SET statement_id = ?2 WHERE statement_id = ?1",
            "INSERT OR IGNORE INTO alert_denial (alert_id, statement_id, outlet)
                SELECT alert_id, ?2, outlet FROM alert_denial WHERE statement_id = ?1",
            "UPDATE alert SET denial_id = ?2 WHERE denial_id = ?1",
        ] {
            self.execute(sql, params![earlier, now])?;
        }
        Ok(())
    }

    fn insert_parties(
        &self,
        id: StatementId,
        statement: &Statement,
        latest: Date,
        keys: fn(&Party) -> Vec<String>,
    ) -> Result<()> {
        let roles = [
            ("speaker", &statement.speaker),
            ("behalf", &statement.on_behalf_of),
            ("target", &statement.target),
            ("accuser", &statement.accuser),
        ];
        for (role, party) in roles {
            for key in party.iter().flat_map(|party| names_of(party).into_iter().chain(keys(party))) {
                self.execute(
                    "INSERT OR IGNORE INTO party (key, role, act, latest, statement_id) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![key, role, statement.act.name(), Day(latest), id],
                )?;
            }
        }
        Ok(())
    }
}

/// The days that count for order; what is unknown counts as the article's day.
fn days_for_order(said: Period, article: Date) -> (Date, Date) {
    let earliest = said.earliest.unwrap_or_else(|| said.latest.map_or(article, |latest| latest.min(article)));
    let latest = said.latest.unwrap_or_else(|| said.earliest.map_or(article, |earliest| earliest.max(article)));
    (earliest, latest)
}

/// A text whose byte offsets can be told as code points, which is how people and other languages count.
struct CodePoints<'t> {
    text: &'t str,
    /// The code points before each stretch of [`Self::STRIDE`] bytes.
    before: Vec<usize>,
}

impl<'t> CodePoints<'t> {
    const STRIDE: usize = 256;

    fn of(text: &'t str) -> Self {
        let mut total = 0;
        let before = text
            .as_bytes()
            .chunks(Self::STRIDE)
            .map(|chunk| {
                let before = total;
                total += chunk.iter().filter(|byte| starts_a_code_point(**byte)).count();
                before
            })
            .collect();
        CodePoints { text, before }
    }

    /// The code points before byte `offset`.
    fn count(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let stretch = offset / Self::STRIDE;
        let rest = &self.text.as_bytes()[stretch * Self::STRIDE..offset];
        let within = rest.iter().filter(|byte| starts_a_code_point(**byte)).count();
        match self.before.get(stretch) {
            Some(before) => before + within,
            // Only at the end of a text whose length is a whole number of stretches.
            None => self.text.chars().count(),
        }
    }

    fn words(&self, span: Span) -> Option<&'t str> {
        self.text.get(span.start..span.end)
    }

    fn pair(&self, span: Span) -> [usize; 2] {
        [self.count(span.start), self.count(span.end)]
    }

    /// Every span of the statement.
    fn spans(&self, statement: &Statement) -> serde_json::Value {
        let party = |party: &Option<Party>| party.as_ref().map(|party| self.pair(party.span));
        serde_json::json!({
            "speaker": party(&statement.speaker),
            "on_behalf_of": party(&statement.on_behalf_of),
            "cue": statement.cue.map(|span| self.pair(span)),
            "content": statement.content.iter().map(|span| self.pair(*span)).collect::<Vec<_>>(),
            "target": party(&statement.target),
            "accuser": party(&statement.accuser),
        })
    }
}

fn starts_a_code_point(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_looked_up_without_case_accents_spacing_or_article() {
        assert_eq!(fold("The  Ministry of\nDéfence"), "ministry of defence");
        assert_eq!(fold("VADUNIA’S envoy"), fold("vadunia's envoy"));
        assert_eq!(fold("The"), "the");
    }

    #[test]
    fn an_unknown_day_counts_as_the_articles() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let article = day("2031-05-06");
        let said = |earliest: Option<&str>, latest: Option<&str>| Period {
            earliest: earliest.map(day),
            latest: latest.map(day),
        };
        assert_eq!(days_for_order(said(None, None), article), (article, article));
        assert_eq!(days_for_order(said(None, Some("2031-05-04")), article), (day("2031-05-04"), day("2031-05-04")));
        assert_eq!(days_for_order(said(Some("2031-05-04"), None), article), (day("2031-05-04"), article));
    }

    proptest! {
        #[test]
        fn code_points_are_counted_as_chars_are(text in "(\\PC|é|🙂){0,700}", at in 0usize..700) {
            let offset = text.char_indices().map(|(i, _)| i).chain([text.len()]).nth(at).unwrap_or(text.len());
            prop_assert_eq!(CodePoints::of(&text).count(offset), text[..offset].chars().count());
        }
    }
}
