//! `realms` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count_of, heading, id, maybe, more};
use crate::RealmsReport;

/// A line for each realm.
#[must_use]
pub fn render(report: &RealmsReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("retained"),
        Column::Number("global"),
        Column::Number("distance"),
        Column::Number("context"),
        Column::Number("global object"),
        Column::Text("class"),
        Column::Place("address"),
    ]);
    for realm in &report.realms {
        let global = realm.global.as_ref();
        table.row([
            maybe(realm.retained_bytes, bytes),
            maybe(realm.global_retained_bytes, bytes),
            maybe(realm.distance, |steps| steps.to_string()),
            id(realm.id),
            maybe(global, |global| id(global.id)),
            maybe(global, |global| class(&global.class)),
            maybe(realm.url.clone(), |url| url),
        ]);
    }
    format!(
        "{}{}{}\n\n",
        heading(&report.snapshot),
        caveat(&report.snapshot),
        count_of(report.realm_count, "realm")
    ) + &table.render(options.width)
        + &more(report.realms.len(), report.realm_count, "realm")
}

/// Of `Window / https://shop.example/`, whose address has a column of its own.
fn class(name: &str) -> String {
    name.split(" / ").next().unwrap_or_default().to_owned()
}
