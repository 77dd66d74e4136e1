//! Which native nodes are detached from their tree though still referred to,
//! as Chrome DevTools spreads what the embedder said about a few of them.

use std::collections::HashMap;

use super::super::columns::{PackedEdge, Snapshot};
use super::super::types::{Attachment, EdgeType, NodeOrdinal, NodeType};

/// Attachment of the nodes for which it is known. In Node.js that is none.
#[derive(Clone, Debug, Default)]
pub struct Detachedness {
    states: HashMap<u32, Attachment>,
    /// Whose name DevTools prefixes with `Detached `.
    renamed: HashMap<u32, ()>,
}

impl Detachedness {
    /// Whether the node is attached, as far as is known.
    pub fn of_node(&self, node: NodeOrdinal) -> Attachment {
        let state = self.states.get(&node.0);
        state.copied().unwrap_or(Attachment::Unknown)
    }

    /// Whether its name is shown as `Detached …`. Also holds for nodes first
    /// taken for detached and later found attached, as in DevTools.
    pub fn is_renamed(&self, node: NodeOrdinal) -> bool {
        !self.renamed.is_empty() && self.renamed.contains_key(&node.0)
    }

    /// Every node found detached, in no order.
    pub fn detached(&self) -> impl Iterator<Item = NodeOrdinal> + '_ {
        let states = self.states.iter();
        states
            .filter(|&(_, &state)| state == Attachment::Detached)
            .map(|(&node, _)| NodeOrdinal(node))
    }

    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        if snapshot.has_detachedness {
            return Spread::of(snapshot);
        }
        // Old files say it in the name alone.
        let natives = snapshot
            .ordinals()
            .filter(|&node| snapshot.node_type(node) == NodeType::Native);
        let states = natives
            .filter(|&node| {
                snapshot
                    .strings
                    .raw(snapshot.name_index(node))
                    .starts_with(b"Detached ")
            })
            .map(|node| (node.0, Attachment::Detached));
        Self {
            states: states.collect(),
            renamed: HashMap::new(),
        }
    }
}

struct Spread<'a> {
    snapshot: &'a Snapshot,
    visited: HashMap<u32, ()>,
    found: Detachedness,
    attached: Vec<u32>,
    detached: Vec<u32>,
}

impl<'a> Spread<'a> {
    fn of(snapshot: &'a Snapshot) -> Detachedness {
        let mut spread = Self {
            snapshot,
            visited: HashMap::new(),
            found: Detachedness::default(),
            attached: Vec::new(),
            detached: Vec::new(),
        };
        for &(node, number) in &snapshot.nodes.detachedness {
            let state = Attachment::from_number(number & 3);
            if number & 3 != 0 {
                spread.found.states.insert(node, state);
            }
        }
        for &(node, number) in &snapshot.nodes.detachedness {
            if number & 3 != 0 {
                spread.settle(node, Attachment::from_number(number & 3));
            }
        }
        while let Some(node) = spread.attached.pop() {
            spread.spread(node, Attachment::Attached);
        }
        while let Some(node) = spread.detached.pop() {
            if spread.found.of_node(NodeOrdinal(node)) != Attachment::Attached {
                spread.spread(node, Attachment::Detached);
            }
        }
        spread.found
    }

    /// Only native nodes know their state; JavaScript between them does not
    /// pass it on.
    fn settle(&mut self, node: u32, state: Attachment) {
        if self.visited.insert(node, ()).is_some()
            || self.snapshot.kind(node as usize) != NodeType::Native
        {
            return;
        }
        self.found.states.insert(node, state);
        match state {
            Attachment::Attached => self.attached.push(node),
            Attachment::Detached => {
                self.found.renamed.insert(node, ());
                self.detached.push(node);
            }
            Attachment::Unknown => {}
        }
    }

    fn spread(&mut self, from: u32, state: Attachment) {
        let snapshot = self.snapshot;
        for &head in snapshot.heads(from as usize) {
            let edge = PackedEdge(head);
            if !matches!(edge.kind(), EdgeType::Hidden | EdgeType::Weak) {
                self.settle(edge.to(), state);
            }
        }
    }
}
