//! How good alerts are by what the user said of them: over time, by rule, by feed and by outlet.

use super::sql::Time;
use super::{Reader, Result};
use jiff::Timestamp;
use rusqlite::params;

/// What alerts are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// All together.
    All,
    /// The week in which they were raised, named by its Monday, in UTC.
    Week,
    /// The month in which they were raised, in UTC.
    Month,
    /// Each rule that matched; an alert of two rules counts for both.
    Rule,
    /// The feed that brought the denial first.
    Feed,
    /// The outlet that published it.
    Outlet,
}

impl By {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            By::All => "all",
            By::Week => "week",
            By::Month => "month",
            By::Rule => "rule",
            By::Feed => "feed",
            By::Outlet => "outlet",
        }
    }

    /// SQL for what an alert `al` is counted under, and for whatever must be joined for it.
    fn group(self) -> (&'static str, &'static str) {
        const ARTICLE: &str = "JOIN statement s ON s.id = al.denial_id JOIN article a ON a.id = s.article_id
            JOIN feed f ON f.id = a.feed_id";
        match self {
            By::All => ("''", ""),
            By::Week => ("date(al.created_at, 'weekday 0', '-6 days')", ""),
            By::Month => ("strftime('%Y-%m', al.created_at)", ""),
            By::Rule => ("j.value", ", json_each(al.rules) j"),
            By::Feed => ("f.address", ARTICLE),
            By::Outlet => ("a.outlet", ARTICLE),
        }
    }
}

/// Alerts counted together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// The week, the month, the rule, the feed, the outlet; empty for all together.
    pub name: String,
    /// Alerts raised, held ones among them.
    pub alerts: u32,
    /// Of those, held for the digest.
    pub held: u32,
    /// Marked right.
    pub right: u32,
    /// Marked wrong.
    pub wrong: u32,
    /// Articles that matched the watchlist; for all together, a feed or an outlet.
    pub articles: Option<u32>,
    /// Accusations and denials that stand in them; likewise.
    pub statements: Option<u32>,
    /// Of the alerts, those that a replay of the log would not raise any more.
    pub lapsed: u32,
}

impl Counted {
    /// Alerts that nobody has marked.
    pub fn unmarked(&self) -> u32 {
        self.alerts.saturating_sub(self.right + self.wrong)
    }

    /// The share of the marked that is right, with the ends of its 95 % interval, 0 to 1; `None` where none is marked.
    pub fn precision(&self) -> Option<(f64, f64, f64)> {
        let marked = self.right + self.wrong;
        let (low, high) = wilson(self.right, marked)?;
        Some((f64::from(self.right) / f64::from(marked), low, high))
    }
}

/// Wilson's score interval at 95 % for `hits` of `all`; `None` for none of none.
pub fn wilson(hits: u32, all: u32) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_963_984_540_054;
    if all == 0 {
        return None;
    }
    let n = f64::from(all);
    let share = f64::from(hits) / n;
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + Z * Z / n;
    Some((((middle - spread) / whole).max(0.0), ((middle + spread) / whole).min(1.0)))
}

