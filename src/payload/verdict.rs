//! Leaks and verdicts as JavaScript objects. Computes nothing.

use memwatch_detector::gc::trend::{
    Change, Cleared, Kind, State, ThenAndNow, Transition, Trend, Verdict,
};
use memwatch_detector::gc::{HeapNumbers, Leak};
use memwatch_detector::limits::{Approach, Limit, LimitKind};
use memwatch_report::text;
use napi::bindgen_prelude::{Array, Null, Object};
use napi::{Env, Result};

use super::{Builder, US_PER_MS};
use crate::memory::container::{Named, first_limit, with_first_limit};

/// The `leak` event of the original rule, which is told while nothing more is known.
pub fn consecutive_leak<'env>(
    env: &'env Env,
    leak: &Leak,
    heap: &HeapNumbers,
) -> Result<Object<'env>> {
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
    Ok(LeakEvent {
        start_unix_us: leak.start_unix_us,
        end_unix_us: leak.end_unix_us,
        growth: leak.growth,
        reason: text::leak_reason(leak),
        detector: "consecutive",
        kind: Kind::Heap,
        state: "unknown",
        confidence: None,
        bytes_per_hour: leak.bytes_per_hour(),
        limit_unix_us,
        limit,
    }
    .build(env)?
    .object)
}

/// The events of the trend: `leak-suspected`, `leak-confirmed`, `leak`, `leak-paused`,
/// `leak-resumed`, `leak-cleared`. A `leak-confirmed` says whether there was a `leak` before.
pub fn transition<'env>(
    env: &'env Env,
    transition: &Transition,
    was_told: Option<bool>,
) -> Result<Object<'env>> {
    let (verdict, limit) = with_first_limit(&transition.verdict);
    let transition = &Transition {
        verdict,
        ..*transition
    };
    let cleared = match transition.change {
        Change::Cleared(why) => Some(why),
        _ => None,
    };
    let built = LeakEvent {
        start_unix_us: verdict.start_unix_us,
        end_unix_us: verdict.end_unix_us,
        growth: verdict.growth,
        reason: text::verdict::transition_reason(transition),
        detector: "trend",
        kind: verdict.kind,
        state: cleared.map_or_else(|| state(verdict.state), |_| "cleared"),
        confidence: Some(verdict.confidence),
        bytes_per_hour: verdict.bytes_per_hour(),
        limit_unix_us: verdict.limit_unix_us,
        limit,
    }
    .build(env)?;
    if let (Change::Confirmed, Some(was_told)) = (transition.change, was_told) {
        return Ok(built.set("wasReported", was_told)?.object);
    }
    if !matches!(transition.change, Change::Paused | Change::Cleared(_)) {
        return Ok(built.object);
    }
    let lasted_ms = (transition.lasted_us as f64 / US_PER_MS).floor();
    let built = built
        .set("keptBytes", verdict.kept as f64)?
        .set("wasConfirmed", verdict.was_confirmed)?
        .set("lastedMs", lasted_ms)?;
    let Some(why) = cleared else {
        return Ok(built.object);
    };
    let built = built.set(
        "why",
        match why {
            Cleared::StoppedGrowing => "stopped growing",
            Cleared::GivenBack => "given back",
        },
    )?;
    Ok(built.object)
}

/// What all of these events have.
struct LeakEvent {
    start_unix_us: i64,
    end_unix_us: i64,
    growth: i64,
    reason: String,
    detector: &'static str,
    kind: Kind,
    state: &'static str,
    /// None where nothing was judged.
    confidence: Option<f64>,
    bytes_per_hour: i64,
    limit_unix_us: Option<i64>,
    limit: Option<Named>,
}

impl LeakEvent {
    fn build(self, env: &Env) -> Result<Builder<'_>> {
        let built = Builder::new(env)?
            .instant("start", self.start_unix_us)?
            .instant("end", self.end_unix_us)?
            .set("growth", self.growth as f64)?
            .set("reason", self.reason)?
            .set("detector", self.detector)?
            .set("kind", kind(self.kind))?
            .set("state", self.state)?;
        let built = match self.confidence {
            Some(confidence) => built.set("confidence", hundredths(confidence))?,
            None => built.set("confidence", Null)?,
        };
        built
            .set("bytesPerHour", self.bytes_per_hour as f64)?
            .optional_instant("limitEta", self.limit_unix_us)?
            .limit(self.limit)?
            // Filled where the sampler is.
            .set("suspects", Array::from_vec(env, Vec::<f64>::new())?)
    }
}

