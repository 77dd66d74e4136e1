//! `core` for people, who may read it at 3 a.m.: what happened, where, the heaps, what to type
//! next, and last the process. Computes nothing.

use std::fmt::Write;

use super::TextOptions;
use super::analyze::quoted;
use super::table::{Column, Table};
use super::units::{bytes, count, count_of, printable, untried};
use crate::{CoreError, CoreFrame, CoreReport, CoreSignal, CoreThread};

/// What `gcore` stops a process with.
const SIGSTOP: i32 = 19;
/// What V8 ends a process with where it was asked to at an error.
const SIGTRAP: i32 = 5;
/// Frames of a thread that are shown; the JSON has all.
const TOP_FRAMES: usize = 20;
/// Variables that are shown: those that shape how Node.js runs. The JSON has all, redacted.
const SHOWN_VARIABLES: [&str; 4] = ["NODE_ENV", "NODE_OPTIONS", "UV_THREADPOOL_SIZE", "TZ"];

/// The report as text.
#[must_use]
pub fn render(report: &CoreReport, options: &TextOptions) -> String {
    let sections = [
        heading(report),
        happened(report),
        place(report),
        heaps(report, options),
        next(report),
        process(report),
    ];
    let sections: Vec<String> = sections.into_iter().filter(|one| !one.is_empty()).collect();
    sections.join("\n")
}

/// Which program, and who read it, with what is invalid.
fn heading(report: &CoreReport) -> String {
    let process = &report.process;
    let mut out = match &process.node_version {
        Some(version) => format!(
            "{}: Node.js {}",
            printable(&report.file),
            printable(version)
        ),
        None => printable(&report.file),
    };
    if let Some(version) = &process.v8_version {
        let _ = write!(out, " (V8 {})", printable(version));
    }
    let _ = writeln!(
        out,
        ", process {}, read from a core by memwatch's own reader",
        process.pid
    );
    let doubts = &report.doubts;
    let mut invalid = Vec::new();
    if process.memory.missing_bytes > 0 {
        let missing = bytes(process.memory.missing_bytes);
        invalid.push(format!(
            "the file is cut off: {missing} of memory are missing"
        ));
    }
    if doubts.invalid_sizes > 0 {
        let objects = count_of(doubts.invalid_sizes, "object");
        invalid.push(format!("{objects} with an impossible size"));
    }
    if doubts.moved_objects > 0 {
        let objects = count_of(doubts.moved_objects, "object");
        invalid.push(format!("a collection was moving {objects}"));
    }
    if !invalid.is_empty() {
        let _ = writeln!(out, "Invalid data: {}", invalid.join("; "));
    }
    if let Some(version) = &doubts.untried_version {
        let _ = writeln!(out, "{}", untried(version));
    }
    out
}

fn happened(report: &CoreReport) -> String {
    let mut out = "What happened\n".to_owned();
    if let Some(said) = &report.crash.out_of_memory {
        let said = match said.as_str() {
            "" => String::new(),
            said => format!(" ({})", printable(said)),
        };
        let _ = writeln!(
            out,
            "  V8 ran out of heap memory{said} and ended the process."
        );
    }
    for error in &report.crash.errors {
        out.push_str(&thrown(error));
    }
    match &report.process.signal {
        Some(signal) => {
            let _ = writeln!(out, "  {}", signal_sentence(signal, report.process.pid));
        }
        None => out.push_str("  No signal: the core was taken of a process that ran.\n"),
    }
    if !report.process.heap_limits.is_empty() {
        let limits = report.process.heap_limits.join(" ");
        let _ = writeln!(out, "  Started with {}", printable(&limits));
    }
    out
}

