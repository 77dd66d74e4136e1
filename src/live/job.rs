//! From a request to its result: the snapshot, and the file or the report made from it.
//! The same code runs in a forked child and in the parent, so it starts no thread.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use memwatch_commands::{CoreOptions, OpenError, OpenOptions, compare_as_json, open};
use memwatch_files::Place;
use memwatch_report::AnalyzeReport;
use memwatch_snapshot::leaks::{Investigation, Thresholds};
use memwatch_snapshot::query::Heap;
use memwatch_snapshot::redact::{RedactingWriter, Redaction};
use memwatch_snapshot::{Analysis, Columns, PushReader, Snapshot};

use super::message::{Done, Progress, Stage};
use super::outcome::Failure;
use super::own_heap;
use super::request::{Engine, Product, Request};
use super::take::take;
use crate::error::Code;
use crate::v8::{HeapSnapshot, Isolate, is_copy, signals};

/// Bytes between two messages on progress.
const PROGRESS_BYTES: u64 = 16 << 20;

/// What is to be done, checked as far as it can be without a snapshot.
pub(super) enum Job {
    /// Write it here.
    Write {
        place: Box<Place>,
        redaction: Option<Redaction>,
        taker: Taker,
    },
    /// Analyse it, and tell as many findings.
    Analyse {
        top: usize,
        of_process: u32,
        taker: Taker,
    },
    /// Compare it with an earlier one.
    Compare {
        before: PathBuf,
        top: Option<usize>,
        of_process: u32,
        taker: Taker,
    },
}

impl Job {
    /// Checks whether it can be done, and leaves nothing behind.
    pub(super) fn plan(request: &Request) -> Result<Self, Failure> {
        Ok(match &request.product {
            Product::File(file) => {
                let place = file.place()?;
                // Tried before the program is stopped for it; dropping it removes it.
                place.probe()?;
                Self::Write {
                    place: Box::new(place),
                    redaction: file.redaction(),
                    taker: Taker::of(request),
                }
            }
            Product::Analysis { top } => Self::Analyse {
                top: *top,
                of_process: std::process::id(),
                taker: Taker::of(request),
            },
            Product::Diff { before, top } => {
                // Tried before the program is stopped for it.
                fs::File::open(before).map_err(|error| unreadable(before, error))?;
                Self::Compare {
                    before: before.clone(),
                    top: *top,
                    of_process: std::process::id(),
                    taker: Taker::of(request),
                }
            }
        })
    }

    /// Does it.
    pub(super) fn run(
        &self,
        isolate: Isolate,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Done, Failure> {
        tell(Progress {
            stage: Stage::Taking,
            bytes: 0,
        });
        match self {
            Self::Write {
                place,
                redaction,
                taker,
            } => write(place, *redaction, &taker.take(isolate)?, tell),
            Self::Analyse {
                top,
                of_process,
                taker,
            } => analyse(taker.take(isolate)?, *top, *of_process, tell),
            Self::Compare {
                before,
                top,
                of_process,
                taker,
            } => compare(before, taker.take(isolate)?, *top, *of_process, tell),
        }
    }

    /// The directory in which it writes.
    pub(super) fn writes_to(&self) -> Option<PathBuf> {
        match self {
            Self::Write { place, .. } => place.path().parent().map(Path::to_owned),
            Self::Analyse { .. } | Self::Compare { .. } => None,
        }
    }

    /// Leaves the snapshot to memwatch's reader, as there is too little memory for V8's generator.
    pub(super) fn must_read(&mut self) {
        if let Self::Write { taker, .. } | Self::Analyse { taker, .. } = self {
            taker.engine = Engine::Reader;
            taker.lacks_memory = true;
        }
    }

    /// What came of it, where the reader was chosen for want of memory and could not read the heap: nobody has asked
    /// for the reader, and the reason is still that memory is short.
    pub(super) fn outcome(&self, result: Result<Done, Failure>) -> Result<Done, Failure> {
        let (Self::Write { taker, .. } | Self::Analyse { taker, .. }) = self else {
            return result;
        };
        result.map_err(|failure| {
            let is_fault = failure
                .signal
                .is_some_and(|signal| signals::FAULTS.contains(&signal));
            let is_unreadable = failure.code == Code::SnapshotReader.as_ref() || is_fault;
            if !taker.lacks_memory || !is_unreadable {
                return failure;
            }
            Failure {
                may_go_inline: true,
                ..Failure::new(
                    Code::SnapshotMemory,
                    format!(
                        "not enough memory for V8's heap snapshot, and memwatch's reader failed: {}",
                        failure.message
                    ),
                )
            }
        })
    }

    /// Removes what a copy that was killed has left.
    pub(super) fn clear_up(&self) {
        if let Self::Write { place, .. } = self {
            place.discard();
        }
    }
}

/// Who takes a snapshot.
pub(super) struct Taker {
    engine: Engine,
    /// Whether the reader was chosen because V8's generator would need more memory than there is.
    lacks_memory: bool,
    node_version: Option<String>,
}

impl Taker {
    fn of(request: &Request) -> Self {
        Self {
            engine: request.engine(),
            lacks_memory: false,
            node_version: request.node_version.clone(),
        }
    }

    /// `Auto` is V8's generator, and where that finds too little memory in a forked child the reader.
    fn take(&self, isolate: Isolate) -> Result<Taken, Failure> {
        let by_reader = || {
            let snapshot = own_heap::read(isolate, self.node_version.as_deref())?;
            Ok(Taken::Reader(Box::new(snapshot)))
        };
        if self.engine == Engine::Reader {
            return by_reader();
        }
        let failure = match take(isolate) {
            Ok(snapshot) => return Ok(Taken::V8(snapshot)),
            Err(error) => Failure::from(error),
        };
        let may_read = self.engine == Engine::Auto && is_copy();
        if may_read && failure.code == Code::SnapshotMemory.as_ref() {
            return by_reader().map_err(|_: Failure| failure);
        }
        Err(failure)
    }
}

/// A snapshot, by the engine that took it.
enum Taken {
    V8(HeapSnapshot),
    Reader(Box<Snapshot>),
}

impl Taken {
    fn is_read(&self) -> bool {
        matches!(self, Self::Reader(_))
    }

