//! The commands about the command line itself: completions for shells, manual pages. Both are made from the
//! declarations of all commands.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use memwatch_commands::Failure;

use crate::arguments::{operand, text};
use crate::print::{Refusal, print};
use crate::status::Status;
use crate::{NAME, declaration, help};

/// Shells that there are completions for.
const SHELLS: [(&str, Shell); 5] = [
    ("bash", Shell::Bash),
    ("zsh", Shell::Zsh),
    ("fish", Shell::Fish),
    ("elvish", Shell::Elvish),
    ("powershell", Shell::PowerShell),
];

/// The declarations, each with its operands as a person reads them.
pub(crate) fn declarations() -> [(Command, &'static str); 2] {
    let completions = Command::new("completions")
        .about("completions of commands and options for a shell")
        .arg(
            operand("shell", "SHELL", "the shell")
                .value_parser(PossibleValuesParser::new(SHELLS.map(|(name, _)| name))),
        );
    let examples = [
        ("completions bash >> ~/.bash_completion", "bash"),
        (
            "completions zsh > ~/.zfunc/_memwatch",
            "zsh, where ~/.zfunc is in fpath",
        ),
        (
            "completions fish > ~/.config/fish/completions/memwatch.fish",
            "fish",
        ),
    ];
    let names = SHELLS.map(|(name, _)| name).join(", ");
    let completions = help::complete(
        completions,
        "SHELL",
        examples,
        &[&format!("SHELL is one of {names}.")],
    );
    let man = Command::new("man")
        .about("the manual page, or that of a command, as man reads it")
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .help("the command"),
        );
    let examples = [
        ("man | man -l -", "read it"),
        ("man analyze | man -l -", "that of a command"),
        ("man > /usr/local/share/man/man1/memwatch.1", "install it"),
    ];
    let man = help::complete(man, "[COMMAND]", examples, &[]);
    [(completions, "SHELL"), (man, "[COMMAND]")]
}

/// Runs one of them.
pub(crate) fn run(name: &str, matches: &ArgMatches) -> Result<Status, Refusal> {
    let mut bytes = Vec::new();
    match name {
        "completions" => {
            let asked = text(matches, "shell").unwrap_or_default();
            let shells = SHELLS.iter().find(|(name, _)| *name == asked);
            let shell = shells.map_or(Shell::Bash, |&(_, shell)| shell);
            clap_complete::generate(shell, &mut declaration(), NAME, &mut bytes);
        }
        _ => page(text(matches, "command").as_deref())?
            .render(&mut bytes)
            .map_err(Failure::Output)?,
    }
    print(&String::from_utf8_lossy(&bytes))?;
    Ok(Status::Done)
}

fn page(command: Option<&str>) -> Result<Man, Refusal> {
    let mut root = declaration();
    // Names the pages of the commands `memwatch-analyze` and so on.
    root.build();
    let Some(name) = command else {
        return Ok(Man::new(root));
    };
    let found = root.find_subcommand(name).cloned();
    let unknown = || {
        Refusal::usage(format!(
            "unknown command '{name}'; memwatch --help lists all commands"
        ))
    };
    found.map(Man::new).ok_or_else(unknown)
}
