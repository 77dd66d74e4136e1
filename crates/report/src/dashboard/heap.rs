//! What a button of a dashboard reads of a heap: comparisons and snapshots.

use serde::Serialize;

/// A comparison of the heap with itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardDiff {
    /// How far it is.
    pub state: DashboardDiffState,
    /// What is done for it.
    pub stage: Option<String>,
    /// When it began.
    pub start: Option<f64>,
    /// When it ended.
    pub end: Option<f64>,
    /// How much the heap grew meanwhile, in bytes.
    pub bytes: Option<f64>,
    /// The heap at its beginning, in bytes.
    pub before: Option<f64>,
    /// The heap at its end, in bytes.
    pub after: Option<f64>,
    /// For how long the thread was stopped, in milliseconds.
    pub pause_ms: Option<f64>,
    /// Why it failed, as a sentence.
    pub error: Option<String>,
    /// By class, the most growth first.
    pub rows: Vec<DashboardDiffRow>,
    /// By holder, the most growth first.
    pub keepers: Vec<DashboardDiffRow>,
}

/// How far a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DashboardDiffState {
    /// There is none.
    None,
    /// The heap before is being read.
    Beginning,
    /// The heap before is read.
    Open,
    /// The heap after is being read.
    Ending,
    /// The result is there.
    Done,
}

/// What grew.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardDiffRow {
    /// The class, or the holder.
    pub what: String,
    /// What keeps it.
    pub path: Option<String>,
    /// By how much it grew, in bytes.
    pub bytes: f64,
    /// How many objects are new.
    pub came: f64,
    /// How many objects are gone.
    pub went: f64,
}

/// A heap snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardSnapshot {
    /// Its number in this thread.
    pub number: f64,
    /// How far it is.
    pub state: DashboardSnapshotState,
    /// Why it was taken.
    pub trigger: Option<String>,
    /// What is done for it.
    pub stage: Option<String>,
    /// When it was begun.
    pub began: Option<f64>,
    /// When it was complete.
    pub ended: Option<f64>,
    /// The file; an absolute path.
    pub file: Option<String>,
    /// Its size, in bytes.
    pub bytes: Option<f64>,
    /// For how long the thread was stopped, in milliseconds.
    pub pause_ms: Option<f64>,
    /// Why it failed, as a sentence.
    pub error: Option<String>,
    /// Its analysis; `null` where none was asked for, or its report is no longer available.
    pub analysis: Option<DashboardAnalysis>,
}

/// How far a snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DashboardSnapshotState {
    /// It is being taken.
    Running,
    /// It was taken.
    Done,
    /// It was not taken.
    Failed,
    /// It was not begun, because it would stop the program for too long.
    Withdrawn,
}

/// The analysis of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardAnalysis {
    /// How far it is.
    pub state: DashboardAnalysisState,
    /// How many leak candidates there are, where it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_count: Option<u64>,
    /// The first of them, a sentence each, where it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentences: Option<Vec<String>>,
    /// Why it failed, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How far an analysis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DashboardAnalysisState {
    /// It runs.
    Running,
    /// It is done.
    Done,
    /// It failed.
    Failed,
}
