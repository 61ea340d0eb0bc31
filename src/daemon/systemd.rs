//! What the daemon tells its service manager ([`sd_notify(3)`]), and the watchdog that is fed only while it works.
//!
//! [`sd_notify(3)`]: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html

use crate::plain::shortened;
use sd_notify::NotifyState;
use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Status lines are one line in `systemctl status`.
const STATUS: usize = 200;

/// Speaks to the service manager; without one, says nothing. A manager that does not listen is no reason to stop, so
/// nothing here fails: what can't be sent is logged at debug level.
#[derive(Debug, Clone, Default)]
pub struct Notifier {
    socket: Option<Arc<UnixDatagram>>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// To the manager that started this process, by `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    pub fn from_environment() -> Notifier {
        let Some(address) = std::env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty()) else {
            return Notifier::default();
        };
        match Notifier::to(&address, sd_notify::watchdog_enabled()) {
            Ok(notifier) => notifier,
            Err(error) => {
                tracing::warn!(%error, socket = ?address, "the service manager's NOTIFY_SOCKET can't be used");
                Notifier::default()
            }
        }
    }

    /// To the socket at `address`: a path, or `@` and the name of an abstract socket. The manager ends a process
    /// that does not feed its watchdog within `watchdog`.
    pub fn to(address: &OsString, watchdog: Option<Duration>) -> io::Result<Notifier> {
        let address = match address.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(address)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address)?;
        // A manager whose queue is full must not stop the daemon.
        socket.set_nonblocking(true)?;
        Ok(Notifier { socket: Some(Arc::new(socket)), watchdog: watchdog.filter(|limit| !limit.is_zero()) })
    }

    /// How long the manager waits for the watchdog to be fed, where it has one.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The daemon works: after the start, and again after each [`Notifier::reloading`].
    pub fn ready(&self) {
        self.send(&[NotifyState::Ready]);
    }

    /// The watchlist is being read anew. Says when, as `Type=notify-reload` wants it.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.send(&[NotifyState::Reloading, now]),
            Err(error) => tracing::debug!(%error, "no monotonic clock; the reload is not announced"),
        }
    }

    /// The daemon is about to end.
    pub fn stopping(&self) {
        self.send(&[NotifyState::Stopping]);
    }

    /// What the daemon is doing, in a line for `systemctl status`.
    pub fn status(&self, text: &str) {
        // A line break would begin another assignment.
        self.send(&[NotifyState::Status(&shortened(text, STATUS))]);
    }

    fn feed_watchdog(&self) {
        self.send(&[NotifyState::Watchdog]);
    }

    fn send(&self, states: &[NotifyState<'_>]) {
        let Some(socket) = &self.socket else { return };
        let message: String = states.iter().map(|state| format!("{state}\n")).collect();
        if let Err(error) = socket.send(message.as_bytes()) {
            tracing::debug!(%error, "the service manager does not listen");
        }
    }
}

/// The pulse of the daemon: the watchdog is fed only while every stage makes progress or has nothing to do.
#[derive(Debug, Clone)]
pub struct Pulse {
    began: Instant,
    stages: Arc<Mutex<Vec<Stage>>>,
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    limit: Duration,
    last_beat: Arc<AtomicU64>,
}

/// One stage's part of the [`Pulse`]. Cheap to clone; the clones beat as one.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    began: Instant,
    /// Milliseconds since `began`, or [`IDLE`].
    last: Arc<AtomicU64>,
}

/// A stage that waits for work owes no progress.
const IDLE: u64 = u64::MAX;

impl Heartbeat {
    /// The stage made progress: a unit of work was begun or ended.
    pub fn beat(&self) {
        self.last.store(millis(self.began.elapsed()), Ordering::Relaxed);
    }

    /// The stage waits for work. The next [`Heartbeat::beat`] ends that.
    pub fn idle(&self) {
        self.last.store(IDLE, Ordering::Relaxed);
    }
}

impl Default for Pulse {
    fn default() -> Self {
        Pulse { began: Instant::now(), stages: Arc::default() }
    }
}

