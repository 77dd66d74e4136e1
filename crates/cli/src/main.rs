//! `memwatch`, the binary. All of its work is in the library of this crate.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    memwatch_cli::main(std::env::args_os().skip(1)).into()
}
