//! `memwatch instances`: which objects are of a class?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::{InstanceOrder, InstancesOptions};

use super::FileCommand;
use crate::arguments::{file, operand, order, required, sort, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "instances",
    answers: "the objects of a class: ids, sizes, a preview of each",
    examples: [
        (
            "instances app.heapsnapshot Session",
            "the largest objects of a class",
        ),
        (
            "instances app.heapsnapshot Session --sort id",
            "the oldest first",
        ),
        (
            "instances app.heapsnapshot 'send()'",
            "closures of a function",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    vec![
        file(),
        operand(
            "class",
            "CLASS",
            "a class as classes prints it; a function is written 'send()'",
        ),
        top(InstancesOptions::default().top),
        sort::<InstanceOrder>(),
    ]
}

fn question(matches: &ArgMatches) -> Question {
    Question::Instances {
        class: required(matches, "class"),
        sort: order(matches),
    }
}
