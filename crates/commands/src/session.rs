//! Several questions, one after another: the file of a question stays open for those that follow it. For programs that
//! ask as they learn; where the questions come from, and where the answers go, is decided elsewhere.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;
use std::{fs, io};

use memwatch_snapshot::Columns;
use memwatch_snapshot::query::Heap;

use crate::answer::{Answer, Task, answer, investigate};
use crate::failure::Failure;
use crate::open::THREADS;
use crate::progress::Progress;
use crate::request::{Command, Request};

/// A file as it was when it was opened: what is written anew is opened anew.
type Version = (u64, Option<SystemTime>);

/// Answers requests until there are no more.
///
/// `next` gives one; `tell` gets its answer before `next` is called again.
pub fn answer_all(
    mut next: impl FnMut() -> Option<Request>,
    mut tell: impl FnMut(Result<Answer, Failure>),
) {
    let progress = Progress::default();
    let mut pending = next();
    while let Some(request) = pending.take() {
        let Some(file) = kept(&request).map(str::to_owned) else {
            tell(caught(|| answer(&request, &progress)));
            pending = next();
            continue;
        };
        match with_open(&file, request, &progress, &mut next, &mut tell) {
            Ok(further) => pending = further,
            Err(failure) => {
                tell(Err(failure));
                pending = next();
            }
        }
    }
}

/// The file that stays open for a question; none of those that read several, or not all of one.
fn kept(request: &Request) -> Option<&str> {
    let is_other = matches!(
        request.command,
        Command::Diff { .. }
            | Command::Redact { .. }
            | Command::Snapshot { .. }
            | Command::Timeline
    );
    match request.files.as_slice() {
        [file] if !is_other && !request.fast && file != "-" => Some(file),
        _ => None,
    }
}

/// Opens a file and answers all questions about it. Returns the first that is about something else.
fn with_open(
    file: &str,
    first: Request,
    progress: &Progress,
    next: &mut impl FnMut() -> Option<Request>,
    tell: &mut impl FnMut(Result<Answer, Failure>),
) -> Result<Option<Request>, Failure> {
    let opened = version(file).map_err(|error| Failure::io(file, error))?;
    let core = first.core.clone();
    let (snapshot, analysis) = caught(|| {
        let snapshot = task(&first, progress).open(file, Columns::ALL)?;
        let analysis = task(&first, progress).analyse(&snapshot);
        Ok((snapshot, analysis))
    })?;
    let heap = Heap::exact(file, &snapshot, &analysis).with_threads(THREADS);
    // Made for the first question that needs it: it takes as long as all others together.
    let mut investigation = None;
    let mut request = first;
    loop {
        tell(caught(|| {
            if investigation.is_none() && needs_paths(&request.command) {
                investigation = Some(investigate(&heap)?);
            }
            task(&request, progress).report(&request.command, &heap, investigation.as_mut())
        }));
        let Some(further) = next() else {
            return Ok(None);
        };
        let is_same = kept(&further) == Some(file)
            && further.core == core
            && version(file).is_ok_and(|now| now == opened);
        if !is_same {
            return Ok(Some(further));
        }
        request = further;
    }
}

fn task<'a>(request: &'a Request, progress: &'a Progress) -> Task<'a> {
    Task { request, progress }
}

/// Questions that look for a way to each object.
fn needs_paths(command: &Command) -> bool {
    matches!(command, Command::Analyze { .. } | Command::Paths { .. })
}

fn version(file: &str) -> io::Result<Version> {
    let metadata = fs::metadata(file)?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// A defect of memwatch ends one answer and not the session.
fn caught<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failure::Panic))
}
