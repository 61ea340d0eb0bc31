//! What comes in files and not by feed: put into the order of time first, then filed.

use super::feeds::Entry;
use super::sql::{Json, Time};
use super::{ArticleId, FeedId, Reader, Result, Transaction, VersionId};
use crate::store::articles::{NewText, Stage, TextRecord};
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Why a version of an archive has the text that it has: its `note`.
pub const FROM_ARCHIVE: &str = "from an archive";

/// Entries put into the order of time, whatever their number: in a file of SQLite's own making, which nobody else sees and
/// which goes with this.
#[derive(Debug)]
pub struct Spool {
    connection: Connection,
    count: u64,
}

impl Spool {
    /// An empty one.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`](super::StoreError::Unwritable) where no temporary file can be made.
    pub fn new() -> Result<Spool> {
        let connection = Connection::open("")?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             CREATE TABLE entry (n INTEGER PRIMARY KEY, time TEXT NOT NULL, body TEXT NOT NULL); BEGIN",
        )?;
        Ok(Spool { connection, count: 0 })
    }

    /// Puts an entry of that time in, behind those of the same time.
    pub fn push(&mut self, time: Timestamp, entry: &impl serde::Serialize) -> Result<()> {
        let mut insert = self.connection.prepare_cached("INSERT INTO entry (time, body) VALUES (?1, ?2)")?;
        insert.execute(params![Time(time), Json(entry)])?;
        self.count += 1;
        Ok(())
    }

    /// How many entries there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes the entries out, the earliest first, so many at a time.
    ///
    /// # Errors
    /// What `take` returns, and what the file meets.
    pub fn drain<T, E>(self, batch: usize, mut take: impl FnMut(Vec<T>) -> Result<(), E>) -> Result<(), E>
    where
        T: serde::de::DeserializeOwned,
        E: From<super::StoreError>,
    {
        let failed = |error: rusqlite::Error| E::from(error.into());
        self.connection.execute_batch("COMMIT; CREATE INDEX by_time ON entry(time, n)").map_err(failed)?;
        let mut ordered =
            self.connection.prepare("SELECT body FROM entry INDEXED BY by_time ORDER BY time, n").map_err(failed)?;
        let mut rows = ordered.query([]).map_err(failed)?;
        loop {
            let mut entries = Vec::new();
            while entries.len() < batch
                && let Some(row) = rows.next().map_err(failed)?
            {
                entries.push(row.get::<_, Json<T>>(0).map_err(failed)?.0);
            }
            if entries.is_empty() {
                return Ok(());
            }
            take(entries)?;
        }
    }
}

impl Reader {
    /// Whether the log has the text of that hash for the article of that identity, or is about to read another: there is
    /// nothing to import then. `fetched_at`: a text older than the newest version is no news either.
    pub fn knows_text(&self, identity: &str, sha256: &str, fetched_at: Option<Timestamp>) -> Result<bool> {
        let known = self.number(
            "SELECT EXISTS (SELECT 1 FROM article a WHERE a.identity = ?1 AND (a.stage IN ('fetch', 'read')
                OR EXISTS (SELECT 1 FROM version v WHERE v.article_id = a.id AND (v.sha256 = ?2 OR v.fetched_at > ?3))))",
            params![identity, sha256, fetched_at.map(Time)],
        )?;
        Ok(known == 1)
    }
}

impl Transaction<'_> {
    /// The archive's row among the feeds, made where there is none: never polled, and never silent therefore.
    pub fn archive(&self, key: &str, name: &str, outlet: &str, now: Timestamp) -> Result<FeedId> {
        self.execute(
            "INSERT INTO feed (key, address, outlet, active, added_at) VALUES (?1, ?2, ?3, 0, ?4)
             ON CONFLICT (key) DO NOTHING",
            params![key, name, outlet, Time(now)],
        )?;
        let id = self.row("SELECT id FROM feed WHERE key = ?1", [key], |row| row.get(0))?;
        Ok(id.ok_or(rusqlite::Error::QueryReturnedNoRows)?)
    }

    /// Stores an article of an archive with its text: a new one, or a new version of one that the log has. `first_seen`: when
    /// it is taken to have come in. To be analysed in the same transaction, before a daemon finds it.
    pub fn record_archived(
        &self,
        archive: FeedId,
        first_seen: Timestamp,
        baseline: bool,
        entry: &Entry<'_>,
        text: &NewText<'_>,
    ) -> Result<(ArticleId, VersionId)> {
        let known = self.row("SELECT id FROM article WHERE identity = ?1", [entry.article], |row| row.get(0))?;
        let article = match known {
            None => self.insert_article(archive, first_seen, baseline, entry)?,
            Some(article) => {
                self.execute(
                    "UPDATE article SET title = coalesce(?2, title), author = coalesce(author, ?3), baseline = ?4,
                        stage = ?5, reason = NULL WHERE id = ?1",
                    params![article, entry.item.title, entry.item.author, baseline, Stage::Read],
                )?;
                self.set_matched(article, entry.matched)?;
                article
            }
        };
        let (TextRecord::New(version) | TextRecord::Unchanged(version)) = self.record_text(article, text)?;
        Ok((article, version))
    }
}
