//! The argument of `stats` listeners. The names and the order of its keys are those of the
//! original packages, which came first: eight of memwatch-next, then those of
//! @airbnb/node-memwatch, then new ones.

use memwatch_detector::gc::Stats;
use serde::Serialize;

const NS_PER_MS: f64 = 1_000_000.0;

/// The numbers after a full collection. All counts begin when memwatch is loaded in the thread.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatsReport {
    /// Full collections so far; all GC cycles of one `gc()` count as one.
    pub num_full_gc: u64,
    /// All other collections so far, most of them scavenges.
    pub num_inc_gc: u64,
    /// The same as `num_full_gc`: V8 may compact in each of them.
    pub heap_compactions: u64,
    /// How far the short average of the base is above the long one, in percent with one decimal;
    /// negative when memory use falls. 0 in the first nine full collections.
    pub usage_trend: f64,
    /// The short average of the base, in bytes.
    pub estimated_base: u64,
    /// The base after this collection, in bytes.
    pub current_base: u64,
    /// The smallest base from the third full collection on, in bytes; 0 before it.
    pub min: u64,
    /// The largest base from the third full collection on, in bytes; 0 before it.
    pub max: u64,
    /// When the collection ended, in microseconds since the Unix epoch.
    pub gc_ts: i64,
    /// Copying collections of the young generation so far.
    #[serde(rename = "gcScavengeCount")]
    pub scavenge_count: u64,
    /// Their pauses together, in nanoseconds.
    #[serde(rename = "gcScavengeTime")]
    pub scavenge_ns: u64,
    /// Collections of the whole heap so far, as V8 ran them: each GC cycle of a `gc()` counts.
    #[serde(rename = "gcMarkSweepCompactCount")]
    pub mark_sweep_count: u64,
    /// Their pauses together, in nanoseconds.
    #[serde(rename = "gcMarkSweepCompactTime")]
    pub mark_sweep_ns: u64,
    /// Steps of incremental marking so far.
    #[serde(rename = "gcIncrementalMarkingCount")]
    pub incremental_marking_count: u64,
    /// Their pauses together, in nanoseconds.
    #[serde(rename = "gcIncrementalMarkingTime")]
    pub incremental_marking_ns: u64,
    /// Passes over weak callbacks so far.
    #[serde(rename = "gcProcessWeakCallbacksCount")]
    pub weak_callbacks_count: u64,
    /// Their pauses together, in nanoseconds.
    #[serde(rename = "gcProcessWeakCallbacksTime")]
    pub weak_callbacks_ns: u64,
    /// Memory V8 holds for the heap, in bytes.
    pub total_heap_size: u64,
    /// Of it for machine code, in bytes.
    pub total_heap_size_executable: u64,
    /// Of the heap backed by memory, in bytes.
    pub total_physical_size: u64,
    /// Room for further growth of the heap, in bytes.
    pub total_available_size: u64,
    /// Used heap, in bytes: the same as `current_base`.
    pub used_heap_size: u64,
    /// V8's limit on the heap, in bytes (`--max-old-space-size`).
    pub heap_size_limit: u64,
    /// Memory that V8 allocated with `malloc` for itself, in bytes.
    pub malloced_memory: u64,
    /// Its maximum, in bytes.
    pub peak_malloced_memory: u64,
    /// The pause of this collection, in nanoseconds; for a `gc()` the pauses of all its GC cycles.
    #[serde(rename = "gc_time")]
    pub pause_ns: u64,
    /// Marking collections of the young generation so far.
    #[serde(rename = "gcMinorMarkSweepCount")]
    pub minor_mark_sweep_count: u64,
    /// Their pauses together, in nanoseconds.
    #[serde(rename = "gcMinorMarkSweepTime")]
    pub minor_mark_sweep_ns: u64,
    /// The pause of this collection in milliseconds: `gc_time / 1e6`.
    pub pause_ms: f64,
    /// Memory outside of the heap that objects on it keep alive, in bytes (buffers, strings of addons).
    pub external_memory: u64,
    /// Number of top-level contexts alive. A number that only grows is a leak of contexts (`node:vm`).
    pub number_of_native_contexts: u64,
    /// Number of contexts that were detached and are still alive: above 0 they are retained.
    pub number_of_detached_contexts: u64,
    /// Memory for global handles, in bytes.
    pub total_global_handles_size: u64,
    /// Of it in use, in bytes.
    pub used_global_handles_size: u64,
    /// Memory of `ArrayBuffer`s and `Buffer`s, in bytes; read when the event is emitted.
    pub array_buffers: u64,
    /// Resident set size of the whole process, in bytes; read when the event is emitted.
    pub rss: u64,
    /// Full collections that memwatch has forced so far, because a leak is suspected and there are
    /// few samples. They emit no `stats` event and are not counted in the other numbers.
    #[serde(rename = "num_forced_gc")]
    pub forced_count: u64,
    /// Their cost to the main thread so far: its processor time in them, in nanoseconds.
    #[serde(rename = "forced_gc_time")]
    pub forced_ns: u64,
}

impl From<&Stats> for StatsReport {
    /// `array_buffers` and `rss` are 0: V8 does not know them inside a collection. `lib/` reads
    /// them when it emits the event.
    fn from(stats: &Stats) -> Self {
        let counters = &stats.counters;
        let heap = &stats.collection.heap;
        Self {
            num_full_gc: stats.num_full_gc,
            num_inc_gc: stats.num_inc_gc,
            heap_compactions: stats.heap_compactions,
            usage_trend: stats.usage_trend,
            estimated_base: stats.estimated_base,
            current_base: stats.current_base,
            min: stats.min,
            max: stats.max,
            gc_ts: stats.collection.at_unix_us,
            scavenge_count: counters.scavenge.count,
            scavenge_ns: counters.scavenge.pause_ns,
            mark_sweep_count: counters.mark_sweep.count,
            mark_sweep_ns: counters.mark_sweep.pause_ns,
            incremental_marking_count: counters.incremental_marking.count,
            incremental_marking_ns: counters.incremental_marking.pause_ns,
            weak_callbacks_count: counters.weak_callbacks.count,
            weak_callbacks_ns: counters.weak_callbacks.pause_ns,
            total_heap_size: heap.total_heap_size,
            total_heap_size_executable: heap.total_heap_size_executable,
            total_physical_size: heap.total_physical_size,
            total_available_size: heap.total_available_size,
            used_heap_size: heap.used_heap_size,
            heap_size_limit: heap.heap_size_limit,
            malloced_memory: heap.malloced_memory,
            peak_malloced_memory: heap.peak_malloced_memory,
            pause_ns: stats.collection.pause_ns,
            minor_mark_sweep_count: counters.minor_mark_sweep.count,
            minor_mark_sweep_ns: counters.minor_mark_sweep.pause_ns,
            pause_ms: stats.collection.pause_ns as f64 / NS_PER_MS,
            external_memory: heap.external_memory,
            number_of_native_contexts: heap.number_of_native_contexts,
            number_of_detached_contexts: heap.number_of_detached_contexts,
            total_global_handles_size: heap.total_global_handles_size,
            used_global_handles_size: heap.used_global_handles_size,
            array_buffers: 0,
            rss: 0,
            forced_count: counters.probe.count,
            forced_ns: counters.probe.pause_ns,
        }
    }
}
