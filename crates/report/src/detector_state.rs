//! The result of `memwatch.detectorState()`: the state of the trend detector with its evidence. `lib/`
//! adds what it alone knows: the functions that allocated the growth, and the worker threads.

use memwatch_detector::gc::trend::{BeforeAndAfter, Beside, KindAssessment, State};
use serde::Serialize;

use crate::leak::hundredths;
use crate::{Date, LeakKind, MemoryLimit, SiteEntry, text};

const NS_PER_MS: f64 = 1_000_000.0;

/// The worst kind of memory, and all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DetectorStateReport {
    /// The worst kind.
    #[serde(flatten)]
    pub worst: KindState,
    /// A sentence for people, with the evidence. While growth has paused it ends with the top
    /// allocation site.
    pub reason: String,
    /// Each kind of memory.
    pub kinds: KindStates,
    /// Secondary counters, not judged; one that only grows is a lead.
    pub counters: SecondaryCounters,
    /// Forced collections and their cost.
    pub forced_gc: ForcedCollections,
    /// The functions that the evidence names for this kind of memory, the largest first; empty
    /// while it is `ok`.
    pub suspects: Vec<SiteEntry>,
    /// When they were sampled; `null` if there are none.
    pub suspects_at: Option<Date>,
}

/// The trend detector's state of one kind of memory. All sizes are bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KindState {
    /// The kind of memory.
    pub kind: LeakKind,
    /// Whether it leaks.
    pub state: DetectorState,
    /// Whether the growth was confirmed since it was suspected: a paused leak or a paused suspicion.
    pub was_confirmed: bool,
    /// The share of the required evidence, from 0 to 1. Not a probability. From 0.2 on a leak is
    /// suspected, from 0.9 on it is confirmed.
    pub confidence: f64,
    /// When the most leak-like growth began.
    pub start: Date,
    /// The last sample; if growth has paused, when it stopped.
    pub end: Date,
    /// How much grew in between, in bytes.
    pub growth_bytes: i64,
    /// Growth required for confirmation, at this speed and age, in bytes.
    pub threshold_bytes: i64,
    /// Size when the growth began, in bytes.
    pub start_bytes: i64,
    /// Present size, in bytes.
    pub current_bytes: i64,
    /// How much of the growth is still in use, in bytes; 0 if nothing grows.
    pub kept_bytes: i64,
    /// How fast it grows, in bytes an hour; if growth has paused, how fast it grew.
    pub bytes_per_hour: i64,
    /// When `limit` is reached at this rate; `null` if there is none, or not within a year.
    pub limit_eta: Option<Date>,
    /// The limit that comes first; `null` for memory that neither V8 nor a container limits.
    pub limit: Option<MemoryLimit>,
    /// Number of samples; samples close together count as one.
    pub samples: u64,
    /// Kendall's τ, from -1 to 1: 1 if each sample is above all earlier ones.
    pub kendall_tau: f64,
    /// How fast the second half grew in comparison with the whole: 1 is a straight line.
    pub late_to_overall: f64,
}

/// A state of the trend detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DetectorState {
    /// No sustained growth.
    Ok,
    /// Growth like that of a leak, a warm-up or a filling cache.
    Suspected,
    /// It grew for longer and by more than the thresholds for those allow.
    Confirmed,
    /// Growth stopped together with the work of the program, or with too much of it to judge, and
    /// its memory is still in use.
    Paused,
}

/// Each kind of memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(extend("required" = ["heap", "external", "native", "threads", "handles"]))
)]
pub struct KindStates {
    /// The live heap after full collections.
    pub heap: KindState,
    /// Memory outside of the heap that objects keep alive.
    pub external: KindState,
    /// Memory of the process outside of both.
    pub native: KindState,
    /// Worker threads that this thread has started.
    // Known to `lib/threads` alone, which adds them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "ThreadsState"))]
    pub threads: Option<ThreadsState>,
    /// Descriptors, and threads of the operating system.
    // Known to `lib/handles` alone, which adds them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "HandlesState"))]
    pub handles: Option<HandlesState>,
}

/// The state of descriptors and threads of the process: Linux, and the main thread. Elsewhere, and before
/// they were read, `samples` is 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandlesState {
    /// As of the other kinds. Sizes are 0: handles are counted.
    #[serde(flatten)]
    pub state: KindState,
    /// Those that grow; `null` if none do.
    pub counts: Option<HandleCounts>,
}

/// How many handles of one sort there are, and were.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HandleCounts {
    /// What they are.
    pub which: HandleSort,
    /// How many there were when the growth began.
    pub before: u64,
    /// How many there are.
    pub after: u64,
    /// How many more there are required to be for confirmation.
    pub threshold: u64,
    /// How many more there are in an hour at this rate.
    pub per_hour: f64,
    /// How many descriptors of all sorts the process may have; `null` for threads, and if it is not known.
    pub limit: Option<u64>,
    /// When `limit` is reached at this rate; `null` if there is none, or not within a year.
    pub limit_eta: Option<Date>,
    /// What keeps the event loop of the main thread alive, as `process.getActiveResourcesInfo()` names it, the
    /// most first. Files that are open are in no such list.
    pub active_resources: Vec<ActiveResource>,
}

