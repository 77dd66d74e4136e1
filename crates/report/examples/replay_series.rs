//! Runs recorded series of memory through the trend detector, to see what its settings
//! do: one line a file, and with `--trace` each change of state.
//!
//!   cargo run --release -p memwatch-report --example `replay_series` -- FILES… [--no-probes] [--trace]
//!
//! A file has JSON lines: `{"about": {name, kind, pace, measure}}`, full collections
//! `{t_us, heap, external, malloced, rss, heap_limit}`, readings without one
//! `{"between": true, t_us, heap, external, malloced, rss}`, and at last `{"final": {heap,
//! external, rss}, t_us}` after a forced collection. A probe sees what lies between the full
//! collections before and after it, or the reading, where that is less.

use std::path::Path;
use std::{env, fs};

use memwatch_detector::gc::HeapNumbers;
use memwatch_detector::gc::trend::{Change, Kind, Reading, Transitions, Trend};
use memwatch_report::text::detector_state::transition_reason;
use serde_json::Value;

const MIB: f64 = 1_048_576.0;

/// How long a probe takes to mark, and what it costs the main thread.
const MARKING_US: i64 = 500_000;
const COST_NS: u64 = 10_000_000;

struct Line {
    t_us: i64,
    is_full: bool,
    heap: f64,
    external: f64,
    malloced: u64,
    rss: u64,
}

fn main() {
    let (flags, files): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|a| a.starts_with("--"));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let name = Path::new(&file).file_stem().unwrap_or_default();
        print!("{:<34}", name.to_string_lossy());
        replay(&text, !has("--no-probes"), has("--trace"));
    }
}

fn replay(text: &str, probes: bool, trace: bool) {
    let values: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let about = values.iter().find_map(|value| value.get("about"));
    let limit = values
        .iter()
        .find_map(|value| value.get("heap_limit")?.as_u64())
        .unwrap_or(4 << 30);
    let lines: Vec<Line> = values.iter().filter_map(line).collect();
    let Some(first) = lines.first() else {
        println!("empty");
        return;
    };
    let mut trend = Trend::new(&reading(first, limit, 0));
    trend.probe_settings_mut().enabled = probes;
    let mut begun: Option<i64> = None;
    let (mut told, mut confirmed) = (Vec::new(), None);
    let mut count = 0;
    // What was allocated is not recorded: at least what memory rose by between readings.
    let mut allocated = 0;
    for (i, line) in lines.iter().enumerate().skip(1) {
        let before = &lines[i - 1];
        let rise = line.heap + line.external - before.heap - before.external;
        allocated += rise.max(0.0) as u64;
        let mut changes: Vec<Transitions> = Vec::new();
        if begun.is_some_and(|at| line.t_us >= at + MARKING_US) && !line.is_full {
            begun = None;
            count += 1;
            trend.probe_costs(line.t_us, COST_NS);
            let seen = Line {
                heap: live(&lines, i, |line| line.heap),
                external: live(&lines, i, |line| line.external),
                ..*line
            };
            changes.push(trend.full(&reading(&seen, limit, allocated), true));
        }
        let reading = reading(line, limit, allocated);
        if line.is_full {
            if begun.take().is_some() {
                trend.probe_gives_up(line.t_us);
            }
            changes.push(trend.full(&reading, false));
        } else {
            changes.push(trend.young(&reading));
        }
        if trend.wants_probe(line.t_us) {
            trend.probe_begins(line.t_us);
            begun = Some(line.t_us);
        }
        for transition in changes.into_iter().flatten().flatten() {
            let assessment = &transition.assessment;
            let now = match assessment.kind {
                Kind::Heap => live(&lines, i, |line| line.heap) - first.heap,
                Kind::External => live(&lines, i, |line| line.external) - first.external,
                Kind::Native => line.rss as f64 - first.rss as f64,
            };
            told.push(format!(
                "{:>7.1} s {:>6.1} MB {:?} {:?}: {}",
                line.t_us as f64 / 1e6,
                now / MIB,
                assessment.kind,
                transition.change,
                transition_reason(&transition)
            ));
            if transition.change == Change::Confirmed && confirmed.is_none() {
                confirmed = Some((line.t_us, now, assessment.kind));
            }
        }
    }
    let last = &lines[lines.len() - 1];
    let text = |key: &str| {
        about
            .and_then(|about| about.get(key)?.as_str())
            .unwrap_or("?")
    };
    let seconds = |us: i64| us as f64 / 1e6;
    let assessment = trend.worst_kind();
    match confirmed {
        Some((at, grown, kind)) => println!(
            "{:>8} CONFIRMED {kind:?} at {:>5.1} s, grown {:>6.1} MB ({count} probes)",
            text("kind"),
            seconds(at),
            grown / MIB
        ),
        None => println!(
            "{:>8} -         {:>5.1} s, grown {:>6.1} MB ({count} probes), {:?} {:.2} {:?}",
            text("kind"),
            seconds(last.t_us),
            (last.heap - first.heap) / MIB,
            assessment.kind,
            assessment.confidence,
            assessment.state,
        ),
    }
    if trace {
        for line in told {
            println!("    {line}");
        }
    }
}

fn line(value: &Value) -> Option<Line> {
    let t_us = value.get("t_us")?.as_i64()?;
    let is_final = value.get("final").is_some();
    let numbers = value.get("final").unwrap_or(value);
    let number = |key: &str| numbers.get(key)?.as_u64();
    Some(Line {
        t_us,
        is_full: is_final || value.get("heap_limit").is_some(),
        heap: number("heap")? as f64,
        external: number("external")? as f64,
        malloced: number("malloced").unwrap_or(0),
        rss: number("rss")?,
    })
}

fn reading(line: &Line, limit: u64, allocated: u64) -> Reading {
    Reading {
        at_us: line.t_us,
        at_unix_us: line.t_us,
        heap: HeapNumbers {
            used_heap_size: line.heap as u64,
            // What is committed is not recorded; what is in use is the least of it.
            total_physical_size: line.heap as u64,
            external_memory: line.external as u64,
            malloced_memory: line.malloced,
            heap_size_limit: limit,
            ..HeapNumbers::default()
        },
        rss: Some(line.rss),
        malloc_free: None,
        allocated,
    }
}

/// What is alive at a line: between the full collections around it.
fn live(lines: &[Line], i: usize, value: impl Fn(&Line) -> f64) -> f64 {
    let before = lines[..=i].iter().rev().find(|line| line.is_full);
    let after = lines[i..].iter().find(|line| line.is_full);
    let between = match (before.or(lines.first()), after) {
        (Some(before), Some(after)) if after.t_us > before.t_us => {
            let share = (lines[i].t_us - before.t_us) as f64 / (after.t_us - before.t_us) as f64;
            value(before) + (value(after) - value(before)) * share
        }
        (Some(one), _) | (None, Some(one)) => value(one),
        (None, None) => value(&lines[i]),
    };
    between.min(value(&lines[i]))
}
