//! The request from JavaScript. `lib/` has checked the values; unknown ones are refused
//! here all the same.

use std::path::PathBuf;
use std::time::Duration;

use memwatch_files::{
    Compression, Destination, FileError, HEAPDUMP_TEMPLATE, Occasion, Place, Quota, Target,
    Template, WhenFull,
};
use memwatch_snapshot::redact::Redaction;
use serde::Deserialize;

use crate::clock::since_epoch;
use crate::error::{Code, Result, error};

/// A snapshot, and what to make of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    /// What to make of it.
    pub product: Product,
    /// Who takes the snapshot.
    #[serde(default)]
    pub engine: Engine,
    /// The version of Node.js that runs here.
    pub node_version: Option<String>,
    /// How long a copy may take, in milliseconds.
    pub timeout_ms: u64,
    /// A forked child continues when this process ends.
    #[serde(default)]
    pub outlives_parent: bool,
}

/// Who takes a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Engine {
    /// V8's generator where there is memory for it, else memwatch's reader.
    #[default]
    Auto,
    /// memwatch's own reader, in a forked child.
    Reader,
    /// V8's generator.
    V8,
}

/// What becomes of a snapshot: one key, and what there is to know of it. A tag among the others would read the same with
/// twice the machine code.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Product {
    /// A file.
    File(FileRequest),
    /// The report of `analyze`, with as many findings.
    Analysis { top: usize },
    /// The report of `diff` from an earlier snapshot in a file to the heap as it is now, with
    /// as many entries of each list.
    Diff { before: PathBuf, top: Option<usize> },
}

/// Which file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileRequest {
    /// Its name, if it is given.
    pub path: Option<PathBuf>,
    /// Else its directory,
    pub directory: Option<PathBuf>,
    /// the pattern of its name,
    pub template: Option<String>,
    /// and how much may lie there: as much as there is room for, where nothing is said.
    pub quota: Option<QuotaRequest>,
    /// How to compress it, where its name does not tell.
    pub compression: Option<CompressionRequest>,
    /// What to leave out.
    pub redaction: Option<RedactionRequest>,
    /// Why, for the name.
    pub reason: String,
    /// Node's number of the thread.
    pub thread: u64,
    /// Which snapshot of this process it is.
    pub sequence: u64,
}

/// Why a pattern of names cannot be one; nothing where it can.
pub(super) fn template_mistake(pattern: String) -> Option<String> {
    Template::parse(&pattern)
        .err()
        .map(|error| error.to_string())
}

/// A snapshot that is called for, however many there are: no crash loop calls.
const NO_QUOTA: Quota = Quota {
    max_files: usize::MAX,
    max_bytes: u64::MAX,
    when_full: WhenFull::Refuse,
};

/// How much may lie in a directory.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaRequest {
    files: usize,
    bytes: u64,
    remove_oldest: bool,
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum CompressionRequest {
    None,
    Gzip,
    Zstd,
}

/// What is left out.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum RedactionRequest {
    Strings,
    Strict,
}

impl Request {
    /// Reads a request.
    pub(super) fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|bad| error(Code::Internal, bad.to_string()))
    }

    /// The engines that may take the snapshot. Two snapshots are compared by the numbers that V8 gives to objects, which
    /// the reader does not know: what it has read is compared class by class, with its like alone. So nothing but the
    /// caller, who knows how the other one was taken, chooses it for a comparison.
    pub(super) fn engine(&self) -> Engine {
        match (&self.product, self.engine) {
            (Product::Diff { .. }, Engine::Auto) => Engine::V8,
            (_, engine) => engine,
        }
    }

    /// How long a copy may take.
    pub(super) fn deadline(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

impl From<QuotaRequest> for Quota {
    fn from(asked: QuotaRequest) -> Self {
        Self {
            max_files: asked.files,
            max_bytes: asked.bytes,
            when_full: match asked.remove_oldest {
                true => WhenFull::RemoveOldest,
                false => WhenFull::Refuse,
            },
        }
    }
}

impl FileRequest {
    /// Chooses the file.
    pub(super) fn place(&self) -> std::result::Result<Place, FileError> {
        let mut destination = match &self.path {
            Some(path) => Destination::file(path),
            None => self.in_directory()?,
        };
        destination.compression = self.compression.map(|compression| match compression {
            CompressionRequest::None => Compression::None,
            CompressionRequest::Gzip => Compression::Gzip,
            CompressionRequest::Zstd => Compression::Zstd,
        });
        let occasion = Occasion {
            unix_micros: since_epoch().as_micros() as u64,
            pid: std::process::id(),
            thread: self.thread,
            sequence: self.sequence,
            reason: &self.reason,
        };
        Place::plan(&destination, &occasion)
    }

    /// What is left out of it.
    pub(super) fn redaction(&self) -> Option<Redaction> {
        self.redaction.map(|redaction| match redaction {
            RedactionRequest::Strings => Redaction::Strings,
            RedactionRequest::Strict => Redaction::Strict,
        })
    }

    fn in_directory(&self) -> std::result::Result<Destination, FileError> {
        let directory = self.directory.clone().unwrap_or_default();
        let template = self.template.as_deref().unwrap_or(HEAPDUMP_TEMPLATE);
        let mut destination = Destination::directory(directory, Template::parse(template)?);
        if let Target::Directory { quota, .. } = &mut destination.target {
            *quota = self.quota.map_or(NO_QUOTA, Quota::from);
        }
        Ok(destination)
    }
}
