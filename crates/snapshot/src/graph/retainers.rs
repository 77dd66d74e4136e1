//! Who refers to a node: the edges of a snapshot, turned round. Large (8 bytes
//! an edge), so made only for those who ask.

use super::super::columns::{PackedEdge, Snapshot};
use super::super::types::{EdgeOrdinal, NodeOrdinal};

/// One reference to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retainer {
    /// The node that refers.
    pub from: NodeOrdinal,
    /// By which edge; see [`Snapshot::edge`].
    pub edge: EdgeOrdinal,
}

/// The edges that lead to each node, in the order of the file.
#[derive(Clone, Debug)]
pub struct Retainers {
    first_retainer: Vec<u32>,
    sources: Vec<u32>,
    edges: Vec<u32>,
}

impl Retainers {
    /// Turns all edges round, weak ones and shortcuts included.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut first_retainer = vec![0u32; snapshot.node_count() + 1];
        for &head in &snapshot.edges.heads {
            first_retainer[PackedEdge(head).to() as usize] += 1;
        }
        let mut sum = 0;
        for entry in &mut first_retainer {
            sum += *entry;
            *entry = sum;
        }
        let mut sources = vec![0; sum as usize];
        let mut edges = vec![0; sum as usize];
        // From the back, so that each list ends up in order with its start
        // where it belongs.
        for from in (0..snapshot.node_count()).rev() {
            for edge in snapshot.edge_range(from).rev() {
                let to = PackedEdge(snapshot.edges.heads[edge]).to();
                let at = &mut first_retainer[to as usize];
                *at -= 1;
                sources[*at as usize] = from as u32;
                edges[*at as usize] = edge as u32;
            }
        }
        Self {
            first_retainer,
            sources,
            edges,
        }
    }

    /// Every reference to the node.
    pub fn to(&self, node: NodeOrdinal) -> impl ExactSizeIterator<Item = Retainer> + '_ {
        let start = self.first_retainer[node.index()] as usize;
        let end = self.first_retainer[node.index() + 1] as usize;
        (start..end).map(|at| Retainer {
            from: NodeOrdinal(self.sources[at]),
            edge: EdgeOrdinal(self.edges[at]),
        })
    }
}
