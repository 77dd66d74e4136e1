//! Writes an answer to standard output, and the sentence of an error to standard error.

use std::io::{self, IsTerminal, Write};

use memwatch_commands::{Failure, Patient};

use crate::printable::printable;

/// Arguments that cannot be answered.
pub(crate) const USAGE: &str = "ERR_MEMWATCH_USAGE";

/// Where the documentation explains each code; lib/errors.js has the same.
const HELP: &str = "https://github.com/memwatch/memwatch/blob/main/docs/errors.md";

/// Why a command has no answer: a sentence for people, a code for programs.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The code.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

impl Refusal {
    /// The arguments are wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code: USAGE,
            message,
        }
    }

    /// On standard error. Where that is gone, the exit status alone says it.
    pub(crate) fn report(&self) {
        let message = printable(&self.message);
        let mut line = format!("memwatch: {message} [{}]\n", self.code);
        // For a person; logs and programs have the code.
        if io::stderr().is_terminal() {
            line += &format!("See {HELP}#{}\n", self.code.to_ascii_lowercase());
        }
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code(),
            message: failure.to_string(),
        }
    }
}

/// Writes to standard output. A reader that wants no more of it, as `head`, has what it wanted.
pub(crate) fn print(text: &str) -> Result<(), Refusal> {
    let mut out = Patient(io::stdout().lock());
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Output(error).into())
        }
        _ => Ok(()),
    }
}