impl Pulse {
    /// Adds a stage that makes progress at least every `limit` while it has work. It begins idle.
    pub fn stage(&self, name: &'static str, limit: Duration) -> Heartbeat {
        let last_beat = Arc::new(AtomicU64::new(IDLE));
        let stage = Stage { name, limit, last_beat: last_beat.clone() };
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).push(stage);
        Heartbeat { began: self.began, last: last_beat }
    }

    /// The stages that have work and made no progress within their limit.
    pub fn stalled(&self) -> Vec<&'static str> {
        let now = millis(self.began.elapsed());
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let late = |stage: &&Stage| {
            let last = stage.last_beat.load(Ordering::Relaxed);
            last != IDLE && now.saturating_sub(last) > millis(stage.limit)
        };
        stages.iter().filter(late).map(|stage| stage.name).collect()
    }

    /// Feeds the manager's watchdog at half its interval for as long as no stage is stalled. Ends at once where there
    /// is no watchdog; otherwise runs until it is dropped.
    pub async fn feed(&self, notifier: &Notifier) {
        let Some(limit) = notifier.watchdog() else { return };
        let mut ticks = interval((limit / 2).max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let stalled = self.stalled();
            if stalled.is_empty() {
                notifier.feed_watchdog();
            } else {
                let stages = stalled.join(", ");
                tracing::error!(stages, "no progress; the watchdog is not fed and the service will be restarted");
            }
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(IDLE - 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Stands in for the service manager's end of the socket.
    struct Manager {
        socket: UnixDatagram,
        address: OsString,
        _folder: Option<tempfile::TempDir>,
    }

    impl Manager {
        fn at_a_path() -> Manager {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            Manager::new(UnixDatagram::bind(&path).unwrap(), path.into(), Some(folder))
        }

        fn at_an_abstract_name() -> Manager {
            let name = format!("gainsay-test-{}-{}", std::process::id(), ulid::Ulid::generate());
            let address = SocketAddr::from_abstract_name(&name).unwrap();
            Manager::new(UnixDatagram::bind_addr(&address).unwrap(), format!("@{name}").into(), None)
        }

        fn new(socket: UnixDatagram, address: OsString, folder: Option<tempfile::TempDir>) -> Manager {
            socket.set_nonblocking(true).unwrap();
            Manager { socket, address, _folder: folder }
        }

        /// What came since the last time, a datagram an entry.
        fn heard(&self) -> Vec<String> {
            let mut buffer = [0; 4096];
            std::iter::from_fn(|| {
                let length = self.socket.recv(&mut buffer).ok()?;
                Some(String::from_utf8(buffer[..length].to_vec()).unwrap())
            })
            .collect()
        }
    }

    #[test]
    fn the_manager_hears_of_start_reload_and_stop() {
        for manager in [Manager::at_a_path(), Manager::at_an_abstract_name()] {
            let notifier = Notifier::to(&manager.address, None).unwrap();
            notifier.ready();
            notifier.reloading();
            notifier.stopping();
            let heard = manager.heard();
            assert_eq!((heard[0].as_str(), heard[2].as_str()), ("READY=1\n", "STOPPING=1\n"));
            let microseconds = heard[1].strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().trim_end();
            assert!(microseconds.parse::<u64>().unwrap() > 0);
        }
    }

    #[test]
    fn a_status_cannot_say_anything_else() {
        let manager = Manager::at_a_path();
        Notifier::to(&manager.address, None).unwrap().status("reading \u{1b}[31mnews\nSTOPPING=1");
        assert_eq!(manager.heard(), ["STATUS=reading [31mnews STOPPING=1\n"]);
    }

    #[test]
    fn without_a_manager_and_with_one_that_went_away_nothing_happens() {
        Notifier::default().ready();
        let manager = Manager::at_a_path();
        let notifier = Notifier::to(&manager.address, None).unwrap();
        drop(manager);
        notifier.status("still here");
        // Nor with one that does not read.
        let deaf = Manager::at_a_path();
        let notifier = Notifier::to(&deaf.address, None).unwrap();
        (0..10_000).for_each(|_| notifier.feed_watchdog());
    }

    #[tokio::test(start_paused = true)]
    async fn the_watchdog_is_fed_at_half_its_interval_until_a_stage_stalls() {
        let manager = Manager::at_a_path();
        let notifier = Notifier::to(&manager.address, Some(Duration::from_secs(60))).unwrap();
        let pulse = Pulse::default();
        let reading = pulse.stage("reading", Duration::from_secs(90));
        let polling = pulse.stage("polling", Duration::from_secs(90));
        let feeder = tokio::spawn({
            let pulse = pulse.clone();
            async move { pulse.feed(&notifier).await }
        });
        let fed_in = async |seconds| {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            manager.heard().len()
        };

        assert_eq!(fed_in(119).await, 4, "all stages idle: fed at 0, 30, 60 and 90 s");
        reading.beat();
        assert_eq!(fed_in(60).await, 2, "120 and 150 s: reading works within its limit");
        assert_eq!(fed_in(120).await, 1, "180 s: for the last time, reading is late from 209 s on");
        assert_eq!(pulse.stalled(), ["reading"]);
        polling.beat();
        assert_eq!(fed_in(60).await, 0, "another stage's progress does not make up for it");
        reading.idle();
        assert_eq!(pulse.stalled(), Vec::<&str>::new());
        assert_eq!(fed_in(30).await, 1, "it came back: fed again");
        feeder.abort();
    }

    #[tokio::test]
    async fn without_a_watchdog_there_is_nothing_to_feed() {
        Pulse::default().feed(&Notifier::default()).await;
    }
}
