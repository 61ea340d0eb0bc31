//! Texts read for their statements, and what follows from them filed.

use super::filing::{self, Clerk, Filed};
use super::plan::Plan;
use super::{Context, Progress, pages};
use crate::articles::{self, Language, language_of};
use crate::language::{Document, Span};
use crate::panics::contained;
use crate::statements::{self, Actors, ENGINE, Statement};
use crate::store;
use crate::store::articles::{Article, DueRead, Version};
use crate::store::statements::{Analysis, Found};
use crate::watchlist::FullText;
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;

/// Articles taken from the log at a time: what is held in memory.
const BATCH: u32 = 16;

/// The longest text that is read, in bytes. No article is as long; a book, a dump or a hostile page would keep the others
/// waiting.
pub(super) const LONGEST: usize = 1 << 20;

/// Why a text is not read whose analysis panicked.
pub(super) const FAILED: &str = "its analysis failed; please report it";

/// What reading a text found.
pub(super) struct Analysed {
    pub language: Language,
    /// None where the language is not read.
    pub statements: Vec<Statement>,
    /// The sentences around each.
    pub passages: Vec<Span>,
}

/// Reads a text that was published on that day, where its day is known. Pure.
pub(super) fn analyse(text: &str, day: Option<Date>, actors: &Actors) -> Analysed {
    let language = language_of(text);
    if !language.is_analysed() {
        return Analysed { language, statements: Vec::new(), passages: Vec::new() };
    }
    let document = Document::read(text);
    let statements = statements::find(&document, day, actors);
    let passages = statements.iter().map(|statement| statement.passage(&document)).collect();
    Analysed { language, statements, passages }
}

/// The day by which a text's own words of time are read; none where the article is not dated.
pub(super) fn day_of(published: Option<Timestamp>, first_seen: Timestamp) -> Option<Date> {
    Some(published?.min(first_seen).to_zoned_datetime(jiff::tz::TimeZone::UTC).date())
}

/// Why a text longer than [`LONGEST`] is not read.
pub(super) fn too_long(text: &str) -> String {
    format!("its text is too long for an article: {} bytes", text.len())
}

impl Analysed {
    /// Leaves the article unread for its language.
    pub(super) fn skip(&self, tx: &store::Transaction<'_>, article: store::ArticleId) -> store::Result<()> {
        let code = self.language.code();
        tx.skip(article, &format!("language: {code}"), Some(code))
    }

    /// Files what was found in `text`, the article's version. A panic costs this article, and nothing of it is stored.
    pub(super) fn file(
        &self,
        clerk: &Clerk<'_>,
        tx: &store::Transaction<'_>,
        article: &Article,
        version: store::VersionId,
        text: &str,
    ) -> store::Result<Filed> {
        let found: Vec<Found<'_>> = self
            .statements
            .iter()
            .zip(&self.passages)
            .map(|(statement, passage)| Found { statement, passage: *passage })
            .collect();
        let analysis =
            Analysis { lang: Some(self.language.code()), engine: ENGINE, text, statements: &found, keys: filing::keys };
        contained(|| clerk.file(tx, article, version, &analysis)).unwrap_or(Err(store::StoreError::Panicked))
    }
}

/// Reads the texts that are due, up to [`BATCH`].
pub(super) async fn pass(context: &Context) -> store::Result<Progress> {
    let due = context.log.read(|log| log.due_reads(BATCH)).await?;
    if due.is_empty() {
        return Ok(Progress::Idle { until: None });
    }
    let plan = context.plan();
    for due in due {
        read(context, &plan, due).await?;
        context.pulse.reading.beat();
    }
    Ok(Progress::Worked)
}

async fn read(context: &Context, plan: &Arc<Plan>, due: DueRead) -> store::Result<()> {
    let id = due.article.id;
    let version = match due.feed_text {
        None => due.version,
        Some(feed_text) => {
            let item = pages::item(&due.article, feed_text);
            let text = articles::choose(&item, Err(due.note.as_deref().unwrap_or_default()));
            pages::record(context, id, text, None, None).await?;
            let newest = context.log.read(move |log| log.newest_version(id)).await?;
            if newest.as_ref().is_some_and(|version| version.engine.is_some()) {
                // Word for word what was analysed before.
                return Ok(());
            }
            newest
        }
    };
    let Some(Version { id: version, title, body: Some(body), .. }) = version else {
        return context.log.write(move |tx| tx.skip(id, "it has no text", None)).await;
    };
    let article = due.article;
    let text = articles::compose(title.as_deref(), &body);
    if text.len() > LONGEST {
        let reason = too_long(&text);
        return context.log.write(move |tx| tx.skip(id, &reason, None)).await;
    }
    if plan.feed(article.feed).is_some_and(|feed| feed.full_text == FullText::Always) {
        let (matched, wanted) = plan.matches(&[&text]);
        if !wanted {
            let why = "its full text matches nothing";
            return context.log.write(move |tx| tx.forget_unread(id).and_then(|()| tx.skip(id, why, None))).await;
        }
        context.log.write(move |tx| tx.set_matched(id, &matched)).await?;
    }
    let day = day_of(article.published, article.first_seen_at);
    let analysing = plan.clone();
    let analysed = context
        .compute(move || {
            let analysed = analyse(&text, day, &analysing.actors);
            (text, analysed)
        })
        .await;
    let (text, analysed) = match analysed {
        Ok(analysed) => analysed,
        Err(panicked) => {
            tracing::error!(article = %id, "{panicked}");
            return context.log.write(move |tx| tx.skip(id, FAILED, None)).await;
        }
    };
    if !analysed.language.is_analysed() {
        return context.log.write(move |tx| analysed.skip(tx, id)).await;
    }
    let plan = plan.clone();
    let title = article.title.clone().unwrap_or_default();
    let filed = context
        .log
        .write(move |tx| {
            let clerk = Clerk {
                watchlist: &plan.watchlist,
                actors: &plan.actors,
                now: Timestamp::now(),
                archive: false,
                again: false,
            };
            analysed.file(&clerk, tx, &article, version, &text)
        })
        .await;
    let filed: Filed = match filed {
        Err(error @ store::StoreError::Panicked) => {
            tracing::error!(article = %id, "{error}");
            return context.log.write(move |tx| tx.skip(id, "its filing failed; please report it", None)).await;
        }
        filed => filed?,
    };
    tracing::info!(article = %id, title, claims = filed.claims, links = filed.links, "read");
    for headline in &filed.alerts {
        tracing::info!(article = %id, "alert: {headline}");
    }
    if !filed.alerts.is_empty() {
        context.wake.delivering.notify_one();
    }
    Ok(())
}
