//! `scopes` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{bytes, caveat, count, count_of, heading, id, maybe, more, named, place};
use crate::{ScopeEntry, ScopesReport};

/// A line for each context, and below it one for each of its variables.
#[must_use]
pub fn render(report: &ScopesReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("retained"),
        Column::Number("alike"),
        Column::Number("id"),
        Column::Text("variable"),
        Column::Text("class"),
        Column::Text("closure"),
        Column::Place("at"),
    ]);
    for scope in &report.scopes {
        table.row([
            maybe(scope.retained_bytes, bytes),
            maybe(scope.alike, count),
            id(scope.id),
            String::new(),
            "(context)".to_owned(),
            closure(scope),
            scope.position.as_ref().map(place).unwrap_or_default(),
        ]);
        for variable in &scope.variables {
            table.row([
                maybe(variable.retained_bytes, bytes),
                String::new(),
                id(variable.value.id),
                variable.name.clone(),
                variable.value.class.clone(),
                String::new(),
                String::new(),
            ]);
        }
    }
    format!(
        "{}{}{} with variables, without those of Node's own modules\n\n",
        heading(&report.snapshot),
        caveat(&report.snapshot),
        count_of(report.context_count, "context")
    ) + &table.render(options.width)
        + &more(report.scopes.len(), report.context_count, "context")
}

/// One that has the context, and how many others do.
fn closure(scope: &ScopeEntry) -> String {
    let name = match scope.name.as_str() {
        _ if scope.closure_count == 0 => return "-".to_owned(),
        "" => "(anonymous)".to_owned(),
        name => named(name, scope.position.as_ref()),
    };
    match scope.closure_count - 1 {
        0 => name,
        others => format!("{name} and {}", count(others)),
    }
}
