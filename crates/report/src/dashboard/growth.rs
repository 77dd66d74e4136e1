//! What leaks, and which functions allocate it, as a dashboard shows it.

use serde::Serialize;

use crate::SamplerOwner;

/// The state of the detector, with the line that it judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardDetectorState {
    /// The state.
    pub state: DashboardLeakState,
    /// The kind of memory that grows.
    pub kind: Option<String>,
    /// The limit that comes first.
    pub limit: Option<DashboardLimit>,
    /// A sentence for people, with the evidence.
    pub reason: Option<String>,
    /// Whether this growth was confirmed before it paused or was cleared.
    pub was_confirmed: bool,
    /// The share of the required evidence, from 0 to 1.
    pub confidence: Option<f64>,
    /// How fast it grows, in bytes an hour.
    pub bytes_per_hour: Option<f64>,
    /// When `limit` is reached at this rate.
    pub limit_eta: Option<f64>,
    /// How much of the growth is still in use, in bytes, where it is paused.
    pub kept_bytes: Option<f64>,
    /// The growth of what malloc has handed out, in bytes, where it is larger than that of `kind`; otherwise 0.
    pub native_bytes: Option<f64>,
    /// What of native memory grows, where it is native memory: `malloc`, `fragmentation`, `threads`, `mapped-files`,
    /// `mapped-memory`, or `unknown`.
    pub native_cause: Option<String>,
    /// What of native memory grows, as a sentence.
    pub cause: Option<String>,
    /// What helps, as a sentence.
    pub advice: Option<String>,
    /// When the growth began.
    pub start: Option<f64>,
    /// When it was judged last.
    pub end: Option<f64>,
    /// The memory at `start`, in bytes.
    pub base: Option<f64>,
    /// The memory at `end`, in bytes.
    pub current: Option<f64>,
    /// By how many samples.
    pub samples: Option<f64>,
    /// The functions that allocated the growth, the largest first.
    pub suspects: Vec<DashboardSite>,
}

/// A state of the detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DashboardLeakState {
    /// No growth that could be a leak.
    Ok,
    /// Growth like that of a leak, a warm-up or a filling cache.
    Suspected,
    /// It grew for longer and by more than the thresholds for those allow.
    Confirmed,
    /// It stopped together with the work of the program, and its memory is still in use.
    Paused,
    /// It has ended.
    Cleared,
}

/// A limit on memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardLimit {
    /// Which limit that is.
    pub kind: Option<String>,
    /// The limit, in bytes.
    pub bytes: Option<f64>,
    /// How much of it is used, in bytes.
    pub used: Option<f64>,
}

/// An event of a detector.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardLeak {
    /// Its name.
    pub event: Option<String>,
    /// When it was emitted.
    pub time: Option<f64>,
    /// When the growth began.
    pub start: Option<f64>,
    /// How much grew, in bytes.
    pub growth: Option<f64>,
    /// How fast it grew, in bytes an hour.
    pub bytes_per_hour: Option<f64>,
    /// How much of the growth was still in use, in bytes.
    pub kept_bytes: Option<f64>,
    /// For how long it grew, in milliseconds.
    pub lasted_ms: Option<f64>,
    /// A sentence for people, with the evidence.
    pub reason: String,
    /// Why the growth ended.
    pub why: Option<String>,
    /// Which detector reports it.
    pub detector: Option<String>,
    /// The kind of memory that grows.
    pub kind: Option<String>,
    /// The detector's state of it then.
    pub state: Option<String>,
    /// The first of the functions that allocated the growth.
    pub suspect: Option<DashboardSite>,
}

/// A function that allocates.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardSite {
    /// Its name.
    pub function: String,
    /// The file, or its source by a source map; empty where there is none.
    pub file: String,
    /// The line, from 1.
    pub line: Option<f64>,
    /// The column, from 1.
    pub column: Option<f64>,
    /// The package that it belongs to.
    pub package: Option<String>,
    /// What it allocated and is alive, in bytes.
    pub bytes: Option<f64>,
    /// How much that grew, in bytes.
    pub growth_bytes: Option<f64>,
    /// Its share of the growth, from 0 to 1.
    pub share: Option<f64>,
    /// How evenly its objects are spread over the time of the growth, from 0 to 1.
    pub age_spread: Option<f64>,
    /// What the program was at while it allocated, the most first.
    pub labels: Vec<DashboardLabel>,
    /// What of native memory it allocates.
    pub native: Option<DashboardNativeSite>,
}

/// What a program was at while it allocated.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardLabel {
    /// The label.
    pub name: Option<String>,
    /// `route` or `task`.
    pub kind: Option<String>,
    /// Its share of the bytes, from 0 to 1.
    pub share: Option<f64>,
}

/// A function outside of JavaScript that allocates.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardNativeSite {
    /// Its name.
    pub function: String,
    /// What the memory belongs to.
    pub object: Option<String>,
}

/// Allocation sites.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardSites {
    /// The time of this table.
    pub time: Option<f64>,
    /// Whether it is the state then, and not that of the last suspicion.
    pub is_live: bool,
    /// Whose sampler runs.
    pub sampling: SamplerOwner,
    /// Why there are none, as a sentence.
    pub why: Option<String>,
    /// By function, the most growth first.
    pub suspects: Vec<DashboardSite>,
}

/// Allocation sites, by function and by stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardFlameSites {
    /// By function.
    #[serde(flatten)]
    pub sites: DashboardSites,
    /// By stack.
    pub flame: Option<DashboardFrame>,
}

/// A frame of the stacks that allocate.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardFrame {
    /// The function.
    pub name: String,
    /// Where it is.
    pub at: String,
    /// What it and all that it calls have allocated and is alive, in bytes.
    pub bytes: f64,
    /// What it calls.
    pub children: Vec<DashboardFrame>,
}
