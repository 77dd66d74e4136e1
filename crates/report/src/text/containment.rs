//! `containment` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, count_of, heading, id, maybe, more, printable};
use crate::ContainmentReport;

/// The object, then a line for each reference.
#[must_use]
pub fn render(report: &ContainmentReport, options: &TextOptions) -> String {
    let object = &report.object;
    let retained = report
        .retained_bytes
        .map(|retained| format!(", retains {}", bytes(retained)));
    let mut table = Table::new(&[
        Column::Number("retained"),
        Column::Number("shallow"),
        Column::Number("distance"),
        Column::Number("children"),
        Column::Number("id"),
        Column::Text("by"),
        Column::Line("to"),
    ]);
    for child in &report.children {
        let by = match child.weak {
            true => format!("{}, weak", child.access),
            false => child.access.clone(),
        };
        let to = match child.to.preview.starts_with(&child.to.class) {
            true => child.to.preview.clone(),
            false => format!("{} {}", child.to.class, child.to.preview),
        };
        table.row([
            maybe(child.retained_bytes, bytes),
            bytes(child.shallow_bytes),
            maybe(child.distance, |steps| steps.to_string()),
            count(child.child_count),
            id(child.to.id),
            by,
            to,
        ]);
    }
    format!(
        "{}{}{} {}: {} shallow{}; {}\n\n",
        heading(&report.snapshot),
        caveat(&report.snapshot),
        id(object.id),
        printable(&object.class),
        bytes(report.shallow_bytes),
        retained.unwrap_or_default(),
        count_of(report.child_count, "reference"),
    ) + &table.render(options.width)
        + &more(report.children.len(), report.child_count, "reference")
}
