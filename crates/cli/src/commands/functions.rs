//! `memwatch functions`: which functions have how many closures?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::{FunctionOrder, FunctionsOptions};

use super::FileCommand;
use crate::arguments::{file, maps, order, sort, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "functions",
    answers: "closures by function and source position, and what their contexts keep",
    examples: [
        (
            "functions app.heapsnapshot",
            "functions of which there are many closures",
        ),
        (
            "functions app.heapsnapshot --sort retained",
            "whose closures keep most",
        ),
        (
            "functions app.heapsnapshot --sort contexts",
            "with contexts of their own",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let mut all = vec![
        file(),
        top(FunctionsOptions::default().top),
        sort::<FunctionOrder>(),
    ];
    all.extend(maps());
    all
}

fn question(matches: &ArgMatches) -> Question {
    Question::Functions {
        sort: order(matches),
    }
}
