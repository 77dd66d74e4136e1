//! The few questions to files that JavaScript asks, as JSON: `lib/` has checked the arguments. All others are the
//! binary's (`crates/cli`).

use memwatch_commands::{CoreOptions, ProgramQuestion, ProgramRequest};
use memwatch_report::CoreReport;
use serde::Deserialize;

/// One question, to one file or several.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Names of files; `-` is standard input.
    files: Vec<String>,
    /// Rows at most, where it was said.
    top: Option<usize>,
    /// Files may be mapped.
    #[serde(default)]
    may_map: bool,
    /// For a core file: its executable.
    exe: Option<String>,
    /// For a core file: which isolate, counted from 1.
    isolate: Option<usize>,
    /// For a core file: garbage too.
    #[serde(default)]
    all: bool,
    /// The question.
    #[serde(flatten)]
    question: Question,
}

/// The question.
#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "camelCase")]
enum Question {
    /// What leaks? As JSON.
    Analyze,
    /// What changed? As JSON.
    Diff,
    /// All that the report of a snapshot shows. As JSON.
    Page,
    /// What does a core file say of its process? As JSON, for `lib/` redacts it.
    Core {
        /// Where to write a snapshot of its heap.
        output: Option<String>,
    },
    /// Such an answer, redacted meanwhile, as text.
    CoreText {
        /// The answer.
        report: Box<CoreReport>,
        /// Columns of the terminal.
        width: usize,
    },
}

impl From<Asked> for ProgramRequest {
    fn from(asked: Asked) -> Self {
        Self {
            files: asked.files,
            top: asked.top,
            may_map: asked.may_map,
            core: CoreOptions {
                exe: asked.exe,
                isolate: asked.isolate,
                all: asked.all,
            },
            question: match asked.question {
                Question::Analyze => ProgramQuestion::Analyze,
                Question::Diff => ProgramQuestion::Diff,
                Question::Page => ProgramQuestion::Page,
                Question::Core { output } => ProgramQuestion::Core { output },
                Question::CoreText { report, width } => ProgramQuestion::CoreText { report, width },
            },
        }
    }
}
