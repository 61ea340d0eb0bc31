//! Feeds asked on time, and what they brought stored with the validators that vouch for it.

use super::plan::Plan;
use super::{Context, LOG_AGAIN, pause, wait_for_log};
use crate::articles::{self, feed_has_full_text, sha256};
use crate::feeds::address_rules::host_of;
use crate::feeds::net::{Accept, Access, FetchError, Request, Response};
use crate::feeds::schedule::{self, Pace, Polled};
use crate::feeds::{self, Document, Item};
use crate::store;
use crate::store::FeedId;
use crate::store::articles::{Matched, Stage};
use crate::store::feeds::{Entry, FeedState, Outcome, Poll, Validators};
use crate::watchlist::{Feed, FullText};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use url::Url;

/// Articles of one feed on their way beyond which it is not polled, and of all feeds beyond which none is: what the later
/// stages have yet to do stays bounded.
const BACKLOG_OF_FEED: u32 = 1_000;
const BACKLOG: u64 = 20_000;

/// Polls every feed of the watchlist once. How many were polled, and how many of them failed.
pub(super) async fn every_feed(context: &Context) -> store::Result<(usize, usize)> {
    let now = Timestamp::now();
    let states = context.log.read(|log| log.feed_states()).await?;
    // A server that asked to be left alone is; a healthy feed is asked whatever its interval.
    let (due, waiting): (Vec<_>, Vec<_>) =
        states.into_iter().partition(|s| s.failures == 0 || s.next_poll_at.is_none_or(|at| at <= now));
    for state in waiting {
        let until = state.next_poll_at.map(|at| at.to_string());
        tracing::info!(feed = state.address, failures = state.failures, until, "not polled, it failed before");
    }
    let concurrency = context.plan().watchlist.settings.concurrency.max(1);
    let mut polls = stream::iter(due).map(|state| poll(context, state)).buffer_unordered(concurrency);
    let (mut polled, mut failed) = (0, 0);
    while let Some(result) = polls.next().await {
        polled += 1;
        failed += usize::from(result?.failed);
    }
    Ok((polled, failed))
}

/// Polls feeds when they are due, until the daemon stops.
pub(super) async fn run(context: Arc<Context>) -> store::Result<()> {
    let mut due = timetable(&context).await?;
    let mut polls: JoinSet<store::Result<Polling>> = JoinSet::new();
    let mut under_way: HashMap<FeedId, Option<String>> = HashMap::new();
    loop {
        context.pulse.polling.beat();
        let now = Timestamp::now();
        let limit = context.plan().watchlist.settings.concurrency.max(1);
        let ready: Vec<FeedId> =
            due.iter().filter(|(id, at)| **at <= now && !under_way.contains_key(id)).map(|(id, _)| *id).collect();
        let mut rest = super::REST;
        if !ready.is_empty() && polls.len() < limit {
            match context
                .log
                .read(|log| {
                    let backlog = log.backlog()?;
                    let may_crowd = backlog.fetch + backlog.read >= u64::from(BACKLOG_OF_FEED);
                    Ok((backlog, if may_crowd { log.crowded_feeds(BACKLOG_OF_FEED)? } else { Vec::new() }))
                })
                .await
            {
                Ok((backlog, crowded)) if backlog.fetch + backlog.read < BACKLOG => {
                    for id in ready.into_iter().filter(|id| !crowded.contains(id)) {
                        // Who would only wait for a turn at a slow host takes no place from the others.
                        let plan = context.plan();
                        let host = plan.feed(id).and_then(|feed| host_of(feed.url.expose()));
                        let there = under_way.values().filter(|other| **other == host).count();
                        if polls.len() >= limit || there >= plan.watchlist.settings.per_host {
                            continue;
                        }
                        under_way.insert(id, host);
                        let context = context.clone();
                        polls.spawn(async move {
                            match context.log.read(move |log| log.feed_state(id)).await? {
                                Some(state) => poll(&context, state).await,
                                None => Ok(Polling { id, next: None, failed: false }),
                            }
                        });
                    }
                }
                Ok(_) => rest = Duration::from_secs(1),
                Err(error) => rest = wait_for_log(error)?,
            }
        }
        if polls.len() < limit
            && let Some(at) = due.iter().filter(|(id, _)| !under_way.contains_key(id)).map(|(_, at)| *at).min()
        {
            let wait = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
            rest = if wait.is_zero() { rest.min(Duration::from_secs(1)) } else { rest.min(wait) };
        }
        if polls.is_empty() {
            context.pulse.polling.idle();
        }
        tokio::select! {
            () = context.stop.cancelled() => break,
            () = context.wake.polling.notified() => due = timetable(&context).await?,
            Some(ended) = polls.join_next() => match ended {
                Ok(Ok(polling)) => {
                    under_way.remove(&polling.id);
                    match polling.next {
                        Some(at) => due.insert(polling.id, at),
                        None => due.remove(&polling.id),
                    };
                }
                Ok(Err(error)) => {
                    // The feed is still due by the log; so it is by a timetable made anew.
                    pause(&context, wait_for_log(error)?, &context.wake.polling).await;
                    under_way.clear();
                    polls.abort_all();
                    due = timetable(&context).await?;
                }
                Err(panic) if panic.is_panic() => std::panic::resume_unwind(panic.into_panic()),
                Err(_) => {}
            },
            () = tokio::time::sleep(rest) => {}
        }
    }
    // A request that is cut off is made again at the next start; a poll that is being stored is stored whole.
    polls.shutdown().await;
    Ok(())
}

