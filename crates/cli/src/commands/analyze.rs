//! `memwatch analyze`: what leaks, and what keeps it?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;

use super::FileCommand;
use crate::arguments::{flag, maps, operand, switch, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "analyze",
    answers: "leak candidates, what keeps them, and what to inspect next",
    examples: [
        (
            "analyze app.heapsnapshot",
            "what leaks, what keeps it, and what to type next",
        ),
        (
            "analyze 4711 --markdown",
            "the same of a running process, for an issue or a chat",
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
    let file = operand(
        "file",
        "FILE",
        "a heap snapshot, a core file, or the PID of a running process; - is standard input",
    );
    let mut all = vec![
        file,
        top(memwatch_commands::TOP),
        switch("markdown", "the report as Markdown, for an issue or a chat"),
    ];
    all.extend(maps());
    all
}

fn question(matches: &ArgMatches) -> Question {
    Question::Analyze {
        markdown: flag(matches, "markdown"),
    }
}
