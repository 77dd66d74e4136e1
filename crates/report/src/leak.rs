//! The arguments of the listeners of `leak` and of the events of the detector's states. The
//! functions that allocated the growth are filled in by `lib/`, where the sampler is.

use memwatch_detector::gc::Leak;
use memwatch_detector::gc::trend::{Change, Cleared, Kind, State, Transition};
use serde::Serialize;

use crate::{Date, HandleCounts, LiveAnalyzeReport, MemoryLimit, SiteEntry, text};

const US_PER_MS: i64 = 1000;

/// A leak, or growth that may be one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeakReport {
    /// When the growth began, to the millisecond.
    pub start: Date,
    /// The last full collection or sample that it was seen in, to the millisecond.
    pub end: Date,
    /// How much grew in that time, in bytes.
    pub growth: i64,
    /// A sentence for people, with the evidence.
    pub reason: String,
    /// The detector that reports it.
    pub detector: Detector,
    /// The kind of memory that grows. The original rule covers the heap only.
    pub kind: LeakKind,
    /// The trend detector's present state of this kind of memory; `unknown` for the original rule.
    pub state: LeakState,
    /// The share of the required evidence, from 0 to 1; `null` if nothing was judged. For a
    /// cleared one: its maximum.
    pub confidence: Option<f64>,
    /// How fast it grows, in bytes an hour.
    pub bytes_per_hour: i64,
    /// When `limit` is reached at this rate; `null` if there is none, or not within a year.
    pub limit_eta: Option<Date>,
    /// The limit that comes first; `null` for memory that neither V8 nor a container limits.
    pub limit: Option<MemoryLimit>,
    /// The functions that allocated the growth, the largest first.
    pub suspects: Vec<SiteEntry>,
    /// When they were sampled; `null` if there are none.
    pub suspects_at: Option<Date>,
    /// Why there are none, as a sentence; `null` if there are some.
    pub why_no_suspects: Option<String>,
    /// Of `handles`: which, and how many; absent of other kinds.
    // Known to `lib/handles` alone, which makes these events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handles: Option<HandleCounts>,
    /// With `onLeak.analyze`, for a confirmed leak: leak candidates and what keeps them, or why that is
    /// unknown; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<LeakAnalysisReport>,
}

/// The analysis of a confirmed leak, or why there is none. `lib/` adds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeakAnalysisReport {
    /// As of `analyzeNow()`; absent if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<LiveAnalyzeReport>,
    /// Why it failed: an `Error`, of which JSON has the enumerable properties, such as `code`;
    /// absent if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<serde_json::Value>,
}

/// Growth that the trend detector confirms to be a leak.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConfirmedLeakReport {
    /// What all of these events have.
    #[serde(flatten)]
    pub leak: LeakReport,
    /// Whether there was a `leak` for it before, by the original rule or in another kind of
    /// memory. If not, one follows.
    pub was_reported: bool,
}

/// Growth that stopped together with the work of the program.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PausedLeakReport {
    /// What all of these events have.
    #[serde(flatten)]
    pub leak: LeakReport,
    /// How much of the growth is still in use, in bytes.
    pub kept_bytes: i64,
    /// Whether it was confirmed to be a leak before.
    pub was_confirmed: bool,
    /// For how long it grew, in milliseconds.
    pub lasted_ms: i64,
}

/// Growth that has ended. The evidence is that of its maximum.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClearedLeakReport {
    /// What all of these events have.
    #[serde(flatten)]
    pub leak: LeakReport,
    /// How much of the growth is still in use, in bytes.
    pub kept_bytes: i64,
    /// Whether it was confirmed to be a leak before.
    pub was_confirmed: bool,
    /// From the suspicion on, in milliseconds.
    pub lasted_ms: i64,
    /// The program continued allocating as before and nothing grew, or half of the growth is free again.
    pub why: ClearedReason,
}

/// What is emitted for a change of the detector's state.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum TransitionReport {
    /// `leak-suspected`, `leak-resumed`, `leak`.
    Leak(LeakReport),
    /// `leak-confirmed`.
    Confirmed(ConfirmedLeakReport),
    /// `leak-paused`.
    Paused(PausedLeakReport),
    /// `leak-cleared`.
    Cleared(ClearedLeakReport),
}

/// A detector of leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Detector {
    /// The original rule: growth in each of several full collections in a row.
    Consecutive,
    /// Growth for longer, and by more, than the thresholds for warm-ups and filling caches allow.
    Trend,
}

