//! Archives into the log: matched as items of feeds are, put into the order of their dates, and filed as if the log had
//! been kept then.

use super::filing::Clerk;
use super::plan::{matches, recognised};
use super::reading::{Analysed, FAILED, LONGEST, analyse, day_of, too_long};
use crate::archives::Archived;
use crate::articles::{self, Matcher, Source, compose, sha256};
use crate::panics::contained;
use crate::statements::Actors;
use crate::store::archives::{FROM_ARCHIVE, Spool};
use crate::store::articles::{Matched, NewText, Stage};
use crate::store::feeds::Entry;
use crate::store::{self, Store, StoreError};
use crate::watchlist::Watchlist;
use jiff::Timestamp;
use std::path::Path;

/// Articles analysed at a time on each core: what is held in memory.
const BATCH: usize = 16;

/// How an archive is to be taken.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Who publishes the articles that don't say.
    pub outlet: Option<String>,
    /// When the articles were published that don't say.
    pub published: Option<Timestamp>,
    /// Denials are weighed for alerts, each at its article's time; the alerts are stored and told to nobody.
    pub alerts: bool,
}

/// What an import brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Articles filed, new or in a new version.
    pub filed: u64,
    /// Of those, the ones in a language that is not read, too long, or that made the analysis fail: stored unread.
    pub unread: u64,
    /// Articles that the log has.
    pub known: u64,
    /// Articles that the watchlist does not match.
    pub unmatched: u64,
    /// Articles without title and text.
    pub empty: u64,
    /// Accusations and denials stored.
    pub claims: u64,
    /// Links from denials to accusations.
    pub links: u64,
    /// Alerts stored.
    pub alerts: u64,
    /// Articles whose filing failed.
    pub failed: u64,
}

/// An import under way: articles are added, then filed together.
pub struct Import {
    store: Store,
    spool: Spool,
    watchlist: Watchlist,
    actors: Actors,
    matcher: Matcher,
    wishes: Wishes,
    now: Timestamp,
    imported: Imported,
}

/// A matched article, as it waits for its turn.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Waiting {
    article: Archived,
    source: Source,
    identity: String,
    archive: String,
    outlet: String,
    matched: Matched,
    sha256: String,
    first_seen: Timestamp,
}

impl Import {
    /// Opens the log at `log`, beside a daemon that may run.
    ///
    /// # Errors
    /// As [`Store::open_or_make_beside`].
    pub fn open(log: &Path, mut watchlist: Watchlist, wishes: Wishes) -> store::Result<Import> {
        let (actors, matcher) = recognised(&watchlist);
        if !wishes.alerts {
            // What no rule watches is told to nobody, not even where it answers what the log has.
            watchlist.rules.clear();
        }
        Ok(Import {
            store: Store::open_or_make_beside(log)?,
            spool: Spool::new()?,
            watchlist,
            actors,
            matcher,
            wishes,
            now: Timestamp::now(),
            imported: Imported::default(),
        })
    }

    /// Adds an article of the archive of that name, if the watchlist matches it.
    ///
    /// # Errors
    /// What the temporary file meets.
    pub fn add(&mut self, mut article: Archived, archive: &str) -> store::Result<()> {
        article.published = article.published.or(self.wishes.published);
        let item = article.item();
        let (body, source) = article.body();
        let text = compose(item.title.as_deref(), body);
        if text.trim().is_empty() {
            self.imported.empty += 1;
            return Ok(());
        }
        let texts: Vec<&str> =
            [&item.title, &item.summary, &item.content].into_iter().flatten().map(String::as_str).collect();
        let (matched, wanted) = matches(&self.matcher, &texts);
        if !wanted {
            self.imported.unmatched += 1;
            return Ok(());
        }
        let outlet = article.outlet.clone().filter(|outlet| !outlet.trim().is_empty());
        let outlet = outlet
            .or_else(|| self.wishes.outlet.clone())
            .or_else(|| article.address().map(|url| articles::outlet(&url)))
            .unwrap_or_else(|| archive.to_owned());
        // An id is worth something only within its outlet, and archives count from 1 anew: the date tells them apart, and
        // where there is none the content.
        let within = format!("archive of {outlet}");
        let when = article.published.map_or_else(|| articles::content_hash(&item), |time| time.to_string());
        let named = crate::feeds::Item { id: item.id.as_ref().map(|id| format!("{id} {when}")), ..item };
        let identity = articles::article_identity(&named, &sha256(within.as_bytes()));
        let first_seen = article.fetched.or(article.published).unwrap_or(self.now).min(self.now);
        let waiting = Waiting {
            archive: article.feed.clone().filter(|feed| !feed.trim().is_empty()).unwrap_or_else(|| outlet.clone()),
            source,
            sha256: sha256(text.as_bytes()),
            identity,
            outlet,
            matched,
            first_seen,
            article,
        };
        self.spool.push(waiting.time(), &waiting)
    }

    /// How many articles wait to be filed.
    pub fn waiting(&self) -> u64 {
        self.spool.len()
    }

