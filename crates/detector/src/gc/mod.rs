//! Is it leaking? Samples after each collection, statistics, the original rule.
//!
//! Numbers go in when a collection ends and numbers come out immediately: nothing
//! here allocates, reads a clock, prints or panics, so a host may call it from
//! inside a collector's callback. The crate `report` words them.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `sample` | what is known when a collection ends? |
//! | `counters` | how many collections were there, and how long did they stop the program? |
//! | `baseline` | where is the base, and where is it going? |
//! | `growth` | did the base grow too often in a row? |
//! | `once` | which of what two detectors find is news? |
//! | `queue` | what waits to be reported, in which order? |
//! | `rounds` | does work that is repeated leave memory behind each time? (For tests.) |
//! | `settings` | how much is too often, and how far do averages look back? |
//! | `tracker` | which collections are the program's, and which belong together? |
//! | [`trend`] | is it leaking, by the series of samples and with a confidence? |
//!
//! The arithmetic is the one memwatch 0.2 and its successors shipped, oddities
//! included, because programs were tuned to it; only where theirs overflowed
//! or wrapped around is ours the right number instead. Each such case is a
//! test in `tests/original_rule.rs`.

mod baseline;
mod counters;
mod growth;
mod once;
mod queue;
mod rounds;
mod sample;
mod settings;
mod tracker;
pub mod trend;

pub use counters::{Counters, Tally};
pub use growth::Leak;
pub use once::Once;
pub use queue::{Queue, Waiting};
pub use rounds::{Judgement, Round, RoundsResult, judge};
pub use sample::{FullCollection, GcKind, HeapNumbers};
pub use settings::Settings;
pub use tracker::{Stats, Step, Tracker};
