//! Names of classes and of edges as they stay the same from run to run: numbers
//! become `[x]`, contexts and storage have no name of their own. Each distinct
//! text gets a number and a hash. Follows no edge.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::columns::{Edge, Snapshot};
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::modules::Modules;
use super::sources::module_file;
use super::tags::untagged;
use super::words::{Follow, Words};

/// A text, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(pub u32);

/// Any one of many: an element, an entry, a numbered property.
pub(super) const ANY: Key = Key(0);
/// A reaction of a promise: what it calls when it settles.
pub(super) const REACTION: Key = Key(1);
/// The name of a property, which is a string like any other.
pub(super) const NAME: Key = Key(2);
/// A variable of a function that waits, which V8 has no name of.
pub(super) const LOCAL: Key = Key(3);
/// What is to run in the queue of microtasks.
pub(super) const TASK: Key = Key(4);
/// An argument that a function was bound to.
pub(super) const BOUND: Key = Key(5);
/// Reserved texts, by key.
const RESERVED: [&str; 6] = [
    "[x]",
    "(reaction)",
    "(name)",
    "(local)",
    "(microtask)",
    "(bound)",
];

/// FNV-1a, 64 bits: short, the same everywhere, and not meant to withstand an
/// adversary. See draft-eastlake-fnv.
pub(super) fn fnv1a(seed: u64, text: &str) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    text.bytes().fold(seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

/// Where FNV-1a starts.
pub(super) const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// The texts of one snapshot.
pub(super) struct Keys<'a> {
    snapshot: &'a Snapshot,
    modules: Arc<Modules>,
    texts: Vec<String>,
    hashes: Vec<u64>,
    by_text: FxHashMap<String, Key>,
    /// By kind of name and string index.
    known: FxHashMap<(Kind, u32), Key>,
    /// Of each kind, the name that was asked for last: neighbours are mostly alike.
    last: [(u32, Key); KINDS],
    /// The string that is the name of Node's modules.
    module_name: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Class,
    Function,
    Type,
    Property,
    Variable,
    Internal,
}

const KINDS: usize = Kind::Internal as usize + 1;

/// The name of nothing.
const NO_NAME: u32 = u32::MAX;

