//! Looking things up: what `gainsay query` asks, with every wish of the user as a parameter.

use super::articles::{Source, Stage};
use super::sql::{Day, Json, RowTimes, Time};
use super::statements::{STATEMENT, StatementRow, fold, statement_row};
use super::{ArticleId, DeliveryId, DisputeId, Reader, Result};
use crate::statements::Act;
use jiff::civil::Date;
use jiff::{Timestamp, ZonedDateTime};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, params_from_iter};

/// What to look for. Every filter that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A party by actor, fullest name or words.
    pub actor: Option<String>,
    /// What that party does; any role where absent.
    pub role: Option<Role>,
    /// What the statement does.
    pub act: Option<Act>,
    /// A topic that the article matched.
    pub topic: Option<String>,
    /// Who publishes the article.
    pub outlet: Option<String>,
    /// From then on: statements by when they were said, articles by publication, all else by when it came to be.
    pub since: Option<ZonedDateTime>,
    /// Until then.
    pub until: Option<ZonedDateTime>,
    /// Words and "phrases" that stand there, in any grammatical form; `word*` for a beginning.
    pub text: Option<String>,
    /// Of that dispute.
    pub dispute: Option<DisputeId>,
    /// Of that alert.
    pub alert: Option<String>,
    /// With a delivery in that state.
    pub state: Option<DeliveryState>,
    /// At most as many.
    pub limit: u32,
}

/// What a party does in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Speaks, or is spoken for.
    Speaker,
    /// Is accused.
    Target,
    /// Has its accusation denied.
    Accuser,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Still to be tried, or tried again.
    Pending,
    /// The sink has it.
    Delivered,
    /// Given up after the last try.
    Dead,
}

impl DeliveryState {
    /// The state as the log writes it.
    pub fn name(self) -> &'static str {
        match self {
            DeliveryState::Pending => "pending",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Dead => "dead",
        }
    }
}

impl ToSql for DeliveryState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for DeliveryState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Dead]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| FromSqlError::other(std::io::Error::other(format!("a delivery state named {name:?}"))))
    }
}

/// A dispute, as the view `disputes_overview` shows it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DisputeFound {
    /// Its id.
    pub id: DisputeId,
    /// The accused party.
    pub accused: String,
    /// What it is about.
    pub matter: String,
    /// The day of its earliest accusation.
    pub since: Option<Date>,
    /// When a statement last joined it.
    pub last_at: Timestamp,
    /// Who accuses, joined by commas.
    pub accusers: Option<String>,
    /// Its accusations.
    pub accusations: u32,
    /// Its denials.
    pub denials: u32,
    /// The outlets that carry them.
    pub outlets: u32,
    /// The alerts raised.
    pub alerts: u32,
    /// The day of the first denial.
    pub first_denied: Option<Date>,
    /// The day of the last denial.
    pub last_denied: Option<Date>,
    /// `open`, `snoozed`, `closed`, or `silent`: nothing was said in it for 90 days.
    pub state: String,
    /// Nothing is told of it until then.
    pub snoozed_until: Option<Timestamp>,
    /// The disputes in which one side of this accuses back.
    pub mirrors: Vec<DisputeId>,
}

/// An alert, as the view `alerts_overview` shows it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AlertFound {
    /// Its id, a ULID; the `webhook-id` of its deliveries.
    pub alert: String,
    /// When it was raised.
    pub time: Timestamp,
    /// The rules that matched, joined by commas.
    pub rules: Option<String>,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// The dispute.
    pub dispute: DisputeId,
    /// What that is about.
    pub matter: String,
    /// The accused party.
    pub accused: String,
    /// How many outlets carry the denial.
    pub outlets: u32,
    /// Who denies.
    pub denial_speaker: Option<String>,
    /// The actor that the denier belongs to.
    pub denial_actor: Option<String>,
    /// What is denied, in the denier's words.
    pub denial: String,
    /// The sentences around it.
    pub denial_passage: String,
    /// The first day on which that can have been said.
    pub said_earliest: Option<Date>,
    /// The last such day.
    pub said_latest: Option<Date>,
    /// The headline above the denial.
    pub denial_title: Option<String>,
    /// Where the denial stands.
    pub denial_url: Option<String>,
    /// Who reports it.
    pub denial_outlet: String,
    /// Who accused.
    pub accusation_speaker: Option<String>,
    /// The actor that the accuser belongs to.
    pub accusation_actor: Option<String>,
    /// The accusation that is answered best.
    pub accusation: Option<String>,
    /// The sentences around it.
    pub accusation_passage: Option<String>,
    /// The first day on which that can have been said.
    pub accused_earliest: Option<Date>,
    /// The last such day.
    pub accused_latest: Option<Date>,
    /// The headline above it.
    pub accusation_title: Option<String>,
    /// Where it stands.
    pub accusation_url: Option<String>,
    /// Who reports it.
    pub accusation_outlet: Option<String>,
    /// How surely the two belong together, 0 to 1.
    pub score: Option<f64>,
    /// Why the two belong together.
    pub because: Option<String>,
    /// Why it waits, or waited, for the digest.
    pub held: Option<String>,
    /// `sink: state`, joined by commas.
    pub deliveries: Option<String>,
    /// `sink: why`, joined by commas, of what still waits for a digest.
    pub waiting: Option<String>,
    /// What was told of its event since.
    pub updates: u32,
    /// What the user says of it: `right` or `wrong`.
    pub marked: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// Since when a replay of the log would not raise it any more.
    pub lapsed_at: Option<Timestamp>,
}

