//! The properties: every way of reading agrees, nothing panics, and memory stays
//! below what the bytes justify. What a snapshot means is checked elsewhere, by
//! the oracles of the engine's tests.

use std::hash::Hasher;
use std::sync::Arc;

use memwatch_report::AnalyzeReport;
use memwatch_snapshot::leaks::{Investigation, Thresholds};
use memwatch_snapshot::query::{self, Heap};
use memwatch_snapshot::redact::{Redaction, Redactor};
use memwatch_snapshot::testing::Random;
use memwatch_snapshot::{
    Analysis, ClassTable, Columns, PushReader, ReadOptions, Snapshot, SnapshotError, TracedReader,
    Traces, read,
};
use memwatch_report::text::{self, TextOptions};

use crate::MEMORY;

/// What a reader may hold for each byte of input: a node of ten bytes (five
/// numbers of one digit) takes columns of 21, which double as they grow.
const READ_BYTES_PER_BYTE: usize = 16;
/// What the analysis may hold for each byte: its columns, and those it works with.
const ANALYSIS_BYTES_PER_BYTE: usize = 64;
/// What redaction may hold for each byte of an input that is pushed at once: a text of one
/// letter becomes thirty, in two buffers which double as they grow.
const REDACTION_BYTES_PER_BYTE: usize = 48;
/// What is taken whatever the input: buffers, windows, tables of known names.
const FIXED_BYTES: usize = 2 << 20;

/// Of how many inputs one is read by two threads: starting one takes longer
/// than a small input.
const TWO_THREADS_IN: usize = 16;
/// Entries of each report.
const TOP: usize = 20;

type Read = Result<Snapshot, SnapshotError>;

/// Checks everything about one input.
///
/// # Panics
///
/// When something does not hold: that is the finding.
pub fn check(bytes: &[u8]) {
    let mut random = Random::new(seed_of(bytes));
    let threads = if random.one_in(TWO_THREADS_IN) { 2 } else { 1 };

    let budget = FIXED_BYTES + READ_BYTES_PER_BYTE * bytes.len();
    let whole = within("pushing", budget, || pushed(bytes, |rest| rest));
    let split = pushed(bytes, |rest| 1 + random.below(rest));
    assert_same(&whole, &split, "pushed in parts");

    let file = Arc::new(bytes.to_vec());
    let options = ReadOptions {
        columns: Columns::ALL,
        threads,
    };
    let at_once = within("reading at once", budget, || read(file.clone(), options));
    assert_same(&whole, &at_once, "read at once");

    // Edges are not looked at: what is wrong with them only, is not said.
    let options = ReadOptions {
        columns: Columns::NODES,
        threads,
    };
    let nodes = read(file, options);
    assert!(
        nodes.is_ok() || whole.is_err(),
        "only the nodes cannot be read"
    );

    check_redaction(bytes, &whole, &mut random);
    check_timeline(bytes, &mut random);

    if let Ok(snapshot) = &at_once {
        let budget = FIXED_BYTES + ANALYSIS_BYTES_PER_BYTE * bytes.len();
        let analysis = within("analysis", budget, || Analysis::of(snapshot, threads));
        examine(snapshot, &analysis, threads);
    }
}

/// A redacted file is read as the file was, whatever the split; what has no snapshot in it
/// gives none.
fn check_redaction(bytes: &[u8], whole: &Read, random: &mut Random) {
    let redaction = *random.pick(&[Redaction::Strings, Redaction::Strict]);
    let budget = FIXED_BYTES + REDACTION_BYTES_PER_BYTE * bytes.len();
    let at_once = within("redacting", budget, || {
        redacted(bytes, redaction, |rest| rest)
    });
    let split = redacted(bytes, redaction, |rest| 1 + random.below(rest));
    assert_eq!(at_once, split, "redacted in parts");
    let Ok(out) = at_once else { return };
    let after = pushed(&out, |rest| rest);
    let Ok(before) = whole else {
        // Not all that a reader refuses is seen on the way; it must not become a snapshot.
        assert!(after.is_err(), "what was no snapshot became one");
        return;
    };
    let after = after.expect("what was redacted is still a snapshot");
    assert_eq!(before.node_count(), after.node_count());
    assert_eq!(before.edge_count(), after.edge_count());
}

/// An allocation timeline is the same for every split, and its answer is printed without a panic.
fn check_timeline(bytes: &[u8], random: &mut Random) {
    let budget = FIXED_BYTES + READ_BYTES_PER_BYTE * bytes.len();
    let at_once = within("reading a timeline", budget, || traced(bytes, |rest| rest));
    let split = traced(bytes, |rest| 1 + random.below(rest));
    match (&at_once, &split) {
        (Ok((_, a)), Ok((_, b))) => assert_eq!(a, b, "a timeline in parts"),
        (Err(a), Err(b)) => assert_eq!(a, b, "a timeline in parts"),
        _ => panic!("a timeline can be read in one way only"),
    }
    if let Ok((snapshot, traces)) = at_once {
        let heap = Heap::fast("fuzz.heaptimeline", &snapshot);
        if let Ok(answer) = query::timeline(&heap, &traces, &Default::default()) {
            let _ = text::timeline::render(&answer.into(), &TextOptions::default());
        }
    }
}

