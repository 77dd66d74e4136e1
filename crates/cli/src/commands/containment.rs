//! `memwatch containment`: what does an object refer to?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::ContainmentOptions;

use super::FileCommand;
use crate::arguments::{file, id, text, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "containment",
    answers: "what the root, or an object, refers to, and what each of these keeps",
    examples: [
        (
            "containment app.heapsnapshot",
            "the roots, by what they keep",
        ),
        ("containment app.heapsnapshot @123", "one step further"),
        (
            "containment app.heapsnapshot @123 --top 100",
            "more of its references",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    vec![
        file(),
        id().required(false),
        top(ContainmentOptions::default().top),
    ]
}

fn question(matches: &ArgMatches) -> Question {
    Question::Containment {
        id: text(matches, "id"),
    }
}