/// When each feed of the watchlist is due. Those overdue are spread, so that a start is no burst.
async fn timetable(context: &Context) -> store::Result<BTreeMap<FeedId, Timestamp>> {
    let states = loop {
        match context.log.read(|log| log.feed_states()).await {
            Ok(states) => break states,
            Err(error) if error.is_temporary() => tokio::time::sleep(LOG_AGAIN).await,
            Err(error) => return Err(error),
        }
    };
    let now = Timestamp::now();
    let overdue = states.iter().filter(|state| state.next_poll_at.is_none_or(|at| at <= now)).count();
    Ok(states
        .iter()
        .map(|state| (state.id, schedule::after_start(state.next_poll_at, now, overdue, rand::random())))
        .collect())
}

/// What one poll came to.
struct Polling {
    id: FeedId,
    /// When to ask again; never where the watchlist has it no more.
    next: Option<Timestamp>,
    failed: bool,
}

async fn poll(context: &Context, state: FeedState) -> store::Result<Polling> {
    let plan = context.plan();
    let id = state.id;
    let Some(feed) = plan.feed(id).cloned() else { return Ok(Polling { id, next: None, failed: false }) };
    let began = Timestamp::now();
    let moved = state.moved_to.as_deref().and_then(|to| Url::parse(to).ok());
    let url = moved.as_ref().unwrap_or(feed.url.expose());
    let access = Access::to_feed(&feed);
    let mut request = Request::new(url, &access, Accept::Feed);
    request.validators = state.validators.clone();
    let fetched = plan.fetcher.get(&request).await;
    let read = match fetched {
        Ok(response) => read(context, &state, response).await,
        Err(error) => Read::Failed(Trouble::Net(error)),
    };
    let polling = record(context, &plan, &feed, state, began, read).await?;
    context.pulse.polling.beat();
    Ok(polling)
}

/// What came of asking.
enum Read {
    Unchanged { response: Box<Response> },
    Document { response: Box<Response>, body_sha256: String, document: Box<Document> },
    Failed(Trouble),
}

enum Trouble {
    Net(FetchError),
    Document { response: Box<Response>, error: String },
}

/// The document behind a response, parsed off the runtime unless it is the one of last time.
async fn read(context: &Context, state: &FeedState, response: Response) -> Read {
    let (response, body) = response.split();
    let response = Box::new(response);
    let Some(body) = body else { return Read::Unchanged { response } };
    let body_sha256 = sha256(&body.bytes);
    if state.body_sha256.as_ref() == Some(&body_sha256) {
        return Read::Unchanged { response };
    }
    let base = response.final_url.clone();
    let parsed = context.compute(move || feeds::parse(&body.bytes, body.content_type.as_deref(), &base)).await;
    match parsed {
        Ok(Ok(document)) => {
            let document = Box::new(document.fetched_at(Timestamp::now()));
            Read::Document { response, body_sha256, document }
        }
        Ok(Err(error)) => Read::Failed(Trouble::Document { response, error: error.to_string() }),
        Err(panicked) => Read::Failed(Trouble::Document { response, error: panicked.to_string() }),
    }
}

