//! Who keeps what leaks? Ways from the roots, told as a programmer would write
//! them; the groups of objects that keep most of the heap, one finding for each
//! leak; what grew from snapshot to snapshot. Computes only: the reports are in
//! `report`, the words around them in `text`.
//!
//! | module | question it answers |
//! | --- | --- |
//! | `words` | which edges could a program have written, which nodes are storage? |
//! | `modules` | which ES module is which file, and what is its own? |
//! | `tree` | which way leads to each node? |
//! | `keys`, `routes` | which nodes are kept in the same way? |
//! | `slots` | where do objects pile up? |
//! | `suspects`, `singles`, `kinds`, `signature` | which of these may be leaks, how surely, and known by what? |
//! | `floor` | which object keeps much of the heap, though nothing piles up in it? |
//! | `rules` | what else would an experienced eye notice? |
//! | `access`, `names`, `parts`, `fold`, `sources` | how is a way told? |
//! | `trace`, `cut` | which reference would a repaired program not have? |
//! | `paths` | which ways lead to an object, or to all of a class? |
//! | `newcomers` | what do the objects retain that came since, and by which ways? |
//! | `growth` | what grew from each snapshot to the next, and in which holder? |
//! | `moments` | which group of one snapshot is which of another? |

mod access;
mod cut;
mod floor;
mod fold;
mod growth;
mod keys;
mod kinds;
mod modules;
mod moments;
mod names;
mod newcomers;
#[cfg(test)]
mod oracle;
mod parts;
mod paths;
mod routes;
mod rules;
mod signature;
mod singles;
mod slots;
mod sources;
mod suspects;
mod tags;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_holders;
#[cfg(test)]
mod tests_piles;
#[cfg(test)]
mod tests_traces;
mod trace;
mod tree;
mod words;

pub use cut::LeakKind;
pub use floor::Dominating;
pub use growth::{Grown, Growth, GrowthHistory, GrowthThresholds};
pub use kinds::{Certainty, Kind};
pub use newcomers::{Newcomers, WayToNew};
pub use parts::{AccessPart, AccessPath, Turn};
pub use paths::PathShape;
pub use rules::{Observation, Rule};
pub use sources::Place;
pub use suspects::{Suspect, Thresholds};
pub use trace::{Expectation, Trace, TraceStep};
pub use tree::PathTree;

use access::{End, Writer};
use routes::{RouteIndex, Ways};
use suspects::Found;

use super::{Analysis, NodeOrdinal, Snapshot};

/// A snapshot with a way to each of its nodes: what every question of this
/// module is asked of. Linear to make in the size of the snapshot; some 28 bytes
/// a node.
pub struct Investigation<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) analysis: &'a Analysis,
    ways: Ways<'a>,
}

/// A leak candidate and how it is kept.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What is kept, and how much.
    pub suspect: Suspect,
    /// The way to it.
    pub path: AccessPath,
    /// The same, reference by reference, with the one to cut.
    pub trace: Trace,
    /// The routes of its objects.
    routes: Vec<RouteIndex>,
}

impl<'a> Investigation<'a> {
    /// Finds a way to each node.
    pub fn of(snapshot: &'a Snapshot, analysis: &'a Analysis) -> Self {
        Self {
            snapshot,
            analysis,
            ways: Ways::of(snapshot, &analysis.names),
        }
    }

    /// The leak candidates, those that keep most first, where what is surely wrong
    /// counts more. Empty for a healthy program.
    pub fn findings(&mut self, thresholds: &Thresholds) -> Vec<Finding> {
        let mut found = suspects::suspects(self.snapshot, self.analysis, &self.ways, thresholds);
        let mut singles = singles::singles(self.snapshot, self.analysis, &self.ways, thresholds);
        // The table of a Map that is a finding by its entries is no other one.
        singles.retain(|one| {
            let mut holders = found.iter().map(|slot| slot.suspect.holder);
            !holders.any(|holder| holder == one.suspect.example)
        });
        found.extend(singles);
        suspects::sort(&mut found);
        let mut findings = Vec::new();
        for found in found {
            let path = self.path_of(&found);
            let trace = self.trace_of(&found);
            findings.push(Finding {
                suspect: found.suspect,
                path,
                trace,
                routes: found.routes,
            });
        }
        findings
    }

    fn path_of(&mut self, found: &Found) -> AccessPath {
        let example = found.suspect.example;
        match found.suspect.kind {
            Kind::Timers => {
                let (mut writer, tree) = self.writer();
                writer.path_of_timer(tree, example)
            }
            _ if found.is_chain => self.path(example, End::Chain),
            Kind::Single => self.path(example, End::Object),
            _ => self.path(example, End::Slot),
        }
    }

    fn trace_of(&mut self, found: &Found) -> Trace {
        let (mut writer, tree) = self.writer();
        writer.trace(tree, found)
    }

    /// What an experienced eye would notice beside the suspects.
    pub fn observations(&mut self, findings: &[Finding]) -> Vec<Observation> {
        rules::observations(self, findings)
    }

    /// The way to a node.
    pub fn path_to(&mut self, node: NodeOrdinal) -> AccessPath {
        self.path(node, End::Object)
    }

    /// What the object is, in a word: its class, `{a, b}`, or `name()`.
    pub fn class_of(&mut self, node: NodeOrdinal) -> String {
        match self.ways.words.modules().short_name(node) {
            Some(name) => format!("module {name}"),
            None => names::class(self.snapshot, node),
        }
    }

    fn path(&mut self, node: NodeOrdinal, end: End) -> AccessPath {
        let (mut writer, tree) = self.writer();
        writer.path(tree, node, end)
    }

    /// What writes paths and traces, and the tree that they are taken from.
    fn writer(&mut self) -> (Writer<'a, '_>, &PathTree) {
        let Ways { tree, words, .. } = &mut self.ways;
        let snapshot = self.snapshot;
        (Writer { snapshot, words }, tree)
    }

    /// V8's number for a node.
    pub fn id(&self, node: NodeOrdinal) -> super::NodeId {
        self.snapshot.id(node)
    }

    /// All bytes, native memory that belongs to no node included.
    pub fn total_bytes(&self) -> u64 {
        self.analysis.total_size(self.snapshot)
    }
}
