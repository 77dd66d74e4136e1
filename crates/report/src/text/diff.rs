//! `diff` of two snapshots for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{
    bytes, caveat, count, maybe, more, named, place, signed_bytes, signed_count, title,
};
use crate::{DiffReport, Precision};

/// The report as a table.
#[must_use]
pub fn render(report: &DiffReport, options: &TextOptions) -> String {
    let is_exact = report.after.precision == Precision::Exact;
    let mut table = match is_exact {
        true => Table::new(&[
            Column::Number("net size"),
            Column::Number("retained"),
            Column::Number("net"),
            Column::Number("allocated"),
            Column::Number("freed"),
            Column::Text("class"),
            Column::Place("constructor at"),
        ]),
        false => Table::new(&[
            Column::Number("net size"),
            Column::Number("net"),
            Column::Number("allocated"),
            Column::Number("freed"),
            Column::Text("class"),
            Column::Place("constructor at"),
        ]),
    };
    for class in &report.classes {
        let size = signed_bytes(class.net_bytes);
        let net = signed_count(class.net);
        let (allocated, freed) = (maybe(class.allocated, count), maybe(class.freed, count));
        let name = named(&class.name, class.position.as_ref());
        let at = class.position.as_ref().map(place).unwrap_or_default();
        if is_exact {
            let retained = maybe(class.retained_growth_bytes, signed_bytes);
            table.row([size, retained, net, allocated, freed, name, at]);
        } else {
            table.row([size, net, allocated, freed, name, at]);
        }
    }
    let warning = match report.seems_unrelated {
        true => {
            "Compared by class only: the same id means different objects in the two snapshots. They are of\n\
             two processes, or V8 renumbered the heap between them, as it does when DevTools\n\
             disconnects. So the allocated and the freed objects are unknown.\n"
        }
        false => "",
    };
    let (old, new) = (report.before.shallow_bytes, report.after.shallow_bytes);
    format!(
        "before {}after  {}{}{warning}{} to {}: {} by {}\n\n",
        title(&report.before),
        title(&report.after),
        caveat(&report.after),
        bytes(old),
        bytes(new),
        signed_bytes(report.net_bytes),
        match report.seems_unrelated {
            true => "class",
            false => "objects allocated and freed",
        }
    ) + &table.render(options.width)
        + &more(report.classes.len(), report.class_count, "class")
}
