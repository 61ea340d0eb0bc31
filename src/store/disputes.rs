//! What linking needs: candidates by party and day, disputes and their statements, links, events already told.

use super::sql::{Columns, Day, Json, RowTimes, Time};
use super::statements::{STATEMENT, StatementRow, statement_row};
use super::{ArticleId, DisputeId, Reader, Result, StatementId, Transaction};
use crate::statements::{Act, Period};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, params};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DisputeRow {
    /// Its row.
    pub id: DisputeId,
    /// The accused party's name.
    pub accused: String,
    /// The canonical actor that it belongs to.
    pub accused_actor: Option<String>,
    /// The party as linking compares it.
    pub accused_key: String,
    /// What it is about, a few words.
    pub matter: String,
    /// The day of its earliest accusation.
    pub since: Option<Date>,
    /// When a statement last joined it.
    pub last_at: Timestamp,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Nothing is told of it until then, by the user's command.
    pub snoozed_until: Option<Timestamp>,
    /// Since when nothing is told of it, by the user's command.
    pub closed_at: Option<Timestamp>,
}

impl DisputeRow {
    /// Until when the two together are snoozed, or since when they are closed: the stricter of what the user said of each.
    pub fn stricter(&self, other: &DisputeRow) -> (Option<Timestamp>, Option<Timestamp>) {
        match self.closed_at.or(other.closed_at) {
            None => (self.snoozed_until.max(other.snoozed_until), None),
            closed => (None, closed),
        }
    }
}

/// A dispute to be opened.
#[derive(Debug, Clone, Copy)]
pub struct NewDispute<'a> {
    /// The accused party's name.
    pub accused: &'a str,
    /// The canonical actor that it belongs to.
    pub accused_actor: Option<&'a str>,
    /// The party as linking compares it.
    pub accused_key: &'a str,
    /// What it is about, a few words.
    pub matter: &'a str,
    /// The day of its earliest accusation.
    pub since: Option<Date>,
}

/// "This denial answers that accusation", and why.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LinkRow {
    /// The denial.
    pub denial: StatementId,
    /// The accusation that it answers.
    pub accusation: StatementId,
    /// How sure, 0 to 1.
    pub score: f64,
    /// Why, for people.
    pub reasons: Vec<String>,
}

/// One denial event that was told, or is held for the digest.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AlertRow {
    /// Its ULID.
    pub id: String,
    /// The dispute.
    pub dispute: DisputeId,
    /// The denial that raised it.
    pub denial: StatementId,
    /// Who denies, folded.
    pub side: String,
    /// When the denial was said.
    pub said_at: Period,
    /// When it was raised.
    pub created_at: Timestamp,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// The rules that matched.
    pub rules: Vec<String>,
    /// Why it goes to the digest instead of at once.
    pub held: Option<String>,
}

/// An alert to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewAlert<'a> {
    /// Its ULID.
    pub id: &'a str,
    /// The dispute.
    pub dispute: DisputeId,
    /// The denial that raised it.
    pub denial: StatementId,
    /// The outlet that carries it.
    pub outlet: &'a str,
    /// Who denies, folded.
    pub side: &'a str,
    /// When the denial was said.
    pub said_at: Period,
    /// When it is raised.
    pub created_at: Timestamp,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// The rules that matched.
    pub rules: &'a [String],
    /// Why it goes to the digest instead of at once.
    pub held: Option<&'a str>,
}

/// A claim of the log, as far as it tells whether it is worth reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its row.
    pub id: StatementId,
    /// The last day on which it can have been said.
    pub latest: Date,
    /// What it says, in brief ([`crate::disputes::sketch`]).
    pub sketch: Vec<u8>,
}

/// Claims that blame one party, or in which it denies, from the newest on: a party with ten thousand claims costs no more
/// than the limit.
pub(super) const CANDIDATES: &str = "SELECT statement_id, latest, words FROM claim
    WHERE key = ?1 AND act = ?2 AND latest BETWEEN ?3 AND ?4 AND earliest <= ?4 AND article_id <> ?5
    ORDER BY latest DESC, statement_id DESC LIMIT ?6";

/// The same for those that may have been said since then, but also later: of a party's later claims only the newest are
/// looked at, since for an article of long ago nearly all are later.
pub(super) const CANDIDATES_OF_LONG: &str = "SELECT statement_id, latest, words
    FROM (SELECT * FROM claim WHERE key = ?1 AND act = ?2 AND latest > ?3 ORDER BY latest DESC, statement_id DESC LIMIT ?5)
    WHERE earliest <= ?3 AND article_id <> ?4";

