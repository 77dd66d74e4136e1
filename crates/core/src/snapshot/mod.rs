//! What is leaking? Heap snapshots as plain columns, and what follows from them.
//!
//! | module | question it answers |
//! | --- | --- |
//! | [`reader`] | how do bytes become columns? |
//! | [`graph`] | who keeps whom, how far from a root, how much would be freed? |
//! | [`classes`] | how many of what, how large, and what changed? |
//! | [`heap_graph`], [`heap_columns`], [`heap_diff`] | what changed in this process, as the original tells it? |
//! | `columns`, `strings`, `types` | what does a snapshot hold? |

pub mod classes;
mod columns;
mod error;
pub mod graph;
mod header;
pub mod heap_columns;
pub mod heap_diff;
pub mod heap_graph;
pub mod reader;
mod strings;
mod types;

pub use classes::{
    Class, ClassDiff, ClassIndex, ClassRow, ClassTable, Classes, InterfaceDefinition,
    InterfaceDefinitions, Precision, SnapshotDiff,
};
pub use columns::{Edge, MAX_EDGES, MAX_NODES, Snapshot};
pub use error::{SnapshotError, SnapshotErrorKind};
pub use graph::{
    Analysis, Detachedness, Distances, Dominated, Dominators, Retainer, Retainers, ShallowSizes,
};
pub use reader::{Columns, PushReader, ReadOptions, read};
pub use strings::{SnapshotBytes, StringTable};
pub use types::{
    Attachment, EdgeOrdinal, EdgeType, Location, NodeId, NodeOrdinal, NodeType, StringIndex,
};
