//! Steps from the nearest root of the user's, breadth first, as Chrome DevTools
//! counts them. The order of the walk is DevTools' own, as the rule for entries
//! of a WeakMap depends on it.

use super::super::columns::{PackedEdge, Snapshot};
use super::super::types::{EdgeOrdinal, EdgeType, NodeOrdinal, NodeType};
use super::{Bits, KnownNames, is_user_root};

/// The root's own distance; what only the system keeps is this and more.
pub const SYSTEM_DISTANCE: i32 = 100_000_000;

/// The distance, in columns, of what no path leads to: DevTools' own number.
pub const NO_DISTANCE: i32 = -5;

/// Distances by ordinal.
#[derive(Clone, Debug)]
pub struct Distances {
    steps: Vec<i32>,
}

impl Distances {
    /// Steps from the nearest global object, which has 1; from
    /// [`SYSTEM_DISTANCE`] up, steps from the root beyond that, for what no
    /// global object leads to. Nothing when no path leads to the node.
    pub fn get(&self, node: NodeOrdinal) -> Option<u32> {
        u32::try_from(self.number(node)).ok()
    }

    /// As [`Self::get`], with [`NO_DISTANCE`] for nothing.
    #[inline]
    pub fn number(&self, node: NodeOrdinal) -> i32 {
        self.steps.get(node.index()).copied().unwrap_or(NO_DISTANCE)
    }

    /// Of an analysis that needs none.
    pub(crate) fn unknown() -> Self {
        Self { steps: Vec::new() }
    }

    /// Whether they were computed.
    pub(crate) fn are_known(&self) -> bool {
        !self.steps.is_empty()
    }

    pub(crate) fn compute(snapshot: &Snapshot, names: &KnownNames) -> Self {
        let count = snapshot.node_count();
        let mut walk = Walk {
            snapshot,
            names,
            seen: Bits::new(count),
            steps: vec![NO_DISTANCE; count],
            reached: Vec::new(),
            pending: Bits::new(names.entry_count()),
        };
        let root = snapshot.root;
        for &head in snapshot.heads(root as usize) {
            let to = PackedEdge(head).to();
            if is_user_root(snapshot, names, to) {
                walk.seen.add(to);
                walk.steps[to as usize] = 1;
                // A node with two such edges is walked twice, as in DevTools.
                walk.reached.push(to);
            }
        }
        let has_user_roots = !walk.reached.is_empty();
        walk.run();
        walk.seen.add(root);
        walk.steps[root as usize] = if has_user_roots { SYSTEM_DISTANCE } else { 0 };
        walk.reached.push(root);
        walk.run();
        Self { steps: walk.steps }
    }
}

struct Walk<'a> {
    snapshot: &'a Snapshot,
    names: &'a KnownNames,
    seen: Bits,
    steps: Vec<i32>,
    /// What is to be walked in the next round, in the order met.
    reached: Vec<u32>,
    /// Entries of WeakMaps of which one of the two edges was met.
    pending: Bits,
}

impl Walk<'_> {
    /// Walks round by round: all nodes of one distance, then those of the next.
    fn run(&mut self) {
        let mut round = Vec::new();
        while !self.reached.is_empty() {
            std::mem::swap(&mut round, &mut self.reached);
            for &node in &round {
                let steps = self.steps[node as usize] + 1;
                if self.is_special(node) {
                    self.visit_special(node, steps);
                    continue;
                }
                for &head in self.snapshot.heads(node as usize) {
                    let edge = PackedEdge(head);
                    if !edge.is(EdgeType::Weak) && self.seen.insert(edge.to()) {
                        self.steps[edge.to() as usize] = steps;
                        self.reached.push(edge.to());
                    }
                }
            }
            round.clear();
        }
    }

    /// Whether a rule may keep some edge of the node from being followed.
    fn is_special(&self, node: u32) -> bool {
        let name = self.snapshot.nodes.names[node as usize];
        self.names.has_entries(node)
            || match self.snapshot.kind(node as usize) {
                NodeType::Hidden => self.names.is_native_context(name),
                NodeType::Array => self.names.is_map_descriptors(name),
                _ => false,
            }
    }

    fn visit_special(&mut self, node: u32, steps: i32) {
        for ordinal in self.snapshot.edge_range(node as usize) {
            let edge = PackedEdge(self.snapshot.edges.heads[ordinal]);
            if edge.is(EdgeType::Weak) || self.seen.has(edge.to()) {
                continue;
            }
            if self.counts(node, ordinal) {
                self.seen.add(edge.to());
                self.steps[edge.to() as usize] = steps;
                self.reached.push(edge.to());
            }
        }
    }

    fn counts(&mut self, node: u32, ordinal: usize) -> bool {
        let edge = self.snapshot.edge(EdgeOrdinal(ordinal as u32));
        let name = self.snapshot.nodes.names[node as usize];
        let has_name = !edge.edge_type.has_index();
        let kind = self.snapshot.kind(node as usize);
        if kind == NodeType::Hidden
            && self.names.is_native_context(name)
            && has_name
            && self.names.is_sloppy_function_map(edge.name_or_index)
        {
            return false;
        }
        if kind == NodeType::Array && self.names.is_map_descriptors(name) {
            // Maps may share the array, so a descriptor found in it may not be
            // the map's: keys and details count, values do not.
            return match self.leading_number(&edge) {
                Some(index) => index < 2.0 || index % 3.0 != 1.0,
                None => true,
            };
        }
        if edge.edge_type == EdgeType::Internal
            && let Some(entry) = self.names.entry(edge.name_or_index)
        {
            // Key and table keep the value together, so the farther one counts:
            // the edge met first is left out.
            return !self.pending.insert(entry.entry);
        }
        true
    }

    /// What JavaScript's `parseInt` makes of the name.
    fn leading_number(&self, edge: &super::super::columns::Edge) -> Option<f64> {
        if edge.edge_type.has_index() {
            return Some(f64::from(edge.name_or_index));
        }
        let name = self.snapshot.edge_name(edge);
        let text = name.trim_start();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1.0, rest),
            None => (1.0, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = digits.find(|c: char| !c.is_ascii_digit());
        let number: f64 = digits[..end.unwrap_or(digits.len())].parse().ok()?;
        Some(sign * number)
    }
}
