//! A flight recorder's file, and what `memwatch report FILE --json` prints of it. `lib/flight-recorder` writes and
//! reads it: this is its shape, of a file that is whole. Of a damaged one, a key of the report that has no value of
//! its type is `null`.

use serde::Serialize;

use crate::{
    ClearedReason, DetectorStateReport, LeakKind, LeakState, MemoryLimit, NativeMemoryReport,
    SamplerOwner, SiteEntry, SnapshotTrigger,
};

/// The last state of a process, as its flight recorder keeps it. Times are milliseconds since the
/// Unix epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FlightRecorderFile {
    /// The version of the file's format.
    pub version: u32,
    /// The version of memwatch.
    pub memwatch: String,
    /// The version of Node.js, with its `v`.
    pub node: String,
    /// The process id.
    pub pid: u32,
    /// The thread: 0 is the main thread.
    pub thread: u32,
    /// When the process started, as the system counts it: another process of the same id has
    /// another value. `null` where the system does not report it.
    pub process_start: Option<String>,
    /// The namespace of the process id; `null` where the system does not report it.
    pub pid_namespace: Option<String>,
    /// The program, as the first argument of Node.js.
    pub program: Option<String>,
    /// When the process started.
    pub started_at: f64,
    /// Whether the writer held a lock on the file, which shows that it runs.
    pub locked: bool,
    /// When the file was written.
    pub written_at: f64,
    /// What it was written for: `start`, `collection`, `heartbeat`, `snapshot`, `exit`, or the name
    /// of an event.
    pub because: String,
    /// How the program ended; `null` where it did not exit.
    pub ended: Option<RecordedEnd>,
    /// V8's limit on the heap, in bytes.
    pub heap_limit_bytes: u64,
    /// The state of the detector; `null` where the trend is not followed.
    pub detector_state: Option<DetectorStateReport>,
    /// The last reading of native memory and of open handles; `null` before the first one, in a worker thread, and
    /// where the system has none.
    pub native_memory: Option<NativeMemoryReport>,
    /// Memory over time.
    pub series: RecordedSeries,
    /// The last events of the detector, the oldest first.
    pub events: Vec<RecordedEvent>,
    /// Allocation sites.
    pub sites: Option<RecordedSites>,
    /// The last automatic snapshots, the oldest first.
    pub snapshots: Vec<RecordedSnapshot>,
}

/// The last state of a process, as its flight recorder kept it, and what became of the process. Times
/// are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FlightRecorderReport {
    /// The content of the file.
    #[serde(flatten)]
    pub file: FlightRecorderFile,
    /// Whether the program exited, runs, or died without exiting.
    pub ending: Ending,
}

/// The end of a program that exited.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedEnd {
    /// Its exit status.
    pub status: i32,
    /// When it ended.
    pub at: f64,
}

/// Memory over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedSeries {
    /// The names of the numbers of a point: `at`, `heap`, `external`, `rss`; all but `at` are bytes.
    pub fields: Vec<String>,
    /// The points, the oldest first.
    pub points: Vec<Vec<f64>>,
}

/// An event of the detector, with what its listeners got.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordedEvent {
    /// When it was emitted.
    pub at: f64,
    /// The name of the event.
    pub name: String,
    /// A sentence for people, with the evidence.
    pub reason: String,
    /// The kind of memory that grows.
    pub kind: LeakKind,
    /// The detector's state of it then.
    pub state: LeakState,
    /// The share of the required evidence, from 0 to 1; `null` if nothing was judged.
    pub confidence: Option<f64>,
    /// How much grew, in bytes.
    pub growth: i64,
    /// How fast it grew, in bytes an hour.
    pub bytes_per_hour: i64,
    /// When `limit` was to be reached at this rate; `null` if there is none, or not within a year.
    pub limit_eta: Option<crate::Date>,
    /// The limit that came first.
    pub limit: Option<MemoryLimit>,
    /// The functions that allocated the growth, the largest first.
    pub suspects: Vec<SiteEntry>,
    /// When they were sampled; `null` if there are none.
    pub suspects_at: Option<f64>,
    /// Why there are none, as a sentence; `null` if there are some.
    pub why_no_suspects: Option<String>,
    /// How much of the growth was still in use, in bytes: of `leak-paused` and `leak-cleared`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_bytes: Option<i64>,
    /// For how long it grew, in milliseconds: of `leak-paused` and `leak-cleared`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lasted_ms: Option<i64>,
    /// Why the growth ended: of `leak-cleared`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<ClearedReason>,
}

/// Allocation sites, as `memwatch.sites()` returned them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordedSites {
    /// Whose sampler ran.
    pub sampling: SamplerOwner,
    /// The time of this table; `null` when no sampler had run.
    pub at: Option<f64>,
    /// Whether it was the state then, and not that of the last suspicion.
    pub is_live: bool,
    /// Bytes alive of all that was sampled, estimated.
    pub bytes: u64,
    /// By function, the most bytes first.
    pub sites: Vec<SiteEntry>,
}

/// An automatic snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordedSnapshot {
    /// When it was complete.
    pub at: f64,
    /// Why it was taken.
    pub trigger: SnapshotTrigger,
    /// The file; an absolute path.
    pub path: String,
    /// Its size, in bytes.
    pub bytes: u64,
}

/// What became of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// It exited.
    Exited,
    /// It runs on this machine.
    Running,
    /// It ended without exiting: it was killed, or it crashed.
    Died,
}
