//! `summary` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, count_of, heading, id, maybe, more};
use crate::SummaryReport;

/// The report: types of nodes, native memory, what is detached.
#[must_use]
pub fn render(report: &SummaryReport, options: &TextOptions) -> String {
    heading(&report.snapshot)
        + caveat(&report.snapshot)
        + "\n"
        + &kinds(report, options)
        + "\n"
        + &native(report, options)
        + "\n"
        + &detached(report, options)
}

fn kinds(report: &SummaryReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("size"),
        Column::Number("nodes"),
        Column::Text("type"),
    ]);
    for kind in &report.kinds {
        table.row([
            bytes(kind.self_bytes),
            count(kind.nodes),
            kind.node_type.clone(),
        ]);
    }
    table.render(options.width)
}

fn native(report: &SummaryReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("size"),
        Column::Number("nodes"),
        Column::Number("largest"),
        Column::Text("native"),
    ]);
    for one in &report.native {
        table.row([
            bytes(one.self_bytes),
            count(one.nodes),
            id(one.example_id),
            one.name.clone(),
        ]);
    }
    format!(
        "Native memory: {} in nodes, {} of it in {}; {} outside of all nodes\n",
        bytes(report.native_bytes),
        bytes(report.buffer_bytes),
        count_of(report.buffer_count, "ArrayBuffer store"),
        bytes(report.snapshot.extra_native_bytes)
    ) + &table.render(options.width)
        + &more(report.native.len(), report.native_count, "name")
}

fn detached(report: &SummaryReport, options: &TextOptions) -> String {
    if report.detached_count == 0 {
        return "Nothing is detached\n".to_owned();
    }
    let mut table = Table::new(&[
        Column::Number("retained"),
        Column::Number("shallow"),
        Column::Number("id"),
        Column::Text("detached"),
    ]);
    for one in &report.detached {
        table.row([
            maybe(one.retained_bytes, bytes),
            bytes(one.shallow_bytes),
            id(one.id),
            one.name.clone(),
        ]);
    }
    format!("Detached: {}\n", count_of(report.detached_count, "node"))
        + &table.render(options.width)
        + &more(
            report.detached.len(),
            report.detached_count,
            "detached node",
        )
}
