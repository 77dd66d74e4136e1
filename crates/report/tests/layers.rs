//! The arrows between the crates, and who serialises: as ARCHITECTURE.md has them. Cargo refuses
//! cycles; this refuses an arrow that is not in the list. Reads manifests and sources, builds nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate, and those of ours that it may use; dependencies of tests are no exception.
const ARROWS: [(&str, &[&str]); 12] = [
    ("memwatch-attach", &[]),
    ("memwatch-order", &[]),
    ("memwatch-files", &["memwatch-order"]),
    ("memwatch-snapshot", &["memwatch-order"]),
    ("memwatch-detector", &["memwatch-order"]),
    ("memwatch-heap", &["memwatch-snapshot", "memwatch-order"]),
    (
        "memwatch-report",
        &[
            "memwatch-snapshot",
            "memwatch-detector",
            "memwatch-native",
            "memwatch-order",
        ],
    ),
    ("memwatch-mapped", &[]),
    ("memwatch-native", &["memwatch-order"]),
    (
        "memwatch-commands",
        &[
            "memwatch-report",
            "memwatch-snapshot",
            "memwatch-heap",
            "memwatch-attach",
            "memwatch-mapped",
            "memwatch-files",
            "memwatch-order",
        ],
    ),
    (
        "memwatch-cli",
        &["memwatch-commands", "memwatch-snapshot", "memwatch-files"],
    ),
    (
        "memwatch",
        &[
            "memwatch-commands",
            "memwatch-report",
            "memwatch-snapshot",
            "memwatch-detector",
            "memwatch-heap",
            "memwatch-mapped",
            "memwatch-native",
            "memwatch-files",
            "memwatch-order",
        ],
    ),
];

/// What the addon serialises: messages that a forked child sends to the same binary.
const PIPE: [&str; 2] = ["src/live/message.rs", "src/live/outcome.rs"];

/// Where the addon makes objects of its own: what `lib/` alone reads, failures, and the bridge that
/// makes the objects of reports.
const OBJECTS: [&str; 9] = [
    "src/live/forked.rs",
    "src/live/outcome.rs",
    "src/object_numbers.rs",
    "src/payload/to_js.rs",
    "src/probe.rs",
    "src/rounds.rs",
    "src/snapshots.rs",
    "src/threads.rs",
    "src/v8/export.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The packages of the workspace, as their manifests have them.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Every Rust file below a directory of the repository.
fn sources(directory: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![root().join(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).expect("a directory of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// Whether a type of the text derives `Serialize`, or implements it by hand.
fn serialises(text: &str) -> bool {
    let derived = text.split("derive(").skip(1).any(|rest| {
        let traits = rest.split(')').next().unwrap_or_default().split(',');
        let mut names = traits.map(|path| path.trim().rsplit("::").next());
        names.any(|name| name == Some("Serialize"))
    });
    derived || text.contains("Serialize for ")
}

/// Whether a text of the addon decides which keys an object of JavaScript has.
fn makes_objects(text: &str) -> bool {
    ["napi(object", "set_named_property(", " Object::new("]
        .iter()
        .any(|maker| text.contains(maker))
}

#[test]
fn each_crate_uses_only_those_behind_its_arrows() {
    let packages = packages();
    let names: BTreeSet<&str> = packages
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    let listed: BTreeSet<&str> = ARROWS.iter().map(|&(name, _)| name).collect();
    assert_eq!(
        names, listed,
        "a crate has its arrows here and in ARCHITECTURE.md"
    );
    for package in &packages {
        let name = package["name"].as_str().expect("a name");
        let (_, allowed) = ARROWS.iter().find(|one| one.0 == name).expect("listed");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let used = dependency["name"].as_str().expect("a name");
            assert!(
                !names.contains(used) || used == name || allowed.contains(&used),
                "{name} uses {used}: no arrow leads there (ARCHITECTURE.md)"
            );
        }
    }
}

#[test]
fn report_alone_derives_serialize() {
    for directory in fs::read_dir(root().join("crates")).expect("crates") {
        let name = directory.expect("an entry").file_name();
        let name = name.to_string_lossy();
        let directory = format!("crates/{name}/src");
        if name == "report" || !root().join(&directory).exists() {
            continue;
        }
        for file in sources(&directory) {
            let text = fs::read_to_string(&file).expect("a source");
            assert!(
                !serialises(&text),
                "{} derives Serialize: the type that leaves belongs in crates/report",
                file.display()
            );
        }
    }
    for file in sources("src") {
        let text = fs::read_to_string(&file).expect("a source");
        let path = file.strip_prefix(root()).expect("below the root");
        let is_pipe = PIPE.iter().any(|one| path == Path::new(one));
        assert_eq!(
            serialises(&text),
            is_pipe,
            "{}: what leaves the addon belongs in crates/report; PIPE lists the rest",
            path.display()
        );
    }
}

#[test]
fn what_users_get_from_the_addon_is_a_report() {
    for file in sources("src") {
        let text = fs::read_to_string(&file).expect("a source");
        let path = file.strip_prefix(root()).expect("below the root");
        assert_eq!(
            makes_objects(&text),
            OBJECTS.iter().any(|one| path == Path::new(one)),
            "{}: which keys an object has is decided in crates/report; OBJECTS lists the rest",
            path.display()
        );
    }
}

#[test]
fn a_derive_is_found_however_it_is_written() {
    assert!(serialises("#[derive(Debug, Serialize)]\nstruct A;"));
    assert!(serialises(
        "#[derive(\n    serde::Serialize,\n    Debug\n)]"
    ));
    assert!(serialises("impl Serialize for A {}"));
    assert!(!serialises("#[derive(Debug, Deserialize)]\nstruct A;"));
    assert!(!serialises("fn json(value: &impl Serialize) {}"));
}

#[test]
fn every_crate_has_the_lints_of_the_workspace_and_forbids_unsafe_code() {
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let manifest = package["manifest_path"].as_str().expect("a path");
        let text = fs::read_to_string(manifest).expect("a manifest");
        assert!(text.contains("\n[lints]\nworkspace = true\n"), "{name}");
        // The table denies it, in tests too; what this forbids, no attribute of the crate can allow.
        let library = Path::new(manifest).with_file_name("src/lib.rs");
        let text = fs::read_to_string(library).expect("a library");
        let forbids = text.contains("\n#![forbid(unsafe_code)]\n");
        // The addon has its unsafe code in src/v8; a file cannot be mapped without any, malloc be asked or replaced, nor a
        // process be stopped.
        let is_unsafe = [
            "memwatch",
            "memwatch-attach",
            "memwatch-mapped",
            "memwatch-native",
        ]
        .contains(&name);
        assert_eq!(forbids, !is_unsafe, "{name}");
    }
}
