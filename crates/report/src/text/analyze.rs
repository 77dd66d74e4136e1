//! `analyze` for people: each suspect in one sentence with its numbers, then the
//! path, then what to type next. Computes nothing.

use std::fmt::Write;

use super::paths::{numbered, places, prose, wrapped};
use super::units::{damage, named, printable, reading};
use super::{TextOptions, bytes, count, id};
use super::{markdown, trace};
use crate::{
    AnalyzeReport, AnalyzeWords, DominatingEntry, FindingEntry, NextStep, ObservationEntry,
    SuspectEntry,
};

/// The report as text, ending in a line feed.
pub fn render(report: &AnalyzeReport, options: &TextOptions) -> String {
    let mut out = reading(&report.snapshot);
    let total = bytes(report.total_bytes);
    let file = printable(&report.snapshot.file);
    if report.findings.is_empty() && report.dominating.is_some() {
        let _ = writeln!(
            out,
            "One object keeps much of {file}: {total} in {} objects.",
            count(report.snapshot.nodes)
        );
    } else if report.findings.is_empty() {
        let _ = writeln!(
            out,
            "No leak candidate in {file}: {total} in {} objects; nothing accumulates.",
            count(report.snapshot.nodes)
        );
    } else {
        let _ = writeln!(
            out,
            "{} in {file}: {total} in {} objects.",
            match report.finding_count {
                1 => "1 leak candidate".to_owned(),
                many => format!("{many} leak candidates"),
            },
            count(report.snapshot.nodes)
        );
    }
    out.push_str(&damage(&report.snapshot));
    for (at, finding) in report.findings.iter().enumerate() {
        let suspect = &finding.suspect;
        let told = numbered(at + 1, &sentence(finding), options);
        let _ = writeln!(out, "\n{told}");
        let _ = writeln!(out, "\n{}", wrapped(&finding.path.text, "   ", options));
        let _ = write!(out, "\n{}", trace::lines(&finding.trace, "   "));
        let _ = writeln!(out, "\n{}", prose(advice_of_one(finding), "   ", options));
        let _ = writeln!(out, "   {}", finding.trace.docs);
        out.push_str(&next(&finding.next, &report.snapshot.file));
        let _ = writeln!(out, "   signature {}", suspect.signature);
    }
    if let Some(one) = &report.dominating {
        let _ = writeln!(out, "\n{}", prose(&dominating(one), "", options));
        let _ = writeln!(out, "\n{}", wrapped(&one.path.text, "   ", options));
        out.push_str(&places(&one.path, "   "));
        out.push('\n');
        out.push_str(&next(&one.next, &report.snapshot.file));
    }
    let hidden = report.finding_count - report.findings.len() as u64;
    if hidden > 0 {
        let _ = writeln!(
            out,
            "\n{} more: --top {}",
            count(hidden),
            report.finding_count
        );
    }
    if !report.observations.is_empty() {
        out.push_str("\nAlso noticed:\n");
        for one in &report.observations {
            let _ = writeln!(out, "   {}", printable(&noticed(one)));
        }
    }
    out
}

/// The sentences of the report without its layout.
#[must_use]
pub fn words(report: &AnalyzeReport) -> AnalyzeWords {
    AnalyzeWords {
        sentences: report.findings.iter().map(sentence).collect(),
        advice: report
            .findings
            .iter()
            .map(|one| advice(shape(one)))
            .collect(),
        markdown: report.findings.iter().map(markdown::finding).collect(),
        dominating: report.dominating.as_ref().map(dominating),
        noticed: report.observations.iter().map(noticed).collect(),
    }
}

/// `One {rows, index} keeps 24.0 MiB, 62 % of the heap, though …: @123.`
pub(super) fn dominating(one: &DominatingEntry) -> String {
    format!(
        "One {} keeps {}, {} % of the heap, though nothing accumulates in one place below it: {}.",
        printable(&one.class),
        bytes(one.retained_bytes),
        (one.share * 100.0).round(),
        id(one.id)
    )
}

/// `22,002 LeakingClass keep 6.1 MiB, 25 % of the heap, in one list of callbacks.`
pub(super) fn sentence(finding: &FindingEntry) -> String {
    let suspect = &finding.suspect;
    let steps = finding.trace.steps.iter();
    // The objects are at its end.
    let class = steps.rev().find(|step| step.class == suspect.class);
    let position = class.and_then(|step| step.position.as_ref());
    let class = printable(&named(&suspect.class, position));
    let what = if suspect.kind == "single" {
        format!("One {class} keeps")
    } else {
        format!("{} × {class} keep", count(suspect.count))
    };
    let share = (suspect.share * 100.0).round();
    format!(
        "{what} {}, {share} % of the heap: {}{} ({}).",
        bytes(suspect.retained_bytes),
        keeper(suspect),
        shared(suspect),
        suspect.certainty.name()
    )
}

/// If a collection keeps so many times what its objects keep each alone, they share
/// what makes the difference. Below, it may be the table of a Map.
const SHARED_TIMES: u64 = 2;

/// What the objects keep together and none of them alone:
/// `, kept through one Set: 28.0 MiB, 85 %`.
pub(super) fn shared(suspect: &SuspectEntry) -> String {
    let all = suspect.holder_retained_bytes.unwrap_or(0);
    let alone = suspect.retained_bytes;
    if alone == 0 || all < alone.saturating_mul(SHARED_TIMES) {
        return String::new();
    }
    let share = (suspect.share / alone as f64 * all as f64 * 100.0).round();
    let holder = printable(&suspect.holder_class);
    format!(", kept through one {holder}: {}, {share} %", bytes(all))
}

