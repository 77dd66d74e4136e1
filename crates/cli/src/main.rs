//! `memwatch`, the binary. All that it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    memwatch_cli::main(std::env::args_os().skip(1)).into()
}
