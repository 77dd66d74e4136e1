//! The metrics of this process for monitoring: counters that never decrease and
//! gauges, of all threads together. JavaScript names and formats them.
//!
//! A collector's callback adds to its own thread's [`ThreadMeter`] with atomic
//! stores alone; a scrape, on any thread, reads all of them together. A
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
