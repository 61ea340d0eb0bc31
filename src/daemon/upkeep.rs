//! What is done now and then: silent feeds told once, the digest sent, old rows cleared away.

use super::{Context, digest};
use crate::alerts::body::{Data, FeedSilent, Message};
use crate::feeds::schedule::Health;
use crate::store;
use crate::store::feeds::FeedOverview;
use crate::store::outbox;
use crate::store::retention::Retention;
use crate::watchlist::{Settings, Sink, Watchlist};
use jiff::Timestamp;
use ulid::Ulid;

/// Rows cleared away in one transaction, so that the log is never held for long.
const PRUNE: u32 = 2_000;

/// One round of upkeep.
pub(super) async fn pass(context: &Context) -> store::Result<()> {
    let plan = context.plan();
    let told = context
        .log
        .write(move |tx| {
            let now = Timestamp::now();
            let told = tell_silent(tx, &plan.watchlist, now)? + digest::tell(tx, &plan.watchlist, now)?;
            tx.prune(&Retention::at(now), PRUNE)?;
            Ok(told)
        })
        .await?;
    if told > 0 {
        context.wake.delivering.notify_one();
    }
    Ok(())
}

/// Makes due what was put off by a clock that has been set back since: a machine that woke up in the wrong year would poll
/// nothing till then.
pub(super) async fn mind_the_clock(context: &Context) -> store::Result<()> {
    if !context.log.read(|log| log.clock_was_set_back(Timestamp::now())).await? {
        return Ok(());
    }
    tracing::warn!("the clock was set back: what was put off till later is due now");
    context.log.write(|tx| tx.make_due(Timestamp::now())).await?;
    for stage in [&context.wake.polling, &context.wake.pages, &context.wake.delivering] {
        stage.notify_one();
    }
    Ok(())
}

/// Tells what was held back and is due.
pub(super) async fn digests(context: &Context) -> store::Result<()> {
    let plan = context.plan();
    let reading = plan.clone();
    if !context.log.read(move |log| digest::is_due(log, &reading.watchlist, Timestamp::now())).await? {
        return Ok(());
    }
    context.log.write(move |tx| digest::tell(tx, &plan.watchlist, Timestamp::now())).await?;
    context.wake.delivering.notify_one();
    Ok(())
}

/// Tells of each feed that has died or fallen silent, once, to every sink that a rule names.
fn tell_silent(tx: &store::Transaction<'_>, watchlist: &Watchlist, now: Timestamp) -> store::Result<usize> {
    let sinks = Sink::names(watchlist.rules.iter().flat_map(|rule| &rule.to));
    let mut told = 0;
    for feed in tx.feed_overview()? {
        if !feed.active || feed.state.told_silent_at.is_some() {
            continue;
        }
        let Some((since, reason)) = silence(&feed, &watchlist.settings, now) else { continue };
        tracing::warn!(feed = feed.state.address, reason, "feed silent");
        let data = FeedSilent { feed: feed.state.address.clone(), title: feed.title.clone(), since, reason };
        send(tx, Data::FeedSilent(data), &sinks, now)?;
        tx.mark_told_silent(feed.state.id, now)?;
        told += 1;
    }
    Ok(told)
}

/// Since when and why a feed counts as dead or silent: the judgement that `feeds list` shows.
fn silence(feed: &FeedOverview, settings: &Settings, now: Timestamp) -> Option<(Option<Timestamp>, String)> {
    let health = Health::of(&feed.state.record(), settings.silent_after, now);
    if !health.is_to_be_told(settings.silent_after, now) {
        return None;
    }
    let days = |since: Timestamp| now.duration_since(since).as_hours() / 24;
    match health {
        Health::Gone => {
            Some((feed.state.failing_since, "the server says that the feed is gone for good (410)".to_owned()))
        }
        Health::FailingSince(since) => {
            let error = feed.last_error.as_deref().unwrap_or("unknown");
            Some((Some(since), format!("every poll for {} days has failed: {error}", days(since))))
        }
        Health::SilentSince(since) => Some((Some(since), format!("no new item for {} days", days(since)))),
        Health::New | Health::Ok => None,
    }
}

/// Puts a message into the outbox for the sinks. Its id.
pub(super) fn send(tx: &store::Transaction<'_>, data: Data, sinks: &[&str], now: Timestamp) -> store::Result<String> {
    let message = Message { timestamp: now, data };
    let id = Ulid::generate().to_string();
    let body = serde_json::to_string(&message)?;
    tx.enqueue(&outbox::Message { id: &id, kind: message.kind(), body: &body }, sinks, now)?;
    Ok(id)
}
