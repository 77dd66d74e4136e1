//! Several snapshots, the oldest first: which holders grow each time, and which
//! classes grew. Both answers make one report. Opens files; which of them are
//! compared, and where the answer goes, is decided elsewhere.

use memwatch_heap::elf::is_elf;
use memwatch_report::text::{self, TextOptions};
use memwatch_report::{ComparisonReport, DiffReport, GrowthReport, LeakGrowthReport, Positions};
use memwatch_snapshot::leaks::{GrowthHistory, GrowthThresholds, Investigation};
use memwatch_snapshot::query::{self, ClassTotals, DiffOptions, DiffOrder, Heap, SnapshotInfo};
use memwatch_snapshot::{Analysis, Columns, DiffReadError, Snapshot};
use serde::Serialize;

use crate::answer::{Answer, Task};
use crate::failure::Failure;
use crate::open::{THREADS, map, open_file};
use crate::progress::Stage;
use crate::request::Format;

/// The default number of accumulation points reported as growing.
const TOP_PLACES: usize = 10;

/// A snapshot with what its graph says, under the name that the report has for it.
pub type Analysed<'a> = (&'a str, &'a Snapshot, &'a Analysis);

/// Who holds more in the second of two snapshots, and of which classes there is more.
fn compare_two(
    (before, old, old_analysis): Analysed<'_>,
    (after, new, new_analysis): Analysed<'_>,
    options: &DiffOptions,
    top: usize,
    known: &[String],
    threads: usize,
) -> (LeakGrowthReport, DiffReport) {
    let interfaces = &new_analysis.interfaces;
    let heap = |file, snapshot, analysis| {
        let heap = Heap::exact(file, snapshot, analysis).with_interfaces(interfaces);
        heap.with_threads(threads)
    };
    let heaps = (
        heap(before, old, old_analysis),
        heap(after, new, new_analysis),
    );
    let classes = query::diff(&heaps.0, &heaps.1, options);
    let mut history = GrowthHistory::default();
    history.push(&Investigation::of(old, old_analysis));
    if classes.seems_unrelated {
        history.set_other_ids();
    }
    let mut last = Investigation::of(new, new_analysis);
    let known = known.iter().cloned().collect();
    let growth = history.finish(&mut last, &GrowthThresholds::default(), &known);
    let infos = vec![heaps.0.info(), heaps.1.info()];
    (
        LeakGrowthReport::of(infos, &mut last, &growth, top),
        classes.into(),
    )
}

/// The same as JSON: the report of `memwatch diff BEFORE AFTER --json`. With one thread it starts none: it runs
/// in forked children too.
///
/// # Errors
///
/// None that is known: the report is made of what JSON has.
pub fn compare_as_json(
    before: Analysed<'_>,
    after: Analysed<'_>,
    top: Option<usize>,
    threads: usize,
) -> serde_json::Result<String> {
    let mut options = DiffOptions::default();
    options.top = top.unwrap_or(options.top);
    let top = top.unwrap_or(TOP_PLACES);
    let (places, classes) = compare_two(before, after, &options, top, &[], threads);
    serde_json::to_string(&ComparisonReport {
        places: Some(places),
        classes,
    })
}

