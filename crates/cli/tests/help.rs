//! What `--help` prints, of every command, to the letter (`help/*.txt`), and that the examples in it are
//! understood. After a change of the wording: `MEMWATCH_WRITE=1 cargo test -p memwatch-cli --test help`.

use std::path::Path;
use std::{env, fs};

use clap::Command;
use clap::error::ErrorKind;
use memwatch_cli::{ALL, declaration};

/// The names of all commands but clap's own.
fn names() -> Vec<String> {
    let root = declaration();
    let names = root.get_subcommands().map(|one| one.get_name().to_owned());
    names.collect()
}

fn help(arguments: &[&str]) -> String {
    let arguments = [&["memwatch"], arguments].concat();
    let error = declaration()
        .try_get_matches_from(arguments)
        .expect_err("help is no match");
    assert_eq!(error.kind(), ErrorKind::DisplayHelp);
    error.render().to_string()
}

#[test]
fn the_help_of_every_command_is_the_one_that_is_kept() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let mut all = vec![("memwatch".to_owned(), help(&["--help"]))];
    all.extend(names().into_iter().map(|name| {
        let text = help(&[&name, "--help"]);
        (name, text)
    }));
    for (name, text) in all {
        let file = directory.join(format!("{name}.txt"));
        if env::var_os("MEMWATCH_WRITE").is_some() {
            fs::create_dir_all(&directory).expect("a directory");
            fs::write(&file, &text).expect("written");
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(text, kept, "{}", file.display());
    }
}

#[test]
fn help_and_the_option_print_the_same() {
    assert_eq!(help(&["help"]), help(&["--help"]));
    assert_eq!(help(&["-h"]), help(&["--help"]));
    for name in names() {
        assert_eq!(help(&["help", &name]), help(&[&name, "-h"]), "{name}");
    }
}

#[test]
fn the_overview_lists_every_command_in_the_order_of_use() {
    let overview = help(&["--help"]);
    let mut rest = overview.as_str();
    for name in names() {
        let line = format!("\n  {name} ");
        let at = rest
            .find(&line)
            .unwrap_or_else(|| panic!("{name} in\n{overview}"));
        rest = &rest[at + 1..];
    }
}

#[test]
fn every_help_has_three_examples_of_its_command() {
    for name in names() {
        let text = help(&[&name, "--help"]);
        let examples = text
            .lines()
            .filter(|line| line.starts_with(&format!("  memwatch {name}")));
        assert_eq!(examples.count(), 3, "{text}");
    }
}

/// Arguments as a shell would split them, up to a redirection.
fn split(text: &str) -> Vec<String> {
    let words = text
        .split(' ')
        .map(|word| word.trim_matches('\'').to_owned());
    words
        .take_while(|word| !["<", ">", ">>", "|"].contains(&word.as_str()))
        .collect()
}

#[test]
fn the_examples_of_commands_about_files_are_understood() {
    for command in &ALL {
        for (example, _) in command.examples {
            let arguments = ["memwatch".to_owned()].into_iter().chain(split(example));
            let matches = declaration().try_get_matches_from(arguments);
            let matches = matches.unwrap_or_else(|error| panic!("{example}: {error}"));
            assert_eq!(matches.subcommand_name(), Some(command.name));
        }
    }
}

#[test]
fn the_declarations_are_sound() {
    Command::debug_assert(declaration());
}
