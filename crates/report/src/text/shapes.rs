//! `shapes` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, heading, id, more};
use crate::{ShapeEntry, ShapesReport};

/// The report as a table.
#[must_use]
pub fn render(report: &ShapesReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("instances"),
        Column::Number("properties"),
        Column::Number("shallow"),
        Column::Number("example"),
        Column::Line("constructor: properties"),
    ]);
    for shape in &report.shapes {
        table.row([
            count(shape.instances),
            count(shape.property_count),
            bytes(shape.shallow_bytes),
            id(shape.example_id),
            described(shape),
        ]);
    }
    heading(&report.snapshot)
        + caveat(&report.snapshot)
        + "Properties that hold numbers are known where V8's hidden class is not shared.\n\n"
        + &table.render(options.width)
        + &more(report.shapes.len(), report.shape_count, "shape")
}

fn described(shape: &ShapeEntry) -> String {
    if shape.properties.is_empty() {
        return format!("{}: (none)", shape.constructor);
    }
    let is_cut = shape.property_count > shape.properties.len() as u64;
    let rest = if is_cut { ", …" } else { "" };
    format!(
        "{}: {}{rest}",
        shape.constructor,
        shape.properties.join(", ")
    )
}
