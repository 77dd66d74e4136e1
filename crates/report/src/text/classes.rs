//! `classes` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, heading, maybe, more, named, place};
use crate::{ClassesReport, Precision};

/// The report as a table.
#[must_use]
pub fn render(report: &ClassesReport, options: &TextOptions) -> String {
    let is_exact = report.snapshot.precision == Precision::Exact;
    let mut table = match is_exact {
        true => Table::new(&[
            Column::Number("retained"),
            Column::Number("shallow"),
            Column::Number("instances"),
            Column::Number("distance"),
            Column::Text("class"),
            Column::Place("constructor at"),
        ]),
        false => Table::new(&[
            Column::Number("shallow"),
            Column::Number("instances"),
            Column::Text("class"),
            Column::Place("constructor at"),
        ]),
    };
    for class in &report.classes {
        let named = named(&class.name, class.position.as_ref());
        let at = class.position.as_ref().map(place).unwrap_or_default();
        let (shallow, instances) = (bytes(class.shallow_bytes), count(class.instances));
        if is_exact {
            let retained = maybe(class.retained_bytes, bytes);
            let distance = maybe(class.distance, |steps| steps.to_string());
            table.row([retained, shallow, instances, distance, named.clone(), at]);
        } else {
            table.row([shallow, instances, named.clone(), at]);
        }
    }
    heading(&report.snapshot)
        + caveat(&report.snapshot)
        + "\n"
        + &table.render(options.width)
        + &more(report.classes.len(), report.class_count, "class")
}
