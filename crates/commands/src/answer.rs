//! From a request to the text of its answer: opens only what the question needs, calls
//! `memwatch_snapshot`, and writes the report. Comparisons of several snapshots are in
//! `compare`.

use memwatch_report::text::{self, TextOptions};
use memwatch_report::{AnalyzeReport, PathsReport, Positions};
use memwatch_snapshot::leaks::{Investigation, Thresholds};
use memwatch_snapshot::query::{self, Heap, QueryError, parse_id};
use memwatch_snapshot::{Analysis, Columns, NodeId, Snapshot};
use serde::Serialize;

use crate::failure::Failure;
use crate::open::{Reader, THREADS};
use crate::progress::{Progress, Stage};
use crate::request::{Command, Format, Request};
use crate::running;
use crate::scripts::Scripts;

/// The default number of leak candidates or shapes of paths.
pub const TOP: usize = 10;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The report, as JSON or text.
    pub output: String,
    /// Findings that the baseline does not name.
    pub new_findings: u32,
}

impl Answer {
    /// Nothing to say.
    pub fn silent() -> Self {
        Self {
            output: String::new(),
            new_findings: 0,
        }
    }
}

/// Answers a request.
///
/// # Errors
///
/// A file that cannot be read or written, or a question that does not fit it.
pub fn answer(request: &Request, progress: &Progress) -> Result<Answer, Failure> {
    let task = Task { request, progress };
    // Before the minutes that a large file takes.
    request.maps.check()?;
    match (&request.command, request.files.as_slice()) {
        (Command::Diff { sort }, files @ [_, _, ..]) => task.compare(files, *sort),
        (
            Command::Redact {
                output,
                strict,
                compression,
            },
            [file],
        ) => task.redact(file, output, *strict, *compression),
        (Command::Snapshot { output }, [pid]) => task.snapshot_of_process(pid, output.as_deref()),
        (command, [file]) => task.one(command, file),
        _ => Err(Failure::Files(request.files.len())),
    }
}

/// A request under way.
pub(super) struct Task<'a> {
    pub request: &'a Request,
    pub progress: &'a Progress,
}

