//! `closures` for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::{
    bytes, caveat, count, count_of, heading, id, more, named as with_original, place, printable,
};
use crate::{ClosureEntry, ClosuresReport, UnknownReason, VariableEntry};

/// What no closure reads in a sentence each, then all variables as a table, then what is not known.
#[must_use]
pub fn render(report: &ClosuresReport, options: &TextOptions) -> String {
    let mut text = format!(
        "{}{}{} with variables; what their closures read is known of {}\n",
        heading(&report.snapshot),
        caveat(&report.snapshot),
        count_of(report.context_count, "context"),
        count(report.known_count),
    );
    text += &match report.unread_count {
        0 => "No variable was found that no living closure reads.\n\n".to_owned(),
        unread => format!(
            "{} that no living closure reads: {} would be freed with what they hold.\n\n",
            count_of(unread, "variable"),
            bytes(report.unread_bytes)
        ),
    };
    for variable in report
        .variables
        .iter()
        .filter(|one| one.is_read == Some(false))
    {
        text += &sentence(variable);
    }
    text += &table(report, options);
    text += &more(report.variables.len(), report.variable_count, "variable");
    text + &unknown(report)
}

/// The cause, in words.
fn sentence(variable: &VariableEntry) -> String {
    let of = match &variable.function {
        Some(function) => format!(" of {}", named(function)),
        None => String::new(),
    };
    let mut closures = variable
        .closures
        .iter()
        .map(named)
        .collect::<Vec<_>>()
        .join(", ");
    let others = variable
        .closure_count
        .saturating_sub(variable.closures.len() as u64);
    if others > 0 {
        closures += &format!(" and {}", count_of(others, "other function"));
    }
    let contexts = count_of(variable.contexts, "context");
    let text = format!(
        "The variable {}{of} is read by no closure that is alive.\n\
         It keeps {} in {contexts}: closures that one call has made share a context, and keep all of its variables.\n\
         Here that is {closures}.",
        variable.name,
        bytes(variable.retained_bytes),
    );
    text.lines()
        .map(|line| printable(line) + "\n")
        .collect::<String>()
        + "\n"
}

fn named(function: &ClosureEntry) -> String {
    let name = match function.name.as_str() {
        "" => "an anonymous function".to_owned(),
        name => with_original(name, Some(&function.position)),
    };
    format!("{name} ({})", place(&function.position))
}

fn table(report: &ClosuresReport, options: &TextOptions) -> String {
    let mut table = Table::new(&[
        Column::Number("retained"),
        Column::Number("contexts"),
        Column::Number("example"),
        Column::Text("read"),
        Column::Text("variable"),
        Column::Text("class"),
        Column::Place("kept by"),
    ]);
    for variable in &report.variables {
        let is_read = match variable.is_read {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        let closure = variable.closures.first();
        table.row([
            bytes(variable.retained_bytes),
            count(variable.contexts),
            id(variable.example_id),
            is_read.to_owned(),
            variable.name.clone(),
            variable.value.class.clone(),
            closure.map(named).unwrap_or_default(),
        ]);
    }
    table.render(options.width)
}

fn unknown(report: &ClosuresReport) -> String {
    let mut text = String::new();
    for entry in &report.unknown {
        let why = match entry.reason {
            UnknownReason::NoText => {
                "the text of a function is neither in the snapshot nor in a file"
            }
            UnknownReason::OtherText => "the file of a script is not the one that ran",
            UnknownReason::Eval => "a function calls eval",
            UnknownReason::Syntax => "the text of a function cannot be followed",
            UnknownReason::OtherHolder => {
                "something other than a closure holds them, such as a function that runs"
            }
        };
        text += &format!(
            "Not known of {}: {why}\n",
            count_of(entry.contexts, "context")
        );
    }
    for script in &report.scripts {
        let name = match script.script.as_str() {
            "" => "a script without a name",
            name => name,
        };
        let what = match script.reason {
            UnknownReason::OtherText => "is not the text that ran",
            _ => "is not to be had",
        };
        text += &printable(&format!(
            "  {name} ({}) {what}",
            count_of(script.functions, "function")
        ));
        text += "\n";
    }
    if !report.scripts.is_empty() {
        text += "Where the files are elsewhere, name the folder: --sources DIR\n";
    }
    match text.is_empty() {
        true => text,
        false => format!("\n{text}"),
    }
}
