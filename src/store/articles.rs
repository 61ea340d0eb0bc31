//! Articles on their way: page to be fetched, text to be read, done. A stage is left in the transaction that
//! stores its result, so that after a crash an article is simply still due.

use super::sql::{Json, RowTimes, Time};
use super::{ArticleId, FeedId, Reader, Result, Transaction, VersionId};
pub use crate::articles::Source;
use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, params};

/// Where an article stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Not matched: metadata only.
    Seen,
    /// Its page is to be fetched.
    Fetch,
    /// Its text is to be analysed.
    Read,
    /// Its statements are stored.
    Done,
    /// Not analysed, for a reason that is stored.
    Skipped,
}

impl Stage {
    /// The stage as the log writes it.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Seen => "seen",
            Stage::Fetch => "fetch",
            Stage::Read => "read",
            Stage::Done => "done",
            Stage::Skipped => "skipped",
        }
    }

    /// Whether something is still to be done with the article.
    pub fn is_due(self) -> bool {
        matches!(self, Stage::Fetch | Stage::Read)
    }
}

impl ToSql for Stage {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for Stage {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        [Stage::Seen, Stage::Fetch, Stage::Read, Stage::Done, Stage::Skipped]
            .into_iter()
            .find(|stage| stage.name() == name)
            .ok_or_else(|| FromSqlError::other(std::io::Error::other(format!("a stage named {name:?}"))))
    }
}

/// What an article matched in the watchlist, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Matched {
    /// Actors.
    #[serde(default)]
    pub actors: Vec<String>,
    /// Topics.
    #[serde(default)]
    pub topics: Vec<String>,
}

/// What is known of an article beside its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Article {
    /// Its row.
    pub id: ArticleId,
    /// What it is recognised by.
    pub identity: String,
    /// The feed that brought it first.
    pub feed: FeedId,
    /// That feed's address, as it may be shown.
    pub feed_address: String,
    /// Its address as the feed gives it.
    pub url: Option<String>,
    /// Who publishes it.
    pub outlet: String,
    /// Its headline as the feed gives it.
    pub title: Option<String>,
    /// When the feed says it was published.
    pub published: Option<Timestamp>,
    /// When a feed first brought it.
    pub first_seen_at: Timestamp,
    /// It came with a feed's first document, or is read again: stored and linked, without alerts.
    pub baseline: bool,
    /// Where it stands.
    pub stage: Stage,
    /// What it matched.
    pub matched: Matched,
}

/// What the feed gave of an article that is still to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedText {
    /// The short text.
    pub summary: Option<String>,
    /// The full text.
    pub content: Option<String>,
}

/// An article whose page is to be fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct DueFetch {
    /// The article.
    pub article: Article,
    /// What the feed gave of it.
    pub feed_text: FeedText,
    /// Fetches that failed.
    pub tries: u32,
}

/// An article whose text is to be analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct DueRead {
    /// The article.
    pub article: Article,
    /// Where present: the text is to be made of this and stored with [`Transaction::record_text`] before it is analysed.
    pub feed_text: Option<FeedText>,
    /// Why there is only this, where a page could not be had.
    pub note: Option<String>,
    /// Else: the newest text.
    pub version: Option<Version>,
}

/// A text of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Its row.
    pub id: VersionId,
    /// 1 for the first.
    pub number: u32,
    /// The headline.
    pub title: Option<String>,
    /// The text below it; absent once its retention is over.
    pub body: Option<String>,
    /// Where it came from.
    pub source: Source,
    /// The address it was found at in the end.
    pub final_url: Option<String>,
    /// When it was received.
    pub fetched_at: Timestamp,
    /// Of title, two newlines and body, in hexadecimal.
    pub sha256: String,
    /// What it was analysed by, where it was.
    pub engine: Option<String>,
}

impl ToSql for Source {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for Source {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        [Source::Feed, Source::Page, Source::Summary]
            .into_iter()
            .find(|source| source.as_str() == name)
            .ok_or_else(|| FromSqlError::other(std::io::Error::other(format!("a source named {name:?}"))))
    }
}