    /// Files what was added, the earliest first, each article in a transaction of its own. `progress` hears how many are
    /// done, and `problem` of each whose filing failed.
    ///
    /// # Errors
    /// What the log meets; what was filed by then stays.
    pub fn file(self, progress: &mut dyn FnMut(u64), problem: &mut dyn FnMut(String)) -> store::Result<Imported> {
        let Import { mut store, spool, watchlist, actors, wishes, now, mut imported, .. } = self;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        spool.drain(BATCH * cores, |batch: Vec<Waiting>| {
            let done = batch.len() as u64;
            let mut unknown = Vec::with_capacity(batch.len());
            for waiting in batch {
                match store.knows_text(&waiting.identity, &waiting.sha256, waiting.article.fetched)? {
                    true => imported.known += 1,
                    false => unknown.push(waiting),
                }
            }
            let read = in_parallel(&unknown, cores, |waiting| waiting.read(&actors));
            for (waiting, reading) in unknown.iter().zip(&read) {
                let clerk =
                    Clerk { watchlist: &watchlist, actors: &actors, now: waiting.time(), archive: true, again: false };
                match store.write(|tx| waiting.file(tx, &clerk, reading, !wishes.alerts, now)) {
                    Ok(None) => imported.known += 1,
                    Ok(Some(filed)) => {
                        imported.filed += 1;
                        imported.unread += u64::from(matches!(reading, Reading::Unread(_)));
                        imported.claims += filed.claims as u64;
                        imported.links += filed.links as u64;
                        imported.alerts += filed.alerts.len() as u64;
                    }
                    Err(error @ StoreError::Panicked) => {
                        imported.failed += 1;
                        problem(format!("{}: {error}", waiting.name()));
                    }
                    Err(error) => return Err(error),
                }
            }
            progress(done);
            Ok(())
        })?;
        Ok(imported)
    }
}

/// What came of reading a text.
enum Reading {
    Read(String, Analysed),
    /// Why it is not analysed.
    Unread(String),
}

impl Waiting {
    fn time(&self) -> Timestamp {
        self.article.published.map_or(self.first_seen, |published| published.min(self.first_seen))
    }

    /// The article as messages name it.
    fn name(&self) -> &str {
        let article = &self.article;
        [&article.url, &article.id, &article.title].into_iter().flatten().next().map_or("an article", String::as_str)
    }

    fn read(&self, actors: &Actors) -> Reading {
        let (body, _) = self.article.body();
        let text = compose(self.article.item().title.as_deref(), body);
        if text.len() > LONGEST {
            return Reading::Unread(too_long(&text));
        }
        let day = day_of(self.article.published, self.first_seen);
        match contained(|| analyse(&text, day, actors)) {
            None => Reading::Unread(FAILED.to_owned()),
            Some(analysed) => Reading::Read(text, analysed),
        }
    }

    /// `None`: the log has come to know it meanwhile.
    fn file(
        &self,
        tx: &store::Transaction<'_>,
        clerk: &Clerk<'_>,
        reading: &Reading,
        baseline: bool,
        now: Timestamp,
    ) -> store::Result<Option<super::filing::Filed>> {
        let Waiting { article, identity, archive, outlet, matched, sha256: hash, source, .. } = self;
        if tx.knows_text(identity, hash, article.fetched)? {
            return Ok(None);
        }
        let item = article.item();
        let (body, _) = article.body();
        let entry = Entry {
            item: &item,
            identity,
            article: identity,
            content_hash: hash,
            outlet,
            stage: Stage::Read,
            reason: None,
            matched,
        };
        let text = NewText {
            title: item.title.as_deref(),
            body,
            source: *source,
            note: Some(FROM_ARCHIVE),
            final_url: None,
            fetched_at: article.fetched.unwrap_or(now),
            sha256: hash,
        };
        let name = format!("archive of {}", crate::plain::safe(archive));
        let feed = tx.archive(&sha256(name.as_bytes()), &name, outlet, now)?;
        let (id, version) = tx.record_archived(feed, self.first_seen, baseline, &entry, &text)?;
        let filed = match reading {
            Reading::Unread(why) => tx.skip(id, why, None).map(|()| Default::default())?,
            Reading::Read(_, analysed) if !analysed.language.is_analysed() => {
                analysed.skip(tx, id).map(|()| Default::default())?
            }
            Reading::Read(text, analysed) => {
                let stored = tx.article(id)?.ok_or_else(|| StoreError::Value("an article without a row".to_owned()))?;
                analysed.file(clerk, tx, &stored, version, text)?
            }
        };
        Ok(Some(filed))
    }
}

/// `work` on each of `all`, on so many cores; the results in their order.
pub(super) fn in_parallel<T: Sync, R: Send>(all: &[T], cores: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if all.is_empty() {
        return Vec::new();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let parts: Vec<_> = all
            .chunks(all.len().div_ceil(cores.max(1)))
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()))
            .collect();
        let joined = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}
