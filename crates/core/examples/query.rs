//! Every question to a snapshot from the command line, to try them out:
//! `query [--fast] [--json] [--top N] [--width N] [--order WORD] COMMAND FILE [ARGUMENT…]`,
//! with COMMAND one of summary, classes, shapes, functions, instances, inspect,
//! refs, strings, diff. Reads plain files only; prints how long it took to the
//! standard error.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use memwatch_core::snapshot::query::{self, Heap, parse_id};
use memwatch_core::snapshot::{Analysis, Columns, ReadOptions, Snapshot, SnapshotBytes, read};
use memwatch_core::text::{self, TextOptions};
use serde::Serialize;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Default)]
struct Arguments {
    fast: bool,
    json: bool,
    top: Option<usize>,
    width: Option<usize>,
    order: String,
    words: Vec<String>,
}

fn main() -> Outcome<()> {
    let arguments = parse(std::env::args().skip(1))?;
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let output = match words.as_slice() {
        ["diff", before, after] => diff(&arguments, before, after)?,
        ["diff", files @ ..] => growth(&arguments, files)?,
        [command, file, rest @ ..] => single(&arguments, command, file, rest)?,
        _ => return Err("which command, of which file?".into()),
    };
    print!("{output}");
    Ok(())
}

fn parse(words: impl Iterator<Item = String>) -> Outcome<Arguments> {
    let mut arguments = Arguments::default();
    let mut words = words;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--fast" => arguments.fast = true,
            "--json" => arguments.json = true,
            "--top" => arguments.top = Some(value()?.parse()?),
            "--width" => arguments.width = Some(value()?.parse()?),
            "--order" => arguments.order = value()?,
            _ => arguments.words.push(word),
        }
    }
    Ok(arguments)
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = work();
    eprintln!("{what}: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    result
}

fn open(file: &str, columns: Columns) -> Outcome<Snapshot> {
    let options = ReadOptions {
        columns,
        threads: 2,
    };
    let bytes = std::fs::read(file)?;
    Ok(timed("read", || read(Arc::new(bytes), options))?)
}

/// The whole snapshot with its analysis, or the nodes alone.
fn single(arguments: &Arguments, command: &str, file: &str, rest: &[&str]) -> Outcome<String> {
    // Fast is without analysis; only what lists edges still reads them.
    let needs_edges = !matches!(command, "summary" | "classes" | "instances");
    let columns = match arguments.fast && !needs_edges {
        true => Columns::NODES,
        false => Columns::ALL,
    };
    let snapshot = open(file, columns)?;
    if arguments.fast {
        return answer(arguments, &Heap::fast(file, &snapshot), command, rest);
    }
    let analysis = timed("analysis", || Analysis::of(&snapshot, 2));
    answer(
        arguments,
        &Heap::exact(file, &snapshot, &analysis).with_threads(2),
        command,
        rest,
    )
}

fn answer(arguments: &Arguments, heap: &Heap<'_>, command: &str, rest: &[&str]) -> Outcome<String> {
    let said = Said { arguments };
    let unknown = || format!("no order {:?} for {command}", arguments.order);
    match (command, rest) {
        ("summary", []) => {
            let mut options = query::SummaryOptions::default();
            options.top = arguments.top.unwrap_or(options.top);
            let report = timed(command, || query::summary(heap, &options));
            said.by(&report, text::summary::render)
        }
        ("classes", []) => {
            let mut options = query::ClassesOptions::default();
            options.top = arguments.top.unwrap_or(options.top);
            options.order = match arguments.order.as_str() {
                "" | "retained" => query::ClassOrder::Retained,
                "shallow" => query::ClassOrder::Shallow,
                "instances" => query::ClassOrder::Instances,
                _ => return Err(unknown().into()),
            };
            let report = timed(command, || query::classes(heap, &options));
            said.by(&report, text::classes::render)
        }
        ("shapes", []) => {
            let mut options = query::ShapesOptions::default();
            options.top = arguments.top.unwrap_or(options.top);
            options.order = match arguments.order.as_str() {
                "" | "instances" => query::ShapeOrder::Instances,
                "properties" => query::ShapeOrder::Properties,
                "shallow" => query::ShapeOrder::Shallow,
                _ => return Err(unknown().into()),
            };
            let report = timed(command, || query::shapes(heap, &options))?;
            said.by(&report, text::shapes::render)
        }
        ("functions", []) => {
            let mut options = query::FunctionsOptions::default();
            options.top = arguments.top.unwrap_or(options.top);
            options.order = match arguments.order.as_str() {
                "" | "closures" => query::FunctionOrder::Closures,
                "contexts" => query::FunctionOrder::Contexts,
                "retained" => query::FunctionOrder::Retained,
                _ => return Err(unknown().into()),
            };
            let report = timed(command, || query::functions(heap, &options))?;
            said.by(&report, text::functions::render)
        }
        ("instances", [class]) => {
            let mut options = query::InstancesOptions::default();
            options.top = arguments.top.unwrap_or(options.top);
            options.order = match arguments.order.as_str() {
                "" | "retained" => query::InstanceOrder::Retained,
                "shallow" => query::InstanceOrder::Shallow,
                "id" => query::InstanceOrder::Id,
                _ => return Err(unknown().into()),
            };
            let report = timed(command, || query::instances(heap, class, &options))?;
            said.by(&report, text::instances::render)
        }
        ("inspect", [id]) => {
            let mut options = query::InspectOptions::default();
            options.top = arguments.top.unwrap_or(options.top);
            let id = parse_id(id)?;
            let report = timed(command, || query::inspect(heap, id, &options))?;
            said.by(&report, text::inspect::render)
        }
        ("refs", [id]) => {
            let mut options = query::RefsOptions::default();
            options.top = arguments.top.unwrap_or(options.top);
            let id = parse_id(id)?;
            let report = timed(command, || query::refs(heap, id, &options))?;
            said.by(&report, text::refs::render)
        }
        ("strings", []) => {
            let mut options = query::StringsOptions::default();
            options.top = arguments.top.unwrap_or(options.top);
            let report = timed(command, || query::strings(heap, &options));
            said.by(&report, text::strings::render)
        }
        _ => Err(format!("no command {command:?} with these arguments").into()),
    }
}

