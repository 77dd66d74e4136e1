//! Names of scripts by V8's numbers. A snapshot has them apart: locations have
//! numbers, and the script a function's code came from has a name.

use rustc_hash::FxHashMap;

use super::super::types::{EdgeType, NodeOrdinal, NodeType};
use super::heap::Heap;
use super::names::Words;

/// Of scripts, V8's own nodes have no name but begin so.
const NO_SCRIPT: &str = "system / ";

/// What the names of Node's own scripts begin with.
const INTERNAL: &str = "node:";

/// Whether a script is Node's own, by its name.
pub(super) fn is_internal(name: &str) -> bool {
    name.starts_with(INTERNAL)
}

/// The names found.
#[derive(Clone, Debug, Default)]
pub(super) struct Scripts {
    names: FxHashMap<u32, Option<String>>,
}

impl Scripts {
    /// Asks the first function of each script with a location.
    pub(super) fn of(heap: &Heap<'_>) -> Self {
        let snapshot = heap.snapshot();
        let mut names: FxHashMap<u32, Option<String>> = FxHashMap::default();
        let is_closure = |node: &NodeOrdinal| snapshot.node_type(*node) == NodeType::Closure;
        for node in snapshot.ordinals().filter(is_closure) {
            let Some(location) = snapshot.location(node) else {
                continue;
            };
            let name = names.entry(location.script_id).or_default();
            if name.is_none() {
                *name = script_of(heap, node);
            }
        }
        Self { names }
    }

    pub(super) fn name(&self, script_id: u32) -> Option<&str> {
        self.names.get(&script_id)?.as_deref()
    }
}

/// The name of a function's script.
fn script_of(heap: &Heap<'_>, closure: NodeOrdinal) -> Option<String> {
    let name = heap.snapshot().name(script_node(heap, closure)?);
    (!name.is_empty() && !name.starts_with(NO_SCRIPT)).then(|| name.into_owned())
}

/// The script of a function: closure, then what its closures share, then script.
pub(super) fn script_node(heap: &Heap<'_>, closure: NodeOrdinal) -> Option<NodeOrdinal> {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    let shared = Words::follow(snapshot, closure, &words.shared)?;
    let mut edges = snapshot.edges(shared);
    let script = edges.find(|edge| {
        edge.edge_type == EdgeType::Internal
            && (words.script.is(edge.name_or_index)
                || words.script_or_debug_info.is(edge.name_or_index))
    })?;
    Some(script.to)
}
