//! Results as JavaScript objects: keys, their order and their types are the
//! contract's. Computes nothing.

use std::collections::HashMap;

use memwatch_detector::gc::Stats;
use memwatch_report::NewcomersEntry;
use memwatch_report::text;
use memwatch_snapshot::heap_diff::{ClassChange, HeapChange};
use napi::bindgen_prelude::{Array, JsObjectValue, Null, Object, ToNapiValue};
use napi::{Env, Result};

use crate::heap_diff::Side;

mod verdict;

pub use verdict::{consecutive_leak, transition, verdict};

/// Microseconds in a millisecond.
const US_PER_MS: f64 = 1000.0;

/// Nanoseconds in a millisecond.
const NS_PER_MS: f64 = 1_000_000.0;

/// Sets properties in the order of the calls.
struct Builder<'env> {
    env: &'env Env,
    object: Object<'env>,
}

impl<'env> Builder<'env> {
    fn new(env: &'env Env) -> Result<Self> {
        let object = Object::new(env)?;
        Ok(Self { env, object })
    }

    fn set<T: ToNapiValue>(mut self, key: &str, value: T) -> Result<Self> {
        self.object.set_named_property(key, value)?;
        Ok(self)
    }

    /// A count or size. Numbers in JavaScript are exact up to 2^53.
    fn number(self, key: &str, value: u64) -> Result<Self> {
        self.set(key, value as f64)
    }

    fn date(self, key: &str, unix_ms: f64) -> Result<Self> {
        let date = self.env.create_date(unix_ms)?;
        self.set(key, date)
    }

    /// A Date, to the millisecond.
    fn instant(self, key: &str, unix_us: i64) -> Result<Self> {
        self.date(key, (unix_us as f64 / US_PER_MS).floor())
    }

    /// A Date, or null.
    fn optional_instant(self, key: &str, unix_us: Option<i64>) -> Result<Self> {
        match unix_us {
            Some(unix_us) => self.instant(key, unix_us),
            None => self.set(key, Null),
        }
    }
}

/// The `stats` event: the original eight keys, those of the later generation, and
/// what both lacked.
pub fn stats<'env>(env: &'env Env, stats: &Stats) -> Result<Object<'env>> {
    let counters = &stats.counters;
    let heap = &stats.collection.heap;
    let built = Builder::new(env)?
        .number("num_full_gc", stats.num_full_gc)?
        .number("num_inc_gc", stats.num_inc_gc)?
        .number("heap_compactions", stats.heap_compactions)?
        .set("usage_trend", stats.usage_trend)?
        .number("estimated_base", stats.estimated_base)?
        .number("current_base", stats.current_base)?
        .number("min", stats.min)?
        .number("max", stats.max)?
        .set("gc_ts", stats.collection.at_unix_us as f64)?
        .number("gcScavengeCount", counters.scavenge.count)?
        .number("gcScavengeTime", counters.scavenge.pause_ns)?
        .number("gcMarkSweepCompactCount", counters.mark_sweep.count)?
        .number("gcMarkSweepCompactTime", counters.mark_sweep.pause_ns)?
        .number(
            "gcIncrementalMarkingCount",
            counters.incremental_marking.count,
        )?
        .number(
            "gcIncrementalMarkingTime",
            counters.incremental_marking.pause_ns,
        )?
        .number("gcProcessWeakCallbacksCount", counters.weak_callbacks.count)?
        .number(
            "gcProcessWeakCallbacksTime",
            counters.weak_callbacks.pause_ns,
        )?
        .number("total_heap_size", heap.total_heap_size)?
        .number(
            "total_heap_size_executable",
            heap.total_heap_size_executable,
        )?
        .number("total_physical_size", heap.total_physical_size)?
        .number("total_available_size", heap.total_available_size)?
        .number("used_heap_size", heap.used_heap_size)?
        .number("heap_size_limit", heap.heap_size_limit)?
        .number("malloced_memory", heap.malloced_memory)?
        .number("peak_malloced_memory", heap.peak_malloced_memory)?
        .number("gc_time", stats.collection.pause_ns)?
        .number("gcMinorMarkSweepCount", counters.minor_mark_sweep.count)?
        .number("gcMinorMarkSweepTime", counters.minor_mark_sweep.pause_ns)?
        .set("pause_ms", stats.collection.pause_ns as f64 / NS_PER_MS)?
        .number("external_memory", heap.external_memory)?
        .number("number_of_native_contexts", heap.number_of_native_contexts)?
        .number(
            "number_of_detached_contexts",
            heap.number_of_detached_contexts,
        )?
        .number("total_global_handles_size", heap.total_global_handles_size)?
        .number("used_global_handles_size", heap.used_global_handles_size)?
        // Read when the event is emitted; here for their place.
        .number("array_buffers", 0)?
        .number("rss", 0)?
        .number("num_probe_gc", counters.probe.count)?
        .number("probe_gc_time", counters.probe.pause_ns)?;
    Ok(built.object)
}

/// What `HeapDiff#end()` and `#compare()` return.
pub fn heap_diff<'env>(
    env: &'env Env,
    before: &Side,
    after: &Side,
    change: &HeapChange,
    newcomers: &HashMap<String, NewcomersEntry>,
) -> Result<Object<'env>> {
    let built = Builder::new(env)?
        .set("before", heap_side(env, before)?)?
        .set("after", heap_side(env, after)?)?
        .set("change", heap_change(env, change, newcomers)?)?;
    Ok(built.object)
}

fn heap_side<'env>(env: &'env Env, side: &Side) -> Result<Object<'env>> {
    let bytes = side.columns.total_bytes();
    let built = Builder::new(env)?
        .number("nodes", side.columns.node_count())?
        .date("time", side.at_unix_ms)?
        .number("size_bytes", bytes)?
        .set("size", text::size(i64::try_from(bytes).unwrap_or(i64::MAX)))?;
    Ok(built.object)
}

fn heap_change<'env>(
    env: &'env Env,
    change: &HeapChange,
    newcomers: &HashMap<String, NewcomersEntry>,
) -> Result<Object<'env>> {
    let details = change
        .details
        .iter()
        .map(|class| class_change(env, class, newcomers.get(&class.what)))
        .collect::<Result<Vec<_>>>()?;
    let built = Builder::new(env)?
        .set("size_bytes", change.size_bytes as f64)?
        .set("size", text::size(change.size_bytes))?
        .number("freed_nodes", change.freed_nodes)?
        .number("allocated_nodes", change.allocated_nodes)?
        .set("details", Array::from_vec(env, details)?)?;
    Ok(built.object)
}

fn class_change<'env>(
    env: &'env Env,
    class: &ClassChange,
    newcomers: Option<&NewcomersEntry>,
) -> Result<Object<'env>> {
    let built = Builder::new(env)?
        .set("what", class.what.as_str())?
        .set("size_bytes", class.size_bytes as f64)?
        .set("size", text::size(class.size_bytes))?
        .number("+", class.allocated)?
        .number("-", class.freed)?;
    let Some(newcomers) = newcomers else {
        return Ok(built.object);
    };
    let paths = newcomers
        .paths
        .iter()
        .map(|way| {
            let built = Builder::new(env)?
                .set("share", way.share)?
                .set("path", way.path.as_str())?;
            Ok(built.object)
        })
        .collect::<Result<Vec<_>>>()?;
    let retained = i64::try_from(newcomers.retained_bytes).unwrap_or(i64::MAX);
    let built = built
        .number("retained_size_bytes", newcomers.retained_bytes)?
        .set("retained_size", text::size(retained))?
        .set("paths", Array::from_vec(env, paths)?)?;
    Ok(built.object)
}
