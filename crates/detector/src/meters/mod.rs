//! What a fleet's monitoring reads of this process: counters that never go back and
//! gauges, of all threads together. How they are named and written is JavaScript's.
//!
//! A collector's callback adds to its own thread's [`ThreadMeter`] with atomic
//! stores alone; whoever scrapes, on whatever thread, reads all of them at once. A
//! thread that ends leaves its counters behind, so nothing is lost between scrapes.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `pauses` | how often did collections of one kind stop the program, and for how long? |
//! | `thread` | what is known of one thread? |
//! | `process` | what is known of all, those that have ended included? |

mod pauses;
mod process;
mod thread;

pub use pauses::{BUCKETS, PAUSE_BOUNDS_NS, Pauses};
pub use process::{Meters, ThreadRole};
pub use thread::{Collection, LEAK_KINDS, LeakKind, LeakStates, PauseKind, Reading, ThreadMeter};
