//! `functions` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, count_of, heading, id, maybe, more, named, place};
use crate::{FunctionsReport, Precision};

/// The report as a table.
#[must_use]
pub fn render(report: &FunctionsReport, options: &TextOptions) -> String {
    let is_exact = report.snapshot.precision == Precision::Exact;
    let mut table = match is_exact {
        true => Table::new(&[
            Column::Number("closures"),
            Column::Number("retained"),
            Column::Number("alone"),
            Column::Number("shared"),
            Column::Number("example"),
            Column::Text("function"),
            Column::Place("at"),
        ]),
        false => Table::new(&[
            Column::Number("closures"),
            Column::Number("shallow"),
            Column::Number("example"),
            Column::Text("function"),
            Column::Place("at"),
        ]),
    };
    for function in &report.functions {
        let name = match function.name.as_str() {
            "" => "(anonymous)".to_owned(),
            name => named(name, function.position.as_ref()),
        };
        let at = function.position.as_ref();
        let at = at.map_or_else(|| "(built in)".to_owned(), place);
        let (closures, example) = (count(function.closures), id(function.example_id));
        if is_exact {
            table.row([
                closures,
                maybe(function.retained_bytes, bytes),
                maybe(function.own_context_bytes, bytes),
                maybe(function.shared_context_bytes, bytes),
                example,
                name,
                at,
            ]);
        } else {
            table.row([closures, bytes(function.shallow_bytes), example, name, at]);
        }
    }
    let explained = match is_exact {
        true => {
            "Kept by the variables closures have taken along: \"alone\" is in contexts of this\n\
             function only, \"shared\" in contexts that other functions have as well.\n"
        }
        false => "",
    };
    format!(
        "{}{}{} of {}\n{explained}\n",
        heading(&report.snapshot),
        caveat(&report.snapshot),
        count_of(report.closure_count, "closure"),
        count_of(report.function_count, "function")
    ) + &table.render(options.width)
        + &more(report.functions.len(), report.function_count, "function")
}