/// The newest claims of a dispute, read off its key.
pub(super) const MEMBERS: &str = "SELECT j.statement_id, k.words
    FROM dispute_statement j CROSS JOIN sketch k ON k.statement_id = j.statement_id
    WHERE j.dispute_id = ?1 AND k.article_id <> ?2 ORDER BY j.statement_id DESC LIMIT ?3";

fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    let mut columns = Columns::of(row);
    Ok(Candidate { id: columns.next()?, latest: columns.next::<Day>()?.0, sketch: columns.next()? })
}

fn dispute(row: &Row<'_>) -> rusqlite::Result<DisputeRow> {
    Ok(DisputeRow {
        id: row.get("id")?,
        accused: row.get("accused")?,
        accused_actor: row.get("accused_actor")?,
        accused_key: row.get("accused_key")?,
        matter: row.get("matter")?,
        since: row.day_or_none("since")?,
        last_at: row.time("last_at")?,
        opened_at: row.time("opened_at")?,
        snoozed_until: row.time_or_none("snoozed_until")?,
        closed_at: row.time_or_none("closed_at")?,
    })
}

/// Denials of one event that are looked at: the hundredth outlet tells nothing that the first did not.
const MOST_OF_EVENT: u32 = 100;

pub(super) const EVENT: &str = "SELECT n.statement_id, k.words FROM alert_denial n
    LEFT JOIN sketch k ON k.statement_id = n.statement_id WHERE n.alert_id = ?1 ORDER BY n.statement_id LIMIT ?2";

/// Events of a side in one dispute that are looked at: a year of them, were it to deny twice a week. What tells one again that
/// is older than those is told anew.
const MOST_EVENTS: u32 = 100;

/// Statements of a dispute whose articles say what it touches.
const MOST_MATCHED: u32 = 300;

/// How many events of a side in other disputes are looked at.
const MOST_BESIDE: u32 = 20;

fn alert(row: &Row<'_>) -> rusqlite::Result<AlertRow> {
    Ok(AlertRow {
        id: row.get("id")?,
        dispute: row.get("dispute_id")?,
        denial: row.get("denial_id")?,
        side: row.get("side")?,
        said_at: Period { earliest: row.day_or_none("said_earliest")?, latest: row.day_or_none("said_latest")? },
        created_at: row.time("created_at")?,
        confidence: row.get("confidence")?,
        rules: row.get::<_, Json<Vec<String>>>("rules")?.0,
        held: row.get("held")?,
    })
}

impl Reader {
    /// Accusations that blame the party with that key, or denials in which it denies or is spoken for, the newest first: said
    /// from `since` on and by `until`, as far as is known, in other articles than `besides`. Without those that only repeat
    /// another of their article.
    pub fn candidates(
        &self,
        key: &str,
        act: Act,
        (since, until): (Date, Date),
        besides: ArticleId,
        limit: u32,
    ) -> Result<Vec<Candidate>> {
        let said = params![key, act.name(), Day(since), Day(until), besides, limit];
        let mut found = self.rows(CANDIDATES, said, candidate)?;
        found.extend(self.rows(CANDIDATES_OF_LONG, params![key, act.name(), Day(until), besides, limit], candidate)?);
        found.sort_unstable_by_key(|one| Reverse((one.latest, one.id)));
        found.truncate(limit as usize);
        Ok(found)
    }

    /// The dispute.
    pub fn dispute(&self, id: DisputeId) -> Result<Option<DisputeRow>> {
        self.row("SELECT * FROM dispute WHERE id = ?1", [id], dispute)
    }

    /// The dispute that the statement belongs to.
    pub fn dispute_of(&self, statement: StatementId) -> Result<Option<DisputeId>> {
        self.row("SELECT dispute_id FROM dispute_statement WHERE statement_id = ?1", [statement], |row| row.get(0))
    }

