//! A new generation of statements, links and disputes: made in a copy of the log, held against what the log has, and put
//! in its place in one transaction.
//!
//! The copy remembers what it had (`was_…`) before that is taken out and filed anew; `new_…` say what of the copy is what of
//! the log. Ids of the copy mean nothing outside it.

use super::archives::FROM_ARCHIVE;
use super::sql::Time;
use super::{ArticleId, DisputeId, Reader, Result, Store, StoreError, Transaction, VersionId};
use crate::statements::Act;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

/// The name of the fact that counts generations; the first has none.
const GENERATION: &str = "generation";
/// Columns of a statement that are not the engine's finding.
const NO_FINDING: [&str; 6] = ["id", "article_id", "version_id", "repeats", "baseline", "superseded"];
/// Why an alert that a replay found waits for the digest.
const FOUND: &str = "found when the log was read again";
/// The sides that are remembered for the parties of a statement, as one text.
const SIDES: &str = "(SELECT group_concat(side, ', ') FROM
    (SELECT r.role || ': ' || r.actor AS side FROM remembered r WHERE r.statement_id = s.id ORDER BY r.role))";

/// A text that can be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    /// Its article.
    pub article: ArticleId,
    /// The article's newest version.
    pub version: VersionId,
    /// When it was read first: for an article of an archive, its own time.
    pub read_at: Timestamp,
    /// It came with an archive.
    pub archived: bool,
    /// The statement that tells its place among the others: its own first, or the one behind which it was filed.
    place: i64,
    /// It has no statement of its own there.
    behind: bool,
}

/// How many of one kind there are, by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// As before.
    pub kept: u64,
    /// There before, but with other parties, times or marks.
    pub changed: u64,
    /// Not there before.
    pub added: u64,
    /// No longer there.
    pub dropped: u64,
}

impl Change {
    /// Whether all are as before.
    pub fn is_none(self) -> bool {
        self.changed + self.added + self.dropped == 0
    }
}

/// What becomes of the disputes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DisputeChanges {
    /// Those that are there in both generations.
    pub kept: u64,
    /// New ones.
    pub opened: u64,
    /// Those that leave others: the dispute that each is split from.
    pub split: Vec<DisputeId>,
    /// Those that become part of another; where that is new, no id is known yet.
    pub merged: Vec<(DisputeId, Option<DisputeId>)>,
    /// Those without any statement left.
    pub gone: Vec<DisputeId>,
    /// What the user has said of any of those: `closed`, `snoozed`, `made by hand`.
    pub standing: BTreeMap<DisputeId, String>,
}

/// An alert of one generation alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertChange {
    /// Its id; of a new one without meaning until it is stored.
    pub id: String,
    /// Who denies.
    pub speaker: Option<String>,
    /// What is denied.
    pub denial: String,
    /// The headline above it.
    pub title: Option<String>,
    /// When it was raised, or would have been.
    pub at: String,
    /// The user's mark.
    pub marked: Option<String>,
}

/// One generation held against the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Statements by act: accusation, denial, other.
    pub statements: BTreeMap<&'static str, Change>,
    /// Which denial answers which accusation.
    pub links: Change,
    /// Disputes.
    pub disputes: DisputeChanges,
    /// Alerts that would be new.
    pub alerts: Vec<AlertChange>,
    /// Alerts that would no longer be raised; they stay in the log.
    pub alerts_lapsed: Vec<AlertChange>,
    /// Alerts that lapsed with an earlier generation and would be raised again.
    pub alerts_back: Vec<AlertChange>,
}

impl Comparison {
    /// Whether the new generation is the old one.
    pub fn is_none(&self) -> bool {
        let disputes = &self.disputes;
        self.statements.values().all(|change| change.is_none())
            && self.links.is_none()
            && disputes.opened == 0
            && disputes.split.is_empty()
            && disputes.merged.is_empty()
            && disputes.gone.is_empty()
            && [&self.alerts, &self.alerts_lapsed, &self.alerts_back].iter().all(|alerts| alerts.is_empty())
    }
}

impl Store {
    /// Opens a copy of the log that [`Reader::copy_to`] made.
    ///
    /// # Errors
    /// What the file meets.
    pub fn open_copy(path: &Path) -> Result<Store> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Nothing of it outlives a crash, and what is taken out of it may leave rows behind that refer to it.
        connection
            .execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;")?;
        super::words::register(&connection)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Store { reader: Reader::new(connection)?, _lock: None })
    }

    /// Lets [`Store::adopt`] read the copy at `path`, whose file may be unlinked then.
    pub fn attach_copy(&self, path: &Path) -> Result<()> {
        self.reader.connection.execute("ATTACH DATABASE ?1 AS copy", [path.to_string_lossy()])?;
        // Read once, so that the file is open.
        self.number("SELECT count(*) FROM copy.sqlite_schema", []).map(|_| ())
    }

    /// Puts the generation of the attached copy in place of the log's, in one transaction, and returns its number. `filed` is
    /// [`Reader::filed`] of the copy as it was made. With `alerts`, those that are new wait for the next digest; without,
    /// nothing that is newly found is ever told.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where something was filed since the copy was made; what the log meets. Nothing is changed then.
    pub fn adopt(&mut self, filed: &str, alerts: bool, now: Timestamp) -> Result<u64> {
        self.write(|tx| {
            if tx.filed()? != filed {
                return Err(StoreError::Busy);
            }
            tx.put_in_place(alerts, now)
        })
    }
}

