//! What the log forgets, so that it does not grow with everything the feeds ever showed. Statements with their
//! evidence, disputes and alerts are kept for good.

use super::sql::Time;
use super::{Result, Transaction};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

/// What may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Metadata of unmatched articles that no feed has shown since.
    pub unmatched_before: Timestamp,
    /// Texts received before this; kept for good where absent.
    pub texts_before: Option<Timestamp>,
}

impl Retention {
    /// What the daemon forgets at `now`: unmatched articles that no feed has shown for 90 days. Texts stay: they are
    /// what a new actor, topic or rule is looked for in.
    pub fn at(now: Timestamp) -> Retention {
        let quarter = SignedDuration::from_hours(90 * 24);
        Retention { unmatched_before: now.saturating_sub(quarter).unwrap_or(Timestamp::MIN), texts_before: None }
    }
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Articles with all their items.
    pub articles: usize,
    /// Texts of articles.
    pub texts: usize,
}

impl Transaction<'_> {
    /// Forgets at most `limit` articles and as many texts. An item that is in its feed's last document stays,
    /// however old: forgotten, it would come back as new.
    pub fn prune(&self, retention: &Retention, limit: u32) -> Result<Pruned> {
        let gone: Vec<i64> = self.rows(
            "SELECT a.id FROM article a
             WHERE a.stage IN ('seen', 'skipped') AND a.first_seen_at < ?1
                AND NOT EXISTS (SELECT 1 FROM version v WHERE v.article_id = a.id)
                AND NOT EXISTS (SELECT 1 FROM item i JOIN feed f ON f.id = i.feed_id
                    WHERE i.article_id = a.id AND (i.last_seen_at >= ?1 OR i.last_seen_at >= f.document_at))
             LIMIT ?2",
            params![Time(retention.unmatched_before), limit],
            |row| row.get(0),
        )?;
        for article in &gone {
            for sql in [
                "DELETE FROM item WHERE article_id = ?1",
                "DELETE FROM article_topic WHERE article_id = ?1",
                "DELETE FROM feed_text WHERE article_id = ?1",
                "DELETE FROM article WHERE id = ?1",
            ] {
                self.execute(sql, [article])?;
            }
        }
        let texts = match retention.texts_before {
            None => 0,
            Some(before) => self.execute(
                "UPDATE version SET body = NULL WHERE id IN (
                    SELECT v.id FROM version v JOIN article a ON a.id = v.article_id
                    WHERE v.body IS NOT NULL AND v.fetched_at < ?1 AND a.stage IN ('done', 'skipped') LIMIT ?2)",
                params![Time(before), limit],
            )?,
        };
        Ok(Pruned { articles: gone.len(), texts })
    }
}
