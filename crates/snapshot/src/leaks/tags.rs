//! One heap, two writers. The inspector (DevTools) adds a tag to the names of what belongs
//! to a realm: `global / `, `Window / https://…`, and from V8 14 on
//! `Object (prototype) / …` too. The tag says who wrote the snapshot and from which address
//! a page came, never what the object is, so that paths and signatures leave it out. Class
//! tables keep it, as DevTools does.

use super::super::columns::Snapshot;
use super::super::types::{EdgeOrdinal, EdgeType, NodeOrdinal, NodeType, StringIndex};

/// V8's name for a realm.
pub(super) const REALM: &str = "system / NativeContext";

/// What V8 puts between a name and its tag.
const SEPARATOR: &str = " / ";

/// The name without the tag, where it is one of those that V8 tags. A class of the program's
/// whose own name has a slash in it stays what it is.
pub(super) fn untagged(name: &str) -> &str {
    if name.strip_prefix(REALM).is_some_and(is_tag) {
        return REALM;
    }
    match name.split_once(SEPARATOR) {
        Some((base, _)) if is_tagged_by_v8(base) => base,
        _ => name,
    }
}

fn is_tag(rest: &str) -> bool {
    rest.starts_with(SEPARATOR)
}

/// Global objects, and V8's marks: `Object (internal cache)`.
fn is_tagged_by_v8(base: &str) -> bool {
    matches!(base, "global" | "Object" | "Window")
        || base.ends_with("GlobalScope")
        || base.ends_with(')') && base.contains(" (")
}

/// Whether the node is a realm. With "expose internals" V8 calls its own objects native.
pub(super) fn is_realm(snapshot: &Snapshot, node: NodeOrdinal) -> bool {
    matches!(
        snapshot.node_type(node),
        NodeType::Hidden | NodeType::Native
    ) && {
        let raw = snapshot.strings().raw(snapshot.name_index(node));
        raw.strip_prefix(REALM.as_bytes())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATOR.as_bytes()))
    }
}

/// The edges that lead to what V8 would have made children of the root: the realms (from
/// V8 14 on) or their global objects (before) that a group of roots holds. A snapshot taken
/// with `treatGlobalObjectsAsRoots: false`, or with V8's internals exposed, lacks these
/// children; its ways would start at whatever handle comes first. Empty where the root has
/// them, or any other object.
pub(super) fn missing_user_roots(snapshot: &Snapshot) -> Vec<(NodeOrdinal, EdgeOrdinal)> {
    let is_synthetic = |node| snapshot.node_type(node) == NodeType::Synthetic;
    let root = snapshot.root();
    if snapshot.edges(root).any(|edge| !is_synthetic(edge.to)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for all in snapshot.edges(root) {
        for group in snapshot.edges(all.to).filter(|edge| is_synthetic(edge.to)) {
            for realm in snapshot.edges(group.to) {
                if realm.edge_type == EdgeType::Weak || !is_realm(snapshot, realm.to) {
                    continue;
                }
                let Some((name, global)) = global_of(snapshot, realm.to) else {
                    continue;
                };
                found.push(match name {
                    Global::Extension => global,
                    Global::Own => (realm.to, realm.ordinal),
                });
            }
        }
    }
    // A realm is held by several handles; the first way to it counts.
    memwatch_order::sort_by_key(&mut found, |&one| one);
    found.dedup_by_key(|&mut (node, _)| node);
    found
}

/// By which edge a realm refers to its global object.
enum Global {
    /// Up to V8 13.
    Extension,
    /// From V8 14 on.
    Own,
}

fn global_of(
    snapshot: &Snapshot,
    realm: NodeOrdinal,
) -> Option<(Global, (NodeOrdinal, EdgeOrdinal))> {
    let named = |index: u32, name: &str| snapshot.strings().is(StringIndex(index), name);
    snapshot.edges(realm).find_map(|edge| {
        if edge.edge_type != EdgeType::Internal {
            return None;
        }
        let by = if named(edge.name_or_index, "extension") {
            Global::Extension
        } else if named(edge.name_or_index, "global_object") {
            Global::Own
        } else {
            return None;
        };
        let mut edges = snapshot.edges(edge.to);
        let is_global = edges.any(|edge| {
            edge.edge_type == EdgeType::Internal && named(edge.name_or_index, "global_proxy")
        });
        is_global.then_some((by, (edge.to, edge.ordinal)))
    })
}

#[cfg(test)]
mod tests {
    use super::untagged;

    #[test]
    fn tags_of_v8_are_left_out_and_names_of_programs_are_not() {
        for (name, without) in [
            ("global / ", "global"),
            ("global / file://", "global"),
            ("global (global*) / ", "global (global*)"),
            ("Object / http://a / b", "Object"),
            ("Object (internal cache) / ", "Object (internal cache)"),
            ("Window / https://example.com", "Window"),
            (
                "DedicatedWorkerGlobalScope / blob:x",
                "DedicatedWorkerGlobalScope",
            ),
            ("system / NativeContext / ", "system / NativeContext"),
            ("system / NativeContext", "system / NativeContext"),
            ("system / Context", "system / Context"),
            ("system / NativeContexts", "system / NativeContexts"),
            ("Node / Environment", "Node / Environment"),
            ("km / h", "km / h"),
            ("global", "global"),
            ("", ""),
        ] {
            assert_eq!(untagged(name), without, "{name}");
        }
    }
}
