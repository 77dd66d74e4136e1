//! Names in the engine's table of strings, each once: labels and keys by where they come from,
//! texts by their hash.

use std::hash::{DefaultHasher, Hasher};

use memwatch_snapshot::{SnapshotBuilder, StringIndex};
use rustc_hash::FxHashMap;

use crate::layout::Kind;
use crate::objects::Name;
use crate::space::Heap;

/// Units of the description of a symbol.
const LONGEST_SYMBOL: usize = 200;
/// Of a symbol: its flags, in bytes from the start.
const SYMBOL_FLAGS: u64 = 12;
/// Units of a key.
const LONGEST_KEY: usize = 1024;

/// Where each name is in the table.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By a hash of 64 bits. Two texts of one hash would become one name; with some ten million
    /// texts the chance is one in 300,000.
    texts: FxHashMap<u64, StringIndex>,
    labels: FxHashMap<*const str, StringIndex>,
    keys: FxHashMap<u64, StringIndex>,
    functions: FxHashMap<u64, StringIndex>,
}

impl Names {
    /// A text.
    pub(super) fn text(&mut self, builder: &mut SnapshotBuilder, text: &str) -> StringIndex {
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        let hash = hasher.finish();
        *self
            .texts
            .entry(hash)
            .or_insert_with(|| builder.new_string(text))
    }

    /// The name of a named edge.
    pub(super) fn edge(
        &mut self,
        builder: &mut SnapshotBuilder,
        heap: &Heap<'_>,
        name: Name,
    ) -> StringIndex {
        match name {
            Name::Index(index) => builder.number(index),
            Name::Label(label) => match self.labels.get(&std::ptr::from_ref(label)) {
                Some(&known) => known,
                None => {
                    let index = self.text(builder, label);
                    self.labels.insert(std::ptr::from_ref(label), index);
                    index
                }
            },
            Name::Key(key) => match self.keys.get(&key) {
                Some(&known) => known,
                None => {
                    let index = self.text(builder, &key_text(heap, key));
                    self.keys.insert(key, index);
                    index
                }
            },
            Name::Getter(key) => self.text(builder, &accessor_text(heap, "get", key)),
            Name::Setter(key) => self.text(builder, &accessor_text(heap, "set", key)),
        }
    }

    /// The name of a function, found once for all closures of it.
    pub(super) fn function(
        &mut self,
        builder: &mut SnapshotBuilder,
        heap: &Heap<'_>,
        shared: u64,
    ) -> StringIndex {
        if let Some(&known) = self.functions.get(&shared) {
            return known;
        }
        let index = self.text(builder, &heap.shared_name(shared));
        self.functions.insert(shared, index);
        index
    }
}

/// What a property is called.
fn key_text(heap: &Heap<'_>, key: u64) -> String {
    match heap.kind_of(key) {
        Kind::Symbol => {
            let description = heap.field(key, 16);
            if !heap.is_string(description) {
                return "<symbol>".into();
            }
            let text = heap.text(description, LONGEST_SYMBOL);
            // Of `#name` the symbol is V8's own affair.
            let flags = heap.half(key, SYMBOL_FLAGS);
            if heap.layout.generation().is_private_name(flags) {
                return text;
            }
            format!("<symbol {text}>")
        }
        _ => heap.text(key, LONGEST_KEY),
    }
}

/// What the function that gets or sets a property is called; of a symbol only its own name is.
fn accessor_text(heap: &Heap<'_>, verb: &str, key: u64) -> String {
    let text = key_text(heap, key);
    match heap.kind_of(key) {
        Kind::Symbol => text,
        _ => format!("{verb} {text}"),
    }
}
