//! Builds the shim for Windows without Microsoft's compiler and libraries: a part of the build script.
//!
//! The Rust half has mingw's C runtime (the target `x86_64-pc-windows-gnu`); the shim calls V8, which in node.exe is
//! Microsoft's C++. So clang compiles the shim for Microsoft's ABI, against the declarations in this directory, and both
//! are linked: they meet in functions of C alone, whose ABI is the same. It downloads nothing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

/// What binds V8's functions when the addon loads.
const HOST: &str = "microsoft/host";

/// As the shim is compiled elsewhere, and without what Microsoft's C++ runtime would bring: guards of static variables,
/// checks of the stack's size, names of libraries to link.
const FLAGS: [&str; 11] = [
    "-std=c++20",
    "-Os",
    "-Wall",
    "-Wextra",
    "-Werror",
    // zig adds some of its own.
    "-Wno-unused-command-line-argument",
    "-fno-rtti",
    "-fno-exceptions",
    "-fno-autolink",
    "-fno-threadsafe-statics",
    "-mno-stack-arg-probe",
];

/// Whether the addon is built for Windows with mingw's runtime.
pub(crate) fn is_target() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    is("CARGO_CFG_TARGET_OS", "windows") && is("CARGO_CFG_TARGET_ENV", "gnu")
}

/// Compiles the parts of the shim and has them linked into the addon.
pub(crate) fn build(rooms: &[&str]) {
    println!("cargo:rerun-if-env-changed=MEMWATCH_ZIG");
    println!("cargo:rerun-if-changed=src/v8/microsoft");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for part in rooms.iter().copied().chain([HOST]) {
        let object = out.join(format!("{}.obj", part.replace('/', "_")));
        compile(&Path::new("src/v8").join(format!("{part}.cc")), &object);
        println!("cargo:rustc-link-arg-cdylib={}", object.display());
    }
}

/// `zig c++`, which `scripts/build.mjs` names, or the clang of this machine.
fn compiler() -> Command {
    let (mut command, target) = match env::var_os("MEMWATCH_ZIG") {
        Some(zig) => {
            let mut command = Command::new(zig);
            // Its C++ library for this ABI wants a configuration that is not there.
            command.args(["c++", "-nostdinc"]);
            (command, "x86_64-windows-msvc")
        }
        None => (Command::new("clang++"), "x86_64-pc-windows-msvc"),
    };
    command.args(["-target", target]);
    command
}

fn compile(source: &Path, object: &Path) {
    let mut command = compiler();
    command.args(FLAGS);
    // As V8's own headers are to the other compilers: of their warnings none is of the shim.
    command.args(["-isystem", "src/v8/microsoft", "-c"]);
    command.arg(source).arg("-o").arg(object);
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => {
            eprintln!(
                "memwatch: {} does not compile for Windows ({status})",
                source.display()
            );
            exit(1);
        }
        Err(error) => {
            eprintln!(
                "memwatch: the shim for Windows needs zig or clang ({error}). Run `node scripts/fetch-zig.mjs`, and \
                 build with `node scripts/build.mjs --platform win32-x64-msvc`."
            );
            exit(1);
        }
    }
}
