//! What grew, for people: each group in one sentence with its numbers, then the
//! path, then what to type next. Computes nothing.

use std::fmt::Write;

use super::analyze::{advice, keeper, next, shared};
use super::paths::{numbered, places, prose, wrapped};
use super::units::{printable, readings};
use super::{TextOptions, bytes, count};
use crate::{GrownEntry, LeakGrowthReport};

/// The report as text, ending in a line feed.
pub fn render(report: &LeakGrowthReport, options: &TextOptions) -> String {
    let mut out = readings(&report.snapshots);
    let totals: Vec<String> = report
        .total_bytes
        .iter()
        .map(|&total| bytes(total))
        .collect();
    let process = if report.is_same_process {
        "one process"
    } else {
        "different processes or numberings"
    };
    let snapshots = format!(
        "{} snapshots of {process}: {}",
        report.snapshots.len(),
        totals.join(" → ")
    );
    if report.grown.is_empty() {
        let _ = writeln!(out, "Nothing grew in every interval. {snapshots}.");
        return out;
    }
    let holders = match report.grown_count {
        1 => "1 leak candidate grew".to_owned(),
        many => format!("{many} leak candidates grew"),
    };
    let _ = writeln!(out, "{holders} in every interval. {snapshots}.");
    let last = report
        .snapshots
        .last()
        .map_or("", |snapshot| snapshot.file.as_str());
    for (at, grown) in report.grown.iter().enumerate() {
        let told = numbered(at + 1, &sentence(grown), options);
        let _ = writeln!(out, "\n{told}");
        let _ = writeln!(out, "\n{}", wrapped(&grown.path.text, "   ", options));
        out.push_str(&places(&grown.path, "   "));
        let _ = writeln!(
            out,
            "\n{}",
            prose(advice_of_growth(grown.suspect.kind), "   ", options)
        );
        out.push_str(&next(&grown.next, last));
        let known = if grown.is_known { " (known)" } else { "" };
        let _ = writeln!(out, "   signature {}{known}", grown.suspect.signature);
    }
    let hidden = report.grown_count - report.grown.len() as u64;
    if hidden > 0 {
        let _ = writeln!(
            out,
            "\n{} more: --top {}",
            count(hidden),
            report.grown_count
        );
    }
    out
}

/// What to do about it, now that it is known to grow.
fn advice_of_growth(kind: &str) -> &'static str {
    match kind {
        "single" => {
            "Data is added to it and never removed: replace it now and then, or give it a limit."
        }
        _ => advice(kind),
    }
}

/// `+20,020 × LeakingClass, +5.8 MiB retained (2,000 → 22,020; 20,020 new, none
/// freed): all in one list of callbacks, @1234.`
fn sentence(grown: &GrownEntry) -> String {
    if grown.suspect.kind == "single" {
        return larger(grown);
    }
    let counts: Vec<String> = grown.counts.iter().map(|&many| count(many)).collect();
    let mut numbers = counts.join(" → ");
    if let (Some(new), Some(freed)) = (grown.new_count, grown.freed_count) {
        let freed = if freed == 0 {
            "none".to_owned()
        } else {
            count(freed)
        };
        numbers += &format!("; {} new, {freed} freed", count(new));
    }
    format!(
        "+{} × {}, +{} retained ({numbers}): {}{}.",
        count(grown.count_growth),
        printable(&grown.suspect.class),
        bytes(grown.retained_growth_bytes),
        keeper(&grown.suspect),
        shared(&grown.suspect)
    )
}

/// `+2.9 MiB in one ArrayBuffer (1.4 MiB → 4.3 MiB): the object itself grows.`
fn larger(grown: &GrownEntry) -> String {
    let sizes: Vec<String> = grown
        .retained_bytes_each
        .iter()
        .map(|&size| bytes(size))
        .collect();
    let class = printable(&grown.suspect.class);
    let (what, it) = match grown.suspect.count {
        1 => (format!("one {class}"), "the object itself grows"),
        many => (format!("{} × {class}", count(many)), "each by its own size"),
    };
    format!(
        "+{} in {what} ({}): {it}.",
        bytes(grown.retained_growth_bytes),
        sizes.join(" → ")
    )
}
