//! Builds the C++ shim between the addon and V8 against Node's headers.
//!
//! Looks for the headers in four places, in this order, and downloads nothing:
//! `MEMWATCH_NODE_INCLUDE`, npm's `nodedir`, the `node` that runs, node-gyp's
//! cache. Headers of any Node from 18 on give a binary for all of them.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

#[path = "linking.rs"]
mod linking;
#[path = "src/v8/microsoft/build.rs"]
mod microsoft;

/// The header that tells a directory with V8's headers from any other: the last
/// one that the shim includes.
const MARKER: &str = "v8-profiler.h";

/// The parts of the shim: each a header and a source.
const ROOMS: [&str; 4] = ["shim", "shim_limit", "shim_sampler", "shim_code"];

fn main() {
    napi_build::setup();
    for name in [
        "MEMWATCH_NODE_INCLUDE",
        "npm_config_nodedir",
        "npm_config_devdir",
        "npm_node_execpath",
    ] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    for room in ROOMS {
        println!("cargo:rerun-if-changed=src/v8/{room}.cc");
        println!("cargo:rerun-if-changed=src/v8/{room}.h");
    }
    println!("cargo:rerun-if-changed=src/v8/system.h");
    if microsoft::is_target() {
        microsoft::build(&ROOMS);
        return;
    }

    let include = match find_headers() {
        Ok(include) => include,
        Err(looked_at) => {
            eprintln!("{}", not_found(&looked_at));
            exit(1);
        }
    };

    cc::Build::new()
        .cpp(true)
        .std("c++20")
        .files(ROOMS.map(|room| format!("src/v8/{room}.cc")))
        .include(&include)
        // V8's typeinfo is not exported and nothing here may throw: the shim
        // derives from V8's callback classes, so it must do without both.
        .flag_if_supported("-fno-rtti")
        .flag_if_supported("-fno-exceptions")
        // The shim uses nothing of the C++ library, so the addon depends on none.
        .cpp_link_stdlib(None)
        // Their headers are not ours to mend; our own file is compiled strictly
        // by the continuous build.
        .flag_if_supported("-Wno-unused-parameter")
        // V8's headers ask for the C++ version, which Microsoft's compiler tells only so.
        .flag_if_supported("/Zc:__cplusplus")
        .compile("memwatch_shim");
    linking::fold_identical_functions("cdylib");
    if variable("CARGO_CFG_TARGET_OS").is_some_and(|os| os == "windows") {
        link_on_windows(&include);
    }
}

/// Elsewhere the names of V8 and libuv are bound when the addon loads. Windows wants to know
/// at once that they are node.exe's: node.lib says so, which node-gyp keeps beside the headers.
fn link_on_windows(include: &Path) {
    let arch = match variable("CARGO_CFG_TARGET_ARCH") {
        Some(arch) if arch == "aarch64" => "arm64",
        _ => "x64",
    };
    if let Some(prefix) = include.ancestors().nth(2) {
        println!(
            "cargo:rustc-link-search=native={}",
            prefix.join(arch).display()
        );
    }
    println!("cargo:rustc-link-lib=dylib=node");
}

/// One place where headers may be, and why it was or was not taken.
struct Place {
    name: &'static str,
    state: String,
}

fn find_headers() -> Result<PathBuf, Vec<Place>> {
    let mut looked_at = Vec::new();
    let places: [(&'static str, Vec<PathBuf>, &str); 4] = [
        (
            "MEMWATCH_NODE_INCLUDE",
            variable("MEMWATCH_NODE_INCLUDE")
                .map(PathBuf::from)
                .into_iter()
                .collect(),
            "is not set",
        ),
        (
            "npm's nodedir (npm_config_nodedir)",
            variable("npm_config_nodedir")
                .map(|dir| PathBuf::from(dir).join("include/node"))
                .into_iter()
                .collect(),
            "is not set",
        ),
        (
            "include/node beside the running node",
            beside_running_node().into_iter().collect(),
            "found no node to run",
        ),
        (
            "node-gyp's cache",
            node_gyp_cache(),
            "holds no unpacked headers",
        ),
    ];
    for (name, candidates, absent) in places {
        if let Some(found) = candidates.iter().find(|dir| dir.join(MARKER).is_file()) {
            return Ok(found.clone());
        }
        let state = match candidates.first() {
            None => absent.to_owned(),
            Some(dir) => format!("has no {MARKER} in {}", dir.display()),
        };
        looked_at.push(Place { name, state });
    }
    Err(looked_at)
}

fn not_found(looked_at: &[Place]) -> String {
    let mut text = String::from("memwatch: the C++ headers of Node.js were not found.\n");
    for (index, place) in looked_at.iter().enumerate() {
        let _ = writeln!(text, "  {}. {} {}", index + 1, place.name, place.state);
    }
    text.push_str(
        "Run `npx node-gyp install` once to fetch them, or set MEMWATCH_NODE_INCLUDE to the \
         include/node directory of an unpacked Node.js.",
    );
    text
}

/// A set and not empty environment variable.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn beside_running_node() -> Option<PathBuf> {
    let node = match variable("npm_node_execpath") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(ask_node("process.execPath")?),
    };
    let bin = node.canonicalize().ok()?;
    let prefix = bin.parent()?.parent()?;
    Some(prefix.join("include/node"))
}

fn ask_node(expression: &str) -> Option<String> {
    let output = Command::new("node")
        .args(["-p", expression])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// Every version that node-gyp has unpacked, newest last changed first, with the
/// running node's own version before all others.
fn node_gyp_cache() -> Vec<PathBuf> {
    let Some(root) = node_gyp_root() else {
        return Vec::new();
    };
    let mut versions: Vec<PathBuf> = root
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("include/node").join(MARKER).is_file())
        .collect();
    let running = ask_node("process.versions.node");
    versions.sort_by_key(|path| {
        let is_running = running.as_deref().is_some_and(|v| path.ends_with(v));
        let changed = path.metadata().and_then(|meta| meta.modified()).ok();
        (is_running, changed)
    });
    versions.reverse();
    versions
        .into_iter()
        .map(|path| path.join("include/node"))
        .collect()
}

fn node_gyp_root() -> Option<PathBuf> {
    if let Some(dir) = variable("npm_config_devdir") {
        return Some(PathBuf::from(dir));
    }
    if cfg!(windows) {
        return variable("LOCALAPPDATA").map(|dir| Path::new(&dir).join("node-gyp/Cache"));
    }
    let home = variable("HOME").map(PathBuf::from);
    if cfg!(target_os = "macos") {
        return home.map(|dir| dir.join("Library/Caches/node-gyp"));
    }
    match variable("XDG_CACHE_HOME") {
        Some(dir) => Some(Path::new(&dir).join("node-gyp")),
        None => home.map(|dir| dir.join(".cache/node-gyp")),
    }
}
