//! Facts about this runtime that the loader checks before it trusts the addon.

use napi_derive::napi;

use crate::error::Result;
use crate::v8::{Export, Isolate};

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("version", |call| call.answer(version())),
    Export::new("probe", |call| call.answer(probe()?)),
];

/// The version of memwatch that this addon is of.
pub(crate) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// V8's numbers as this addon reads them.
#[napi(object)]
pub(crate) struct ProbeResult {
    /// Bytes on the heap.
    pub total_heap_size: f64,
    /// Bytes in use.
    pub used_heap_size: f64,
    /// The limit in bytes.
    pub heap_size_limit: f64,
    /// Contexts alive.
    pub number_of_native_contexts: f64,
}

/// Reads the statistics by offset, so that the loader can compare them with the
/// ones that Node reports itself.
pub(crate) fn probe() -> Result<ProbeResult> {
    let isolate = Isolate::current()?;
    let heap = isolate.statistics();
    Ok(ProbeResult {
        total_heap_size: heap.total_heap_size as f64,
        used_heap_size: heap.used_heap_size as f64,
        heap_size_limit: heap.heap_size_limit as f64,
        number_of_native_contexts: heap.number_of_native_contexts as f64,
    })
}