    /// The dispute of each of these statements that is in one.
    pub fn dispute_of_each(&self, statements: &[StatementId]) -> Result<HashMap<StatementId, DisputeId>> {
        let ids: Vec<i64> = statements.iter().map(|id| id.0).collect();
        let sql = "SELECT statement_id, dispute_id FROM dispute_statement WHERE statement_id IN (SELECT value FROM json_each(?1))";
        Ok(self.rows(sql, [Json(ids)], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
    }

    /// The disputes that these statements belong to.
    pub fn disputes_of(&self, statements: &BTreeSet<StatementId>) -> Result<BTreeSet<DisputeId>> {
        let ids: Vec<i64> = statements.iter().map(|id| id.0).collect();
        let sql =
            "SELECT DISTINCT dispute_id FROM dispute_statement WHERE statement_id IN (SELECT value FROM json_each(?1))";
        Ok(self.rows(sql, [Json(ids)], |row| row.get(0))?.into_iter().collect())
    }

    /// The dispute that the one of that id has become: itself, unless it was merged.
    pub fn going_on(&self, dispute: DisputeId) -> Result<DisputeId> {
        let into = "SELECT merged_into FROM dispute WHERE id = ?1 AND merged_into IS NOT NULL";
        Ok(self.row(into, [dispute], |row| row.get(0))?.unwrap_or(dispute))
    }

    /// The claims of the dispute that were stored last, in brief: of other articles than `besides` and without repeats.
    pub fn newest_claims_in(
        &self,
        dispute: DisputeId,
        besides: ArticleId,
        limit: u32,
    ) -> Result<Vec<(StatementId, Vec<u8>)>> {
        self.rows(MEMBERS, params![dispute, besides, limit], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The topics that the newest articles of the dispute match.
    pub fn topics_of(&self, dispute: DisputeId) -> Result<BTreeSet<String>> {
        let topics = self.rows(
            "SELECT DISTINCT t.topic FROM (SELECT s.article_id FROM dispute_statement j
                CROSS JOIN statement s ON s.id = j.statement_id WHERE j.dispute_id = ?1 AND s.superseded = 0
                ORDER BY j.statement_id DESC LIMIT ?2) j
             CROSS JOIN article_topic t ON t.article_id = j.article_id",
            params![dispute, MOST_MATCHED],
            |row| row.get(0),
        )?;
        Ok(topics.into_iter().collect())
    }

    /// The newest events of the denying side in the dispute, the newest first.
    pub fn alerts_of(&self, dispute: DisputeId, side: &str) -> Result<Vec<AlertRow>> {
        let sql = format!(
            "SELECT * FROM alert WHERE dispute_id = ?1 AND side = ?2 ORDER BY said_latest DESC, id DESC LIMIT {MOST_EVENTS}"
        );
        self.rows(&sql, params![dispute, side], alert)
    }

    /// The events of the denying side in other disputes that lie in the time, the newest first.
    pub fn alerts_beside(&self, dispute: DisputeId, side: &str, since: Date, until: Date) -> Result<Vec<AlertRow>> {
        let sql = format!(
            "SELECT * FROM alert WHERE side = ?2 AND said_latest BETWEEN ?3 AND ?4 AND dispute_id <> ?1
             ORDER BY said_latest DESC, id DESC LIMIT {MOST_BESIDE}"
        );
        self.rows(&sql, params![dispute, side, Day(since), Day(until)], alert)
    }

    /// The denials of the alert's event, in the order in which they were stored: the first of them, as many as one event is told by,
    /// and those that it was told by since.
    pub fn denials_of(&self, alert: &str) -> Result<Vec<StatementRow>> {
        let sql = format!(
            "{STATEMENT} WHERE s.id IN (SELECT statement_id FROM (SELECT statement_id FROM alert_denial WHERE alert_id = ?1
                ORDER BY statement_id LIMIT {MOST_OF_EVENT})
                UNION SELECT denial_id FROM alert_update WHERE alert_id = ?1) ORDER BY s.id"
        );
        self.rows(&sql, [alert], statement_row)
    }

    /// The same, in brief; what was only said again has no sketch.
    pub fn denials_in_brief(&self, alert: &str) -> Result<Vec<(StatementId, Vec<u8>)>> {
        self.rows(EVENT, params![alert, MOST_OF_EVENT], |row| {
            Ok((row.get(0)?, row.get::<_, Option<Vec<u8>>>(1)?.unwrap_or_default()))
        })
    }

    /// The alert.
    pub fn alert(&self, id: &str) -> Result<Option<AlertRow>> {
        self.row("SELECT * FROM alert WHERE id = ?1", [id], alert)
    }

    /// The outlets that carry the alert's denial, in the order in which they told it.
    pub fn outlets_of(&self, alert: &str) -> Result<Vec<String>> {
        let sql = "SELECT outlet FROM alert_denial WHERE alert_id = ?1 GROUP BY outlet ORDER BY min(statement_id)";
        self.rows(sql, [alert], |row| row.get(0))
    }
}

impl Transaction<'_> {
    /// Opens a dispute.
    pub fn open_dispute(&self, new: &NewDispute<'_>, now: Timestamp) -> Result<DisputeId> {
        let id = self.insert(
            "INSERT INTO dispute (accused, accused_actor, accused_key, matter, since, last_at, opened_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            params![new.accused, new.accused_actor, new.accused_key, new.matter, new.since.map(Day), Time(now)],
        )?;
        Ok(DisputeId(id))
    }

