//! A way from a root, as a JavaScript programmer would write the access:
//! `globalThis.__app.registry.listeners → Map → Array[x]`. Storage disappears
//! into its owner, variables read `context.name`, functions `name()`, and turns
//! that repeat are folded with their count. Decides on words only; which way to
//! tell is the tree's matter.

use super::super::columns::Snapshot;
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::names::{class, cut, function, member, token};
use super::parts::{AccessPath, Parts, finish};
use super::sources::module_file;
use super::tags::untagged;
use super::tree::{PathTree, Step};
use super::words::{Contents, Words};

/// How one object refers to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Property(u32),
    Variable(u32),
    Element,
    Entry,
    WeakEntry,
    Reaction,
    /// A variable of a function that waits, which V8 has no name of.
    Local,
    /// An argument that a function was bound to.
    BoundArgument,
    Task,
    /// The string that a slice is a part of.
    Whole,
    Internal,
}

/// An object on the way and how the one before refers to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hop {
    pub access: Access,
    pub node: NodeOrdinal,
    /// What has the edge: the object before, or a part of it.
    pub from: NodeOrdinal,
}

/// Writes ways of one snapshot.
pub(super) struct Writer<'a, 'w> {
    pub snapshot: &'a Snapshot,
    pub words: &'w mut Words<'a>,
}

/// What is written of the last object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// How it is reached, and what it is.
    Object,
    /// How it is reached, as one of many: what is there has its own name where
    /// this is shown.
    Slot,
    /// It is a link of a chain: where a turn ends.
    Chain,
}

impl Writer<'_, '_> {
    /// The way to a node, by the tree.
    pub(super) fn path(&mut self, tree: &PathTree, node: NodeOrdinal, end: End) -> AccessPath {
        let way = tree.way(self.snapshot, node);
        self.write(&way, end)
    }

    /// A way, given by its steps from the root.
    pub(super) fn write(&mut self, way: &[Step], end: End) -> AccessPath {
        let mut hops = self.hops(way);
        // What is told of is not where the telling starts.
        let may_start = match end {
            End::Slot => hops.len().saturating_sub(1),
            End::Object | End::Chain => hops.len(),
        };
        let start = self.start(&hops[..may_start]);
        hops.drain(..start);
        let mut parts = Parts::default();
        for at in 0..hops.len() {
            let before = at.checked_sub(1).map(|before| hops[before]);
            let next = hops.get(at + 1).copied();
            let is_slot = end == End::Slot && next.is_none() && before.is_some();
            self.part(&mut parts, before, hops[at], next, is_slot);
        }
        finish(self.snapshot, parts, end == End::Chain)
    }

    /// The way to a timer, and what it calls.
    pub(super) fn path_of_timer(&mut self, tree: &PathTree, timer: NodeOrdinal) -> AccessPath {
        let mut way = tree.way(self.snapshot, timer);
        let callback = self.snapshot.edges(timer).find(|edge| {
            let strings = self.snapshot.strings();
            edge.edge_type == EdgeType::Property
                && is_timer_callback(&strings.get(StringIndex(edge.name_or_index)))
        });
        way.extend(callback.map(|edge| Step {
            from: timer,
            edge: edge.ordinal,
        }));
        self.write(&way, End::Object)
    }

    /// The objects on the way, storage left out.
    #[inline(never)]
    pub(super) fn hops(&mut self, way: &[Step]) -> Vec<Hop> {
        let mut hops: Vec<Hop> = Vec::with_capacity(way.len());
        // Of the storage that the way is in.
        let mut contents = Contents::Entries;
        for step in way {
            let edge = self.snapshot.edge(step.edge);
            if step.from != self.snapshot.root() && self.words.is_part(step.from, edge.to) {
                contents = self.words.contents(&edge);
                continue;
            }
            let access = match edge.edge_type {
                EdgeType::Property => Access::Property(edge.name_or_index),
                EdgeType::Context => Access::Variable(edge.name_or_index),
                _ if self.snapshot.node_type(step.from) == NodeType::Synthetic => Access::Internal,
                EdgeType::Element => Access::Element,
                _ if self.words.is_entry(&edge) => Access::WeakEntry,
                _ if self.words.is_reaction(step.from) => Access::Reaction,
                _ if self.words.is_task(step.from) => Access::Task,
                _ if self.words.is_context(step.from) => Access::Internal,
                EdgeType::Internal if self.words.export(step.from).is_some() => {
                    match self.words.export(step.from) {
                        Some(name) => Access::Variable(name.0),
                        None => Access::Internal,
                    }
                }
                _ if self.words.is_storage(step.from) => self.stored(contents, &hops),
                _ => Access::Internal,
            };
            hops.push(Hop {
                access,
                node: edge.to,
                from: step.from,
            });
        }
        hops
    }

    /// What a numbered edge from storage means, by whose storage it is.
    fn stored(&mut self, contents: Contents, hops: &[Hop]) -> Access {
        match hops.last() {
            _ if contents == Contents::Locals => Access::Local,
            _ if contents == Contents::BoundArguments => Access::BoundArgument,
            Some(owner) if self.words.is_module(owner.node) => Access::Local,
            Some(owner) if !self.is_collection(owner.node) => Access::Element,
            _ => Access::Entry,
        }
    }

    fn is_collection(&self, node: NodeOrdinal) -> bool {
        matches!(
            class(self.snapshot, node).as_str(),
            "Map" | "Set" | "WeakMap" | "WeakSet" | "FinalizationRegistry"
        ) || self.has_table(node)
    }

