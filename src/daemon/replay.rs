//! Stored texts read again with the engine and the watchlist of now: a new generation of statements, links and disputes, made
//! in a copy of the log, and put in place of the old one if wished.

use super::filing::Clerk;
use super::import::in_parallel;
use super::plan::recognised;
use super::reading::{Analysed, LONGEST, analyse, day_of};
use crate::articles::{compose, language_of};
use crate::panics::contained;
use crate::store::articles::{Article, Version};
use crate::store::generation::{Again, Comparison};
use crate::store::{self, Reader, Store, StoreError};
use crate::watchlist::Watchlist;
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

/// Articles analysed at a time on each core: what is held in memory.
const BATCH: usize = 16;
/// How the folder of a copy is called.
const PREFIX: &str = ".gainsay-replay-";

/// What is to be read again, and what is to become of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// Only articles published, or else first seen, since.
    pub since: Option<Timestamp>,
    /// Put the new generation in place of the old one.
    pub apply: bool,
    /// Store the alerts that are new, for the next digest.
    pub alerts: bool,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Articles read again.
    pub articles: u64,
    /// Articles that keep what was read in them, since their text is there no more.
    pub without_text: u64,
    /// Articles that keep what was read in them, since reading them made the program fail.
    pub failed: u64,
    /// The difference.
    pub comparison: Comparison,
    /// The number of the generation in force now.
    pub generation: u64,
    /// The new one was put in place.
    pub applied: bool,
}

/// The log, held against all others where it is to be changed.
enum Log {
    Held(Store),
    Read(Reader),
}

impl Log {
    fn reader(&self) -> &Reader {
        match self {
            Log::Held(store) => store,
            Log::Read(reader) => reader,
        }
    }
}

/// Reads the log at `log` again. `progress` hears how many articles there are, and how many are done.
///
/// # Errors
/// [`StoreError::Locked`] where the new generation is to be put in place while a daemon runs; what the log and the copy
/// beside it meet. The log is as it was then.
pub fn replay(
    log: &Path,
    watchlist: &Watchlist,
    wishes: Wishes,
    progress: &mut dyn FnMut(u64, u64),
) -> store::Result<Replayed> {
    let mut log_file = match wishes.apply {
        // One that isn't there is not made here.
        true if !log.exists() => return Err(StoreError::Missing(log.to_owned())),
        true => Log::Held(Store::open(log)?),
        false => Log::Read(Store::open_read_only(log)?),
    };
    let folder = log.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    clear_left_behind(folder);
    // Beside the log there is room for it; who may only read the log has another place.
    let new = || tempfile::Builder::new().prefix(PREFIX).to_owned();
    let beside = new().tempdir_in(folder).or_else(|_| new().tempdir());
    let beside = beside.map_err(|e| StoreError::Unwritable { path: folder.to_owned(), why: e.to_string() })?;
    let path = beside.path().join("copy.db");
    log_file.reader().copy_to(&path)?;
    let mut copy = Store::open_copy(&path)?;
    if let Log::Held(store) = &log_file {
        store.attach_copy(&path)?;
    }
    // From here on the copy has no name: whatever ends this process, nothing of it stays.
    drop(beside);

    let filed = copy.filed()?;
    let without_text = copy.articles_without_text(wishes.since)?;
    let texts: Vec<Again> = readable(&copy, wishes.since)?;
    copy.write(|tx| tx.begin_generation(&texts))?;
    let failed = file_again(&mut copy, &texts, watchlist, progress)?;
    let comparison = copy.write(|tx| tx.compare_generations())?;
    let generation = match &mut log_file {
        Log::Held(store) => store.adopt(&filed, wishes.alerts, Timestamp::now())?,
        Log::Read(reader) => reader.generation()?.0,
    };
    let articles = texts.len() as u64 - failed;
    Ok(Replayed { articles, without_text, failed, comparison, generation, applied: wishes.apply })
}

/// Removes copies that were cut off while they were made: no copy takes a day.
fn clear_left_behind(folder: &Path) {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if ours && age().is_some_and(|age| age > DAY) {
            // What can't be removed only takes room.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The texts that the engine reads.
fn readable(log: &Reader, since: Option<Timestamp>) -> store::Result<Vec<Again>> {
    let mut texts = Vec::new();
    for again in log.texts_to_read_again(since)? {
        let text = log.newest_version(again.article)?.map(|version| text_of(&version));
        if text.is_some_and(|text| text.len() <= LONGEST && language_of(&text).is_analysed()) {
            texts.push(again);
        }
    }
    Ok(texts)
}

fn text_of(version: &Version) -> String {
    compose(version.title.as_deref(), version.body.as_deref().unwrap_or_default())
}

/// Files the texts in the copy, each as it was filed first; how many could not be.
fn file_again(
    copy: &mut Store,
    texts: &[Again],
    watchlist: &Watchlist,
    progress: &mut dyn FnMut(u64, u64),
) -> store::Result<u64> {
    let (actors, _) = recognised(watchlist);
    // What came quietly with an archive was weighed by no rule.
    let quiet = Watchlist { rules: Vec::new(), ..watchlist.clone() };
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let (mut failed, mut done) = (0, 0);
    progress(0, texts.len() as u64);
    for batch in texts.chunks(BATCH * cores) {
        let mut stored: Vec<(&Again, Article, Version)> = Vec::with_capacity(batch.len());
        for text in batch {
            if let Some((article, version)) = copy.article(text.article)?.zip(copy.newest_version(text.article)?) {
                stored.push((text, article, version));
            }
        }
        let read: Vec<Option<(String, Analysed)>> = in_parallel(&stored, cores, |(_, article, version)| {
            let text = text_of(version);
            let analysed = contained(|| analyse(&text, day_of(article.published, article.first_seen_at), &actors))?;
            Some((text, analysed))
        });
        for ((text, article, _), read) in stored.iter().zip(&read) {
            let silent = text.archived && article.baseline;
            let clerk = Clerk {
                watchlist: if silent { &quiet } else { watchlist },
                actors: &actors,
                now: text.read_at,
                archive: text.archived,
                again: true,
            };
            let filed = match read {
                None => Err(StoreError::Panicked),
                Some((words, analysed)) => {
                    copy.write(|tx| analysed.file(&clerk, tx, article, text.version, words)).map(|_| ())
                }
            };
            match filed {
                Err(StoreError::Panicked) => {
                    failed += 1;
                    copy.write(|tx| tx.fail_again(article.id))?;
                }
                filed => filed?,
            }
        }
        done += batch.len() as u64;
        progress(done, texts.len() as u64);
    }
    Ok(failed)
}
