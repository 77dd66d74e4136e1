//! What `core` answers: the process of a core file, its stacks and heaps, as the report that leaves.
//! Nothing is redacted here: `lib/` does that before the output.

use memwatch_heap::process::Process;
use memwatch_heap::program::{self, Program};
use memwatch_heap::{
    Crash, ErrorPlace, Frame, HeapError, HeapReader, Isolate, Space, ThreadStack, ThrownError,
};
use memwatch_report::{
    CoreCrash, CoreDoubts, CoreError, CoreFailure, CoreFrame, CoreIsolate, CoreMemory, CoreProcess,
    CoreReport, CoreSignal, CoreSpace, CoreThread,
};

use crate::core_file::{CoreFile, CoreOptions, Heaps};

/// The kernel's codes for signals that a process sent: above are those of the kernel's own.
const LAST_SENT: i32 = 0;
/// Names of signals on Linux, by number from 1.
const SIGNALS: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];
/// Signals whose detail is an address: SIGILL, SIGBUS, SIGFPE, SIGSEGV.
const FAULTS: [i32; 4] = [4, 7, 8, 11];
/// Arguments that limit the heap.
const LIMITS: [&str; 5] = [
    "--max-old-space-size",
    "--max-semi-space-size",
    "--max-heap-size",
    "--heapsnapshot-near-heap-limit",
    "--stack-size",
];

/// What a core says. The heaps may be unreadable: the report then says why, and has the rest. Else `also` has them too,
/// which take long to find.
pub(crate) fn describe(
    name: &str,
    file: &CoreFile<'_>,
    options: &CoreOptions,
    also: impl FnOnce(&Heaps<'_>),
) -> CoreReport {
    let mut report = CoreReport {
        file: name.to_owned(),
        process: process(file),
        threads: file
            .process
            .threads
            .iter()
            .map(|thread| bare(thread.id))
            .collect(),
        ..CoreReport::default()
    };
    let read = file.heaps(options, |heaps| {
        add_heaps(&mut report, file, heaps, options)?;
        also(heaps);
        Ok(())
    });
    if let Err(error) = read {
        fail(&mut report, &error);
    }
    report
}

fn fail(report: &mut CoreReport, error: &HeapError) {
    report.failure = Some(CoreFailure {
        code: error.code().to_owned(),
        message: error.to_string(),
    });
}

fn add_heaps(
    report: &mut CoreReport,
    file: &CoreFile<'_>,
    heaps: &Heaps<'_>,
    options: &CoreOptions,
) -> Result<(), HeapError> {
    let reader = &heaps.reader;
    let program = Program::of(heaps.executable);
    let untried = program.node_version.as_deref().and_then(program::untried);
    report.process.node_version = program.node_version;
    report.process.v8_version = program.v8_version;
    let named = options.names_isolate().then(|| options.isolate());
    let doubts = reader.doubts(named);
    report.doubts = CoreDoubts {
        invalid_sizes: doubts.invalid_sizes,
        moved_objects: doubts.moved,
        unread_bytes: doubts.unread_bytes,
        untried_version: untried,
    };
    let wanted = match options.names_isolate() {
        true => Some(reader.isolate(options.isolate())?.heap),
        false => None,
    };
    let isolates = reader.isolates().iter().enumerate();
    report.isolates = isolates
        .filter(|(_, isolate)| wanted.is_none_or(|heap| isolate.heap == heap))
        .map(|(index, isolate)| heap(index, isolate))
        .collect();
    let stacks = reader.stacks(&heaps.stacks);
    // What stopped the process is of its first thread, whatever isolate that has.
    let first = stacks.first().and_then(|stack| number_of(reader, stack));
    let first = first.unwrap_or(1);
    let crash = reader.crash(first as usize - 1, heaps.stacks.first().copied());
    report.crash = crash_of(crash, first);
    let threads = file.process.threads.iter().zip(&stacks);
    report.threads = threads
        .filter(|(_, stack)| wanted.is_none() || stack.heap == wanted)
        .map(|(thread, stack)| CoreThread {
            id: thread.id,
            isolate: number_of(reader, stack),
            has_stack: stack.is_there,
            frames: stack.frames.iter().map(frame).collect(),
        })
        .collect();
    Ok(())
}

fn number_of(reader: &HeapReader<'_>, stack: &ThreadStack) -> Option<u64> {
    let heap = stack.heap?;
    let mut isolates = reader.isolates().iter();
    let place = isolates.position(|isolate| isolate.heap == heap)?;
    Some(place as u64 + 1)
}

fn bare(id: u32) -> CoreThread {
    CoreThread {
        id,
        ..CoreThread::default()
    }
}

fn frame(frame: &Frame) -> CoreFrame {
    CoreFrame {
        function: frame.function.clone(),
        script: frame.script.clone(),
        line: frame.line,
        column: frame.column,
        is_call: frame.is_call,
    }
}

fn crash_of(crash: Crash, isolate: u64) -> CoreCrash {
    CoreCrash {
        out_of_memory: crash.out_of_memory,
        errors: crash
            .errors
            .into_iter()
            .map(|error| error_of(error, isolate))
            .collect(),
    }
}

fn error_of(error: ThrownError, isolate: u64) -> CoreError {
    CoreError {
        address: address(error.address),
        isolate,
        class: error.class,
        message: error.message,
        code: error.code,
        stack: error.stack,
        frames: error.frames.iter().map(frame).collect(),
        is_pending: error.place == ErrorPlace::Pending,
    }
}

fn address(address: u64) -> String {
    format!("{address:#x}")
}

fn heap(index: usize, isolate: &Isolate) -> CoreIsolate {
    CoreIsolate {
        number: index as u64 + 1,
        objects: isolate.objects,
        used_bytes: isolate.spaces.iter().map(|space| space.used_bytes).sum(),
        bytes: isolate.bytes,
        spaces: isolate
            .spaces
            .iter()
            .map(|space| CoreSpace {
                name: space_name(space.space).to_owned(),
                pages: space.pages,
                objects: space.objects,
                used_bytes: space.used_bytes,
                bytes: space.bytes,
            })
            .collect(),
    }
}

const fn space_name(space: Space) -> &'static str {
    match space {
        Space::New => "new",
        Space::Old => "old",
        Space::Code => "code",
        Space::Large => "large",
    }
}

