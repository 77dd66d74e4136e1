//! When a sample is due, and what is done then. A countdown of bytes for each thread, drawn from the exponential
//! distribution: a block of s bytes is sampled with the probability p = 1 − e^(−s/mean), and stands for 1/p blocks.
//! That is right on average for every size, and stays right when the mean changes, because a sample is weighed with
//! the mean that its own countdown was drawn with.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};

use super::live::{Live, Value};
use super::real::{self, Block};
use super::stacks::Stacks;
use super::thread::{self, Busy, KeptErrno, thread};
use super::unwind;
use crate::sampler::{
    FoundJavaScript, JAVASCRIPT_CODE, JavaScriptFrames, MOST_FRAMES, MOST_JAVASCRIPT, MOST_WALKED,
};

/// The tables: made at the first start, kept for good.
pub(super) struct Tables {
    pub live: Live,
    pub stacks: Stacks,
}

pub(super) static TABLES: OnceLock<Tables> = OnceLock::new();
pub(super) static ENABLED: AtomicBool = AtomicBool::new(false);
/// Threads that use the tables. After `ENABLED` is false and this is 0, nobody does.
pub(super) static INSIDE: AtomicUsize = AtomicUsize::new(0);
pub(super) static MEAN: AtomicU64 = AtomicU64::new(0);
pub(super) static ADAPTS: AtomicBool = AtomicBool::new(false);
pub(super) static JAVASCRIPT: AtomicUsize = AtomicUsize::new(0);
pub(super) static SAMPLES: AtomicU64 = AtomicU64::new(0);
pub(super) static DROPPED: AtomicU64 = AtomicU64::new(0);
pub(super) static WITHOUT_STACK: AtomicU64 = AtomicU64::new(0);
/// Samples of the current second, and when it began.
static IN_WINDOW: AtomicU64 = AtomicU64::new(0);
static WINDOW: AtomicU64 = AtomicU64::new(0);

/// The mean is never less, and never more: a sample for each GiB says nothing.
pub(super) const LEAST_MEAN: u64 = 64 * 1024;
const MOST_MEAN: u64 = 1 << 30;
/// Samples a second above which the mean is raised, and below which it is halved.
const MANY: u64 = 300;
const FEW: u64 = 50;
/// So many samples are looked at before the second is over: a storm of 4 GB a second is known after 12 ms, at a third of what
/// a second may cost.
const EARLY: u64 = MANY / 3;
/// The mean is raised to what the rate asks for, by this at most at a time: a single burst is no storm. By doubling alone a
/// storm of 4 GB a second had 2100 samples before it had its mean.
const MOST_STEP: u64 = 16;

/// A thread that uses the tables while they are in use.
struct Visit(&'static Tables);

impl Visit {
    fn begin() -> Option<Self> {
        let tables = TABLES.get()?;
        INSIDE.fetch_add(1, SeqCst);
        let visit = Self(tables);
        ENABLED.load(SeqCst).then_some(visit)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, SeqCst);
    }
}

/// Counts the bytes down. True where a sample is due.
#[inline(always)]
pub(super) fn due(size: usize) -> bool {
    // SAFETY: the thread's own variable; nothing else refers to it until this returns.
    let own = unsafe { &mut *thread() };
    own.countdown = own.countdown.wrapping_sub(size as i64);
    own.countdown < 0
}

fn random(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    ((*state >> 11) as f64 + 1.0) / ((1_u64 << 53) as f64 + 1.0)
}

/// Draws the next countdown. Gives the mean that the one before was drawn with, if the block is to be sampled.
fn drawn(size: usize) -> Option<u64> {
    // SAFETY: the thread's own variable; nothing called here touches it.
    let own = unsafe { &mut *thread() };
    let is_first = own.random == 0;
    if is_first {
        let seed = now_nanoseconds() ^ std::ptr::from_mut(own) as u64;
        own.random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for _ in 0..8 {
            random(&mut own.random);
        }
    }
    let mean = own.mean;
    let mut draw = || {
        own.mean = MEAN.load(Relaxed).max(1);
        own.countdown = (-random(&mut own.random).ln() * own.mean as f64) as i64;
    };
    draw();
    if is_first {
        // Nothing was drawn before: this block is the first that counts.
        own.countdown = own
            .countdown
            .saturating_sub(i64::try_from(size).unwrap_or(i64::MAX));
        if own.countdown >= 0 {
            return None;
        }
        let mean = own.mean;
        own.countdown = (-random(&mut own.random).ln() * mean as f64) as i64;
        return Some(mean);
    }
    Some(mean)
}

