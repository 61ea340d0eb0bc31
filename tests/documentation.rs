//! What the documentation promises, tried.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

#[test]
fn every_sql_statement_of_the_documentation_runs_on_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("gainsay.db");
    drop(gainsay::store::Store::open(&log).unwrap());
    // A connection of its own, as sqlite3 and Datasette have it: without what the store adds to its own.
    let log = rusqlite::Connection::open(log).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut tried = 0;
    for page in pages.chain([root.join("README.md")]).filter(|page| page.extension().is_some_and(|ext| ext == "md")) {
        let text = std::fs::read_to_string(&page).unwrap();
        let blocks = text.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        for statement in blocks.flat_map(|block| block.split_inclusive(';')).filter(|sql| !sql.trim().is_empty()) {
            let ran = log.prepare(statement).and_then(|mut sql| sql.query([])?.next().map(|_| ()));
            assert!(ran.is_ok(), "{}: {ran:?}\n{statement}", page.display());
            tried += 1;
        }
    }
    assert!(tried >= 15, "{tried} statements found");
}