/// A text to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewText<'a> {
    /// The headline.
    pub title: Option<&'a str>,
    /// The text below it.
    pub body: &'a str,
    /// Where it came from.
    pub source: Source,
    /// Why this source, e.g. the page's error.
    pub note: Option<&'a str>,
    /// The address it was found at in the end.
    pub final_url: Option<&'a str>,
    /// When it was received.
    pub fetched_at: Timestamp,
    /// Of title, two newlines and body, in hexadecimal.
    pub sha256: &'a str,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextRecord {
    /// It is the article's newest version now, to be analysed.
    New(VersionId),
    /// It is the newest version word for word. Where that was analysed, the article is done.
    Unchanged(VersionId),
}

/// What is still to be done, for the daemon's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Backlog {
    /// Pages to be fetched.
    pub fetch: u64,
    /// Texts to be analysed.
    pub read: u64,
    /// Messages to be delivered.
    pub deliveries: u64,
}

/// Pages that are due, a turn of them from each feed before the next turn.
pub(super) const DUE_FETCHES: &str =
    "JOIN (SELECT id, (row_number() OVER (PARTITION BY feed_id ORDER BY fetch_after, id) - 1) / ?2 AS turn
        FROM article WHERE stage = 'fetch' AND (fetch_after IS NULL OR fetch_after <= ?1)) q ON q.id = a.id
    ORDER BY q.turn, a.fetch_after, a.id LIMIT ?2";

/// Texts that are due, in the same way.
pub(super) const DUE_READS: &str =
    "JOIN (SELECT id, (row_number() OVER (PARTITION BY feed_id ORDER BY time, id) - 1) / ?1 AS turn
        FROM article WHERE stage = 'read') q ON q.id = a.id
    ORDER BY q.turn, a.time, a.id LIMIT ?1";

/// Feeds with so many articles on their way, by the indexes of what is due.
pub(super) const CROWDED: &str = "SELECT feed_id FROM (
        SELECT feed_id FROM article INDEXED BY article_to_fetch WHERE stage = 'fetch'
        UNION ALL SELECT feed_id FROM article INDEXED BY article_to_read WHERE stage = 'read')
    GROUP BY feed_id HAVING count(*) >= ?1";

pub(super) const ARTICLE: &str = "SELECT a.*, f.address AS feed_address, t.article_id AS has_text, t.summary, t.content
    FROM article a JOIN feed f ON f.id = a.feed_id LEFT JOIN feed_text t ON t.article_id = a.id";

fn article(row: &Row<'_>) -> rusqlite::Result<Article> {
    Ok(Article {
        id: row.get("id")?,
        identity: row.get("identity")?,
        feed: row.get("feed_id")?,
        feed_address: row.get("feed_address")?,
        url: row.get("url")?,
        outlet: row.get("outlet")?,
        title: row.get("title")?,
        published: row.time_or_none("published")?,
        first_seen_at: row.time("first_seen_at")?,
        baseline: row.get("baseline")?,
        stage: row.get("stage")?,
        matched: row.get::<_, Option<Json<Matched>>>("matched")?.map(|json| json.0).unwrap_or_default(),
    })
}

fn feed_text(row: &Row<'_>) -> rusqlite::Result<Option<FeedText>> {
    Ok(match row.get::<_, Option<ArticleId>>("has_text")? {
        None => None,
        Some(_) => Some(FeedText { summary: row.get("summary")?, content: row.get("content")? }),
    })
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    Ok(Version {
        id: row.get("id")?,
        number: row.get("n")?,
        title: row.get("title")?,
        body: row.get("body")?,
        source: row.get("source")?,
        final_url: row.get("final_url")?,
        fetched_at: row.time("fetched_at")?,
        sha256: row.get("sha256")?,
        engine: row.get("engine")?,
    })
}

impl Reader {
    /// Articles whose page is to be fetched by `now`, those that waited longest first, and of each feed as many as of
    /// the others: one that brings thousands keeps nobody waiting.
    pub fn due_fetches(&self, now: Timestamp, limit: u32) -> Result<Vec<DueFetch>> {
        let sql = format!("{ARTICLE} {DUE_FETCHES}");
        self.rows(&sql, params![Time(now), limit], |row| {
            Ok(DueFetch {
                article: article(row)?,
                feed_text: feed_text(row)?.unwrap_or_default(),
                tries: row.get("fetch_tries")?,
            })
        })
    }

