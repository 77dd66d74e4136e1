//! `memwatch classes`: how many objects of which class, and how large?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::{ClassOrder, ClassesOptions};

use super::FileCommand;
use crate::arguments::{fast, file, maps, order, sort, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "classes",
    answers: "number and size of objects of each class",
    examples: [
        ("classes app.heapsnapshot", "the classes that keep most"),
        (
            "classes app.heapsnapshot --sort instances --top 50",
            "the most frequent ones",
        ),
        (
            "classes app.heapsnapshot --fast --json",
            "quickly, and for programs",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let mut all = vec![
        file(),
        top(ClassesOptions::default().top),
        fast(),
        sort::<ClassOrder>(),
    ];
    all.extend(maps());
    all
}

fn question(matches: &ArgMatches) -> Question {
    Question::Classes {
        sort: order(matches),
    }
}
