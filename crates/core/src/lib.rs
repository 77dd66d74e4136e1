//! The pure engine of memwatch: no Node, no V8, no unsafe code, no clock, no
//! threads of its own. Time arrives as data; `cargo test` alone proves it.
//!
//! # Floor plan
//!
//! | module | question it answers |
//! | --- | --- |
//! | [`snapshot`] | what is leaking? heap snapshots as columns, class aggregates, differences |
//! | [`report`] | what do programs see? the only types that are serialised |
//! | [`text`] | how is it said to people? sizes, durations, tables |
//!
//! # Glossary: one word per concept, here, in JavaScript, on the command line
//!
//! | word | meaning |
//! | --- | --- |
//! | sample | the numbers read right after one collection |
//! | base | the used heap right after a full collection |
//! | growth | a signed difference of two bases, `after - before` |
//! | shallow size | bytes an object itself occupies |
//! | retained size | bytes that would be freed if the object were |
//! | retainer | an object with a reference to this one |
//! | ordinal | place of a node in one snapshot, from 0 |
//! | id | V8's number for an object, the same in every snapshot of one isolate |
//! | before, after | the older and the newer of two things compared, always in this order |

#![forbid(unsafe_code)]

mod order;
pub mod report;
pub mod snapshot;
pub mod text;
