//! The log: SQLite in WAL mode with one writer. The only place that knows SQL.
