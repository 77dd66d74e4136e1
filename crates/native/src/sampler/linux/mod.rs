//! On Linux x64 with glibc: starting, reading, ending. All that runs inside of the program's own calls is in `hooks`
//! and `record`; what is here runs when it is asked for.

mod demangle;
mod hooks;
mod live;
mod maps;
mod memory;
mod modules;
mod patch;
mod real;
mod record;
mod slots;
mod stacks;
mod thread;
mod unwind;

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

pub use self::demangle::demangled;
pub use self::thread::{announce, collects};

use self::live::Live;
use self::patch::Installed;
use self::record::{
    ADAPTS, DROPPED, ENABLED, INSIDE, JAVASCRIPT, MEAN, SAMPLES, TABLES, Tables, WITHOUT_STACK,
};
use self::stacks::Stacks;
use self::thread::Busy;
use super::{Options, Reading, Refused, Stack};

/// What is changed in this process. Who has it and asks the loader waits for the loader's lock; who comes from inside
/// of the loader therefore only tries.
static INSTALLED: Mutex<Option<Installed>> = Mutex::new(None);
static STARTED: AtomicU64 = AtomicU64::new(0);

fn installed() -> MutexGuard<'static, Option<Installed>> {
    INSTALLED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether sampling can be started here. Changes nothing.
///
/// # Errors
///
/// Why it cannot.
pub fn available() -> Result<(), Refused> {
    let lock = installed();
    if lock.is_some() {
        return Ok(());
    }
    let _busy = Busy::enter();
    Installed::prepare().map(drop)
}

/// Starts sampling. How many words of tables were changed.
///
/// # Errors
///
/// Why it was not started; then nothing has been changed.
pub fn start(options: Options) -> Result<usize, Refused> {
    let mut lock = installed();
    if lock.is_some() {
        return Err(Refused::Running);
    }
    let _busy = Busy::enter().ok_or(Refused::Leaving)?;
    if !is_left() {
        return Err(Refused::Leaving);
    }
    let mut installed = Installed::prepare()?;
    let tables = tables().ok_or(Refused::Memory)?;
    tables.live.forget();
    tables.stacks.forget();
    for number in [&SAMPLES, &DROPPED, &WITHOUT_STACK] {
        number.store(0, Relaxed);
    }
    MEAN.store(options.mean_bytes.max(1), Relaxed);
    ADAPTS.store(options.adapts, Relaxed);
    let javascript = options.javascript.map_or(0, |function| function as usize);
    JAVASCRIPT.store(javascript, Release);
    record::begin_window();
    STARTED.store(record::now_nanoseconds(), Relaxed);
    static IN_CHILD: Once = Once::new();
    IN_CHILD.call_once(|| {
        // SAFETY: the function is part of a module that stays loaded for good.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
    unwind::use_modules(&installed.modules, installed.own());
    if let Err(refused) = installed.update() {
        installed.take_out();
        unwind::forget();
        return Err(refused);
    }
    let changed = installed.changed();
    *lock = Some(installed);
    ENABLED.store(true, SeqCst);
    Ok(changed)
}

unsafe extern "C" fn in_child() {
    record::in_child();
}

fn tables() -> Option<&'static Tables> {
    if TABLES.get().is_none() {
        let tables = Tables {
            live: Live::take()?,
            stacks: Stacks::take()?,
        };
        let _ = TABLES.set(tables);
    }
    TABLES.get()
}

/// Waits until no thread uses the tables, as a rule not at all. False where one stays.
fn is_left() -> bool {
    for _ in 0..100_000 {
        if INSIDE.load(SeqCst) == 0 {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

/// Stops sampling and forgets all samples. How many words of tables have their old value again.
pub fn stop() -> usize {
    let mut lock = installed();
    let Some(mut installed) = lock.take() else {
        return 0;
    };
    let _busy = Busy::enter();
    ENABLED.store(false, SeqCst);
    let restored = installed.take_out();
    JAVASCRIPT.store(0, Release);
    if is_left() {
        unwind::forget();
        if let Some(tables) = TABLES.get() {
            tables.live.forget();
            tables.stacks.forget();
        }
        drop(installed);
    } else {
        // A thread may still read the modules: they stay loaded, and the next start waits again.
        std::mem::forget(installed);
    }
    restored
}

/// Looks for words that have no hook: of modules that came later, and of calls that were made for the first time.
pub fn refresh() {
    let Some(_busy) = Busy::enter() else { return };
    if let Ok(mut lock) = INSTALLED.try_lock()
        && let Some(installed) = lock.as_mut()
    {
        // What cannot be changed now stays as it is: its allocations are not seen.
        let _ = installed.update();
    }
}

/// What is known now. `None` where it does not run.
#[must_use]
pub fn read() -> Option<Reading> {
    refresh();
    let lock = installed();
    let installed = lock.as_ref()?;
    let _busy = Busy::enter();
    let tables = TABLES.get()?;
    let stacks = (0..tables.stacks.count()).filter_map(|id| stack(tables, id));
    Some(Reading {
        stacks: stacks.collect(),
        modules: installed
            .modules
            .iter()
            .map(|one| one.described())
            .collect(),
        samples: SAMPLES.load(Acquire),
        dropped: DROPPED.load(Relaxed),
        without_stack: WITHOUT_STACK.load(Relaxed),
        mean_bytes: MEAN.load(Relaxed),
        milliseconds: record::now_nanoseconds().saturating_sub(STARTED.load(Relaxed)) / 1_000_000,
        allocator: installed.allocator.clone(),
    })
}

/// A stack with live samples. Its numbers are read one after the other while others change them.
fn stack(tables: &Tables, id: u32) -> Option<Stack> {
    let entry = tables.stacks.entry(id);
    let samples = entry.samples.load(Relaxed);
    let live_bytes = entry.live_bytes.load(Relaxed);
    if samples <= 0 || live_bytes <= 0 {
        return None;
    }
    let (frames, javascript) = tables.stacks.frames(id);
    Some(Stack {
        frames,
        javascript,
        live_bytes: live_bytes as f64,
        live_blocks: entry.live_milli_blocks.load(Relaxed).max(0) as f64 / 1000.0,
        variance: entry.variance.load(Relaxed).max(0) as f64 * 1024.0 * 1024.0,
        samples: samples.unsigned_abs(),
        allocated_bytes: entry.allocated_bytes.load(Relaxed) as f64,
    })
}

/// The words of tables that belong to the allocator, and what they hold: for tests.
#[doc(hidden)]
#[must_use]
pub fn table() -> Vec<(usize, usize)> {
    let _busy = Busy::enter();
    patch::table()
}

/// Runs `work`, whose allocations on this thread are not sampled.
pub fn allocated_without_samples<R>(work: impl FnOnce() -> R) -> R {
    let _busy = Busy::enter();
    work()
}
