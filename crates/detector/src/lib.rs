//! Is it leaking, and which line? The evaluation of samples that are taken while a program runs.
//! No Node, no V8, no clock, no files, no threads of its own: time and the text of files arrive
//! as data. Results are plain; the crate `report` decides how they are serialised and worded.
//!
//! | module | question it answers |
//! | --- | --- |
//! | [`gc`] | is it leaking? samples after each collection, statistics, the original rule |
//! | [`isolates`] | what do the heaps of all threads take together? |
//! | [`limits`] | which limit on memory comes first? control groups, and V8's |
//! | [`meters`] | what does a fleet's monitoring read? counters and gauges of all threads |
//! | [`sites`] | which line? sampled allocations, their growth and age, suspects |
//!
//! [`limits`] is here because it is one decision with [`gc`]: the growth that the detector
//! measures, continued to the limit, is the hours that the detector gives.
//!
//! | word | meaning |
//! | --- | --- |
//! | sample | the numbers read right after one collection |
//! | base | the used heap right after a full collection |
//! | growth | a signed difference of two bases, `after - before` |

#![forbid(unsafe_code)]

pub mod gc;
pub mod isolates;
pub mod limits;
pub mod meters;
pub mod sites;
