//! Questions to snapshot files from JavaScript, off the main thread. The answers are `memwatch_commands`';
//! this file runs them on a thread and resolves a promise.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use memwatch_commands::{Failure, ProgramRequest, Progress, answer_program};
use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::error::{Code, Result, error, internal};
use crate::v8::Export;

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
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
pub(crate) struct CommandResult {
    /// The report, as JSON or text; empty when it failed.
    pub output: String,
    /// Why it failed.
    pub failure: Option<CommandFailure>,
}

/// Why a command failed.
#[napi(object)]
pub(crate) struct CommandFailure {
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
pub(crate) fn run_command<'env>(
    env: &'env Env,
    request: String,
    progress: &CommandProgress,
) -> Result<Object<'env>> {
    let request: ProgramRequest =
        serde_json::from_str(&request).map_err(|bad| error(Code::Internal, bad.to_string()))?;
    let progress = Arc::clone(&progress.shared);
    let (deferred, promise) = env.create_deferred().map_err(internal)?;
    let work = move || {
        // Whatever happens, the promise must not stay open.
        let answered = catch_unwind(AssertUnwindSafe(|| answer_program(&request, &progress)));
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

fn result_of(answered: std::result::Result<String, Failure>) -> CommandResult {
    match answered {
        Ok(output) => CommandResult {
            output,
            failure: None,
        },
        Err(failure) => CommandResult {
            output: String::new(),
            failure: Some(CommandFailure {
                code: failure.code().to_owned(),
                message: failure.to_string(),
                offset: failure.offset().map(|offset| offset as f64),
            }),
        },
    }
}

/// What JavaScript sees of the progress.
#[derive(Default)]
pub(crate) struct CommandProgress {
    shared: Arc<Progress>,
}

impl CommandProgress {
    /// The name of the stage.
    fn stage(&self) -> &'static str {
        self.shared.stage().name()
    }

    /// Bytes of the present file that were read.
    fn bytes(&self) -> f64 {
        self.shared.bytes() as f64
    }

    /// Bytes of the present file; 0 where that is not known.
    fn total_bytes(&self) -> f64 {
        self.shared.total_bytes() as f64
    }
}
