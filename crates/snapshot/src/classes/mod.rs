//! What there is, by class: names and keys as Chrome DevTools gives them, how
//! many, how large, and what changed between two snapshots.

mod assign;
mod column;
mod diff;
mod ids;
mod interfaces;
mod shapes;
mod table;

pub use assign::{Class, ClassIndex, Classes};
pub use diff::{ClassDiff, DiffReadError, DiffSide, SnapshotDiff};
pub use interfaces::{InterfaceDefinition, InterfaceDefinitions};
pub(crate) use shapes::Shapes;
pub use table::{ClassRow, ClassTable, Precision};
