//! `memwatch scopes`: which variables have closures taken along, and what do they keep?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::ScopesOptions;

use super::FileCommand;
use crate::arguments::{file, maps, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "scopes",
    answers: "contexts of closures, with their variables and what these keep",
    examples: [
        (
            "scopes app.heapsnapshot",
            "those that keep most, with their variables",
        ),
        ("scopes app.heapsnapshot --top 100", "more of them"),
        ("scopes app.heapsnapshot --json", "for programs"),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let mut all = vec![file(), top(ScopesOptions::default().top)];
    all.extend(maps());
    all
}

fn question(_: &ArgMatches) -> Question {
    Question::Scopes
}
