//! The pages of matched articles, fetched for their full text.

use super::plan::Plan;
use super::{Context, Progress};
use crate::articles::{self, Page, Text, sha256};
use crate::feeds::Item;
use crate::feeds::net::{Accept, Access, Request, Response};
use crate::store;
use crate::store::articles::{Article, DueFetch, FeedText, NewText};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use url::Url;

/// Articles taken from the log at a time: what is held in memory.
const BATCH: u32 = 32;
/// The longest that a server may have a page wait: later it is no news.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);
/// Fetches of one page before the feed's own text must do.
const TRIES: u32 = 3;

/// Fetches the pages that are due, up to [`BATCH`].
pub(super) async fn pass(context: &Context) -> store::Result<Progress> {
    let due = context.log.read(|log| log.due_fetches(Timestamp::now(), BATCH)).await?;
    if due.is_empty() {
        return Ok(Progress::Idle { until: context.log.read(|log| log.next_fetch_at()).await? });
    }
    let plan = context.plan();
    let mut results = stream::iter(due)
        .map(|due| fetch(context, plan.clone(), due))
        .buffer_unordered(plan.watchlist.settings.concurrency.max(1));
    while let Some(result) = results.next().await {
        result?;
        context.pulse.pages.beat();
    }
    context.wake.reading.notify_one();
    Ok(Progress::Worked)
}

async fn fetch(context: &Context, plan: Arc<Plan>, due: DueFetch) -> store::Result<()> {
    let id = due.article.id;
    let page = match (due.article.url.as_deref().map(Url::parse), plan.feed(due.article.feed)) {
        (Some(Ok(url)), Some(feed)) => page(context, &plan, &url, &Access::to_pages_of(feed)).await,
        // Without its entry nobody knows which proxy to go through.
        (Some(Ok(_)), None) => Err(Failure { error: "its feed has left the watchlist".to_owned(), retry: None }),
        _ => Err(Failure { error: "it has no address".to_owned(), retry: None }),
    };
    match page {
        Ok((page, final_url)) => {
            let text = articles::choose(&item(&due.article, due.feed_text), Ok(&page));
            record(context, id, text, Some(final_url), page.published).await
        }
        Err(Failure { error, retry: Some(after) }) if due.tries + 1 < TRIES => {
            tracing::info!(article = %id, error, "page not fetched, to be tried again");
            let wait = after.unwrap_or(SignedDuration::from_mins(2) * (1 << (2 * due.tries))).min(LONGEST_WAIT);
            let at = Timestamp::now() + wait;
            context.log.write(move |tx| tx.retry_fetch(id, &error, at)).await
        }
        Err(Failure { error, .. }) => {
            tracing::info!(article = %id, error, "page not fetched, the feed's own text is read");
            context.log.write(move |tx| tx.give_up_fetch(id, &error)).await
        }
    }
}

/// Why a page could not be had; `retry`: it may be had later, after the given time if the server named one.
struct Failure {
    error: String,
    retry: Option<Option<SignedDuration>>,
}

async fn page(context: &Context, plan: &Plan, url: &Url, access: &Access) -> Result<(Page, Url), Failure> {
    let response = plan.fetcher.get(&Request::new(url, access, Accept::Page)).await.map_err(|error| {
        let after = error.retry_after().and_then(|after| SignedDuration::try_from(after).ok());
        Failure { retry: error.is_temporary().then_some(after), error: error.to_string() }
    })?;
    let (Response { final_url, .. }, body) = response.split();
    let Some(body) = body else {
        return Err(Failure { error: "the server sent no page".to_owned(), retry: None });
    };
    let address = final_url.clone();
    let read = context.compute(move || articles::read_page(&body.bytes, body.content_type.as_deref(), &address)).await;
    match read {
        Ok(Ok(page)) => Ok((page, final_url)),
        Ok(Err(error)) => Err(Failure { error: error.to_string(), retry: None }),
        Err(panicked) => Err(Failure { error: panicked.to_string(), retry: None }),
    }
}

/// Stores a text as the article's version, to be read; an article without a date has its page's, `published`.
pub(super) async fn record(
    context: &Context,
    id: store::ArticleId,
    text: Text,
    final_url: Option<Url>,
    published: Option<Timestamp>,
) -> store::Result<()> {
    let fetched_at = Timestamp::now();
    context
        .log
        .write(move |tx| {
            if let Some(published) = published {
                tx.date(id, published)?;
            }
            let sha256 = sha256(text.compose().as_bytes());
            tx.record_text(
                id,
                &NewText {
                    title: text.title.as_deref(),
                    body: &text.body,
                    source: text.source,
                    note: text.note.as_deref(),
                    final_url: final_url.as_ref().map(Url::as_str),
                    fetched_at,
                    sha256: &sha256,
                },
            )
            .map(|_| ())
        })
        .await
}

/// The item as the feed gave it, as far as it is kept.
pub(super) fn item(article: &Article, text: FeedText) -> Item {
    Item {
        title: article.title.clone(),
        url: article.url.clone(),
        published: article.published,
        summary: text.summary,
        content: text.content,
        ..Item::default()
    }
}
