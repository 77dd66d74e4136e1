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
    /// Too much of the heap proved wrong for a sound answer.
    Unsound,
    /// The heap has more objects or references than can be numbered.
    TooLarge,
}

impl HeapErrorKind {
    /// The stable code, without the product's prefix.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotACore => "NOT_A_CORE",
            Self::Machine => "CORE_MACHINE",
            Self::Truncated => "CORE_TRUNCATED",
            Self::NoLayout => "NO_V8_LAYOUT",
            Self::WrongExecutable => "WRONG_EXECUTABLE",
            Self::PointerCompression => "POINTER_COMPRESSION",
            Self::MissingSymbol => "V8_SYMBOL_MISSING",
            Self::NoHeap => "NO_V8_HEAP",
            Self::NoIsolate => "NO_SUCH_ISOLATE",
            Self::Unsound => "HEAP_UNSOUND",
            Self::TooLarge => "TOO_LARGE",
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
    pub(crate) fn new(kind: HeapErrorKind, message: impl Into<String>) -> Self {
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
