//! What follows from the edges of a snapshot: who keeps whom, how far from a
//! root, how much would be freed. The rules are those of Chrome DevTools' heap
//! snapshot worker, so that every number can be held against the one it shows.
//! Each value here is separate from the snapshot and computed once.

mod bits;
mod detached;
mod distances;
mod dominators;
mod later_edges;
mod names;
mod preorder;
mod retainers;
mod semi_nca;
mod shallow;

pub(crate) use bits::Bits;
pub use detached::Detachedness;
pub use distances::{Distances, NO_DISTANCE, SYSTEM_DISTANCE};
pub use dominators::{Dominated, Dominators};
pub(crate) use dominators::{DominatorTree, SortedEdges};
pub(crate) use names::KnownNames;
pub(crate) use preorder::Preorder;
pub use retainers::{Retainer, Retainers};
pub use shallow::ShallowSizes;

use super::columns::Snapshot;
use super::types::NodeType;

/// Whether a root edge to this node makes it the user's: a global object, or
/// the document's trees.
fn is_user_root(snapshot: &Snapshot, names: &KnownNames, node: u32) -> bool {
    snapshot.kind(node as usize) != NodeType::Synthetic || is_document_trees(snapshot, names, node)
}

fn is_document_trees(snapshot: &Snapshot, names: &KnownNames, node: u32) -> bool {
    snapshot.kind(node as usize) == NodeType::Synthetic
        && names.is_document_trees(snapshot.nodes.names[node as usize])
}