/// What `memwatch.verdict()` returns but for the options.
pub fn verdict<'env>(env: &'env Env, trend: &Trend) -> Result<Object<'env>> {
    let [heap, external, native] = trend.verdicts();
    let kinds = Builder::new(env)?
        .set("heap", on_kind(env, &heap)?.object)?
        .set("external", on_kind(env, &external)?.object)?
        .set("native", on_kind(env, &native)?.object)?;
    let (count, cost_ns) = trend.probes();
    let probes = Builder::new(env)?
        .number("count", count)?
        .set("costMs", cost_ns as f64 / super::NS_PER_MS)?
        .set("isRunning", trend.is_probing())?;
    let numbers = trend.beside();
    let beside = Builder::new(env)?
        .set("mallocedMemory", then_and_now(env, numbers.malloced)?)?
        .set("globalHandles", then_and_now(env, numbers.global_handles)?)?
        .set(
            "nativeContexts",
            then_and_now(env, numbers.native_contexts)?,
        )?
        .set(
            "detachedContexts",
            then_and_now(env, numbers.detached_contexts)?,
        )?;
    let (worst, _) = with_first_limit(&trend.verdict());
    let built = on_kind(env, &worst)?
        .set("reason", text::verdict::reason(&worst))?
        .set("kinds", kinds.object)?
        .set("beside", beside.object)?
        .set("probes", probes.object)?;
    Ok(built.object)
}

fn then_and_now(env: &Env, numbers: ThenAndNow) -> Result<Object<'_>> {
    let built = Builder::new(env)?
        .set("then", numbers.then)?
        .set("now", numbers.now)?;
    Ok(built.object)
}

fn on_kind<'env>(env: &'env Env, verdict: &Verdict) -> Result<Builder<'env>> {
    let (verdict, limit) = with_first_limit(verdict);
    Builder::new(env)?
        .set("kind", kind(verdict.kind))?
        .set("state", state(verdict.state))?
        .set("wasConfirmed", verdict.was_confirmed)?
        .set("confidence", hundredths(verdict.confidence))?
        .instant("start", verdict.start_unix_us)?
        .instant("end", verdict.end_unix_us)?
        .set("growth", verdict.growth as f64)?
        .set("enough", verdict.enough as f64)?
        .set("base", verdict.base as f64)?
        .set("current", verdict.current as f64)?
        .set("keptBytes", verdict.kept as f64)?
        .set("bytesPerHour", verdict.bytes_per_hour() as f64)?
        .optional_instant("limitEta", verdict.limit_unix_us)?
        .limit(limit)?
        .number("samples", verdict.samples as u64)?
        .set("steadiness", hundredths(verdict.steadiness))?
        .set("persistence", hundredths(verdict.persistence))
}

impl<'env> Builder<'env> {
    /// The limit that comes first, or null.
    fn limit(self, named: Option<Named>) -> Result<Self> {
        let Some(Named { limit, path }) = named else {
            return self.set("limit", Null);
        };
        let built = Builder::new(self.env)?
            .set(
                "kind",
                match limit.kind {
                    LimitKind::V8Heap => "v8-heap",
                    LimitKind::Container => "container",
                },
            )?
            .number("bytes", limit.bytes)?
            .number("used", limit.used)?
            .set("path", path.map(|path| path.to_string_lossy().into_owned()))?;
        self.set("limit", built.object)
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Heap => "heap",
        Kind::External => "external",
        Kind::Native => "native",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Suspected => "suspected",
        State::Confirmed => "confirmed",
        State::Paused => "paused",
    }
}

/// More digits would say more than is known. Rounded down: what is not enough stays so.
fn hundredths(share: f64) -> f64 {
    (share * 100.0).floor() / 100.0
}
