//! A depth-first walk over the edges that keep things alive, and from it the
//! numbering in which dominators are computed. Iterative: lists of a million
//! links exist in real heaps.
//!
//! An edge is *essential*, as Chrome DevTools has it, unless it is weak, leads
//! back to its own node, is a shortcut from anywhere but the root, is the one
//! from a WeakMap's table (the one from the key stands for the entry), or leads
//! from a node that is not the page's to one that is. The page owns what is
//! reached, over anything but weak edges, from the root's shortcuts and from
//! the document's trees. To know what the page owns needs a walk of its own in
//! DevTools; here the page is walked first, so that its nodes have the lowest
//! numbers, and what that walk refused to follow is followed up afterwards.

use super::super::columns::{PackedEdge, Snapshot};
use super::super::types::EdgeType;
use super::{Bits, KnownNames, is_document_trees};

/// Nodes numbered in the order a depth-first walk first meets them.
#[derive(Debug)]
pub(crate) struct Preorder {
    /// Ordinal of each number. Has every node: those no essential edge leads to
    /// from the root come after `reached`.
    pub vertices: Vec<u32>,
    /// Number of each ordinal.
    pub numbers: Vec<u32>,
    /// Number of the parent in the walk, for each number.
    pub parents: Vec<u32>,
    /// How many were met. The others keep each other alive in circles that
    /// nothing leads to; DevTools hangs each on the root.
    pub reached: u32,
    /// Numbers from 1 up to this one are the page's.
    pub last_page: u32,
    /// Ordinals of what is the page's as well, though the walk of the page did
    /// not meet it.
    pub page_rest: Option<Bits>,
}

impl Preorder {
    pub(crate) fn of(snapshot: &Snapshot, names: &KnownNames) -> Self {
        let mut walk = Walk::new(snapshot, names);
        let root = snapshot.root;
        walk.number(root, 0);
        walk.page();
        let last_page = walk.vertices.len() as u32 - 1;
        let page_rest = walk.page_rest();
        walk.page_rest = page_rest;
        walk.rest_of_root();
        walk.orphans();
        walk.finish(last_page)
    }

    /// Whether the node of this number, ordinal given as well, is the page's.
    #[inline]
    pub(crate) fn is_page(&self, number: u32, ordinal: u32) -> bool {
        number <= self.last_page && number != 0
            || self
                .page_rest
                .as_ref()
                .is_some_and(|rest| rest.has(ordinal))
    }
}

/// An ancestor of the node being walked: its number, and its edges not yet
/// looked at.
struct Frame {
    number: u32,
    next: u32,
    end: u32,
}

struct Walk<'a> {
    snapshot: &'a Snapshot,
    names: &'a KnownNames,
    seen: Bits,
    vertices: Vec<u32>,
    numbers: Vec<u32>,
    parents: Vec<u32>,
    stack: Vec<Frame>,
    /// Where the walk of the page met an edge it did not follow, though the
    /// page owns what is behind it.
    refused: Vec<u32>,
    page_rest: Option<Bits>,
}

impl<'a> Walk<'a> {
    fn new(snapshot: &'a Snapshot, names: &'a KnownNames) -> Self {
        let count = snapshot.node_count();
        Self {
            snapshot,
            names,
            seen: Bits::new(count),
            vertices: Vec::with_capacity(count),
            numbers: vec![0; count],
            parents: Vec::with_capacity(count),
            stack: Vec::new(),
            refused: Vec::new(),
            page_rest: None,
        }
    }

    fn number(&mut self, node: u32, parent: u32) -> u32 {
        let number = self.vertices.len() as u32;
        self.seen.add(node);
        self.numbers[node as usize] = number;
        self.vertices.push(node);
        self.parents.push(parent);
        number
    }

    fn frame(&self, node: u32, number: u32) -> Frame {
        let range = self.snapshot.edge_range(node as usize);
        Frame {
            number,
            next: range.start as u32,
            end: range.end as u32,
        }
    }

    /// Walks what the root's shortcuts and the document's trees keep.
    fn page(&mut self) {
        let root = self.snapshot.root;
        for &head in self.snapshot.heads(root as usize) {
            let edge = PackedEdge(head);
            let to = edge.to();
            let is_seed = match edge.kind() {
                EdgeType::Shortcut => true,
                EdgeType::Element => is_document_trees(self.snapshot, self.names, to),
                _ => false,
            };
            if is_seed && to == root {
                self.refused.push(root);
            } else if is_seed && !self.seen.has(to) {
                self.walk::<true>(to);
            }
        }
    }

