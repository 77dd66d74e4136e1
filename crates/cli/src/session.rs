//! Questions about files that come one line at a time on standard input, and their answers on standard output: for
//! `memwatch mcp`, which is its only client; the help does not list it. A line is the arguments
//! of a command as a list in JSON, an answer an object with `output`, or with `code` and `message`.

use std::cell::RefCell;
use std::io::{self, BufRead as _, Write as _};
use std::iter;

use memwatch_commands::{Answer, Failure, Format, MapOptions, Request, answer_all};
use serde_json::json;

use crate::ask::{request, shown};
use crate::commands::ALL;
use crate::print::Refusal;
use crate::status::Status;
use crate::{declaration, usage};

/// The word that begins a session.
pub(crate) const NAME: &str = "session";

/// A line is some hundred bytes; longer ones are no valid question.
const MOST_LINE: u64 = 1 << 20;

/// Answers until standard input ends.
pub(crate) fn run() -> Result<Status, Refusal> {
    // Of the last request: how its answer is written.
    let format = RefCell::new(Format::Json);
    let next = || {
        loop {
            match read(&next_line()?) {
                Ok(request) => {
                    *format.borrow_mut() = request.format;
                    return Some(request);
                }
                Err(refusal) => write(&Err(refusal)),
            }
        }
    };
    let tell = |answer: Result<Answer, Failure>| {
        let answer = answer.map(|answer| shown(&answer.output, *format.borrow()));
        write(&answer.map_err(Refusal::from));
    };
    answer_all(next, tell);
    Ok(Status::Done)
}

/// The next line; none where the input has ended, cannot be read, or has no end.
fn next_line() -> Option<String> {
    let mut line = String::new();
    let mut input = io::Read::take(io::stdin().lock(), MOST_LINE);
    let count = input.read_line(&mut line).ok()?;
    (count > 0 && line.ends_with('\n')).then_some(line)
}

fn read(line: &str) -> Result<Request, Refusal> {
    let words: Vec<String> = serde_json::from_str(line)
        .map_err(|_| Refusal::usage("a line takes a list of arguments in JSON"))?;
    let first = words.first().cloned().unwrap_or_default();
    let command = ALL.iter().find(|command| command.name == first);
    let command = command.ok_or_else(|| Refusal::usage(format!("'{first}' asks no file")))?;
    let words = iter::once(crate::NAME.to_owned()).chain(words);
    let matches = match declaration().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return Err(Refusal::usage(usage::explain(&error, &first)?)),
    };
    let matches = matches.subcommand_matches(command.name);
    let request = request(
        command,
        matches.ok_or_else(|| Refusal::usage("no command"))?,
    )?;
    Ok(Request {
        // The client decides which files are read, not the file that it names by the scripts that are in it.
        maps: MapOptions::Off,
        ..request
    })
}

/// If nothing reads the output any more, no further line arrives either.
fn write(answer: &Result<String, Refusal>) {
    let line = match answer {
        Ok(output) => json!({ "output": output }),
        Err(Refusal { code, message }) => json!({ "code": code, "message": message }),
    };
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