impl Task<'_> {
    pub(super) fn compare(&self, files: &[String], sort: DiffOrder) -> Result<Answer, Failure> {
        let mut options = DiffOptions::default();
        self.limit(&mut options.top);
        options.order = sort;
        match (files, self.request.fast) {
            ([before, after], true) => self.fast_diff(before, after, &options),
            (files, true) => self.fast_growth(files),
            ([before, after], false) => self.diff(before, after, &options),
            (files, false) => self.growth(files),
        }
    }

    /// Two snapshots, with everything.
    fn diff(&self, before: &str, after: &str, options: &DiffOptions) -> Result<Answer, Failure> {
        let old = self.open(before, Columns::ALL)?;
        let old_analysis = self.analyse(&old);
        let new = self.open(after, Columns::ALL)?;
        let new_analysis = self.analyse(&new);
        self.progress.enter(Stage::Answering);
        let (places, classes) = compare_two(
            (before, &old, &old_analysis),
            (after, &new, &new_analysis),
            options,
            self.request.top.unwrap_or(TOP_PLACES),
            &self.request.baseline,
            THREADS,
        );
        let heap = Heap::exact(after, &new, &new_analysis);
        let scripts = |script| heap.script_name(script);
        self.tell(&scripts, Some(places), classes, text::diff::render)
    }

    /// More of them: only what grows every time. One is open at a time, but for the
    /// newest, whose interfaces are those of all.
    fn growth(&self, files: &[String]) -> Result<Answer, Failure> {
        let Some((newest, older)) = files.split_last() else {
            return Err(Failure::Files(0));
        };
        let new = self.open(newest, Columns::ALL)?;
        let new_analysis = self.analyse(&new);
        let interfaces = &new_analysis.interfaces;
        let mut history = GrowthHistory::default();
        let mut totals = Vec::new();
        let mut infos = Vec::new();
        for file in older {
            let snapshot = self.open(file, Columns::ALL)?;
            let analysis = self.analyse(&snapshot);
            self.progress.enter(Stage::Answering);
            let heap = Heap::exact(file, &snapshot, &analysis)
                .with_interfaces(interfaces)
                .with_threads(THREADS);
            totals.push(ClassTotals::of(&heap));
            infos.push(heap.info());
            history.push(&Investigation::of(&snapshot, &analysis));
        }
        self.progress.enter(Stage::Answering);
        let heap = Heap::exact(newest, &new, &new_analysis)
            .with_interfaces(interfaces)
            .with_threads(THREADS);
        totals.push(ClassTotals::of(&heap));
        infos.push(heap.info());
        let mut last = Investigation::of(&new, &new_analysis);
        let places = self.places(history, &mut last, infos);
        let mut options = query::GrowthOptions::default();
        self.limit(&mut options.top);
        let classes = query::growth(&totals, &options);
        let scripts = |script| heap.script_name(script);
        self.tell(&scripts, Some(places), classes.into(), text::growth::render)
    }

    /// By the nodes alone.
    fn fast_diff(
        &self,
        before: &str,
        after: &str,
        options: &DiffOptions,
    ) -> Result<Answer, Failure> {
        let bytes = |file: &str| match self.request.may_map && file != "-" {
            true => open_file(file)
                .and_then(|opened| map(&opened, self.progress))
                // A core is read another way.
                .map(|mapped| mapped.filter(|bytes| !is_elf((**bytes).as_ref())))
                .map_err(|error| Failure::io(file, error)),
            false => Ok(None),
        };
        let classes = if let (Some(old), Some(new)) = (bytes(before)?, bytes(after)?) {
            query::fast_diff((before, old), (after, new), THREADS, options).map_err(|error| {
                match error {
                    DiffReadError::Before(error) => Failure::snapshot(before, error),
                    DiffReadError::After(error) => Failure::snapshot(after, error),
                }
            })?
        } else {
            let old = self.open(before, Columns::NODES)?;
            let new = self.open(after, Columns::NODES)?;
            self.progress.enter(Stage::Answering);
            query::diff(&Heap::fast(before, &old), &Heap::fast(after, &new), options)
        };
        let of = |classes: &DiffReport, options: &TextOptions| {
            let infos = [classes.before.clone(), classes.after.clone()];
            text::readings(&infos) + &text::diff::render(classes, options)
        };
        self.tell(&|_| None, None, classes.into(), of)
    }

    fn fast_growth(&self, files: &[String]) -> Result<Answer, Failure> {
        let mut totals = Vec::new();
        for file in files {
            let snapshot = self.open(file, Columns::NODES)?;
            totals.push(ClassTotals::of(&Heap::fast(file, &snapshot)));
        }
        let mut options = query::GrowthOptions::default();
        self.limit(&mut options.top);
        let classes = query::growth(&totals, &options);
        let of = |classes: &GrowthReport, options: &TextOptions| {
            text::readings(&classes.snapshots) + &text::growth::render(classes, options)
        };
        self.tell(&|_| None, None, classes.into(), of)
    }

    fn places(
        &self,
        history: GrowthHistory,
        last: &mut Investigation<'_>,
        infos: Vec<SnapshotInfo>,
    ) -> LeakGrowthReport {
        let known = self.request.baseline.iter().cloned().collect();
        let growth = history.finish(last, &GrowthThresholds::default(), &known);
        let top = self.request.top.unwrap_or(TOP_PLACES);
        LeakGrowthReport::of(infos, last, &growth, top)
    }

    fn tell<C: Serialize + Positions>(
        &self,
        scripts: &dyn Fn(u32) -> Option<String>,
        places: Option<LeakGrowthReport>,
        classes: C,
        render: impl Fn(&C, &TextOptions) -> String,
    ) -> Result<Answer, Failure> {
        let unknown = places.as_ref().map_or(0, |places| places.unknown_count);
        let mut report = ComparisonReport { places, classes };
        self.request.maps.add_originals(&mut report, scripts)?;
        let output = match self.request.format {
            Format::Json => serde_json::to_string_pretty(&report)?,
            Format::Text => text::comparison::render(&report, &self.text_options(), render),
        };
        Ok(Answer {
            output,
            new_findings: u32::try_from(unknown).unwrap_or(u32::MAX),
        })
    }
}
