//! Small facts of the daemon: the watchlist's fingerprint, when the last digest went out.

use super::{Reader, Result, Transaction};
use rusqlite::params;

impl Reader {
    /// The fact of that name.
    pub fn fact(&self, name: &str) -> Result<Option<String>> {
        self.row("SELECT value FROM fact WHERE name = ?1", [name], |row| row.get(0))
    }
}

impl Transaction<'_> {
    /// Sets the fact of that name.
    pub fn set_fact(&self, name: &str, value: &str) -> Result<()> {
        self.execute(
            "INSERT INTO fact (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![name, value],
        )?;
        Ok(())
    }
}