    /// Whether it is a Map or a Set of whatever class.
    fn has_table(&self, node: NodeOrdinal) -> bool {
        self.snapshot.edges(node).any(|edge| {
            edge.edge_type == EdgeType::Internal
                && self
                    .snapshot
                    .strings()
                    .is(StringIndex(edge.name_or_index), "table")
        })
    }

    /// Where the telling starts: at the last object that needs no telling.
    #[inline(never)]
    pub(super) fn start(&mut self, hops: &[Hop]) -> usize {
        (0..hops.len())
            .rev()
            .find(|&at| self.is_start(hops, at))
            .unwrap_or(0)
    }

    fn is_start(&mut self, hops: &[Hop], at: usize) -> bool {
        let node = hops[at].node;
        if self.words.is_module(node) {
            return true;
        }
        if self.snapshot.node_type(node) != NodeType::Object {
            return self.snapshot.node_type(node) == NodeType::Synthetic;
        }
        let name = self.snapshot.name(node);
        match untagged(&name) {
            "Module" => module_file(self.snapshot, node).is_some(),
            "process" => true,
            // Node's lists of timers lead to the first of each list.
            "Timeout" | "Immediate" => at > 0 && self.is_timer_list(hops[at - 1].node),
            "Server" => at > 0 && hops[at].access == Access::Internal,
            name => self.is_global(name),
        }
    }

    pub(super) fn is_global(&self, name: &str) -> bool {
        name == "global" || name == "global (global*)" || name == "global (global)"
    }

    pub(super) fn is_timer_list(&self, node: NodeOrdinal) -> bool {
        matches!(
            self.snapshot.name(node).as_ref(),
            "TimersList" | "ImmediateList"
        )
    }

    #[inline(never)]
    pub(super) fn start_text(&self, node: NodeOrdinal) -> String {
        if let Some(name) = self.words.modules().short_name(node) {
            return format!("module {name}");
        }
        let name = self.snapshot.name(node);
        match untagged(&name) {
            "Module" => match module_file(self.snapshot, node) {
                Some(file) => format!("require.cache['{file}']"),
                None => name.into_owned(),
            },
            "(Stack roots)" | "(Handle scope)" => "(local variable)".to_owned(),
            "(Global handles)" | "(Traced handles)" | "(Eternal handles)" => {
                "(native handle)".to_owned()
            }
            text if self.is_global(text) => "globalThis".to_owned(),
            _ => class(self.snapshot, node),
        }
    }

    fn part(
        &mut self,
        parts: &mut Parts,
        before: Option<Hop>,
        hop: Hop,
        next: Option<Hop>,
        is_slot: bool,
    ) {
        let node = hop.node;
        let Some(before) = before else {
            parts.arrow(self.start_text(node), node);
            return;
        };
        let is_function = self.snapshot.node_type(node) == NodeType::Closure;
        match hop.access {
            Access::Property(name) => {
                let name = self.snapshot.strings().get(StringIndex(name));
                if is_slot {
                    parts.direct("[x]".to_owned(), node);
                } else if name == "_idleNext" {
                    // Node's lists of timers.
                    parts.arrow(class(self.snapshot, node), node);
                } else if is_function {
                    let is_static =
                        matches!(next, Some(next) if matches!(next.access, Access::Property(_)));
                    self.called(parts, before, node, &name, is_static);
                } else {
                    parts.direct(member(&name), node);
                }
            }
            Access::Variable(name) => {
                let name = self.snapshot.strings().get(StringIndex(name));
                // Of a module, its variables are what it is known by.
                let is_own = self.words.is_module(before.node);
                let scope = if is_own { "" } else { "context." };
                parts.arrow(format!("{scope}{}", cut(&name)), node);
            }
            Access::Element => parts.direct("[x]".to_owned(), node),
            Access::Entry => {
                if !parts.names_class {
                    parts.arrow(class(self.snapshot, before.node), before.node);
                }
                if !is_slot {
                    parts.class(token(self.snapshot, node), node);
                }
            }
            Access::WeakEntry => {
                parts.arrow("WeakMap".to_owned(), before.node);
                if !is_slot {
                    parts.class(token(self.snapshot, node), node);
                }
            }
            Access::Reaction => {
                parts.arrow("promise reaction".to_owned(), before.node);
                if !is_slot {
                    parts.class(token(self.snapshot, node), node);
                }
            }
            Access::Task => {
                parts.arrow("microtask".to_owned(), before.node);
                if !is_slot {
                    parts.class(token(self.snapshot, node), node);
                }
            }
            Access::Local => parts.arrow("(local variable)".to_owned(), node),
            Access::BoundArgument => parts.arrow("(bound argument)".to_owned(), node),
            Access::Whole | Access::Internal => {
                if !is_slot {
                    parts.class(token(self.snapshot, node), node);
                }
            }
        }
    }

    /// A function that is a property.
    fn called(
        &self,
        parts: &mut Parts,
        before: Hop,
        node: NodeOrdinal,
        property: &str,
        is_static: bool,
    ) {
        let own = function(self.snapshot, node, property);
        let call = if is_static { "" } else { "()" };
        if is_timer_callback(property) {
            parts.arrow(format!("{own}{call}"), node);
        } else if own != property {
            parts.direct(member(property), node);
            parts.arrow(format!("{own}{call}"), node);
        } else if matches!(before.access, Access::Variable(_)) || parts.names_class {
            // What a variable is says more than how it is called.
            if !parts.names_class {
                parts.arrow(class(self.snapshot, before.node), before.node);
            }
            parts.arrow(format!("{own}{call}"), node);
        } else {
            parts.direct(format!("{}{call}", member(property)), node);
        }
    }
}

/// The properties by which Node's own objects refer to what they call.
pub(super) fn is_timer_callback(name: &str) -> bool {
    matches!(name, "_onTimeout" | "_onImmediate")
}
