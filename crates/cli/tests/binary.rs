//! The binary as a shell starts it: exit statuses, the two streams, standard input, a reader that has enough.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use memwatch_snapshot::testing::{Shop, Style};
use tempfile::TempDir;

fn memwatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memwatch"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    memwatch(arguments).output().expect("the binary runs")
}

/// What a command prints that ends well.
fn printed(arguments: &[&str]) -> String {
    let output = output(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        (output.status.code(), &*error),
        (Some(0), ""),
        "{arguments:?}"
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The sentence with which a command is refused.
fn refused(arguments: &[&str], code: &str) -> String {
    let output = output(arguments);
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let line = error.strip_prefix("memwatch: ").expect("our name");
    let line = line.strip_suffix(&format!(" [{code}]\n")).expect(line);
    assert!(!line.contains('\n'), "{line}");
    line.to_owned()
}

fn usage(arguments: &[&str]) -> String {
    refused(arguments, "ERR_MEMWATCH_USAGE")
}

fn snapshot(directory: &TempDir, name: &str, users: usize) -> String {
    let file: PathBuf = directory.path().join(name);
    fs::write(&file, Shop::new(users).graph.to_json(Style::NODE_24)).expect("written");
    file.to_string_lossy().into_owned()
}

#[test]
fn every_question_is_answered_as_text_and_as_json() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    for arguments in [
        &["analyze", &file][..],
        &["diff", &file, &file],
        &["diff", &file, &file, &file, "--fast"],
        &["summary", &file, "--fast"],
        &["classes", &file, "--sort", "instances", "--top=3"],
        &["instances", &file, "User"],
        &["inspect", &file, "@5"],
        &["refs", &file, "5"],
        &["paths", &file, "User"],
        &["strings", &file],
        &["shapes", &file],
        &["functions", &file],
        &["closures", &file, "--unread"],
        &["containment", &file],
        &["containment", &file, "@5"],
        &["realms", &file],
        &["scopes", &file],
    ] {
        let text = printed(arguments);
        assert!(text.ends_with('\n') && !text.contains('\x1b'), "{text}");
        let json = printed(&[arguments, &["--json"]].concat());
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert!(value.is_object(), "{json}");
    }
}

#[test]
fn growth_is_exit_status_1_where_it_is_to_fail() {
    let directory = TempDir::new().expect("a directory");
    let before = snapshot(&directory, "before", 100);
    let after = snapshot(&directory, "after", 2000);
    let arguments = ["diff", &before, &after];
    let text = printed(&arguments);
    let failed = output(&[&arguments[..], &["--fail-on-growth"]].concat());
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&failed.stdout), text);
    let signatures: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("signature "))
        .collect();
    assert!(!signatures.is_empty(), "{text}");
    let baseline = directory.path().join("known.txt");
    fs::write(&baseline, signatures.join("  a note\n")).expect("written");
    let baseline = baseline.to_string_lossy();
    let known = [
        &arguments[..],
        &["--fail-on-growth", "--baseline", &baseline],
    ]
    .concat();
    printed(&known);
    let nowhere = refused(
        &["diff", &before, &after, "--baseline", "/nowhere"],
        "ERR_MEMWATCH_BASELINE_UNREADABLE",
    );
    assert!(nowhere.contains("/nowhere"), "{nowhere}");
}