/// A message on its way to one sink.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DeliveryFound {
    /// Its id.
    pub id: DeliveryId,
    /// The message's id; for an alert, the alert's.
    pub message: String,
    /// The message's type.
    pub kind: String,
    /// `desktop`, or a webhook's name.
    pub sink: String,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// When the message came to be.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub next_try_at: Option<Timestamp>,
    /// When the sink got it.
    pub delivered_at: Option<Timestamp>,
    /// The last answer's HTTP status.
    pub last_status: Option<u16>,
    /// What went wrong at the last try.
    pub last_error: Option<String>,
}

/// An article and how far it is.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ArticleFound {
    /// Its id.
    pub id: ArticleId,
    /// When it was published, else first seen.
    pub time: Timestamp,
    /// Who publishes it.
    pub outlet: String,
    /// Its headline.
    pub title: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// Why it was skipped, or what went wrong with its page.
    pub reason: Option<String>,
    /// Where its newest text came from.
    pub source: Option<Source>,
    /// How many texts it had.
    pub versions: u32,
    /// Its current accusations.
    pub accusations: u32,
    /// Its current denials.
    pub denials: u32,
}

/// The words of `text` as one FTS5 phrase, or `None` where there is no word in it.
fn phrase(text: &str) -> Option<String> {
    let plain = text.replace(['"', '\0'], " ");
    plain.chars().any(char::is_alphanumeric).then(|| format!("\"{}\"", plain.trim()))
}

/// What a user typed as an FTS5 query that can't be wrong: every word and every "phrase" must stand there;
/// `word*` finds beginnings. `None` where there is no word in it.
pub fn full_text_query(typed: &str) -> Option<String> {
    let mut terms = Vec::new();
    for (n, part) in typed.split(['"', '“', '”']).enumerate() {
        if n % 2 == 1 {
            terms.extend(phrase(part));
            continue;
        }
        for word in part.split_whitespace() {
            let star = if word.ends_with('*') { "*" } else { "" };
            terms.extend(phrase(word.trim_end_matches('*')).map(|phrase| phrase + star));
        }
    }
    (!terms.is_empty()).then(|| terms.join(" "))
}

/// Conditions with their parameters, in step.
#[derive(Default)]
struct Conditions {
    sql: Vec<String>,
    params: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    /// Adds a condition; `?` in it stands for `value`, as often as it occurs.
    fn add(&mut self, sql: &str, value: impl ToSql + 'static) {
        self.params.push(Box::new(value));
        self.sql.push(sql.replace('?', &format!("?{}", self.params.len())));
    }

    fn add_some<T: ToSql + 'static>(&mut self, sql: &str, value: Option<T>) {
        if let Some(value) = value {
            self.add(sql, value);
        }
    }

    fn clause(&self) -> String {
        match self.sql.as_slice() {
            [] => "1".to_owned(),
            all => all.join(" AND "),
        }
    }
}

