//! One way from a root to each node: the one a programmer would rather read,
//! and among those the shortest. Keeps one edge for each node, 4 bytes, and
//! makes up no names.
//!
//! A way costs, in this order: whether it starts at a system root (a global
//! object is better), how many of its edges are V8's own ([`Follow::Internal`]),
//! how many edges it has. Costs only grow along a way, so Dijkstra's algorithm
//! holds, and as each edge adds 0 or 1 to the second and 1 to the third, a queue
//! for each level of the second does for a heap: the time is linear.
//!
//! An ES module costs nothing: what its variables hold is reached from it, and the
//! loader's lists, by which it is reached itself, are not what a programmer reads.
//! The ways to the modules are found first, and stay as they are.
//!
//! Of ways that cost the same, the visitor says which one is preferred. If its
//! preference does not depend on the order of nodes and edges in the file, then
//! neither does the tree (up to nodes that only their ordinals tell apart).

use super::super::columns::Snapshot;
use super::super::graph::Bits;
use super::super::types::{EdgeOrdinal, EdgeType, NodeOrdinal, NodeType};
use super::tags::missing_user_roots;
use super::words::{Follow, Words};

/// No edge: the root, and what no way leads to.
pub(super) const NO_EDGE: u32 = u32::MAX;

/// Bits of a cost that count edges: 33 million, after which ways count as
/// equally long. The 7 bits above are the level.
const STEP_BITS: u32 = 25;
const MAX_STEPS: u32 = (1 << STEP_BITS) - 1;
/// Level at which ways from system roots start: those from global objects have
/// 64 levels below.
const SYSTEM_LEVEL: u32 = 64;
const MAX_LEVEL: u32 = 127;
const NOT_MET: u32 = u32::MAX;

/// What a way costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost(u32);

impl Cost {
    fn new(level: u32, steps: u32) -> Self {
        Self(level << STEP_BITS | steps.min(MAX_STEPS))
    }

    /// Edges on the way.
    pub(super) fn steps(self) -> u32 {
        self.0 & MAX_STEPS
    }

    fn level(self) -> u32 {
        self.0 >> STEP_BITS
    }

    /// Whether the way goes over an edge of V8's own.
    pub(super) fn is_internal(self) -> bool {
        !self.level().is_multiple_of(SYSTEM_LEVEL)
    }
}

/// An edge on a way: the node it leaves, and which edge it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub from: NodeOrdinal,
    pub edge: EdgeOrdinal,
}

/// Watches the tree grow.
pub(super) trait Visitor {
    /// The node's edge is final; its parent's was before.
    fn settle(&mut self, words: &mut Words<'_>, node: NodeOrdinal, step: Step, cost: Cost);
    /// Whether `new` is preferred to `old`; both lead to `node` at one cost.
    fn prefers(&mut self, words: &mut Words<'_>, node: NodeOrdinal, new: Step, old: Step) -> bool;
}

/// The tree.
#[derive(Clone, Debug)]
pub struct PathTree {
    parent_edge: Vec<u32>,
    /// Nodes that count as children of the root though another node refers to them, with
    /// that edge; by ordinal. See [`missing_user_roots`].
    user_roots: Vec<(NodeOrdinal, EdgeOrdinal)>,
}

impl PathTree {
    pub(super) fn grow(snapshot: &Snapshot, words: &mut Words<'_>, to: &mut impl Visitor) -> Self {
        let user_roots = missing_user_roots(snapshot);
        let mut growth = Growth::new(snapshot, &user_roots);
        let modules = growth.lead_to_modules(words, to);
        growth.run(words, to, &modules);
        Self {
            parent_edge: growth.parent_edge,
            user_roots,
        }
    }

    /// The last edge of the way to the node. None for the root and for what no
    /// way leads to.
    pub fn parent_edge(&self, node: NodeOrdinal) -> Option<EdgeOrdinal> {
        let edge = self.parent_edge[node.index()];
        (edge != NO_EDGE).then_some(EdgeOrdinal(edge))
    }

    /// The node before this one, and the edge between.
    pub(super) fn step(&self, snapshot: &Snapshot, node: NodeOrdinal) -> Option<Step> {
        let edge = self.parent_edge(node)?;
        let from = match self.user_roots.binary_search(&(node, edge)) {
            Ok(_) => snapshot.root(),
            Err(_) => source_of(snapshot, edge),
        };
        Some(Step { from, edge })
    }

    /// The steps from the root to the node, in order. Empty when no way leads
    /// to it.
    pub(super) fn way(&self, snapshot: &Snapshot, node: NodeOrdinal) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = node;
        while let Some(step) = self.step(snapshot, at) {
            steps.push(step);
            at = step.from;
        }
        steps.reverse();
        steps
    }
}

/// The node an edge leaves: the last whose edges start at or before it.
pub(super) fn source_of(snapshot: &Snapshot, edge: EdgeOrdinal) -> NodeOrdinal {
    let first_edge = &snapshot.nodes.first_edge;
    NodeOrdinal(first_edge.partition_point(|&first| first <= edge.0) as u32 - 1)
}

struct Growth<'a> {
    snapshot: &'a Snapshot,
    user_roots: &'a [(NodeOrdinal, EdgeOrdinal)],
    /// Of the best way known; final once settled.
    cost: Vec<u32>,
    parent: Vec<u32>,
    parent_edge: Vec<u32>,
    /// Nodes one step on, on the level being walked.
    next: Vec<u32>,
    /// Nodes of the next level with their steps, which only grow.
    deferred: Vec<(u32, u32)>,
    /// Nodes whose way is final before the tree grows: modules, and what leads to
    /// them.
    fixed: Bits,
    /// Set when the tree grows for the modules alone.
    awaited: Option<Awaited>,
}

