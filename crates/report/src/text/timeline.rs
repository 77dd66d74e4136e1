//! `timeline` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, count, count_of, heading, maybe, more, named, place};
use crate::{AliveObjects, TimelineReport, TracedFrame, TracedFunction};

/// Callers that fit a line.
const SHOWN_CALLERS: usize = 2;

/// Moments, then functions.
#[must_use]
pub fn render(report: &TimelineReport, options: &TextOptions) -> String {
    let alive = report
        .moments
        .iter()
        .fold(0u64, |sum, one| sum.saturating_add(one.alive.bytes));
    let mut text = format!(
        "{}Recorded for {} in {}: {} of what came then is alive\n\n",
        heading(&report.snapshot),
        seconds(report.duration_us),
        count_of(report.moment_count, "moment"),
        bytes(alive),
    );
    text += &moments(report, options);
    text += &format!("\n  older: {}\n", objects(report.before));
    if report.after.count > 0 {
        text += &format!("  after the last moment: {}\n", objects(report.after));
    }
    text += "\n";
    if !report.has_stacks {
        return text
            + "Stacks were not recorded: V8 writes them where allocations are tracked (trackAllocations).\n";
    }
    text += &functions(report, options);
    text += &more(report.functions.len(), report.function_count, "function");
    if report.untraced.count > 0 {
        text += &format!(
            "\n  allocated by no function: {}\n",
            objects(report.untraced)
        );
    }
    text
}

fn objects(alive: AliveObjects) -> String {
    format!(
        "{} in {}",
        bytes(alive.bytes),
        count_of(alive.count, "object")
    )
}

fn seconds(microseconds: u64) -> String {
    let tenths = microseconds.saturating_add(50_000) / 100_000;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

fn moments(report: &TimelineReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("from"),
        Column::Number("to"),
        Column::Number("objects then"),
        Column::Number("alive"),
        Column::Number("bytes"),
        Column::Text("most of it"),
        Column::Number("of it"),
    ]);
    for one in &report.moments {
        table.row([
            seconds(one.from_us),
            seconds(one.to_us),
            count(one.then_count),
            count(one.alive.count),
            bytes(one.alive.bytes),
            one.class.clone().unwrap_or_default(),
            match one.class {
                Some(_) => bytes(one.class_bytes),
                None => String::new(),
            },
        ]);
    }
    table.render(options.width)
}

fn functions(report: &TimelineReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("bytes alive"),
        Column::Number("of allocated"),
        Column::Number("objects"),
        Column::Number("of"),
        Column::Text("most of it"),
        Column::Text("function"),
        Column::Place("at"),
        Column::Line("called by"),
    ]);
    for one in &report.functions {
        table.row([
            bytes(one.alive.bytes),
            bytes(one.allocated_bytes),
            count(one.alive.count),
            count(one.allocated_count),
            one.class.clone().unwrap_or_default(),
            name(&one.function),
            maybe(one.function.position.as_ref(), place),
            callers(one),
        ]);
    }
    table.render(options.width)
}

fn name(frame: &TracedFrame) -> String {
    match frame.name.as_str() {
        "" => "(anonymous)".to_owned(),
        name => named(name, frame.position.as_ref()),
    }
}

fn callers(function: &TracedFunction) -> String {
    let shown = function.callers.iter().take(SHOWN_CALLERS).map(name);
    shown.collect::<Vec<_>>().join(" < ")
}