impl Filter {
    /// Conditions on the statement whose id is the SQL expression `id`.
    fn on_statement(&self, conditions: &mut Conditions, id: &str) {
        if let Some(actor) = &self.actor {
            let roles = match self.role {
                None => "('speaker', 'behalf', 'target', 'accuser')",
                Some(Role::Speaker) => "('speaker', 'behalf')",
                Some(Role::Target) => "('target')",
                Some(Role::Accuser) => "('accuser')",
            };
            let sql = format!("{id} IN (SELECT statement_id FROM party WHERE key = ? AND role IN {roles})");
            conditions.add(&sql, fold(actor));
        }
        if let Some(text) = self.text.as_deref().and_then(full_text_query) {
            conditions.add(&format!("{id} IN (SELECT rowid FROM statement_text WHERE statement_text MATCH ?)"), text);
        }
    }

    fn at(time: &Option<ZonedDateTime>) -> Option<Time> {
        time.as_ref().map(|zoned| Time(zoned.timestamp()))
    }

    fn on(time: &Option<ZonedDateTime>) -> Option<Day> {
        time.as_ref().map(|zoned| Day(zoned.date()))
    }

    /// Conditions that a dispute must meet through its statements.
    fn on_dispute(&self, conditions: &mut Conditions, dispute: &str) {
        let mut inner = Conditions { params: std::mem::take(&mut conditions.params), sql: Vec::new() };
        self.on_statement(&mut inner, "j.statement_id");
        inner.add_some(
            "j.statement_id IN (SELECT s.id FROM article_topic t JOIN statement s ON s.article_id = t.article_id
                WHERE t.topic = ? COLLATE NOCASE)",
            self.topic.clone(),
        );
        inner.add_some(
            "(SELECT a.outlet FROM statement s JOIN article a ON a.id = s.article_id WHERE s.id = j.statement_id) = ?",
            self.outlet.clone(),
        );
        // Each must hold for some statement of the dispute, not all for the same one.
        conditions.sql.extend(inner.sql.iter().map(|condition| {
            format!("EXISTS (SELECT 1 FROM dispute_statement j WHERE j.dispute_id = {dispute} AND {condition})")
        }));
        conditions.params = inner.params;
    }
}

impl Reader {
    fn found<T>(
        &self,
        select: &str,
        conditions: &Conditions,
        order: &str,
        limit: u32,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let sql = format!("{select} WHERE {} ORDER BY {order} LIMIT {limit}", conditions.clause());
        self.rows(&sql, params_from_iter(&conditions.params), read)
    }

