//! A usage error in one sentence: clap detects it and would print several lines; here it becomes one
//! sentence like every error.

use std::error::Error as _;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::commands;
use crate::print::Refusal;

/// The help or version that was asked for, as text; else what is wrong. `name` is the first argument.
pub(crate) fn explain(error: &Error, name: &str) -> Result<String, Refusal> {
    match error.kind() {
        ErrorKind::DisplayHelp => Ok(error.render().to_string()),
        ErrorKind::DisplayVersion => Ok(format!("{}\n", env!("CARGO_PKG_VERSION"))),
        _ => Err(Refusal::usage(sentence(error, name))),
    }
}

fn sentence(error: &Error, name: &str) -> String {
    let argument = one(error, ContextKind::InvalidArg).unwrap_or_default();
    // As `--sort <ORDER>`, or `<FILE>`.
    let option = argument.split([' ', '=']).next().unwrap_or_default();
    let option = option.trim_matches(['<', '>', '[', ']', '.']);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let unknown = one(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            let hint = did_you_mean(error, ContextKind::SuggestedSubcommand);
            let hint = hint.unwrap_or_else(|| "memwatch --help lists all commands".to_owned());
            format!("unknown command '{unknown}'; {hint}")
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let hint = did_you_mean(error, ContextKind::SuggestedArg);
            let hint = hint.unwrap_or_else(|| format!("memwatch {name} --help lists all options"));
            format!("unknown option '{argument}'; {hint}")
        }
        ErrorKind::UnknownArgument => {
            format!("{}: '{argument}' is too many", takes(name))
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = all(error, ContextKind::InvalidArg);
            let missing: Vec<&str> = missing
                .iter()
                .map(|one| one.trim_matches(['<', '>']))
                .collect();
            let are = if missing.len() > 1 { "are" } else { "is" };
            format!("{}: {} {are} missing", takes(name), missing.join(" and "))
        }
        ErrorKind::InvalidValue => {
            let valid = all(error, ContextKind::ValidValue).join(", ");
            let value = one(error, ContextKind::InvalidValue).unwrap_or_default();
            let what = match valid.is_empty() {
                true => "a value".to_owned(),
                false => format!("one of {valid}"),
            };
            match value.is_empty() {
                true => format!("{option} takes {what}, but got none"),
                false => {
                    let hint = did_you_mean(error, ContextKind::SuggestedValue);
                    let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
                    format!("{option} takes {what}, not '{value}'{hint}")
                }
            }
        }
        ErrorKind::ValueValidation => {
            let value = one(error, ContextKind::InvalidValue).unwrap_or_default();
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            format!("{option} {why}, not '{value}'")
        }
        ErrorKind::TooManyValues => format!("{option} takes no value"),
        ErrorKind::InvalidUtf8 => "an argument is not valid UTF-8".to_owned(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a command is missing; memwatch --help lists all commands".to_owned()
        }
        _ => first_line(&error.render().to_string()),
    }
}

/// What a command takes.
fn takes(name: &str) -> String {
    let known = commands::ALL.iter().find(|command| command.name == name);
    match known {
        Some(command) => format!("{name} takes {}", command.usage()),
        None => name.to_owned(),
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

fn did_you_mean(error: &Error, kind: ContextKind) -> Option<String> {
    // The most similar comes last.
    let suggested = all(error, kind).into_iter().rev();
    let quoted: Vec<String> = suggested.map(|one| format!("'{one}'")).collect();
    (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(" or ")))
}

fn one(error: &Error, kind: ContextKind) -> Option<String> {
    all(error, kind).into_iter().next()
}

fn all(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}