pub(super) fn now_nanoseconds() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel writes the variable.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Allocates, and records the block where it is to be sampled.
#[cold]
#[inline(never)]
pub(super) fn sampled(size: usize, allocate: impl FnOnce() -> Block) -> Block {
    let mean = drawn(size);
    let Some((mean, _busy)) = mean.zip(Busy::enter()) else {
        return allocate();
    };
    let block = allocate();
    let _errno = KeptErrno::new();
    if !block.is_null() {
        record(block, size, mean);
    }
    block
}

/// The entry of a block that is freed.
#[cold]
#[inline(never)]
pub(super) fn freed(block: usize) {
    if let Some(visit) = Visit::begin() {
        take_out(visit.0, block);
    }
}

fn take_out(tables: &Tables, block: usize) -> Option<Value> {
    let value = tables.live.remove(block)?;
    tables.stacks.entry(value.stack).subtract(&value);
    Some(value)
}

fn put_in(tables: &Tables, block: usize, value: Value) {
    // An entry that is still there is of a block whose `free` was not seen.
    take_out(tables, block);
    if tables.live.insert(block, value) {
        tables.stacks.entry(value.stack).add(&value);
    } else {
        DROPPED.fetch_add(1, Relaxed);
    }
}

/// The entry goes before the block may belong to another thread, and comes back if nothing was reallocated.
///
/// # Safety
///
/// As `realloc`.
#[cold]
#[inline(never)]
pub(super) unsafe fn slow_realloc(block: Block, size: usize, is_due: bool) -> Block {
    let mean = if is_due { drawn(size) } else { None };
    let busy = Busy::enter();
    let before = Visit::begin().and_then(|visit| take_out(visit.0, block as usize));
    // SAFETY: the caller's call, passed on.
    let moved = unsafe { real::realloc(block, size) };
    let _errno = KeptErrno::new();
    if moved.is_null() && size != 0 {
        if let Some((value, visit)) = before.zip(Visit::begin()) {
            put_in(visit.0, block as usize, value);
        }
    } else if let Some(mean) = mean
        && busy.is_some()
        && !moved.is_null()
    {
        record(moved, size, mean);
    }
    moved
}

/// What a block of this size stands for when it is sampled: blocks, and the part of the variance of one byte of it.
fn weight(size: usize, mean: u64) -> (f64, f64) {
    let chance = -(-(size.max(1) as f64) / mean as f64).exp_m1();
    (1.0 / chance, (1.0 - chance) / (chance * chance))
}

/// The stack, and what of it is JavaScript, where this thread has said that it runs some: how many words of each. V8's own
/// threads have a current isolate too, so that to ask for JavaScript wherever there is one would read the stack of another
/// thread.
fn read_stack(
    native: &mut [u64; MOST_FRAMES],
    javascript: &mut [u64; MOST_JAVASCRIPT],
) -> Option<(usize, usize)> {
    let announced = thread::announced();
    let function = match JAVASCRIPT.load(Acquire) {
        0 => None,
        _ if announced == 0 => None,
        // SAFETY: the address of a function of this type, which the addon gave, and which stays loaded.
        address => Some(unsafe { std::mem::transmute::<usize, JavaScriptFrames>(address) }),
    };
    let most = if function.is_some() {
        MOST_WALKED
    } else {
        MOST_FRAMES
    };
    let walk = unwind::walk(most)?;
    let all = walk.frames();
    let found = function.map_or_else(FoundJavaScript::default, |function| {
        function(announced, all, &|address| walk.word(address), javascript)
    });
    let end = found.first_frame.unwrap_or(all.len()).min(all.len());
    let mut count = 0;
    for (word, frame) in native.iter_mut().zip(&all[..end]) {
        *word = frame.address;
        count += 1;
    }
    if found.first_frame.is_some() {
        // Where in the code the call is differs from call to call, and has no name.
        count = count.min(MOST_FRAMES - 1);
        native[count] = JAVASCRIPT_CODE;
        count += 1;
    }
    Some((count, found.words.min(MOST_JAVASCRIPT)))
}

