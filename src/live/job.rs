//! From a request to what was asked for: the snapshot, and the file or the report made
//! of it. The same code in a copy of the process and in the original, so it starts no
//! thread.

use std::path::{Path, PathBuf};

use memwatch_core::report::AnalyzeReport;
use memwatch_core::snapshot::leaks::{Investigation, Thresholds};
use memwatch_core::snapshot::query::Heap;
use memwatch_core::snapshot::{Analysis, Columns, PushReader};
use memwatch_files::Place;

use super::message::{Done, Progress, Stage};
use super::outcome::Failure;
use super::request::{Product, Request};
use super::take::take;
use crate::error::Code;
use crate::v8::{HeapSnapshot, Isolate};

/// Bytes between two messages on progress.
const PROGRESS_BYTES: u64 = 16 << 20;

/// What is to be done, checked as far as it can be without a snapshot.
pub enum Job {
    /// Write it here.
    Write(Box<Place>),
    /// Analyse it, and tell as many findings.
    Analyse { top: usize, of_process: u32 },
}

impl Job {
    /// Checks whether it can be done, and leaves nothing behind.
    pub fn plan(request: &Request) -> Result<Self, Failure> {
        Ok(match &request.product {
            Product::File(file) => {
                let place = file.place()?;
                // Tried before the program stands still for it; dropped, it is gone.
                drop(place.create()?);
                Self::Write(Box::new(place))
            }
            Product::Analysis { top } => Self::Analyse {
                top: *top,
                of_process: std::process::id(),
            },
        })
    }

    /// Does it.
    pub fn run(&self, isolate: Isolate, tell: &mut dyn FnMut(Progress)) -> Result<Done, Failure> {
        tell(Progress {
            stage: Stage::Taking,
            bytes: 0,
        });
        let snapshot = take(isolate)?;
        match self {
            Self::Write(place) => write(place, &snapshot, tell),
            Self::Analyse { top, of_process } => analyse(snapshot, *top, *of_process, tell),
        }
    }

    /// The directory in which it writes.
    pub fn writes_to(&self) -> Option<PathBuf> {
        match self {
            Self::Write(place) => place.path().parent().map(Path::to_owned),
            Self::Analyse { .. } => None,
        }
    }

    /// Removes what a copy that was killed has left.
    pub fn clear_up(&self) {
        if let Self::Write(place) = self {
            place.discard();
        }
    }
}

fn write(
    place: &Place,
    snapshot: &HeapSnapshot,
    tell: &mut dyn FnMut(Progress),
) -> Result<Done, Failure> {
    let mut file = place.create()?;
    stream(snapshot, tell, |bytes| file.push(bytes));
    let written = file.finish()?;
    Ok(Done {
        nodes: snapshot.node_count(),
        file: Some((written.path.to_string_lossy().into_owned(), written.bytes)),
        report: None,
    })
}

fn analyse(
    snapshot: HeapSnapshot,
    top: usize,
    of_process: u32,
    tell: &mut dyn FnMut(Progress),
) -> Result<Done, Failure> {
    let nodes = snapshot.node_count();
    let mut reader = PushReader::new(Columns::ALL);
    // An error stays with the reader, which tells it at its end.
    stream(&snapshot, tell, |bytes| reader.push(bytes).is_ok());
    drop(snapshot);
    let snapshot = reader.finish()?;
    tell(Progress {
        stage: Stage::Analysing,
        bytes: 0,
    });
    let analysis = Analysis::of(&snapshot, 1);
    let heap = Heap::exact(format!("process {of_process}"), &snapshot, &analysis);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let thresholds = Thresholds::default();
    let report = AnalyzeReport::of(heap.info(), &mut investigation, &thresholds, top);
    let report = serde_json::to_string(&report)
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    Ok(Done {
        nodes,
        file: None,
        report: Some(report),
    })
}

/// The snapshot's JSON in pieces, as long as they are taken.
fn stream(
    snapshot: &HeapSnapshot,
    tell: &mut dyn FnMut(Progress),
    mut receive: impl FnMut(&[u8]) -> bool,
) {
    let mut bytes = 0;
    let mut told = 0;
    snapshot.serialize(|chunk| {
        if bytes == 0 || bytes - told >= PROGRESS_BYTES {
            told = bytes;
            tell(Progress {
                stage: Stage::Writing,
                bytes,
            });
        }
        bytes += chunk.len() as u64;
        receive(chunk)
    });
}
