//! Reads V8's heap from memory, without V8: a core file, another process, a forked child.
//!
//! | module | question it answers |
//! | --- | --- |
//! | [`elf`] | what does a core or an executable have? |
//! | [`memory`] | which bytes are at an address? |
//! | [`layout`] | how does this build of V8 lay out its objects? |
//! | `space` | where are the pages, and what stands on them? |
//! | `objects` | what is an object called, and what does it refer to? |
//! | `graph` | what is alive, and who keeps whom? |
//! | [`process`], `stacks` | which process, which threads, which JavaScript did they run? |
//! | `crash` | what stopped it: V8's heap limit, an error that was thrown? |
//! | [`moment`] | is a collection under way, in a process that runs? |
//! | [`program`] | is the executable Node.js, and which version? |
//!
//! Memory is handed in as ranges of bytes; the result is the engine's [`Snapshot`], filled
//! directly. Nothing here opens a file, stops a process, or trusts a word that it reads: whatever
//! the bytes, it ends, and without a panic.

#![forbid(unsafe_code)]

mod bytes;
mod crash;
pub mod elf;
mod error;
mod graph;
pub mod layout;
pub mod memory;
pub mod moment;
mod objects;
pub mod process;
pub mod program;
mod reader;
mod space;
mod stacks;
#[cfg(any(test, feature = "testing"))]
#[cfg_attr(
    feature = "testing",
    allow(dead_code, reason = "the fuzzer needs a part")
)]
pub mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_damage;

pub use crash::{Crash, ErrorPlace, ThrownError};
pub use error::{HeapError, HeapErrorKind};
pub use graph::StackRange;
pub use reader::{HeapReader, Isolate, Selection, Space, SpaceSize};
pub use space::Doubts;
pub use stacks::{Frame, ThreadStack};

#[doc(no_inline)]
pub use memwatch_snapshot::Snapshot;
