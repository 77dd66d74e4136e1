//! Where functions and constructors stand in their sources: script names and
//! positions, as far as the snapshot has them. Reads no source text.

use super::super::columns::{Edge, Snapshot};
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};

/// A place in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The script's name, if the snapshot has it.
    pub script: Option<String>,
    /// V8's number for the script.
    pub script_id: u32,
    /// From 0.
    pub line: u32,
    /// From 0.
    pub column: u32,
}

/// The place of a function or of an object's constructor.
pub(super) fn place_of(snapshot: &Snapshot, node: NodeOrdinal) -> Option<Place> {
    let location = snapshot.location(node)?;
    Some(Place {
        script: script_name(snapshot, node),
        script_id: location.script_id,
        line: location.line,
        column: location.column,
    })
}

/// The name of the script a closure was compiled from: closure, shared function
/// info, script, name. Versions of V8 call the edge to the script differently.
pub(super) fn script_name(snapshot: &Snapshot, node: NodeOrdinal) -> Option<String> {
    if snapshot.node_type(node) != NodeType::Closure {
        return None;
    }
    let shared = internal(snapshot, node, &["shared"])?;
    let script = internal(snapshot, shared, &["script", "script_or_debug_info"])?;
    let name = internal(snapshot, script, &["name"])?;
    let is_text = snapshot.node_type(name) == NodeType::String;
    is_text.then(|| snapshot.name(name).into_owned())
}

pub(super) fn internal(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    names: &[&str],
) -> Option<NodeOrdinal> {
    let is_it = |edge: &Edge| {
        edge.edge_type == EdgeType::Internal
            && names
                .iter()
                .any(|name| snapshot.strings().is(StringIndex(edge.name_or_index), name))
    };
    snapshot.edges(node).find(is_it).map(|edge| edge.to)
}

/// The file of a `Module` of Node's, as short as [`short_file`] makes it.
pub(super) fn module_file(snapshot: &Snapshot, module: NodeOrdinal) -> Option<String> {
    let text = |name: &str| property(snapshot, module, name).and_then(|to| text_of(snapshot, to));
    let name = text("filename").or_else(|| text("id"))?;
    Some(short_file(&name))
}

/// The value of a property.
pub(super) fn property(
    snapshot: &Snapshot,
    object: NodeOrdinal,
    name: &str,
) -> Option<NodeOrdinal> {
    let mut edges = snapshot.edges(object);
    let is_it = |edge: &Edge| {
        edge.edge_type == EdgeType::Property
            && snapshot.strings().is(StringIndex(edge.name_or_index), name)
    };
    edges.find(is_it).map(|edge| edge.to)
}

/// Strings put together from more parts than this are not put together again: no
/// file's name is.
const MAX_STRING_PARTS: usize = 64;

/// The text of a string, put together from its parts if V8 has not done so.
pub(super) fn text_of(snapshot: &Snapshot, node: NodeOrdinal) -> Option<String> {
    let mut text = String::new();
    let mut parts = vec![node];
    for _ in 0..MAX_STRING_PARTS {
        let Some(part) = parts.pop() else {
            return Some(text);
        };
        match snapshot.node_type(part) {
            NodeType::String => text.push_str(&snapshot.name(part)),
            NodeType::ConsString => {
                parts.push(internal(snapshot, part, &["second"])?);
                parts.push(internal(snapshot, part, &["first"])?);
            }
            _ => return None,
        }
    }
    None
}

/// What of a file's name is the same on every machine: from the last
/// `node_modules/` on, or the last two parts.
pub(super) fn short_file(name: &str) -> String {
    let name = name.strip_prefix("file://").unwrap_or(name);
    if let Some(at) = name.rfind("node_modules/") {
        return name[at + "node_modules/".len()..].to_owned();
    }
    let mut parts = name.rsplit(['/', '\\']).take(2).collect::<Vec<_>>();
    parts.reverse();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_without_what_differs_between_machines() {
        assert_eq!(
            short_file("/srv/app/node_modules/debug/src/node.js"),
            "debug/src/node.js"
        );
        assert_eq!(short_file("file:///srv/app/lib/cache.mjs"), "lib/cache.mjs");
        assert_eq!(short_file("C:\\app\\index.js"), "app/index.js");
        assert_eq!(short_file("repl"), "repl");
    }
}
