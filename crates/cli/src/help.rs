//! What `--help` prints: of each declaration its answer, options, three examples and the exit statuses; of all of
//! them, a list in the order of use. Declares nothing itself.

use std::fmt::Write as _;

use clap::Command;

use crate::status::exit_statuses;
use crate::{commands, programs, tools};

/// What the operands of the commands about files may be.
pub(crate) const FILES: &str = "\
FILE is a heap snapshot as Node.js or Chrome write it, or a core file of Node.js on Linux x64; .gz and .zst are
decompressed, - is standard input. An ID is written @123, as the tables print it; of an object in a core, its address
0x1234 will do.";

/// Where somebody begins whose program takes more and more memory just now.
const IN_AN_INCIDENT: &str = "\
A program takes more and more memory just now:
https://github.com/memwatch/memwatch/blob/main/docs/at-3-a-m.md";

/// The declaration of a command with what all of them have. `usage` is what is typed behind its name.
pub(crate) fn complete<'a>(
    command: Command,
    usage: &str,
    examples: impl IntoIterator<Item = (&'a str, &'a str)>,
    notes: &[&str],
) -> Command {
    let name = command.get_name().to_owned();
    let mut after = columns(
        "Examples:",
        examples
            .into_iter()
            .map(|(arguments, why)| (format!("memwatch {arguments}"), format!("# {why}"))),
    );
    for note in notes {
        let _ = write!(after, "\n{note}\n");
    }
    let _ = write!(after, "\n{}", exit_statuses());
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let answer = capitalised(&about);
    command
        .override_usage(format!("memwatch {name} {usage}"))
        .help_template(format!(
            "{{usage-heading}} {{usage}}\n\n{answer}.\n\nOptions:\n{{options}}{{after-help}}\n"
        ))
        .after_help(after)
}

/// What `memwatch --help` prints.
pub(crate) fn overview() -> String {
    let mut text = String::from("Usage: memwatch COMMAND [options] FILE…\n\n");
    let listed = |declaration: &Command, usage: &str| {
        let about = declaration
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        (format!("{} {usage}", declaration.get_name()), about)
    };
    let files: Vec<_> = commands::ALL
        .iter()
        .map(|one| listed(&one.declaration(), &one.usage()))
        .collect();
    let programs: Vec<_> = programs::declarations()
        .map(|one| listed(&one, programs::usage(one.get_name())))
        .collect();
    let tools: Vec<_> = tools::declarations()
        .iter()
        .map(|(one, usage)| listed(one, usage))
        .collect();
    let width = [&files, &programs, &tools].into_iter().flatten();
    let width = width
        .map(|(left, _)| left.chars().count())
        .max()
        .unwrap_or_default();
    for (title, rows) in [
        ("Files, without Node.js:", files),
        ("Programs, with Node.js (npx memwatch):", programs),
        ("The command line itself:", tools),
    ] {
        text += &columns_of(title, rows, width);
        text.push('\n');
    }
    let examples = [
        (
            "memwatch analyze app.heapsnapshot",
            "# what leaks, and what keeps it",
        ),
        (
            "memwatch diff before.heapsnapshot after.heapsnapshot",
            "# what grew",
        ),
        (
            "memwatch help analyze",
            "# options and examples of a command",
        ),
    ];
    let examples = examples.map(|(left, right)| (left.to_owned(), right.to_owned()));
    text += &columns("Examples:", examples);
    let _ = write!(
        text,
        "\n{FILES}\n\n{}\n\n{IN_AN_INCIDENT}\n",
        exit_statuses()
    );
    text
}

fn columns(title: &str, rows: impl IntoIterator<Item = (String, String)>) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let widths = rows.iter().map(|(left, _)| left.chars().count());
    let width = widths.max().unwrap_or_default();
    columns_of(title, rows, width)
}

fn columns_of(title: &str, rows: Vec<(String, String)>, width: usize) -> String {
    let mut text = format!("{title}\n");
    for (left, right) in rows {
        let _ = writeln!(text, "  {left:width$}  {right}");
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
