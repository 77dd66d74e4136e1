//! `memwatch redact`: a snapshot that can be shown to others.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgMatches};
use memwatch_commands::Command as Question;
use memwatch_files::Compression;

use super::FileCommand;
use crate::arguments::{file, flag, operand, option, required, switch};

/// Its declaration.
pub(super) const COMMAND: FileCommand = FileCommand {
    name: "redact",
    answers: "the same snapshot without the contents of strings, for sharing",
    examples: [
        (
            "redact app.heapsnapshot shown.heapsnapshot.zst",
            "for a bug report",
        ),
        (
            "redact app.heapsnapshot shown.heapsnapshot --strict",
            "without property names that look like data",
        ),
        (
            "redact core.4711 - --compression gzip > shown.heapsnapshot.gz",
            "the heap of a core, on standard output",
        ),
    ],
    arguments,
    question,
};

fn arguments() -> Vec<Arg> {
    let compressions = PossibleValuesParser::new(Compression::ALL.map(Compression::name));
    vec![
        file(),
        operand(
            "output",
            "OUT",
            "the file to write, which must not exist; - is standard output",
        ),
        switch(
            "strict",
            "also replace property names that do not look like identifiers",
        ),
        option(
            "compression",
            "FORMAT",
            "how to compress it (default: by the extension of OUT)",
        )
        .value_parser(compressions.map(|name| compression(&name))),
    ]
}

fn compression(name: &str) -> Compression {
    let known = Compression::ALL
        .into_iter()
        .find(|known| known.name() == name);
    known.unwrap_or_default()
}

fn question(matches: &ArgMatches) -> Question {
    Question::Redact {
        output: required(matches, "output"),
        strict: flag(matches, "strict"),
        compression: matches.get_one::<Compression>("compression").copied(),
    }
}
