//! Feeds: what the scheduler needs to know of each, and what a poll brought, stored with the items it brought.

use super::articles::{Matched, Stage};
use super::sql::{Json, RowTimes, Time};
use super::{ArticleId, FeedId, Reader, Result, Transaction};
use crate::feeds::Item;
pub use crate::feeds::net::Validators;
use crate::feeds::schedule::Record;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, params};
use std::collections::HashSet;

/// A feed as it stands in the watchlist.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// What tells it from every other feed and reveals nothing: the SHA-256 of its address, in hexadecimal.
    pub key: &'a str,
    /// Its address as it may be shown.
    pub address: &'a str,
    /// Who publishes it, where the watchlist says.
    pub outlet: Option<&'a str>,
}

/// Everything the scheduler needs to know of a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedState {
    /// Its row.
    pub id: FeedId,
    /// As [`Registration::key`].
    pub key: String,
    /// Its address as it may be shown.
    pub address: String,
    /// Who publishes it, where known.
    pub outlet: Option<String>,
    /// What to send with the next request.
    pub validators: Validators,
    /// SHA-256 of the last document, in hexadecimal.
    pub body_sha256: Option<String>,
    /// Where it has moved for good.
    pub moved_to: Option<String>,
    /// When its first document was read; until then, the next one is the baseline.
    pub baseline_at: Option<Timestamp>,
    /// When it was last asked.
    pub last_polled_at: Option<Timestamp>,
    /// When it last answered well.
    pub last_ok_at: Option<Timestamp>,
    /// When it last brought something new.
    pub last_new_at: Option<Timestamp>,
    /// When it came into the watchlist.
    pub added_at: Timestamp,
    /// When to ask next; at once where absent.
    pub next_poll_at: Option<Timestamp>,
    /// The interval the scheduler last used.
    pub interval: Option<SignedDuration>,
    /// Polls that failed, in a row.
    pub failures: u32,
    /// The first of them.
    pub failing_since: Option<Timestamp>,
    /// It answered 410 Gone.
    pub gone: bool,
    /// When its death or silence was told to the sinks; absent again once it lives.
    pub told_silent_at: Option<Timestamp>,
}

impl FeedState {
    /// What the feed's health is judged by.
    pub fn record(&self) -> Record {
        Record {
            gone: self.gone,
            added_at: self.added_at,
            last_ok_at: self.last_ok_at,
            last_new_at: self.last_new_at,
            failing_since: self.failing_since,
        }
    }
}

/// One poll of one feed.
#[derive(Debug, Clone)]
pub struct Poll<'a> {
    /// When it was made.
    pub at: Timestamp,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Where the feed is to be found from now on, where not at its own address.
    pub moved_to: Option<&'a str>,
    /// When to ask next.
    pub next_poll_at: Timestamp,
    /// The interval behind that.
    pub interval: SignedDuration,
    /// What came of it.
    pub outcome: Outcome<'a>,
}

/// What came of a poll.
#[derive(Debug, Clone)]
pub enum Outcome<'a> {
    /// 304, or the very document of last time.
    Unchanged {
        /// New validators, where the server sent some.
        validators: Option<Validators>,
    },
    /// A document that was read.
    Document {
        /// What to send next time.
        validators: Validators,
        /// SHA-256 of the body, in hexadecimal.
        body_sha256: &'a str,
        /// As the feed names itself.
        title: Option<&'a str>,
        /// Who publishes it, where the watchlist does not say and the document does.
        outlet: Option<&'a str>,
        /// Even a first document's items may raise alerts.
        backfill: bool,
        /// Its items, in its order.
        entries: Vec<Entry<'a>>,
    },
    /// No answer, a bad one, or one that can't be read.
    Failed {
        /// Why, for people.
        error: &'a str,
        /// It answered 410.
        gone: bool,
    },
}