    /// When the next page that is not due yet will be.
    pub fn next_fetch_at(&self) -> Result<Option<Timestamp>> {
        self.row("SELECT min(fetch_after) AS next FROM article WHERE stage = 'fetch'", [], |row| {
            row.time_or_none("next")
        })
        .map(Option::flatten)
    }

    /// Articles whose text is to be analysed, the earliest published first (an accusation before its denial), and of each
    /// feed as many as of the others.
    pub fn due_reads(&self, limit: u32) -> Result<Vec<DueRead>> {
        let sql = format!("{ARTICLE} {DUE_READS}");
        let due = self.rows(&sql, [limit], |row| Ok((article(row)?, feed_text(row)?, row.get("reason")?)))?;
        due.into_iter()
            .map(|(article, feed_text, note)| {
                let version = match feed_text {
                    Some(_) => None,
                    None => self.newest_version(article.id)?,
                };
                Ok(DueRead { article, feed_text, note, version })
            })
            .collect()
    }

    /// The article.
    pub fn article(&self, id: ArticleId) -> Result<Option<Article>> {
        self.row(&format!("{ARTICLE} WHERE a.id = ?1"), [id], article)
    }

    /// The newest text of the article.
    pub fn newest_version(&self, id: ArticleId) -> Result<Option<Version>> {
        self.row("SELECT * FROM version WHERE article_id = ?1 ORDER BY n DESC LIMIT 1", [id], version)
    }

    /// Articles after `after` by id whose text was read, for reading again when actors, topics or rules are new.
    pub fn articles_with_text(&self, after: ArticleId, limit: u32) -> Result<Vec<Article>> {
        let sql = format!(
            "{ARTICLE} WHERE a.id > ?1 AND a.stage IN ('done', 'skipped') AND EXISTS (SELECT 1 FROM version v WHERE v.article_id = a.id AND v.body IS NOT NULL)
             ORDER BY a.id LIMIT ?2"
        );
        self.rows(&sql, params![after, limit], article)
    }

    /// Articles after `after` by id that matched nothing so far, for matching again when actors or topics are new.
    pub fn unmatched_articles(&self, after: ArticleId, limit: u32) -> Result<Vec<Article>> {
        let sql = format!("{ARTICLE} WHERE a.id > ?1 AND a.stage = 'seen' ORDER BY a.id LIMIT ?2");
        self.rows(&sql, params![after, limit], article)
    }

    /// Feeds of which at least `most` articles are on their way.
    pub fn crowded_feeds(&self, most: u32) -> Result<Vec<FeedId>> {
        self.rows(CROWDED, [most], |row| row.get(0))
    }

    /// What is still to be done.
    pub fn backlog(&self) -> Result<Backlog> {
        Ok(Backlog {
            fetch: self.number("SELECT count(*) FROM article WHERE stage = 'fetch'", [])?,
            read: self.number("SELECT count(*) FROM article WHERE stage = 'read'", [])?,
            deliveries: self.number("SELECT count(*) FROM delivery WHERE state = 'pending'", [])?,
        })
    }
}

