//! All output of memwatch. One type for each thing that JavaScript, `--json`, a page or a file receives, each
//! built from the plain results of the crates below; one file per command. No other crate derives
//! `Serialize`, so the shape of JSON is decided here. [`text`] words the same reports for people.
//! Opens no file, prints nothing, and computes nothing but what follows from one report.
//!
//! Names are JavaScript's (`shallowBytes`). Sizes are bytes. Lines and columns
//! count from 1; in the crates below they count from 0, as V8 has them. `id` is V8's
//! number for an object, good for the next command. A list cut at `top` stands
//! beside the number of entries there were. What a fast run cannot know is
//! `null`, never 0.

#![forbid(unsafe_code)]

mod analyze;
mod classes;
mod closures;
mod collection;
mod comparison;
mod containment;
mod core_file;
mod core_file_back;
mod dashboard;
mod date;
mod detector_state;
mod diff;
mod dominator_tree;
mod flight_recorder;
mod functions;
mod growth;
mod heap_diff;
mod heap_profile;
mod inspect;
mod instances;
mod leak;
mod leak_growth;
mod limit;
mod live;
mod metrics;
mod native_memory;
mod native_sites;
mod newcomers;
mod page;
mod paths;
mod positions;
mod realms;
mod redact;
mod refs;
#[cfg(feature = "schema")]
pub mod schema;
mod scopes;
mod shapes;
mod sites;
mod stats;
mod strings;
mod summary;
pub mod text;
mod timeline;
mod trace;

pub use analyze::{
    AnalyzeReport, AnalyzeWords, Certainty, DominatingEntry, FindingEntry, NextStep,
    ObservationEntry, SuspectEntry,
};
pub use classes::{ClassEntry, ClassesReport};
pub use closures::{
    ClosureEntry, ClosuresReport, UnknownEntry, UnknownReason, UnknownScript, VariableEntry,
};
pub use collection::{CollectionKind, CollectionReport};
pub use comparison::ComparisonReport;
pub use containment::{ChildEntry, ContainmentReport};
pub use core_file::{
    CoreCrash, CoreDoubts, CoreError, CoreFailure, CoreFrame, CoreIsolate, CoreMemory, CoreOutput,
    CoreProcess, CoreReport, CoreSignal, CoreSpace, CoreThread,
};
pub use dashboard::{
    DashboardAnalysis, DashboardAnalysisState, DashboardDetectorState, DashboardDiff,
    DashboardDiffRow, DashboardDiffState, DashboardFlameSites, DashboardFrame, DashboardHistory,
    DashboardLabel, DashboardLatest, DashboardLeak, DashboardLeakState, DashboardLimit,
    DashboardMessage, DashboardMeta, DashboardNativeSite, DashboardSeries, DashboardSite,
    DashboardSites, DashboardSnapshot, DashboardSnapshotState, DashboardSummary,
};
pub use date::Date;
pub use detector_state::{
    ActiveResource, CounterChange, DetectorState, DetectorStateReport, ForcedCollections,
    HandleCounts, HandleSort, HandlesState, KindAndLimit, KindState, KindStates, SecondaryCounters,
    ThreadsState,
};
pub use diff::{DiffEntry, DiffReport};
pub use dominator_tree::{DominatorEntry, DominatorTreeReport};
pub use flight_recorder::{
    Ending, FlightRecorderFile, FlightRecorderReport, RecordedEnd, RecordedEvent, RecordedSeries,
    RecordedSites, RecordedSnapshot,
};
pub use functions::{FunctionEntry, FunctionsReport};
pub use growth::{GrowthEntry, GrowthReport};
pub use heap_diff::{ClassChangeEntry, HeapChangeEntry, HeapDiffReport, HeapSide, NewObjects};
pub use heap_profile::heap_profile_json;
pub use inspect::{
    Collection, CollectionEntry, FunctionDetails, InspectReport, MemberEntry, Members, StringText,
};
pub use instances::{InstanceEntry, InstancesReport};
pub use leak::{
    ClearedLeakReport, ClearedReason, ConfirmedLeakReport, Detector, LeakKind, LeakReport,
    LeakState, PausedLeakReport, TransitionReport,
};
pub use leak_growth::{GrownEntry, LeakGrowthReport};
pub use limit::{MemoryLimit, MemoryLimitKind};
pub use live::{
    BundleReport, LiveAnalyzeReport, LiveComparisonReport, OptionEffect, RequestedSnapshotReport,
    SnapshotEngine, SnapshotManner, SnapshotMode, SnapshotTrigger, TriggeredSnapshotReport,
    WrittenSnapshotReport,
};
pub use metrics::{Instrument, MetricFamily, MetricLabels, MetricSample, MetricSource, MetricType};
pub use native_memory::{
    AllocatorName, MallocInUseRow, MemoryRow, NativeMemoryReading, NativeMemoryReport,
    NativeMemoryRows, OpenHandles, OtherRow, ThreadStacksRow, TrimReport, V8HeapRow,
};
pub use native_sites::{
    NativeFrameEntry, NativeOrigin, NativeSiteEntry, NativeSitesReading, NativeSitesReport,
    NativeStacks, NativeSuspectEntry,
};
pub use newcomers::{NewcomersEntry, NewcomersPath};
pub use page::PageReport;
pub use paths::{PathEntry, PathPart, PathShapeEntry, PathsReport};
pub use positions::{OriginalPosition, Positions, SourcePosition};
pub use realms::{RealmEntry, RealmsReport};
pub use redact::RedactReport;
pub use refs::{RefEntry, RefGroup, RefsReport};
pub use scopes::{ScopeEntry, ScopeVariable, ScopesReport};
pub use shapes::{ShapeEntry, ShapesReport};
pub use sites::{
    FrameEntry, LabelEntry, LabelEntryKind, SamplerOwner, SiteEntry, SitesReport, SuspectsReport,
};
pub use stats::StatsReport;
pub use strings::{DuplicateEntry, Holder, SlicedEntry, StringEntry, StringsReport};
pub use summary::{DetachedEntry, KindEntry, NativeEntry, SummaryReport};
pub use timeline::{AliveObjects, MomentEntry, TimelineReport, TracedFrame, TracedFunction};
pub use trace::{TraceEntry, TraceExpectation, TraceStepEntry};

