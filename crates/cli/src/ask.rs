//! From the arguments of a command about files to its printed answer.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::ArgMatches;
use memwatch_commands::Command as Question;
use memwatch_commands::{CoreOptions, Failure, Format, MapOptions, Progress, Request, answer};
use terminal_size::{Width, terminal_size_of};

use crate::arguments::{explicit_top, flag, is_given, number, text, whole_number};
use crate::commands::FileCommand;
use crate::print::{Refusal, print};
use crate::printable::{printable_json, printable_lines};
use crate::progress_bar::while_drawing;
use crate::status::Status;

/// Where the width of the terminal is not known: what fits a page of a report.
const DEFAULT_WIDTH: usize = 100;

/// The ids of operands that are files.
const FILES: [&str; 4] = ["file", "before", "after", "more"];

/// Asks, and prints.
pub(crate) fn ask(command: &FileCommand, matches: &ArgMatches) -> Result<Status, Refusal> {
    let fails_on_growth = flag(matches, "fail-on-growth");
    let new_findings = print_answer(&request(command, matches)?)?;
    match fails_on_growth && new_findings > 0 {
        true => Ok(Status::Found),
        false => Ok(Status::Done),
    }
}

/// Takes a snapshot of a process that has loaded nothing of memwatch's.
pub(crate) fn take_snapshot(pid: String, matches: &ArgMatches) -> Result<Status, Refusal> {
    let isolate = text(matches, "isolate").map(|word| {
        let number = whole_number(&word);
        number.map_err(|why| Refusal::usage(format!("--isolate {why}, not '{word}'")))
    });
    let core = CoreOptions {
        isolate: isolate.transpose()?,
        ..CoreOptions::default()
    };
    let output = text(matches, "out");
    let request = plain_request(vec![pid], core, matches, Question::Snapshot { output });
    print_answer(&request)?;
    Ok(Status::Done)
}

/// How many findings the baseline does not name.
fn print_answer(request: &Request) -> Result<u32, Refusal> {
    let progress = Progress::default();
    let answered = while_drawing(&progress, || {
        catch_unwind(AssertUnwindSafe(|| answer(request, &progress)))
    });
    let answer = answered.unwrap_or(Err(Failure::Panic))?;
    if !answer.output.is_empty() {
        let mut output = shown(&answer.output, request.format);
        if !output.ends_with('\n') {
            output.push('\n');
        }
        print(&output)?;
    }
    Ok(answer.new_findings)
}

/// An answer as a terminal may show it.
pub(crate) fn shown(output: &str, format: Format) -> String {
    match format {
        Format::Json => printable_json(output),
        Format::Text => printable_lines(output),
    }
}

/// What the arguments of a command ask.
pub(crate) fn request(command: &FileCommand, matches: &ArgMatches) -> Result<Request, Refusal> {
    let files = files(matches);
    if files.iter().filter(|&file| file == "-").count() > 1 {
        return Err(Refusal::usage("standard input can be read only once"));
    }
    if files.len() > 2 && is_given(matches, "sort") {
        return Err(Refusal::usage(
            "--sort takes two files; with more, rows are ordered by growth",
        ));
    }
    let fast = flag(matches, "fast");
    // What holds more is known from references only: without them, nothing would ever be found.
    if fast && flag(matches, "fail-on-growth") {
        return Err(Refusal::usage(
            "--fail-on-growth cannot be combined with --fast",
        ));
    }
    if flag(matches, "markdown") && flag(matches, "json") {
        return Err(Refusal::usage("--markdown cannot be combined with --json"));
    }
    let maps = match (text(matches, "maps"), flag(matches, "no-maps")) {
        (Some(_), true) => {
            return Err(Refusal::usage("--maps cannot be combined with --no-maps"));
        }
        (Some(folder), false) => MapOptions::Folder(folder),
        (None, true) => MapOptions::Off,
        (None, false) => MapOptions::Beside,
    };
    let baseline = text(matches, "baseline").map(|file| read_baseline(&file));
    let core = CoreOptions {
        exe: text(matches, "exe"),
        isolate: number(matches, "isolate"),
        all: flag(matches, "all"),
    };
    Ok(Request {
        top: explicit_top(matches),
        fast,
        maps,
        baseline: baseline.transpose()?.unwrap_or_default(),
        ..plain_request(files, core, matches, (command.question)(matches))
    })
}

/// A request with nothing of its own but the question.
fn plain_request(
    files: Vec<String>,
    core: CoreOptions,
    matches: &ArgMatches,
    command: Question,
) -> Request {
    Request {
        files,
        top: None,
        format: match flag(matches, "json") {
            true => Format::Json,
            false => Format::Text,
        },
        width: width(),
        fast: false,
        may_map: true,
        core,
        maps: MapOptions::Off,
        baseline: Vec::new(),
        command,
    }
}

fn files(matches: &ArgMatches) -> Vec<String> {
    let of = |id| matches.try_get_many::<String>(id).ok().flatten();
    FILES
        .into_iter()
        .filter_map(of)
        .flatten()
        .cloned()
        .collect()
}

fn width() -> usize {
    terminal_size_of(io::stdout()).map_or(DEFAULT_WIDTH, |(Width(width), _)| width.into())
}

/// Signatures, one a line; what follows white space is for people.
fn read_baseline(file: &str) -> Result<Vec<String>, Refusal> {
    let bytes = fs::read(file).map_err(|error| Refusal {
        code: "ERR_MEMWATCH_BASELINE_UNREADABLE",
        message: format!("the baseline cannot be read: {file}: {error}"),
    })?;
    Ok(signatures(&String::from_utf8_lossy(&bytes)))
}

fn signatures(text: &str) -> Vec<String> {
    let first_words = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let signatures = first_words.filter(|word| !word.starts_with('#'));
    signatures.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_has_a_signature_a_line_with_notes() {
        let text =
            "# known since the spring\r\n\r\n8c6285b949f2af92  a note\n  0011223344556677\n#x";
        assert_eq!(signatures(text), ["8c6285b949f2af92", "0011223344556677"]);
    }
}
