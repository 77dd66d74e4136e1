//! `paths` for people, and the lines of a path that other texts need. Computes
//! nothing.

use std::fmt::Write;

use super::units::printable;
use super::{TextOptions, count, id};
use crate::report::{PathEntry, PathsReport, SourcePosition};

/// The report as text, ending in a line feed.
pub fn render(report: &PathsReport, options: &TextOptions) -> String {
    let mut out = String::new();
    let what = match report.id {
        Some(number) => format!("{} {}", printable(&report.class), id(number)),
        None => printable(&report.class),
    };
    if report.shapes.is_empty() {
        return format!(
            "No path leads to {what} in {}.\n",
            printable(&report.snapshot.file)
        );
    }
    let _ = writeln!(
        out,
        "{} to {what} in {}.",
        match report.shape_count {
            1 => "One path".to_owned(),
            many => format!("{} paths of different shape", count(many)),
        },
        printable(&report.snapshot.file)
    );
    for shape in &report.shapes {
        let who = match (report.id, shape.count) {
            (None, 1) => format!("One object, {}", id(shape.id)),
            (None, many) => format!("{} objects, e.g. {}", count(many), id(shape.id)),
            (Some(_), 1) => "one reference".to_owned(),
            (Some(_), many) => format!("{} references", count(many)),
        };
        let _ = writeln!(
            out,
            "\n{who}:\n{}",
            wrapped(&shape.path.text, "   ", options)
        );
        out.push_str(&places(&shape.path, "   "));
    }
    let hidden = report.shape_count - report.shapes.len() as u64;
    if hidden > 0 {
        let _ = writeln!(
            out,
            "\n{} more: --top {}",
            count(hidden),
            report.shape_count
        );
    }
    out
}

/// A sentence in lines that break at spaces.
pub(super) fn prose(sentence: &str, indent: &str, options: &TextOptions) -> String {
    let mut out = indent.to_owned();
    let mut column = indent.len();
    for word in printable(sentence).split(' ') {
        let width = word.chars().count();
        if column + 1 + width > options.width {
            out.push('\n');
            out.push_str(indent);
            column = indent.len();
        } else if column > indent.len() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

/// The path in lines that break at arrows.
pub(super) fn wrapped(path: &str, indent: &str, options: &TextOptions) -> String {
    let mut out = indent.to_owned();
    let mut column = indent.len();
    for (at, part) in printable(path).split(" → ").enumerate() {
        let width = part.chars().count();
        if at > 0 && column + 3 + width > options.width {
            out.push('\n');
            out.push_str(indent);
            out.push_str("  → ");
            column = indent.len() + 4;
        } else if at > 0 {
            out.push_str(" → ");
            column += 3;
        }
        out.push_str(part);
        column += width;
    }
    out
}

/// Where the functions on the path stand, each once.
pub(super) fn places(path: &PathEntry, indent: &str) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    for part in &path.parts {
        if let Some(position) = &part.position
            && let Some(place) = place(position)
            && !lines.iter().any(|(_, known)| *known == place)
        {
            let name = part.text.trim_start_matches('.');
            let name = if name == "[x]" { "each" } else { name };
            lines.push((printable(name), place));
        }
    }
    let width = lines
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    for (name, place) in lines {
        let _ = writeln!(out, "{indent}{name:width$}  {place}");
    }
    out
}

/// `file.js:12:3`, counted from 1. Nothing without the script's name.
fn place(position: &SourcePosition) -> Option<String> {
    let script = position
        .script
        .as_deref()
        .filter(|script| !script.is_empty())?;
    Some(format!(
        "{}:{}:{}",
        printable(script),
        u64::from(position.line) + 1,
        u64::from(position.column) + 1
    ))
}