fn diff(arguments: &Arguments, before: &str, after: &str) -> Outcome<String> {
    let mut options = query::DiffOptions::default();
    options.top = arguments.top.unwrap_or(options.top);
    options.order = match arguments.order.as_str() {
        "" | "net" => query::DiffOrder::Net,
        "retained" => query::DiffOrder::Retained,
        "instances" => query::DiffOrder::Instances,
        "allocated" => query::DiffOrder::Allocated,
        other => return Err(format!("no order {other:?} for diff").into()),
    };
    let said = Said { arguments };
    if arguments.fast {
        let read = |file: &str| std::fs::read(file).map(|bytes| Arc::new(bytes) as SnapshotBytes);
        let files = ((before, read(before)?), (after, read(after)?));
        let report = timed("diff", || query::fast_diff(files.0, files.1, 2, &options));
        let report = report.map_err(|error| format!("{error:?}"))?;
        return said.by(&report, text::diff::render);
    }
    let old = open(before, Columns::ALL)?;
    let new = open(after, Columns::ALL)?;
    let analyses = timed("analysis", || {
        (Analysis::of(&old, 2), Analysis::of(&new, 2))
    });
    let interfaces = &analyses.1.interfaces;
    let old = Heap::exact(before, &old, &analyses.0).with_interfaces(interfaces);
    let new = Heap::exact(after, &new, &analyses.1).with_threads(2);
    let report = timed("diff", || query::diff(&old, &new, &options));
    said.by(&report, text::diff::render)
}

/// The newest first, as its interfaces are those of all; one at a time.
fn growth(arguments: &Arguments, files: &[&str]) -> Outcome<String> {
    let mut options = query::GrowthOptions::default();
    options.top = arguments.top.unwrap_or(options.top);
    let mut totals = Vec::new();
    let mut interfaces = None;
    for file in files.iter().rev() {
        if arguments.fast {
            let snapshot = open(file, Columns::NODES)?;
            totals.push(query::ClassTotals::of(&Heap::fast(*file, &snapshot)));
            continue;
        }
        let snapshot = open(file, Columns::ALL)?;
        let analysis = timed("analysis", || Analysis::of(&snapshot, 2));
        let interfaces = interfaces.get_or_insert_with(|| analysis.interfaces.clone());
        let heap = Heap::exact(*file, &snapshot, &analysis).with_interfaces(interfaces);
        totals.push(query::ClassTotals::of(&heap));
    }
    totals.reverse();
    let report = query::growth(&totals, &options);
    Said { arguments }.by(&report, text::growth::render)
}

/// A report in the form asked for.
struct Said<'a> {
    arguments: &'a Arguments,
}

impl Said<'_> {
    fn by<R: Serialize>(
        &self,
        report: &R,
        render: impl Fn(&R, &TextOptions) -> String,
    ) -> Outcome<String> {
        if self.arguments.json {
            return Ok(serde_json::to_string_pretty(report)? + "\n");
        }
        let mut options = TextOptions::default();
        options.width = self.arguments.width.unwrap_or(options.width);
        Ok(render(report, &options))
    }
}
