//! A heap as a graph, and what follows from it. Heap snapshots as plain columns: no Node, no V8, no
//! unsafe code, no clock; time arrives as data. A function that is given a number of threads starts
//! at most one beside the caller's, and ends it before it returns (`threads`).
//!
//! Results are plain data. How they are serialised, and worded for people, is the crate `report`.
//!
//! | module | question it answers |
//! | --- | --- |
//! | [`reader`] | how do bytes become columns? |
//! | [`write`] | how do columns become a file? |
//! | [`redact`] | how can a snapshot be shown to others? |
//! | [`graph`] | who keeps whom, how far from a root, how much would be freed? |
//! | [`classes`] | how many of what, how large, and what changed? |
//! | [`leaks`] | who keeps what leaks, and by which way? |
//! | [`heap_graph`], [`heap_columns`], [`heap_diff`] | what changed in this process, as the original reports it? |
//! | [`query`] | which objects, why so many, who refers to them? |
//! | `javascript` | which names does the text of a function use? |
//! | `columns`, `strings`, `types` | what does a snapshot hold? |
//!
//! # Glossary: one word per concept, here, in JavaScript, on the command line
//!
//! | word | meaning |
//! | --- | --- |
//! | shallow size | bytes an object itself occupies |
//! | retained size | bytes that would be freed if the object were |
//! | retainer | an object with a reference to this one |
//! | ordinal | place of a node in one snapshot, from 0 |
//! | id | V8's number for an object, the same in every snapshot of one isolate |
//! | before, after | the older and the newer of two things compared, always in this order |

#![forbid(unsafe_code)]

mod analysis;
mod builder;
pub mod classes;
mod columns;
mod error;
pub mod graph;
mod header;
pub mod heap_columns;
pub mod heap_diff;
pub mod heap_graph;
mod javascript;
pub mod leaks;
mod locations;
mod numbering;
pub mod query;
pub mod reader;
mod reading;
pub mod redact;
mod strings;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod threads;
mod types;
mod writer;

pub use analysis::Analysis;
pub use builder::{NewNode, SnapshotBuilder, SourcePlace};
pub use classes::{
    Class, ClassDiff, ClassIndex, ClassRow, ClassTable, Classes, DiffReadError, DiffSide,
    InterfaceDefinition, InterfaceDefinitions, Precision, SnapshotDiff,
};
pub use columns::{Edge, MAX_EDGES, MAX_NODES, Snapshot};
pub use error::{SnapshotError, SnapshotErrorKind};
pub use graph::{
    Detachedness, Distances, Dominated, Dominators, NO_DISTANCE, Retainer, Retainers,
    SYSTEM_DISTANCE, ShallowSizes,
};
pub use reader::{
    Columns, PushReader, ReadOptions, TraceFunction, TraceSample, TraceStack, TracedReader, Traces,
    read, read_counted,
};
pub use reading::{Addresses, Reading};
pub use strings::{SnapshotBytes, StringTable};
pub use types::{
    Attachment, EdgeOrdinal, EdgeType, Location, NodeId, NodeOrdinal, NodeType, StringIndex,
};
pub use writer::write;
