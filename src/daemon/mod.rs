//! The stages wired together: polling, pages, reading, delivering; signals, reload and systemd.
//!
//! Each stage takes from the log what is due, works on it, and stores the result in the transaction that says it is
//! done; the log is the queue between them. So memory holds one batch a stage, and a daemon that is killed goes on
//! where it stopped.

mod courier;
mod digest;
pub mod filing;
pub mod import;
mod log;
pub mod logging;
mod pages;
mod plan;
mod polling;
mod reading;
mod reload;
mod renewal;
pub mod replay;
pub(crate) mod sides;
pub mod systemd;
mod upkeep;

use crate::alerts::desktop::Desktop;
use crate::feeds::net::FetchError;
use crate::store::{self, Store, StoreError};
use crate::watchlist::{self, Problems, Watchlist};
use jiff::Timestamp;
use log::Log;
use plan::Plan;
pub(crate) use plan::key as feed_key;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use systemd::{Heartbeat, Notifier};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long stages may take to reach a safe state when the daemon stops; systemd waits a little longer.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// What a pass under way gets of that.
const GRACE: Duration = Duration::from_secs(3);
/// A stage that makes no progress for this long while it has work is stuck: the slowest page or webhook takes a
/// minute, the longest article seconds.
const STUCK: Duration = Duration::from_secs(180);
/// How long a stage rests when nothing is due; work wakes it earlier.
const REST: Duration = Duration::from_secs(60);
/// How long a stage waits when the log can't be used for now.
const LOG_AGAIN: Duration = Duration::from_secs(5);
/// How often it is asked whether a digest is due.
const DIGESTS: Duration = Duration::from_secs(10);
/// How often upkeep is done.
const UPKEEP: Duration = Duration::from_secs(600);

/// The name under which the log keeps why the last reload failed; empty once one succeeds.
pub const RELOAD_ERROR: &str = "reload error";

/// What the daemon runs on.
#[derive(Debug, Clone)]
pub struct Options {
    /// The watchlist's file.
    pub watchlist: PathBuf,
    /// The log's file.
    pub log: PathBuf,
}

/// Why the daemon could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The watchlist can't be used.
    #[error("the watchlist can't be used")]
    Watchlist(#[from] Problems),
    /// The log can't be used.
    #[error(transparent)]
    Log(#[from] StoreError),
    /// The net can't be set up.
    #[error(transparent)]
    Net(#[from] FetchError),
    /// The system refused something.
    #[error("the daemon can't be set up")]
    Setup(#[from] std::io::Error),
}

/// One pass over every feed, all deliveries tried that are due.
///
/// # Errors
/// [`DaemonError`] where nothing could be done at all; a feed or a sink that fails is logged and stored.
pub async fn run_once(options: &Options) -> Result<Summary, DaemonError> {
    let watchlist = load(options)?;
    let context = Context::new(options, watchlist).await?;
    pass_once(&context).await
}

/// What one pass over every feed brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Feeds polled.
    pub feeds: usize,
    /// Of those, the ones that failed.
    pub failed: usize,
    /// Messages that are still to be delivered.
    pub undelivered: u64,
}

async fn pass_once(context: &Context) -> Result<Summary, DaemonError> {
    upkeep::mind_the_clock(context).await?;
    let (feeds, failed) = polling::every_feed(context).await?;
    while pages::pass(context).await? == Progress::Worked {}
    while reading::pass(context).await? == Progress::Worked {}
    upkeep::pass(context).await?;
    while courier::pass(context).await? == Progress::Worked {}
    let undelivered = context.log.read(|log| log.backlog()).await?.deliveries;
    Ok(Summary { feeds, failed, undelivered })
}

/// The daemon: runs until it is asked to stop by SIGTERM or SIGINT.
///
/// # Errors
/// [`DaemonError`] where it can't start, or the log can't be used any more.
pub async fn run(options: &Options) -> Result<(), DaemonError> {
    let watchlist = load(options)?;
    let context = Arc::new(Context::new(options, watchlist).await?);
    let mut signals = Signals::install()?;
    let mut stages: JoinSet<store::Result<()>> = JoinSet::new();
    stages.spawn(polling::run(context.clone()));
    stages.spawn(stage(context.clone(), |c| &c.wake.pages, |c| &c.pulse.pages, async |c| pages::pass(c).await));
    stages.spawn(stage(context.clone(), |c| &c.wake.reading, |c| &c.pulse.reading, async |c| reading::pass(c).await));
    stages.spawn(stage(
        context.clone(),
        |c| &c.wake.delivering,
        |c| &c.pulse.delivering,
        async |c| courier::pass(c).await,
    ));
    stages.spawn(keep_up(context.clone()));
    let watchdog = tokio::spawn({
        let context = context.clone();
        async move { context.pulse.all.feed(&context.notifier).await }
    });

    context.notifier.ready();
    tracing::info!(
        feeds = context.plan().watchlist.feeds.len(),
        rules = context.plan().watchlist.rules.len(),
        watchlist = %options.watchlist.display(),
        log = %options.log.display(),
        "gainsay {} runs",
        env!("CARGO_PKG_VERSION")
    );
    let mut saves = reload::Saves::of(&options.watchlist);
    let failed = loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Stop => break None,
                Asked::Reload => if reload_or_stop(&context, options, &mut signals).await { break None },
            },
            () = saves.next() => if reload_or_stop(&context, options, &mut signals).await { break None },
            Some(ended) = stages.join_next() => match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => break Some(error),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            },
        }
    };
    context.notifier.stopping();
    tracing::info!("stopping");
    context.stop.cancel();
    let ended = async { while stages.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WITHIN, ended).await.is_err() {
        // What they were doing is not stored as done, and is done again at the next start.
        tracing::warn!("some work did not end in time and is left for the next start");
        stages.abort_all();
    }
    watchdog.abort();
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

