//! Everything exact about a snapshot, in one go: the order in which the parts
//! are computed, and which of them at the same time. The rules are elsewhere.

use super::classes::{Classes, InterfaceDefinitions, Shapes};
use super::columns::Snapshot;
use super::graph::{
    Detachedness, Distances, DominatorTree, Dominators, KnownNames, Preorder, ShallowSizes,
    SortedEdges,
};
use super::threads::both;

/// What follows from a snapshot by Chrome DevTools' rules. Does not hold on to
/// the snapshot.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Sizes after internal parts were given to their only owner.
    pub shallow: ShallowSizes,
    /// Immediate dominators and retained sizes.
    pub dominators: Dominators,
    /// Steps from the nearest global object; unknown after [`Self::for_leaks`].
    pub distances: Distances,
    /// Which native nodes are detached.
    pub detachedness: Detachedness,
    /// The class of each node.
    pub classes: Classes,
    /// The interfaces that plain objects have, see [`Classes`].
    pub interfaces: InterfaceDefinitions,
    pub(crate) names: KnownNames,
}

impl Analysis {
    /// Computes all of it. `threads` counts the caller's own; 0 counts as 1,
    /// more than 2 help no further. The result does not depend on it.
    ///
    /// Without edges (see [`Snapshot::has_edges`]) every node hangs on the root.
    pub fn of(snapshot: &Snapshot, threads: usize) -> Self {
        Self::with(snapshot, threads, Distances::compute)
    }

    /// The same for leak candidates, which no distance has a part in: none are computed, and whoever asks for one gets
    /// nothing.
    pub fn for_leaks(snapshot: &Snapshot, threads: usize) -> Self {
        Self::with(snapshot, threads, |_, _| Distances::unknown())
    }

    fn with(
        snapshot: &Snapshot,
        threads: usize,
        distances: impl FnOnce(&Snapshot, &KnownNames) -> Distances + Send,
    ) -> Self {
        let names = KnownNames::of(snapshot, threads);
        let detachedness = Detachedness::of(snapshot);
        let (preorder, distances) = both(
            threads,
            || Preorder::of(snapshot, &names),
            || distances(snapshot, &names),
        );
        let edges = SortedEdges::of(snapshot, &names, &preorder, threads);
        let (tree, (shallow, interfaces, classes)) = both(
            threads,
            || DominatorTree::of(preorder, edges),
            || {
                let shallow = ShallowSizes::compute(snapshot, &names, &detachedness);
                let shapes = Shapes::of(snapshot, &names);
                let interfaces = InterfaceDefinitions::of(snapshot, &shapes);
                let classes =
                    Classes::assign(snapshot, &names, &detachedness, &shapes, &interfaces);
                (shallow, interfaces, classes)
            },
        );
        Self {
            dominators: tree.with_sizes(&shallow),
            shallow,
            distances,
            detachedness,
            classes,
            interfaces,
            names,
        }
    }

    /// What would be freed if everything were, native memory outside of nodes
    /// included. Saturates, as every sum of sizes does: those in a damaged file
    /// may be anything.
    pub fn total_size(&self, snapshot: &Snapshot) -> u64 {
        let nodes = self.dominators.retained_size(snapshot.root());
        nodes.saturating_add(snapshot.extra_native_bytes())
    }
}
