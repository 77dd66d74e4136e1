//! `refs` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, count_of, heading, id, maybe, more, printable};
use crate::{ObjectRef, RefsReport};

/// The report: groups when there are many references, then single ones.
#[must_use]
pub fn render(report: &RefsReport, options: &TextOptions) -> String {
    let object = &report.object;
    let mut text = format!(
        "{}{}{} {}\n",
        heading(&report.snapshot),
        caveat(&report.snapshot),
        id(object.id),
        printable(&described(object))
    );
    let weak = report.reference_count - report.strong_count;
    text += &count_of(report.reference_count, "reference");
    if weak > 0 {
        text += &format!(", {} of them weak", count(weak));
    }
    if let Some(retained) = report.retained_bytes {
        text += &format!("; retains {}", bytes(retained));
    }
    if let Some(dominator) = &report.dominator {
        text += &format!(
            "; freed with {} {}",
            printable(&dominator.class),
            id(dominator.id)
        );
    }
    text += "\n\n";
    if !report.groups.is_empty() {
        text += &groups(report, options);
        text += "\n";
    }
    text += &references(report, options);
    text + &more(report.references.len(), report.reference_count, "reference")
}

/// The preview, after the class where it does not begin with it.
fn described(object: &ObjectRef) -> String {
    match object.preview.starts_with(&object.class) {
        true => object.preview.clone(),
        false => format!("{} {}", object.class, object.preview),
    }
}

fn groups(report: &RefsReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("references"),
        Column::Number("example"),
        Column::Text("from class"),
        Column::Text("by"),
    ]);
    for group in &report.groups {
        table.row([
            count(group.count),
            id(group.example_id),
            group.class.clone(),
            group.access.clone(),
        ]);
    }
    table.render(options.width)
}

fn references(report: &RefsReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("distance"),
        Column::Number("retained"),
        Column::Number("id"),
        Column::Text("from"),
        Column::Text("by"),
        Column::Line("preview"),
    ]);
    for one in &report.references {
        let from = one.owner.as_ref().unwrap_or(&one.from);
        table.row([
            maybe(one.distance, |steps| steps.to_string()),
            maybe(one.retained_bytes, bytes),
            id(from.id),
            from.class.clone(),
            one.access.clone(),
            from.preview.clone(),
        ]);
    }
    table.render(options.width)
}
