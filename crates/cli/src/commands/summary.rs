//! `memwatch summary`: what does the memory consist of?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::SummaryOptions;

use super::FileCommand;
use crate::arguments::{fast, file, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "summary",
    answers: "what the memory consists of: kinds, native memory, detached objects",
    examples: [
        (
            "summary app.heapsnapshot",
            "kinds of memory, the largest first",
        ),
        (
            "summary app.heapsnapshot --fast",
            "of a file of gigabytes, in seconds",
        ),
        ("summary - < app.heapsnapshot", "from standard input"),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    vec![file(), top(SummaryOptions::default().top), fast()]
}

fn question(_matches: &ArgMatches) -> Question {
    Question::Summary
}
