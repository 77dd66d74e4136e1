//! The tables of the detector's numbers in the documentation are those of its policy. With `UPDATE_DOCS=1` in the
//! environment they are written instead of compared.

use std::fs;
use std::path::{Path, PathBuf};

use memwatch_detector::gc::trend::policy::POLICY;
use memwatch_report::text::policy;

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name)
}

/// The document with the text between the marks of this name replaced.
fn with_part(document: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = document
        .split_once(&begin)
        .expect("the mark where it begins");
    let (_, after) = rest.split_once(&end).expect("the mark where it ends");
    format!("{before}{begin}\n{text}\n{end}{after}")
}

/// Compares or writes a document.
fn holds(name: &str, parts: &[(&str, String)]) {
    let path = document(name);
    let is = fs::read_to_string(&path).expect("the document");
    let should = parts.iter().fold(is.clone(), |text, (part, table)| {
        with_part(&text, part, table)
    });
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, should).expect("the document is written");
        return;
    }
    assert_eq!(
        is, should,
        "docs/{name}: UPDATE_DOCS=1 cargo test -p memwatch-report --test policy_in_docs"
    );
}

#[test]
fn the_table_of_what_confirms_is_that_of_the_policy() {
    holds("detection.md", &[("confirmed-at", policy::confirmed_at())]);
    let text = fs::read_to_string(document("detection.md")).expect("the document");
    let share = format!("at least {} of the live heap", policy::least_share());
    assert!(
        text.contains(&share),
        "docs/detection.md does not say: {share}"
    );
}

#[test]
fn the_list_of_thresholds_is_that_of_the_policy() {
    holds("thresholds.md", &[("thresholds", policy::thresholds())]);
}

#[test]
fn each_threshold_has_a_name_of_its_own_and_a_reason_that_is_a_sentence() {
    for (at, threshold) in POLICY.iter().enumerate() {
        let reason = threshold.reason.trim();
        assert!(reason.ends_with(['.', '…']), "{}: {reason}", threshold.name);
        assert!(
            !reason.contains('|'),
            "{} would break its table",
            threshold.name
        );
        let earlier = POLICY[..at]
            .iter()
            .any(|other| other.name == threshold.name);
        assert!(!earlier, "{} is there twice", threshold.name);
    }
}
