//! `instances` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, heading, id, maybe, more, printable};
use crate::{InstancesReport, Precision};

/// The report as a table.
#[must_use]
pub fn render(report: &InstancesReport, options: &TextOptions) -> String {
    let is_exact = report.snapshot.precision == Precision::Exact;
    let mut table = match is_exact {
        true => Table::new(&[
            Column::Number("retained"),
            Column::Number("shallow"),
            Column::Number("distance"),
            Column::Number("id"),
            Column::Line("preview"),
        ]),
        false => Table::new(&[
            Column::Number("shallow"),
            Column::Number("id"),
            Column::Line("preview"),
        ]),
    };
    for one in &report.instances {
        let (shallow, id) = (bytes(one.shallow_bytes), id(one.id));
        if is_exact {
            let retained = maybe(one.retained_bytes, bytes);
            let distance = maybe(one.distance, |steps| steps.to_string());
            table.row([retained, shallow, distance, id, one.preview.clone()]);
        } else {
            table.row([shallow, id, one.preview.clone()]);
        }
    }
    format!(
        "{}{}{} of class {}, {} shallow\n\n",
        heading(&report.snapshot),
        caveat(&report.snapshot),
        count(report.instance_count),
        printable(&report.class),
        bytes(report.shallow_bytes)
    ) + &table.render(options.width)
        + &more(report.instances.len(), report.instance_count, "instance")
}
