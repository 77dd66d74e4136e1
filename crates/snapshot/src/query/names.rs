//! Words of V8's that questions hang on, found in the string table once. A text
//! may be there more than once: V8 does not write it so, others may.

use super::super::columns::{Edge, Snapshot};
use super::super::types::{EdgeType, NodeOrdinal, StringIndex};

/// The string indices of one word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Word(Vec<u32>);

impl Word {
    #[inline]
    pub(crate) fn is(&self, name: u32) -> bool {
        self.0.contains(&name)
    }
}

macro_rules! words {
    ($($field:ident = $text:literal,)+) => {
        /// The words, each by what it means.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Words {
            $(#[doc = concat!("`", $text, "`")] pub $field: Word,)+
        }

        impl Words {
            pub(crate) fn of(snapshot: &Snapshot) -> Self {
                // Most strings are out by their first byte.
                const STARTS: [bool; 256] = {
                    let mut starts = [false; 256];
                    $(starts[concat!($text, "\"").as_bytes()[0] as usize] = true;)+
                    starts
                };
                let mut words = Self::default();
                let strings = snapshot.strings();
                for at in 0..strings.text_count() as u32 {
                    let head = strings.head(StringIndex(at));
                    if !head.first().is_some_and(|&first| STARTS[usize::from(first)]) {
                        continue;
                    }
                    $(if is(head, concat!($text, "\"")) {
                        words.$field.0.push(at);
                    })+
                }
                words
            }
        }
    };
}

/// Whether the string begins so; the quote that ends it is a part of `text`.
#[inline]
fn is(head: &[u8], text: &str) -> bool {
    head.first() == text.as_bytes().first() && head.starts_with(text.as_bytes())
}

words! {
    proto = "__proto__",
    context = "context",
    shared = "shared",
    script = "script",
    script_or_debug_info = "script_or_debug_info",
    previous = "previous",
    table = "table",
    elements = "elements",
    properties = "properties",
    parent = "parent",
    first = "first",
    second = "second",
    value = "value",
    backing_store = "backing_store",
    native_context = "system / NativeContext",
    buffer_data = "system / JSArrayBufferData",
    name = "name",
    map = "map",
    descriptors = "descriptors",
    transition = "transition",
    transitions = "transitions",
    buffer = "buffer",
    oddball = "system / Oddball",
    function = "function",
    registers = "parameters_and_registers",
    scope_info = "scope_info",
    source = "source",
    extension = "extension",
    global_object = "global_object",
    global_proxy = "global_proxy_object",
    empty = "",
}

impl Words {
    /// Where the internal edge of this name leads.
    pub(crate) fn follow(
        snapshot: &Snapshot,
        from: NodeOrdinal,
        word: &Word,
    ) -> Option<NodeOrdinal> {
        let is_it =
            |edge: &Edge| edge.edge_type == EdgeType::Internal && word.is(edge.name_or_index);
        snapshot.edges(from).find(is_it).map(|edge| edge.to)
    }
}