impl Transaction<'_> {
    /// Stores a text of the article: a new version where it differs from the newest one. The article is to be
    /// analysed then; where nothing changed and that version was analysed, it is done.
    pub fn record_text(&self, article: ArticleId, text: &NewText<'_>) -> Result<TextRecord> {
        self.execute("DELETE FROM feed_text WHERE article_id = ?1", [article])?;
        let newest = self.newest_version(article)?;
        let number = newest.as_ref().map_or(1, |newest| newest.number + 1);
        if let Some(newest) = newest.filter(|newest| newest.sha256 == text.sha256) {
            let stage = if newest.engine.is_some() { Stage::Done } else { Stage::Read };
            self.set_stage(article, stage, None)?;
            return Ok(TextRecord::Unchanged(newest.id));
        }
        let version = self.insert(
            "INSERT INTO version (article_id, n, title, body, source, note, final_url, fetched_at, sha256)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                article,
                number,
                text.title,
                text.body,
                text.source,
                text.note,
                text.final_url,
                Time(text.fetched_at),
                text.sha256
            ],
        )?;
        self.set_stage(article, Stage::Read, None)?;
        Ok(TextRecord::New(VersionId(version)))
    }

    /// Dates an article that no feed dated, e.g. as its page does. A date after the article was seen is none.
    pub fn date(&self, article: ArticleId, published: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE article SET published = ?2, time = ?2 WHERE id = ?1 AND published IS NULL AND first_seen_at >= ?2",
            params![article, Time(published)],
        )?;
        Ok(())
    }

    /// Stores that the page could not be had, and when to try again.
    pub fn retry_fetch(&self, article: ArticleId, error: &str, at: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE article SET fetch_tries = fetch_tries + 1, fetch_after = ?2, reason = ?3 WHERE id = ?1",
            params![article, Time(at), error],
        )?;
        Ok(())
    }

    /// Gives up on the page: the article is read with what the feed gave. One that has a full text from before
    /// keeps that, since a summary would seem to drop its statements.
    pub fn give_up_fetch(&self, article: ArticleId, error: &str) -> Result<()> {
        let has_full_text = self.newest_version(article)?.is_some_and(|version| version.source != Source::Summary);
        if has_full_text {
            self.execute("DELETE FROM feed_text WHERE article_id = ?1", [article])?;
        }
        self.set_stage(article, if has_full_text { Stage::Done } else { Stage::Read }, Some(error))
    }

    /// Ends the article's way without analysing it: it is in another language, has no text, matches nothing on
    /// its full text. A text already stored stays.
    pub fn skip(&self, article: ArticleId, reason: &str, lang: Option<&str>) -> Result<()> {
        self.execute("DELETE FROM feed_text WHERE article_id = ?1", [article])?;
        if lang.is_some() {
            self.execute(
                "UPDATE version SET lang = ?2
                 WHERE article_id = ?1 AND n = (SELECT max(n) FROM version WHERE article_id = ?1)",
                params![article, lang],
            )?;
        }
        self.set_stage(article, Stage::Skipped, Some(reason))
    }

    /// Forgets the texts of the article that were never analysed: of what matches nothing only the metadata stays.
    pub fn forget_unread(&self, article: ArticleId) -> Result<()> {
        self.execute("DELETE FROM version WHERE article_id = ?1 AND engine IS NULL", [article])?;
        Ok(())
    }

    /// Has the newest text of the article analysed again with what it matches now; as a baseline, so without alerts.
    pub fn read_again(&self, article: ArticleId, matched: &Matched) -> Result<()> {
        self.execute("UPDATE article SET baseline = 1, matched = ?2 WHERE id = ?1", params![article, Json(matched)])?;
        self.store_matched(article, matched)?;
        self.set_stage(article, Stage::Read, None)
    }

    /// Has the page of an article that matched nothing so far fetched; as a baseline, so without alerts.
    pub fn fetch_after_all(&self, article: ArticleId, matched: &Matched) -> Result<()> {
        self.execute("UPDATE article SET baseline = 1, matched = ?2 WHERE id = ?1", params![article, Json(matched)])?;
        self.store_matched(article, matched)?;
        self.set_stage(article, Stage::Fetch, None)
    }

    /// Replaces what the article matched, e.g. by what its full text matches.
    pub fn set_matched(&self, article: ArticleId, matched: &Matched) -> Result<()> {
        self.execute("UPDATE article SET matched = ?2 WHERE id = ?1", params![article, Json(matched)])?;
        self.store_matched(article, matched)
    }

    pub(super) fn store_matched(&self, article: ArticleId, matched: &Matched) -> Result<()> {
        self.execute("DELETE FROM article_topic WHERE article_id = ?1", [article])?;
        for topic in &matched.topics {
            self.execute(
                "INSERT OR IGNORE INTO article_topic (topic, article_id) VALUES (?1, ?2)",
                params![topic, article],
            )?;
        }
        Ok(())
    }

    pub(super) fn set_stage(&self, article: ArticleId, stage: Stage, reason: Option<&str>) -> Result<()> {
        self.execute(
            "UPDATE article SET stage = ?2, reason = ?3, fetch_after = NULL WHERE id = ?1",
            params![article, stage, reason],
        )?;
        Ok(())
    }
}
