//! Gainsay watches news feeds for people and governments accusing one another, keeps every statement in a
//! SQLite log, and tells its user the moment somebody denies what they have been accused of.
//!
//! The crate reads in the direction in which news flows; each stage knows only what stands before it:
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`watchlist`] | the user's TOML file: what to poll, whom and what to watch, whom to tell |
//! | [`feeds`] | polling on time, politely and safely; feed documents to items |
//! | [`articles`] | items to deduplicated articles with their full text |
//! | [`archives`] | articles that come in files: JSON lines, folders, WARC |
//! | [`language`] | text to sentences, tokens, tags and syntax (pure) |
//! | [`statements`] | who said what, which act, when (pure) |
//! | [`disputes`] | which denial answers which accusation (pure) |
//! | [`alerts`] | rules, alert bodies, desktop and webhook |
//! | [`store`] | the SQLite log: the only place that knows SQL |
//! | [`daemon`] | the stages wired together; signals, reload, systemd |
//! | [`cli`] | one file a subcommand |
//!
//! [`plain`] makes text from the net plain and fit for people, wherever one of the stages reads or shows it; `panics`
//! keeps what it may do to a parser to the one text.

pub mod alerts;
pub mod archives;
pub mod articles;
pub mod cli;
pub mod daemon;
pub mod disputes;
pub mod feeds;
pub mod language;
mod panics;
pub mod plain;
pub mod statements;
pub mod store;
pub mod watchlist;
