//! What an object is to the reader: instance types with one way to be read share a kind. Plain
//! data; which type has which kind is the table's business.

/// How objects of an instance type are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A type without a rule: never found by the walk.
    Unknown,
    /// Flat strings, of 1 and of 2 bytes a unit.
    OneByteString,
    TwoByteString,
    /// Two strings one after the other.
    ConsString,
    /// A part of another string.
    SlicedString,
    /// Another string took its place.
    ThinString,
    /// Strings whose text lies outside of the heap.
    ExternalOneByte,
    ExternalTwoByte,
    Symbol,
    HeapNumber,
    BigInt,
    /// undefined, null, true, false and the like.
    Oddball,
    /// No value at all; of an own type from V8 12 on.
    Hole,
    Map,
    /// Tagged slots after a length: arrays, hash tables, dictionaries.
    FixedArray,
    DoubleArray,
    ByteArray,
    Bytecode,
    FreeSpace,
    Filler,
    PropertyArray,
    FeedbackMetadata,
    FeedbackVector,
    Descriptors,
    WeakFixedArray,
    WeakArrayList,
    ArrayList,
    ScopeInfo,
    Context,
    Code,
    InstructionStream,
    SharedFunctionInfo,
    Script,
    EmbedderData,
    PreparseData,
    CoverageInfo,
    SloppyArguments,
    Boilerplate,
    RegExpMatchInfo,
    ScriptContexts,
    Cell,
    /// The value of a property of a global object.
    PropertyCell,
    /// A getter and a setter.
    AccessorPair,
    /// Words that are not tagged.
    Raw,
    WeakCell,
    /// The table of a WeakMap: a value lives as long as its key and the table.
    EphemeronTable,
    /// Tagged fields with nothing special about them.
    Struct,
    Function,
    BoundFunction,
    RegExp,
    JsMap,
    JsSet,
    JsWeakCollection,
    WeakRef,
    ArrayBuffer,
    ArrayBufferView,
    GlobalObject,
    Promise,
    /// A function that waits: a generator, an async function.
    Generator,
    Proxy,
    /// An object of an embedder's template, with fields of the embedder's.
    ApiObject,
    /// Any other JavaScript object.
    JsObject,
}

impl Kind {
    /// Whether it is a string of any sort.
    pub(crate) const fn is_string(self) -> bool {
        matches!(
            self,
            Self::OneByteString
                | Self::TwoByteString
                | Self::ConsString
                | Self::SlicedString
                | Self::ThinString
                | Self::ExternalOneByte
                | Self::ExternalTwoByte
        )
    }

    /// Whether the walk passes over it: it is room, not an object.
    pub(crate) const fn is_room(self) -> bool {
        matches!(self, Self::FreeSpace | Self::Filler)
    }

    /// Whether it is machine code, the only kind to be looked for on pages of code.
    pub(crate) const fn is_machine_code(self) -> bool {
        matches!(self, Self::Code | Self::InstructionStream)
    }
}
