//! `memwatch realms`: which global objects are there?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::RealmsOptions;

use super::FileCommand;
use crate::arguments::{file, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "realms",
    answers: "native contexts with their global objects: the program's, those of node:vm, frames of a page",
    examples: [
        (
            "realms app.heapsnapshot",
            "which there are, by what they keep",
        ),
        ("realms app.heapsnapshot --top 100", "more of them"),
        ("realms app.heapsnapshot --json", "for programs"),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    vec![file(), top(RealmsOptions::default().top)]
}

fn question(_: &ArgMatches) -> Question {
    Question::Realms
}