/// One item, with what the caller knows and decided about it.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The item.
    pub item: &'a Item,
    /// What it is recognised by in its own feed: guid, else canonical address, else content hash.
    pub identity: &'a str,
    /// What its article is recognised by in every feed: canonical address, else feed with guid or hash.
    pub article: &'a str,
    /// A hash of title, summary and content: tells an update.
    pub content_hash: &'a str,
    /// Who publishes the article.
    pub outlet: &'a str,
    /// What is to be done with the article if it is new or changed.
    pub stage: Stage,
    /// Why, where it is skipped.
    pub reason: Option<&'a str>,
    /// What it matched in the watchlist.
    pub matched: &'a Matched,
}

/// What a poll changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Articles that no feed had brought before.
    pub new: Vec<ArticleId>,
    /// Articles whose item changed, or matches now.
    pub updated: Vec<ArticleId>,
    /// Items seen before, whether changed or not, and other feeds' articles.
    pub known: usize,
    /// Items that this feed had not shown before, of articles new or known.
    pub arrived: usize,
    /// Nothing of the last document was found: what came between is lost, and a gap is recorded.
    pub gap: bool,
    /// This was the feed's first document.
    pub baseline: bool,
}

/// A feed's health, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedOverview {
    /// As the scheduler knows it.
    pub state: FeedState,
    /// As the feed names itself.
    pub title: Option<String>,
    /// It stands in the current watchlist.
    pub active: bool,
    /// The last answer's HTTP status.
    pub last_status: Option<u16>,
    /// What went wrong at the last poll.
    pub last_error: Option<String>,
    /// Articles it brought first.
    pub articles: u32,
    /// Polls that found nothing of the document before.
    pub gaps: u32,
    /// The last of them.
    pub last_gap: Option<Timestamp>,
}

fn feed_state(row: &Row<'_>) -> rusqlite::Result<FeedState> {
    Ok(FeedState {
        id: row.get("id")?,
        key: row.get("key")?,
        address: row.get("address")?,
        outlet: row.get("outlet")?,
        validators: Validators { etag: row.get("etag")?, last_modified: row.get("last_modified")? },
        body_sha256: row.get("body_sha256")?,
        moved_to: row.get("moved_to")?,
        baseline_at: row.time_or_none("baseline_at")?,
        last_polled_at: row.time_or_none("last_polled_at")?,
        last_ok_at: row.time_or_none("last_ok_at")?,
        last_new_at: row.time_or_none("last_new_at")?,
        added_at: row.time("added_at")?,
        next_poll_at: row.time_or_none("next_poll_at")?,
        interval: row.get::<_, Option<i64>>("interval_s")?.map(SignedDuration::from_secs),
        failures: row.get("failures")?,
        failing_since: row.time_or_none("failing_since")?,
        gone: row.get("gone")?,
        told_silent_at: row.time_or_none("told_silent_at")?,
    })
}

impl Reader {
    /// The feeds of the current watchlist.
    pub fn feed_states(&self) -> Result<Vec<FeedState>> {
        self.rows("SELECT * FROM feed WHERE active = 1 ORDER BY id", [], feed_state)
    }

    /// The feed, if it stands in the current watchlist.
    pub fn feed_state(&self, id: FeedId) -> Result<Option<FeedState>> {
        self.row("SELECT * FROM feed WHERE id = ?1 AND active = 1", [id], feed_state)
    }

    /// When the feed's newest items arrived: the polls that brought them, or, of its first document, the dates that
    /// they carry.
    pub fn arrivals(&self, id: FeedId) -> Result<Vec<Timestamp>> {
        let arrivals = self.rows(
            "SELECT DISTINCT CASE WHEN i.first_seen_at = f.baseline_at THEN a.published ELSE i.first_seen_at END AS arrived
             FROM (SELECT feed_id, article_id, first_seen_at FROM item WHERE feed_id = ?1
                   ORDER BY id DESC LIMIT 200) i
             JOIN feed f ON f.id = i.feed_id JOIN article a ON a.id = i.article_id",
            [id],
            |row| row.time_or_none("arrived"),
        )?;
        Ok(arrivals.into_iter().flatten().collect())
    }