fn thrown(error: &CoreError) -> String {
    let code = error
        .code
        .as_ref()
        .map(|code| format!(" [{}]", printable(code)));
    let message = error
        .message
        .as_ref()
        .map(|text| format!(": {}", printable(text)));
    let how = match error.is_pending {
        true => "V8 had an error as thrown and not yet caught",
        false => {
            "An error was on the stack of the thread that stopped; it was probably being thrown"
        }
    };
    let mut out = format!(
        "  {how}:\n    {}{}{}  ({})\n",
        printable(&error.class),
        message.unwrap_or_default(),
        code.unwrap_or_default(),
        printable(&error.address),
    );
    match &error.stack {
        Some(stack) => {
            for line in stack.lines().filter(|line| line.starts_with("    at ")) {
                let _ = writeln!(out, "  {}", printable(line));
            }
        }
        None => {
            for one in error.frames.iter().take(TOP_FRAMES) {
                let _ = writeln!(out, "      at {}", frame(one));
            }
        }
    }
    out
}

fn signal_sentence(signal: &CoreSignal, pid: u32) -> String {
    let name = match &signal.name {
        Some(name) => name.clone(),
        None => format!("signal {}", signal.number),
    };
    if signal.number == SIGSTOP {
        return "Nothing: the process was stopped for its core, and ran before.".to_owned();
    }
    if signal.number == SIGTRAP {
        return format!(
            "{name}: V8 ends a process so under --abort-on-uncaught-exception, and at faults of its own."
        );
    }
    match (signal.sender, &signal.fault_address) {
        (Some(sender), _) if sender == pid => format!("{name}, which the process sent to itself."),
        (Some(0), _) => format!("{name}."),
        (Some(sender), _) => format!("{name}, sent by process {sender}."),
        (None, Some(address)) => format!("{name} at address {}.", printable(address)),
        (None, None) => format!("{name}."),
    }
}

fn place(report: &CoreReport) -> String {
    if report.threads.is_empty() {
        return String::new();
    }
    let mut out = "Where it was\n".to_owned();
    let is_readable = report.failure.is_none();
    // One that was stopped for its core stands first as well.
    let signal = report.process.signal.as_ref();
    let is_crash = signal.is_some_and(|signal| signal.number != SIGSTOP);
    for (index, thread) in report.threads.iter().enumerate() {
        if thread.frames.is_empty() && (index > 0 || !is_readable) {
            continue;
        }
        out.push_str(&stack(thread, index == 0 && is_crash));
    }
    let idle = report
        .threads
        .iter()
        .skip(1)
        .filter(|thread| thread.frames.is_empty());
    match (idle.count() as u64, is_readable) {
        (_, false) => {
            let threads = count_of(report.threads.len() as u64, "thread");
            let _ = writeln!(
                out,
                "  {threads}; without the heap no JavaScript can be named"
            );
        }
        (0, true) => {}
        (others, true) => {
            let threads = count_of(others, "other thread");
            let _ = writeln!(out, "  {threads} without JavaScript");
        }
    }
    out
}

fn stack(thread: &CoreThread, is_stopped: bool) -> String {
    let first = if is_stopped {
        ", which stopped the process"
    } else {
        ""
    };
    let isolate = thread.isolate.map(|number| format!(", isolate {number}"));
    let mut out = format!(
        "  Thread {}{first}{}:\n",
        thread.id,
        isolate.unwrap_or_default()
    );
    if !thread.has_stack {
        out.push_str("    its stack is missing from the file\n");
    } else if thread.frames.is_empty() {
        out.push_str("    no JavaScript on its stack: it was in C++ or waited for events\n");
    }
    for one in thread.frames.iter().take(TOP_FRAMES) {
        let _ = writeln!(out, "    at {}", frame(one));
    }
    let more = thread.frames.len().saturating_sub(TOP_FRAMES) as u64;
    if more > 0 {
        let _ = writeln!(out, "    … and {}", count_of(more, "more frame"));
    }
    out
}

/// As V8 writes a frame, with a note where the line is not that of the call.
fn frame(frame: &CoreFrame) -> String {
    let function = match frame.function.as_str() {
        "" => "(anonymous)".to_owned(),
        name => printable(name),
    };
    let Some(script) = &frame.script else {
        return format!("{function} (built into V8)");
    };
    let script = printable(script.strip_prefix("file://").unwrap_or(script));
    match (frame.line, frame.column) {
        (Some(line), Some(column)) => {
            let note = if frame.is_call {
                ""
            } else {
                "  [where the function begins]"
            };
            format!("{function} ({script}:{line}:{column}){note}")
        }
        _ => format!("{function} ({script})"),
    }
}

