//! What the names in a snapshot mean to a path: which nodes are mere storage of
//! the object before them, and which edges a programmer could have written.
//! Looks at a string once, when it is first met. Follows no edge.

use std::sync::Arc;

use super::super::columns::{Edge, Snapshot};
use super::super::graph::KnownNames;
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::modules::{Modules, SOURCE_MODULE, SYNTHETIC_MODULE};

/// How readily a path goes over an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Follow {
    /// What a program can write: a property, an element, a variable, an entry
    /// of a Map; and the way from an object to its own storage.
    Written,
    /// V8's own: hidden classes, code, feedback. Only if there is no other way.
    Internal,
    /// Keeps nothing alive, or says the same as another edge.
    Never,
}

/// What storage has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// Elements, entries, properties.
    Entries,
    /// The variables of a function that waits.
    Locals,
    /// The arguments that a function was bound to.
    BoundArguments,
}

/// What a string means as the name of a node or of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Word {
    Unknown,
    Other,
    /// Internal edges from an object to its storage, and from storage on.
    Storage,
    /// Properties that only lead back: `__proto__`, the other way of a list.
    Backwards,
    Context,
    Reaction,
    /// Other hidden nodes that stand between an object and what it holds.
    Cell,
    /// The cell that has what a module exports, and cells like it.
    ExportCell,
    /// An ES module.
    Module,
    /// What a FinalizationRegistry has of each registered object. The cells of one
    /// registry are a list.
    WeakCell,
    Registry,
    /// What is to run in the queue of microtasks.
    Task,
    /// A Proxy, which has its target and its handler.
    Proxy,
    /// A function that waits, in an `await`. One that waits in a `yield` has a name of its own.
    Generator,
    /// The edge from a function that waits to its variables, which are in an array.
    Locals,
    /// The edge from a bound function to the arguments that it was bound to.
    BoundArguments,
    /// Groups of roots that hold what programs and native code hold; the others
    /// hold what V8 made for itself.
    Roots,
}

/// Internal edges that lead to what the object itself holds.
const STORAGE: [&str; 19] = [
    "context",
    "previous",
    "table",
    "elements",
    "properties",
    "reactions_or_result",
    "bound_function",
    "bound_this",
    "buffer",
    "backing_store",
    "first",
    "second",
    "parent",
    "value",
    "getter",
    "setter",
    "global_object",
    "global_proxy_object",
    "native_to_javascript",
];

/// Groups of roots behind which there may be a leak of the program's.
const ROOTS: [&str; 11] = [
    "(GC roots)",
    "(Stack roots)",
    "(Handle scope)",
    "(Global handles)",
    "(Traced handles)",
    "(Eternal handles)",
    "(Micro tasks)",
    "(Client heap)",
    "C++ roots",
    "C++ Persistent roots",
    "Node / Environment",
];

/// The words of one snapshot, learnt as they are met.
pub(super) struct Words<'a> {
    snapshot: &'a Snapshot,
    names: &'a KnownNames,
    modules: Arc<Modules>,
    known: Vec<Word>,
}