    /// Every feed ever registered, with its health; those of the current watchlist first.
    pub fn feed_overview(&self) -> Result<Vec<FeedOverview>> {
        self.rows(
            "SELECT f.*,
                (SELECT count(*) FROM article a WHERE a.feed_id = f.id) AS articles,
                (SELECT count(*) FROM gap g WHERE g.feed_id = f.id) AS gaps,
                (SELECT max(before) FROM gap g WHERE g.feed_id = f.id) AS last_gap
             FROM feed f ORDER BY f.active DESC, f.id",
            [],
            |row| {
                Ok(FeedOverview {
                    state: feed_state(row)?,
                    title: row.get("title")?,
                    active: row.get("active")?,
                    last_status: row.get("last_status")?,
                    last_error: row.get("last_error")?,
                    articles: row.get("articles")?,
                    gaps: row.get("gaps")?,
                    last_gap: row.time_or_none("last_gap")?,
                })
            },
        )
    }
}

impl Transaction<'_> {
    /// Makes `feeds` the current ones: new ones are added, the others rest with all they brought.
    pub fn register_feeds(&self, feeds: &[Registration<'_>], now: Timestamp) -> Result<()> {
        for feed in feeds {
            // One that was taken out and comes back is asked again, whatever its server said before.
            self.execute(
                "UPDATE feed SET gone = 0, failures = 0, failing_since = NULL, last_error = NULL, next_poll_at = NULL
                 WHERE key = ?1 AND active = 0 AND gone = 1",
                [feed.key],
            )?;
        }
        self.execute("UPDATE feed SET active = 0 WHERE active = 1", [])?;
        for feed in feeds {
            self.execute(
                "INSERT INTO feed (key, address, outlet, added_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO UPDATE SET
                    address = excluded.address, outlet = coalesce(excluded.outlet, outlet), active = 1",
                params![feed.key, feed.address, feed.outlet, Time(now)],
            )?;
        }
        Ok(())
    }

    /// Makes the feeds that fail due at once, since the watchlist may have been mended; but not those whose server asked for
    /// patience.
    pub fn ask_failing_feeds_again(&self) -> Result<()> {
        self.execute(
            "UPDATE feed SET next_poll_at = NULL
             WHERE active = 1 AND failures > 0 AND gone = 0 AND coalesce(last_status, 0) NOT IN (429, 503)",
            [],
        )?;
        Ok(())
    }

    /// Stores one poll of `feed`: its health, when to ask next and, with the validators that vouch for them,
    /// the items it brought.
    pub fn record_poll(&self, feed: FeedId, poll: &Poll<'_>) -> Result<Recorded> {
        self.execute(
            "UPDATE feed SET last_polled_at = ?2, last_status = ?3, moved_to = ?4, next_poll_at = ?5, interval_s = ?6
             WHERE id = ?1",
            params![feed, Time(poll.at), poll.status, poll.moved_to, Time(poll.next_poll_at), poll.interval.as_secs()],
        )?;
        match &poll.outcome {
            Outcome::Failed { error, gone } => {
                self.execute(
                    "UPDATE feed SET failures = failures + 1, failing_since = coalesce(failing_since, ?2),
                        last_error = ?3, gone = ?4 WHERE id = ?1",
                    params![feed, Time(poll.at), error, gone],
                )?;
                Ok(Recorded::default())
            }
            Outcome::Unchanged { validators } => {
                if let Some(validators) = validators {
                    self.execute(
                        "UPDATE feed SET etag = ?2, last_modified = ?3 WHERE id = ?1",
                        params![feed, validators.etag, validators.last_modified],
                    )?;
                }
                self.record_success(feed, poll.at)?;
                Ok(Recorded::default())
            }
            Outcome::Document { validators, body_sha256, title, outlet, backfill, entries } => {
                let recorded = self.record_entries(feed, poll.at, *backfill, entries)?;
                self.execute(
                    "UPDATE feed SET etag = ?2, last_modified = ?3, body_sha256 = ?4, title = coalesce(?5, title),
                        outlet = coalesce(outlet, ?6), document_at = ?7, baseline_at = coalesce(baseline_at, ?7)
                     WHERE id = ?1",
                    params![feed, validators.etag, validators.last_modified, body_sha256, title, outlet, Time(poll.at)],
                )?;
                if recorded.arrived > 0 {
                    self.execute(
                        "UPDATE feed SET last_new_at = ?2, told_silent_at = NULL WHERE id = ?1",
                        params![feed, Time(poll.at)],
                    )?;
                }
                self.record_success(feed, poll.at)?;
                Ok(recorded)
            }
        }
    }

    /// Notes that the feed's death or silence was told to the sinks; forgotten when it answers again after
    /// failures, or brings something new.
    pub fn mark_told_silent(&self, feed: FeedId, at: Timestamp) -> Result<()> {
        self.execute("UPDATE feed SET told_silent_at = ?2 WHERE id = ?1", params![feed, Time(at)])?;
        Ok(())
    }

    fn record_success(&self, feed: FeedId, at: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE feed SET last_ok_at = ?2, told_silent_at = CASE WHEN failures > 0 THEN NULL ELSE told_silent_at END,
                failures = 0, failing_since = NULL, last_error = NULL, gone = 0 WHERE id = ?1",
            params![feed, Time(at)],
        )?;
        Ok(())
    }

    fn record_entries(&self, feed: FeedId, at: Timestamp, backfill: bool, entries: &[Entry<'_>]) -> Result<Recorded> {
        let last_document = self.row("SELECT document_at, last_ok_at FROM feed WHERE id = ?1", [feed], |row| {
            Ok((row.get::<_, Option<Time>>(0)?, row.get::<_, Option<Time>>(1)?))
        })?;
        let (document_at, last_ok_at) = last_document.unwrap_or_default();
        let mut recorded = Recorded { baseline: document_at.is_none(), ..Recorded::default() };
        let last_had_items = match document_at {
            None => false,
            Some(time) => {
                self.number(
                    "SELECT EXISTS (SELECT 1 FROM item WHERE feed_id = ?1 AND last_seen_at = ?2)",
                    params![feed, time],
                )? == 1
            }
        };
        let mut from_last_document = false;
        // A document that gives one identity to two items would else change that article at every poll.
        let mut seen = HashSet::new();
        for entry in entries.iter().filter(|entry| seen.insert(entry.identity)) {
            let item = self.row(
                "SELECT article_id, content_hash, last_seen_at FROM item WHERE feed_id = ?1 AND identity = ?2",
                params![feed, entry.identity],
                |row| Ok((row.get::<_, ArticleId>(0)?, row.get::<_, String>(1)?, row.get::<_, Time>(2)?)),
            )?;
            match item {
                Some((article, hash, last_seen)) => {
                    recorded.known += 1;
                    from_last_document |= Some(last_seen) == document_at;
                    self.execute(
                        "UPDATE item SET last_seen_at = ?3, content_hash = ?4 WHERE feed_id = ?1 AND identity = ?2",
                        params![feed, entry.identity, Time(at), entry.content_hash],
                    )?;
                    if hash != entry.content_hash {
                        self.update_article(article, entry, false)?;
                        recorded.updated.push(article);
                    }
                }
                None => {
                    recorded.arrived += 1;
                    let known =
                        self.row("SELECT id, stage FROM article WHERE identity = ?1", [entry.article], |row| {
                            Ok((row.get::<_, ArticleId>(0)?, row.get::<_, Stage>(1)?))
                        })?;
                    let article = match known {
                        Some((article, stage)) => {
                            recorded.known += 1;
                            // A feed that changes its guids shows the same articles: no gap.
                            from_last_document |= document_at.is_some()
                                && self.number(
                                    "SELECT EXISTS (SELECT 1 FROM item
                                        WHERE article_id = ?1 AND feed_id = ?2 AND last_seen_at = ?3)",
                                    params![article, feed, document_at],
                                )? == 1;
                            // Another feed's longer summary may match where the first one's did not.
                            if stage == Stage::Seen && entry.stage.is_due() {
                                self.update_article(article, entry, recorded.baseline && !backfill)?;
                                recorded.updated.push(article);
                            }
                            article
                        }
                        None => {
                            let baseline = recorded.baseline && !backfill;
                            let article = self.insert_article(feed, at, baseline, entry)?;
                            recorded.new.push(article);
                            article
                        }
                    };
                    self.execute(
                        "INSERT INTO item (feed_id, identity, article_id, content_hash, first_seen_at, last_seen_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                        params![feed, entry.identity, article, entry.content_hash, Time(at)],
                    )?;
                }
            }
        }
        if last_had_items && !from_last_document && !entries.is_empty() {
            recorded.gap = true;
            self.execute(
                "INSERT INTO gap (feed_id, after, before) VALUES (?1, ?2, ?3)",
                params![feed, last_ok_at.or(document_at), Time(at)],
            )?;
        }
        Ok(recorded)
    }

    pub(super) fn insert_article(
        &self,
        feed: FeedId,
        at: Timestamp,
        baseline: bool,
        entry: &Entry<'_>,
    ) -> Result<ArticleId> {
        let item = entry.item;
        // A feed that dates its articles into the future must not push them behind every later one.
        let time = item.published.map_or(at, |published| published.min(at));
        let article = ArticleId(self.insert(
            "INSERT INTO article (identity, feed_id, url, outlet, title, author, published, updated, first_seen_at, time,
                baseline, stage, reason, matched)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                entry.article,
                feed,
                item.url,
                entry.outlet,
                item.title,
                item.author,
                item.published.map(Time),
                item.updated.map(Time),
                Time(at),
                Time(time),
                baseline,
                entry.stage,
                entry.reason,
                Json(entry.matched),
            ],
        )?);
        self.store_matched(article, entry.matched)?;
        self.store_feed_text(article, entry)?;
        Ok(article)
    }

    /// Takes over what a changed item says. An article that matches no longer keeps what it has.
    fn update_article(&self, article: ArticleId, entry: &Entry<'_>, baseline: bool) -> Result<()> {
        let item = entry.item;
        self.execute(
            "UPDATE article SET title = coalesce(?2, title), author = coalesce(?3, author),
                published = coalesce(published, ?4), updated = coalesce(?5, updated) WHERE id = ?1",
            params![article, item.title, item.author, item.published.map(Time), item.updated.map(Time)],
        )?;
        if entry.stage.is_due() {
            self.execute(
                "UPDATE article SET stage = ?2, reason = NULL, fetch_tries = 0, fetch_after = NULL, matched = ?3, baseline = ?4
                 WHERE id = ?1",
                params![article, entry.stage, Json(entry.matched), baseline],
            )?;
            self.store_matched(article, entry.matched)?;
            self.store_feed_text(article, entry)?;
        }
        Ok(())
    }

    fn store_feed_text(&self, article: ArticleId, entry: &Entry<'_>) -> Result<()> {
        if entry.stage.is_due() {
            self.execute(
                "INSERT INTO feed_text (article_id, summary, content) VALUES (?1, ?2, ?3)
                 ON CONFLICT (article_id) DO UPDATE SET summary = excluded.summary, content = excluded.content",
                params![article, entry.item.summary, entry.item.content],
            )?;
        }
        Ok(())
    }
}
