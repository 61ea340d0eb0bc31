//! Panics: what reads hostile text may meet one. It costs that text and nothing else, and what is told of it is its
//! place alone, since its message may quote the text.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local!(static CONTAINED: Cell<bool> = const { Cell::new(false) });

/// Whether all panics are told by their place alone.
static ALL: AtomicBool = AtomicBool::new(false);

/// Runs `work`, which reads one document; a panic in it is logged as a warning and yields nothing.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    install();
    CONTAINED.set(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(false);
    result.ok()
}

/// From now on tells every panic in one line without its message: in the log, else on standard error. For programs;
/// tests want the message.
pub fn tell_places_alone() {
    install();
    ALL.store(true, Ordering::Relaxed);
}

fn install() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            if CONTAINED.get() {
                tracing::warn!(place, "a document made what reads it panic");
            } else if !ALL.load(Ordering::Relaxed) {
                usual(panic);
            } else if tracing::dispatcher::has_been_set() {
                tracing::error!(place, "gainsay panicked (please report the place)");
            } else {
                eprintln!("gainsay: it panicked at {place} (please report that)");
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::contained;

    #[test]
    fn a_panic_costs_its_own_work_alone() {
        assert_eq!(contained(|| -> u8 { panic!("raw text from the net") }), None);
        assert_eq!(contained(|| 3), Some(3));
    }
}
