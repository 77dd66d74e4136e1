//! `memwatch diff`: what changed from one snapshot to the next, or what grows every time?

use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_snapshot::query::{DiffOptions, DiffOrder};

use super::FileCommand;
use crate::arguments::{fast, maps, operand, option, order, sort, switch, top};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "diff",
    answers: "what was allocated, what was freed, what grew; with three or more files only what grows every time",
    examples: [
        (
            "diff before.heapsnapshot after.heapsnapshot",
            "what grew between two snapshots of a process",
        ),
        (
            "diff 1.heapsnapshot 2.heapsnapshot 3.heapsnapshot",
            "only what grows every time",
        ),
        (
            "diff before.heapsnapshot after.heapsnapshot --fail-on-growth --baseline known.txt",
            "in CI: exit status 1 when something new grows",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let mut all = vec![
        operand("before", "BEFORE", "the oldest snapshot"),
        operand("after", "AFTER", "a later one of the same process"),
        Arg::new("more")
            .value_name("MORE")
            .help("later ones, in the order of time")
            .num_args(0..),
        top(DiffOptions::default().top),
        fast(),
        sort::<DiffOrder>(),
        switch(
            "fail-on-growth",
            "exit status 1 when something grows that the baseline does not name",
        ),
        option("baseline", "FILE", "file of known signatures, one per line"),
    ];
    all.extend(maps());
    all
}

fn question(matches: &ArgMatches) -> Question {
    Question::Diff {
        sort: order(matches),
    }
}
