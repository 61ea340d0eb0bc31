//! Where log lines go: to the journal under systemd, with their fields; otherwise to standard error, for people.
//!
//! Addresses and secrets are redacted by their own types before they get here; what this adds is that no text from
//! the net steers the terminal of whoever reads the log.

use crate::plain::safe;
use std::io::IsTerminal as _;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt as _;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// How much is logged where neither `GAINSAY_LOG` nor `RUST_LOG` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// Only what needs somebody.
    Quiet,
    /// What happens: polls with news, alerts, deliveries, reloads.
    #[default]
    Normal,
    /// Every step.
    Verbose,
}

/// A filter in `GAINSAY_LOG` or `RUST_LOG` that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{variable} is not a log filter such as \"gainsay=debug\": {error}")]
pub struct BadFilter {
    variable: &'static str,
    error: tracing_subscriber::filter::ParseError,
}

/// Begins logging, for the whole process. `GAINSAY_LOG`, else `RUST_LOG`, holds [directives] that replace
/// `verbosity`. Where logging has begun already, nothing changes.
///
/// [directives]: https://docs.rs/tracing-subscriber/latest/tracing_subscriber/filter/struct.EnvFilter.html#directives
pub fn init(verbosity: Verbosity) -> Result<(), BadFilter> {
    let filter = filter(verbosity, |variable| std::env::var(variable).ok())?;
    let _ = tracing_subscriber::registry().with(layer().with_filter(filter)).try_init();
    Ok(())
}

fn filter(verbosity: Verbosity, variable: impl Fn(&str) -> Option<String>) -> Result<EnvFilter, BadFilter> {
    for name in ["GAINSAY_LOG", "RUST_LOG"] {
        if let Some(directives) = variable(name).filter(|directives| !directives.trim().is_empty()) {
            return EnvFilter::try_new(directives).map_err(|error| BadFilter { variable: name, error });
        }
    }
    Ok(EnvFilter::new(match verbosity {
        Verbosity::Quiet => "warn",
        Verbosity::Normal => "warn,gainsay=info",
        Verbosity::Verbose => "info,gainsay=debug",
    }))
}

fn layer() -> Box<dyn Layer<Registry> + Send + Sync> {
    if is_the_journal(&std::io::stderr(), std::env::var("JOURNAL_STREAM").ok().as_deref())
        && let Ok(journal) = tracing_journald::layer()
    {
        // Fields keep their names (`journalctl FEED=…` finds them); journalctl itself shows no control characters.
        return journal.with_field_prefix(None).with_syslog_identifier("gainsay".to_owned()).boxed();
    }
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    for_people(std::io::stderr, colour)
}

/// Whether `stderr` is the stream that the service manager connected to the journal: `JOURNAL_STREAM` holds its
/// device and inode, `8:12345` (systemd.exec(5)). A child whose stderr went elsewhere inherits the variable all the same.
fn is_the_journal(stderr: &impl AsFd, journal_stream: Option<&str>) -> bool {
    let Some((device, inode)) = journal_stream.and_then(|stream| stream.split_once(':')) else { return false };
    let file = stderr.as_fd().try_clone_to_owned().map(std::fs::File::from);
    file.and_then(|file| file.metadata())
        .is_ok_and(|file| device.parse() == Ok(file.dev()) && inode.parse() == Ok(file.ino()))
}

fn for_people<W>(writer: W, colour: bool) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .with_target(false)
        .with_ansi(colour)
        .fmt_fields(
            debug_fn(|line, field, value| {
                let value = format!("{value:?}");
                match field.name() {
                    "message" => write!(line, "{}", safe(&value)),
                    name => write!(line, "{name}={}", safe(&value)),
                }
            })
            .delimited(" "),
        )
        .with_writer(writer)
        .boxed()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(colour: bool, log: impl FnOnce()) -> String {
        let page = Page::default();
        let made = page.clone();
        let subscriber = tracing_subscriber::registry().with(for_people(move || made.clone(), colour));
        tracing::subscriber::with_default(subscriber, log);
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_feed_cannot_steer_the_terminal_of_whoever_reads_the_log() {
        let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}txet\nERROR forged line";
        let page = logged(false, || {
            let _span = tracing::info_span!("poll", feed = %hostile).entered();
            tracing::info!(title = hostile, link = %hostile, raw = ?hostile, "polled {hostile}");
        });
        assert_eq!(page.lines().count(), 1, "{page}");
        assert!(page.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{page:?}");
        assert!(page.contains("polled ]0;owned[2Jtxet ERROR forged line") && page.contains("link=]0;owned"), "{page}");
    }

    #[test]
    fn colours_stand_around_what_came_from_the_net_and_not_in_it() {
        let page = logged(true, || tracing::warn!(title = %"\u{1b}[31mred", "answered"));
        assert!(page.contains("\u{1b}[33m WARN\u{1b}[0m") && page.contains("title=[31mred"), "{page:?}");
    }

    #[test]
    fn the_journal_is_known_by_device_and_inode() {
        let file = tempfile::tempfile().unwrap();
        let metadata = file.metadata().unwrap();
        let stream = |inode: u64| format!("{}:{inode}", metadata.dev());
        assert!(is_the_journal(&file, Some(&stream(metadata.ino()))));
        for other in [stream(metadata.ino() + 1), "".into(), ":".into(), "8".into(), "x:y".into()] {
            assert!(!is_the_journal(&file, Some(&other)), "{other}");
        }
        assert!(!is_the_journal(&file, None));
    }

    #[test]
    fn a_filter_of_ones_own_comes_first_and_a_wrong_one_is_named() {
        let directives = |set: &[(&str, &str)]| {
            let variables: Vec<(String, String)> = set.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
            filter(Verbosity::Normal, |name| variables.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()))
                .map(|filter| filter.to_string())
        };
        assert!(directives(&[]).unwrap().contains("gainsay=info"));
        assert_eq!(directives(&[("GAINSAY_LOG", "error"), ("RUST_LOG", "trace")]).unwrap(), "error");
        assert_eq!(directives(&[("GAINSAY_LOG", " "), ("RUST_LOG", "trace")]).unwrap(), "trace");
        let error = directives(&[("RUST_LOG", "gainsay=loud")]).unwrap_err().to_string();
        assert!(error.starts_with("RUST_LOG is not a log filter"), "{error}");
    }
}
