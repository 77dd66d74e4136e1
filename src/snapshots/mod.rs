//! Questions to heap snapshot files, off the main thread. What the answers are is
//! in `memwatch_snapshot`; here files are opened and a thread is found.
//!
//! | file | what it does |
//! | --- | --- |
//! | `request` | what JavaScript asks for |
//! | `open` | file → snapshot |
//! | `core_file` | core file → snapshot |
//! | `core_answer` | the answer on a core file, and a snapshot file of its heap |
//! | `core_report` | core file → report on its process |
//! | `output` | the name of a file → where it is written |
//! | `answer` | request → report → JSON or text |
//! | `compare` | the same for several snapshots |
//! | `redact` | snapshot file → snapshot file that can be shown to others |
//! | `failure` | what can go wrong, with its code |
//! | `progress` | how far it is |

mod answer;
mod compare;
mod core_answer;
mod core_file;
mod core_report;
mod failure;
mod open;
mod output;
mod progress;
mod redact;
mod request;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::error::{Code, Result, error, internal};
use answer::answer;
use failure::Failure;
use progress::CommandProgress;
use request::Request;

pub use compare::compare_as_json;
pub use core_file::CoreOptions;
pub use failure::Failure as FileFailure;
pub use open::{OpenError, OpenOptions, open};
pub use progress::Progress as OpenProgress;

use crate::v8::Export;

/// What JavaScript calls.
pub const EXPORTS: &[Export] = &[
    Export::new("CommandProgress.new", |call| {
        call.hang(CommandProgress::default())
    }),
    Export::new("CommandProgress.get stage", |call| {
        call.answer(call.native::<CommandProgress>(0)?.stage())
    }),
    Export::new("CommandProgress.get bytes", |call| {
        call.answer(call.native::<CommandProgress>(0)?.bytes())
    }),
    Export::new("CommandProgress.get totalBytes", |call| {
        call.answer(call.native::<CommandProgress>(0)?.total_bytes())
    }),
    Export::new("runCommand", |call| {
        let progress = call.native::<CommandProgress>(1)?;
        call.answer(run_command(call.env(), call.argument(0)?, &progress)?)
    }),
];

/// Enough for reading and sorting, which use no deep stacks.
const STACK_BYTES: usize = 2 << 20;

/// How a command ended.
#[napi(object)]
pub struct CommandResult {
    /// The report, as JSON or text; empty when it failed.
    pub output: String,
    /// Findings that the baseline does not name.
    pub new_findings: u32,
    /// Why it failed.
    pub failure: Option<CommandFailure>,
}

/// Why a command failed.
#[napi(object)]
pub struct CommandFailure {
    /// `ERR_MEMWATCH_…`
    pub code: String,
    /// A sentence.
    pub message: String,
    /// The byte of the file at which it was noticed.
    pub offset: Option<f64>,
}

/// Answers a request, given as JSON, on a thread of its own: not on one of libuv's
/// few, where a program's files and names would wait behind it. The promise always
/// resolves, to a [`CommandResult`].
pub fn run_command<'env>(
    env: &'env Env,
    request: String,
    progress: &CommandProgress,
) -> Result<Object<'env>> {
    let request: Request =
        serde_json::from_str(&request).map_err(|bad| error(Code::Internal, bad.to_string()))?;
    let progress = Arc::clone(&progress.shared);
    let (deferred, promise) = env.create_deferred().map_err(internal)?;
    let work = move || {
        // Whatever happens, the promise must not stay open.
        let answered = catch_unwind(AssertUnwindSafe(|| answer(&request, &progress)));
        let result = result_of(answered.unwrap_or(Err(Failure::Panic)));
        deferred.resolve(move |_| Ok(result));
    };
    thread::Builder::new()
        .name("memwatch".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map_err(|failed| error(Code::Internal, failed.to_string()))?;
    Ok(promise)
}

fn result_of(answered: std::result::Result<answer::Answer, Failure>) -> CommandResult {
    match answered {
        Ok(answer) => CommandResult {
            output: answer.output,
            new_findings: answer.new_findings,
            failure: None,
        },
        Err(failure) => CommandResult {
            output: String::new(),
            new_findings: 0,
            failure: Some(CommandFailure {
                code: failure.code().to_owned(),
                message: failure.to_string(),
                offset: failure.offset().map(|offset| offset as f64),
            }),
        },
    }
}
