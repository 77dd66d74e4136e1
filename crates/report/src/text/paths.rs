//! `paths` for people, and the lines of a path that other texts need. Computes
//! nothing.

use std::fmt::Write;

use super::units::{self, printable, reading};
use super::{TextOptions, count, id};
use crate::{PathEntry, PathsReport, SourcePosition};

/// The report as text, ending in a line feed.
pub fn render(report: &PathsReport, options: &TextOptions) -> String {
    let mut out = reading(&report.snapshot);
    let file = printable(&report.snapshot.file);
    let class = printable(&report.class);
    let what = match report.id {
        Some(number) => format!("{class} {}", id(number)),
        None => class.clone(),
    };
    if report.shapes.is_empty() && report.unheld_count > 0 {
        return out
            + &match (report.id, report.unheld_count) {
                (None, many @ 2..) => format!(
                    "No path leads to any of the {} objects of {what} in {file}: nothing holds them, or \
                 only weakly.\n",
                    count(many)
                ),
                _ => format!(
                    "No path leads to {what} in {file}: nothing holds it, or only weakly.\n"
                ),
            };
    }
    if report.shapes.is_empty() {
        let hint = match report.id {
            None if !class.ends_with(')') => format!(" A function is written '{class}()'."),
            _ => String::new(),
        };
        return out + &format!("No path leads to {what} in {file}.{hint}\n");
    }
    let _ = writeln!(
        out,
        "{} to {what} in {file}.",
        match report.shape_count {
            1 => "One path".to_owned(),
            many => format!("{} paths of different shape", count(many)),
        }
    );
    for shape in &report.shapes {
        let who = match (report.id, shape.count) {
            (None, 1) => format!("One object, {}", id(shape.id)),
            (None, many) => format!("{} objects, e.g. {}", count(many), id(shape.id)),
            (Some(_), 1) => "By one reference".to_owned(),
            (Some(_), many) => format!("By {} references", count(many)),
        };
        let _ = writeln!(
            out,
            "\n{who}:\n{}",
            wrapped(&shape.path.text, "   ", options)
        );
        out.push_str(&places(&shape.path, "   "));
    }
    if report.unheld_count > 0 {
        let _ = writeln!(
            out,
            "\nNo path leads to {} more of them: nothing holds them, or only weakly.",
            count(report.unheld_count)
        );
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
    for word in sentence.split(' ') {
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

/// A sentence behind its number, and what does not fit the line below it.
pub(super) fn numbered(number: usize, sentence: &str, options: &TextOptions) -> String {
    const INDENT: &str = "   ";
    let told = prose(sentence, INDENT, options);
    format!("{number}. {}", told.trim_start())
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
            let name = printable(part.text.trim_start_matches('.'));
            let is_each = name == "[x]";
            lines.push((if is_each { "each".to_owned() } else { name }, place));
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

/// `file.js:12:3`, or `track at file.ts:6:3` where the source is known. Nothing without the script's name.
pub(super) fn place(position: &SourcePosition) -> Option<String> {
    let script = position
        .script
        .as_deref()
        .filter(|script| !script.is_empty())?;
    if let Some(original) = &position.original {
        let place = printable(&units::place(position));
        return Some(match &original.name {
            Some(name) => format!("{} at {place}", printable(name)),
            None => place,
        });
    }
    Some(format!(
        "{}:{}:{}",
        printable(script),
        position.line,
        position.column
    ))
}
