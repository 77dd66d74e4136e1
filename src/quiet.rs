//! Waits until this process's other threads are idle, so that V8's helpers have finished their
//! tasks. After a GC cycle they still sweep, each with a lock on a page of the heap: if the
//! process is forked meanwhile, the child waits for such a lock for ever. And they compile
//! functions that run often, which would come between two snapshots. Only observes; on other
//! systems than Linux nothing can be observed.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::v8::Export;

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[Export::new("awaitCompilers", |call| {
    call.answer(await_compilers(call.argument(0)?))
})];

/// This process's threads, on Linux.
const THREADS: &str = "/proc/self/task";

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How often in a row all must be seen at rest: between two pages a helper may rest too.
const LOOKS: u32 = 3;

/// Waits until the other threads rest, or for this long: some programs have threads that
/// never do.
pub(crate) fn wait_until_quiet(at_most: Duration) {
    let until = Instant::now() + at_most;
    let mut looks = 0;
    while looks < LOOKS && Instant::now() < until {
        looks = if is_quiet() { looks + 1 } else { 0 };
        sleep(LOOK_EVERY);
    }
}

/// As [`wait_until_quiet`], before the first snapshot of a heap diff. Where the threads
/// cannot be seen it is a wait of a length that is enough on a machine with a core to
/// spare.
pub(crate) fn await_compilers(at_most_ms: f64) {
    const BLIND: Duration = Duration::from_millis(10);
    if fs::exists(THREADS).unwrap_or(false) {
        wait_until_quiet(Duration::from_secs_f64(at_most_ms / 1e3));
    } else {
        sleep(BLIND);
    }
}

/// Whether at most one thread runs, which is this one.
fn is_quiet() -> bool {
    let Ok(threads) = fs::read_dir(THREADS) else {
        return true;
    };
    let running = threads.flatten().filter(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // Behind the name, which may hold anything.
        stat.rsplit_once(") ")
            .is_some_and(|(_, fields)| fields.starts_with('R'))
    });
    running.count() <= 1
}
