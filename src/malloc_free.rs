//! The free memory of `malloc`, sampled on the event loop so rarely that it costs almost nothing. If a program has left
//! a hundred thousand free blocks behind, one sample takes milliseconds. Judges nothing.

use std::cell::Cell;
use std::time::{Duration, Instant};

use memwatch_native::allocator;

/// The pause after a sample, in multiples of its duration: half of a percent of the thread's time.
const REST: u32 = 200;

/// A sample also takes long if the thread is descheduled meanwhile.
const LONGEST_REST: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct MallocFree {
    /// Not before then.
    rests_until: Cell<Option<Instant>>,
}

impl MallocFree {
    /// In bytes; `None` where the allocator says no number, and while it rests.
    pub(crate) fn read(&self) -> Option<u64> {
        let begins = Instant::now();
        if self.rests_until.get().is_some_and(|until| begins < until) {
            return None;
        }
        let free = allocator::held_free();
        let took = begins.elapsed();
        self.rests_until
            .set(Some(begins + took.saturating_mul(REST).min(LONGEST_REST)));
        free
    }
}