async fn record(
    context: &Context,
    plan: &Arc<Plan>,
    feed: &Feed,
    state: FeedState,
    at: Timestamp,
    read: Read,
) -> store::Result<Polling> {
    let id = state.id;
    let pace = Pace::of(feed, &plan.watchlist.settings);
    let mut arrivals = context.log.read(move |log| log.arrivals(id)).await?;
    let (failed, gone) = match &read {
        // Of an address that it moved to, 410 says nothing about its own.
        Read::Failed(Trouble::Net(error)) => (true, schedule::is_gone(error) && state.moved_to.is_none()),
        Read::Failed(_) => (true, false),
        _ => (false, false),
    };
    let next = {
        let polled = match &read {
            Read::Failed(_) if gone => Polled::Gone,
            Read::Failed(trouble) => Polled::Failed {
                failures: state.failures.saturating_add(1),
                retry_after: match trouble {
                    Trouble::Net(error) => error.retry_after(),
                    Trouble::Document { response, .. } => response.retry_after(),
                },
            },
            Read::Unchanged { response } => Polled::Answered {
                arrivals: &arrivals,
                holds_for: response.fresh_for(),
                retry_after: response.retry_after(),
            },
            Read::Document { response, document, .. } => {
                match state.baseline_at {
                    None => arrivals.extend(document.items.iter().filter_map(|item| item.published)),
                    Some(_) => arrivals.push(at),
                }
                Polled::Answered {
                    arrivals: &arrivals,
                    holds_for: document.ttl.max(response.fresh_for()),
                    retry_after: response.retry_after(),
                }
            }
        };
        schedule::next(&pace, polled, Timestamp::now(), rand::random())
    };
    let incomplete = matches!(&read, Read::Document { document, .. } if document.incomplete);
    let feed = feed.clone();
    let plan = plan.clone();
    let address = state.address.clone();
    let (recorded, error) = context
        .log
        .write(move |tx| {
            let error = read.error();
            let news = match &read {
                Read::Document { document, response, .. } => news(&feed, &state, &plan, document, &response.final_url),
                _ => Vec::new(),
            };
            let moved_to = match &read {
                // Where nothing is at the new address, the feed's own is asked again.
                Read::Failed(Trouble::Net(FetchError::Gone | FetchError::NotFound)) => None,
                Read::Failed(_) => state.moved_to.clone(),
                Read::Unchanged { response } | Read::Document { response, .. } => {
                    let moved = response.moved_permanently.as_ref();
                    // A query that came from the user's own may be a secret, which the log must not hold.
                    let moved = moved.filter(|_| !feed.url.is_secret() && feed.url.expose().query().is_none());
                    moved.map(Url::to_string).or(state.moved_to.clone())
                }
            };
            let outcome = match &read {
                Read::Failed(_) => Outcome::Failed { error: error.as_deref().unwrap_or_default(), gone },
                Read::Unchanged { response } => Outcome::Unchanged { validators: Some(response.validators.clone()) },
                Read::Document { response, body_sha256, document } => Outcome::Document {
                    // Of a document that breaks off, "not modified" would keep the rest away.
                    validators: if incomplete { Validators::default() } else { response.validators.clone() },
                    body_sha256,
                    title: document.title.as_deref(),
                    outlet: None,
                    backfill: feed.backfill,
                    entries: news.iter().map(News::entry).collect(),
                },
            };
            let poll = Poll {
                at,
                status: read.status(),
                moved_to: moved_to.as_deref(),
                next_poll_at: next.at,
                interval: SignedDuration::try_from(next.interval).unwrap_or(SignedDuration::MAX),
                outcome,
            };
            Ok((tx.record_poll(id, &poll)?, error))
        })
        .await?;
    if incomplete {
        tracing::warn!(feed = address, "its document breaks off, or has more items than are read");
    }
    match error {
        Some(error) => tracing::warn!(feed = address, error, "poll failed"),
        None => tracing::info!(
            feed = address,
            new = recorded.new.len(),
            updated = recorded.updated.len(),
            gap = recorded.gap,
            baseline = recorded.baseline,
            "polled"
        ),
    }
    if !recorded.new.is_empty() || !recorded.updated.is_empty() {
        context.wake.pages.notify_one();
        context.wake.reading.notify_one();
    }
    Ok(Polling { id, next: Some(next.at), failed })
}

impl Read {
    fn status(&self) -> Option<u16> {
        match self {
            Read::Unchanged { response }
            | Read::Document { response, .. }
            | Read::Failed(Trouble::Document { response, .. }) => Some(response.status),
            Read::Failed(Trouble::Net(error)) => error.status(),
        }
    }

    fn error(&self) -> Option<String> {
        match self {
            Read::Failed(Trouble::Net(error)) => Some(error.to_string()),
            Read::Failed(Trouble::Document { error, .. }) => Some(error.clone()),
            _ => None,
        }
    }
}

/// An item with what is decided about it.
struct News<'d> {
    item: &'d Item,
    identity: String,
    article: String,
    content_hash: String,
    outlet: String,
    stage: Stage,
    matched: Matched,
}

impl News<'_> {
    fn entry(&self) -> Entry<'_> {
        Entry {
            item: self.item,
            identity: &self.identity,
            article: &self.article,
            content_hash: &self.content_hash,
            outlet: &self.outlet,
            stage: self.stage,
            reason: None,
            matched: &self.matched,
        }
    }
}

/// The document's items matched against the watchlist, each with its next stage.
fn news<'d>(feed: &Feed, state: &FeedState, plan: &Plan, document: &'d Document, from: &Url) -> Vec<News<'d>> {
    let identities = articles::item_identities(&document.items);
    let news = document.items.iter().zip(identities).map(|(item, identity)| {
        let texts = [&item.title, &item.summary, &item.content];
        let texts: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
        let (matched, wanted) = plan.matches(&texts);
        let address = item.url.as_deref().and_then(|url| Url::parse(url).ok());
        let outlet = match (&feed.outlet, &address, &document.site) {
            (Some(outlet), _, _) => outlet.clone(),
            (None, Some(address), _) => articles::outlet(address),
            (None, None, Some(site)) => articles::outlet(site),
            (None, None, None) => articles::outlet(from),
        };
        let page = address.is_some() && !feed_has_full_text(item);
        let stage = match feed.full_text {
            FullText::Always if page => Stage::Fetch,
            FullText::Matched if page && wanted => Stage::Fetch,
            _ if wanted => Stage::Read,
            _ => Stage::Seen,
        };
        News {
            identity,
            article: articles::article_identity(item, &state.key),
            content_hash: articles::content_hash(item),
            item,
            outlet,
            stage,
            matched,
        }
    });
    news.collect()
}