impl Reader {
    /// Alerts raised since then, counted: times with the newest first, all else with the most alerts first. Feeds and
    /// outlets that brought articles and no alert are there too.
    pub fn count_alerts(&self, by: By, since: Option<Timestamp>) -> Result<Vec<Counted>> {
        let since = since.unwrap_or(Timestamp::MIN);
        let (group, join) = by.group();
        let alerts = format!(
            "SELECT {group} AS name, count(*) AS alerts, count(al.held) AS held,
                count(CASE WHEN m.verdict = 'right' THEN 1 END) AS right_ones,
                count(CASE WHEN m.verdict = 'wrong' THEN 1 END) AS wrong_ones,
                NULL AS articles, NULL AS statements, count(al.lapsed_at) AS lapsed
             FROM alert al {join}
             LEFT JOIN mark m ON m.id = (SELECT max(k.id) FROM mark k WHERE k.alert_id = al.id)
             WHERE al.created_at >= ?1 GROUP BY 1"
        );
        let sql = match by {
            By::Week | By::Month | By::Rule => alerts,
            By::All | By::Feed | By::Outlet => format!(
                "SELECT name, sum(alerts), sum(held), sum(right_ones), sum(wrong_ones), sum(articles), sum(statements),
                    sum(lapsed) FROM (
                    {alerts}
                    UNION ALL
                    SELECT {group}, 0, 0, 0, 0, count(*),
                        sum((SELECT count(*) FROM statement s
                            WHERE s.article_id = a.id AND s.superseded = 0 AND s.act IN ('accusation', 'denial'))), 0
                    FROM article a JOIN feed f ON f.id = a.feed_id
                    WHERE a.time >= ?1 AND a.stage <> 'seen' AND a.matched IS NOT NULL GROUP BY 1
                 ) GROUP BY name"
            ),
        };
        let order = match by {
            By::Week | By::Month => "1 DESC",
            _ => "2 DESC, 1",
        };
        self.rows(&format!("{sql} ORDER BY {order}"), params![Time(since)], |row| {
            Ok(Counted {
                name: row.get(0)?,
                alerts: row.get(1)?,
                held: row.get(2)?,
                right: row.get(3)?,
                wrong: row.get(4)?,
                articles: row.get(5)?,
                statements: row.get(6)?,
                lapsed: row.get(7)?,
            })
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::store::marks::{Mark, Verdict};
    use crate::store::sample::{self, ALERT, at};

    #[test]
    fn marks_are_counted_by_rule_outlet_feed_and_time() {
        let mut sample = sample::story();
        let mark = |verdict| Mark { verdict, why: None, marked_at: at("2031-05-07T08:00:00Z") };
        sample.store.write(|tx| tx.mark(ALERT, &mark(Verdict::Wrong))).unwrap();
        sample.store.write(|tx| tx.mark(ALERT, &mark(Verdict::Right))).unwrap();
        let counted = |by| sample.store.count_alerts(by, None).unwrap();
        let all = &counted(By::All)[0];
        assert_eq!((all.alerts, all.held, all.right, all.wrong, all.unmarked()), (2, 1, 1, 0, 1));
        assert_eq!((all.articles, all.statements), (Some(4), Some(4)), "the unmatched article is not counted");
        let lapse = "UPDATE alert SET lapsed_at = created_at WHERE id = ?1";
        sample.store.write(|tx| tx.execute(lapse, [ALERT])).unwrap();
        let counted = |by| sample.store.count_alerts(by, None).unwrap();
        let all = &counted(By::All)[0];
        assert_eq!((all.alerts, all.lapsed), (2, 1), "one that a replay would not raise is said to be one");
        assert_eq!(counted(By::Week)[0].name, "2031-05-05", "a Monday begins its own week");
        assert_eq!(counted(By::Month)[0].name, "2031-05");
        let rule = &counted(By::Rule)[0];
        assert_eq!((rule.name.as_str(), rule.alerts, rule.articles), ("Border desk", 2, None));
        let outlets = counted(By::Outlet);
        let of = |name: &str| outlets.iter().find(|outlet| outlet.name == name).unwrap();
        assert_eq!((of("vadunherald.example").right, of("vadunherald.example").articles), (1, Some(1)));
        assert_eq!(of("kestrelpost.example").articles, Some(3));
        assert_eq!(counted(By::Feed).len(), 2);
        let later = sample.store.count_alerts(By::Month, Some(at("2031-06-01T00:00:00Z"))).unwrap();
        assert!(later.is_empty());
    }

    #[test]
    fn precision_says_how_little_a_few_marks_say() {
        let (low, high) = wilson(9, 10).unwrap();
        assert!((low - 0.596).abs() < 0.001 && (high - 0.982).abs() < 0.001, "{low} {high}");
        let (low, high) = wilson(3, 3).unwrap();
        assert!((low - 0.438).abs() < 0.001 && high > 0.999_999, "{low} {high}");
        assert_eq!(Counted::default().precision(), None);
    }
}