fn heaps(report: &CoreReport, options: &TextOptions) -> String {
    if let Some(failure) = &report.failure {
        return format!(
            "Heaps\n  cannot be read: {} [{}]\n",
            printable(&failure.message),
            failure.code
        );
    }
    let mut table = Table::new(&[
        Column::Number("isolate"),
        Column::Number("objects"),
        Column::Number("used"),
        Column::Number("pages"),
        Column::Text("space"),
    ]);
    for isolate in &report.isolates {
        table.row([
            count(isolate.number),
            count(isolate.objects),
            bytes(isolate.used_bytes),
            bytes(isolate.bytes),
            "all".to_owned(),
        ]);
        for space in &isolate.spaces {
            table.row([
                String::new(),
                count(space.objects),
                bytes(space.used_bytes),
                bytes(space.bytes),
                space.name.clone(),
            ]);
        }
    }
    format!("Heaps (garbage included)\n{}", table.render(options.width))
}

fn next(report: &CoreReport) -> String {
    if report.failure.is_some() {
        return String::new();
    }
    let core = quoted(&printable(&report.file));
    let mut out = String::new();
    if let Some(written) = &report.output {
        let _ = writeln!(
            out,
            "Written: {}, {} with {}, of isolate {}\n",
            printable(&written.file),
            bytes(written.bytes),
            count_of(written.nodes, "node"),
            written.isolate
        );
    }
    out.push_str("Next\n");
    let mut steps = vec![
        (
            format!("analyze {core}"),
            "what keeps the memory, and by which path",
        ),
        (format!("classes {core}"), "how many objects of each class"),
    ];
    if let Some(error) = report.crash.errors.first() {
        let isolate = match error.isolate {
            1 => String::new(),
            number => format!(" --isolate {number}"),
        };
        let address = printable(&error.address);
        steps.push((format!("inspect {core} {address}{isolate}"), "the error"));
    }
    if report.isolates.len() > 1 {
        steps.push((
            format!("analyze {core} --isolate 2"),
            "the same for the next isolate",
        ));
    }
    if report.output.is_none() {
        steps.push((
            format!("core {core} --out core.heapsnapshot"),
            "a file for Chrome DevTools",
        ));
    }
    let width = steps
        .iter()
        .map(|(step, _)| step.chars().count())
        .max()
        .unwrap_or(0);
    for (step, shows) in steps {
        let _ = writeln!(out, "  npx memwatch {step:width$}  # {shows}");
    }
    out
}

fn process(report: &CoreReport) -> String {
    let process = &report.process;
    let memory = &process.memory;
    let mut out = "Process\n".to_owned();
    let mut line = |what: &str, value: String| {
        let _ = writeln!(out, "  {what:12}{value}");
    };
    let arguments: Vec<String> = process
        .arguments
        .iter()
        .map(|word| quoted(&printable(word)))
        .collect();
    line("command", arguments.join(" "));
    if let Some(executable) = &process.executable {
        line("executable", printable(executable));
    }
    line(
        "name",
        format!(
            "{}, {}",
            printable(&process.name),
            count_of(report.threads.len() as u64, "thread")
        ),
    );
    line(
        "memory",
        format!(
            "{} in {}, {} of it writable; {} mapped",
            bytes(memory.bytes),
            count_of(memory.ranges, "range"),
            bytes(memory.writable_bytes),
            count_of(memory.mapped_files, "file")
        ),
    );
    if process.environment.is_empty() {
        line("environment", "not in the core".to_owned());
        return out;
    }
    let mut shown = 0;
    for name in SHOWN_VARIABLES {
        if let Some(value) = process.environment.get(name) {
            shown += 1;
            line("environment", format!("{name}={}", printable(value)));
        }
    }
    let others = process.environment.len().saturating_sub(shown) as u64;
    let label = if shown == 0 { "environment" } else { "" };
    line(
        label,
        format!(
            "{} not shown (--json has the names)",
            count_of(others, "variable")
        ),
    );
    out
}