fn process(file: &CoreFile<'_>) -> CoreProcess {
    let process = &file.process;
    let environment = process.environment.iter();
    let environment = environment.filter_map(|variable| variable.split_once('='));
    let segments = file.core.segments();
    let bytes = |ranges: &mut dyn Iterator<Item = usize>| ranges.map(|length| length as u64).sum();
    let mut files: Vec<&str> = process
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    memwatch_order::sort_by(&mut files, Ord::cmp);
    files.dedup();
    CoreProcess {
        pid: process.id,
        name: process.name.clone(),
        executable: process.executable.clone(),
        node_version: None,
        v8_version: None,
        arguments: process.arguments.clone(),
        environment: environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        heap_limits: limits(process),
        signal: signal(process),
        memory: CoreMemory {
            ranges: segments.len() as u64,
            bytes: bytes(&mut segments.iter().map(|range| range.bytes.len())),
            writable_bytes: bytes(
                &mut segments
                    .iter()
                    .filter(|range| range.writable)
                    .map(|range| range.bytes.len()),
            ),
            missing_bytes: file.core.missing_bytes(),
            mapped_files: files.len() as u64,
        },
    }
}

/// What limits the heap, of the arguments and of the environment's.
fn limits(process: &Process) -> Vec<String> {
    let options = process
        .environment
        .iter()
        .find_map(|variable| variable.strip_prefix("NODE_OPTIONS="));
    let words = options.unwrap_or_default().split_whitespace();
    let arguments = process.arguments.iter().map(String::as_str);
    words
        .chain(arguments)
        .filter(|word| {
            let name = word.split('=').next().unwrap_or_default().replace('_', "-");
            LIMITS.contains(&name.as_str())
        })
        .map(str::to_owned)
        .collect()
}

fn signal(process: &Process) -> Option<CoreSignal> {
    let number = process.signal;
    if number == 0 {
        return None;
    }
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    let is_sent = process.signal_code <= LAST_SENT;
    Some(CoreSignal {
        number,
        name: SIGNALS.get(index).map(|&name| name.to_owned()),
        sender: is_sent.then_some(process.signal_detail as u32),
        fault_address: (!is_sent && FAULTS.contains(&number))
            .then(|| address(process.signal_detail)),
    })
}
