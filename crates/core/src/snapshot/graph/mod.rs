//! What follows from the edges of a snapshot: who keeps whom, how far from a
//! root, how much would be freed. The rules are those of Chrome DevTools' heap
//! snapshot worker, so that every number can be held against the one it shows.
//! Each value here is separate from the snapshot and computed once.

mod bits;
mod detached;
mod distances;
mod dominators;
mod names;
mod preorder;
mod retained;
mod retainers;
mod semi_nca;
mod shallow;

pub(crate) use bits::Bits;
pub use detached::Detachedness;
pub use distances::{Distances, NO_DISTANCE, SYSTEM_DISTANCE};
pub use dominators::{Dominated, Dominators};
pub(crate) use names::KnownNames;
pub use retainers::{Retainer, Retainers};
pub use shallow::ShallowSizes;

use super::columns::Snapshot;
use super::types::{NodeOrdinal, NodeType};
use preorder::Preorder;

/// Whether a root edge to this node makes it the user's: a global object, or
/// the document's trees.
pub(crate) fn is_user_root(snapshot: &Snapshot, names: &KnownNames, node: u32) -> bool {
    snapshot.kind(node as usize) != NodeType::Synthetic || is_document_trees(snapshot, names, node)
}

pub(crate) fn is_document_trees(snapshot: &Snapshot, names: &KnownNames, node: u32) -> bool {
    snapshot.kind(node as usize) == NodeType::Synthetic
        && names.is_document_trees(snapshot.nodes.names[node as usize])
}

/// Everything exact about a snapshot's graph, in one go.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Sizes after internal parts were given to their only owner.
    pub shallow: ShallowSizes,
    /// Immediate dominators and retained sizes.
    pub dominators: Dominators,
    /// Steps from the nearest user root.
    pub distances: Distances,
    /// Which native nodes are detached.
    pub detachedness: Detachedness,
    pub(crate) names: KnownNames,
}

impl Analysis {
    /// Computes all of it. `threads` counts the caller's own; 0 counts as 1,
    /// more than 2 help no further. The result does not depend on it.
    ///
    /// Without edges (see [`Snapshot::has_edges`]) every node hangs on the root.
    pub fn of(snapshot: &Snapshot, threads: usize) -> Self {
        let names = KnownNames::of(snapshot);
        let detachedness = Detachedness::of(snapshot);
        let beside = || {
            let distances = Distances::compute(snapshot, &names);
            (distances, ShallowSizes::compute(snapshot, &names))
        };
        let (preorder, (distances, shallow)) = if threads > 1 {
            std::thread::scope(|scope| {
                let other = scope.spawn(beside);
                let preorder = Preorder::of(snapshot, &names);
                let other = other.join();
                (
                    preorder,
                    other.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                )
            })
        } else {
            (Preorder::of(snapshot, &names), beside())
        };
        let dominators = Dominators::from_preorder(snapshot, &names, preorder, &shallow, threads);
        Self {
            shallow,
            dominators,
            distances,
            detachedness,
            names,
        }
    }

    /// What would be freed if everything were, native memory outside of nodes
    /// included.
    pub fn total_size(&self, snapshot: &Snapshot) -> u64 {
        let root: NodeOrdinal = snapshot.root();
        self.dominators.retained_size(root) + snapshot.extra_native_bytes()
    }
}
