//! The answer of `diff` about leaks: which holder has more in every snapshot.

use memwatch_snapshot::leaks::{Growth, Investigation};
use memwatch_snapshot::query;
use serde::Serialize;

use super::analyze::next_steps;
use super::{NextStep, PathEntry, SnapshotInfo, SuspectEntry, all};

/// What grew, the most bytes first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeakGrowthReport {
    /// The snapshots, the oldest first.
    pub snapshots: Vec<SnapshotInfo>,
    /// Whether all are of one process.
    pub is_same_process: bool,
    /// All bytes of each.
    pub total_bytes: Vec<u64>,
    /// How many groups grew.
    pub grown_count: u64,
    /// How many of them are not in the baseline: `--fail-on-growth` fails if
    /// there is one.
    pub unknown_count: u64,
    /// The first of them.
    pub grown: Vec<GrownEntry>,
}

/// A group of objects that grew in every interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GrownEntry {
    /// As it is in the last snapshot.
    #[serde(flatten)]
    pub suspect: SuspectEntry,
    /// What keeps it.
    pub path: PathEntry,
    /// Objects in each snapshot.
    pub counts: Vec<u64>,
    /// Bytes they retain in each.
    pub retained_bytes_each: Vec<u64>,
    /// Objects more than in the first snapshot.
    pub count_growth: u64,
    /// Bytes more.
    pub retained_growth_bytes: u64,
    /// Of one process: objects that were not in the first snapshot.
    pub new_count: Option<u64>,
    /// Of one process: objects of the first snapshot that are gone.
    pub freed_count: Option<u64>,
    /// Whether its signature is in the baseline.
    pub is_known: bool,
    /// Commands to go on with, on the last snapshot.
    pub next: Vec<NextStep>,
}

impl LeakGrowthReport {
    /// Reports what grew up to the last snapshot; `top` groups at most.
    pub fn of(
        snapshots: Vec<query::SnapshotInfo>,
        last: &mut Investigation<'_>,
        growth: &Growth,
        top: usize,
    ) -> Self {
        let unknown = growth.grown.iter().filter(|grown| !grown.is_known);
        let entries = growth.grown.iter().take(top).map(|grown| {
            let suspect = SuspectEntry::of(last, &grown.suspect);
            GrownEntry {
                next: next_steps(&suspect),
                suspect,
                path: PathEntry::of(&grown.path),
                counts: grown.counts.clone(),
                retained_bytes_each: grown.retained_bytes.clone(),
                count_growth: grown.count_growth(),
                retained_growth_bytes: grown.size_growth(),
                new_count: grown.new_count,
                freed_count: grown.freed_count,
                is_known: grown.is_known,
            }
        });
        Self {
            snapshots: all(snapshots),
            is_same_process: growth.is_same_process,
            total_bytes: growth.total_bytes.clone(),
            grown_count: growth.grown.len() as u64,
            unknown_count: unknown.count() as u64,
            grown: entries.collect(),
        }
    }
}