fn load(options: &Options) -> Result<Watchlist, Problems> {
    watchlist::load(&options.watchlist)
}

/// Everything the stages share.
struct Context {
    log: Log,
    plan: watch::Sender<Arc<Plan>>,
    desktop: Desktop,
    /// That there is no desktop session was said, and not again until there is one.
    told_no_session: AtomicBool,
    wake: Wake,
    pulse: Pulses,
    notifier: Notifier,
    /// CPU work at a time: as many threads as there are cores. What waits here slows polling down.
    cores: Arc<Semaphore>,
    stop: CancellationToken,
}

/// Wakes a stage when there is work for it.
#[derive(Default)]
struct Wake {
    polling: Notify,
    pages: Notify,
    reading: Notify,
    delivering: Notify,
}

struct Pulses {
    all: systemd::Pulse,
    polling: Heartbeat,
    pages: Heartbeat,
    reading: Heartbeat,
    delivering: Heartbeat,
}

/// What one pass of a stage came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Something was done, and more may be due.
    Worked,
    /// Nothing is due before then, as far as is known.
    Idle { until: Option<Timestamp> },
}

/// A computation panicked. It costs the one document that it was about.
#[derive(Debug, thiserror::Error)]
#[error("reading it made the program fail (please report the address)")]
struct Panicked;

impl Context {
    async fn new(options: &Options, watchlist: Watchlist) -> Result<Self, DaemonError> {
        let log = Log::new(Store::open(&options.log)?);
        let plan = plan_for(&log, watchlist).await?;
        let all = systemd::Pulse::default();
        // A page or a receiver may take as long as the settings allow.
        let stuck = STUCK.max(plan.watchlist.settings.total_timeout * 3);
        Ok(Context {
            log,
            plan: watch::Sender::new(plan),
            desktop: Desktop::default(),
            told_no_session: AtomicBool::new(false),
            wake: Wake::default(),
            pulse: Pulses {
                polling: all.stage("polling", stuck),
                pages: all.stage("pages", stuck),
                reading: all.stage("reading", stuck),
                delivering: all.stage("delivering", stuck),
                all,
            },
            notifier: Notifier::from_environment(),
            cores: Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from))),
            stop: CancellationToken::new(),
        })
    }

    /// The plan in force.
    fn plan(&self) -> Arc<Plan> {
        self.plan.borrow().clone()
    }

    /// Puts a watchlist into force.
    async fn adopt(&self, watchlist: Watchlist) -> Result<(), DaemonError> {
        self.plan.send_replace(plan_for(&self.log, watchlist).await?);
        self.log.write(|tx| tx.ask_failing_feeds_again()).await?;
        for stage in [&self.wake.polling, &self.wake.pages, &self.wake.reading, &self.wake.delivering] {
            stage.notify_one();
        }
        Ok(())
    }

    /// Does CPU work off the runtime's threads, when a core is free. A panic costs only this work.
    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Panicked> {
        let permit = self.cores.clone().acquire_owned().await;
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        task.await.map_err(|_| Panicked)
    }
}

/// The plan for a watchlist: its feeds registered, what is new in it looked for in what is stored.
async fn plan_for(log: &Log, watchlist: Watchlist) -> Result<Arc<Plan>, DaemonError> {
    let mut plan = Plan::new(watchlist)?;
    let feeds: Vec<_> =
        plan.watchlist.feeds.iter().map(|feed| (plan::key(feed), feed.url.to_string(), feed.outlet.clone())).collect();
    let states = log
        .write(move |tx| {
            let feeds: Vec<_> = feeds
                .iter()
                .map(|(key, address, outlet)| store::feeds::Registration { key, address, outlet: outlet.as_deref() })
                .collect();
            tx.register_feeds(&feeds, Timestamp::now())?;
            tx.feed_states()
        })
        .await?;
    plan.tie(&states);
    let plan = Arc::new(plan);
    renewal::look_again(log, &plan).await?;
    log.write(|tx| tx.set_fact(RELOAD_ERROR, "")).await?;
    Ok(plan)
}

