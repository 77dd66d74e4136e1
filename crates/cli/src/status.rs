//! The exit statuses. Their numbers and meanings are declared with the commands about programs, which
//! end with the same (`lib/cli/declared.json`).

use std::fmt::Write as _;
use std::process::ExitCode;

use crate::programs::declared;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// It has answered.
    Done = 0,
    /// It has answered, and found what was to fail it.
    Found = 1,
    /// It has not answered: a sentence on standard error says why.
    Failed = 2,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        (status as u8).into()
    }
}

/// The statuses as the help has them: a line each.
#[must_use]
pub fn exit_statuses() -> String {
    let mut text = String::from("Exit status:");
    let statuses = declared()["statuses"].as_array();
    for status in statuses.into_iter().flatten() {
        let means = status["means"].as_str().unwrap_or_default();
        let _ = write!(text, "\n  {}  {means}", status["status"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_that_are_declared() {
        let statuses = declared()["statuses"].as_array().expect("a list");
        let numbers: Vec<(&str, u64)> = statuses
            .iter()
            .map(|one| {
                (
                    one["name"].as_str().unwrap(),
                    one["status"].as_u64().unwrap(),
                )
            })
            .collect();
        let own = [
            ("done", Status::Done as u64),
            ("found", Status::Found as u64),
            ("failed", Status::Failed as u64),
        ];
        assert_eq!(numbers, own);
    }
}
