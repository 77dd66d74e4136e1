//! Puts what was checked into columns, as many of these as are wanted.

use super::super::columns::{EdgeColumns, NodeColumns, PackedEdge};
use super::super::header::{MAX_FIELDS, NodeLayout};
use super::super::types::EdgeType;
use super::Columns;
use super::sections::{TakesEdges, TakesNodes};
use super::syntax::TakesTexts;

#[derive(Debug)]
pub(super) struct NodeKeeper {
    columns: Columns,
    pub nodes: NodeColumns,
}

impl NodeKeeper {
    pub(super) fn new(columns: Columns) -> Self {
        Self {
            columns,
            nodes: NodeColumns::default(),
        }
    }
}

impl TakesNodes for NodeKeeper {
    fn node(&mut self, values: &[u64; MAX_FIELDS], layout: NodeLayout) {
        let nodes = &mut self.nodes;
        if let Some(at) = layout.detachedness
            && values[at] != 0
        {
            // Only 1 and 2 have a meaning; what is larger is unknown, not wrong.
            let number = u8::try_from(values[at]).unwrap_or(0);
            nodes.detachedness.push((nodes.types.len() as u32, number));
        }
        nodes.types.push(values[layout.kind] as u8);
        // A name that does not fit is reported when the strings are counted.
        nodes.names.push(values[layout.name] as u32);
        if self.columns.ids {
            nodes.ids.push(values[layout.id]);
        }
        nodes.self_sizes.push(values[layout.self_size]);
        if self.columns.edges {
            nodes.first_edge.push(values[layout.edge_count] as u32);
        }
    }
}

#[derive(Debug)]
pub(super) struct EdgeKeeper {
    keep: bool,
    pub edges: EdgeColumns,
}

impl EdgeKeeper {
    pub(super) fn new(columns: Columns) -> Self {
        Self {
            keep: columns.edges,
            edges: EdgeColumns::default(),
        }
    }
}

impl TakesEdges for EdgeKeeper {
    fn edge(&mut self, edge_type: EdgeType, name: u32, to: u32) {
        if self.keep {
            self.edges.heads.push(PackedEdge::new(to, edge_type).0);
            self.edges.names.push(name);
        }
    }
}

/// Strings as they stand in the file, each up to its closing quote.
#[derive(Debug, Default)]
pub(super) struct TextKeeper {
    pub bytes: Vec<u8>,
    /// Where each starts in `bytes`.
    pub starts: Vec<u64>,
}

impl TakesTexts for TextKeeper {
    fn begin(&mut self) {
        self.starts.push(self.bytes.len() as u64);
    }

    fn text(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    fn end(&mut self) {
        self.bytes.push(b'"');
    }
}
