//! What `core` prints, word by word: of a process at its heap limit, of one that threw an error, and
//! of a core whose heap cannot be read.

use std::collections::BTreeMap;

use super::TextOptions;
use super::core_file::render;
use crate::{
    CoreCrash, CoreError, CoreFailure, CoreFrame, CoreIsolate, CoreMemory, CoreOutput, CoreProcess,
    CoreReport, CoreSignal, CoreSpace, CoreThread,
};

fn frame(function: &str, script: Option<&str>, line: u32, is_call: bool) -> CoreFrame {
    CoreFrame {
        function: function.to_owned(),
        script: script.map(str::to_owned),
        line: script.map(|_| line),
        column: script.map(|_| 5),
        is_call,
    }
}

fn thread(id: u32, frames: Vec<CoreFrame>) -> CoreThread {
    CoreThread {
        id,
        isolate: (!frames.is_empty()).then_some(1),
        has_stack: true,
        frames,
    }
}

fn report() -> CoreReport {
    CoreReport {
        file: "core.7".to_owned(),
        process: CoreProcess {
            pid: 7,
            name: "node".to_owned(),
            executable: Some("/usr/bin/node".to_owned()),
            node_version: Some("24.1.0".to_owned()),
            v8_version: Some("13.6.1.2-node.3".to_owned()),
            arguments: ["node", "--max-old-space-size=40", "my app.js"]
                .map(str::to_owned)
                .into(),
            environment: BTreeMap::from([
                ("NODE_ENV".to_owned(), "production".to_owned()),
                ("TOKEN".to_owned(), "[redacted]".to_owned()),
            ]),
            heap_limits: vec!["--max-old-space-size=40".to_owned()],
            signal: Some(CoreSignal {
                number: 6,
                name: Some("SIGABRT".to_owned()),
                sender: Some(7),
                fault_address: None,
            }),
            memory: CoreMemory {
                ranges: 2,
                bytes: 3 << 20,
                writable_bytes: 1 << 20,
                missing_bytes: 0,
                mapped_files: 1,
            },
        },
        crash: CoreCrash {
            out_of_memory: Some("Reached heap limit".to_owned()),
            errors: Vec::new(),
        },
        threads: vec![
            thread(
                7,
                vec![
                    frame("set", None, 1, false),
                    frame("serve", Some("file:///srv/app.js"), 5, true),
                    frame("", Some("/srv/app.js"), 1, false),
                ],
            ),
            thread(8, Vec::new()),
        ],
        isolates: vec![CoreIsolate {
            number: 1,
            objects: 1200,
            used_bytes: 2048,
            bytes: 4096,
            spaces: vec![CoreSpace {
                name: "old".to_owned(),
                pages: 1,
                objects: 1200,
                used_bytes: 2048,
                bytes: 4096,
            }],
        }],
        ..CoreReport::default()
    }
}

#[test]
fn at_the_heap_limit_it_says_what_where_and_what_next() {
    assert_eq!(
        render(&report(), &TextOptions::default()),
        "\
core.7: Node.js 24.1.0 (V8 13.6.1.2-node.3), process 7, read from a core by memwatch's own reader

What happened
  V8 ran out of heap memory (Reached heap limit) and ended the process.
  SIGABRT, which the process sent to itself.
  Started with --max-old-space-size=40

Where it was
  Thread 7, which stopped the process, isolate 1:
    at set (built into V8)
    at serve (/srv/app.js:5:5)
    at (anonymous) (/srv/app.js:1:5)  [where the function begins]
  1 other thread without JavaScript

Heaps (garbage included)
  isolate  objects     used    pages  space
        1    1,200  2.0 KiB  4.0 KiB  all
             1,200  2.0 KiB  4.0 KiB  old

Next
  npx memwatch analyze core.7                       # what keeps the memory, and by which path
  npx memwatch classes core.7                       # how many objects of each class
  npx memwatch core core.7 --out core.heapsnapshot  # a file for Chrome DevTools

Process
  command     node --max-old-space-size=40 'my app.js'
  executable  /usr/bin/node
  name        node, 2 threads
  memory      3.0 MiB in 2 ranges, 1.0 MiB of it writable; 1 file mapped
  environment NODE_ENV=production
              1 variable not shown (--json has the names)
"
    );
}

#[test]
fn an_error_has_its_message_its_frames_and_the_way_to_it() {
    let mut report = report();
    report.crash = CoreCrash {
        out_of_memory: None,
        errors: vec![CoreError {
            address: "0x10".to_owned(),
            isolate: 3,
            class: "PaymentError".to_owned(),
            message: Some("card declined\u{1b}".to_owned()),
            code: Some("E_PAY".to_owned()),
            stack: None,
            frames: vec![frame("charge", Some("/srv/pay.js"), 3, true)],
            is_pending: false,
        }],
    };
    report.output = Some(CoreOutput {
        file: "core.heapsnapshot".to_owned(),
        bytes: 1 << 20,
        nodes: 1300,
        edges: 5000,
        isolate: 1,
    });
    let text = render(&report, &TextOptions::default());
    let error = "    PaymentError: card declined\\u{1b} [E_PAY]  (0x10)\n      at charge (/srv/pay.js:3:5)\n";
    assert!(text.contains(error), "{text}");
    assert!(text.contains("probably being thrown"), "{text}");
    assert!(
        text.contains("npx memwatch inspect core.7 0x10 --isolate 3 "),
        "{text}"
    );
    assert!(
        text.contains("Written: core.heapsnapshot, 1.0 MiB with 1,300 nodes, of isolate 1\n"),
        "{text}"
    );
    assert!(!text.contains("--out"), "{text}");
}

#[test]
fn without_a_heap_the_process_is_there_and_nothing_is_promised() {
    let mut report = report();
    report.crash = CoreCrash::default();
    report.isolates.clear();
    report.process.memory.missing_bytes = 5 << 20;
    for thread in &mut report.threads {
        *thread = CoreThread {
            id: thread.id,
            ..CoreThread::default()
        };
    }
    report.failure = Some(CoreFailure {
        code: "ERR_MEMWATCH_CORE_NO_HEAP".to_owned(),
        message: "no heap".to_owned(),
    });
    let text = render(&report, &TextOptions::default());
    assert!(
        text.contains("Invalid data: the file is cut off: 5.0 MiB of memory are missing\n"),
        "{text}"
    );
    assert!(
        text.contains("  2 threads; without the heap no JavaScript can be named\n"),
        "{text}"
    );
    assert!(
        text.contains("Heaps\n  cannot be read: no heap [ERR_MEMWATCH_CORE_NO_HEAP]\n"),
        "{text}"
    );
    assert!(!text.contains("Next\n"), "{text}");
    assert!(text.contains("  command     node"), "{text}");
}

#[test]
fn a_process_that_was_stopped_for_its_core_did_not_crash() {
    let mut report = report();
    report.crash = CoreCrash::default();
    report.process.signal = Some(CoreSignal {
        number: 19,
        ..CoreSignal::default()
    });
    let text = render(&report, &TextOptions::default());
    assert!(
        text.contains("the process was stopped for its core"),
        "{text}"
    );
    assert!(text.contains("  Thread 7, isolate 1:\n"), "{text}");
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let report = report();
    let json = serde_json::to_string(&report).expect("JSON");
    assert_eq!(
        CoreReport::read_back(&serde_json::from_str(&json).expect("JSON")).expect("the report"),
        report
    );
}
