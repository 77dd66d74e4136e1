//! Leak candidates as Markdown, for an issue or a chat: the sentence, the trace with the
//! reference to cut, what to do. What a heap is named by cannot become markup.

use std::fmt::Write;

use super::analyze::{advice_of_one, dominating, sentence};
use super::units::{damage, printable, reading};
use super::{TextOptions, bytes, count, trace};
use crate::{AnalyzeReport, FindingEntry};

/// The report as Markdown, ending in a line feed.
pub fn render(report: &AnalyzeReport, _options: &TextOptions) -> String {
    let many = match (report.finding_count, &report.dominating) {
        (0, None) => "No leak candidate".to_owned(),
        (0, Some(_)) => "One object keeps much of the heap".to_owned(),
        (1, _) => "1 leak candidate".to_owned(),
        (many, _) => format!("{many} leak candidates"),
    };
    let mut out = String::new();
    let _ = writeln!(
        out,
        "**{many}** in {}: {} in {} objects.",
        code(&printable(&report.snapshot.file)),
        bytes(report.total_bytes),
        count(report.snapshot.nodes)
    );
    for doubt in [reading(&report.snapshot), damage(&report.snapshot)] {
        if !doubt.trim().is_empty() {
            let _ = writeln!(out, "\n{}", prose(doubt.trim()));
        }
    }
    for (at, finding) in report.findings.iter().enumerate() {
        let _ = write!(out, "\n### {}. {}", at + 1, self::finding(finding));
    }
    if let Some(one) = &report.dominating {
        let text = fenced(&format!("{}\n", printable(&one.path.text)));
        let _ = write!(out, "\n### {}\n\n{text}", prose(&dominating(one)));
    }
    let hidden = report.finding_count - report.findings.len() as u64;
    if hidden > 0 {
        let _ = writeln!(out, "\n{} more are not shown.", count(hidden));
    }
    out
}

/// One candidate, from its sentence on.
pub(super) fn finding(finding: &FindingEntry) -> String {
    let suspect = &finding.suspect;
    format!(
        "{}\n\n{}\n{} [{}]({})\n\nSignature `{}`\n",
        prose(&sentence(finding)),
        fenced(&trace::lines(&finding.trace, "")),
        prose(advice_of_one(finding)),
        finding.trace.kind,
        finding.trace.docs,
        suspect.signature
    )
}

/// Text between fences that are longer than any that is in it.
fn fenced(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}text\n{text}{fence}\n")
}

/// A sentence in which words that Markdown would read as more than words are code. An id
/// would be the name of a user.
fn prose(sentence: &str) -> String {
    let words = sentence.split(' ').map(|word| {
        let is_marked = |letter: char| "\\`*_{}[]<>()#+!|~@$&".contains(letter);
        let bare = word.trim_end_matches(['.', ',', ':', ';']);
        let is_ours = bare.starts_with('(') && bare.ends_with(')') && bare.len() > 2;
        let inner = if is_ours {
            &bare[1..bare.len() - 1]
        } else {
            bare
        };
        match inner.contains(is_marked) {
            true => format!("{}{}", code(bare), &word[bare.len()..]),
            false => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A span of code, whatever is in it.
fn code(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max();
    let ticks = "`".repeat(longest.unwrap_or(0) + 1);
    match text.contains('`') {
        true => format!("{ticks} {text} {ticks}"),
        false => format!("{ticks}{text}{ticks}"),
    }
}