/// Nodes that are to be reached.
struct Awaited {
    nodes: Bits,
    left: usize,
}

impl Awaited {
    fn new(nodes: &[NodeOrdinal], node_count: usize) -> Self {
        let mut bits = Bits::new(node_count);
        for node in nodes {
            bits.add(node.0);
        }
        Self {
            nodes: bits,
            left: nodes.len(),
        }
    }
}

/// Prefers names to numbers, and among names the first by its letters.
struct Plain<'a>(&'a Snapshot);

impl Visitor for Plain<'_> {
    fn settle(&mut self, _: &mut Words<'_>, _: NodeOrdinal, _: Step, _: Cost) {}

    fn prefers(&mut self, _: &mut Words<'_>, _: NodeOrdinal, new: Step, old: Step) -> bool {
        let rank = |step: Step| {
            let edge = self.0.edge(step.edge);
            let is_named = edge.edge_type == EdgeType::Property;
            (!is_named, self.0.edge_name(&edge), self.0.name(step.from))
        };
        rank(new) < rank(old)
    }
}

impl<'a> Growth<'a> {
    fn new(snapshot: &'a Snapshot, user_roots: &'a [(NodeOrdinal, EdgeOrdinal)]) -> Self {
        let count = snapshot.node_count();
        Self {
            snapshot,
            user_roots,
            cost: vec![NOT_MET; count],
            parent: vec![0; count],
            parent_edge: vec![NO_EDGE; count],
            next: Vec::new(),
            deferred: Vec::new(),
            fixed: Bits::new(count),
            awaited: None,
        }
    }

    /// Finds the ways to the modules, and gives those that can be reached.
    fn lead_to_modules(
        &mut self,
        words: &mut Words<'_>,
        to: &mut impl Visitor,
    ) -> Vec<NodeOrdinal> {
        let mut modules: Vec<NodeOrdinal> = words.modules().sources().collect();
        if modules.is_empty() {
            return modules;
        }
        let mut first = Growth::new(self.snapshot, self.user_roots);
        first.awaited = Some(Awaited::new(&modules, self.snapshot.node_count()));
        first.run(words, &mut Plain(self.snapshot), &[]);
        modules.retain(|module| first.parent_edge[module.index()] != NO_EDGE);
        for &module in &modules {
            let mut way = Vec::new();
            let mut at = module;
            while at != self.snapshot.root() && !self.fixed.has(at.0) {
                way.push(at);
                at = first.step(at).from;
            }
            for &node in way.iter().rev() {
                self.fixed.add(node.0);
                self.parent[node.index()] = first.parent[node.index()];
                self.parent_edge[node.index()] = first.parent_edge[node.index()];
                let cost = Cost(first.cost[node.index()]);
                to.settle(words, node, self.step(node), cost);
            }
        }
        modules
    }

    fn run(&mut self, words: &mut Words<'_>, to: &mut impl Visitor, modules: &[NodeOrdinal]) {
        let root = self.snapshot.root();
        if self.snapshot.node_count() == 0 {
            return;
        }
        self.cost[root.index()] = 0;
        for module in modules {
            self.cost[module.index()] = 0;
        }
        self.start_at_root(words, to, false);
        for level in 0..=MAX_LEVEL {
            if level == SYSTEM_LEVEL {
                self.start_at_root(words, to, true);
            }
            let start = if level == 0 { modules } else { &[] };
            self.level(level, start, words, to);
            if self.is_done() {
                return;
            }
        }
    }

