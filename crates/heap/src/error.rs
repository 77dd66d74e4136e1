//! Why a heap cannot be read. Each kind has a stable code; messages are one sentence for people.
//! Nothing here decides what an error is.

use std::fmt;

/// The kinds of failure, by the code that a program can test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeapErrorKind {
    /// The file is not an ELF core of a 64-bit little-endian process.
    NotACore,
    /// The core is of a processor that this version has no layout for.
    Machine,
    /// The file ends before its own headers do.
    Truncated,
    /// The executable is not an ELF file, or exports none of V8's layout symbols.
    NoLayout,
    /// The process ran another program than Node.js.
    OtherProgram,
    /// The executable that the process ran cannot be read.
    NoExecutable,
    /// The executable is not the one that the process ran.
    WrongExecutable,
    /// V8 was built with pointer compression: its slots have 4 bytes.
    PointerCompression,
    /// The layout symbols lack one that the reader needs.
    MissingSymbol,
    /// There is no V8 heap in the memory.
    NoHeap,
    /// There is no isolate with this number.
    NoIsolate,
    /// Too much of the heap is invalid for a sound answer.
    Unsound,
    /// The heap has more objects or references than can be numbered.
    TooLarge,
}

impl HeapErrorKind {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotACore => "ERR_MEMWATCH_CORE_INVALID",
            Self::Machine => "ERR_MEMWATCH_CORE_MACHINE",
            Self::Truncated => "ERR_MEMWATCH_CORE_TRUNCATED",
            Self::NoLayout => "ERR_MEMWATCH_CORE_NO_LAYOUT",
            Self::OtherProgram => "ERR_MEMWATCH_CORE_NOT_NODE",
            Self::NoExecutable => "ERR_MEMWATCH_CORE_EXECUTABLE_MISSING",
            Self::WrongExecutable => "ERR_MEMWATCH_CORE_EXECUTABLE_WRONG",
            Self::PointerCompression => "ERR_MEMWATCH_CORE_POINTER_COMPRESSION",
            Self::MissingSymbol => "ERR_MEMWATCH_CORE_SYMBOL_MISSING",
            Self::NoHeap => "ERR_MEMWATCH_CORE_NO_HEAP",
            Self::NoIsolate => "ERR_MEMWATCH_CORE_NO_ISOLATE",
            Self::Unsound => "ERR_MEMWATCH_CORE_UNSOUND",
            Self::TooLarge => "ERR_MEMWATCH_CORE_TOO_LARGE",
        }
    }
}

/// A failure: its kind and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapError {
    kind: HeapErrorKind,
    message: String,
}

impl HeapError {
    /// A failure in a sentence.
    pub fn new(kind: HeapErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// Which failure it is.
    pub fn kind(&self) -> HeapErrorKind {
        self.kind
    }

    /// The stable code, see [`HeapErrorKind::code`].
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for HeapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HeapError {}
