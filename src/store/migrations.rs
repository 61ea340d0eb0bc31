//! The log's versions: which one a file has, and how it becomes the one this program writes.

use super::files::{at, sibling};
use super::{Result, StoreError, words};
use rusqlite::{Connection, TransactionBehavior};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Marks the file as ours (<https://sqlite.org/fileformat2.html#application_id>): "GnSy".
pub(super) const APPLICATION_ID: i32 = 0x476e_5379;

/// Step n brings a log of version n to version n + 1. A step that was released is never changed.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_log.sql"),
    include_str!("migrations/0002_feeds.sql"),
    include_str!("migrations/0003_rules.sql"),
    include_str!("migrations/0004_marks.sql"),
    include_str!("migrations/0005_sides.sql"),
    include_str!("migrations/0006_replay.sql"),
    include_str!("migrations/0007_events.sql"),
    include_str!("migrations/0008_words.sql"),
    include_str!("migrations/0009_views.sql"),
    include_str!("migrations/0010_look_ups.sql"),
];

/// Made anew whenever a step ran, so that the documented views always fit the tables.
const VIEWS: &str = include_str!("views.sql");

const DROP_VIEWS: &str = "DROP VIEW IF EXISTS accusations; DROP VIEW IF EXISTS denials;
    DROP VIEW IF EXISTS disputes_overview; DROP VIEW IF EXISTS dispute_mirror; DROP VIEW IF EXISTS alerts_overview;";

/// The newest version that this program knows.
pub(super) fn known() -> i64 {
    STEPS.len() as i64
}

/// The version of the log in `connection`, opened from `path`: 0 for an empty file.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<i64> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|e| at(path, e));
    let application = number("PRAGMA application_id")?;
    let found = number("PRAGMA user_version")?;
    if application == i64::from(APPLICATION_ID) {
        let known = known();
        return if found > known { Err(StoreError::Newer { path: path.to_owned(), found, known }) } else { Ok(found) };
    }
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    if application != 0 || found != 0 || tables > 0 {
        let why = match tables {
            0 => "it is marked as another program's database".to_owned(),
            n => format!("it holds {n} tables and indexes of another program"),
        };
        return Err(StoreError::NotOurs { path: path.to_owned(), why });
    }
    Ok(0)
}

/// Brings the log from version `found` to the newest, in one transaction. A log that holds something is first
/// copied to `PATH.before-vN` with `mode`.
pub(super) fn migrate(connection: &mut Connection, path: &Path, found: i64, mode: u32) -> Result<()> {
    run(connection, path, found, mode, STEPS)
}

