//! `memwatch closures`: what do the variables of closures keep, and does one read them?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::ClosuresOptions;

use super::FileCommand;
use crate::arguments::{file, flag, maps, option, switch, text, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "closures",
    answers: "variables that closures keep, and which of them no living closure reads",
    examples: [
        (
            "closures app.heapsnapshot --unread",
            "variables that are kept and that no closure reads",
        ),
        (
            "closures app.heapsnapshot --unread --sources ./dist",
            "with the scripts in another folder",
        ),
        (
            "closures app.heapsnapshot --top 50",
            "all variables, by what they keep",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let mut all = vec![
        file(),
        switch("unread", "only variables that no living closure reads"),
        option(
            "sources",
            "DIR",
            "the folder of the scripts (default: where they were)",
        ),
        top(ClosuresOptions::default().top),
    ];
    all.extend(maps());
    all
}

fn question(matches: &ArgMatches) -> Question {
    Question::Closures {
        only_unread: flag(matches, "unread"),
        sources: text(matches, "sources"),
    }
}
