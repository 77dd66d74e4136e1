//! Compares a core with a snapshot that V8 made of the same process, class by class:
//! `agree CORE EXECUTABLE SNAPSHOT`. A development aid; the product's own commands read cores.

use std::collections::BTreeMap;

use memwatch_heap::elf::{Core, Executable};
use memwatch_heap::layout::Layout;
use memwatch_heap::memory::{Memory, Range};
use memwatch_heap::process::Process;
use memwatch_heap::{HeapReader, Selection, StackRange};
use memwatch_snapshot::{NodeType, ReadOptions, Snapshot};

type Table = BTreeMap<(&'static str, String), (i64, i64)>;

fn table(snapshot: &Snapshot) -> Table {
    let mut table = Table::new();
    for node in snapshot.ordinals() {
        let kind = snapshot.node_type(node);
        let name = match kind {
            NodeType::Object | NodeType::Closure | NodeType::Native => {
                snapshot.name(node).into_owned()
            }
            _ => String::new(),
        };
        let row = table.entry((kind.name(), name)).or_default();
        row.0 += 1;
        row.1 += snapshot.self_size(node) as i64;
    }
    table
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
    println!(
        "process {} {:?} signal {} threads {} exe {:?}",
        process.id,
        process.arguments,
        process.signal,
        process.threads.len(),
        process.executable
    );
    println!(
        "environment {} {:?}",
        process.environment.len(),
        process.environment.first()
    );
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
    let t = std::time::Instant::now();
    let reader = HeapReader::new(&memory, &layout).expect("a heap");
    println!(
        "{:?} V8 of Node {}: {:?} {:?}",
        t.elapsed(),
        layout.generation().node_major(),
        reader.isolates(),
        reader.doubts(None)
    );
    let stacks: Vec<_> = process
        .threads
        .iter()
        .map(|thread| StackRange {
            pointer: thread.stack_pointer,
            thread_data: thread.thread_data,
        })
        .collect();
    println!("{:?}", reader.crash(0, stacks.first().copied()));
    for (thread, stack) in process.threads.iter().zip(reader.stacks(&stacks)) {
        for frame in stack.frames {
            println!("{}: {frame}", thread.id);
        }
    }
    let ours = reader
        .snapshot(0, &stacks, Selection::Alive)
        .expect("a snapshot");
    println!(
        "{:?}",
        ours.reading().map(|reading| memwatch_snapshot::Reading {
            addresses: Default::default(),
            ..reading.clone()
        })
    );
    println!(
        "{:?} {} nodes {} edges",
        t.elapsed(),
        ours.node_count(),
        ours.edge_count()
    );
    let Some(theirs) = arguments.get(2) else {
        return;
    };
    let theirs = memwatch_snapshot::read(
        std::sync::Arc::new(std::fs::read(theirs).expect("the snapshot")),
        ReadOptions::default(),
    )
    .expect("a snapshot");
    let (a, b) = (table(&theirs), table(&ours));
    println!(
        "V8 {} nodes {} edges",
        theirs.node_count(),
        theirs.edge_count()
    );
    for kind in [
        "object",
        "closure",
        "string",
        "array",
        "code",
        "hidden",
        "number",
        "native",
        "object shape",
        "symbol",
        "bigint",
        "regexp",
        "concatenated string",
        "sliced string",
    ] {
        let keys: std::collections::BTreeSet<_> = a
            .keys()
            .chain(b.keys())
            .filter(|key| key.0 == kind)
            .collect();
        let (mut count, mut difference, mut bytes, mut bytes_ours) = (0, 0, 0, 0);
        let mut rows = Vec::new();
        for key in keys {
            let (v8, ours) = (
                a.get(key).copied().unwrap_or_default(),
                b.get(key).copied().unwrap_or_default(),
            );
            count += v8.0;
            difference += (v8.0 - ours.0).abs();
            bytes += v8.1;
            bytes_ours += ours.1;
            if v8.0 != ours.0 {
                rows.push((
                    (v8.0 - ours.0).abs(),
                    key.1.chars().take(40).collect::<String>(),
                    v8.0,
                    ours.0,
                ));
            }
        }
        rows.sort_by_key(|row| -row.0);
        println!(
            "{kind}: {count} objects, difference {difference} = {:.4} %; bytes {bytes} ours {bytes_ours}; {:?}",
            difference as f64 * 100.0 / count.max(1) as f64,
            rows.iter()
                .take(8)
                .map(|r| (&r.1, r.2, r.3))
                .collect::<Vec<_>>()
        );
    }
}
