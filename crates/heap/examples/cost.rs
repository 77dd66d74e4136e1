//! What each phase from a core to leak candidates costs: processor time, memory at its end and at most in it:
//! `cost CORE EXECUTABLE`. A development aid; the comparison with V8 is `npm run bench:reader`. Linux.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use memwatch_heap::elf::{Core, Executable};
use memwatch_heap::layout::Layout;
use memwatch_heap::memory::{Memory, Range};
use memwatch_heap::process::Process;
use memwatch_heap::{HeapReader, Selection, StackRange};
use memwatch_snapshot::Analysis;
use memwatch_snapshot::leaks::{Investigation, Thresholds};

/// Between two looks at the memory.
const SAMPLE_EVERY: Duration = Duration::from_millis(2);

/// Nanoseconds that this thread has run.
fn ran_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("schedstat");
    text.split(' ')
        .next()
        .and_then(|first| first.parse().ok())
        .expect("a number")
}

/// Bytes of anonymous memory.
fn anonymous() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("status");
    let line = text
        .lines()
        .find(|line| line.starts_with("RssAnon"))
        .expect("RssAnon");
    line.split_whitespace()
        .nth(1)
        .and_then(|kb| kb.parse::<u64>().ok())
        .expect("a number")
        * 1024
}

/// Prints a row a phase.
struct Meter {
    most: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    base: u64,
    nodes: f64,
    ran: u64,
    sum: u64,
}

impl Meter {
    fn start(base: u64) -> Self {
        let (most, is_over) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (seen, over) = (Arc::clone(&most), Arc::clone(&is_over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                seen.fetch_max(anonymous(), Ordering::Relaxed);
                std::thread::sleep(SAMPLE_EVERY);
            }
        });
        Self {
            most,
            is_over,
            base,
            nodes: 1.0,
            ran: ran_ns(),
            sum: 0,
        }
    }

    fn phase(&mut self, name: &str) {
        let took = ran_ns() - self.ran;
        self.sum += took;
        let now = anonymous();
        let most = self.most.swap(0, Ordering::Relaxed).max(now);
        let of = |bytes: u64| bytes.saturating_sub(self.base) as f64;
        println!(
            "{name:14} {:8.1} ms {:7.1} ns/node | {:7.1} MB {:6.1} B/node at the end, {:7.1} MB {:6.1} B/node at most",
            took as f64 / 1e6,
            took as f64 / self.nodes,
            of(now) / 1e6,
            of(now) / self.nodes,
            of(most) / 1e6,
            of(most) / self.nodes,
        );
        self.ran = ran_ns();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = std::fs::read(&arguments[0]).expect("the core");
    let executable = std::fs::read(&arguments[1]).expect("the executable");
    let core = Core::read(&file).expect("a core");
    let layout =
        Layout::new(Executable::read(&executable).expect("symbols").integers()).expect("a layout");
    let own = Memory::new(core.segments().iter().copied());
    let process = Process::read(&core, &own);
    let mapped = process
        .files
        .iter()
        .filter(|file| Some(&file.path) == process.executable.as_ref());
    let mapped = mapped.filter_map(|file| {
        let bytes = executable.get(file.offset as usize..)?;
        let length = ((file.end - file.start) as usize).min(bytes.len());
        Some(Range {
            start: file.start,
            bytes: &bytes[..length],
            writable: false,
            executable: false,
            from_file: true,
        })
    });
    let memory = Memory::new(core.segments().iter().copied().chain(mapped))
        .lacking(core.missing().iter().copied());
    let threads = process.threads.iter();
    let stacks: Vec<_> = threads
        .map(|thread| StackRange {
            pointer: thread.stack_pointer,
            thread_data: thread.thread_data,
        })
        .collect();

    let mut meter = Meter::start(anonymous());
    let reader = HeapReader::new(&memory, &layout).expect("a heap");
    meter.nodes = reader.isolates()[0].objects as f64;
    meter.phase("walk");
    let snapshot = reader
        .snapshot(0, &stacks, Selection::Alive)
        .expect("a snapshot");
    drop(reader);
    meter.nodes = snapshot.node_count() as f64;
    meter.phase("snapshot");
    let analysis = Analysis::for_leaks(&snapshot, 1);
    meter.phase("analysis");
    let mut investigation = Investigation::of(&snapshot, &analysis);
    meter.phase("investigation");
    let findings = investigation.findings(&Thresholds::default()).len();
    meter.phase("findings");
    meter.is_over.store(true, Ordering::Relaxed);
    println!(
        "{} nodes, {} edges, {findings} findings; {:.1} ms in all, {:.1} ns a node",
        snapshot.node_count(),
        snapshot.edge_count(),
        meter.sum as f64 / 1e6,
        meter.sum as f64 / meter.nodes,
    );
}
