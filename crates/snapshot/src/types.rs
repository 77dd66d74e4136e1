//! The words of a heap graph: ordinals, ids, node and edge types. Plain data;
//! nothing here reads or computes.

use std::fmt;

/// Place of a node in one snapshot, from 0. Means nothing in another snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeOrdinal(pub u32);

impl NodeOrdinal {
    /// As an index into a column.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeOrdinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// V8's number for an object, the same in every snapshot of one isolate. Odd
/// for objects of the JavaScript heap, even for native ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// Place of an edge in one snapshot, from 0, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeOrdinal(pub u32);

impl EdgeOrdinal {
    /// As an index into a column.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Place of a string in the snapshot's string table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StringIndex(pub u32);

impl StringIndex {
    /// As an index into the table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

macro_rules! types_by_name {
    ($(#[$meta:meta])* $name:ident, $other_doc:literal, $($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            #[doc = $other_doc]
            Other,
        }

        impl $name {
            /// Every type this version knows the name of.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)+];

            /// The type V8 calls `name`; [`Self::Other`] when there is none.
            pub fn from_name(name: &str) -> Self {
                match name {
                    $($text => Self::$variant,)+
                    _ => Self::Other,
                }
            }

            /// V8's name for it; `other` for [`Self::Other`].
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other => "other",
                }
            }
        }
    };
}

types_by_name! {
    /// What a node is. Files number these differently from version to version;
    /// the numbers are translated through the file's own `meta`.
    NodeType,
    "A type this version has no rule for; [`super::Snapshot::node_type_name`] has its name.",
    /// V8's own bookkeeping.
    Hidden = "hidden",
    /// Backing store of elements or properties.
    Array = "array",
    /// A flat string.
    String = "string",
    /// A JavaScript object.
    Object = "object",
    /// Compiled code.
    Code = "code",
    /// A function.
    Closure = "closure",
    /// A regular expression.
    RegExp = "regexp",
    /// A number that does not fit a small integer.
    Number = "number",
    /// Something outside the JavaScript heap.
    Native = "native",
    /// A node that groups others, such as the root.
    Synthetic = "synthetic",
    /// A string made of two others.
    ConsString = "concatenated string",
    /// A string that is a part of another.
    SlicedString = "sliced string",
    /// A symbol.
    Symbol = "symbol",
    /// A big integer.
    BigInt = "bigint",
    /// A hidden class, its descriptors and the like.
    ObjectShape = "object shape",
    /// A WebAssembly object.
    WasmObject = "wasm object",
}

types_by_name! {
    /// What a reference is.
    EdgeType,
    "A type this version has no rule for.",
    /// A variable of a context.
    Context = "context",
    /// An indexed element.
    Element = "element",
    /// A named property.
    Property = "property",
    /// A reference JavaScript cannot see.
    Internal = "internal",
    /// As internal, with a number for a name.
    Hidden = "hidden",
    /// A shortcut past internal nodes; at the root, a global object.
    Shortcut = "shortcut",
    /// A reference that does not keep its target alive.
    Weak = "weak",
}

impl EdgeType {
    /// Whether `name_or_index` of such an edge is a number, not a string.
    pub const fn has_index(self) -> bool {
        matches!(self, Self::Element | Self::Hidden)
    }
}

/// How a node relates to the document or embedder that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Attachment {
    /// Not said.
    Unknown = 0,
    /// Part of a live tree.
    Attached = 1,
    /// Removed from its tree, yet still referred to.
    Detached = 2,
}

impl Attachment {
    /// From the number in the file; what it does not define is unknown.
    pub const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Attached,
            2 => Self::Detached,
            _ => Self::Unknown,
        }
    }
}

/// Where the constructor or function of an object is in its source. Line and
/// column count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// V8's number for the script.
    pub script_id: u32,
    /// From 0.
    pub line: u32,
    /// From 0, in UTF-16 units.
    pub column: u32,
}
