//! The questions that programs ask, and their answers for programs: JSON. Apart from `answer`, so that the addon
//! carries no text and no other question along.

use memwatch_report::text::{self, TextOptions};
use memwatch_report::{AnalyzeReport, CoreReport, PageReport};
use memwatch_snapshot::Columns;
use memwatch_snapshot::leaks::Thresholds;
use memwatch_snapshot::query::{self, Heap};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{TOP, investigate};
use crate::compare::compare_as_json;
use crate::core_file::CoreOptions;
use crate::failure::Failure;
use crate::open::{Reader, THREADS};
use crate::progress::{Progress, Stage};

/// Classes of a page: more than anybody reads, little to send.
const PAGE_CLASSES: usize = 200;

/// One question, to one file or two. Its caller has checked the arguments.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Keys")]
pub struct ProgramRequest {
    /// Names of files; `-` is standard input.
    pub files: Vec<String>,
    /// Rows at most, if given.
    pub top: Option<usize>,
    /// Files may be mapped.
    pub may_map: bool,
    /// Which heap of a core file.
    pub core: CoreOptions,
    /// The question.
    pub question: ProgramQuestion,
}

/// The question.
#[derive(Debug)]
pub enum ProgramQuestion {
    /// What leaks?
    Analyze,
    /// What changed?
    Diff,
    /// All that the report of a snapshot shows: candidates, classes, the dominator tree.
    Page,
    /// What does a core file say of its process?
    Core {
        /// Where to write a snapshot of its heap.
        output: Option<String>,
    },
    /// Such an answer, redacted meanwhile, as text. Asks no file.
    CoreText {
        /// The answer.
        report: Box<CoreReport>,
        /// Columns of the terminal.
        width: usize,
    },
}

/// A request as it is written: the keys of all questions side by side. A tagged enum that is flattened reads the same
/// with four times the machine code, for it has to keep each key until it knows the question.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys {
    command: Name,
    files: Vec<String>,
    top: Option<usize>,
    #[serde(default)]
    may_map: bool,
    exe: Option<String>,
    isolate: Option<usize>,
    #[serde(default)]
    all: bool,
    output: Option<String>,
    report: Option<Value>,
    width: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Name {
    Analyze,
    Diff,
    Page,
    Core,
    CoreText,
}

impl TryFrom<Keys> for ProgramRequest {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        let question = match keys.command {
            Name::Analyze => ProgramQuestion::Analyze,
            Name::Diff => ProgramQuestion::Diff,
            Name::Page => ProgramQuestion::Page,
            Name::Core => ProgramQuestion::Core {
                output: keys.output,
            },
            Name::CoreText => ProgramQuestion::CoreText {
                report: Box::new(
                    keys.report
                        .and_then(|report| CoreReport::read_back(&report))
                        .ok_or("`report` is not one of a core file")?,
                ),
                width: keys.width.ok_or("`width` is missing")?,
            },
        };
        Ok(Self {
            files: keys.files,
            top: keys.top,
            may_map: keys.may_map,
            core: CoreOptions {
                exe: keys.exe,
                isolate: keys.isolate,
                all: keys.all,
            },
            question,
        })
    }
}

/// Answers it.
///
/// # Errors
///
/// As [`answer`](crate::answer()).
pub fn answer_program(request: &ProgramRequest, progress: &Progress) -> Result<String, Failure> {
    let reader = Reader {
        may_map: request.may_map,
        core: &request.core,
        progress,
    };
    match (&request.question, request.files.as_slice()) {
        (ProgramQuestion::Analyze, [file]) => reader.analyze(file, request.top),
        (ProgramQuestion::Diff, [before, after]) => reader.diff(before, after, request.top),
        (ProgramQuestion::Page, [file]) => reader.page(file, request.top),
        (ProgramQuestion::Core { output }, [file]) => reader.describe(file, output.as_deref()),
        (ProgramQuestion::CoreText { report, width }, []) => {
            let options = TextOptions { width: *width };
            Ok(text::core_file::render(report, &options))
        }
        (_, files) => Err(Failure::Files(files.len())),
    }
}

impl Reader<'_> {
    fn analyze(&self, file: &str, top: Option<usize>) -> Result<String, Failure> {
        self.ask(file, |heap| {
            Ok(serde_json::to_string(&candidates(heap, top)?)?)
        })
    }

    fn page(&self, file: &str, top: Option<usize>) -> Result<String, Failure> {
        self.ask(file, |heap| {
            let classes = query::ClassesOptions {
                top: PAGE_CLASSES,
                ..query::ClassesOptions::default()
            };
            let page = PageReport::of(
                candidates(heap, top)?,
                query::classes(heap, &classes),
                query::dominator_tree(heap, &query::DominatorTreeOptions::default())?,
            );
            Ok(serde_json::to_string(&page)?)
        })
    }

    fn ask(
        &self,
        file: &str,
        question: impl FnOnce(&Heap<'_>) -> Result<String, Failure>,
    ) -> Result<String, Failure> {
        let snapshot = self.open(file, Columns::ALL)?;
        let analysis = self.analyse(&snapshot);
        self.progress.enter(Stage::Answering);
        question(&Heap::exact(file, &snapshot, &analysis).with_threads(THREADS))
    }

    fn diff(&self, before: &str, after: &str, top: Option<usize>) -> Result<String, Failure> {
        let old = self.open(before, Columns::ALL)?;
        let old_analysis = self.analyse(&old);
        let new = self.open(after, Columns::ALL)?;
        let new_analysis = self.analyse(&new);
        self.progress.enter(Stage::Answering);
        let (before, after) = ((before, &old, &old_analysis), (after, &new, &new_analysis));
        Ok(compare_as_json(before, after, top, THREADS)?)
    }
}

fn candidates(heap: &Heap<'_>, top: Option<usize>) -> Result<AnalyzeReport, Failure> {
    let mut investigation = investigate(heap)?;
    let thresholds = Thresholds::default();
    let top = top.unwrap_or(TOP);
    Ok(AnalyzeReport::of(
        heap.info(),
        &mut investigation,
        &thresholds,
        top,
    ))
}