/// What keeps the event loop alive.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ActiveResource {
    /// Node's name, such as `TCPSocketWrap`.
    pub name: String,
    /// How many of it.
    pub count: u64,
}

/// A sort of handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HandleSort {
    /// Files, directories and devices.
    Files,
    /// Pipes.
    Pipes,
    /// Sockets, those to child processes among them. Of these growth alone is suspected and never
    /// confirmed: a server under more load has more of them.
    Sockets,
    /// Sockets that the other end has closed minutes ago, and this one has not.
    HalfClosedSockets,
    /// Descriptors of none of these sorts: of timers, events, epoll and inotify.
    Others,
    /// Threads of the operating system, without worker threads.
    Threads,
}

/// The state of the worker threads that this thread has started.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThreadsState {
    /// As of the other kinds. Sizes are estimates: the number of threads times the size of one.
    #[serde(flatten)]
    pub state: KindState,
    /// How many are alive.
    pub alive: u64,
    /// How many of them have been idle for 10 s and more.
    pub idle: u64,
    /// The lines of `new Worker`; for one in a package also the calling line of the program.
    pub suspects: Vec<SiteEntry>,
}

/// Secondary counters, when the growth began and at the last full collection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SecondaryCounters {
    /// Memory that V8 allocated with `malloc` for itself, in bytes.
    pub malloced_bytes: CounterChange,
    /// Global handles in use, in bytes.
    pub global_handle_bytes: CounterChange,
    /// Number of contexts alive.
    pub native_contexts: CounterChange,
    /// Number of contexts that were detached and are still alive.
    pub detached_contexts: CounterChange,
}

/// A number at two times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CounterChange {
    /// When the growth began; as `after` where nothing grows.
    pub before: f64,
    /// At the last full collection.
    pub after: f64,
}

/// Full collections that memwatch forced.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ForcedCollections {
    /// How many.
    pub count: u64,
    /// Their cost to the main thread: its processor time in them, in milliseconds.
    pub cost_ms: f64,
    /// Whether one is in progress.
    pub is_running: bool,
}

/// Of one kind of memory: the state of the detector, and the limit that its growth reaches first.
pub type KindAndLimit = (KindAssessment, Option<MemoryLimit>);

impl DetectorStateReport {
    /// Of the worst kind, and of heap, external and native memory.
    #[must_use]
    pub fn of(
        worst: KindAndLimit,
        kinds: [KindAndLimit; 3],
        beside: Beside,
        probes: ForcedCollections,
    ) -> Self {
        let reason = text::detector_state::reason(&worst.0);
        let [heap, external, native] = kinds.map(KindState::from);
        Self {
            worst: worst.into(),
            reason,
            kinds: KindStates {
                heap,
                external,
                native,
                threads: None,
                handles: None,
            },
            counters: beside.into(),
            forced_gc: probes,
            suspects: Vec::new(),
            suspects_at: None,
        }
    }
}

impl ForcedCollections {
    /// From their number and cost.
    #[must_use]
    pub fn of(count: u64, cost_ns: u64, is_running: bool) -> Self {
        Self {
            count,
            cost_ms: cost_ns as f64 / NS_PER_MS,
            is_running,
        }
    }
}

impl From<KindAndLimit> for KindState {
    fn from((assessment, limit): KindAndLimit) -> Self {
        Self {
            kind: assessment.kind.into(),
            state: assessment.state.into(),
            was_confirmed: assessment.was_confirmed,
            confidence: hundredths(assessment.confidence),
            start: Date::from_unix_us(assessment.start_unix_us),
            end: Date::from_unix_us(assessment.end_unix_us),
            growth_bytes: assessment.growth,
            threshold_bytes: assessment.enough,
            start_bytes: assessment.base,
            current_bytes: assessment.current,
            kept_bytes: assessment.kept,
            bytes_per_hour: assessment.bytes_per_hour(),
            limit_eta: assessment.limit_unix_us.map(Date::from_unix_us),
            limit,
            samples: assessment.samples as u64,
            kendall_tau: hundredths(assessment.steadiness),
            late_to_overall: hundredths(assessment.persistence),
        }
    }
}

impl From<State> for DetectorState {
    fn from(state: State) -> Self {
        match state {
            State::Ok => Self::Ok,
            State::Suspected => Self::Suspected,
            State::Confirmed => Self::Confirmed,
            State::Paused => Self::Paused,
        }
    }
}

impl From<Beside> for SecondaryCounters {
    fn from(beside: Beside) -> Self {
        Self {
            malloced_bytes: beside.malloced.into(),
            global_handle_bytes: beside.global_handles.into(),
            native_contexts: beside.native_contexts.into(),
            detached_contexts: beside.detached_contexts.into(),
        }
    }
}

impl From<BeforeAndAfter> for CounterChange {
    fn from(BeforeAndAfter { before, after }: BeforeAndAfter) -> Self {
        Self { before, after }
    }
}
