//! What a dashboard serves its page as JSON: the messages of `GET events`, and the answer of `GET
//! history`. `lib/dashboard` writes them, `record.js` in it checks each value that a program has
//! sent: this is their shape, of any program. What is not known, or was sent in another type, is
//! `null`. Nothing is computed here. Times are milliseconds since the Unix epoch.

use std::collections::BTreeMap;

use serde::Serialize;

mod growth;
mod heap;

pub use growth::{
    DashboardDetectorState, DashboardFlameSites, DashboardFrame, DashboardLabel, DashboardLeak,
    DashboardLeakState, DashboardLimit, DashboardNativeSite, DashboardSite, DashboardSites,
};
pub use heap::{
    DashboardAnalysis, DashboardAnalysisState, DashboardDiff, DashboardDiffRow, DashboardDiffState,
    DashboardSnapshot, DashboardSnapshotState,
};

/// A message of the stream of events (Server-Sent Events) of a dashboard. `id` is the number of a thread of a program on
/// this dashboard. Times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = describe_tag))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum DashboardMessage {
    /// All that the dashboard has, once at the beginning.
    All {
        /// Of no thread: 0.
        id: u64,
        /// Each thread, in the order in which they came.
        value: Vec<DashboardSummary>,
    },
    /// A thread that is new.
    Joined {
        /// Its number.
        id: u64,
        /// What is known of it.
        value: Box<DashboardSummary>,
    },
    /// A thread that ended earlier and is forgotten.
    Left {
        /// Its number.
        id: u64,
        /// Nothing.
        value: (),
    },
    /// A thread that has ended, and when.
    Ended {
        /// Its number.
        id: u64,
        /// When.
        value: Option<f64>,
    },
    /// A sample of the memory, taken once a second while somebody watches: a row of `raw` in the history.
    Raw {
        /// The number of the thread.
        id: u64,
        /// A number of each column.
        value: Vec<f64>,
    },
    /// A sample after a full GC: a row of `gc` in the history.
    Gc {
        /// The number of the thread.
        id: u64,
        /// A number of each column.
        value: Vec<f64>,
    },
    /// A sample of the resident set: a row of `native` in the history.
    Native {
        /// The number of the thread.
        id: u64,
        /// A number of each column.
        value: Vec<Option<f64>>,
    },
    /// An event of a detector.
    Leak {
        /// The number of the thread.
        id: u64,
        /// The event.
        value: Box<DashboardLeak>,
    },
    /// What the thread is.
    Meta {
        /// The number of the thread.
        id: u64,
        /// All of it.
        value: DashboardMeta,
    },
    /// The state of the detector.
    DetectorState {
        /// The number of the thread.
        id: u64,
        /// All of it.
        value: Box<DashboardDetectorState>,
    },
    /// Allocation sites.
    Sites {
        /// The number of the thread.
        id: u64,
        /// All of them.
        value: DashboardFlameSites,
    },
    /// A comparison of the heap with itself.
    Diff {
        /// The number of the thread.
        id: u64,
        /// Its state, and its result.
        value: DashboardDiff,
    },
    /// A heap snapshot that is taken, was taken, or is analysed.
    Snapshot {
        /// The number of the thread.
        id: u64,
        /// Its state.
        value: DashboardSnapshot,
    },
}

/// The key that tells the messages apart is made by serde, without a comment.
#[cfg(feature = "schema")]
fn describe_tag(schema: &mut schemars::Schema) {
    let messages = schema
        .get_mut("oneOf")
        .and_then(serde_json::Value::as_array_mut);
    for message in messages.into_iter().flatten() {
        message["properties"]["type"]["description"] = "Which message this is.".into();
    }
}

/// The short data of one thread of a program.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DashboardSummary {
    /// The number of the thread on this dashboard.
    pub id: u64,
    /// Whether it runs.
    pub is_live: bool,
    /// When it ended; `null` while it runs.
    pub ended: Option<f64>,
    /// What it is.
    pub meta: DashboardMeta,
    /// The state of the detector.
    pub detector_state: DashboardDetectorState,
    /// Allocation sites.
    pub sites: DashboardSites,
    /// The comparison of the heap with itself.
    pub diff: DashboardDiff,
    /// The last events of the detectors, the oldest first.
    pub leaks: Vec<DashboardLeak>,
    /// The last heap snapshots, the oldest first.
    pub snapshots: Vec<DashboardSnapshot>,
    /// The live heap after the last full GCs, in bytes.
    pub spark: Vec<f64>,
    /// The newest samples.
    pub latest: DashboardLatest,
}

/// The newest samples of a thread; empty where there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardLatest {
    /// As the columns of `raw` in the history.
    pub raw: Vec<f64>,
    /// As the columns of `gc` in the history.
    pub gc: Vec<f64>,
}

/// What a thread is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardMeta {
    /// The name of the program.
    pub name: String,
    /// The process id.
    pub pid: Option<f64>,
    /// The thread: 0 is the main thread.
    pub thread: f64,
    /// The version of Node.js, with its `v`.
    pub node: Option<String>,
    /// When the process started.
    pub start: Option<f64>,
    /// V8's limit on the heap, in bytes.
    pub limit: Option<f64>,
    /// Each action that the page has a button for: why it is unavailable, or `null` if it is available.
    pub actions: BTreeMap<String, Option<String>>,
}

/// The long data of one thread of a program: its memory over time. Times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardHistory {
    /// Once a second while somebody watches: bytes, and GC cycles so far.
    pub raw: DashboardSeries,
    /// After each full GC: bytes, milliseconds, and GC cycles so far.
    pub gc: DashboardSeries,
    /// The resident set and its rows, in bytes.
    pub native: DashboardSeries,
    /// The stacks that allocate.
    pub flame: Option<DashboardFrame>,
}

/// Samples over time, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DashboardSeries {
    /// The names of the columns; the first one is `time`.
    pub names: Vec<String>,
    /// The values of each column; `null` where one is not known.
    pub columns: Vec<Vec<Option<f64>>>,
}
