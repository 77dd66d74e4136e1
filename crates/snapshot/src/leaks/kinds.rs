//! What sort of thing keeps the objects, and how sure that makes one. Goes by
//! names and counts that Node and common practice give things; computes no size.

use super::super::columns::Snapshot;
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::keys::{REACTION, TASK};
use super::routes::{RouteIndex, Routes, Ways};
use super::signature::is_module;
use super::slots::Slot;

/// What keeps the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Closures that hold each other through contexts they share.
    ClosureChain,
    /// Objects that hold each other: a list or a tree.
    Chain,
    /// Listeners of one event of an emitter, or a list of callbacks.
    Listeners,
    /// Timers that were not cleared.
    Timers,
    /// What a promise that does not settle is to call.
    PromiseReactions,
    /// What waits in the queue of microtasks.
    Microtasks,
    /// What a FinalizationRegistry holds for the objects registered with it.
    FinalizationRegistry,
    /// Modules that were loaded again.
    Modules,
    /// A Map.
    Map,
    /// A Set.
    Set,
    /// An array.
    Array,
    /// An object used as a dictionary.
    Dictionary,
    /// Small strings cut from large ones, which they keep.
    Slices,
    /// What is open: sockets and such, or what an addon holds.
    Handles,
    /// A single large object.
    Single,
}

/// How sure one can be that a group of objects is a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It keeps much; a cache or the program's own data would, too.
    Possible,
    /// Hardly anybody means to, but some do.
    Likely,
    /// Nobody makes so many of these on purpose.
    Probable,
}

/// Names of lists that are meant to stay short: each entry is called on every
/// event, so thousands are a mistake even where they fit.
const CALLBACK_LISTS: [&str; 9] = [
    "listener", "handler", "callback", "subscri", "observer", "watcher", "hook", "_events",
    "kevents",
];

/// What EventTarget makes of each listener; they hold each other.
const EVENT_TARGET_LISTENER: &str = "Listener";

/// What keeps the objects of a slot, and how sure that makes one.
pub(super) fn kind_of(
    ways: &Ways<'_>,
    snapshot: &Snapshot,
    slot: &Slot,
    main: RouteIndex,
) -> (Kind, Certainty) {
    let kind = sort_of(ways, snapshot, slot, main);
    let certainty = match kind {
        Kind::ClosureChain | Kind::Listeners | Kind::Timers | Kind::PromiseReactions => {
            Certainty::Probable
        }
        Kind::Modules | Kind::Slices | Kind::Microtasks => Certainty::Likely,
        _ => Certainty::Possible,
    };
    (kind, certainty)
}

fn sort_of(ways: &Ways<'_>, snapshot: &Snapshot, slot: &Slot, main: RouteIndex) -> Kind {
    let routes = &ways.routes;
    let class = routes.keys.text(routes.get(main).class);
    if slot.is_chain {
        return match class {
            "Timeout" | "Immediate" => Kind::Timers,
            EVENT_TARGET_LISTENER => Kind::Listeners,
            _ if is_closure_chain(ways, main) => Kind::ClosureChain,
            _ => Kind::Chain,
        };
    }
    if slot.edge == REACTION {
        return Kind::PromiseReactions;
    }
    if slot.edge == TASK {
        return Kind::Microtasks;
    }
    if is_module(class) || is_module_cache(snapshot, slot.holder) {
        return Kind::Modules;
    }
    if is_callback_list(routes, slot.parent) {
        return Kind::Listeners;
    }
    if snapshot.node_type(slot.holder) == NodeType::Synthetic {
        return Kind::Handles;
    }
    if snapshot.node_type(slot.example) == NodeType::SlicedString {
        return Kind::Slices;
    }
    match class_of_holder(snapshot, slot.holder) {
        Some(kind) => kind,
        None => Kind::Dictionary,
    }
}

/// Steps before the slot whose names count: `emitter._events.data[x]` and
/// `registry.listeners → Map → Array[x]`.
const NEAR: usize = 3;

/// Whether what is at the end of the route is named as a list of callbacks.
pub(super) fn is_callback_list(routes: &Routes<'_>, route: RouteIndex) -> bool {
    let line = routes.line(route);
    for &index in line.iter().rev().take(NEAR) {
        let text = routes.keys.text(routes.get(index).edge).to_lowercase();
        if CALLBACK_LISTS.iter().any(|name| text.contains(name)) {
            return true;
        }
        // A variable of a listener is no listener.
        if text.starts_with("context.") {
            return false;
        }
    }
    false
}

/// Whether, in each turn, a function's variables lead on to the next.
fn is_closure_chain(ways: &Ways<'_>, main: RouteIndex) -> bool {
    let routes = &ways.routes;
    let period = routes.get(main).period.unwrap_or(1);
    let mut at = main;
    for _ in 0..period {
        let route = routes.get(at);
        if routes.keys.text(route.edge).starts_with("context.") {
            return true;
        }
        at = route.parent;
    }
    false
}

/// Whether the object is a Map, a Set, an array, a FinalizationRegistry: what is there
/// to hold others.
pub(super) fn is_collection(snapshot: &Snapshot, node: NodeOrdinal) -> bool {
    class_of_holder(snapshot, node).is_some()
}

/// Whether it is the Map in which Node has all ES modules that were imported.
pub(super) fn is_module_cache(snapshot: &Snapshot, node: NodeOrdinal) -> bool {
    snapshot.node_type(node) == NodeType::Object
        && MODULE_CACHES.contains(&snapshot.name(node).as_ref())
}

/// Its class, in one version of Node or another.
const MODULE_CACHES: [&str; 2] = ["LoadCache", "ModuleMap"];

fn class_of_holder(snapshot: &Snapshot, holder: NodeOrdinal) -> Option<Kind> {
    if snapshot.node_type(holder) != NodeType::Object {
        return None;
    }
    match snapshot.name(holder).as_ref() {
        "Array" => return Some(Kind::Array),
        "FinalizationRegistry" => return Some(Kind::FinalizationRegistry),
        _ => {}
    }
    let has_table = snapshot.edges(holder).any(|edge| {
        edge.edge_type == EdgeType::Internal
            && snapshot
                .strings()
                .is(StringIndex(edge.name_or_index), "table")
    });
    if !has_table {
        return None;
    }
    Some(if snapshot.name(holder).contains("Set") {
        Kind::Set
    } else {
        Kind::Map
    })
}