    /// How many nodes it has; V8 counts some that its JSON leaves out.
    fn nodes(&self) -> u32 {
        match self {
            Self::V8(snapshot) => snapshot.node_count(),
            Self::Reader(snapshot) => u32::try_from(snapshot.node_count()).unwrap_or(u32::MAX),
        }
    }

    /// Its JSON in pieces, as long as they are taken.
    fn stream(&self, tell: &mut dyn FnMut(Progress), mut receive: impl FnMut(&[u8]) -> bool) {
        let mut progress = WriteProgress::default();
        let mut each = |piece: &[u8]| {
            progress.wrote(piece.len(), tell);
            receive(piece)
        };
        match self {
            Self::V8(snapshot) => snapshot.serialize(each),
            Self::Reader(snapshot) => {
                memwatch_snapshot::write(snapshot, &mut each);
            }
        }
    }

    /// As columns; V8's own form of it is freed.
    fn columns(self, tell: &mut dyn FnMut(Progress)) -> Result<Snapshot, Failure> {
        if let Self::Reader(snapshot) = self {
            return Ok(*snapshot);
        }
        let mut reader = PushReader::new(Columns::ALL);
        // An error stays with the reader, which returns it at its end.
        self.stream(tell, |bytes| reader.push(bytes).is_ok());
        Ok(reader.finish()?)
    }
}

/// When to say how much is written.
#[derive(Default)]
struct WriteProgress {
    bytes: u64,
    said: u64,
}

impl WriteProgress {
    fn wrote(&mut self, bytes: usize, tell: &mut dyn FnMut(Progress)) {
        if self.bytes == 0 || self.bytes - self.said >= PROGRESS_BYTES {
            self.said = self.bytes;
            tell(Progress {
                stage: Stage::Writing,
                bytes: self.bytes,
            });
        }
        self.bytes += bytes as u64;
    }
}

fn write(
    place: &Place,
    redaction: Option<Redaction>,
    snapshot: &Taken,
    tell: &mut dyn FnMut(Progress),
) -> Result<Done, Failure> {
    let mut writer = RedactingWriter::new(place.create()?, redaction);
    snapshot.stream(tell, |bytes| writer.write_all(bytes).is_ok());
    let (file, _) = writer.finish().map_err(|error| {
        let path = place.path();
        let message = format!(
            "the data for {} is not a heap snapshot: {error}",
            path.display()
        );
        Failure::new(error.code(), message)
    })?;
    let written = file.finish()?;
    Ok(Done {
        nodes: snapshot.nodes(),
        file: Some((written.path.to_string_lossy().into_owned(), written.bytes)),
        is_read: snapshot.is_read(),
        ..Done::default()
    })
}

fn analyse(
    taken: Taken,
    top: usize,
    of_process: u32,
    tell: &mut dyn FnMut(Progress),
) -> Result<Done, Failure> {
    let (nodes, is_read) = (taken.nodes(), taken.is_read());
    let snapshot = taken.columns(tell)?;
    tell(Progress {
        stage: Stage::Analyzing,
        bytes: 0,
    });
    let analysis = Analysis::for_leaks(&snapshot, 1);
    let heap = Heap::exact(format!("process {of_process}"), &snapshot, &analysis);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let thresholds = Thresholds::default();
    let report = AnalyzeReport::of(heap.info(), &mut investigation, &thresholds, top);
    let report = serde_json::to_string(&report)
        .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    Ok(Done {
        nodes,
        report: Some(report),
        is_read,
        ..Done::default()
    })
}

fn compare(
    before: &Path,
    taken: Taken,
    top: Option<usize>,
    of_process: u32,
    tell: &mut dyn FnMut(Progress),
) -> Result<Done, Failure> {
    let nodes = taken.nodes();
    let is_read = taken.is_read();
    let new = taken.columns(tell)?;
    tell(Progress {
        stage: Stage::Analyzing,
        bytes: 0,
    });
    let new_analysis = Analysis::of(&new, 1);
    let options = OpenOptions {
        columns: Columns::ALL,
        threads: 1,
        // A file that is cut off meanwhile must be an error.
        may_map: false,
        core: &CoreOptions::default(),
    };
    let old = open(
        &before.to_string_lossy(),
        options,
        &memwatch_commands::Progress::default(),
    )
    .map_err(|error| match error {
        OpenError::Io(error) => unreadable(before, error),
        OpenError::Snapshot(error) => Failure::from(error),
        OpenError::Core(error) => unreadable(before, io::Error::other(error)),
    })?;
    let old_analysis = Analysis::of(&old, 1);
    let names = [
        format!("process {of_process}, before"),
        format!("process {of_process}"),
    ];
    let report = compare_as_json(
        (&names[0], &old, &old_analysis),
        (&names[1], &new, &new_analysis),
        top,
        1,
    )
    .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    Ok(Done {
        nodes,
        report: Some(report),
        is_read,
        ..Done::default()
    })
}

fn unreadable(before: &Path, error: io::Error) -> Failure {
    of_file(&memwatch_commands::Failure::io(
        &before.to_string_lossy(),
        error,
    ))
}

/// What was wrong with a file.
fn of_file(failure: &memwatch_commands::Failure) -> Failure {
    Failure::new(failure.code(), failure.to_string())
}
