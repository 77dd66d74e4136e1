//! `memwatch strings`: which strings are there needlessly?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::StringsOptions;

use super::FileCommand;
use crate::arguments::{file, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "strings",
    answers: "duplicated and largest strings, and small ones that keep a large parent",
    examples: [
        (
            "strings app.heapsnapshot",
            "which texts are there needlessly",
        ),
        ("strings app.heapsnapshot --top 100", "more of each table"),
        ("strings app.heapsnapshot --json", "for programs"),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    vec![file(), top(StringsOptions::default().top)]
}

fn question(_matches: &ArgMatches) -> Question {
    Question::Strings
}
