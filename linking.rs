//! What the linker is asked for, beside its own ways: a part of the build scripts of the addon and of the binary.
//! It chooses no linker.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Functions that were compiled to the same bytes are kept once: Rust makes many of one generic function, and nothing
/// here tells functions apart by their addresses. lld, gold and mold can; GNU's linker and others refuse the argument.
const FOLD: &str = "-Wl,--icf=all";

/// Has what this package makes of a `kind`, `cdylib` or `bins`, linked so in a release for Linux, where the linker can.
pub(crate) fn fold_identical_functions(kind: &str) {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=RUSTC_LINKER");
    let is = |name: &str, value: &str| env::var_os(name).is_some_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && links(FOLD) == Some(true) {
        println!("cargo:rustc-link-arg-{kind}={FOLD}");
    }
}

/// Whether the linker that cargo will use makes an empty program with this argument.
fn links(argument: &str) -> Option<bool> {
    let out = env::var_os("OUT_DIR")?;
    let source = Path::new(&out).join("empty.rs");
    fs::write(&source, "fn main() {}\n").ok()?;
    let mut command = Command::new(env::var_os("RUSTC")?);
    command.arg(source).arg("--out-dir").arg(&out);
    command.arg("--target").arg(env::var_os("TARGET")?);
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    command.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut chosen = OsString::from("-Clinker=");
        chosen.push(linker);
        command.arg(chosen);
    }
    command.arg(format!("-Clink-arg={argument}"));
    // That it cannot is no news for who builds.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Some(command.status().ok()?.success())
}
