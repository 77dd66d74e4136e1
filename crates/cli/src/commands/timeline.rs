//! `memwatch timeline`: what of an allocation timeline is alive?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::TimelineOptions;

use super::FileCommand;
use crate::arguments::{maps, operand, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "timeline",
    answers: "of an allocation timeline, what of each moment and of each allocating function is alive",
    examples: [
        (
            "timeline app.heaptimeline",
            "what is alive, by time and by function",
        ),
        (
            "timeline app.heaptimeline --top 50",
            "shorter spans of time, more functions",
        ),
        (
            "timeline app.heaptimeline --json",
            "for programs, with stacks",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let file = operand(
        "file",
        "FILE",
        "an allocation timeline as Chrome DevTools or node:inspector save it; - is standard input",
    );
    let mut all = vec![file, top(TimelineOptions::default().top)];
    all.extend(maps());
    all
}

fn question(_: &ArgMatches) -> Question {
    Question::Timeline
}
