//! What the threads of a process share through the addon: names, and the sizes of their heaps.
//! Which threads are too many is not decided here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::sync::{Mutex, MutexGuard, PoisonError};

use memwatch_detector::isolates::resident_heaps;
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;

use crate::memory::container;
use crate::rss;
use crate::v8::{Export, Isolate};

/// Names of worker threads by their number, as they were given to `new Worker`: up to Node
/// 20 a thread does not know its own.
static NAMES: Mutex<BTreeMap<u32, String>> = Mutex::new(BTreeMap::new());

/// Nothing that holds the lock can leave a half-made state behind.
fn names() -> MutexGuard<'static, BTreeMap<u32, String>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("noteThreadName", |call| {
        call.answer(note_thread_name(call.argument(0)?, call.argument(1)?))
    }),
    Export::new("forgetThreadName", |call| {
        call.answer(forget_thread_name(call.argument(0)?))
    }),
    Export::new("threadName", |call| {
        call.answer(thread_name(call.argument(0)?))
    }),
    Export::new("workersMemory", |call| call.answer(workers_memory())),
    Export::new("measureHeaps", |call| call.answer(measure_heaps())),
    Export::new("noteConstrainedMemory", |call| {
        call.answer(note_constrained_memory(call.argument(0)?))
    }),
    Export::new("containerMemory", |call| call.answer(container_memory())),
    Export::new("containerFullInMs", |call| {
        call.answer(container_full_in_ms(call.argument(0)?))
    }),
];

/// A worker thread was started under this name.
fn note_thread_name(thread: u32, name: String) {
    names().insert(thread, name);
}

/// It has ended.
fn forget_thread_name(thread: u32) {
    names().remove(&thread);
}

/// The name of a worker thread; `null` if none was noted.
fn thread_name(thread: u32) -> Option<String> {
    names().get(&thread).cloned()
}

/// What is known of the memory of worker threads.
#[napi(object, object_from_js = false)]
pub(crate) struct WorkersMemory {
    /// How many of them load memwatch.
    pub loaded: u32,
    /// What these take, in bytes.
    pub bytes: f64,
    /// What the heaps of the others take, in bytes, as it was measured last.
    pub others: f64,
}

/// As it is now.
fn workers_memory() -> WorkersMemory {
    let workers = rss::workers();
    WorkersMemory {
        loaded: workers.loaded,
        bytes: workers.bytes as f64,
        others: workers.others as f64,
    }
}

/// Measures the heaps of all isolates, off the main thread: the system adds up each mapping
/// of the process, which takes milliseconds.
pub(crate) struct MeasureHeaps;

impl Task for MeasureHeaps {
    type Output = Option<u64>;
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let smaps = File::open("/proc/self/smaps").map(BufReader::new);
        Ok(smaps.ok().and_then(|smaps| resident_heaps(smaps).ok()))
    }

    fn resolve(&mut self, _: Env, heaps: Self::Output) -> napi::Result<()> {
        if let (Some(heaps), Ok(isolate)) = (heaps, Isolate::current()) {
            rss::measured(heaps, isolate.statistics().total_physical_size);
        }
        Ok(())
    }
}

/// To be called on the main thread, while there are workers that do not load memwatch.
/// Without effect where the system does not report mappings.
fn measure_heaps() -> AsyncTask<MeasureHeaps> {
    AsyncTask::new(MeasureHeaps)
}

/// The container of this process. Sizes are bytes.
#[napi(object, object_from_js = false)]
pub(crate) struct ContainerMemory {
    /// Its limit.
    pub bytes: f64,
    /// What counts against it.
    pub used: f64,
    /// The directory of the control group; `null` where only Node.js knows of the limit.
    pub path: Option<String>,
}

/// The limit from Node.js, in bytes: one more source. Values that are no limit are dropped where
/// it is compared; the conversion saturates, and makes 0 of what is no number.
fn note_constrained_memory(bytes: f64) {
    container::set_constrained(bytes as u64);
}

/// As it was read last; `null` where no control group limits this process.
fn container_memory() -> Option<ContainerMemory> {
    let (limit, path) = container::reading()?;
    Some(ContainerMemory {
        bytes: limit.bytes as f64,
        used: limit.used as f64,
        path,
    })
}

/// Milliseconds until the container is full where something grows at this rate, in bytes a
/// second; `null` where it is not, or not within a year.
fn container_full_in_ms(bytes_per_second: f64) -> Option<f64> {
    container::full_in_s(bytes_per_second).map(|s| s * 1000.0)
}