fn traced(
    bytes: &[u8],
    mut length_of_next: impl FnMut(usize) -> usize,
) -> Result<(Snapshot, Traces), SnapshotError> {
    let (mut reader, mut rest) = (TracedReader::default(), bytes);
    while !rest.is_empty() {
        let (next, after) = rest.split_at(length_of_next(rest.len()));
        reader.push(next)?;
        rest = after;
    }
    reader.finish()
}

fn redacted(
    bytes: &[u8],
    redaction: Redaction,
    mut size: impl FnMut(usize) -> usize,
) -> Result<Vec<u8>, SnapshotError> {
    let (mut redactor, mut out, mut rest) = (Redactor::new(redaction), Vec::new(), bytes);
    while !rest.is_empty() {
        let (piece, others) = rest.split_at(size(rest.len()));
        redactor.push(piece, &mut out)?;
        rest = others;
    }
    redactor.finish()?;
    Ok(out)
}

/// The same input is always split the same way.
fn seed_of(bytes: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

fn pushed(bytes: &[u8], mut length_of_next: impl FnMut(usize) -> usize) -> Read {
    let mut reader = PushReader::new(Columns::ALL);
    let mut rest = bytes;
    while !rest.is_empty() {
        let (next, after) = rest.split_at(length_of_next(rest.len()));
        reader.push(next)?;
        rest = after;
    }
    reader.finish()
}

fn within<T>(what: &str, budget: usize, work: impl FnOnce() -> T) -> T {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let result = work();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(
        taken <= budget,
        "{what} took {taken} bytes, {budget} are justified"
    );
    result
}

fn assert_same(a: &Read, b: &Read, how: &str) {
    let (a, b) = match (a, b) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(a), Err(b)) => return assert_eq!(a, b, "{how}"),
        (Ok(_), Err(error)) => panic!("{how}: {error}, where the whole can be read"),
        (Err(error), Ok(_)) => panic!("{how}: can be read, where the whole is: {error}"),
    };
    assert_eq!(a.root(), b.root(), "{how}");
    assert_eq!(a.extra_native_bytes(), b.extra_native_bytes(), "{how}");
    assert_eq!(a.node_count(), b.node_count(), "{how}");
    assert_eq!(a.edge_count(), b.edge_count(), "{how}");
    assert_eq!(a.strings().len(), b.strings().len(), "{how}");
    for node in a.ordinals() {
        assert_eq!(a.node_type_name(node), b.node_type_name(node), "{how}");
        assert_eq!(a.name_index(node), b.name_index(node), "{how}");
        assert_eq!(a.name(node), b.name(node), "{how}");
        assert_eq!(a.id(node), b.id(node), "{how}");
        assert_eq!(a.self_size(node), b.self_size(node), "{how}");
        assert_eq!(a.attachment(node), b.attachment(node), "{how}");
        assert_eq!(a.location(node), b.location(node), "{how}");
        assert!(a.edges(node).eq(b.edges(node)), "{how}: edges of {node:?}");
        for edge in a.edges(node) {
            assert_eq!(a.edge_name(&edge), b.edge_name(&edge), "{how}");
        }
    }
}

/// Asks, and renders, all that needs no object to be named.
fn examine(snapshot: &Snapshot, analysis: &Analysis, threads: usize) {
    let table = ClassTable::of(analysis, threads);
    drop(table);
    let options = TextOptions::default();
    let mut investigation = Investigation::of(snapshot, analysis);
    let heap = Heap::exact("fuzz.heapsnapshot", snapshot, analysis);
    let thresholds = Thresholds::default();
    let report = AnalyzeReport::of(heap.info(), &mut investigation, &thresholds, TOP);
    let mut texts = vec![text::analyze::render(&report, &options)];

    texts.push(text::classes::render(
        &query::classes(&heap, &Default::default()).into(),
        &options,
    ));
    texts.push(text::summary::render(
        &query::summary(&heap, &Default::default()).into(),
        &options,
    ));
    texts.push(text::strings::render(
        &query::strings(&heap, &Default::default()).into(),
        &options,
    ));
    if let Ok(shapes) = query::shapes(&heap, &Default::default()) {
        texts.push(text::shapes::render(&shapes.into(), &options));
    }
    if let Ok(functions) = query::functions(&heap, &Default::default()) {
        texts.push(text::functions::render(&functions.into(), &options));
    }
    if let Ok(closures) = query::closures(&heap, &|_| None, &Default::default()) {
        texts.push(text::closures::render(&closures.into(), &options));
    }
    if let Ok(realms) = query::realms(&heap, &Default::default()) {
        texts.push(text::realms::render(&realms.into(), &options));
    }
    if let Ok(scopes) = query::scopes(&heap, &Default::default()) {
        texts.push(text::scopes::render(&scopes.into(), &options));
    }
    if let Ok(root) = query::containment(&heap, None, &Default::default()) {
        texts.push(text::containment::render(&root.into(), &options));
    }
    if let Some(node) = snapshot.ordinals().next_back() {
        let id = snapshot.id(node);
        if let Ok(report) = query::inspect(&heap, id, &Default::default()) {
            texts.push(text::inspect::render(&report.into(), &options));
        }
        if let Ok(report) = query::refs(&heap, id, &Default::default()) {
            texts.push(text::refs::render(&report.into(), &options));
        }
    }
    for text in texts {
        let is_printable = |c: char| c == '\n' || !text::is_unprintable(c);
        assert!(
            text.chars().all(is_printable),
            "a terminal would act on {text:?}"
        );
    }
}