pub(super) fn keeper(suspect: &SuspectEntry) -> String {
    let one = match suspect.kind {
        "closure-chain" => {
            return "closures that hold each other through the contexts they share".into();
        }
        "chain" => return "each is held by another of them".into(),
        "timers" => return "timers that are still to run".into(),
        "single" => return "by its own size".into(),
        "handles" => return "native handles, such as open sockets, or held by an addon".into(),
        "microtasks" => return "functions that are to run in the queue of microtasks".into(),
        "finalization-registry" => "FinalizationRegistry",
        "promise-reactions" => "promise that has not settled",
        "listeners" => "list of listeners or callbacks",
        "modules" => "list of modules",
        "slices" => "place, each a slice that keeps the whole string it was cut from",
        "map" => "Map",
        "set" => "Set",
        "array" => "array",
        _ => "object used as a dictionary",
    };
    if suspect.holders == 1 {
        format!("all in one {one}, {}", id(suspect.holder_id))
    } else {
        format!(
            "in {} of one kind: {one}, the fullest {}",
            count(suspect.holders),
            id(suspect.holder_id)
        )
    }
}

/// What to do about it, as far as one snapshot shows it.
pub(super) fn advice_of_one(finding: &FindingEntry) -> &'static str {
    match shape(finding) {
        "map" | "set" | "array" | "dictionary" => {
            "A cache or the program's own data looks the same, and is fine if it has a limit. Two \
             snapshots show whether it grows: memwatch diff."
        }
        other => advice(other),
    }
}

/// The kind by which it is known what to do: the trace knows of some more than the holder.
fn shape(finding: &FindingEntry) -> &'static str {
    match finding.trace.kind {
        "closure-context" => "closure-chain",
        "async-local-storage" => finding.trace.kind,
        _ => finding.suspect.kind,
    }
}

/// What to do about it, in one sentence.
pub(super) fn advice(kind: &str) -> &'static str {
    match kind {
        "closure-chain" => {
            "Functions made in one call share one context: while one is kept, so is every variable \
             any of them uses. Set the variable to null when done, or make the kept function elsewhere."
        }
        "chain" => "Inspect what holds the first: it keeps them all.",
        "listeners" => {
            "A listener is added for each request or object, and none is removed: add it once, use \
             once(), or remove it when done."
        }
        "timers" => {
            "Clear them with clearTimeout or clearInterval; each keeps its callback and everything \
             the callback uses."
        }
        "promise-reactions" => {
            "Each then(), await or Promise.race() on a promise that stays pending adds a reaction \
             that is never removed: race against a promise that settles, or remove by AbortSignal."
        }
        "modules" => {
            "The same files are loaded repeatedly. module.children keeps modules that were deleted from \
             require.cache, and an imported ES module is never freed: each import with a new query adds one."
        }
        "microtasks" => {
            "They wait for the running code to end: yield in a long loop, for instance with \
             await setImmediate()."
        }
        "finalization-registry" => {
            "register() keeps its held value, and everything that value refers to, until the object is \
             collected: if the value leads to the object, it never is."
        }
        "async-local-storage" => {
            "Started inside run(), it keeps that store as long as it lives: start what several requests \
             share outside of run(), or in exit()."
        }
        "single" => "Check what it is for, and whether a part of it is enough.",
        "slices" => {
            "Copy what is to be kept, for instance by Buffer.from(slice).toString(): the long string is \
             freed then."
        }
        "handles" => {
            "Close open handles: each keeps its JavaScript object and everything that object holds."
        }
        _ => "If it is a cache, give it a limit; if not, remove entries when they are done.",
    }
}

pub(super) fn next(steps: &[NextStep], file: &str) -> String {
    let commands = steps.iter().map(|step| {
        format!(
            "npx memwatch {} {} {}",
            step.command,
            quoted(&printable(file)),
            quoted(&printable(&step.target))
        )
    });
    let commands: Vec<String> = commands.collect();
    let width = commands
        .iter()
        .map(|command| command.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    for (command, step) in commands.iter().zip(steps) {
        let _ = writeln!(out, "   {command:width$}  # {}", step.shows);
    }
    out
}

/// As a shell takes it for one word.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn noticed(one: &ObservationEntry) -> String {
    let many = count(one.count);
    let path = one
        .path
        .as_ref()
        .map(|path| format!(" in {}", path.text))
        .unwrap_or_default();
    let size = bytes(one.bytes);
    match one.rule {
        "dominant-class" => format!(
            "{many} × {}, the next type has {}; e.g. @{}",
            one.subject,
            count(one.against.unwrap_or_default()),
            one.id
        ),
        "many-closures" => format!(
            "{many} × {}: one function made again and again; e.g. @{}",
            one.subject, one.id
        ),
        "module-reloads" => format!("{many} × module {}; e.g. @{}", one.subject, one.id),
        "realms" => format!(
            "{many} realms (contexts of vm, windows), {size}, most of them kept{path}, e.g. @{}",
            one.id
        ),
        "many-properties" => format!(
            "{many} properties ({}, {size}){path}, @{}",
            one.subject, one.id
        ),
        "many-listeners" => format!(
            "{many} listeners ({}, {size}){path}, @{}",
            one.subject, one.id
        ),
        _ => format!(
            "{many} entries ({}, {size}){path}, @{}",
            one.subject, one.id
        ),
    }
}
