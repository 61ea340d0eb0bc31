//! What is new in the watchlist is looked for in what is stored: as a baseline, so without alerts.

use super::log::Log;
use super::plan::{self, Plan};
use crate::articles::{self, Matcher};
use crate::store::articles::{Article, Matched};
use crate::store::{self, ArticleId, Reader, Transaction};
use crate::watchlist::{Actor, Topic, Watchlist};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The names by which the log knows what was looked for already.
const LOOKED_FOR: &str = "looked for";
/// Articles matched in one transaction.
const BATCH: u32 = 500;

/// Matches the stored articles against actors and topics that are new, or have new names, since the last time.
pub(super) async fn look_again(log: &Log, plan: &Arc<Plan>) -> store::Result<()> {
    let watched = plan::watched(&plan.watchlist);
    let names = names(&watched);
    let known = log.read(|log| log.fact(LOOKED_FOR)).await?;
    let known: Option<BTreeSet<String>> = known.and_then(|known| serde_json::from_str(&known).ok());
    let is_new = |kind: &str, owner: &str, name: &str| {
        known.as_ref().is_some_and(|known| !known.contains(&format!("{kind}\t{owner}\t{name}")))
    };
    let list = &watched;
    let new = Watchlist {
        actors: list
            .actors
            .iter()
            .filter(|a| std::iter::once(&a.name).chain(&a.aliases).any(|name| is_new("actor", &a.name, name)))
            .map(|a| Actor { name: a.name.clone(), aliases: a.aliases.clone() })
            .collect(),
        topics: list
            .topics
            .iter()
            .filter(|t| t.any.iter().any(|name| is_new("topic", &t.name, name)))
            .map(|t| Topic { name: t.name.clone(), any: t.any.clone() })
            .collect(),
        ..Watchlist::default()
    };
    if !new.actors.is_empty() || !new.topics.is_empty() {
        let matcher = Arc::new(Matcher::new(&new, |name| plan.actors.aliases(name)));
        let found = again(log, plan, &matcher).await?;
        tracing::info!(
            actors = new.actors.len(),
            topics = new.topics.len(),
            articles = found,
            "stored articles are read again for what is new in the watchlist"
        );
    }
    let names = serde_json::to_string(&names)?;
    log.write(move |tx| tx.set_fact(LOOKED_FOR, &names)).await
}

async fn again(log: &Log, plan: &Arc<Plan>, matcher: &Arc<Matcher>) -> store::Result<usize> {
    let wanted = |text: &str, matcher: &Matcher| !matcher.matches(&[text]).is_empty();
    let (of_plan, of_matcher) = (plan.clone(), matcher.clone());
    let read = walk(log, Reader::articles_with_text, move |tx, article| {
        let Some(version) = tx.newest_version(article.id)? else { return Ok(false) };
        let text = articles::compose(version.title.as_deref(), version.body.as_deref().unwrap_or_default());
        let found = wanted(&text, &of_matcher);
        if found {
            tx.read_again(article.id, &matched(&of_plan, &text))?;
        }
        Ok(found)
    })
    .await?;
    let (of_plan, of_matcher) = (plan.clone(), matcher.clone());
    let fetched = walk(log, Reader::unmatched_articles, move |tx, article| {
        let title = article.title.as_deref().unwrap_or_default();
        let found = article.url.is_some() && wanted(title, &of_matcher);
        if found {
            tx.fetch_after_all(article.id, &matched(&of_plan, title))?;
        }
        Ok(found)
    })
    .await?;
    Ok(read + fetched)
}

/// Goes through the articles that `list` gives, a batch a transaction; for how many `take` says yes.
async fn walk(
    log: &Log,
    list: fn(&Reader, ArticleId, u32) -> store::Result<Vec<Article>>,
    take: impl Fn(&Transaction<'_>, &Article) -> store::Result<bool> + Send + Sync + 'static,
) -> store::Result<usize> {
    let take = Arc::new(take);
    let (mut taken, mut after) = (0, Some(ArticleId(0)));
    while let Some(from) = after {
        let take = take.clone();
        let (last, count) = log
            .write(move |tx| {
                let articles = list(tx, from, BATCH)?;
                let mut count = 0;
                for article in &articles {
                    count += usize::from(take(tx, article)?);
                }
                Ok((articles.last().map(|article| article.id), count))
            })
            .await?;
        taken += count;
        after = last;
    }
    Ok(taken)
}

fn matched(plan: &Plan, text: &str) -> Matched {
    plan.matches(&[text]).0
}

fn names(watchlist: &Watchlist) -> BTreeSet<String> {
    let actors = watchlist
        .actors
        .iter()
        .flat_map(|a| std::iter::once(&a.name).chain(&a.aliases).map(|name| format!("actor\t{}\t{name}", a.name)));
    let topics = watchlist.topics.iter().flat_map(|t| t.any.iter().map(|name| format!("topic\t{}\t{name}", t.name)));
    actors.chain(topics).collect()
}