impl Task<'_> {
    /// A question to one snapshot.
    fn one(&self, command: &Command, file: &str) -> Result<Answer, Failure> {
        if let Some(pid) = running::pid_of(file)
            && let Command::Analyze { markdown } = *command
        {
            return self.analyze_process(pid, markdown);
        }
        if matches!(command, Command::Timeline) {
            return self.timeline(file);
        }
        if self.request.fast {
            let snapshot = self.open(file, Columns::NODES)?;
            return self.report(command, &Heap::fast(file, &snapshot), None);
        }
        let snapshot = self.open(file, Columns::ALL)?;
        let analysis = match command {
            Command::Analyze { .. } => self.analyse_for_leaks(&snapshot),
            _ => self.analyse(&snapshot),
        };
        let heap = Heap::exact(file, &snapshot, &analysis).with_threads(THREADS);
        self.report(command, &heap, None)
    }

    /// The answer of a heap that is open. `known` is what an earlier question has found of it.
    pub(super) fn report<'a>(
        &self,
        command: &Command,
        heap: &Heap<'a>,
        known: Option<&mut Investigation<'a>>,
    ) -> Result<Answer, Failure> {
        self.progress.enter(Stage::Answering);
        match command {
            Command::Summary => {
                let mut options = query::SummaryOptions::default();
                self.limit(&mut options.top);
                self.say(query::summary(heap, &options), text::summary::render)
            }
            Command::Classes { sort } => {
                let mut options = query::ClassesOptions::default();
                self.limit(&mut options.top);
                options.order = *sort;
                self.say_placed(heap, query::classes(heap, &options), text::classes::render)
            }
            Command::Shapes { sort } => {
                let mut options = query::ShapesOptions::default();
                self.limit(&mut options.top);
                options.order = *sort;
                self.say(query::shapes(heap, &options)?, text::shapes::render)
            }
            Command::Functions { sort } => {
                let mut options = query::FunctionsOptions::default();
                self.limit(&mut options.top);
                options.order = *sort;
                self.say_placed(
                    heap,
                    query::functions(heap, &options)?,
                    text::functions::render,
                )
            }
            Command::Closures {
                only_unread,
                sources,
            } => {
                let mut options = query::ClosuresOptions::default();
                self.limit(&mut options.top);
                options.only_unread = *only_unread;
                let scripts = Scripts::new(sources.as_deref());
                let answer = query::closures(heap, &|name| scripts.text(name), &options)?;
                self.say_placed(heap, answer, text::closures::render)
            }
            Command::Containment { id } => {
                let mut options = query::ContainmentOptions::default();
                self.limit(&mut options.top);
                let id = id.as_ref().map(|id| id_of(heap, id)).transpose()?;
                self.say(
                    query::containment(heap, id, &options)?,
                    text::containment::render,
                )
            }
            Command::Scopes => {
                let mut options = query::ScopesOptions::default();
                self.limit(&mut options.top);
                self.say_placed(heap, query::scopes(heap, &options)?, text::scopes::render)
            }
            Command::Realms => {
                let mut options = query::RealmsOptions::default();
                self.limit(&mut options.top);
                self.say(query::realms(heap, &options)?, text::realms::render)
            }
            Command::Instances { class, sort } => {
                let mut options = query::InstancesOptions::default();
                self.limit(&mut options.top);
                options.order = *sort;
                self.say(
                    query::instances(heap, class, &options)?,
                    text::instances::render,
                )
            }
            Command::Inspect { id } => {
                let mut options = query::InspectOptions::default();
                self.limit(&mut options.top);
                let answer = query::inspect(heap, id_of(heap, id)?, &options)?;
                self.say_placed(heap, answer, text::inspect::render)
            }
            Command::Refs { id } => {
                let mut options = query::RefsOptions::default();
                self.limit(&mut options.top);
                let answer = query::refs(heap, id_of(heap, id)?, &options)?;
                self.say(answer, text::refs::render)
            }
            Command::Strings => {
                let mut options = query::StringsOptions::default();
                self.limit(&mut options.top);
                self.say(query::strings(heap, &options), text::strings::render)
            }
            Command::Analyze { .. } | Command::Paths { .. } => {
                let mut own = None;
                let investigation = match known {
                    Some(known) => known,
                    None => own.insert(investigate(heap)?),
                };
                if let Command::Paths { target } = command {
                    let report = self.paths(heap, investigation, target)?;
                    return self.say_placed(heap, report, text::paths::render);
                }
                let report = self.candidates(heap, investigation);
                match command {
                    Command::Analyze { markdown: true } => {
                        self.say_placed(heap, report, text::markdown::render)
                    }
                    _ => self.say_placed(heap, report, text::analyze::render),
                }
            }
            Command::Diff { .. }
            | Command::Redact { .. }
            | Command::Snapshot { .. }
            | Command::Timeline => Err(Failure::Files(1)),
        }
    }

    /// What is alive of what was recorded: the file is read in another way than for all other questions.
    fn timeline(&self, file: &str) -> Result<Answer, Failure> {
        let (snapshot, traces) = self.reader().open_traced(file)?;
        self.progress.enter(Stage::Answering);
        let mut options = query::TimelineOptions::default();
        self.limit(&mut options.top);
        let heap = Heap::fast(file, &snapshot);
        let answer = query::timeline(&heap, &traces, &options)?;
        self.say_placed(&heap, answer, text::timeline::render)
    }

    /// What leaks, by the thresholds of the command.
    pub(super) fn candidates(
        &self,
        heap: &Heap<'_>,
        investigation: &mut Investigation<'_>,
    ) -> AnalyzeReport {
        let thresholds = Thresholds::default();
        let top = self.request.top.unwrap_or(TOP);
        AnalyzeReport::of(heap.info(), investigation, &thresholds, top)
    }

    /// Paths to an object, where the target is an id as tables print it, else to the
    /// objects of a class.
    fn paths(
        &self,
        heap: &Heap<'_>,
        investigation: &mut Investigation<'_>,
        target: &str,
    ) -> Result<PathsReport, Failure> {
        let top = self.request.top.unwrap_or(TOP);
        if !target.starts_with('@') && !is_address(target) {
            let report = PathsReport::to_class(heap.info(), investigation, target, top);
            let is_known = heap.classes().iter().any(|(_, class)| class.name == target);
            if report.shape_count == 0 && !is_known {
                return Err(query::no_such_class(heap, target).into());
            }
            return Ok(report);
        }
        let id = id_of(heap, target)?;
        let node = heap.snapshot().node_by_id(id);
        let node = node.ok_or(QueryError::NoSuchId(id))?;
        Ok(PathsReport::to_object(
            heap.info(),
            investigation,
            node,
            id,
            top,
        ))
    }

    pub(super) fn open(&self, file: &str, columns: Columns) -> Result<Snapshot, Failure> {
        self.reader().open(file, columns)
    }

    pub(super) fn analyse(&self, snapshot: &Snapshot) -> Analysis {
        self.reader().analyse(snapshot)
    }

    pub(super) fn analyse_for_leaks(&self, snapshot: &Snapshot) -> Analysis {
        self.reader().analyse_for_leaks(snapshot)
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            may_map: self.request.may_map,
            core: &self.request.core,
            progress: self.progress,
        }
    }

    pub(super) fn limit(&self, top: &mut usize) {
        *top = self.request.top.unwrap_or(*top);
    }

    /// The same for a report with positions, with those in the sources.
    pub(super) fn say_placed<R: Serialize + Positions>(
        &self,
        heap: &Heap<'_>,
        found: impl Into<R>,
        render: impl Fn(&R, &TextOptions) -> String,
    ) -> Result<Answer, Failure> {
        let mut report = found.into();
        let scripts = |script| heap.script_name(script);
        self.request.maps.add_originals(&mut report, &scripts)?;
        self.say(report, render)
    }

    /// The report of what was found, in the format that was asked for.
    pub(super) fn say<R: Serialize>(
        &self,
        found: impl Into<R>,
        render: impl Fn(&R, &TextOptions) -> String,
    ) -> Result<Answer, Failure> {
        let report = found.into();
        Ok(Answer {
            output: match self.request.format {
                Format::Json => serde_json::to_string_pretty(&report)?,
                Format::Text => render(&report, &self.text_options()),
            },
            new_findings: 0,
        })
    }

    pub(super) fn text_options(&self) -> TextOptions {
        TextOptions {
            width: self.request.width,
        }
    }
}

/// Whether a target is written as the address of an object.
fn is_address(target: &str) -> bool {
    target.starts_with("0x")
}

/// The id of an object that is named by its id, or in a core by its address as well.
fn id_of(heap: &Heap<'_>, target: &str) -> Result<NodeId, Failure> {
    let Some(digits) = target.strip_prefix("0x") else {
        return Ok(parse_id(target)?);
    };
    let address = u64::from_str_radix(digits, 16);
    let address = address.map_err(|_| QueryError::NotAnId(target.to_owned()))?;
    let Some(reading) = heap.snapshot().reading() else {
        return Err(QueryError::NoAddresses.into());
    };
    let id = reading.addresses.id_at(address);
    let id = id.filter(|&id| heap.snapshot().node_by_id(id).is_some());
    id.ok_or_else(|| QueryError::NoSuchAddress(address).into())
}

/// Who keeps what; needs everything.
pub(super) fn investigate<'a>(heap: &Heap<'a>) -> Result<Investigation<'a>, Failure> {
    let analysis = heap.analysis().ok_or(QueryError::NeedsEdges)?;
    Ok(Investigation::of(heap.snapshot(), analysis))
}