#[inline(never)]
fn record(block: Block, size: usize, mean: u64) {
    let Some(visit) = Visit::begin() else { return };
    let tables = visit.0;
    SAMPLES.fetch_add(1, Relaxed);
    let (mut native, mut javascript) = ([0; MOST_FRAMES], [0; MOST_JAVASCRIPT]);
    // A panic would end the process at the border to C. There is none that is known.
    let read = catch_unwind(AssertUnwindSafe(|| {
        read_stack(&mut native, &mut javascript)
    }));
    let Ok(read) = read else {
        ENABLED.store(false, SeqCst);
        return;
    };
    let (frames, words) = read.unwrap_or_else(|| {
        WITHOUT_STACK.fetch_add(1, Relaxed);
        (0, 0)
    });
    let Some(stack) = tables
        .stacks
        .intern(&native[..frames], &javascript[..words])
    else {
        DROPPED.fetch_add(1, Relaxed);
        return;
    };
    let (times, variance) = weight(size, mean);
    // SAFETY: the block has just been allocated, and the caller of the hook does not have it yet.
    let held = unsafe { real::held(block, size) } as f64;
    let kib = held / 1024.0;
    let value = Value {
        bytes: (held * times) as i64,
        milli_blocks: (times * 1000.0) as i64,
        variance: (kib * kib * variance) as i64,
        stack,
    };
    tables
        .stacks
        .entry(stack)
        .allocated_bytes
        .fetch_add(value.bytes, Relaxed);
    put_in(tables, block as usize, value);
    if ADAPTS.load(Relaxed) {
        adapt(now_nanoseconds() / 1_000_000);
    }
}

/// Once a second, by whichever thread samples then.
fn adapt(now: u64) {
    let count = IN_WINDOW.fetch_add(1, Relaxed) + 1;
    let began = WINDOW.load(Relaxed);
    let elapsed = now.saturating_sub(began);
    if !is_over(count, elapsed) {
        return;
    }
    if WINDOW
        .compare_exchange(began, now, SeqCst, Relaxed)
        .is_err()
    {
        return;
    }
    IN_WINDOW.store(0, Relaxed);
    let next = adapted(MEAN.load(Relaxed), count, elapsed);
    MEAN.store(next, Relaxed);
}

/// Whether the samples of a window say what the rate is: after a second, or as soon as there are too many for their time.
fn is_over(count: u64, elapsed: u64) -> bool {
    elapsed >= 1000 || (count >= EARLY && count.saturating_mul(1000) > MANY * elapsed)
}

fn adapted(mean: u64, count: u64, elapsed: u64) -> u64 {
    let rate = count.saturating_mul(1000) / elapsed.max(1);
    if rate > MANY {
        let times = rate.div_ceil(MANY).next_power_of_two().min(MOST_STEP);
        (mean * times).min(MOST_MEAN)
    } else if rate < FEW {
        (mean / 2).max(LEAST_MEAN)
    } else {
        mean
    }
}

/// A new window begins.
pub(super) fn begin_window() {
    IN_WINDOW.store(0, Relaxed);
    WINDOW.store(now_nanoseconds() / 1_000_000, Relaxed);
}

/// The child of a fork has one thread, and does not sample.
pub(super) extern "C" fn in_child() {
    ENABLED.store(false, SeqCst);
    INSIDE.store(0, SeqCst);
    if let Some(tables) = TABLES.get() {
        tables.stacks.unlock();
    }
    unwind::unlock();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_blocks_stand_for_many_and_large_ones_for_themselves() {
        let (times, variance) = weight(64, 512 * 1024);
        assert!((times * 64.0 / (512.0 * 1024.0) - 1.0).abs() < 0.001);
        assert!((variance / (times * times) - 1.0).abs() < 0.001);
        let (times, variance) = weight(64 << 20, 512 * 1024);
        assert!((times - 1.0).abs() < 1e-9 && variance < 1e-9);
        assert!(weight(0, 1 << 30).0.is_finite());
    }

    #[test]
    fn a_storm_is_known_before_the_second_is_over() {
        assert!(!is_over(EARLY - 1, 1));
        assert!(is_over(EARLY, 12));
        // As many as are wanted, and a moment in which there were more.
        assert!(!is_over(MANY - 1, 999));
        assert!(!is_over(EARLY, (1000 * EARLY).div_ceil(MANY)));
        assert!(is_over(1, 1000));
    }

    #[test]
    fn the_mean_follows_the_rate_between_its_bounds() {
        let start = 512 * 1024;
        assert_eq!(adapted(start, 301, 1000), start * 2);
        assert_eq!(adapted(start, 1000, 1000), start * 4);
        assert_eq!(adapted(start, 301, 100), start * 16);
        assert_eq!(adapted(start, 301, 1), start * MOST_STEP);
        assert_eq!(adapted(start, 49, 1000), start / 2);
        assert_eq!(adapted(start, 100, 1000), start);
        assert_eq!(adapted(LEAST_MEAN, 1, 1000), LEAST_MEAN);
        assert_eq!(adapted(MOST_MEAN, 1000, 0), MOST_MEAN);
    }
}
