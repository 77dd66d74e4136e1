//! Tests of the questions: one small program's heap, with every report on it as
//! text and as JSON; naive versions of the algorithms on random graphs; heaps
//! that no program has.

mod answers;
mod dominator_tree;
mod fixture;
mod golden;
mod hostile;
mod oracle;
