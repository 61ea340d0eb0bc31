//! What is done now and then: silent feeds told once, the digest sent, old rows cleared away.

use super::Context;
use crate::alerts::body::{self, Data, Digest, FeedSilent, Held, Message};
use crate::feeds::schedule::Health;
use crate::store;
use crate::store::disputes::AlertRow;
use crate::store::feeds::FeedOverview;
use crate::store::outbox;
use crate::store::retention::Retention;
use crate::watchlist::{Settings, Sink, Watchlist};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use ulid::Ulid;

/// The longest digest, in alerts; the rest waits for the next.
const DIGEST: u32 = 200;
/// Rows cleared away in one transaction, so that the log is never held for long.
const PRUNE: u32 = 2_000;
/// When the last digest was sent.
const LAST_DIGEST: &str = "last digest";

/// One round of upkeep.
pub(super) async fn pass(context: &Context) -> store::Result<()> {
    let plan = context.plan();
    let told = context
        .log
        .write(move |tx| {
            let now = Timestamp::now();
            let told = tell_silent(tx, &plan.watchlist, now)? + send_digest(tx, &plan.watchlist, now)?;
            tx.prune(&Retention::at(now), PRUNE)?;
            Ok(told)
        })
        .await?;
    if told > 0 {
        context.wake.delivering.notify_one();
    }
    Ok(())
}

/// Tells of each feed that has died or fallen silent, once, to every sink that a rule names.
fn tell_silent(tx: &store::Transaction<'_>, watchlist: &Watchlist, now: Timestamp) -> store::Result<usize> {
    let sinks = sinks(watchlist, |_| true);
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

/// Sends each sink what was held back from it, as one message, where it is time.
fn send_digest(tx: &store::Transaction<'_>, watchlist: &Watchlist, now: Timestamp) -> store::Result<usize> {
    let last = tx.fact(LAST_DIGEST)?.and_then(|at| at.parse::<Timestamp>().ok());
    let every = SignedDuration::try_from(watchlist.settings.digest_every).unwrap_or(SignedDuration::from_hours(24));
    if last.is_some_and(|last| now.duration_since(last) < every) {
        return Ok(0);
    }
    let held = tx.held_alerts(DIGEST)?;
    if held.is_empty() {
        return Ok(0);
    }
    let all = sinks(watchlist, |_| true);
    let mut digests: BTreeMap<&str, (Digest, Vec<&AlertRow>)> = BTreeMap::new();
    for row in &held {
        let message = tx.message_body(&row.id)?.and_then(|body| serde_json::from_str::<Message>(&body).ok());
        let Some(Message { data: Data::Alert(alert) | Data::Updated(alert), .. }) = message else { continue };
        let alert = body::Alert { outlets: row.outlets.clone(), ..alert };
        let own = sinks(watchlist, |rule| row.rules.iter().any(|name| name == rule));
        // A rule that has another name by now still had somebody who wanted to know.
        for sink in if own.is_empty() { &all } else { &own } {
            let (digest, rows) = digests.entry(sink).or_default();
            digest.alerts.push(Held { held: row.held.clone().unwrap_or_default(), alert: alert.clone() });
            rows.push(row);
        }
    }
    let sent = digests.len();
    for (sink, (digest, rows)) in digests {
        let id = send(tx, Data::Digest(digest), &[sink], now)?;
        for row in rows {
            tx.mark_digested(&row.id, &id)?;
        }
    }
    tx.set_fact(LAST_DIGEST, &now.to_string())?;
    Ok(sent)
}

fn send(tx: &store::Transaction<'_>, data: Data, sinks: &[&str], now: Timestamp) -> store::Result<String> {
    let message = Message { timestamp: now, data };
    let id = Ulid::generate().to_string();
    let body = serde_json::to_string(&message)?;
    tx.enqueue(&outbox::Message { id: &id, kind: message.kind(), body: &body }, sinks, now)?;
    Ok(id)
}

/// The sinks of the rules of those names, each once.
fn sinks(watchlist: &Watchlist, rules: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut sinks: Vec<&str> =
        watchlist.rules.iter().filter(|rule| rules(&rule.name)).flat_map(|rule| &rule.to).map(Sink::name).collect();
    sinks.sort_unstable();
    sinks.dedup();
    sinks
}