impl<'a> Keys<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, modules: Arc<Modules>) -> Self {
        let mut keys = Self {
            snapshot,
            modules,
            texts: Vec::new(),
            hashes: Vec::new(),
            by_text: FxHashMap::default(),
            known: FxHashMap::default(),
            last: [(NO_NAME, ANY); KINDS],
            module_name: snapshot.strings().find("Module").map(|name| name.0),
        };
        for text in RESERVED {
            keys.intern(text.to_owned());
        }
        keys
    }

    pub(super) fn text(&self, key: Key) -> &str {
        &self.texts[key.0 as usize]
    }

    pub(super) fn hash(&self, key: Key) -> u64 {
        self.hashes[key.0 as usize]
    }

    fn intern(&mut self, text: String) -> Key {
        if let Some(&key) = self.by_text.get(&text) {
            return key;
        }
        let key = Key(self.texts.len() as u32);
        self.hashes.push(fnv1a(FNV_OFFSET, &text));
        self.texts.push(text.clone());
        self.by_text.insert(text, key);
        key
    }

    #[inline]
    fn named(&mut self, kind: Kind, name: u32) -> Key {
        let last = self.last[kind as usize];
        if last.0 == name && name != NO_NAME {
            return last.1;
        }
        let key = self.look_up(kind, name);
        self.last[kind as usize] = (name, key);
        key
    }

    fn look_up(&mut self, kind: Kind, name: u32) -> Key {
        if let Some(&key) = self.known.get(&(kind, name)) {
            return key;
        }
        let text = self.snapshot.strings().get(StringIndex(name));
        let text = match kind {
            Kind::Class => untagged(&text).to_owned(),
            Kind::Function => format!("{}()", generalised(&text)),
            Kind::Type => format!("({text})"),
            // What Node has called `exports` of a module that is loaded.
            Kind::Property if text == "<symbol node:module_export>" => ".exports".to_owned(),
            Kind::Property => {
                let general = generalised(&text);
                if general == "[x]" {
                    general
                } else {
                    format!(".{general}")
                }
            }
            Kind::Variable => format!("context.{}", generalised(&text)),
            Kind::Internal => format!("({})", generalised(&text)),
        };
        let key = self.intern(text);
        self.known.insert((kind, name), key);
        key
    }

    /// What the node is: its constructor, its name if it is a function, else its
    /// type.
    pub(super) fn class(&mut self, node: NodeOrdinal) -> Key {
        let name = self.snapshot.name_index(node).0;
        if self.module_name == Some(name)
            && self.snapshot.node_type(node) == NodeType::Object
            && let Some(file) = module_file(self.snapshot, node)
        {
            return self.intern(format!("Module {file}"));
        }
        match self.snapshot.node_type(node) {
            NodeType::Hidden | NodeType::Native if self.modules.is_module(node) => {
                let file = self.modules.file(node).unwrap_or("(unknown)");
                let text = format!("Module {file}");
                self.intern(text)
            }
            NodeType::Closure => self.named(Kind::Function, name),
            NodeType::Object | NodeType::Native | NodeType::Synthetic | NodeType::Hidden => {
                self.named(Kind::Class, name)
            }
            other => self.of_type(node, other),
        }
    }

    fn of_type(&mut self, node: NodeOrdinal, kind: NodeType) -> Key {
        let number = kind as u32;
        if let Some(&key) = self.known.get(&(Kind::Type, number)) {
            return key;
        }
        let text = match kind {
            // How a string is put together says nothing of what keeps it.
            NodeType::ConsString | NodeType::SlicedString => "(string)".to_owned(),
            NodeType::RegExp => "RegExp".to_owned(),
            NodeType::Other => format!("({})", self.snapshot.node_type_name(node)),
            _ => format!("({})", kind.name()),
        };
        let key = self.intern(text);
        self.known.insert((Kind::Type, number), key);
        key
    }

    /// What the edge is, to someone who looks at the object that owns `from`.
    pub(super) fn edge(&mut self, words: &mut Words<'_>, from: NodeOrdinal, edge: &Edge) -> Key {
        match edge.edge_type {
            EdgeType::Element => ANY,
            EdgeType::Property => self.named(Kind::Property, edge.name_or_index),
            EdgeType::Context => self.named(Kind::Variable, edge.name_or_index),
            _ if words.is_entry(edge) => ANY,
            EdgeType::Internal if words.export(from).is_some() => match words.export(from) {
                Some(name) => self.named(Kind::Variable, name.0),
                None => ANY,
            },
            _ if words.is_context(from) => self.intern("(internal)".to_owned()),
            _ if words.is_storage(from) && words.follow(from, edge) == Follow::Written => {
                if words.is_reaction(from) {
                    REACTION
                } else if words.is_task(from) {
                    TASK
                } else {
                    ANY
                }
            }
            EdgeType::Hidden => self.intern("(internal)".to_owned()),
            _ => self.named(Kind::Internal, edge.name_or_index),
        }
    }

    /// Whether one node may have many by such an edge.
    pub(super) fn is_one_of_many(edge: Key) -> bool {
        matches!(edge, ANY | REACTION | TASK)
    }

    /// Whether nodes of the class are values (strings, numbers) or functions
    /// without a name: what says least about who made them.
    pub(super) fn is_value(&self, class: Key) -> bool {
        self.text(class).starts_with('(')
    }

    /// A text of one's own.
    pub(super) fn own(&mut self, text: &str) -> Key {
        self.intern(text.to_owned())
    }
}

/// The text with every run of digits replaced by `[x]`.
pub(super) fn generalised(text: &str) -> String {
    let mut general = String::with_capacity(text.len());
    let mut in_digits = false;
    for c in text.chars() {
        if !c.is_ascii_digit() {
            general.push(c);
        } else if !in_digits {
            general.push_str("[x]");
        }
        in_digits = c.is_ascii_digit();
    }
    general
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_generalised_wherever_they_stand() {
        assert_eq!(generalised("user-17@host9"), "user-[x]@host[x]");
        assert_eq!(generalised("42"), "[x]");
        assert_eq!(generalised("plain"), "plain");
    }

    #[test]
    fn the_hash_is_fnv_1a_of_64_bits() {
        // The test vectors of the draft.
        assert_eq!(fnv1a(FNV_OFFSET, ""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(FNV_OFFSET, "a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(FNV_OFFSET, "foobar"), 0x8594_4171_f739_67e8);
    }
}
