//! `strings` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, count_of, heading, id, maybe, more};
use crate::{Holder, StringsReport};

/// The report: duplicates, the largest, and what only slices keep.
#[must_use]
pub fn render(report: &StringsReport, options: &TextOptions) -> String {
    format!(
        "{}{}{}, {}\n\n",
        heading(&report.snapshot),
        caveat(&report.snapshot),
        count_of(report.string_count, "string"),
        bytes(report.string_bytes)
    ) + &duplicates(report, options)
        + "\n"
        + &largest(report, options)
        + "\n"
        + &sliced(report, options)
}

fn holder_id(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| id(holder.from.id))
}

fn holder_text(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| {
        let from = &holder.from;
        // Of V8's own nodes, the name says more than the class.
        let name = match from.class.starts_with('(') && !from.preview.starts_with('(') {
            true => &from.preview,
            false => &from.class,
        };
        let gap = if holder.access.starts_with('(') {
            " "
        } else {
            ""
        };
        format!("{name}{gap}{}", holder.access)
    })
}

/// Before a number that is a bound, because texts are known in part only.
fn at_most(is_bound: bool) -> String {
    if is_bound { "≤ " } else { "" }.to_owned()
}

fn duplicates(report: &StringsReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("wasted"),
        Column::Number("copies"),
        Column::Number("each"),
        Column::Number("example"),
        Column::Line("text"),
        Column::Number("holder"),
        Column::Text("held as"),
    ]);
    for one in &report.duplicates {
        table.row([
            at_most(one.is_cut) + &bytes(one.wasted_bytes),
            count(one.copies),
            bytes(one.bytes_each),
            id(one.example_id),
            one.preview.clone(),
            holder_id(one.holder.as_ref()),
            holder_text(one.holder.as_ref()),
        ]);
    }
    let note = match report.wasted_is_bound {
        true => {
            "≤: V8 wrote only the start of some of these texts, and they may differ further on.\n"
        }
        false => "",
    };
    format!(
        "Texts that are there more than once: {}, {}{} to be saved\n{note}",
        count(report.duplicate_count),
        at_most(report.wasted_is_bound),
        bytes(report.wasted_bytes)
    ) + &table.render(options.width)
        + &more(report.duplicates.len(), report.duplicate_count, "text")
}

fn largest(report: &StringsReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("retained"),
        Column::Number("shallow"),
        Column::Number("id"),
        Column::Line("text"),
        Column::Number("holder"),
        Column::Text("held as"),
    ]);
    for one in &report.largest {
        table.row([
            maybe(one.retained_bytes, bytes),
            bytes(one.shallow_bytes),
            id(one.id),
            one.preview.clone(),
            holder_id(one.holder.as_ref()),
            holder_text(one.holder.as_ref()),
        ]);
    }
    "The largest strings\n".to_owned() + &table.render(options.width)
}

fn sliced(report: &StringsReport, options: &TextOptions) -> String {
    if report.sliced_count == 0 {
        return "No string is kept by slices of it alone\n".to_owned();
    }
    let mut table = Table::new(&[
        Column::Number("kept"),
        Column::Number("slices"),
        Column::Number("id"),
        Column::Number("a slice"),
        Column::Line("text"),
        Column::Number("holder"),
        Column::Text("slice held as"),
    ]);
    for one in &report.sliced {
        table.row([
            bytes(one.parent_bytes),
            count(one.slices),
            id(one.parent_id),
            id(one.example_id),
            one.preview.clone(),
            holder_id(one.holder.as_ref()),
            holder_text(one.holder.as_ref()),
        ]);
    }
    format!(
        "Strings kept by slices of them alone: {}, {}\n",
        count(report.sliced_count),
        bytes(report.sliced_bytes)
    ) + &table.render(options.width)
        + &more(report.sliced.len(), report.sliced_count, "string")
}