    /// Lets the statement join the dispute; one that belongs to another leaves that. An earlier accusation
    /// moves the dispute's beginning back.
    pub fn join_dispute(&self, dispute: DisputeId, statement: StatementId, now: Timestamp) -> Result<()> {
        self.execute(
            "INSERT INTO dispute_statement (dispute_id, statement_id) VALUES (?1, ?2)
             ON CONFLICT (statement_id) DO UPDATE SET dispute_id = excluded.dispute_id",
            params![dispute, statement],
        )?;
        self.execute(
            "UPDATE dispute SET last_at = max(last_at, ?3), since =
                (SELECT CASE WHEN s.act = 'accusation' THEN min(coalesce(dispute.since, s.earliest), s.earliest)
                    ELSE dispute.since END FROM statement s WHERE s.id = ?2)
             WHERE id = ?1",
            params![dispute, statement, Time(now)],
        )?;
        Ok(())
    }

    /// Stores that the denial answers the accusation; a second finding replaces the first.
    pub fn link(&self, link: &LinkRow) -> Result<()> {
        self.execute(
            "INSERT INTO link (denial_id, accusation_id, score, reasons) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (denial_id, accusation_id) DO UPDATE SET score = excluded.score, reasons = excluded.reasons",
            params![link.denial, link.accusation, link.score, Json(&link.reasons)],
        )?;
        Ok(())
    }

