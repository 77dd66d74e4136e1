//! `memwatch refs`: who refers to it?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::RefsOptions;

use super::FileCommand;
use crate::arguments::{file, id, required, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "refs",
    answers: "references to an object",
    examples: [
        (
            "refs app.heapsnapshot @123",
            "who refers to it, and by which name",
        ),
        ("refs app.heapsnapshot @123 --top 100", "more of them"),
        ("refs app.heapsnapshot @123 --json", "for programs"),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    vec![file(), id(), top(RefsOptions::default().top)]
}

fn question(matches: &ArgMatches) -> Question {
    Question::Refs {
        id: required(matches, "id"),
    }
}
