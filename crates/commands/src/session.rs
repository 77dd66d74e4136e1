//! Several questions, one after another: the file of a question stays open for those that follow it. For programs that
//! ask as they learn; where the questions come from, and where the answers go, is decided elsewhere.

use std::collections::VecDeque;
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

/// Answers that are kept while a file is open: a client asks for some again and again. Of some ten kilobytes each.
const MOST_KEPT: usize = 64;

/// A file as it was when it was opened: a file that was overwritten is opened again.
type Version = (u64, Option<SystemTime>);

/// Answers requests until there are no more.
///
/// `next` returns one; `tell` gets its answer before `next` is called again.
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
    let mut answered = Answered::default();
    let mut request = first;
    loop {
        let answer = answered.to(request, |request| {
            caught(|| {
                if investigation.is_none() && needs_paths(&request.command) {
                    investigation = Some(investigate(&heap)?);
                }
                task(request, progress).report(&request.command, &heap, investigation.as_mut())
            })
        });
        tell(answer);
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

/// Answers about one file, the newest first.
#[derive(Default)]
struct Answered(VecDeque<(Request, Answer)>);

impl Answered {
    /// The answer of before to the same question, or a new one.
    fn to(
        &mut self,
        request: Request,
        answer: impl FnOnce(&Request) -> Result<Answer, Failure>,
    ) -> Result<Answer, Failure> {
        if let Some((_, known)) = self.0.iter().find(|(before, _)| *before == request) {
            return Ok(known.clone());
        }
        let new = answer(&request)?;
        // It reads scripts next to the file, which may change.
        if !matches!(request.command, Command::Closures { .. }) {
            self.0.truncate(MOST_KEPT - 1);
            self.0.push_front((request, new.clone()));
        }
        Ok(new)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core_file::CoreOptions;
    use crate::request::Format;
    use crate::source_maps::MapOptions;

    fn request(command: Command, top: Option<usize>) -> Request {
        Request {
            files: vec!["app.heapsnapshot".to_owned()],
            top,
            format: Format::Json,
            width: 80,
            fast: false,
            may_map: false,
            core: CoreOptions::default(),
            maps: MapOptions::Off,
            baseline: Vec::new(),
            command,
        }
    }

    /// How often the questions had to be answered again.
    fn asked(questions: impl IntoIterator<Item = (Command, Option<usize>, bool)>) -> usize {
        let mut answered = Answered::default();
        let mut asked = 0;
        for (command, top, is_answered) in questions {
            let _ = answered.to(request(command, top), |_| {
                asked += 1;
                match is_answered {
                    true => Ok(Answer::silent()),
                    false => Err(Failure::Panic),
                }
            });
        }
        asked
    }

    #[test]
    fn a_question_of_before_has_the_answer_of_before() {
        let inspect = |id: &str| Command::Inspect { id: id.to_owned() };
        assert_eq!(
            asked([
                (Command::Strings, None, true),
                (inspect("@1"), None, true),
                (Command::Strings, None, true),
                (inspect("@1"), None, true),
            ]),
            2
        );
        // Another object, or more rows, is another question.
        assert_eq!(
            asked([
                (inspect("@1"), None, true),
                (inspect("@3"), None, true),
                (inspect("@1"), Some(5), true),
            ]),
            3
        );
    }

    #[test]
    fn what_failed_or_reads_other_files_is_answered_anew() {
        let closures = || Command::Closures {
            only_unread: true,
            sources: None,
        };
        assert_eq!(
            asked([
                (Command::Summary, None, false),
                (Command::Summary, None, true)
            ]),
            2
        );
        assert_eq!(
            asked([(closures(), None, true), (closures(), None, true)]),
            2
        );
    }

    #[test]
    fn no_more_answers_are_kept_than_some() {
        let many = (0..=MOST_KEPT).map(|top| (Command::Strings, Some(top), true));
        let oldest_and_newest = [Some(0), Some(MOST_KEPT)].map(|top| (Command::Strings, top, true));
        assert_eq!(asked(many.chain(oldest_and_newest)), MOST_KEPT + 2);
    }
}
