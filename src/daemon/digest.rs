//! The digest: what was held back, told when it is time.

use super::upkeep::send;
use crate::alerts::body::{Data, Digest, Held, Message};
use crate::alerts::digest::{Waiting, due};
use crate::store;
use crate::watchlist::Watchlist;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The longest digest, in messages; the rest comes in one behind it.
const LONGEST: usize = 200;

/// Whether anything is to be told at `now`.
pub(super) fn is_due(log: &store::Reader, watchlist: &Watchlist, now: Timestamp) -> store::Result<bool> {
    Ok(!due(&log.waiting()?, watchlist, now).is_empty())
}

/// Tells each sink what was held back from it and is due, as one message. How many were sent.
pub(super) fn tell(tx: &store::Transaction<'_>, watchlist: &Watchlist, now: Timestamp) -> store::Result<usize> {
    let waiting = tx.waiting()?;
    let mut of_sinks: BTreeMap<&str, Vec<&Waiting>> = BTreeMap::new();
    for (place, sinks) in due(&waiting, watchlist, now) {
        for sink in sinks {
            of_sinks.entry(sink).or_default().push(&waiting[place]);
        }
    }
    let mut sent = 0;
    // Held for sinks that are gone: told to all that took their place, and not yet to all.
    let (mut inherited, mut left) = (BTreeSet::new(), BTreeSet::new());
    for (sink, waiting) in of_sinks {
        let mut digest = Digest::default();
        let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
        let mut messages: BTreeSet<&str> = BTreeSet::new();
        for held in waiting {
            let key @ (message, held_for) = (held.message.as_str(), held.sink.as_str());
            if !messages.contains(message) && held_for != sink && tx.is_told(message, Some(sink))? {
                inherited.insert(key);
                continue;
            }
            if !messages.contains(message) && messages.len() < LONGEST {
                let Some(entry) = entry(tx, held)? else { continue };
                digest.alerts.push(entry);
                messages.insert(message);
            }
            if messages.contains(message) {
                told.insert(key);
            } else {
                left.insert(key);
            }
        }
        if digest.alerts.is_empty() {
            continue;
        }
        let id = send(tx, Data::Digest(digest), &[sink], now)?;
        for key @ (message, held_for) in told {
            tx.mark_told(message, held_for, sink, &id)?;
            tx.mark_digested(message, &id)?;
            if held_for != sink {
                inherited.insert(key);
            }
        }
        sent += 1;
    }
    for (message, held_for) in inherited.difference(&left) {
        tx.drop_waiting(message, held_for)?;
    }
    Ok(sent)
}

/// The message as a digest tells it, with the outlets that carry the denial by now.
fn entry(tx: &store::Transaction<'_>, held: &Waiting) -> store::Result<Option<Held>> {
    let message = tx.message_body(&held.message)?.and_then(|body| serde_json::from_str::<Message>(&body).ok());
    let Some(Message { data: Data::Alert(mut alert) | Data::Updated(mut alert), .. }) = message else {
        return Ok(None);
    };
    let outlets = tx.outlets_of(&alert.alert)?;
    if !outlets.is_empty() {
        alert.outlets = outlets;
    }
    let held = tx.reasons_of(&held.message, &held.sink)?.join("; ");
    Ok(Some(Held { held, alert }))
}