impl<'a> Words<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        names: &'a KnownNames,
        modules: Arc<Modules>,
    ) -> Self {
        Self {
            snapshot,
            names,
            modules,
            known: vec![Word::Unknown; snapshot.strings().text_count()],
        }
    }

    fn word(&mut self, name: u32) -> Word {
        // A number means nothing.
        let Some(&known) = self.known.get(name as usize) else {
            return Word::Other;
        };
        if known != Word::Unknown {
            return known;
        }
        let word = match &*self.snapshot.strings().raw(StringIndex(name)) {
            b"__proto__" | b"_idlePrev" => Word::Backwards,
            b"system / Context" => Word::Context,
            b"system / PromiseReaction" => Word::Reaction,
            b"system / CallableTask"
            | b"system / CallbackTask"
            | b"system / PromiseFulfillReactionJobTask"
            | b"system / PromiseRejectReactionJobTask"
            | b"system / PromiseReactionJobTask"
            | b"system / PromiseResolveThenableJobTask" => Word::Task,
            b"system / WeakCell" => Word::WeakCell,
            b"FinalizationRegistry" => Word::Registry,
            b"system / JSProxy" => Word::Proxy,
            b"system / PropertyArray" | b"system / PropertyCell" | b"system / AccessorPair" => {
                Word::Cell
            }
            b"system / Cell" => Word::ExportCell,
            b"Generator" => Word::Generator,
            b"parameters_and_registers" => Word::Locals,
            b"bindings" => Word::BoundArguments,
            raw if raw == SOURCE_MODULE.as_bytes() || raw == SYNTHETIC_MODULE.as_bytes() => {
                Word::Module
            }
            raw if ROOTS.iter().any(|text| text.as_bytes() == raw) => Word::Roots,
            raw if STORAGE.iter().any(|text| text.as_bytes() == raw) => Word::Storage,
            _ => Word::Other,
        };
        self.known[name as usize] = word;
        word
    }

    /// Whether the node is a scope: the variables of a function.
    pub(super) fn is_context(&mut self, node: NodeOrdinal) -> bool {
        matches!(
            self.snapshot.node_type(node),
            NodeType::Object | NodeType::Hidden | NodeType::Native
        ) && self.word(self.snapshot.name_index(node).0) == Word::Context
    }

    /// Whether the node is what a promise calls when it settles.
    pub(super) fn is_reaction(&mut self, node: NodeOrdinal) -> bool {
        self.is_hidden(node, Word::Reaction)
    }

    /// Whether the node is what is to run in the queue of microtasks.
    pub(super) fn is_task(&mut self, node: NodeOrdinal) -> bool {
        self.is_hidden(node, Word::Task)
    }

    fn is_hidden(&mut self, node: NodeOrdinal, word: Word) -> bool {
        // V8 calls its own objects native where it was asked to expose them.
        matches!(
            self.snapshot.node_type(node),
            NodeType::Hidden | NodeType::Native
        ) && self.word(self.snapshot.name_index(node).0) == word
    }

    /// Whether the node is a FinalizationRegistry.
    pub(super) fn is_registry(&mut self, node: NodeOrdinal) -> bool {
        self.snapshot.node_type(node) == NodeType::Object
            && self.word(self.snapshot.name_index(node).0) == Word::Registry
    }

    /// Whether the node is a part of the object that refers to it rather than
    /// something a program could name.
    pub(super) fn is_storage(&mut self, node: NodeOrdinal) -> bool {
        match self.snapshot.node_type(node) {
            NodeType::Array => true,
            NodeType::Hidden | NodeType::Native => matches!(
                self.word(self.snapshot.name_index(node).0),
                Word::Context
                    | Word::Reaction
                    | Word::Cell
                    | Word::ExportCell
                    | Word::WeakCell
                    | Word::Task
            ),
            NodeType::Object => self.word(self.snapshot.name_index(node).0) == Word::Context,
            _ => false,
        }
    }

    /// Whether the node is a part of what refers to it: storage, a piece of a string
    /// that was put together, the code of a module.
    pub(super) fn is_part(&mut self, from: NodeOrdinal, node: NodeOrdinal) -> bool {
        self.snapshot.node_type(from) == NodeType::ConsString
            || self.is_storage(node)
            || self.is_module(from) && self.modules.is_own(node)
    }

    /// What is known of the ES modules.
    pub(super) fn modules(&self) -> &Modules {
        &self.modules
    }

    /// Whether the node is an ES module.
    pub(super) fn is_module(&mut self, node: NodeOrdinal) -> bool {
        self.is_hidden(node, Word::Module)
    }

    /// What is in the storage to which the edge leads.
    pub(super) fn contents(&mut self, edge: &Edge) -> Contents {
        if edge.edge_type != EdgeType::Internal {
            return Contents::Entries;
        }
        match self.word(edge.name_or_index) {
            Word::Locals => Contents::Locals,
            Word::BoundArguments => Contents::BoundArguments,
            _ => Contents::Entries,
        }
    }

    /// Whether the node is a function that waits in an `await`.
    fn is_generator(&mut self, node: NodeOrdinal) -> bool {
        self.snapshot.node_type(node) == NodeType::Object
            && self.word(self.snapshot.name_index(node).0) == Word::Generator
    }

    /// The name under which a module exports what is in the cell.
    pub(super) fn export(&mut self, cell: NodeOrdinal) -> Option<StringIndex> {
        let is_cell = self.is_hidden(cell, Word::ExportCell);
        is_cell.then(|| self.modules.export(cell)).flatten()
    }

    /// How readily a path goes over the edge.
    pub(super) fn follow(&mut self, from: NodeOrdinal, edge: &Edge) -> Follow {
        match edge.edge_type {
            EdgeType::Weak => Follow::Never,
            _ if self.snapshot.node_type(from) == NodeType::Synthetic
                && from != self.snapshot.root() =>
            {
                match self.word(self.snapshot.name_index(from).0) {
                    // Some versions of V8 have the queue of microtasks among their own roots.
                    _ if self.is_task(edge.to) => Follow::Written,
                    Word::Roots => Follow::Written,
                    _ => Follow::Internal,
                }
            }
            EdgeType::Shortcut if from != self.snapshot.root() => Follow::Never,
            EdgeType::Shortcut | EdgeType::Element | EdgeType::Context => Follow::Written,
            EdgeType::Property if self.word(edge.name_or_index) == Word::Backwards => {
                Follow::Internal
            }
            EdgeType::Property => Follow::Written,
            EdgeType::Hidden | EdgeType::Internal | EdgeType::Other => self.internal(from, edge),
        }
    }

    fn internal(&mut self, from: NodeOrdinal, edge: &Edge) -> Follow {
        if edge.edge_type == EdgeType::Internal {
            if let Some(entry) = self.names.entry(edge.name_or_index) {
                // The edge from the key stands for the entry of a WeakMap.
                let is_table = self.snapshot.id(from).0 == entry.table;
                return if is_table {
                    Follow::Never
                } else {
                    Follow::Written
                };
            }
            let word = self.word(edge.name_or_index);
            if matches!(word, Word::Storage | Word::Locals | Word::BoundArguments) {
                return Follow::Written;
            }
        }
        if self.is_module(from) {
            // Not to what it imports: that is another module's.
            return match self.modules.is_own(edge.to) {
                true => Follow::Written,
                false => Follow::Internal,
            };
        }
        if self.snapshot.node_type(from) == NodeType::Object
            && (self.is_module(edge.to) || self.is_hidden(edge.to, Word::WeakCell))
        {
            return Follow::Written;
        }
        if self.is_hidden(from, Word::WeakCell) && self.is_registry(edge.to) {
            return Follow::Internal;
        }
        // Of an `await`, the function that waits; of the functions that settle a promise,
        // the promise.
        if self.is_context(from) {
            let is_value = edge.edge_type == EdgeType::Hidden || self.is_generator(edge.to);
            return match is_value {
                true => Follow::Written,
                false => Follow::Internal,
            };
        }
        let has_values = self.is_storage(from) || self.is_hidden(from, Word::Proxy);
        if has_values && self.leads_on(edge) {
            return Follow::Written;
        }
        Follow::Internal
    }

    /// Whether the edge stands for an entry of a WeakMap.
    pub(super) fn is_entry(&self, edge: &Edge) -> bool {
        edge.edge_type == EdgeType::Internal && self.names.entry(edge.name_or_index).is_some()
    }

    /// From storage, numbered edges lead to what is stored; named ones such as
    /// `map` are V8's own.
    fn leads_on(&self, edge: &Edge) -> bool {
        edge.edge_type == EdgeType::Hidden
            || edge.edge_type == EdgeType::Internal && {
                let (strings, name) = (self.snapshot.strings(), StringIndex(edge.name_or_index));
                strings.number(name).is_some() || strings.raw(name).iter().all(u8::is_ascii_digit)
            }
    }
}
