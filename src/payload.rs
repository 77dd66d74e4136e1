//! Reports of `memwatch_report` as JavaScript objects, with what this process alone knows: the limit
//! that growth reaches first. The report defines the keys and their order.

use memwatch_detector::gc::trend::{Assessment, KindAssessment, Transition};
use memwatch_detector::gc::{HeapNumbers, Leak, Stats};
use memwatch_detector::limits::{Approach, Limit, LimitKind};
use memwatch_detector::meters::Collection;
use memwatch_report::{
    CollectionReport, DetectorStateReport, ForcedCollections, HeapDiffReport, LeakReport,
    MemoryLimit, MetricFamily, StatsReport, TransitionReport,
};
use napi::bindgen_prelude::Unknown;
use napi::{Env, Result};

use crate::memory::container::{Named, first_limit, with_first_limit};

mod to_js;

use to_js::to_js;

/// The `stats` event.
pub(crate) fn stats<'env>(env: &'env Env, stats: &Stats) -> Result<Unknown<'env>> {
    to_js(env, &StatsReport::from(stats))
}

/// The `leak` event of the original rule.
pub(crate) fn consecutive_leak<'env>(
    env: &'env Env,
    leak: &Leak,
    heap: &HeapNumbers,
) -> Result<Unknown<'env>> {
    let (limit, limit_unix_us) = first_limit(&Approach {
        rate: leak.bytes_per_hour() as f64 / 3600.0,
        elapsed_us: leak.elapsed_us,
        now_unix_us: leak.end_unix_us,
        limit: Some(Limit {
            kind: LimitKind::V8Heap,
            bytes: heap.heap_size_limit,
            used: heap.used_heap_size,
        }),
        limit_unix_us: leak.limit_unix_us(heap),
    });
    let report = LeakReport::consecutive(leak, limit.map(memory_limit), limit_unix_us);
    to_js(env, &report)
}

/// The events of the trend: `leak-suspected`, `leak-confirmed`, `leak`, `leak-paused`,
/// `leak-resumed`, `leak-cleared`. A `leak-confirmed` says whether there was a `leak` before.
pub(crate) fn transition<'env>(
    env: &'env Env,
    transition: &Transition,
    was_reported: Option<bool>,
) -> Result<Unknown<'env>> {
    let (assessment, limit) = limited(&transition.assessment);
    let transition = Transition {
        assessment,
        ..*transition
    };
    to_js(env, &TransitionReport::of(&transition, limit, was_reported))
}

/// One collection, for those who follow each of them.
pub(crate) fn collection<'env>(env: &'env Env, collection: &Collection) -> Result<Unknown<'env>> {
    to_js(env, &CollectionReport::from(collection))
}

/// What `memwatch.detectorState()` returns, except for what `lib/` adds.
pub(crate) fn detector_state<'env>(
    env: &'env Env,
    assessment: &Assessment,
) -> Result<Unknown<'env>> {
    let probes = assessment.probes;
    let report = DetectorStateReport::of(
        limited(&assessment.worst),
        assessment.kinds.map(|assessment| limited(&assessment)),
        assessment.beside,
        ForcedCollections::of(probes.count, probes.cost_ns, probes.is_running),
    );
    to_js(env, &report)
}

/// What a scrape sees.
pub(crate) fn metrics<'env>(env: &'env Env, families: &[MetricFamily]) -> Result<Unknown<'env>> {
    to_js(env, &families)
}

/// What `HeapDiff#end()` and `#compare()` return.
pub(crate) fn heap_diff<'env>(env: &'env Env, report: &HeapDiffReport) -> Result<Unknown<'env>> {
    to_js(env, report)
}

/// The assessment with the limit that comes first, and that limit.
fn limited(assessment: &KindAssessment) -> (KindAssessment, Option<MemoryLimit>) {
    let (assessment, limit) = with_first_limit(assessment);
    (assessment, limit.map(memory_limit))
}

fn memory_limit(Named { limit, path }: Named) -> MemoryLimit {
    let path = path.map(|path| path.to_string_lossy().into_owned());
    MemoryLimit::of(&limit, path)
}
