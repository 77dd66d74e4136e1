//! `memwatch shapes`: which objects look alike?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::{ShapeOrder, ShapesOptions};

use super::FileCommand;
use crate::arguments::{file, order, sort, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "shapes",
    answers: "objects by constructor and property names",
    examples: [
        ("shapes app.heapsnapshot", "which objects look alike"),
        (
            "shapes app.heapsnapshot --sort properties",
            "those with the most properties",
        ),
        (
            "shapes app.heapsnapshot --sort shallow --top 5",
            "the largest five",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    vec![
        file(),
        top(ShapesOptions::default().top),
        sort::<ShapeOrder>(),
    ]
}

fn question(matches: &ArgMatches) -> Question {
    Question::Shapes {
        sort: order(matches),
    }
}
