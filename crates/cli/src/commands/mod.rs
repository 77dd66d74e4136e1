//! The commands about files: one declaration a command, one file each. A declaration has what the command
//! answers, its arguments, three examples, and the question that its arguments ask; help, completions, manual
//! pages and `docs/command-line.md` follow from it.

mod analyze;
mod classes;
mod closures;
mod containment;
mod diff;
mod functions;
mod inspect;
mod instances;
mod paths;
mod realms;
mod redact;
mod refs;
mod scopes;
mod shapes;
mod strings;
mod summary;
mod timeline;

use clap::{Arg, ArgMatches, Command};

use crate::arguments::common;
use crate::help;

/// A command about files.
pub struct FileCommand {
    /// What is typed.
    pub name: &'static str,
    /// The question it answers, as the end of a sentence.
    pub answers: &'static str,
    /// Arguments, and what they are for.
    pub examples: [(&'static str, &'static str); 3],
    /// Operands and options of its own.
    pub arguments: fn() -> Vec<Arg>,
    /// The question that is asked.
    pub question: fn(&ArgMatches) -> memwatch_commands::Command,
}

/// All of them, in the order of use.
pub const ALL: [FileCommand; 17] = [
    analyze::COMMAND,
    diff::COMMAND,
    summary::COMMAND,
    classes::COMMAND,
    instances::COMMAND,
    inspect::COMMAND,
    refs::COMMAND,
    paths::COMMAND,
    strings::COMMAND,
    shapes::COMMAND,
    functions::COMMAND,
    closures::COMMAND,
    containment::COMMAND,
    realms::COMMAND,
    scopes::COMMAND,
    timeline::COMMAND,
    redact::COMMAND,
];

impl FileCommand {
    /// The operands as a person reads them.
    #[must_use]
    pub fn usage(&self) -> String {
        let arguments = (self.arguments)();
        let operands = arguments.iter().filter(|one| one.is_positional());
        let named = operands.map(|one| {
            let name = one.get_value_names().and_then(<[_]>::first);
            let name = name.map(ToString::to_string).unwrap_or_default();
            let is_many = one.get_num_args().is_some_and(|many| many.max_values() > 1);
            match (one.is_required_set(), is_many) {
                (true, _) => name,
                (false, true) => format!("[{name}…]"),
                (false, false) => format!("[{name}]"),
            }
        });
        named.collect::<Vec<_>>().join(" ")
    }

    /// The declaration as clap has it.
    #[must_use]
    pub fn declaration(&self) -> Command {
        let command = Command::new(self.name)
            .about(self.answers)
            .args((self.arguments)())
            .args(common());
        let usage = format!("{} [options]", self.usage());
        help::complete(command, &usage, self.examples, &[help::FILES])
    }
}
