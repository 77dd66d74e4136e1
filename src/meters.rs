//! The counters of all threads of this process, for Prometheus and OpenTelemetry. Each thread
//! writes its own meter (`environment/shared`), and any thread reads. The metrics are declared in
//! `crates/report/src/metrics.rs`.

use memwatch_detector::meters::{Meters, ThreadRole};
use memwatch_report::MetricSource;
use napi::Env;
use napi::bindgen_prelude::Unknown;

use crate::clock::since_epoch;
use crate::error::{Result, internal};
use crate::memory::container;
use crate::payload;
use crate::v8::Export;

/// The meters of this process. The addon is loaded once, however many workers require it.
pub(crate) static METERS: Meters = Meters::new();

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("metricFamilies", |call| {
        call.answer(metric_families(call.env(), call.argument(0)?)?)
    }),
    Export::new("liveHeapOfWorkers", |call| {
        call.answer(live_heap_of_workers())
    }),
];

/// All families of metrics with their samples of now.
fn metric_families(env: &Env, node: String) -> Result<Unknown<'_>> {
    let families = MetricSource {
        readings: &METERS.read(),
        now_unix_s: since_epoch().as_secs_f64(),
        container: container::reading().map(|(limit, _)| limit),
        container_full_in_s: &container::full_in_s,
        memwatch: env!("CARGO_PKG_VERSION"),
        node: &node,
    }
    .families();
    payload::metrics(env, &families).map_err(internal)
}

/// What is alive on the heaps of all workers, in bytes; `null` where one of them is suspected on
/// its own.
fn live_heap_of_workers() -> Option<f64> {
    let readings = METERS.read();
    let workers = readings
        .iter()
        .find(|(role, _)| *role == ThreadRole::Worker);
    match workers {
        None => Some(0.0),
        Some((_, reading)) if reading.leak_states.suspected.contains(&true) => None,
        Some((_, reading)) => Some(reading.base_bytes as f64),
    }
}
