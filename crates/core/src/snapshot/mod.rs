//! What is leaking? Heap snapshots as plain columns, and what follows from them.
//!
//! | module | question it answers |
//! | --- | --- |
//! | [`reader`] | how do bytes become columns? |
//! | [`redact`] | how can a snapshot be shown to others? |
//! | [`graph`] | who keeps whom, how far from a root, how much would be freed? |
//! | [`classes`] | how many of what, how large, and what changed? |
//! | [`leaks`] | who keeps what leaks, and by which way? |
//! | [`heap_graph`], [`heap_columns`], [`heap_diff`] | what changed in this process, as the original tells it? |
//! | [`query`] | which objects, why so many, who refers to them? |
//! | `columns`, `strings`, `types` | what does a snapshot hold? |

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
pub mod leaks;
mod locations;
mod numbering;
pub mod query;
pub mod reader;
pub mod redact;
mod strings;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod threads;
mod types;

pub use analysis::Analysis;
pub use builder::{NewNode, SnapshotBuilder};
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
pub use reader::{Columns, PushReader, ReadOptions, read, read_counted};
pub use strings::{SnapshotBytes, StringTable};
pub use types::{
    Attachment, EdgeOrdinal, EdgeType, Location, NodeId, NodeOrdinal, NodeType, StringIndex,
};
