//! The result of a snapshot for JavaScript: what was produced, or a code and a sentence.

use memwatch_files::FileError;
use memwatch_snapshot::SnapshotError;
use napi::Error;
use napi_derive::napi;
use serde::{Deserialize, Serialize};

use super::message::Done;
use crate::error::Code;

/// How it ended: with `failure`, or with the rest.
#[napi(object)]
#[derive(Default)]
pub(crate) struct Outcome {
    /// The file; absolute.
    pub path: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<f64>,
    /// Nodes of the snapshot.
    pub nodes: f64,
    /// The report, as JSON.
    pub report: Option<String>,
    /// Who took the snapshot: `reader` or `v8`.
    pub engine: Option<String>,
    /// Why there is none of these.
    pub failure: Option<Failure>,
}

/// Why there is no snapshot.
#[napi(object)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// `ERR_MEMWATCH_…`
    pub code: String,
    /// A sentence.
    pub message: String,
    /// What ended the copy: the number of a signal.
    pub signal: Option<i32>,
    /// The status with which the copy ended.
    pub status: Option<i32>,
    /// Whether another try may well succeed: the copy was made while another thread was
    /// in the midst of something.
    pub is_transient: bool,
    /// Whether this thread may do what memwatch's reader could not, which was chosen for want of memory.
    #[serde(default)]
    pub may_go_inline: bool,
    /// Whether the copy waited for a thread that was not copied. Where there are all threads,
    /// in the original, there is nothing to wait for.
    pub is_stuck: bool,
}

impl Outcome {
    pub(crate) fn done(done: Done) -> Self {
        let (path, bytes) = done.file.unzip();
        Self {
            path,
            bytes: bytes.map(|bytes| bytes as f64),
            nodes: done.nodes.into(),
            report: done.report,
            engine: Some(if done.is_read { "reader" } else { "v8" }.to_owned()),
            failure: None,
        }
    }

    pub(crate) fn of(result: Result<Done, Failure>) -> Self {
        match result {
            Ok(done) => Self::done(done),
            Err(failure) => Self::failed(failure),
        }
    }

    pub(crate) fn failed(failure: Failure) -> Self {
        Self {
            failure: Some(failure),
            ..Self::default()
        }
    }
}

impl Failure {
    pub(crate) fn new(code: impl AsRef<str>, message: impl Into<String>) -> Self {
        Self {
            code: code.as_ref().to_owned(),
            message: message.into(),
            signal: None,
            status: None,
            is_transient: false,
            may_go_inline: false,
            is_stuck: false,
        }
    }

    /// Another snapshot of this process is under way.
    pub(crate) fn busy() -> Self {
        Self::new(
            Code::SnapshotBusy,
            "another heap snapshot of this process is in progress; wait for it",
        )
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        // What V8 writes is a snapshot: not the caller's file is damaged here.
        Self::new(
            Code::SnapshotFailed,
            format!("V8 wrote no heap snapshot: {error}"),
        )
    }
}

impl From<Error<Code>> for Failure {
    fn from(error: Error<Code>) -> Self {
        Self::new(error.status, error.reason.clone())
    }
}
