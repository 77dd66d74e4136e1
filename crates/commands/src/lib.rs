//! Questions to heap snapshots and core files: a request in, a report out as JSON or text. What the
//! answers are is in `memwatch_snapshot` and `memwatch_heap`, how they leave in `memwatch_report`; here
//! files are opened and written. No arguments, no terminal and no thread of its own: those are the
//! command line's (`crates/cli`) and the addon's, which both ask here.
//!
//! | file | what it does |
//! | --- | --- |
//! | `request` | the question |
//! | `open` | file → snapshot |
//! | `core_file` | core file → snapshot |
//! | `core_answer` | the answer on a core file, and a snapshot file of its heap |
//! | `core_report` | core file → report on its process |
//! | `running` | process that runs → snapshot |
//! | `running_answer` | the answers on such a process |
//! | `scripts` | the name of a script → its text |
//! | `output` | the name of a file → where it is written |
//! | `answer` | request → report → JSON or text |
//! | `compare` | the same for several snapshots |
//! | `session` | several requests, for which a file stays open |
//! | `program` | the questions that programs ask, as JSON |
//! | `source_maps` | positions in a report → positions in the sources |
//! | `redact` | snapshot file → snapshot file that can be shown to others |
//! | `patient` | standard output that does not wait |
//! | `failure` | what can go wrong, with its code |
//! | `progress` | how far it is |

#![forbid(unsafe_code)]

mod answer;
mod compare;
mod core_answer;
mod core_file;
mod core_report;
mod failure;
mod open;
mod output;
mod patient;
mod program;
mod progress;
mod redact;
mod request;
mod running;
mod running_answer;
mod scripts;
mod session;
mod source_maps;

pub use answer::{Answer, TOP, answer};
pub use compare::{Analysed, compare_as_json};
pub use core_file::CoreOptions;
pub use failure::Failure;
pub use open::{OpenError, OpenOptions, open};
pub use patient::Patient;
pub use program::{ProgramQuestion, ProgramRequest, answer_program};
pub use progress::{Progress, Stage};
pub use request::{Command, Format, Request};
pub use session::answer_all;
pub use source_maps::MapOptions;