use memwatch_snapshot::query;
use serde::Serialize;

use memwatch_snapshot::Reading;

/// How precise the numbers of a report are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Precision {
    /// By every rule: as Chrome DevTools shows them.
    Exact,
    /// From the nodes alone: sizes as the file has them, plain objects in one
    /// class, no retained sizes, no distances.
    Fast,
}

impl From<memwatch_snapshot::Precision> for Precision {
    fn from(precision: memwatch_snapshot::Precision) -> Self {
        match precision {
            memwatch_snapshot::Precision::Exact => Self::Exact,
            memwatch_snapshot::Precision::Fast => Self::Fast,
        }
    }
}

/// Which snapshot a report is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SnapshotInfo {
    /// As the caller named it.
    pub file: String,
    /// How many nodes it has.
    pub nodes: u64,
    /// How many edges; `null` when they were not read.
    pub edges: Option<u64>,
    /// Sum of the shallow sizes of all nodes, in bytes.
    pub shallow_bytes: u64,
    /// Native memory that belongs to no node, in bytes.
    pub extra_native_bytes: u64,
    /// How precise the numbers are.
    pub precision: Precision,
    /// Strings that are not UTF-8, so that V8 alone did not write the file; left out where
    /// there are none. Their damaged characters are shown as U+FFFD.
    #[serde(skip_serializing_if = "is_zero")]
    pub invalid_strings: u64,
    /// How memwatch's own reader read it; left out for a snapshot that V8 wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<ReadingInfo>,
    /// Why source maps were not used, a sentence each; left out where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_map_notes: Vec<String>,
}

/// What memwatch's own reader found in the memory of a process, and what is invalid there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadingInfo {
    /// Whether the memory was that of a core file; else it was of a process that runs.
    pub is_core: bool,
    /// Objects on the pages of the isolate, garbage too.
    pub objects: u64,
    /// Of these, what the roots reach.
    pub reached: u64,
    /// Whether the snapshot has garbage, too.
    pub has_garbage: bool,
    /// Objects whose size cannot be right.
    pub invalid_sizes: u64,
    /// Objects that a collection under way had moved.
    pub moved_objects: u64,
    /// References of living objects that lead to no object.
    pub broken_references: u64,
    /// Bytes of memory that the file should have and lacks.
    pub missing_bytes: u64,
    /// The version of Node.js, where the reader was never tried with it.
    pub untried_version: Option<String>,
}

impl ReadingInfo {
    /// Of a snapshot that was read from memory.
    pub fn of(reading: &Reading) -> Self {
        Self {
            is_core: reading.is_core,
            objects: reading.objects,
            reached: reading.reached,
            has_garbage: reading.has_garbage,
            invalid_sizes: reading.invalid_sizes,
            moved_objects: reading.moved,
            broken_references: reading.dangling + reading.outside,
            missing_bytes: reading.missing_bytes,
            untried_version: reading.untried_version.clone(),
        }
    }
}

impl From<query::SnapshotInfo> for SnapshotInfo {
    fn from(entry: query::SnapshotInfo) -> Self {
        Self {
            file: entry.file,
            nodes: entry.nodes,
            edges: entry.edges,
            shallow_bytes: entry.shallow_bytes,
            extra_native_bytes: entry.extra_native_bytes,
            precision: entry.precision.into(),
            invalid_strings: entry.invalid_strings,
            reading: entry.reading.as_ref().map(ReadingInfo::of),
            source_map_notes: Vec::new(),
        }
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// An object, by the id that the next command takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// V8's number.
    pub id: u64,
    /// Its class.
    pub class: String,
    /// A preview of its contents: `{name: "user-7", tags: Array}`.
    pub preview: String,
}

impl From<query::ObjectRef> for ObjectRef {
    fn from(entry: query::ObjectRef) -> Self {
        Self {
            id: entry.id,
            class: entry.class,
            preview: entry.preview,
        }
    }
}

/// A list of results as a list of what is reported of each.
fn all<T, U: From<T>>(entries: Vec<T>) -> Vec<U> {
    entries.into_iter().map(U::from).collect()
}
