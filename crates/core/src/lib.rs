//! The pure engine of memwatch: no Node, no V8, no unsafe code, no clock, no
//! threads of its own. Time arrives as data; `cargo test` alone proves it.
//!
//! # Floor plan
//!
//! | module | question it answers |
//! | --- | --- |
//! | [`gc`] | is it leaking? samples after each collection, statistics, the original rule |
//! | [`isolates`] | what do the heaps of all threads take together? |
//! | [`limits`] | which limit on memory comes first? control groups, and V8's |
//! | [`meters`] | what does a fleet's monitoring read? counters and gauges of all threads |
//! | [`sites`] | which line? sampled allocations, their growth and age, suspects |
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

pub mod gc;
pub mod isolates;
pub mod limits;
pub mod meters;
mod order;
pub mod report;
pub mod sites;
pub mod snapshot;
pub mod text;
