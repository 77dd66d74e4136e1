//! The floor under the answer of `analyze`: an object that keeps more than a quarter
//! of the heap is named, whether or not anything piles up in it by the rules of
//! `slots`. Says what it keeps and how it is reached, not that it leaks; says nothing
//! of what a suspect covers, or of V8's and Node's own.

use rustc_hash::FxHashSet;

use super::super::types::{NodeOrdinal, NodeType};
use super::access::End;
use super::parts::AccessPath;
use super::suspects::is_type_stripper;
use super::tags::untagged;
use super::{Finding, Investigation, RouteIndex};
use memwatch_order::sort_by_key;

/// Share of the heap from which on an object is named. There is no least size: of
/// programs that are idle (nothing at all, http, express, fetch, a worker) on Node 18
/// to 26, no object but those of `is_own` has so much of the heap.
const MIN_SHARE: f64 = 0.25;
/// Suspects cover an object if together they keep this share of what it keeps.
const COVERED: f64 = 0.5;

/// Objects that V8 makes for every program, and that keep all of it.
const WHOLE_PROGRAM: [&str; 4] = [
    "system / NativeContext",
    "global",
    "global (global*)",
    "global (global)",
];

/// An object that keeps much of the heap, which no suspect covers.
#[derive(Clone, Debug)]
pub struct Dominating {
    /// The object.
    pub node: NodeOrdinal,
    /// Bytes that would be freed with it.
    pub retained_bytes: u64,
    /// Share of all bytes.
    pub share: f64,
    /// The way to it.
    pub path: AccessPath,
}

impl Investigation<'_> {
    /// The object that keeps most, if it keeps more than a quarter of the heap and
    /// these suspects do not say so.
    pub fn dominating(&mut self, findings: &[Finding]) -> Option<Dominating> {
        let total = self.total_bytes().max(1);
        let least = (total as f64 * MIN_SHARE) as u64 + 1;
        let mut points = self.accumulation_points(least);
        points.retain(|&(node, retained)| !self.is_covered(node, retained, findings));
        let &(node, retained_bytes) = points.first()?;
        Some(Dominating {
            node,
            retained_bytes,
            share: retained_bytes as f64 / total as f64,
            path: self.path(node, End::Object),
        })
    }

    /// Objects that retain so much, none of whose parts does; those that retain most
    /// first. There are as many as fit into the heap: three.
    fn accumulation_points(&self, least: u64) -> Vec<(NodeOrdinal, u64)> {
        let innermost = self.analysis.dominators.innermost_of_at_least(least);
        let mut points: Vec<(NodeOrdinal, u64)> = innermost
            .into_iter()
            .filter_map(|node| self.point(node))
            .collect();
        sort_by_key(&mut points, |&(node, retained)| {
            (std::cmp::Reverse(retained), node)
        });
        points
    }

    /// The object that a node belongs to, unless it is V8's own.
    fn point(&self, node: NodeOrdinal) -> Option<(NodeOrdinal, u64)> {
        let routes = &self.ways.routes;
        let dominators = &self.analysis.dominators;
        let owner = routes.holder(node);
        // The variables that two functions share belong to neither alone.
        let is_part = routes.is_storage(node)
            && dominators.retained_size(owner) >= dominators.retained_size(node);
        let node = if is_part { owner } else { node };
        let is_own = match self.snapshot.node_type(node) {
            _ if self.is_nodes_own(node) => true,
            NodeType::Synthetic | NodeType::Code => true,
            NodeType::Object | NodeType::Hidden | NodeType::Native => {
                WHOLE_PROGRAM.contains(&untagged(&self.snapshot.name(node)))
            }
            _ => false,
        };
        let retained = dominators.retained_size(node);
        (!is_own && node != self.snapshot.root()).then_some((node, retained))
    }

    /// Whether it is Node's list of its builtin modules, which keeps a third of the heap
    /// of a program that loads all of them, or the parser of TypeScript.
    fn is_nodes_own(&self, node: NodeOrdinal) -> bool {
        let routes = &self.ways.routes;
        let route = routes.of_node(node);
        let above = routes.get(route).parent;
        let holder = routes.keys.text(routes.get(above).class);
        matches!(holder, "BuiltinModule()" | "NativeModule()")
            || is_type_stripper(&self.ways, route)
    }

    fn is_covered(&self, node: NodeOrdinal, retained: u64, findings: &[Finding]) -> bool {
        let mut covered: u64 = 0;
        let above = self.routes_above(node);
        for finding in findings {
            let suspect = &finding.suspect;
            if suspect.count > 1 && finding.routes.iter().any(|route| above.contains(route)) {
                // It is one of them, or a part of one.
                return true;
            }
            let is_below =
                self.is_dominated(suspect.example, node) || self.is_dominated(suspect.holder, node);
            if is_below {
                let kept = suspect.retained_bytes.max(suspect.holder_bytes);
                covered = covered.saturating_add(kept);
            } else if self.is_dominated(node, suspect.example)
                || suspect.holder_bytes > 0 && self.is_dominated(node, suspect.holder)
            {
                return true;
            }
        }
        covered as f64 >= retained as f64 * COVERED
    }

    /// The routes of a node and of all that keep it alone. A way may also lead through what
    /// only refers to it.
    fn routes_above(&self, node: NodeOrdinal) -> FxHashSet<RouteIndex> {
        let line = self.analysis.dominators.line(node);
        line.map(|at| self.ways.routes.of_node(at)).collect()
    }

    /// Whether `node` is `above` or would be freed with it.
    fn is_dominated(&self, node: NodeOrdinal, above: NodeOrdinal) -> bool {
        let mut line = self.analysis.dominators.line(node);
        line.any(|at| at == above)
    }
}
