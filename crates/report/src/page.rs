//! The content of the HTML report of a snapshot file, from one pass over it.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{AnalyzeReport, AnalyzeWords, ClassesReport, DominatorTreeReport};
use crate::text;

/// The answers to three questions, and the sentences of the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PageReport {
    /// What is reported of the analysis.
    pub words: AnalyzeWords,
    /// What may leak.
    pub analysis: AnalyzeReport,
    /// How many of what.
    pub classes: ClassesReport,
    /// Who keeps how much.
    pub tree: DominatorTreeReport,
}

impl PageReport {
    /// From the answers.
    pub fn of(
        analysis: AnalyzeReport,
        classes: query::ClassesAnswer,
        tree: query::DominatorTreeAnswer,
    ) -> Self {
        Self {
            words: text::analyze::words(&analysis),
            analysis,
            classes: classes.into(),
            tree: tree.into(),
        }
    }
}
