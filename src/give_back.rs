//! Returns to the system the memory that an in-process snapshot has left with the allocator.
//! V8 allocates ten times the heap for a snapshot in small pieces and frees them all, and
//! the allocator keeps them for later allocations that never come. Not on the program's own
//! thread: it takes a third of a second for each GiB.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::v8::{is_copy, release_free_memory};

/// How long after the last snapshot: another one that follows directly needs the same memory.
const REST: Duration = Duration::from_millis(100);

/// Until the allocator is asked a second time: what was freed late, on a busy machine after the first time.
const LATER: Duration = Duration::from_secs(2);

/// The thread calls one function of the C library.
const STACK_BYTES: usize = 128 << 10;

/// Snapshots that are being taken, in all threads.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Snapshots that have ended.
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// A thread is there that has not asked the allocator yet.
static IS_DUE: AtomicBool = AtomicBool::new(false);

/// While this is there, a snapshot is taken and read; some time after, what it took goes back.
pub(crate) struct GiveBack(());

impl GiveBack {
    /// From here on.
    pub(crate) fn afterwards() -> Self {
        UNDER_WAY.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Ordering::SeqCst);
        UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
        // Other systems have no call for it.
        if !cfg!(all(target_os = "linux", target_env = "gnu")) {
            return;
        }
        // A copy of the process ends anyway, with all of its memory.
        if is_copy() || IS_DUE.swap(true, Ordering::SeqCst) {
            return;
        }
        let thread = thread::Builder::new()
            .name("memwatch".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(give_back);
        // If no thread can be started the memory stays until the next time.
        if thread.is_err() {
            IS_DUE.store(false, Ordering::SeqCst);
        }
    }
}

fn give_back() {
    loop {
        let ended = ENDED.load(Ordering::SeqCst);
        thread::sleep(REST);
        // On a busy machine this thread wakes late: then a snapshot may have ended a moment ago.
        if UNDER_WAY.load(Ordering::SeqCst) == 0 && ENDED.load(Ordering::SeqCst) == ended {
            break;
        }
    }
    IS_DUE.store(false, Ordering::SeqCst);
    release_free_memory();
    thread::sleep(LATER);
    // Else the end of that one is soon enough.
    if UNDER_WAY.load(Ordering::SeqCst) == 0 {
        release_free_memory();
    }
}