impl Reader {
    /// Copies the log, as it is at one moment, into a new file.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Unwritable`].
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        self.connection.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        Ok(())
    }

    /// What is another text once an article was filed, or a dispute merged or split. Marks, snoozes and deliveries leave it
    /// as it is: a replay does not touch them.
    pub fn filed(&self) -> Result<String> {
        let filed = self.row(
            "SELECT json_array((SELECT max(id) FROM main.statement), (SELECT total(id) FROM main.statement WHERE superseded = 0),
                (SELECT max(id) FROM main.version), (SELECT max(id) FROM main.dispute), (SELECT count(*) FROM main.alert),
                (SELECT count(*) FROM main.dispute_statement), (SELECT total(dispute_id) FROM main.dispute_statement))",
            [],
            |row| row.get(0),
        )?;
        Ok(filed.unwrap_or_default())
    }

    /// How often the log's statements were made anew, and when that was last done; 1 where they never were.
    pub fn generation(&self) -> Result<(u64, Option<Timestamp>)> {
        let fact = self.fact(GENERATION)?;
        let read = fact.as_deref().and_then(|fact| {
            let (number, at) = fact.split_once(' ')?;
            Some((number.parse().ok()?, at.parse().ok()))
        });
        Ok(read.unwrap_or((1, None)))
    }

    /// The newest texts of articles since then that can be read again, in the order in which they were filed.
    pub fn texts_to_read_again(&self, since: Option<Timestamp>) -> Result<Vec<Again>> {
        let texts = self.rows(
            "SELECT a.id, v.id AS version, v.note IS ?2 AS archived, CASE WHEN v.note IS ?2 THEN a.time ELSE v.fetched_at END AS read_at,
                coalesce(a.filed_after, (SELECT min(s.id) FROM statement s WHERE s.article_id = a.id)) AS place,
                a.filed_after IS NOT NULL AS behind
             FROM article a JOIN version v ON v.article_id = a.id AND v.n = (SELECT max(n) FROM version WHERE article_id = a.id)
             WHERE a.stage IN ('done', 'skipped') AND v.body IS NOT NULL AND a.time >= coalesce(?1, '')
             ORDER BY read_at, v.id",
            params![since.map(Time), FROM_ARCHIVE],
            |row| {
                let place: Option<i64> = row.get("place")?;
                let again = Again {
                    article: row.get("id")?,
                    version: row.get("version")?,
                    read_at: row.get::<_, Time>("read_at")?.0,
                    archived: row.get("archived")?,
                    place: place.unwrap_or_default(),
                    behind: row.get("behind")?,
                };
                Ok((again, place.is_some()))
            },
        )?;
        // Those that had statements keep their order; the others go between them by their time.
        let (mut filed, rest): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(_, placed)| *placed);
        filed.sort_by_key(|(text, _)| (text.place, text.behind));
        let mut ordered: Vec<Again> = Vec::with_capacity(filed.len() + rest.len());
        let mut rest = rest.into_iter().map(|(text, _)| text).peekable();
        let behind = |text: Again, ordered: &[Again]| Again {
            place: ordered.last().map_or(0, |last| last.place),
            behind: true,
            ..text
        };
        for (text, _) in filed {
            while let Some(earlier) = rest.next_if(|other| other.read_at <= text.read_at) {
                ordered.push(behind(earlier, &ordered));
            }
            ordered.push(text);
        }
        for text in rest {
            ordered.push(behind(text, &ordered));
        }
        Ok(ordered)
    }

    /// How many articles since then have statements, but no text any more: they keep them.
    pub fn articles_without_text(&self, since: Option<Timestamp>) -> Result<u64> {
        self.number(
            "SELECT count(*) FROM article a WHERE a.time >= coalesce(?1, '')
                AND EXISTS (SELECT 1 FROM statement s WHERE s.article_id = a.id AND s.superseded = 0)
                AND NOT EXISTS (SELECT 1 FROM version v WHERE v.article_id = a.id AND v.body IS NOT NULL)",
            [since.map(Time)],
        )
    }

    fn pairs(&self, sql: &str) -> Result<Vec<(i64, i64)>> {
        self.rows(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn ids(&self, sql: &str) -> Result<Vec<i64>> {
        self.rows(sql, [], |row| row.get(0))
    }
}

/// In a copy.
impl Transaction<'_> {
    /// Takes out what the log concluded from the texts, to be filed anew.
    pub fn begin_generation(&self, texts: &[Again]) -> Result<()> {
        self.reader.connection.execute_batch(
            "CREATE TABLE again (article_id INTEGER PRIMARY KEY, version_id INTEGER NOT NULL, filed_after INTEGER,
                failed INTEGER NOT NULL DEFAULT 0)",
        )?;
        for text in texts {
            self.execute(
                "INSERT INTO again (article_id, version_id, filed_after) VALUES (?1, ?2, ?3)",
                params![text.article, text.version, text.behind.then_some(text.place)],
            )?;
        }
        self.reader.connection.execute_batch(&format!(
            "CREATE TABLE was_statement AS SELECT s.*, {SIDES} AS sides
                FROM statement s JOIN again g ON g.article_id = s.article_id WHERE s.superseded = 0;
             CREATE UNIQUE INDEX was_statement_by_id ON was_statement(id);
             CREATE TABLE was_dispute AS SELECT * FROM dispute;
             -- Since when one is snoozed is not known: what comes in it is looked for in the comparison.
             UPDATE dispute SET snoozed_until = NULL;
             CREATE TABLE was_member AS SELECT j.dispute_id, j.statement_id FROM dispute_statement j
                JOIN statement s ON s.id = j.statement_id WHERE s.superseded = 0;
             CREATE UNIQUE INDEX was_member_by_statement ON was_member(statement_id);
             CREATE TABLE was_link AS SELECT l.denial_id, l.accusation_id
                FROM link l JOIN statement d ON d.id = l.denial_id JOIN statement a ON a.id = l.accusation_id
                WHERE (d.id IN (SELECT id FROM was_statement) OR a.id IN (SELECT id FROM was_statement))
                    AND d.superseded = 0 AND a.superseded = 0 AND l.lapsed_at IS NULL;
             CREATE TABLE was_alert AS SELECT al.*, s.speaker, s.content, a.title, s.article_id,
                    (SELECT k.verdict FROM mark k WHERE k.alert_id = al.id ORDER BY k.id DESC LIMIT 1) AS marked
                FROM alert al JOIN statement s ON s.id = al.denial_id
                JOIN again g ON g.article_id = s.article_id JOIN article a ON a.id = s.article_id;
             CREATE UNIQUE INDEX was_alert_by_id ON was_alert(id);
             CREATE TABLE was_denial AS SELECT n.alert_id, n.statement_id, s.article_id FROM alert_denial n
                JOIN statement s ON s.id = n.statement_id;
             CREATE INDEX was_denial_by_statement ON was_denial(statement_id);
             DELETE FROM telling WHERE message_id IN (SELECT id FROM was_alert UNION
                SELECT u.message_id FROM alert_update u WHERE u.alert_id IN (SELECT id FROM was_alert));
             DELETE FROM alert_update WHERE alert_id IN (SELECT id FROM was_alert);
             DELETE FROM mark WHERE alert_id IN (SELECT id FROM was_alert);
             DELETE FROM alert WHERE id IN (SELECT id FROM was_alert);
             CREATE TABLE was_kept AS SELECT id FROM alert;
             -- Those of earlier texts go as well: words are weighed by how many statements there are.
             CREATE TEMP TABLE gone AS SELECT s.id FROM statement s JOIN again g ON g.article_id = s.article_id;
             CREATE UNIQUE INDEX temp.gone_by_id ON gone(id);
             DELETE FROM alert_denial WHERE alert_id IN (SELECT id FROM was_alert) OR statement_id IN (SELECT id FROM gone);
             DELETE FROM link WHERE denial_id IN (SELECT id FROM gone) OR accusation_id IN (SELECT id FROM gone);
             DELETE FROM dispute_statement WHERE statement_id IN (SELECT id FROM gone);
             DELETE FROM party WHERE statement_id IN (SELECT id FROM gone);
             DELETE FROM remembered WHERE statement_id IN (SELECT id FROM gone);
             DELETE FROM affiliation WHERE article_id IN (SELECT article_id FROM again);
             DELETE FROM statement WHERE id IN (SELECT id FROM gone);
             DROP TABLE gone;
             -- An article that was live when its statements were first found is live again.
             UPDATE article SET baseline = 0 WHERE id IN (SELECT article_id FROM was_statement WHERE baseline = 0);"
        ))?;
        Ok(())
    }

    /// The article could not be read again: it keeps what it had.
    pub fn fail_again(&self, article: ArticleId) -> Result<()> {
        self.execute("UPDATE again SET failed = 1 WHERE article_id = ?1", [article])?;
        Ok(())
    }

    /// Finds what of the new generation is what of the old, and what is different.
    pub fn compare_generations(&self) -> Result<Comparison> {
        let statements = self.match_statements()?;
        let matched = Matched {
            refiled: self.ids("SELECT new FROM new_statement")?.into_iter().collect(),
            old_of: self.pairs("SELECT new, old FROM new_statement WHERE old IS NOT NULL")?.into_iter().collect(),
        };
        let links = self.compare_links(&matched)?;
        let newest: i64 = self.ids("SELECT coalesce(max(id), 0) FROM was_dispute")?[0];
        self.leave_what_was_made_by_hand(&matched, newest)?;
        let disputes = self.match_disputes(&matched, newest)?;
        self.match_alerts()?;
        let alerts = self.alerts(
            "SELECT al.id, al.created_at, s.speaker, s.content, a.title, NULL AS marked FROM new_alert n
             JOIN alert al ON al.id = n.new JOIN statement s ON s.id = al.denial_id JOIN article a ON a.id = s.article_id
             WHERE n.live IS NULL",
        )?;
        let found = "(SELECT live FROM new_alert WHERE same = 1)";
        let alerts_lapsed = self.alerts(&format!(
            "SELECT * FROM was_alert WHERE id NOT IN {found} AND lapsed_at IS NULL
                AND article_id NOT IN (SELECT article_id FROM again WHERE failed = 1)"
        ))?;
        let alerts_back =
            self.alerts(&format!("SELECT * FROM was_alert WHERE id IN {found} AND lapsed_at IS NOT NULL"))?;
        Ok(Comparison { statements, links, disputes, alerts, alerts_lapsed, alerts_back })
    }

    fn alerts(&self, sql: &str) -> Result<Vec<AlertChange>> {
        self.rows(&format!("SELECT * FROM ({sql}) ORDER BY created_at, id"), [], |row| {
            Ok(AlertChange {
                id: row.get("id")?,
                speaker: row.get("speaker")?,
                denial: row.get("content")?,
                title: row.get("title")?,
                at: row.get("created_at")?,
                marked: row.get("marked")?,
            })
        })
    }

    /// A statement is the same where its version, its act and the places of its cue and its content are.
    fn match_statements(&self) -> Result<BTreeMap<&'static str, Change>> {
        let ranked = |table: &str, besides: &str| {
            format!(
                "SELECT id, act, version_id, json_extract(spans, '$.cue') AS cue, json_extract(spans, '$.content') AS said,
                    row_number() OVER (PARTITION BY version_id, act, json_extract(spans, '$.cue'), json_extract(spans, '$.content')
                        ORDER BY local_id) AS nth
                 FROM {table} WHERE article_id IN (SELECT article_id FROM again WHERE failed = 0) {besides}"
            )
        };
        self.reader.connection.execute_batch(&format!(
            "CREATE TABLE new_statement AS SELECT n.id AS new, o.id AS old
                FROM ({}) n LEFT JOIN ({}) o ON o.version_id = n.version_id AND o.act = n.act AND o.cue IS n.cue AND o.said IS n.said
                    AND o.nth = n.nth;
             CREATE UNIQUE INDEX new_statement_by_new ON new_statement(new);
             CREATE INDEX new_statement_by_old ON new_statement(old);",
            ranked("statement", "AND superseded = 0"),
            ranked("was_statement", "")
        ))?;
        let mut changes: BTreeMap<&'static str, Change> = BTreeMap::new();
        // The engine's own number and how sure it is to the last digit are no change of what is said.
        let finding: Vec<String> = self.finding("main", &["engine", "local_id", "confidence"])?;
        let [ours, theirs] = ["s", "o"].map(|table| {
            let columns: Vec<String> = finding.iter().map(|column| format!("{table}.{column}")).collect();
            columns.join(", ")
        });
        let sql = format!(
            "SELECT s.act, m.old IS NULL AS added, m.old IS NOT NULL AND ({ours}, {SIDES}) IS NOT ({theirs}, o.sides) AS changed, count(*)
             FROM new_statement m JOIN statement s ON s.id = m.new LEFT JOIN was_statement o ON o.id = m.old GROUP BY 1, 2, 3"
        );
        for (act, added, changed, count) in self.rows(&sql, [], |row| {
            Ok((row.get::<_, Act>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?, row.get::<_, i64>(3)?))
        })? {
            let change = changes.entry(act.name()).or_default();
            *match (added, changed) {
                (true, _) => &mut change.added,
                (false, true) => &mut change.changed,
                (false, false) => &mut change.kept,
            } += count.unsigned_abs();
        }
        for (act, count) in self.rows(
            "SELECT act, count(*) FROM was_statement WHERE article_id IN (SELECT article_id FROM again WHERE failed = 0)
                AND id NOT IN (SELECT old FROM new_statement WHERE old IS NOT NULL) GROUP BY act",
            [],
            |row| Ok((row.get::<_, Act>(0)?, row.get::<_, i64>(1)?)),
        )? {
            changes.entry(act.name()).or_default().dropped = count.unsigned_abs();
        }
        Ok(changes)
    }

    fn compare_links(&self, matched: &Matched) -> Result<Change> {
        let before: HashSet<(i64, i64)> = self
            .pairs(
                "SELECT l.denial_id, l.accusation_id FROM was_link l WHERE NOT EXISTS (SELECT 1 FROM was_statement w
                    JOIN again g ON g.article_id = w.article_id WHERE g.failed = 1 AND w.id IN (l.denial_id, l.accusation_id))",
            )?
            .into_iter()
            .collect();
        let now = self.pairs(
            "SELECT denial_id, accusation_id FROM link WHERE denial_id IN (SELECT new FROM new_statement)
                OR accusation_id IN (SELECT new FROM new_statement)",
        )?;
        let mut links = Change::default();
        for (denial, accusation) in now {
            match matched.in_old(denial).zip(matched.in_old(accusation)) {
                Some(pair) if before.contains(&pair) => links.kept += 1,
                _ => links.added += 1,
            }
        }
        links.dropped = before.len() as u64 - links.kept;
        Ok(links)
    }

    /// What the user merged and split stays so: the statements of such a dispute are in it, and a new dispute that is mostly
    /// made of them is part of it.
    fn leave_what_was_made_by_hand(&self, matched: &Matched, newest: i64) -> Result<()> {
        let by_hand: HashSet<i64> =
            self.ids("SELECT id FROM was_dispute WHERE by_hand = 1 AND merged_into IS NULL")?.into_iter().collect();
        if by_hand.is_empty() {
            return Ok(());
        }
        let was_in: HashMap<i64, i64> =
            self.pairs("SELECT statement_id, dispute_id FROM was_member")?.into_iter().collect();
        let mut shares: BTreeMap<i64, BTreeMap<i64, u64>> = BTreeMap::new();
        for (statement, dispute) in self.current_members()? {
            if dispute > newest
                && let Some(old) = matched.in_old(statement).and_then(|statement| was_in.get(&statement))
            {
                *shares.entry(dispute).or_default().entry(*old).or_default() += 1;
            }
        }
        for (dispute, share) in shares {
            let most = share.into_iter().max_by_key(|(old, count)| (*count, Reverse(*old)));
            if let Some((old, _)) = most.filter(|(old, _)| by_hand.contains(old)) {
                self.execute("UPDATE dispute_statement SET dispute_id = ?2 WHERE dispute_id = ?1", [dispute, old])?;
            }
        }
        self.reader.connection.execute_batch(
            "INSERT INTO dispute_statement (dispute_id, statement_id)
                SELECT w.dispute_id, s.id FROM statement s LEFT JOIN new_statement n ON n.new = s.id
                JOIN was_member w ON w.statement_id = CASE WHEN n.new IS NULL THEN s.id ELSE n.old END
                JOIN was_dispute d ON d.id = w.dispute_id WHERE d.by_hand = 1 AND d.merged_into IS NULL
                ON CONFLICT (statement_id) DO UPDATE SET dispute_id = excluded.dispute_id;
             UPDATE dispute SET since = coalesce((SELECT min(s.earliest) FROM dispute_statement j JOIN statement s ON s.id = j.statement_id
                WHERE j.dispute_id = dispute.id AND s.act = 'accusation' AND s.superseded = 0), since) WHERE by_hand = 1;
             UPDATE alert AS m SET dispute_id = j.dispute_id FROM dispute_statement j
                WHERE j.statement_id = m.denial_id AND m.dispute_id <> j.dispute_id AND m.id NOT IN (SELECT id FROM was_kept);",
        )?;
        Ok(())
    }

    /// The statements that stand, each with its dispute.
    fn current_members(&self) -> Result<Vec<(i64, i64)>> {
        self.pairs(
            "SELECT j.statement_id, j.dispute_id FROM dispute_statement j JOIN statement s ON s.id = j.statement_id
             WHERE s.superseded = 0",
        )
    }

    /// A dispute is the one that shares the most statements with it; one that still has statements under its own id is itself.
    /// One that shares none with any is one of the same accused and matter that has none.
    fn match_disputes(&self, matched: &Matched, newest: i64) -> Result<DisputeChanges> {
        let was_in: HashMap<i64, i64> =
            self.pairs("SELECT statement_id, dispute_id FROM was_member")?.into_iter().collect();
        let failed = self.ids(
            "SELECT DISTINCT m.dispute_id FROM was_member m JOIN was_statement w ON w.id = m.statement_id
             JOIN again g ON g.article_id = w.article_id WHERE g.failed = 1",
        )?;
        let mut alive: HashSet<i64> = failed.into_iter().collect();
        let mut new: BTreeSet<i64> = BTreeSet::new();
        // How many statements each dispute of the copy has of each of the log.
        let mut shared: BTreeMap<(i64, i64), u64> = BTreeMap::new();
        for (statement, dispute) in self.current_members()? {
            if dispute > newest {
                new.insert(dispute);
            } else {
                alive.insert(dispute);
            }
            if let Some(old) = matched.in_old(statement).and_then(|statement| was_in.get(&statement)) {
                *shared.entry((*old, dispute)).or_default() += 1;
            }
        }
        let mut best: Vec<(Reverse<u64>, i64, i64)> =
            shared.iter().map(|((old, dispute), count)| (Reverse(*count), *old, *dispute)).collect();
        best.sort_unstable();
        let mut live_of: BTreeMap<i64, i64> = BTreeMap::new();
        for (_, old, dispute) in &best {
            if *dispute > newest && !live_of.contains_key(dispute) && alive.insert(*old) {
                live_of.insert(*dispute, *old);
            }
        }
        let inhabited: BTreeSet<i64> = self.ids("SELECT DISTINCT dispute_id FROM was_member")?.into_iter().collect();
        for (dispute, old) in self.pairs(
            "SELECT n.id, w.id FROM was_dispute w JOIN dispute n ON n.accused_key = w.accused_key AND n.matter = w.matter
             WHERE w.merged_into IS NULL AND n.id NOT IN (SELECT id FROM was_dispute) ORDER BY n.id, w.id",
        )? {
            if new.contains(&dispute) && !live_of.contains_key(&dispute) && alive.insert(old) {
                live_of.insert(dispute, old);
            }
        }

        let mut changes = DisputeChanges::default();
        self.reader.connection.execute_batch(
            "CREATE TABLE new_dispute (new INTEGER PRIMARY KEY, live INTEGER);
             CREATE TABLE heir (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);",
        )?;
        for dispute in &new {
            let live = live_of.get(dispute);
            self.execute("INSERT INTO new_dispute (new, live) VALUES (?1, ?2)", params![dispute, live])?;
            match best.iter().find(|(_, _, other)| other == dispute) {
                Some((_, old, _)) if live.is_none() => changes.split.push(DisputeId(*old)),
                None if live.is_none_or(|live| !inhabited.contains(live)) => changes.opened += 1,
                _ => {}
            }
        }
        let read: HashSet<i64> = self
            .ids("SELECT DISTINCT m.dispute_id FROM was_member m JOIN was_statement w ON w.id = m.statement_id")?
            .into_iter()
            .collect();
        for old in inhabited {
            if alive.contains(&old) {
                changes.kept += u64::from(read.contains(&old));
                continue;
            }
            match best.iter().find(|(_, other, _)| *other == old) {
                Some((_, _, heir)) => {
                    self.execute("INSERT INTO heir (old, new) VALUES (?1, ?2)", params![old, heir])?;
                    let live = if *heir <= newest { Some(*heir) } else { live_of.get(heir).copied() };
                    changes.merged.push((DisputeId(old), live.map(DisputeId)));
                }
                None => changes.gone.push(DisputeId(old)),
            }
        }
        changes.standing = self.standing()?;
        Ok(changes)
    }

    /// What the user has said of disputes.
    fn standing(&self) -> Result<BTreeMap<DisputeId, String>> {
        let named = self.rows(
            "SELECT id, CASE WHEN closed_at IS NOT NULL THEN 'closed'
                WHEN snoozed_until > strftime('%Y-%m-%dT%H:%M:%fZ', 'now') THEN 'snoozed' ELSE 'made by hand' END
             FROM was_dispute WHERE merged_into IS NULL
                AND (closed_at IS NOT NULL OR by_hand = 1 OR snoozed_until > strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(named.into_iter().collect())
    }

    /// An alert is the one that tells of the same denials; else, where one of the two denials is in one generation alone, the
    /// one of the same side in the same article. What is left is new, unless the user has been told or wants to hear nothing.
    fn match_alerts(&self) -> Result<()> {
        let best = self.rows(
            "SELECT o.alert_id, n.alert_id, count(DISTINCT o.article_id) AS articles,
                count(DISTINCT CASE WHEN m.old = o.statement_id OR (m.new IS NULL AND n.statement_id = o.statement_id)
                    THEN o.statement_id END) AS shared,
                x.old IS NOT NULL AND x.old = w.denial_id AS same_denial, w.side = al.side AS same_side,
                w.dispute_id = coalesce(d.live, al.dispute_id) AS same_dispute,
                x.old IS NULL OR w.denial_id NOT IN (SELECT old FROM new_statement WHERE old IS NOT NULL) AS reworded
             FROM was_denial o JOIN was_alert w ON w.id = o.alert_id
             JOIN statement s ON s.article_id = o.article_id JOIN alert_denial n ON n.statement_id = s.id
             JOIN alert al ON al.id = n.alert_id LEFT JOIN new_statement m ON m.new = n.statement_id
             LEFT JOIN new_statement x ON x.new = al.denial_id LEFT JOIN new_dispute d ON d.new = al.dispute_id
             WHERE al.id NOT IN (SELECT id FROM was_kept) GROUP BY 1, 2
             HAVING shared > 0 OR (same_side AND reworded)
             ORDER BY same_denial DESC, shared DESC, same_dispute DESC, same_side DESC, articles DESC, 1, 2",
            [],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        )?;
        self.reader.connection.execute_batch(
            "CREATE TABLE new_alert (new TEXT PRIMARY KEY, live TEXT, same INTEGER NOT NULL);
             CREATE UNIQUE INDEX new_alert_is ON new_alert(live) WHERE same = 1;",
        )?;
        for (old, new) in best {
            self.execute("INSERT OR IGNORE INTO new_alert (new, live, same) VALUES (?1, ?2, 1)", [new, old])?;
        }
        self.reader.connection.execute_batch(
            // Its denial was told with another alert.
            "INSERT OR IGNORE INTO new_alert (new, live, same)
                SELECT al.id, min(o.alert_id), 0 FROM alert al JOIN new_statement m ON m.new = al.denial_id
                JOIN was_denial o ON o.statement_id = m.old WHERE al.id NOT IN (SELECT id FROM was_kept) GROUP BY al.id;
             INSERT OR IGNORE INTO new_alert (new, live, same)
                SELECT al.id, NULL, 0 FROM alert al WHERE al.id NOT IN (SELECT id FROM was_kept)
                -- A denial that the log stored as no news stays none.
                AND EXISTS (SELECT 1 FROM alert_denial n LEFT JOIN new_statement m ON m.new = n.statement_id
                    LEFT JOIN was_statement w ON w.id = m.old WHERE n.alert_id = al.id AND w.baseline IS NOT 1)
                -- Nor does a closed dispute tell anything, then or later.
                AND NOT EXISTS (SELECT 1 FROM was_dispute c LEFT JOIN new_dispute d ON d.live = c.id
                    WHERE coalesce(d.new, c.id) = al.dispute_id AND c.closed_at <= al.created_at);",
        )?;
        Ok(())
    }

    /// The columns of a statement that hold what the engine found.
    fn finding(&self, schema: &str, besides: &[&str]) -> Result<Vec<String>> {
        let columns: Vec<String> =
            self.rows("SELECT name FROM pragma_table_info('statement', ?1)", [schema], |row| row.get(0))?;
        let is_finding = |column: &String| {
            let column = column.as_str();
            !NO_FINDING.contains(&column) && !besides.contains(&column)
        };
        Ok(columns.into_iter().filter(is_finding).collect())
    }
}

/// Which statement of the copy is which of the log.
struct Matched {
    /// Those that were filed anew.
    refiled: HashSet<i64>,
    /// What they were.
    old_of: HashMap<i64, i64>,
}

impl Matched {
    /// The statement in the log; what was not filed anew is in both.
    fn in_old(&self, id: i64) -> Option<i64> {
        if self.refiled.contains(&id) { self.old_of.get(&id).copied() } else { Some(id) }
    }
}

/// In the log, with the copy attached.
impl Transaction<'_> {
    fn put_in_place(&self, alerts: bool, now: Timestamp) -> Result<u64> {
        let batch = |sql: &str| self.reader.connection.execute_batch(sql);
        // References are checked at the end, when all of them are true again.
        batch(
            "PRAGMA defer_foreign_keys = ON;
             DROP TABLE IF EXISTS temp.s; DROP TABLE IF EXISTS temp.d; DROP TABLE IF EXISTS temp.out;
             CREATE TEMP TABLE s (new INTEGER PRIMARY KEY, live INTEGER NOT NULL UNIQUE, added INTEGER NOT NULL);
             CREATE TEMP TABLE d (new INTEGER PRIMARY KEY, live INTEGER NOT NULL);
             CREATE TEMP TABLE out (id INTEGER PRIMARY KEY);
             INSERT INTO s SELECT new, old, 0 FROM copy.new_statement WHERE old IS NOT NULL;
             INSERT INTO s SELECT new, (SELECT coalesce(max(id), 0) FROM main.statement) + row_number() OVER (ORDER BY new), 1
                FROM copy.new_statement WHERE old IS NULL;
             INSERT INTO out SELECT w.id FROM copy.was_statement w JOIN copy.again g ON g.article_id = w.article_id
                WHERE g.failed = 0 AND w.id NOT IN (SELECT live FROM s);",
        )?;
        for (new, live) in
            self.rows("SELECT new, live FROM copy.new_dispute", [], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?
        {
            let live = match live {
                Some(live) => live,
                None => self.insert(
                    "INSERT INTO main.dispute (accused, accused_actor, accused_key, matter, since, last_at, opened_at)
                     SELECT accused, accused_actor, accused_key, matter, since, last_at, opened_at FROM copy.dispute WHERE id = ?1",
                    [new],
                )?,
            };
            self.execute("INSERT INTO d VALUES (?1, ?2)", [new, live])?;
        }
        self.replace_statements(alerts)?;
        self.replace_sides()?;
        self.replace_disputes()?;
        self.replace_links(now)?;
        self.replace_alerts(alerts, now)?;
        self.drop_unused_disputes()?;
        batch(
            "UPDATE main.version AS v SET engine = n.engine, lang = n.lang FROM copy.version n JOIN copy.again g ON g.version_id = n.id
                WHERE v.id = n.id AND g.failed = 0;
             UPDATE main.article AS a SET stage = n.stage, reason = n.reason FROM copy.article n JOIN copy.again g ON g.article_id = n.id
                WHERE a.id = n.id AND g.failed = 0;
             -- Where its first statement is new: it keeps its place among the others.
             UPDATE main.article AS a SET filed_after = g.filed_after FROM copy.again g WHERE g.article_id = a.id AND g.failed = 0
                AND a.filed_after IS NULL AND a.id IN (SELECT article_id FROM copy.statement);
             DROP TABLE temp.s; DROP TABLE temp.d; DROP TABLE temp.out;",
        )?;
        let generation = self.generation()?.0 + 1;
        self.set_fact(GENERATION, &format!("{generation} {now}"))?;
        Ok(generation)
    }

    fn replace_statements(&self, alerts: bool) -> Result<()> {
        let finding = self.finding("main", &[])?;
        let list = |table: &str| finding.iter().map(|c| format!("{table}.{c}")).collect::<Vec<_>>().join(", ");
        let columns = finding.join(", ");
        let set = finding.iter().map(|c| format!("{c} = n.{c}")).collect::<Vec<_>>().join(", ");
        self.reader.connection.execute_batch(&format!(
            "UPDATE main.statement SET superseded = 1 WHERE id IN (SELECT id FROM out);
             UPDATE main.statement AS m SET {set} FROM s JOIN copy.statement n ON n.id = s.new
                WHERE m.id = s.live AND s.added = 0 AND ({}) IS NOT ({});
             INSERT INTO main.statement (id, article_id, version_id, baseline, {columns})
                SELECT s.live, n.article_id, n.version_id, {}, {} FROM s JOIN copy.statement n ON n.id = s.new WHERE s.added = 1;
             UPDATE main.statement AS m SET repeats = r.live FROM s JOIN copy.statement n ON n.id = s.new LEFT JOIN s r ON r.new = n.repeats
                WHERE m.id = s.live AND m.repeats IS NOT r.live;
             DELETE FROM main.party WHERE statement_id IN (SELECT live FROM s);
             INSERT INTO main.party (key, role, act, latest, statement_id)
                SELECT p.key, p.role, p.act, p.latest, s.live FROM s JOIN copy.party p ON p.statement_id = s.new;",
            list("m"),
            list("n"),
            // What a replay finds is no news, unless it is asked to tell.
            if alerts { "n.baseline" } else { "1" },
            list("n"),
        ))?;
        Ok(())
    }

    fn replace_disputes(&self) -> Result<()> {
        self.reader.connection.execute_batch(
            "UPDATE main.dispute AS m SET accused = n.accused, accused_actor = n.accused_actor, accused_key = n.accused_key,
                    matter = n.matter, since = n.since, last_at = max(m.last_at, n.last_at)
                FROM copy.dispute n LEFT JOIN d ON d.new = n.id WHERE m.id = coalesce(d.live, n.id) AND (d.live IS NOT NULL OR n.id NOT IN (SELECT live FROM d));
             DELETE FROM main.dispute_statement WHERE statement_id IN (SELECT live FROM s);
             INSERT INTO main.dispute_statement (dispute_id, statement_id)
                SELECT coalesce(d.live, j.dispute_id), coalesce(s.live, j.statement_id) FROM copy.dispute_statement j
                LEFT JOIN d ON d.new = j.dispute_id LEFT JOIN s ON s.new = j.statement_id WHERE true
                ON CONFLICT (statement_id) DO UPDATE SET dispute_id = excluded.dispute_id WHERE dispute_id <> excluded.dispute_id;
             -- A statement that is found no longer stays in its dispute only as an alert's evidence.
             DELETE FROM main.dispute_statement WHERE statement_id IN (SELECT id FROM out)
                AND statement_id NOT IN (SELECT statement_id FROM main.alert_denial);",
        )?;
        let heirs =
            self.pairs("SELECT h.old, coalesce(d.live, h.new) FROM copy.heir h LEFT JOIN d ON d.new = h.new")?;
        for (old, heir) in heirs {
            self.merge_disputes(DisputeId(old), DisputeId(heir))?;
        }
        Ok(())
    }

    /// The tables whose rows belong to a dispute, with the column that says to which.
    fn keyed_by_dispute(&self) -> Result<Vec<(String, String)>> {
        self.rows(
            "SELECT DISTINCT m.name, f.\"from\" FROM main.sqlite_schema m JOIN pragma_foreign_key_list(m.name, 'main') f
             WHERE m.type = 'table' AND f.\"table\" = 'dispute'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Disputes go that nothing refers to any more and of which the user has said nothing.
    fn drop_unused_disputes(&self) -> Result<()> {
        let unused: Vec<String> = self
            .keyed_by_dispute()?
            .iter()
            .map(|(table, column)| {
                format!("NOT EXISTS (SELECT 1 FROM main.\"{table}\" k WHERE k.\"{column}\" = dispute.id)")
            })
            .collect();
        self.execute(
            &format!(
                "DELETE FROM main.dispute WHERE id IN (SELECT dispute_id FROM copy.was_member) AND merged_into IS NULL
                    AND closed_at IS NULL AND snoozed_until IS NULL AND by_hand = 0 AND {}",
                unused.join(" AND ")
            ),
            [],
        )?;
        Ok(())
    }

    /// A link that is found no longer stays where it is an alert's evidence, and its denial has no other; so does what
    /// statements of earlier texts were linked to.
    fn replace_links(&self, now: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE main.link SET lapsed_at = ?1 WHERE lapsed_at IS NULL
                AND (denial_id IN (SELECT live FROM s UNION SELECT id FROM out)
                    OR accusation_id IN (SELECT live FROM s UNION SELECT id FROM out))
                AND NOT EXISTS (SELECT 1 FROM main.statement x WHERE x.id IN (denial_id, accusation_id) AND x.superseded = 1
                    AND x.id NOT IN (SELECT id FROM out))
                AND NOT EXISTS (SELECT 1 FROM copy.was_statement w JOIN copy.again g ON g.article_id = w.article_id
                    WHERE g.failed = 1 AND w.id IN (denial_id, accusation_id))",
            [Time(now)],
        )?;
        self.reader.connection.execute_batch(
            "INSERT INTO main.link (denial_id, accusation_id, score, reasons)
                SELECT coalesce(s.live, l.denial_id), coalesce(r.live, l.accusation_id), l.score, l.reasons FROM copy.link l
                LEFT JOIN s ON s.new = l.denial_id LEFT JOIN s r ON r.new = l.accusation_id
                WHERE s.live IS NOT NULL OR r.live IS NOT NULL
                ON CONFLICT (denial_id, accusation_id)
                DO UPDATE SET score = excluded.score, reasons = excluded.reasons, lapsed_at = NULL;
             DELETE FROM main.link WHERE lapsed_at IS NOT NULL
                AND (denial_id NOT IN (SELECT statement_id FROM main.alert_denial)
                    OR EXISTS (SELECT 1 FROM main.link o WHERE o.denial_id = link.denial_id AND o.lapsed_at IS NULL));",
        )?;
        Ok(())
    }

    /// What articles say of names' sides, and where that was used.
    fn replace_sides(&self) -> Result<()> {
        self.reader.connection.execute_batch(
            "DELETE FROM main.affiliation WHERE article_id IN (SELECT article_id FROM copy.again WHERE failed = 0);
             INSERT INTO main.affiliation (key, name, actor, article_id, statement_id, outlet, day)
                SELECT f.key, f.name, f.actor, f.article_id, s.live, f.outlet, f.day
                FROM copy.affiliation f JOIN s ON s.new = f.statement_id;
             DELETE FROM main.remembered WHERE statement_id IN (SELECT live FROM s);
             INSERT INTO main.remembered (statement_id, role, actor, evidence_id)
                SELECT s.live, r.role, r.actor, coalesce(e.live, r.evidence_id)
                FROM copy.remembered r JOIN s ON s.new = r.statement_id LEFT JOIN s e ON e.new = r.evidence_id;",
        )?;
        Ok(())
    }

    fn replace_alerts(&self, alerts: bool, now: Timestamp) -> Result<()> {
        if alerts {
            self.store_new_alerts(now)?;
        } else {
            // Nor are their denials news to a later replay.
            self.execute(
                "UPDATE main.statement SET baseline = 1 WHERE id IN (SELECT coalesce(s.live, x.statement_id)
                    FROM copy.new_alert n JOIN copy.alert_denial x ON x.alert_id = n.new LEFT JOIN s ON s.new = x.statement_id
                    WHERE n.live IS NULL)",
                [],
            )?;
        }
        self.reader.connection.execute_batch(
            "UPDATE main.alert AS m SET side = al.side, dispute_id = coalesce(d.live, al.dispute_id), lapsed_at = NULL
                FROM copy.new_alert n JOIN copy.alert al ON al.id = n.new LEFT JOIN d ON d.new = al.dispute_id
                WHERE m.id = n.live AND n.same = 1;
             INSERT OR IGNORE INTO main.alert_denial (alert_id, statement_id, outlet)
                SELECT coalesce(n.live, x.alert_id), coalesce(s.live, x.statement_id), x.outlet FROM copy.alert_denial x
                LEFT JOIN copy.new_alert n ON n.new = x.alert_id LEFT JOIN s ON s.new = x.statement_id
                WHERE coalesce(n.live, x.alert_id) IN (SELECT id FROM main.alert);
             CREATE TEMP TABLE lapsed AS SELECT w.id FROM copy.was_alert w
                WHERE w.id NOT IN (SELECT live FROM copy.new_alert WHERE same = 1)
                    AND w.article_id NOT IN (SELECT article_id FROM copy.again WHERE failed = 1);
             -- One that would no longer be raised goes where its denial is now, and else the denial stays with its alert.
             UPDATE main.alert AS m SET dispute_id = j.dispute_id FROM main.dispute_statement j
                WHERE j.statement_id = m.denial_id AND m.id IN (SELECT id FROM temp.lapsed);
             UPDATE main.dispute_statement AS j SET dispute_id = m.dispute_id FROM main.alert m
                WHERE m.denial_id = j.statement_id AND j.dispute_id <> m.dispute_id AND j.statement_id IN (SELECT id FROM out);",
        )?;
        self.execute(
            "UPDATE main.alert SET lapsed_at = ?1 WHERE lapsed_at IS NULL AND id IN (SELECT id FROM temp.lapsed)",
            [Time(now)],
        )?;
        self.execute("DROP TABLE temp.lapsed", [])?;
        Ok(())
    }

    /// Stores the alerts that are new: those of archives as an import does, told to nobody; the others wait for the digest.
    fn store_new_alerts(&self, now: Timestamp) -> Result<()> {
        let new = "copy.new_alert n JOIN copy.alert al ON al.id = n.new LEFT JOIN d ON d.new = al.dispute_id
            LEFT JOIN s ON s.new = al.denial_id";
        // An alert of an archive is its own digest.
        let at = "CASE WHEN al.digest_id IS NULL THEN ?1 ELSE al.created_at END";
        self.execute(
            &format!(
                "INSERT INTO main.message (id, kind, body, created_at)
                 SELECT m.id, m.kind, json_set(m.body, '$.data.dispute.id', coalesce(d.live, al.dispute_id)), {at}
                 FROM {new} JOIN copy.message m ON m.id = al.id WHERE n.live IS NULL"
            ),
            [Time(now)],
        )?;
        self.execute(
            &format!(
                "INSERT INTO main.alert (id, dispute_id, denial_id, side, said_earliest, said_latest, created_at, confidence, rules,
                    held, digest_id)
                 SELECT al.id, coalesce(d.live, al.dispute_id), coalesce(s.live, al.denial_id), al.side, al.said_earliest,
                    al.said_latest, {at}, al.confidence, al.rules, CASE WHEN al.digest_id IS NULL THEN ?2 ELSE al.held END, al.digest_id
                 FROM {new} WHERE n.live IS NULL"
            ),
            params![Time(now), FOUND],
        )?;
        // As what is too much for now: they wait for the daily digest, and no further denial lifts them out of it.
        self.execute(
            "INSERT OR IGNORE INTO main.telling (message_id, rule, sink, at, hold, why)
             SELECT n.new, t.rule, t.sink, ?1, 'rate', ?2 FROM copy.telling t LEFT JOIN copy.alert_update u
                ON u.message_id = t.message_id AND (SELECT kind FROM copy.message WHERE id = u.message_id) = 'denial.followed_accusation'
             JOIN copy.new_alert n ON n.new = coalesce(u.alert_id, t.message_id) AND n.live IS NULL",
            params![Time(now), FOUND],
        )?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::StatementId;
    use super::super::sample::{at, story};
    use super::*;

    #[test]
    fn what_is_filed_meanwhile_keeps_the_old_generation_in_force() {
        let mut sample = story();
        let filed = sample.store.filed().unwrap();
        let path = sample.folder.path().join("copy.db");
        sample.store.copy_to(&path).unwrap();
        sample.store.attach_copy(&path).unwrap();
        let mut copy = Store::open_copy(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        copy.write(|tx| tx.begin_generation(&[])).unwrap();
        let comparison = copy.write(|tx| tx.compare_generations()).unwrap();
        assert!(comparison.is_none(), "{comparison:?}");

        let now = at("2031-06-01T00:00:00Z");
        let mut other = Store::open_beside(&sample.path).unwrap();
        other.write(|tx| tx.join_dispute(DisputeId(1), StatementId(2), now)).unwrap();
        assert!(matches!(sample.store.adopt(&filed, false, now), Err(StoreError::Busy)));
        assert_eq!(sample.store.generation().unwrap(), (1, None));

        let filed = sample.store.filed().unwrap();
        other.write(|tx| tx.set_standing(DisputeId(1), None, Some(now))).unwrap();
        assert_eq!(sample.store.adopt(&filed, false, now).unwrap(), 2, "what the user says meanwhile is no hindrance");
        assert_eq!(sample.store.generation().unwrap(), (2, Some(now)));
        assert_eq!(sample.store.dispute(DisputeId(1)).unwrap().unwrap().closed_at, Some(now));
        sample.store.check().unwrap();
    }
}
