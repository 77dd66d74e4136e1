//! The results of JavaScript functions for snapshots of the running program. `lib/live-snapshot.js`
//! builds these from the report of a forked child and its own data: this is their shape.

use serde::Serialize;

use crate::{AnalyzeReport, DiffReport, LeakGrowthReport};

/// The result of `writeSnapshot()`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WrittenSnapshotReport {
    /// The file; an absolute path.
    pub path: String,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Objects and other things in it.
    pub nodes: u64,
    /// How it was taken.
    #[serde(flatten)]
    pub manner: SnapshotManner,
    /// Which engine took the snapshot.
    pub engine: SnapshotEngine,
}

/// The argument of `snapshot` listeners: a snapshot that was taken automatically.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TriggeredSnapshotReport {
    /// Why it was taken.
    pub trigger: SnapshotTrigger,
    /// The file; an absolute path.
    pub path: String,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Objects and other things in it.
    pub nodes: u64,
    /// How long the thread was paused, in milliseconds; absent near the heap limit, where it is
    /// unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<f64>,
    /// Where it was taken.
    pub mode: SnapshotMode,
    /// Which engine took the snapshot.
    pub engine: SnapshotEngine,
    /// Why it was not taken in a forked child; absent if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_reason: Option<String>,
}

/// The result of `analyzeNow()`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LiveAnalyzeReport {
    /// As of a file.
    #[serde(flatten)]
    pub analysis: AnalyzeReport,
    /// How the snapshot was taken.
    #[serde(flatten)]
    pub manner: SnapshotManner,
    /// Which engine took the snapshot.
    pub engine: SnapshotEngine,
}

/// The result of `end()` of a diff that `beginHeapDiff()` began.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LiveComparisonReport {
    /// Holders with more objects each time.
    pub places: LeakGrowthReport,
    /// Changes by class.
    pub classes: DiffReport,
    /// How the second snapshot was taken.
    #[serde(flatten)]
    pub manner: SnapshotManner,
    /// Which engine took both snapshots.
    pub engine: SnapshotEngine,
}

/// A snapshot of another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestedSnapshotReport {
    /// The file with the snapshot; an absolute path.
    pub path: String,
}

/// A bundle of evidence on a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BundleReport {
    /// The directory that was written.
    pub path: String,
    /// The names of the files in it.
    pub files: Vec<String>,
    /// Options of the process that change its memory, or what can be seen of it.
    pub options_that_matter: Vec<OptionEffect>,
}

/// An option of a process, and what it means for its memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OptionEffect {
    /// The option with its value.
    pub option: String,
    /// Where it was given.
    pub from: String,
    /// A sentence.
    pub means: String,
}

/// How a snapshot was taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SnapshotManner {
    /// How long the thread was paused, in milliseconds.
    pub pause_ms: f64,
    /// Where it was taken.
    pub mode: SnapshotMode,
    /// Why it was not taken in a forked child, if `auto` found that impossible; otherwise absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_reason: Option<String>,
}

/// Where a snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SnapshotMode {
    /// In a forked child.
    Fork,
    /// In the thread itself, which is paused for it.
    Inline,
}

/// What takes a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum SnapshotEngine {
    /// memwatch's reader.
    Reader,
    /// V8's generator.
    V8,
}

/// What causes an automatic snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotTrigger {
    /// A signal.
    Signal,
    /// A `leak` event.
    Leak,
    /// The heap was nearly full.
    NearHeapLimit,
}
