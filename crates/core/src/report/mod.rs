//! What programs see: the answer to each command as plain data, written by
//! `--json` and handed to JavaScript. One file a command. Computes nothing and
//! prints nothing; the only types of the crate that are serialised.
//!
//! Names are JavaScript's (`shallowBytes`). Sizes are bytes. Lines and columns
//! count from 0, as V8 has them; the texts for people count from 1. `id` is V8's
//! number for an object, good for the next command. A list cut at `top` stands
//! beside the number of entries there were. What a fast run cannot know is
//! `null`, never 0.

mod classes;
mod diff;
mod dominator_tree;
mod functions;
mod growth;
mod heap_profile;
mod inspect;
mod instances;
mod redact;
mod refs;
mod shapes;
mod sites;
mod strings;
mod summary;

pub use classes::{ClassEntry, ClassesReport};
pub use diff::{DiffEntry, DiffReport};
pub use dominator_tree::{DominatorEntry, DominatorTreeReport};
pub use functions::{FunctionEntry, FunctionsReport};
pub use growth::{GrowthEntry, GrowthReport};
pub use heap_profile::heap_profile_json;
pub use inspect::{
    Collection, CollectionEntry, FunctionDetails, InspectReport, MemberEntry, Members, StringText,
};
pub use instances::{InstanceEntry, InstancesReport};
pub use redact::RedactReport;
pub use refs::{RefEntry, RefGroup, RefsReport};
pub use shapes::{ShapeEntry, ShapesReport};
pub use sites::{FrameEntry, SiteEntry, SitesReport, SuspectsReport};
pub use strings::{DuplicateEntry, Holder, SlicedEntry, StringEntry, StringsReport};
pub use summary::{DetachedEntry, KindEntry, NativeEntry, SummaryReport};
mod analyze;
mod leak_growth;
mod newcomers;
mod paths;

pub use analyze::{
    AnalyzeReport, AnalyzeWords, DominatingEntry, FindingEntry, NextStep, ObservationEntry,
    SuspectEntry,
};
pub use leak_growth::{GrownEntry, LeakGrowthReport};
pub use newcomers::{NewcomersEntry, NewcomersPath};
pub use paths::{PathEntry, PathPart, PathShapeEntry, PathsReport};

use serde::Serialize;

/// What the numbers of a report are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Precision {
    /// By every rule: as Chrome DevTools shows them.
    Exact,
    /// From the nodes alone: sizes as the file has them, plain objects in one
    /// class, no retained sizes, no distances.
    Fast,
}

/// Which snapshot a report is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotInfo {
    /// As the caller named it.
    pub file: String,
    /// How many nodes it has.
    pub nodes: u64,
    /// How many edges; 0 when they were not read.
    pub edges: u64,
    /// Sum of the shallow sizes of all nodes, in bytes.
    pub shallow_bytes: u64,
    /// Native memory that belongs to no node, in bytes.
    pub extra_native_bytes: u64,
    /// What the numbers are worth.
    pub precision: Precision,
    /// Strings that are not UTF-8, so that V8 alone did not write the file; left out where
    /// there are none. Their damaged characters are shown as U+FFFD.
    #[serde(skip_serializing_if = "is_zero")]
    pub invalid_strings: u64,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcePosition {
    /// Name of the script, when a function of it says so.
    pub script: Option<String>,
    /// V8's number for it.
    pub script_id: u32,
    /// From 0.
    pub line: u32,
    /// From 0, in UTF-16 units.
    pub column: u32,
}

/// An object, by the id one can go on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// V8's number.
    pub id: u64,
    /// Its class.
    pub class: String,
    /// A glance at it: `{name: "user-7", tags: Array}`.
    pub preview: String,
}