    /// Whether all that the tree grows for is reached; never, where it grows for all.
    fn is_done(&self) -> bool {
        self.awaited
            .as_ref()
            .is_some_and(|awaited| awaited.left == 0)
    }

    /// Starts ways at the root's children: global objects, or all others.
    fn start_at_root(&mut self, words: &mut Words<'_>, to: &mut impl Visitor, system: bool) {
        let root = self.snapshot.root();
        let level = if system { SYSTEM_LEVEL } else { 0 };
        if !system {
            for &(node, edge) in self.user_roots {
                let step = Step { from: root, edge };
                self.offer(words, to, node, step, Cost::new(level, 1), level);
            }
        }
        for edge in self.snapshot.edges(root) {
            let is_system = self.snapshot.node_type(edge.to) == NodeType::Synthetic;
            let follows = words.follow(root, &edge) != Follow::Never;
            if follows && is_system == system {
                let step = Step {
                    from: root,
                    edge: edge.ordinal,
                };
                self.offer(words, to, edge.to, step, Cost::new(level, 1), level);
            }
        }
    }

    fn level(
        &mut self,
        level: u32,
        start: &[NodeOrdinal],
        words: &mut Words<'_>,
        to: &mut impl Visitor,
    ) {
        let waiting = std::mem::take(&mut self.deferred);
        let mut waiting = waiting.into_iter().peekable();
        for &module in start {
            self.settle(module, level, words, to);
        }
        let mut now = Vec::new();
        // Nodes the level starts with have taken one step.
        let mut steps = 1;
        loop {
            std::mem::swap(&mut now, &mut self.next);
            self.next.clear();
            if now.is_empty() {
                match waiting.peek() {
                    Some(&(later, _)) => steps = later,
                    None => return,
                }
            }
            while let Some((_, node)) = waiting.next_if(|&(at, _)| at <= steps) {
                // Otherwise a better way was found since.
                if self.cost[node as usize] == Cost::new(level, steps).0 {
                    now.push(node);
                }
            }
            for &node in &now {
                self.settle(NodeOrdinal(node), level, words, to);
            }
            if self.is_done() {
                return;
            }
            steps = (steps + 1).min(MAX_STEPS);
        }
    }

    fn settle(
        &mut self,
        node: NodeOrdinal,
        level: u32,
        words: &mut Words<'_>,
        to: &mut impl Visitor,
    ) {
        let cost = Cost(self.cost[node.index()]);
        if let Some(awaited) = &mut self.awaited {
            awaited.left -= usize::from(awaited.nodes.has(node.0));
        } else if !self.fixed.has(node.0) {
            to.settle(words, node, self.step(node), cost);
        }
        let snapshot = self.snapshot;
        let only_modules = self.awaited.is_some();
        for edge in snapshot.edges(node) {
            let known = self.cost[edge.to.index()];
            // Nothing lies beyond a string or a number, which are half of a heap.
            if known <= cost.0 || (only_modules && snapshot.edges(edge.to).len() == 0) {
                continue;
            }
            let above = match words.follow(node, &edge) {
                Follow::Written => 0,
                Follow::Internal => 1,
                Follow::Never => continue,
            };
            // The last level of each kind of root takes all beyond it.
            let last = (level / SYSTEM_LEVEL + 1) * SYSTEM_LEVEL - 1;
            let next = Cost::new((level + above).min(last), cost.steps() + 1);
            let step = Step {
                from: node,
                edge: edge.ordinal,
            };
            self.offer(words, to, edge.to, step, next, level);
        }
    }

    fn step(&self, node: NodeOrdinal) -> Step {
        Step {
            from: NodeOrdinal(self.parent[node.index()]),
            edge: EdgeOrdinal(self.parent_edge[node.index()]),
        }
    }

    /// A way to the node by `step`.
    fn offer(
        &mut self,
        words: &mut Words<'_>,
        to: &mut impl Visitor,
        node: NodeOrdinal,
        step: Step,
        cost: Cost,
        level: u32,
    ) {
        let known = self.cost[node.index()];
        if cost.0 > known {
            return;
        }
        let is_fixed = self.fixed.has(node.0);
        if cost.0 == known {
            if is_fixed {
                return;
            }
            let old = self.step(node);
            // At the end of the range a way may cost no more than the one it
            // continues; what is settled stays.
            if cost.steps() == MAX_STEPS || !to.prefers(words, node, step, old) {
                return;
            }
        } else {
            self.cost[node.index()] = cost.0;
            if cost.level() == level {
                self.next.push(node.0);
            } else {
                self.deferred.push((cost.steps(), node.0));
            }
        }
        if !is_fixed {
            self.parent[node.index()] = step.from.0;
            self.parent_edge[node.index()] = step.edge.0;
        }
    }
}
