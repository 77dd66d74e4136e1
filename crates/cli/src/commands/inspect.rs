//! `memwatch inspect`: what is this object?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::InspectOptions;

use super::FileCommand;
use crate::arguments::{file, id, maps, required, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "inspect",
    answers: "an object: properties, elements, sizes, class, dominator",
    examples: [
        (
            "inspect app.heapsnapshot @123",
            "an object that a table has printed",
        ),
        (
            "inspect app.heapsnapshot @123 --top 100",
            "more of its properties",
        ),
        (
            "inspect core.4711 0x2449ccd5b1b8",
            "an object of a core, by its address",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let mut all = vec![file(), id(), top(InspectOptions::default().top)];
    all.extend(maps());
    all
}

fn question(matches: &ArgMatches) -> Question {
    Question::Inspect {
        id: required(matches, "id"),
    }
}