#[test]
fn a_dash_is_standard_input_which_can_be_read_once() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    let mut child = memwatch(&["classes", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let bytes = fs::read(&file).expect("read");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(&bytes).expect("written");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(
        text.replace("\"-\"", &format!("\"{file}\"")),
        printed(&["classes", &file, "--json"])
    );
    assert_eq!(
        usage(&["diff", "-", "-"]),
        "standard input can be read only once"
    );
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_enough_is_no_error() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 2000);
    for arguments in [
        &["instances", &file, "User", "--top", "100000"][..],
        &["--help"],
    ] {
        let mut child = memwatch(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[test]
fn a_file_that_cannot_be_answered_is_one_sentence_with_a_code() {
    let gone = refused(
        &["classes", "/nowhere/\x1b[31m"],
        "ERR_MEMWATCH_SNAPSHOT_UNREADABLE",
    );
    assert!(
        gone.starts_with("/nowhere/\\u{1b}[31m cannot be read: "),
        "{gone}"
    );
    let own = env!("CARGO_BIN_EXE_memwatch");
    refused(
        &[
            "classes",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ],
        "ERR_MEMWATCH_SNAPSHOT_SYNTAX",
    );
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        refused(&["summary", own], "ERR_MEMWATCH_CORE_INVALID");
    }
}

#[test]
fn what_is_wrong_with_the_arguments_is_said_in_one_sentence() {
    for (arguments, sentence) in [
        (
            &["frobnicate"][..],
            "unknown command 'frobnicate'; memwatch --help lists all commands",
        ),
        (
            &["clases", "a"],
            "unknown command 'clases'; did you mean 'classes' or 'closures'?",
        ),
        (
            &["help", "frobnicate"],
            "unknown command 'frobnicate'; memwatch --help lists all commands",
        ),
        (&["classes"], "classes takes FILE: FILE is missing"),
        (&["inspect", "a"], "inspect takes FILE ID: ID is missing"),
        (
            &["classes", "a", "b"],
            "classes takes FILE: 'b' is too many",
        ),
        (
            &["diff", "a"],
            "diff takes BEFORE AFTER [MORE…]: AFTER is missing",
        ),
        (
            &["classes", "a", "--srot", "x"],
            "unknown option '--srot'; did you mean '--sort'?",
        ),
        (
            &["analyze", "a", "--fast"],
            "unknown option '--fast'; memwatch analyze --help lists all options",
        ),
        (
            &["classes", "a", "--sort", "name"],
            "--sort takes one of retained, shallow, instances, not 'name'",
        ),
        (
            &["classes", "a", "--sort"],
            "--sort takes one of retained, shallow, instances, but got none",
        ),
        (
            &["classes", "a", "--top"],
            "--top takes a value, but got none",
        ),
        (
            &["classes", "a", "--top", "-1"],
            "--top takes a whole number of at least 1, not '-1'",
        ),
        (
            &["classes", "a", "--top="],
            "--top takes a whole number of at least 1, not ''",
        ),
        (&["classes", "a", "--json=yes"], "--json takes no value"),
        (
            &["diff", "a", "b", "c", "--sort", "net"],
            "--sort takes two files; with more, rows are ordered by growth",
        ),
        (
            &["diff", "a", "b", "--fast", "--fail-on-growth"],
            "--fail-on-growth cannot be combined with --fast",
        ),
        (
            &["run", "app.js"],
            "run needs Node.js: npx memwatch run [options] PROGRAM [arguments…]",
        ),
        (
            &["man", "frobnicate"],
            "unknown command 'frobnicate'; memwatch --help lists all commands",
        ),
        (&["completions"], "completions: SHELL is missing"),
    ] {
        assert_eq!(usage(arguments), sentence, "{arguments:?}");
    }
}

#[test]
fn the_last_of_an_option_that_is_given_twice_counts() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    let twice = printed(&[
        "classes", &file, "--top", "9", "--json", "--top", "3", "--json",
    ]);
    assert_eq!(twice, printed(&["classes", &file, "--top", "3", "--json"]));
}

#[test]
fn no_command_prints_the_overview_on_standard_error() {
    let none = output(&[]);
    assert_eq!(none.status.code(), Some(2));
    assert!(none.stdout.is_empty());
    assert_eq!(String::from_utf8_lossy(&none.stderr), printed(&["--help"]));
    assert_eq!(
        printed(&["--version"]),
        concat!(env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn completions_and_manual_pages_have_every_command() {
    let page = printed(&["man"]);
    let bash = printed(&["completions", "bash"]);
    for name in [
        "analyze", "diff", "redact", "run", "snapshot", "core", "report",
    ] {
        assert!(page.contains(&format!("memwatch\\-{name}(1)")), "{name}");
        assert!(
            bash.contains(&format!("memwatch__subcmd__{name}")),
            "{name}"
        );
        assert!(printed(&["man", name]).contains(".SH OPTIONS"), "{name}");
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(
            printed(&["completions", shell]).contains("fail-on-growth"),
            "{shell}"
        );
    }
}