/// Reloads, unless the daemon is asked to stop meanwhile: what is new may be looked for in a large log. Whether it is.
async fn reload_or_stop(context: &Context, options: &Options, signals: &mut Signals) -> bool {
    let reloading = reload(context, options);
    tokio::pin!(reloading);
    loop {
        tokio::select! {
            () = &mut reloading => return false,
            asked = signals.next() => if matches!(asked, Asked::Stop) { return true },
        }
    }
}

/// Takes the watchlist up again, or keeps the one in force and says why.
async fn reload(context: &Context, options: &Options) {
    context.notifier.reloading();
    let result = match load(options) {
        // An editor or a full disk cut it off.
        Ok(watchlist) if watchlist.feeds.is_empty() && !context.plan().watchlist.feeds.is_empty() => {
            Err("it names no feed any more; to run without one, restart the daemon".to_owned())
        }
        Ok(watchlist) => context.adopt(watchlist).await.map_err(|error| error.to_string()),
        Err(problems) => Err(problems.to_string()),
    };
    match result {
        Ok(()) => {
            let plan = context.plan();
            tracing::info!(
                feeds = plan.watchlist.feeds.len(),
                actors = plan.watchlist.actors.len(),
                rules = plan.watchlist.rules.len(),
                "watchlist reloaded"
            );
        }
        Err(error) => {
            tracing::error!("the saved watchlist can't be used, the last good one stays in force:\n{error}");
            let told = format!("{}\n{error}", Timestamp::now());
            if let Err(error) = context.log.write(move |tx| tx.set_fact(RELOAD_ERROR, &told)).await {
                tracing::error!(%error, "and that can't be stored");
            }
        }
    }
    context.notifier.ready();
}

/// Runs one stage: pass after pass while there is work, resting until woken where there is none.
async fn stage(
    context: Arc<Context>,
    wake: impl Fn(&Context) -> &Notify,
    pulse: impl Fn(&Context) -> &Heartbeat,
    pass: impl AsyncFn(&Context) -> store::Result<Progress>,
) -> store::Result<()> {
    while !context.stop.is_cancelled() {
        pulse(&context).beat();
        let progress = tokio::select! {
            progress = pass(&context) => progress,
            // What a pass had not stored by then is done again at the next start.
            () = grace(&context) => break,
        };
        let rest = match progress {
            Ok(Progress::Worked) => continue,
            Ok(Progress::Idle { until }) => until.map_or(REST, |until| {
                let wait = until.duration_since(Timestamp::now());
                Duration::try_from(wait).unwrap_or_default().clamp(Duration::from_millis(50), REST)
            }),
            Err(error) => wait_for_log(error)?,
        };
        pulse(&context).idle();
        pause(&context, rest, wake(&context)).await;
    }
    Ok(())
}

/// Ends a little after the daemon is asked to stop: a delivery that was sent should be stored as sent.
async fn grace(context: &Context) {
    context.stop.cancelled().await;
    tokio::time::sleep(GRACE).await;
}

/// Rests for so long, or until woken or stopped.
async fn pause(context: &Context, rest: Duration, wake: &Notify) {
    tokio::select! {
        () = tokio::time::sleep(rest) => {}
        () = wake.notified() => {}
        () = context.stop.cancelled() => {}
    }
}

/// How long to wait with a log that can't be used for now; the error, where waiting won't help.
fn wait_for_log(error: StoreError) -> store::Result<Duration> {
    if error.is_temporary() {
        tracing::error!("{error}");
        Ok(LOG_AGAIN)
    } else {
        Err(error)
    }
}

/// Upkeep now and then, and the status line.
async fn keep_up(context: Arc<Context>) -> store::Result<()> {
    while !context.stop.is_cancelled() {
        if let Err(error) = upkeep::pass(&context).await {
            wait_for_log(error)?;
        }
        let until = tokio::time::Instant::now() + UPKEEP;
        while tokio::time::Instant::now() < until && !context.stop.is_cancelled() {
            if let Ok(backlog) = context.log.read(|log| log.backlog()).await {
                context.notifier.status(&format!(
                    "{} feeds; {} pages to fetch, {} articles to read, {} messages to deliver",
                    context.plan().watchlist.feeds.len(),
                    backlog.fetch,
                    backlog.read,
                    backlog.deliveries
                ));
            }
            pause(&context, DIGESTS, &Notify::new()).await;
            if let Err(error) = upkeep::digests(&context).await {
                wait_for_log(error)?;
            }
            if let Err(error) = upkeep::mind_the_clock(&context).await {
                wait_for_log(error)?;
            }
        }
    }
    Ok(())
}

/// What a signal asks for.
enum Asked {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn install() -> std::io::Result<Self> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}
