//! The trace of a leak candidate in lines, one a reference. Computes nothing.

use std::fmt::Write;

use super::paths::place;
use super::units::printable;
use super::{count, id};
use crate::{TraceEntry, TraceStepEntry};

/// What stands before the reference to cut.
const CUT: &str = "cut here >";

/// The lines of a trace, each ending in a line feed.
pub(super) fn lines(trace: &TraceEntry, indent: &str) -> String {
    let references = trace.steps.iter().map(reference).collect::<Vec<_>>();
    let widths = references.iter().map(|text| text.chars().count());
    let width = widths.max().unwrap_or(0);
    let mut out = String::new();
    for (at, (step, text)) in trace.steps.iter().zip(&references).enumerate() {
        let said = match at as u64 == trace.cut {
            true => CUT,
            false => step.expectation.name(),
        };
        let object = object(step, text);
        let line = format!("{indent}{said:10}  {text:width$}  {object}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn reference(step: &TraceStepEntry) -> String {
    printable(&step.reference)
}

/// `Registry @9  src/app.js:12:3`. A root names itself.
fn object(step: &TraceStepEntry, reference: &str) -> String {
    let class = printable(&step.class);
    let is_told = reference == class
        || matches!(class.as_str(), "module" | "Module")
        || class.starts_with("global");
    let mut out = match is_told {
        true => id(step.id),
        false => format!("{class} {}", id(step.id)),
    };
    if step.times > 1 {
        let _ = write!(out, ", … (× {})", count(step.times));
    }
    if let Some(place) = step.position.as_ref().and_then(place) {
        let _ = write!(out, "  {place}");
    }
    out
}
