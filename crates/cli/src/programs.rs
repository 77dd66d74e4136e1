//! The commands about programs, which need Node.js: declared in `lib/cli/declared.json`, which `lib/cli` reads
//! too. Here they are only listed and explained; `npx memwatch` runs them. One is run here as well: `snapshot`, of a
//! process that has loaded nothing of memwatch's.

use std::sync::OnceLock;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use crate::arguments::is_given;
use crate::ask;
use crate::help;
use crate::print::Refusal;
use crate::status::Status;

/// The command that is run here, too.
pub(crate) const SNAPSHOT: &str = "snapshot";

/// Its options that ask memwatch in the process.
const ASKED_INSIDE: [&str; 3] = ["thread", "stop", "timeout"];

static DECLARED: &str = include_str!("../../../lib/cli/declared.json");

/// What is declared in JSON.
///
/// # Panics
///
/// If the file is not JSON, which the tests would have detected.
pub(crate) fn declared() -> &'static Value {
    static PARSED: OnceLock<Value> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(DECLARED).expect("declared.json is JSON"))
}

fn all() -> impl Iterator<Item = &'static Value> {
    declared()["programs"].as_array().into_iter().flatten()
}

fn find(name: &str) -> Option<&'static Value> {
    all().find(|program| text(&program["name"]) == name)
}

/// Whether a command is about a program.
pub(crate) fn is_program(name: &str) -> bool {
    find(name).is_some()
}

/// The declarations, in the order of use.
pub(crate) fn declarations() -> impl Iterator<Item = Command> {
    all().map(declaration)
}

/// The operands as a person reads them.
pub(crate) fn usage(name: &str) -> &'static str {
    find(name).map_or("", |program| text(&program["usage"]))
}

/// Why this binary does not run it.
pub(crate) fn refusal(name: &str) -> Refusal {
    Refusal::usage(format!(
        "{name} needs Node.js: npx memwatch {name} {}",
        usage(name)
    ))
}

/// A snapshot from outside.
pub(crate) fn take_snapshot(matches: &ArgMatches) -> Result<Status, Refusal> {
    if let Some(option) = ASKED_INSIDE.iter().find(|option| is_given(matches, option)) {
        let message = format!(
            "--{option} is for a process that takes its snapshots itself, and needs Node.js: npx memwatch snapshot PID --{option}"
        );
        return Err(Refusal::usage(message));
    }
    let operands = matches.get_many::<String>("operands");
    match operands
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .as_slice()
    {
        [pid] => ask::take_snapshot((*pid).clone(), matches),
        operands => Err(Refusal::usage(format!(
            "snapshot takes PID, but got {} operands",
            operands.len()
        ))),
    }
}

fn text(value: &'static Value) -> &'static str {
    value.as_str().unwrap_or_default()
}

fn declaration(program: &'static Value) -> Command {
    let options = program["options"].as_array().into_iter().flatten();
    let options = options.map(|option| {
        let name = text(&option["name"]);
        let arg = Arg::new(name).long(name).help(text(&option["help"]));
        let arg = match option["short"]
            .as_str()
            .and_then(|short| short.chars().next())
        {
            Some(short) => arg.short(short),
            None => arg,
        };
        match option["value"].as_str() {
            Some(value) => arg.value_name(value),
            None => arg.action(ArgAction::SetTrue),
        }
    });
    let examples = program["examples"].as_array().into_iter().flatten();
    let examples = examples.map(|example| (text(&example[0]), text(&example[1])));
    let command = Command::new(text(&program["name"]))
        .about(text(&program["answers"]))
        .args(options)
        // Never taken: these commands are parsed by lib/cli.
        .arg(Arg::new("operands").num_args(0..).hide(true));
    let about = [text(&program["about"])];
    help::complete(command, text(&program["usage"]), examples, &about)
}
