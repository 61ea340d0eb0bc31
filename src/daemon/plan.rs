//! What is in force: the watchlist with all that is made from it once, and replaced as a whole on reload.

use crate::alerts::webhook::Webhooks;
use crate::articles::{Matcher, sha256};
use crate::feeds::net::{FetchError, Fetcher};
use crate::statements::Actors;
use crate::store::feeds::FeedState;
use crate::store::{FeedId, articles::Matched};
use crate::watchlist::{Actor, Feed, Watchlist};
use std::collections::HashMap;

/// The watchlist in force, with what the stages need of it.
pub(super) struct Plan {
    pub watchlist: Watchlist,
    pub actors: Actors,
    pub matcher: Matcher,
    pub fetcher: Fetcher,
    pub webhooks: Webhooks,
    /// Position in `watchlist.feeds` by the log's row.
    feeds: HashMap<FeedId, usize>,
}

impl Plan {
    pub(super) fn new(watchlist: Watchlist) -> Result<Self, FetchError> {
        let (actors, matcher) = recognised(&watchlist);
        Ok(Plan {
            fetcher: Fetcher::new(&watchlist.settings)?,
            webhooks: Webhooks::new(&watchlist.settings)?,
            matcher,
            actors,
            watchlist,
            feeds: HashMap::new(),
        })
    }

    /// Ties the feeds to their rows in the log.
    pub(super) fn tie(&mut self, states: &[FeedState]) {
        let rows: HashMap<&str, FeedId> = states.iter().map(|state| (state.key.as_str(), state.id)).collect();
        self.feeds = self
            .watchlist
            .feeds
            .iter()
            .enumerate()
            .filter_map(|(n, feed)| Some((*rows.get(key(feed).as_str())?, n)))
            .collect();
    }

    pub(super) fn feed(&self, id: FeedId) -> Option<&Feed> {
        self.feeds.get(&id).map(|n| &self.watchlist.feeds[*n])
    }

    /// What the texts match, and whether that makes the article one to read.
    pub(super) fn matches(&self, texts: &[&str]) -> (Matched, bool) {
        matches(&self.matcher, texts)
    }
}

/// Whom and what the watchlist has recognised: the built-in states with its own actors, and what it watches.
pub(super) fn recognised(watchlist: &Watchlist) -> (Actors, Matcher) {
    let user: Vec<_> = watchlist.actors.iter().map(|a| (a.name.clone(), a.aliases.clone())).collect();
    let actors = Actors::builtin().with(&user);
    let matcher = Matcher::new(&watched(watchlist), |name| actors.aliases(name));
    (actors, matcher)
}

/// What the texts match, and whether that makes the article one to read.
pub(super) fn matches(matcher: &Matcher, texts: &[&str]) -> (Matched, bool) {
    let matches = matcher.matches(texts);
    let wanted = !matches.is_empty();
    (Matched { actors: matches.actors, topics: matches.topics }, wanted)
}

/// The watchlist with the states that only its rules name, so that their items are matched too.
pub(super) fn watched(watchlist: &Watchlist) -> Watchlist {
    let mut watched = watchlist.clone();
    let named = watchlist.rules.iter().flat_map(|r| [&r.actors, &r.accused, &r.accusers, &r.deniers]).flatten();
    for name in named {
        if !watched.actors.iter().any(|actor| actor.name == *name) {
            watched.actors.push(Actor { name: name.clone(), aliases: Vec::new() });
        }
    }
    watched
}

/// What tells a feed from every other in the log without revealing its address.
pub(crate) fn key(feed: &Feed) -> String {
    sha256(feed.url.expose().as_str().as_bytes())
}
