//! `memwatch paths`: how is it, or a class, reached from a root?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;

use super::FileCommand;
use crate::arguments::{file, maps, operand, required, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "paths",
    answers: "shortest paths from a root, one for each shape, with the number of objects that share it",
    examples: [
        ("paths app.heapsnapshot @123", "why an object is alive"),
        (
            "paths app.heapsnapshot Session",
            "why the objects of a class are",
        ),
        (
            "paths app.heapsnapshot 'send()' --top 3",
            "the three most frequent paths to a function",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let mut all = vec![
        file(),
        operand("target", "ID|CLASS", "an object or a class"),
        top(memwatch_commands::TOP),
    ];
    all.extend(maps());
    all
}

fn question(matches: &ArgMatches) -> Question {
    Question::Paths {
        target: required(matches, "target"),
    }
}