/// A kind of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LeakKind {
    /// The live heap after full collections.
    Heap,
    /// Memory outside of the heap that objects keep alive.
    External,
    /// Memory of the process outside of both.
    Native,
    /// Worker threads that are not stopped, or heaps of workers that grow only together.
    Threads,
    /// Files, sockets and other descriptors that are not closed, or threads of native code. Bytes are
    /// 0: they are counted.
    Handles,
}

/// The state of the trend detector in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LeakState {
    /// Not judged: the original rule reports it.
    Unknown,
    /// Growth like that of a leak, a warm-up or a filling cache.
    Suspected,
    /// It grew for longer and by more than the thresholds for those allow.
    Confirmed,
    /// It stopped together with the work of the program, and its memory is still in use.
    Paused,
    /// It has ended.
    Cleared,
}

/// Why growth has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ClearedReason {
    /// The program continued allocating as before and nothing grew.
    StoppedGrowing,
    /// Half of the growth or more is free again.
    Reclaimed,
}

impl From<Kind> for LeakKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Heap => Self::Heap,
            Kind::External => Self::External,
            Kind::Native => Self::Native,
        }
    }
}

impl From<Cleared> for ClearedReason {
    fn from(why: Cleared) -> Self {
        match why {
            Cleared::StoppedGrowing => Self::StoppedGrowing,
            Cleared::GivenBack => Self::Reclaimed,
        }
    }
}

impl LeakReport {
    /// Of the original rule, which reports while nothing more is known.
    #[must_use]
    pub fn consecutive(
        leak: &Leak,
        limit: Option<MemoryLimit>,
        limit_unix_us: Option<i64>,
    ) -> Self {
        Self {
            start: Date::from_unix_us(leak.start_unix_us),
            end: Date::from_unix_us(leak.end_unix_us),
            growth: leak.growth,
            reason: text::leak_reason(leak),
            detector: Detector::Consecutive,
            kind: LeakKind::Heap,
            state: LeakState::Unknown,
            confidence: None,
            bytes_per_hour: leak.bytes_per_hour(),
            limit_eta: limit_unix_us.map(Date::from_unix_us),
            limit,
            suspects: Vec::new(),
            suspects_at: None,
            why_no_suspects: None,
            handles: None,
            analysis: None,
        }
    }

    fn trend(transition: &Transition, limit: Option<MemoryLimit>) -> Self {
        let assessment = &transition.assessment;
        let state = match (transition.change, assessment.state) {
            (Change::Cleared(_), _) => LeakState::Cleared,
            (_, State::Suspected) => LeakState::Suspected,
            (_, State::Confirmed) => LeakState::Confirmed,
            (_, State::Paused) => LeakState::Paused,
            (_, State::Ok) => LeakState::Unknown,
        };
        Self {
            start: Date::from_unix_us(assessment.start_unix_us),
            end: Date::from_unix_us(assessment.end_unix_us),
            growth: assessment.growth,
            reason: text::detector_state::transition_reason(transition),
            detector: Detector::Trend,
            kind: assessment.kind.into(),
            state,
            confidence: Some(hundredths(assessment.confidence)),
            bytes_per_hour: assessment.bytes_per_hour(),
            limit_eta: assessment.limit_unix_us.map(Date::from_unix_us),
            limit,
            suspects: Vec::new(),
            suspects_at: None,
            why_no_suspects: None,
            handles: None,
            analysis: None,
        }
    }
}

impl TransitionReport {
    /// Of a change. `was_reported` is of a confirmed leak whether there was a `leak` for it
    /// before; without it the report is that of a `leak`.
    #[must_use]
    pub fn of(
        transition: &Transition,
        limit: Option<MemoryLimit>,
        was_reported: Option<bool>,
    ) -> Self {
        let leak = LeakReport::trend(transition, limit);
        let kept_bytes = transition.assessment.kept;
        let was_confirmed = transition.assessment.was_confirmed;
        let lasted_ms = transition.lasted_us.div_euclid(US_PER_MS);
        match (transition.change, was_reported) {
            (Change::Confirmed, Some(was_reported)) => {
                Self::Confirmed(ConfirmedLeakReport { leak, was_reported })
            }
            (Change::Paused, _) => Self::Paused(PausedLeakReport {
                leak,
                kept_bytes,
                was_confirmed,
                lasted_ms,
            }),
            (Change::Cleared(why), _) => Self::Cleared(ClearedLeakReport {
                leak,
                kept_bytes,
                was_confirmed,
                lasted_ms,
                why: why.into(),
            }),
            (Change::Suspected | Change::Confirmed | Change::Resumed, _) => Self::Leak(leak),
        }
    }
}

/// More digits would claim more than is known. Rounded down, so that a value below a threshold
/// stays below it.
pub(crate) fn hundredths(share: f64) -> f64 {
    (share * 100.0).floor() / 100.0
}
