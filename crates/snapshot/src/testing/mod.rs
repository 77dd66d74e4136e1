//! Snapshots made in code, for tests: a graph to be filled by hand or at random,
//! and the JSON V8 would write for it in the styles of its versions. For tests
//! only; nothing of the engine uses it.

mod graph;
mod json;
mod random;
mod shop;

pub use graph::{Graph, TestEdge, TestNode};
pub use json::Style;
pub use random::{Random, random_graph};
pub use shop::Shop;