    /// Stores an alert with its denial.
    pub fn insert_alert(&self, new: &NewAlert<'_>) -> Result<()> {
        self.execute(
            "INSERT INTO alert (id, dispute_id, denial_id, side, said_earliest, said_latest, created_at, confidence, rules, held)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                new.id,
                new.dispute,
                new.denial,
                new.side,
                new.said_at.earliest.map(Day),
                new.said_at.latest.map(Day),
                Time(new.created_at),
                new.confidence,
                Json(new.rules),
                new.held,
            ],
        )?;
        self.add_denial(new.id, new.denial, new.outlet)
    }

    /// Counts another denial into the alert's event.
    pub fn add_denial(&self, alert: &str, denial: StatementId, outlet: &str) -> Result<()> {
        self.execute(
            "INSERT OR IGNORE INTO alert_denial (alert_id, statement_id, outlet) VALUES (?1, ?2, ?3)",
            params![alert, denial, outlet],
        )?;
        Ok(())
    }

    /// Replaces the rules that the alert names, when more of them watch its event.
    pub fn set_rules(&self, alert: &str, rules: &[String]) -> Result<()> {
        self.execute("UPDATE alert SET rules = ?2 WHERE id = ?1", params![alert, Json(rules)])?;
        Ok(())
    }

    /// The alert, which no sink has yet, is told by this denial of its event from now on, and in the dispute of that.
    pub fn retell_by(
        &self,
        alert: &str,
        (denial, dispute): (StatementId, DisputeId),
        said_at: Period,
        confidence: f64,
    ) -> Result<()> {
        self.execute(
            "UPDATE alert SET denial_id = ?2, said_earliest = ?3, said_latest = ?4, confidence = ?5, dispute_id = ?6 WHERE id = ?1",
            params![alert, denial, said_at.earliest.map(Day), said_at.latest.map(Day), confidence, dispute],
        )?;
        Ok(())
    }

    /// The alert was told at once after all, somewhere.
    pub fn release_alert(&self, alert: &str) -> Result<()> {
        self.execute("UPDATE alert SET held = NULL WHERE id = ?1", params![alert])?;
        Ok(())
    }

    /// What the user wants to hear of the dispute: nothing until `snoozed_until`; nothing since `closed_at`.
    pub fn set_standing(
        &self,
        dispute: DisputeId,
        snoozed_until: Option<Timestamp>,
        closed_at: Option<Timestamp>,
    ) -> Result<()> {
        self.execute(
            "UPDATE dispute SET snoozed_until = ?2, closed_at = ?3 WHERE id = ?1",
            params![dispute, snoozed_until.map(Time), closed_at.map(Time)],
        )?;
        Ok(())
    }

    /// Makes the dispute `from` a part of `into`: its statements, links and alerts belong there from now on. `false` where
    /// the user has set the two apart, or where they are one already.
    pub fn merge_disputes(&self, from: DisputeId, into: DisputeId) -> Result<bool> {
        let apart = "SELECT 1 FROM apart WHERE one = min(?1, ?2) AND other = max(?1, ?2)";
        if from == into || self.row(apart, [from, into], |_| Ok(()))?.is_some() {
            return Ok(false);
        }
        self.execute("UPDATE dispute_statement SET dispute_id = ?2 WHERE dispute_id = ?1", [from, into])?;
        self.execute("UPDATE alert SET dispute_id = ?2 WHERE dispute_id = ?1", [from, into])?;
        self.execute(
            "UPDATE dispute SET last_at = max(dispute.last_at, other.last_at), by_hand = max(dispute.by_hand, other.by_hand),
                since = min(coalesce(dispute.since, other.since), coalesce(other.since, dispute.since))
             FROM (SELECT since, last_at, by_hand FROM dispute WHERE id = ?1) other WHERE dispute.id = ?2",
            [from, into],
        )?;
        // Whoever knows the dispute by an older id still finds it in one step.
        self.execute("UPDATE dispute SET merged_into = ?2 WHERE id = ?1 OR merged_into = ?1", [from, into])?;
        self.execute(
            "INSERT OR IGNORE INTO apart (one, other)
             SELECT min(?2, k.other), max(?2, k.other)
             FROM (SELECT CASE WHEN one = ?1 THEN other ELSE one END AS other FROM apart WHERE one = ?1 OR other = ?1) k
             WHERE k.other <> ?2",
            [from, into],
        )?;
        Ok(true)
    }

    /// The user has said what belongs to the dispute: a replay leaves its statements in it.
    pub fn made_by_hand(&self, dispute: DisputeId) -> Result<()> {
        self.execute("UPDATE dispute SET by_hand = 1 WHERE id = ?1", [dispute])?;
        Ok(())
    }

    /// Takes the statements with what repeats them, and the alerts that one of them raised, out of the dispute into one of
    /// their own, which is never merged with it again; it is about `matter`, else about what that was, and as snoozed or
    /// closed as that is. `None` where the dispute has none of them, or no others.
    pub fn split_dispute(
        &self,
        dispute: DisputeId,
        statements: &[StatementId],
        matter: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<DisputeId>> {
        let Some(known) = self.dispute(dispute)? else { return Ok(None) };
        let members: BTreeSet<StatementId> = self
            .rows("SELECT statement_id FROM dispute_statement WHERE dispute_id = ?1", [dispute], |row| row.get(0))?
            .into_iter()
            .collect();
        let mut taken: BTreeSet<StatementId> = statements.iter().copied().filter(|id| members.contains(id)).collect();
        for statement in taken.clone() {
            let repeats = "SELECT id FROM statement WHERE repeats = ?1";
            taken.extend(
                self.rows(repeats, [statement], |row| row.get(0))?.into_iter().filter(|id| members.contains(id)),
            );
        }
        if taken.is_empty() || taken.len() == members.len() {
            return Ok(None);
        }
        let new = self.open_dispute(
            &NewDispute {
                accused: &known.accused,
                accused_actor: known.accused_actor.as_deref(),
                accused_key: &known.accused_key,
                matter: matter.unwrap_or(&known.matter),
                since: None,
            },
            now,
        )?;
        for statement in taken {
            self.join_dispute(new, statement, now)?;
            self.execute("UPDATE alert SET dispute_id = ?1 WHERE denial_id = ?2", params![new, statement])?;
        }
        self.set_standing(new, known.snoozed_until, known.closed_at)?;
        self.execute("INSERT INTO apart (one, other) VALUES (?1, ?2)", [dispute, new])?;
        self.made_by_hand(dispute)?;
        self.made_by_hand(new)?;
        Ok(Some(new))
    }

    /// Notes that the digest with that message id tells of the alert.
    pub fn mark_digested(&self, alert: &str, digest: &str) -> Result<()> {
        self.execute("UPDATE alert SET digest_id = ?2 WHERE id = ?1", params![alert, digest])?;
        Ok(())
    }
}