    /// Current statements, the last said first.
    pub fn find_statements(&self, filter: &Filter) -> Result<Vec<StatementRow>> {
        let mut conditions = Conditions { sql: vec!["s.superseded = 0".to_owned()], params: Vec::new() };
        filter.on_statement(&mut conditions, "s.id");
        conditions.add_some("s.act = ?", filter.act.map(Act::name));
        conditions.add_some("s.latest >= ?", Filter::on(&filter.since));
        conditions.add_some("s.earliest <= ?", Filter::on(&filter.until));
        conditions.add_some("a.outlet = ? COLLATE NOCASE", filter.outlet.clone());
        conditions.add_some(
            "s.article_id IN (SELECT article_id FROM article_topic WHERE topic = ? COLLATE NOCASE)",
            filter.topic.clone(),
        );
        conditions
            .add_some("s.id IN (SELECT statement_id FROM dispute_statement WHERE dispute_id = ?)", filter.dispute);
        conditions.add_some(
            "s.id IN (SELECT statement_id FROM alert_denial WHERE alert_id = ?
                UNION SELECT l.accusation_id FROM link l JOIN alert_denial n ON n.statement_id = l.denial_id WHERE n.alert_id = ?)",
            filter.alert.clone(),
        );
        self.found(STATEMENT, &conditions, "s.latest DESC, s.id DESC", filter.limit, statement_row)
    }

    /// Disputes, those with the latest news first.
    pub fn find_disputes(&self, filter: &Filter) -> Result<Vec<DisputeFound>> {
        let mut conditions = Conditions { sql: vec!["d.merged_into IS NULL".to_owned()], params: Vec::new() };
        filter.on_dispute(&mut conditions, "d.id");
        conditions.add_some("d.id = ?", filter.dispute);
        conditions.add_some("d.last_at >= ?", Filter::at(&filter.since));
        conditions.add_some("d.last_at <= ?", Filter::at(&filter.until));
        conditions.add_some("d.id = (SELECT dispute_id FROM alert WHERE id = ?)", filter.alert.clone());
        // Which they are is asked first, so that what the view counts is counted for those alone.
        let order = "d.last_at DESC, d.id DESC";
        let sql = format!(
            "SELECT * FROM disputes_overview d WHERE d.id IN (SELECT d.id FROM dispute d WHERE {} ORDER BY {order} LIMIT {})
             ORDER BY {order}",
            conditions.clause(),
            filter.limit
        );
        self.rows(&sql, params_from_iter(&conditions.params), |row| {
            Ok(DisputeFound {
                id: row.get("id")?,
                accused: row.get("accused")?,
                matter: row.get("matter")?,
                since: row.day_or_none("since")?,
                last_at: row.time("last_at")?,
                accusers: row.get("accusers")?,
                accusations: row.get("accusations")?,
                denials: row.get("denials")?,
                outlets: row.get("outlets")?,
                alerts: row.get("alerts")?,
                first_denied: row.day_or_none("first_denied")?,
                last_denied: row.day_or_none("last_denied")?,
                state: row.get("state")?,
                snoozed_until: row.time_or_none("snoozed_until")?,
                mirrors: row.get::<_, Json<Vec<i64>>>("mirrors")?.0.into_iter().map(DisputeId).collect(),
            })
        })
    }

    /// Alerts, the last raised first.
    pub fn find_alerts(&self, filter: &Filter) -> Result<Vec<AlertFound>> {
        let mut conditions = Conditions::default();
        filter.on_dispute(&mut conditions, "o.dispute");
        conditions.add_some("o.dispute = ?", filter.dispute);
        conditions.add_some("o.alert = ?", filter.alert.clone());
        conditions.add_some("o.time >= ?", Filter::at(&filter.since));
        conditions.add_some("o.time <= ?", Filter::at(&filter.until));
        conditions.add_some(
            "EXISTS (SELECT 1 FROM delivery y WHERE y.state = ? AND y.message_id IN (SELECT o.alert
                UNION SELECT digest_id FROM alert WHERE id = o.alert
                UNION SELECT digest_id FROM telling WHERE message_id = o.alert
                UNION SELECT message_id FROM alert_update WHERE alert_id = o.alert))",
            filter.state,
        );
        self.found("SELECT * FROM alerts_overview o", &conditions, "o.time DESC, o.alert DESC", filter.limit, |row| {
            Ok(AlertFound {
                alert: row.get("alert")?,
                time: row.time("time")?,
                rules: row.get("rules")?,
                confidence: row.get("confidence")?,
                dispute: row.get("dispute")?,
                matter: row.get("matter")?,
                accused: row.get("accused")?,
                outlets: row.get("outlets")?,
                denial_speaker: row.get("denial_speaker")?,
                denial_actor: row.get("denial_actor")?,
                denial: row.get("denial")?,
                denial_passage: row.get("denial_passage")?,
                said_earliest: row.day_or_none("said_earliest")?,
                said_latest: row.day_or_none("said_latest")?,
                denial_title: row.get("denial_title")?,
                denial_url: row.get("denial_url")?,
                denial_outlet: row.get("denial_outlet")?,
                accusation_speaker: row.get("accusation_speaker")?,
                accusation_actor: row.get("accusation_actor")?,
                accusation: row.get("accusation")?,
                accusation_passage: row.get("accusation_passage")?,
                accused_earliest: row.day_or_none("accused_earliest")?,
                accused_latest: row.day_or_none("accused_latest")?,
                accusation_title: row.get("accusation_title")?,
                accusation_url: row.get("accusation_url")?,
                accusation_outlet: row.get("accusation_outlet")?,
                score: row.get("score")?,
                because: row.get("because")?,
                held: row.get("held")?,
                deliveries: row.get("deliveries")?,
                waiting: row.get("waiting")?,
                updates: row.get("updates")?,
                marked: row.get("marked")?,
                why: row.get("why")?,
                lapsed_at: row.time_or_none("lapsed_at")?,
            })
        })
    }

    /// Deliveries, those of the newest messages first.
    pub fn find_deliveries(&self, filter: &Filter) -> Result<Vec<DeliveryFound>> {
        let mut conditions = Conditions::default();
        conditions.add_some("y.state = ?", filter.state);
        conditions.add_some("m.created_at >= ?", Filter::at(&filter.since));
        conditions.add_some("m.created_at <= ?", Filter::at(&filter.until));
        conditions.add_some(
            "y.message_id IN (SELECT id FROM alert WHERE id = ? UNION SELECT digest_id FROM alert WHERE id = ?
                UNION SELECT digest_id FROM telling WHERE message_id = ?
                UNION SELECT message_id FROM alert_update WHERE alert_id = ?)",
            filter.alert.clone(),
        );
        conditions.add_some(
            "y.message_id IN (SELECT id FROM alert WHERE dispute_id = ? UNION SELECT digest_id FROM alert WHERE dispute_id = ?
                UNION SELECT t.digest_id FROM alert al JOIN telling t ON t.message_id = al.id WHERE al.dispute_id = ?
                UNION SELECT u.message_id FROM alert al JOIN alert_update u ON u.alert_id = al.id WHERE al.dispute_id = ?)",
            filter.dispute,
        );
        let select = "SELECT y.*, m.kind, m.created_at FROM delivery y JOIN message m ON m.id = y.message_id";
        self.found(select, &conditions, "y.id DESC", filter.limit, |row| {
            let state = row.get("state")?;
            Ok(DeliveryFound {
                id: row.get("id")?,
                message: row.get("message_id")?,
                kind: row.get("kind")?,
                sink: row.get("sink")?,
                state,
                tries: row.get("tries")?,
                created_at: row.time("created_at")?,
                next_try_at: match state {
                    DeliveryState::Pending => row.time_or_none("next_try_at")?,
                    _ => None,
                },
                delivered_at: row.time_or_none("delivered_at")?,
                last_status: row.get("last_status")?,
                last_error: row.get("last_error")?,
            })
        })
    }

    /// Articles, the newest first. Full text covers those that matched the watchlist.
    pub fn find_articles(&self, filter: &Filter) -> Result<Vec<ArticleFound>> {
        let mut conditions = Conditions::default();
        if let Some(text) = filter.text.as_deref().and_then(full_text_query) {
            conditions.add(
                "a.id IN (SELECT v.article_id FROM article_text x JOIN version v ON v.id = x.rowid WHERE article_text MATCH ?)",
                text,
            );
        }
        conditions.add_some(
            "a.id IN (SELECT s.article_id FROM party p JOIN statement s ON s.id = p.statement_id WHERE p.key = ?)",
            filter.actor.as_deref().map(fold),
        );
        conditions.add_some(
            "a.id IN (SELECT article_id FROM article_topic WHERE topic = ? COLLATE NOCASE)",
            filter.topic.clone(),
        );
        conditions.add_some("a.outlet = ? COLLATE NOCASE", filter.outlet.clone());
        conditions.add_some("a.time >= ?", Filter::at(&filter.since));
        conditions.add_some("a.time <= ?", Filter::at(&filter.until));
        conditions.add_some(
            "a.id IN (SELECT s.article_id FROM dispute_statement j JOIN statement s ON s.id = j.statement_id
                WHERE j.dispute_id = ?)",
            filter.dispute,
        );
        let select = "SELECT a.id, a.time, a.outlet, a.title, a.url, a.stage, a.reason,
                (SELECT v.source FROM version v WHERE v.article_id = a.id ORDER BY v.n DESC LIMIT 1) AS source,
                (SELECT count(*) FROM version v WHERE v.article_id = a.id) AS versions,
                (SELECT count(*) FROM statement s WHERE s.article_id = a.id AND s.superseded = 0 AND s.act = 'accusation')
                    AS accusations,
                (SELECT count(*) FROM statement s WHERE s.article_id = a.id AND s.superseded = 0 AND s.act = 'denial') AS denials
            FROM article a";
        self.found(select, &conditions, "a.time DESC, a.id DESC", filter.limit, |row| {
            Ok(ArticleFound {
                id: row.get("id")?,
                time: row.time("time")?,
                outlet: row.get("outlet")?,
                title: row.get("title")?,
                url: row.get("url")?,
                stage: row.get("stage")?,
                reason: row.get("reason")?,
                source: row.get("source")?,
                versions: row.get("versions")?,
                accusations: row.get("accusations")?,
                denials: row.get("denials")?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_user_types_is_words_and_never_syntax() {
        let asked = |typed: &str| full_text_query(typed);
        assert_eq!(asked("shells NEAR(a b) OR"), Some(r#""shells" "NEAR(a" "b)" "OR""#.to_owned()));
        assert_eq!(asked(r#"shell* "arms deal" -x"#), Some(r#""shell"* "arms deal" "-x""#.to_owned()));
        assert_eq!(asked("unclosed \"arms deal"), Some(r#""unclosed" "arms deal""#.to_owned()));
        assert_eq!(asked(" \" * — \0"), None);
    }
}
