//! What leaks in snapshots, on the command line: `leaks analyze FILE`,
//! `leaks paths FILE @ID|CLASS`, `leaks growth FIRST … LAST`; `--json` after the
//! command. Prints to standard output; `growth` ends with status 1 if something
//! grew.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use memwatch_core::report::{
    AnalyzeReport, LeakGrowthReport, PathsReport, Precision, SnapshotInfo,
};
use memwatch_core::snapshot::leaks::{GrowthHistory, GrowthThresholds, Investigation, Thresholds};
use memwatch_core::snapshot::{Analysis, NodeId, ReadOptions, Snapshot, read};
use memwatch_core::text::{self, TextOptions};

/// Entries shown.
const TOP: usize = 10;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_json = arguments.iter().any(|argument| argument == "--json");
    arguments.retain(|argument| argument != "--json");
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut code = ExitCode::SUCCESS;
    let out = match words[..] {
        ["analyze", file] => analyze(file, is_json)?,
        ["paths", file, target] => paths(file, target, is_json)?,
        ["growth", ref files @ .., last] if !files.is_empty() => {
            let report = growth(files, last)?;
            if report.unknown_count > 0 {
                code = ExitCode::from(1);
            }
            told(is_json, &report, text::leak_growth::render)?
        }
        _ => {
            return Err(
                "usage: leaks analyze FILE | paths FILE TARGET | growth FIRST … LAST".into(),
            );
        }
    };
    std::io::stdout().write_all(out.as_bytes())?;
    Ok(code)
}

fn told<T: serde::Serialize>(
    is_json: bool,
    report: &T,
    text: impl Fn(&T, &TextOptions) -> String,
) -> Result<String, Box<dyn Error>> {
    Ok(if is_json {
        serde_json::to_string_pretty(report)? + "\n"
    } else {
        text(report, &TextOptions::default())
    })
}

fn open(file: &str) -> Result<(Snapshot, Analysis), Box<dyn Error>> {
    let options = ReadOptions {
        threads: 2,
        ..ReadOptions::default()
    };
    let snapshot = read(Arc::new(std::fs::read(file)?), options)?;
    let analysis = Analysis::of(&snapshot, 2);
    Ok((snapshot, analysis))
}

fn info(file: &str, snapshot: &Snapshot, analysis: &Analysis) -> SnapshotInfo {
    let extra_native_bytes = snapshot.extra_native_bytes();
    SnapshotInfo {
        file: file.to_owned(),
        nodes: snapshot.node_count() as u64,
        edges: snapshot.edge_count() as u64,
        shallow_bytes: analysis.total_size(snapshot) - extra_native_bytes,
        extra_native_bytes,
        precision: Precision::Exact,
    }
}

fn analyze(file: &str, is_json: bool) -> Result<String, Box<dyn Error>> {
    let (snapshot, analysis) = open(file)?;
    let info = info(file, &snapshot, &analysis);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let report = AnalyzeReport::of(info, &mut investigation, &Thresholds::default(), TOP);
    told(is_json, &report, text::analyze::render)
}

fn paths(file: &str, target: &str, is_json: bool) -> Result<String, Box<dyn Error>> {
    let (snapshot, analysis) = open(file)?;
    let info = info(file, &snapshot, &analysis);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let report = match target.strip_prefix('@') {
        Some(id) => {
            let id = NodeId(id.parse()?);
            let node = snapshot.node_by_id(id).ok_or("no such object")?;
            PathsReport::to_object(info, &mut investigation, node, id, TOP)
        }
        None => PathsReport::to_class(info, &mut investigation, target, TOP),
    };
    told(is_json, &report, text::paths::render)
}

fn growth(files: &[&str], last: &str) -> Result<LeakGrowthReport, Box<dyn Error>> {
    let mut history = GrowthHistory::default();
    let mut infos = Vec::new();
    for file in files {
        let (snapshot, analysis) = open(file)?;
        infos.push(info(file, &snapshot, &analysis));
        history.push(&Investigation::of(&snapshot, &analysis));
    }
    let (snapshot, analysis) = open(last)?;
    infos.push(info(last, &snapshot, &analysis));
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let thresholds = GrowthThresholds::default();
    let growth = history.finish(&mut investigation, &thresholds, &Default::default());
    Ok(LeakGrowthReport::of(
        infos,
        &mut investigation,
        &growth,
        TOP,
    ))
}
