//! Tests of the questions: single facts about a small program's heap, and naive versions of the
//! algorithms on random graphs. What the reports on it say, to the letter, and heaps that no program
//! has, are tests of the crate `report`.

mod answers;
mod closures;
mod dominator_tree;
mod oracle;
mod scopes;
