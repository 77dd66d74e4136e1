//! The sampler in Node.js itself, in each version that is unpacked in `.cache/nodes`, else in the one that is installed:
//! what it finds against what malloc has in use, the function that it names, and what is left after it ends.
#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A leak: its name in `in_node.js`, and parts of names of which one is the function that Node's JavaScript calls.
const LEAKS: [(&str, &[&str]); 6] = [
    // What a stream is written into is a buffer of the program; its state is zlib's and Brotli's.
    (
        "deflate",
        &["ZlibContext", "ZlibStream", "CompressionStream"],
    ),
    ("brotli", &["Brotli", "CompressionStream"]),
    ("hash", &["node::crypto::Hash::"]),
    (
        "x509",
        &["X509", "node::crypto::(anonymous namespace)::Parse"],
    ),
    (
        "buffers",
        &[
            "CreateUnsafeArrayBuffer",
            "ConstructBuffer",
            "CreateUnsafeBuffer",
        ],
    ),
    ("intl", &["JSDateTimeFormat"]),
];

fn nodes() -> Vec<PathBuf> {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/nodes");
    let versions = std::fs::read_dir(unpacked).into_iter().flatten().flatten();
    let mut nodes: Vec<PathBuf> = versions
        .map(|version| version.path().join("bin/node"))
        .filter(|node| node.exists())
        .collect();
    nodes.sort();
    if nodes.is_empty() {
        nodes.push("node".into());
    }
    nodes
}

/// The addon of the example, which cargo builds with the tests.
fn addon() -> PathBuf {
    let test = std::env::current_exe().expect("this test");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("the directory of the profile");
    let addon = profile.join("examples/libin_node.so");
    assert!(addon.exists(), "cargo builds the example with the tests");
    addon
}

/// What `in_node.js` prints, a line for each of `wanted`.
fn lines(node: &Path, wanted: &[&str]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/in_node.js");
    let output = Command::new(node)
        .args([script, addon(), env!("CARGO_TARGET_TMPDIR").into()])
        .args(wanted)
        .output()
        .expect("node runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {} {errors}",
        node.display(),
        output.status
    );
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(
        lines.len(),
        wanted.len(),
        "{}: {text}{errors}",
        node.display()
    );
    lines
}

/// The value of a key of flat JSON, the first of its name.
fn number(line: &str, key: &str) -> f64 {
    let key = format!("\"{key}\":");
    let rest = line
        .split(&key)
        .nth(1)
        .unwrap_or_else(|| panic!("{key} in {line}"));
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    rest[..end]
        .parse()
        .unwrap_or_else(|_| panic!("a number in {rest}"))
}

#[test]
fn leaks_are_found_under_their_function_and_as_large_as_they_are() {
    let names = LEAKS.map(|(name, _)| name);
    for node in nodes() {
        for ((name, functions), line) in LEAKS.iter().zip(lines(&node, &names)) {
            let place = format!("{} {name}", node.display());
            let (head, rows) = line.split_once("\"rows\":[").expect("rows");
            let rows: Vec<&str> = rows.split("},").collect();
            let found: f64 = rows.iter().map(|row| number(row, "liveBytes")).sum();
            let deviations = rows.iter().map(|row| number(row, "plusMinusBytes") / 2.0);
            let deviation = deviations.map(|one| one * one).sum::<f64>().sqrt();
            let truth = number(head, "truth");
            // Garbage of Node's own that is collected meanwhile is part of the truth.
            let allowed = 4.0 * deviation + 0.05 * truth + 1_000_000.0;
            assert!(
                (found - truth).abs() < allowed,
                "{place}: {found} ± {deviation}, {truth}"
            );
            let first = rows[0].split('"').nth(3).expect("a function");
            let is_right = functions.iter().any(|part| first.contains(part));
            assert!(is_right, "{place}: {first}");
            assert!(head.contains("\"same\":true"), "{place}: {head}");
            assert_eq!(number(head, "changed"), number(head, "restored"), "{place}");
            assert!(number(head, "changed") >= 8.0, "{place}: {head}");
            let samples = number(head, "samples");
            assert!(number(head, "dropped") * 20.0 < samples, "{place}: {head}");
            assert!(
                number(head, "withoutStack") * 20.0 < samples,
                "{place}: {head}"
            );
        }
    }
}

#[test]
fn it_starts_and_ends_while_workers_and_children_come_and_go() {
    for node in nodes() {
        let line = &lines(&node, &["storm"])[0];
        assert!(number(line, "samples") > 100.0, "{line}");
        assert!(line.contains("\"same\":true"), "{line}");
    }
}
