//! Where a heap snapshot goes: the name it gets, how many may lie in a directory,
//! how it is compressed, and a file that has its name only when it is whole.
//!
//! Pure: no Node, no V8, no unsafe code, no threads, no clock, no locks but those of files,
//! so that it works in a forked child too, where no other thread exists. It does not know
//! what the bytes are, and uses no other crate of memwatch.
//!
//! | module | question it answers |
//! | --- | --- |
//! | [`place`](Place) | which file will it be, and is there room for it? |
//! | [`snapshot_file`](SnapshotFile) | how do bytes become a file that is whole or not there? |
//! | [`stream`](SnapshotStream) | how are the bytes compressed on their way? |
//! | [`template`](Template) | what do generated names look like, and which files are ours? |
//! | [`quota`](Quota) | how much may lie in a directory? |
//! | `lock` | which processes write to a directory? |
//! | [`error`](FileError) | what can go wrong, with its code |
//!
//! ```
//! use std::io::Write;
//! use memwatch_files::{Destination, Occasion, Place};
//!
//! # let directory = tempfile::tempdir()?;
//! let destination = Destination::file(directory.path().join("app.heapsnapshot.gz"));
//! let occasion = Occasion { unix_micros: 0, pid: 1, thread: 0, sequence: 1, reason: "call" };
//! let place = Place::plan(&destination, &occasion)?;
//! // In a forked child from here on, if you like; `place.discard()` clears up after it.
//! let mut file = place.create()?;
//! file.write_all(b"{}")?;
//! assert_eq!(file.finish()?.path, directory.path().join("app.heapsnapshot.gz"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod calendar;
mod claim;
mod error;
mod lock;
mod place;
mod quota;
mod snapshot_file;
mod stream;
mod template;

pub use error::{FileError, FileErrorKind};
pub use place::{Destination, Occasion, Place, Target};
pub use quota::{Quota, WhenFull};
pub use snapshot_file::{SnapshotFile, Written, create_private};
pub use stream::{Compression, SnapshotStream};
pub use template::{HEAPDUMP_TEMPLATE, TRIGGER_TEMPLATE, Template};
