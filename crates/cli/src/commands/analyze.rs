//! `memwatch analyze`: what leaks, and what keeps it?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;

use super::FileCommand;
use crate::arguments::{file, top};

/// Its declaration.
pub const COMMAND: FileCommand = FileCommand {
    name: "analyze",
    answers: "leak candidates, what keeps them, and what to inspect next",
    examples: [
        (
            "analyze app.heapsnapshot",
            "what leaks, what keeps it, and what to type next",
        ),
        (
            "analyze app.heapsnapshot.zst --json",
            "the same for programs",
        ),
        (
            "analyze core.4711 --exe ./node",
            "the heap of a process that has died",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    vec![file(), top(memwatch_commands::TOP)]
}

fn question(_matches: &ArgMatches) -> Question {
    Question::Analyze
}
