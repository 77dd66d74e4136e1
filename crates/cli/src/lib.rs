//! `memwatch`, the binary: every command about files, without Node.js. What the answers are is computed by
//! `memwatch_commands`; here are arguments, the terminal, and exit statuses.
//!
//! | module | what it is |
//! | --- | --- |
//! | `commands` | the commands about files: one declaration a command, one file each |
//! | `programs` | those about programs, which `npx memwatch` runs: listed and explained here, and a snapshot from outside |
//! | `tools` | completions and manual pages |
//! | `arguments` | what several commands have: options, their kinds of values |
//! | `usage` | what is wrong with the arguments, in one sentence |
//! | `help` | what `--help` prints |
//! | `ask` | arguments → request → printed answer |
//! | `session` | the same for arguments that come one line at a time |
//! | `status` | exit statuses |
//! | `print` | standard output, and errors |
//! | `printable` | what files say, as a terminal may show it |
//! | `progress_bar` | how far it is, on a terminal |

#![forbid(unsafe_code)]

mod arguments;
mod ask;
mod commands;
mod help;
mod print;
mod printable;
mod programs;
mod progress_bar;
mod session;
mod status;
mod tools;
mod usage;

use std::ffi::OsString;
use std::io::Write as _;
use std::iter;

use clap::Command;

pub use commands::{ALL, FileCommand};
pub use status::{Status, exit_statuses};

use print::{Refusal, print};

/// The name that people type.
const NAME: &str = "memwatch";

/// All declarations.
#[must_use]
pub fn declaration() -> Command {
    let files = ALL.iter().map(FileCommand::declaration);
    let tools = tools::declarations().map(|(tool, _)| tool);
    Command::new(NAME)
        .about("Heap snapshots and core files of Node.js: what leaks, what keeps it, and why")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .override_help(help::overview())
        .subcommands(files)
        .subcommands(programs::declarations())
        .subcommands(tools)
}

/// Runs a command.
///
/// `arguments` are those behind the program's own name.
pub fn main(arguments: impl Iterator<Item = OsString>) -> Status {
    run(arguments.collect()).unwrap_or_else(|refusal| {
        refusal.report();
        Status::Failed
    })
}

fn run(arguments: Vec<OsString>) -> Result<Status, Refusal> {
    let Some(first) = arguments.first() else {
        // Where standard error is gone, the status alone says it.
        let _ = std::io::stderr().write_all(help::overview().as_bytes());
        return Ok(Status::Failed);
    };
    let first = first.to_string_lossy().into_owned();
    if first == session::NAME {
        return session::run();
    }
    let is_help = |argument: &OsString| argument == "--help" || argument == "-h";
    let needs_node = programs::is_program(&first) && first != programs::SNAPSHOT;
    if needs_node && !arguments.iter().any(is_help) {
        return Err(programs::refusal(&first));
    }
    let matches = declaration().try_get_matches_from(iter::once(NAME.into()).chain(arguments));
    let matches = match matches {
        Ok(matches) => matches,
        Err(error) => {
            print(&usage::explain(&error, &first)?)?;
            return Ok(Status::Done);
        }
    };
    let Some((name, matches)) = matches.subcommand() else {
        return Ok(Status::Failed);
    };
    match ALL.iter().find(|command| command.name == name) {
        Some(command) => ask::ask(command, matches),
        None if name == programs::SNAPSHOT => programs::take_snapshot(matches),
        None => tools::run(name, matches),
    }
}
