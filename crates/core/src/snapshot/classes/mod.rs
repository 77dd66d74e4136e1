//! What there is, by class: names and keys as Chrome DevTools gives them, how
//! many, how large, and what changed between two snapshots.

mod assign;
mod diff;
mod interfaces;
mod table;

pub use assign::{Class, ClassIndex, Classes};
pub use diff::{ClassDiff, SnapshotDiff};
pub use interfaces::{InterfaceDefinition, InterfaceDefinitions};
pub use table::{ClassRow, ClassTable, Precision};
