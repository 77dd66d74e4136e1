//! Positions of functions and classes in scripts, and in the sources that a script was made from. Which position came
//! from where is found by the source map reader; this is their form in the reports.

use std::iter;

use memwatch_snapshot::{leaks, query};
use serde::Serialize;

use crate::{
    AnalyzeReport, ClassesReport, ClosuresReport, ComparisonReport, DiffReport, FunctionsReport,
    GrowthReport, InspectReport, LeakGrowthReport, PathEntry, PathsReport, ScopesReport,
    SnapshotInfo, TimelineReport, TraceEntry,
};

/// A position in a script, as V8 has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SourcePosition {
    /// Name of the script, when a function of it has one.
    pub script: Option<String>,
    /// V8's number for it.
    pub script_id: u32,
    /// From 1, as in editors and stack traces.
    pub line: u32,
    /// From 1, in UTF-16 units.
    pub column: u32,
    /// The position in its source, by a source map; left out where none has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<OriginalPosition>,
}

/// A position in a source that a script was made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OriginalPosition {
    /// The source: its path as seen from the script, or the address that the bundler gave it.
    pub source: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// What the function or class is called there; `null` where the map has no name, or the same one.
    pub name: Option<String>,
}

impl From<query::SourcePosition> for SourcePosition {
    fn from(entry: query::SourcePosition) -> Self {
        Self {
            script: entry.script,
            script_id: entry.script_id,
            line: entry.line.saturating_add(1),
            column: entry.column.saturating_add(1),
            original: None,
        }
    }
}

impl From<&leaks::Place> for SourcePosition {
    fn from(place: &leaks::Place) -> Self {
        Self {
            script: place.script.clone(),
            script_id: place.script_id,
            line: place.line.saturating_add(1),
            column: place.column.saturating_add(1),
            original: None,
        }
    }
}

/// A report with positions, for those who add originals.
pub trait Positions {
    /// Calls `visit` with each position and what its function or class is called in the script; with nothing where
    /// only a reference to it has a name.
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str));

    /// Why source maps were not used; of several snapshots, those of the last.
    fn source_map_notes(&mut self) -> Option<&mut Vec<String>>;
}

/// Reports whose rows have a name and a position.
macro_rules! rows {
    ($($report:ident: $rows:ident, $snapshot:expr;)*) => {
        $(impl Positions for $report {
            fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
                for row in &mut self.$rows {
                    if let Some(position) = &mut row.position {
                        visit(position, name_in(&row.name));
                    }
                }
            }

            fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
                let snapshot: fn(&mut Self) -> Option<&mut SnapshotInfo> = $snapshot;
                snapshot(self).map(|snapshot| &mut snapshot.source_map_notes)
            }
        })*
    };
}

rows! {
    ClassesReport: classes, |report| Some(&mut report.snapshot);
    FunctionsReport: functions, |report| Some(&mut report.snapshot);
    ScopesReport: scopes, |report| Some(&mut report.snapshot);
    DiffReport: classes, |report| Some(&mut report.after);
    GrowthReport: classes, |report| report.snapshots.last_mut();
}

impl Positions for ClosuresReport {
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
        for variable in &mut self.variables {
            for closure in variable.function.iter_mut().chain(&mut variable.closures) {
                visit(&mut closure.position, name_in(&closure.name));
            }
        }
    }

    fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
        Some(&mut self.snapshot.source_map_notes)
    }
}

impl Positions for TimelineReport {
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
        for row in &mut self.functions {
            for frame in iter::once(&mut row.function).chain(&mut row.callers) {
                if let Some(position) = &mut frame.position {
                    visit(position, name_in(&frame.name));
                }
            }
        }
    }

    fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
        Some(&mut self.snapshot.source_map_notes)
    }
}

impl Positions for InspectReport {
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
        if let Some(position) = &mut self.position {
            visit(position, name_in(&self.name));
        }
    }

    fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
        Some(&mut self.snapshot.source_map_notes)
    }
}

impl Positions for PathsReport {
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
        for shape in &mut self.shapes {
            of_path(&mut shape.path, visit);
        }
    }

    fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
        Some(&mut self.snapshot.source_map_notes)
    }
}

impl Positions for AnalyzeReport {
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
        for finding in &mut self.findings {
            of_path(&mut finding.path, visit);
            of_trace(&mut finding.trace, visit);
        }
        if let Some(one) = &mut self.dominating {
            of_path(&mut one.path, visit);
        }
        for path in self
            .observations
            .iter_mut()
            .filter_map(|one| one.path.as_mut())
        {
            of_path(path, visit);
        }
    }

    fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
        Some(&mut self.snapshot.source_map_notes)
    }
}

impl Positions for LeakGrowthReport {
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
        for grown in &mut self.grown {
            of_path(&mut grown.path, visit);
        }
    }

    fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
        let last = self.snapshots.last_mut()?;
        Some(&mut last.source_map_notes)
    }
}

impl<C: Positions> Positions for ComparisonReport<C> {
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
        if let Some(places) = &mut self.places {
            places.each_position(visit);
        }
        self.classes.each_position(visit);
    }

    fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
        match &mut self.places {
            Some(places) => places.source_map_notes(),
            None => self.classes.source_map_notes(),
        }
    }
}

fn of_path(path: &mut PathEntry, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
    for part in &mut path.parts {
        if let Some(position) = &mut part.position {
            visit(position, name_in(&part.text));
        }
    }
}

fn of_trace(trace: &mut TraceEntry, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
    for step in &mut trace.steps {
        if let Some(position) = &mut step.position {
            visit(position, name_in(&step.class));
        }
    }
}

/// The name of a function or class in a word of a path: `name()`, `Session`. A property or variable that leads to it
/// may be called otherwise, and a description in braces or parentheses is no name.
fn name_in(word: &str) -> &str {
    let name = word.strip_suffix("()").unwrap_or(word);
    let name = match name.strip_prefix('.') {
        Some(called) if name.len() < word.len() => called,
        _ => name,
    };
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    match name.chars().all(is_name) {
        true => name,
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn a_word_has_a_name_where_it_is_that_of_the_function_or_class() {
        for (word, name) in [
            ("track()", "track"),
            (".track()", "track"),
            ("Session", "Session"),
            ("(anonymous)()", ""),
            (".handler", ""),
            ("[x]", ""),
            ("context.a", ""),
            ("{a, b}", ""),
        ] {
            assert_eq!(name_in(word), name);
        }
    }
}
