//! What all threads of this process have counted, for Prometheus and OpenTelemetry. Each thread
//! writes its own meter (`environment/shared`), whatever thread reads. How metrics are named is
//! JavaScript's.

use memwatch_detector::meters::{Meters, PAUSE_BOUNDS_NS, ThreadRole};
use napi_derive::napi;

use crate::v8::Export;

/// Nanoseconds in a second.
const NS_PER_S: f64 = 1e9;

/// The meters of this process. The addon is loaded once, however many workers require it.
pub static METERS: Meters = Meters::new();

/// What JavaScript calls.
pub const EXPORTS: &[Export] = &[
    Export::new("readMeters", |call| call.answer(read_meters())),
    Export::new("pauseBoundsSeconds", |call| {
        call.answer(pause_bounds_seconds())
    }),
];

/// All threads of a role together. Arrays of pauses are in the order minor, major,
/// incremental, weak callbacks; those of leaks heap, external, native, threads.
#[napi(object, object_from_js = false)]
pub struct RoleReading {
    /// `main` or `worker`.
    pub thread: &'static str,
    /// Collections by kind.
    pub counts: Vec<f64>,
    /// Their pauses by kind, in seconds.
    pub pause_seconds: Vec<f64>,
    /// By kind and bucket, not cumulated.
    pub buckets: Vec<Vec<f64>>,
    /// The base in bytes; 0 before the first full collection.
    pub base_bytes: f64,
    /// The heap's limit in bytes; likewise.
    pub limit_bytes: f64,
    /// Bytes a second.
    pub growth_bytes_per_second: f64,
    /// When the limit is reached, in seconds since the Unix epoch; or infinite.
    pub limit_at_unix_s: f64,
    /// By kind of leak.
    pub suspected: Vec<bool>,
    /// By kind of leak: suspected, and paused in each thread where it is.
    pub paused: Vec<bool>,
    /// By kind of leak.
    pub leaks: Vec<f64>,
}

/// What all threads of this process have counted.
pub fn read_meters() -> Vec<RoleReading> {
    let readings = METERS.read().into_iter();
    readings
        .map(|(role, reading)| {
            let pauses = reading.pauses.iter();
            RoleReading {
                thread: match role {
                    ThreadRole::Main => "main",
                    ThreadRole::Worker => "worker",
                },
                counts: pauses.clone().map(|kind| kind.count() as f64).collect(),
                pause_seconds: pauses
                    .clone()
                    .map(|kind| kind.sum_ns as f64 / NS_PER_S)
                    .collect(),
                buckets: pauses
                    .map(|kind| kind.counts.iter().map(|count| *count as f64).collect())
                    .collect(),
                base_bytes: reading.base_bytes as f64,
                limit_bytes: reading.limit_bytes as f64,
                growth_bytes_per_second: reading.verdict.growth_bytes_per_second,
                limit_at_unix_s: reading.verdict.limit_at_unix_s,
                suspected: reading.verdict.suspected.to_vec(),
                paused: reading.verdict.paused.to_vec(),
                leaks: reading.leaks.iter().map(|count| *count as f64).collect(),
            }
        })
        .collect()
}

/// Upper bounds of the buckets in seconds, without the last, which has none.
pub fn pause_bounds_seconds() -> Vec<f64> {
    PAUSE_BOUNDS_NS
        .iter()
        .map(|bound| *bound as f64 / NS_PER_S)
        .collect()
}