    /// Depth first from `start`, a child of the root. In the page every edge
    /// not followed is noted unless weak; outside of it, edges into the page
    /// are not essential.
    fn walk<const IN_PAGE: bool>(&mut self, start: u32) {
        let (snapshot, root) = (self.snapshot, self.snapshot.root);
        let number = self.number(start, 0);
        let mut frame = self.frame(start, number);
        loop {
            let from = self.vertices[frame.number as usize];
            let from_entries = self.names.has_entries(from);
            let from_page = IN_PAGE || self.in_page_rest(from);
            let edges = &snapshot.edges.heads[frame.next as usize..frame.end as usize];
            let mut found = None;
            for (at, &head) in edges.iter().enumerate() {
                let edge = PackedEdge(head);
                let to = edge.to();
                if self.seen.has(to) {
                    if IN_PAGE && to == root && !edge.is(EdgeType::Weak) {
                        self.refused.push(root);
                    }
                    continue;
                }
                if edge.is(EdgeType::Weak) {
                    continue;
                }
                let ordinal = frame.next as usize + at;
                if edge.is(EdgeType::Shortcut)
                    || from_entries && self.names.is_from_table(snapshot, from, ordinal)
                {
                    if IN_PAGE {
                        self.refused.push(to);
                    }
                    continue;
                }
                if !from_page && self.in_page_rest(to) {
                    continue;
                }
                found = Some((at, to));
                break;
            }
            if let Some((at, to)) = found {
                frame.next += at as u32 + 1;
                let number = self.number(to, frame.number);
                let inner = self.frame(to, number);
                if frame.next < frame.end {
                    self.stack.push(frame);
                }
                frame = inner;
            } else if let Some(outer) = self.stack.pop() {
                frame = outer;
            } else {
                return;
            }
        }
    }

    fn in_page_rest(&self, node: u32) -> bool {
        self.page_rest.as_ref().is_some_and(|rest| rest.has(node))
    }

    /// What the page owns beyond what its walk met: behind the edges refused.
    fn page_rest(&mut self) -> Option<Bits> {
        let root = self.snapshot.root;
        let mut queue = std::mem::take(&mut self.refused);
        queue.retain(|&node| node == root || !self.seen.has(node));
        if queue.is_empty() {
            return None;
        }
        let mut rest = Bits::new(self.snapshot.node_count());
        queue.retain(|&node| rest.insert(node));
        while let Some(node) = queue.pop() {
            for &head in self.snapshot.heads(node as usize) {
                let edge = PackedEdge(head);
                let to = edge.to();
                if edge.is(EdgeType::Weak) || self.seen.has(to) && to != root {
                    continue;
                }
                if rest.insert(to) {
                    queue.push(to);
                }
            }
        }
        Some(rest)
    }

    /// Walks what else the root's own edges lead to. From the root, shortcuts
    /// are essential, and so are edges into the page.
    fn rest_of_root(&mut self) {
        let (snapshot, root) = (self.snapshot, self.snapshot.root);
        for ordinal in snapshot.edge_range(root as usize) {
            let edge = PackedEdge(snapshot.edges.heads[ordinal]);
            let is_entry =
                self.names.has_entries(root) && self.names.is_from_table(snapshot, root, ordinal);
            if !edge.is(EdgeType::Weak) && !is_entry && !self.seen.has(edge.to()) {
                self.walk::<false>(edge.to());
            }
        }
    }

    /// Walks from nodes that no essential edge leads to, as if the root had one.
    fn orphans(&mut self) {
        let snapshot = self.snapshot;
        let count = snapshot.node_count();
        if self.vertices.len() == count {
            return;
        }
        let unseen: Vec<u32> = self.seen.missing(count).collect();
        let mut kept = Bits::new(count);
        for &from in &unseen {
            for ordinal in snapshot.edge_range(from as usize) {
                let edge = PackedEdge(snapshot.edges.heads[ordinal]);
                let to = edge.to();
                let refused = self.seen.has(to)
                    || to == from
                    || matches!(edge.kind(), EdgeType::Weak | EdgeType::Shortcut)
                    || self.in_page_rest(to) && !self.in_page_rest(from)
                    || self.names.has_entries(from)
                        && self.names.is_from_table(snapshot, from, ordinal);
                if !refused {
                    kept.add(to);
                }
            }
        }
        for node in unseen {
            if !kept.has(node) && !self.seen.has(node) {
                self.walk::<false>(node);
            }
        }
    }

    fn finish(mut self, last_page: u32) -> Preorder {
        let reached = self.vertices.len() as u32;
        let count = self.snapshot.node_count();
        if (reached as usize) < count {
            let unseen: Vec<u32> = self.seen.missing(count).collect();
            for node in unseen {
                self.number(node, 0);
            }
        }
        Preorder {
            vertices: self.vertices,
            numbers: self.numbers,
            parents: self.parents,
            reached,
            last_page,
            page_rest: self.page_rest,
        }
    }
}
