//! What is leaking? Heap snapshots as plain columns.

pub mod heap_columns;
pub mod heap_diff;
pub mod heap_graph;
