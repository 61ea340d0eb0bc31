//! The outbox emptied: each delivery tried until its sink has it.

use super::plan::Plan;
use super::{Context, Progress};
use crate::alerts::body::Message;
use crate::alerts::delivery::next_try;
use crate::alerts::desktop::{Note, summary_note};
use crate::alerts::webhook::Outcome;
use crate::store;
use crate::store::outbox::{Due, Failure};
use crate::watchlist::Webhook;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Deliveries of one sink taken from the log at a time.
const BATCH: u32 = 16;
/// How long a desktop delivery waits before it looks for a session again.
const SESSION_AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// Desktop deliveries that waited longer than this for a session come as one.
const STALE: SignedDuration = SignedDuration::from_hours(12);
/// How long a delivery waits for its sink to come back into the watchlist before it is a dead letter.
const SINK_AGAIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Tries the deliveries that are due, up to [`BATCH`] for each sink: in order, the sinks beside one another.
pub(super) async fn pass(context: &Context) -> store::Result<Progress> {
    let due = context.log.read(|log| log.due_deliveries(Timestamp::now(), BATCH)).await?;
    if due.is_empty() {
        return Ok(Progress::Idle { until: context.log.read(|log| log.next_due_at()).await? });
    }
    let plan = context.plan();
    let mut sinks: BTreeMap<String, Vec<Due>> = BTreeMap::new();
    for delivery in due {
        sinks.entry(delivery.sink.clone()).or_default().push(delivery);
    }
    let tried = sinks.into_iter().map(|(sink, due)| {
        let plan = &plan;
        async move {
            match (sink.as_str(), plan.watchlist.webhooks.iter().find(|hook| hook.name == sink)) {
                ("desktop", _) => to_desktop(context, due).await,
                (_, Some(webhook)) => to_webhook(context, plan, webhook, due).await,
                (_, None) => to_nobody(context, due).await,
            }
        }
    });
    for result in join_all(tried).await {
        result?;
    }
    context.pulse.delivering.beat();
    Ok(Progress::Worked)
}

async fn to_webhook(context: &Context, plan: &Plan, webhook: &Webhook, due: Vec<Due>) -> store::Result<()> {
    for delivery in due {
        let outcome = plan.webhooks.post(webhook, &delivery.message, &delivery.body, Timestamp::now()).await;
        context.pulse.delivering.beat();
        let now = Timestamp::now();
        match outcome {
            Outcome::Delivered { status } => {
                tracing::info!(sink = webhook.name, id = delivery.message, status, "delivered");
                context.log.write(move |tx| tx.delivered(delivery.id, Some(status), now)).await?;
            }
            Outcome::Retry { status, error, after } => {
                fail(context, delivery, status, error, after, true).await?;
                // It is down or busy: its next message waits for the next pass, and keeps no other sink waiting.
                break;
            }
            Outcome::Dead { status, error } => fail(context, delivery, status, error, None, false).await?,
        }
    }
    Ok(())
}

async fn to_desktop(context: &Context, due: Vec<Due>) -> store::Result<()> {
    let now = Timestamp::now();
    let (stale, mut fresh): (Vec<Due>, Vec<Due>) =
        due.into_iter().partition(|delivery| now.duration_since(delivery.created_at) > STALE);
    let mut notes: Vec<(Vec<Due>, Note)> = Vec::new();
    if stale.len() > 1 {
        let headlines: Vec<_> = stale.iter().filter_map(message).map(|message| message.headline()).collect();
        notes.push((stale, summary_note(&headlines)));
    } else {
        fresh.splice(0..0, stale);
    }
    for delivery in fresh {
        match message(&delivery) {
            Some(message) => {
                let note = Note::from(&message);
                notes.push((vec![delivery], note));
            }
            None => fail(context, delivery, None, "its body can't be read".to_owned(), None, false).await?,
        }
    }
    let mut notes = notes.into_iter();
    while let Some((deliveries, note)) = notes.next() {
        let shown = context.desktop.show(&note).await;
        context.pulse.delivering.beat();
        let now = Timestamp::now();
        match shown {
            Ok(()) => {
                context.told_no_session.store(false, Ordering::Relaxed);
                let ids: Vec<_> = deliveries.iter().map(|delivery| delivery.id).collect();
                context.log.write(move |tx| ids.iter().try_for_each(|id| tx.delivered(*id, None, now))).await?;
            }
            // A session begins, a server starts: the messages are not at fault, and none of them can be shown till then.
            Err(error) if error.awaits_session() => {
                let waiting: Vec<_> =
                    deliveries.into_iter().chain(notes.flat_map(|(due, _)| due)).map(|delivery| delivery.id).collect();
                if !context.told_no_session.swap(true, Ordering::Relaxed) {
                    tracing::warn!(waiting = waiting.len(), "{error}");
                }
                let why = error.to_string();
                let until = now + SESSION_AGAIN;
                return context
                    .log
                    .write(move |tx| waiting.iter().try_for_each(|id| tx.postponed(*id, until, &why)))
                    .await;
            }
            Err(error) => {
                for delivery in deliveries {
                    fail(context, delivery, None, error.to_string(), None, true).await?;
                }
            }
        }
    }
    Ok(())
}

async fn to_nobody(context: &Context, due: Vec<Due>) -> store::Result<()> {
    let now = Timestamp::now();
    for delivery in due {
        let error = "the watchlist has no sink of that name";
        tracing::warn!(sink = delivery.sink, id = delivery.message, "{error}");
        let failure = match now.duration_since(delivery.created_at) > SINK_AGAIN {
            true => Failure::Dead,
            false => Failure::Retry(now + SignedDuration::from_hours(1)),
        };
        context.log.write(move |tx| tx.failed(delivery.id, failure, None, error, now)).await?;
    }
    Ok(())
}

async fn fail(
    context: &Context,
    delivery: Due,
    status: Option<u16>,
    error: String,
    after: Option<Duration>,
    again: bool,
) -> store::Result<()> {
    let now = Timestamp::now();
    let wait = if again { next_try(delivery.tries + 1, after, rand::random()) } else { None };
    let failure = match wait.and_then(|wait| SignedDuration::try_from(wait).ok()) {
        Some(wait) => Failure::Retry(now + wait),
        None => Failure::Dead,
    };
    let dead = failure == Failure::Dead;
    tracing::warn!(sink = delivery.sink, id = delivery.message, status, error, dead, "not delivered");
    context.log.write(move |tx| tx.failed(delivery.id, failure, status, &error, now)).await
}

fn message(delivery: &Due) -> Option<Message> {
    serde_json::from_str(&delivery.body).ok()
}