fn run(connection: &mut Connection, path: &Path, found: i64, mode: u32, steps: &[&str]) -> Result<()> {
    let outstanding = usize::try_from(found).ok().and_then(|done| steps.get(done..)).unwrap_or_default();
    if outstanding.is_empty() {
        return Ok(());
    }
    if found > 0 {
        back_up(connection, path, &format!(".before-v{}", steps.len()), mode)?;
    }
    words::register(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(DROP_VIEWS)?;
    for step in outstanding {
        transaction.execute_batch(step)?;
    }
    transaction.execute_batch(VIEWS)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", steps.len() as i64)?;
    transaction.commit()?;
    Ok(())
}

/// Copies the log to the file beside it that ends in `suffix`; one left by an earlier try is replaced.
fn back_up(connection: &Connection, path: &Path, suffix: &str, mode: u32) -> Result<()> {
    let partial = sibling(path, &format!("{suffix}.partial"));
    let failed = |e: std::io::Error| StoreError::Unwritable { path: partial.clone(), why: e.to_string() };
    match std::fs::remove_file(&partial) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    // VACUUM INTO takes an empty file, and would itself make one that everybody may read.
    OpenOptions::new().write(true).create_new(true).mode(mode).open(&partial).map_err(failed)?;
    connection.execute("VACUUM INTO ?1", [partial.to_string_lossy()])?;
    std::fs::rename(&partial, sibling(path, suffix)).map_err(failed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    const NEXT: &str = "ALTER TABLE fact ADD COLUMN note TEXT;";

    fn log_with_a_fact(path: &Path) -> Connection {
        let mut connection = Connection::open(path).unwrap();
        run(&mut connection, path, 0, 0o600, &STEPS[..1]).unwrap();
        connection.execute("INSERT INTO fact VALUES ('told', 'once')", []).unwrap();
        connection
    }

    #[test]
    fn a_log_is_copied_before_it_changes_and_keeps_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gainsay.db");
        let mut connection = log_with_a_fact(&path);
        std::fs::write(sibling(&path, ".before-v2.partial"), "left by a crash").unwrap();
        run(&mut connection, &path, 1, 0o600, &[STEPS[0], NEXT]).unwrap();
        let value: String =
            connection.query_row("SELECT value FROM fact WHERE note IS NULL", [], |r| r.get(0)).unwrap();
        assert_eq!(value, "once");
        let kept = sibling(&path, ".before-v2");
        assert_eq!(kept.metadata().unwrap().mode() & 0o777, 0o600);
        let kept = Connection::open(kept).unwrap();
        assert_eq!(version(&kept, &path).unwrap(), 1);
        assert_eq!(kept.query_row("SELECT count(*) FROM fact", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
    }

    #[test]
    fn a_log_of_the_first_version_becomes_one_of_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gainsay.db");
        let mut connection = log_with_a_fact(&path);
        migrate(&mut connection, &path, 1, 0o600).unwrap();
        assert_eq!(version(&connection, &path).unwrap(), known());
        assert!(connection.prepare("SELECT quote FROM denials").is_ok(), "the views are made anew");
        let facts = connection.query_row("SELECT count(*) FROM fact", [], |r| r.get::<_, i64>(0));
        assert_eq!(facts.unwrap(), 1);
    }

    #[test]
    fn the_words_of_an_older_log_are_counted_and_its_claims_sketched_as_if_they_came_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gainsay.db");
        let mut connection = Connection::open(&path).unwrap();
        run(&mut connection, &path, 0, 0o600, &STEPS[..7]).unwrap();
        let statement = |id: i64, act: &str, content: &str, repeats: Option<i64>| {
            format!(
                "INSERT INTO statement (id, article_id, version_id, local_id, act, speaker, content, passage, start, spans,
                    repeats, presupposed, direct, recalled, earliest, latest, confidence, engine, fetched_at, sha256, baseline)
                 VALUES ({id}, 1, 1, {id}, '{act}', 'Vadunia', '{content}', 'Over the border.', 0, '{{}}', {}, 0, 0, 0,
                    '2031-05-04', '2031-05-04', 1, 'test', '', '', 0);",
                repeats.map_or("NULL".to_owned(), |id| id.to_string())
            )
        };
        let statements = [
            statement(1, "denial", "No shells were sent.", None),
            statement(2, "denial", "Not one shell left the depot.", Some(1)),
            statement(3, "other", "Rain is expected.", None),
        ]
        .concat();
        // Who denies and is spoken for under one name is one, and who accuses is no claim's party.
        let parties = "INSERT OR IGNORE INTO party (key, role, act, latest, statement_id) VALUES
            ('vadunia', 'speaker', 'denial', '2031-05-04', 1), ('vadunia', 'behalf', 'denial', '2031-05-04', 1),
            ('vadunia', 'speaker', 'denial', '2031-05-04', 2), ('vadunia', 'speaker', 'other', '2031-05-04', 3),
            ('kestria', 'accuser', 'denial', '2031-05-04', 1);";
        connection
            .execute_batch(&format!(
                "INSERT INTO feed (id, key, address, added_at) VALUES (1, 'k', 'feed.example', '');
                 INSERT INTO article (id, identity, feed_id, outlet, title, first_seen_at, time, stage)
                    VALUES (1, 'a', 1, 'post.example', 'Denial', '', '', 'done');
                 INSERT INTO version (id, article_id, n, source, fetched_at, sha256) VALUES (1, 1, 1, 'page', '', '');
                 {statements} {parties}"
            ))
            .unwrap();
        migrate(&mut connection, &path, 7, 0o600).unwrap();
        let kept = |connection: &Connection| {
            let rows = |sql: &str| {
                let mut rows = connection.prepare(sql).unwrap();
                let rows: Result<Vec<String>, _> = rows.query_map([], |row| row.get(0)).unwrap().collect();
                rows.unwrap()
            };
            (
                rows("SELECT word || ' ' || statements FROM word WHERE statements > 0 ORDER BY word"),
                rows("SELECT statement_id || ' ' || article_id || ' ' || earliest || ' ' || hex(words) FROM sketch"),
                rows(
                    "SELECT key || ' ' || act || ' ' || latest || ' ' || statement_id || ' ' || hex(words) FROM claim",
                ),
            )
        };
        let (words, sketches, claims) = kept(&connection);
        for counted in ["shell 2", "border 3", "rain 1", "vadunia 3"] {
            assert!(words.iter().any(|word| word == counted), "{counted}: {words:?}");
        }
        let whole =
            crate::disputes::sketch("No shells were sent. Over the border. Denial. Not one shell left the depot.");
        let whole: String = whole.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(sketches, [format!("1 1 2031-05-04 {whole}")]);
        assert_eq!(claims, [format!("vadunia denial 2031-05-04 1 {whole}")]);
        connection
            .execute_batch("DELETE FROM party; DELETE FROM statement WHERE id <> 1; DELETE FROM statement;")
            .unwrap();
        assert_eq!(kept(&connection), (vec![], vec![], vec![]));
        connection.execute_batch(&[&statements, parties].concat()).unwrap();
        assert_eq!(kept(&connection), (words, sketches, claims.clone()));
        connection.execute_batch("UPDATE statement SET superseded = 1").unwrap();
        assert!(
            kept(&connection).1.is_empty() && kept(&connection).2.is_empty(),
            "what is superseded is found no more"
        );
        connection.execute_batch("UPDATE statement SET superseded = 0").unwrap();
        assert_eq!(kept(&connection).2, claims, "and is again where it counts again");
    }

    #[test]
    fn what_an_older_version_held_for_the_digest_still_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gainsay.db");
        let mut connection = Connection::open(&path).unwrap();
        run(&mut connection, &path, 0, 0o600, &STEPS[..2]).unwrap();
        connection
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 INSERT INTO message VALUES ('a', 'denial.followed_accusation', '{}', ''), ('b', 'digest', '{}', '');
                 INSERT INTO alert (id, dispute_id, denial_id, side, created_at, confidence, rules, held, digest_id) VALUES
                    ('a', 1, 1, 's', '2031-03-05T06:00:00.000Z', 1, '[\"desk\", \"watch\"]', 'said 9 days before', NULL),
                    ('b', 1, 1, 's', '2031-03-05T06:00:00.000Z', 1, '[\"desk\"]', 'told', 'b');",
            )
            .unwrap();
        migrate(&mut connection, &path, 2, 0o600).unwrap();
        let mut waiting =
            connection.prepare("SELECT message_id || ' ' || rule || ' ' || sink || why FROM telling").unwrap();
        let waiting: Vec<String> = waiting.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(waiting, ["a desk said 9 days before", "a watch said 9 days before"]);
    }

    #[test]
    fn a_step_that_fails_leaves_the_log_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gainsay.db");
        let mut connection = log_with_a_fact(&path);
        assert!(run(&mut connection, &path, 1, 0o600, &[STEPS[0], NEXT, "DROP TABLE nothing;"]).is_err());
        assert_eq!(version(&connection, &path).unwrap(), 1);
        assert!(connection.prepare("SELECT note FROM fact").is_err());
        let views =
            connection.query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'view'", [], |r| r.get::<_, i64>(0));
        assert_eq!(views.unwrap(), 5, "the views are as they were");
    }
}
