//! Stacks as rows: what allocated through one function of C++, that nearest to JavaScript, for one function of JavaScript
//! where that is known. One place of a program is hundreds of stacks, since a decoder calls itself in many ways; a reader wants the function that the program called.
//! Estimates and their variance are added up; nothing is judged, and files are read by whoever gives the names.

use std::collections::HashMap;

use crate::sampler::{Reading, Stack};

/// What is known of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A function with a name, in its short form.
    Named(String),
    /// In a module, without a name: `+0x891f4 [libc.so.6]`.
    Unnamed(String),
    /// In no module: code that V8 has compiled at run time.
    Compiled,
}

impl Frame {
    /// The text of the frame; none for code of V8's.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Named(text) | Self::Unnamed(text) => Some(text),
            Self::Compiled => None,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Unnamed(_) | Self::Compiled => "",
        }
    }

    /// Whether JavaScript runs here: compiled code, or V8's built-in functions.
    fn is_javascript(&self) -> bool {
        *self == Self::Compiled || self.name().starts_with("Builtins_")
    }
}

/// Who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// JavaScript was on the stack.
    JavaScript,
    /// A thread of libuv's pool: who has asked for the work is not on the stack.
    ThreadPool,
    /// The event loop, or another thread.
    Native,
}

/// A function, and what allocated through it and is alive.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The function nearest to JavaScript; without JavaScript, the outermost that is no event loop.
    pub function: String,
    /// From the allocation outwards to that function: the frames of the stack of it that holds most.
    pub stack: Vec<String>,
    /// Who called it.
    pub origin: Origin,
    /// The word of the function of JavaScript that the row is of.
    pub caller: Option<u64>,
    /// Words of the functions of JavaScript further out, of the same stack, the innermost first.
    pub javascript: Vec<u64>,
    /// Bytes alive, estimated.
    pub live_bytes: f64,
    /// Blocks alive, estimated.
    pub live_blocks: f64,
    /// Two standard deviations of `live_bytes` by the chance of sampling: 19 of 20 estimates are no further off.
    pub plus_minus_bytes: f64,
    /// Live samples: with fewer than ten the numbers say little.
    pub samples: u64,
}

/// What stands between JavaScript and the function that it calls.
const GLUE: [&str; 7] = [
    "v8::internal::FunctionCallbackArguments::",
    "v8::internal::(anonymous namespace)::HandleApiCallHelper",
    "v8::internal::Builtin_",
    "v8::internal::Builtins::InvokeApiFunction",
    "v8::internal::Runtime_",
    "v8impl::(anonymous namespace)::FunctionCallbackWrapper::",
    "v8impl::(anonymous namespace)::CallbackWrapper",
];

/// What runs everything, and says nothing of what it runs.
const LOOPS: [&str; 13] = [
    "start_thread",
    "clone",
    "__clone",
    "_start",
    "__libc_start",
    "main",
    "worker",
    "uv_",
    "node::ThreadPoolWork::",
    "node::Start",
    "node::SpinEventLoop",
    "node::NodeMainInstance::",
    "node::LoadEnvironment",
];

/// The functions of the allocator: the first frames of a stack, which all have.
const ALLOCATORS: [&str; 4] = ["operator new", "malloc", "calloc", "realloc"];

/// Whether a frame is of work on libuv's pool.
fn is_of_pool(frame: &Frame) -> bool {
    let name = frame.name();
    name == "worker" || name.contains("ThreadPoolWork")
}

/// The frames of a stack down to the call from JavaScript, without what says nothing, and who called.
#[must_use]
pub fn native_part(frames: &[Frame]) -> (&[Frame], Origin) {
    let boundary = frames.iter().position(Frame::is_javascript);
    let origin = match boundary {
        Some(_) => Origin::JavaScript,
        None if frames.iter().any(is_of_pool) => Origin::ThreadPool,
        None => Origin::Native,
    };
    let native = &frames[..boundary.unwrap_or(frames.len())];
    let outer: &[&str] = if boundary.is_some() { &GLUE } else { &LOOPS };
    (without(native, outer), origin)
}

/// Rows by live bytes, the largest first. `name` says what is at a return address, `caller` which of the functions of
/// JavaScript in a stack the row is of, if any.
#[must_use]
pub fn rows(
    reading: &Reading,
    name: impl Fn(u64) -> Frame,
    caller: impl Fn(&[u64]) -> Option<u64>,
) -> Vec<Row> {
    let mut at: HashMap<(String, Origin, Option<u64>), usize> = HashMap::new();
    let mut rows: Vec<(Row, f64, f64)> = Vec::new();
    for stack in &reading.stacks {
        let frames: Vec<Frame> = stack.frames.iter().map(|&address| name(address)).collect();
        let (native, origin) = native_part(&frames);
        let function = native.last().and_then(Frame::text).unwrap_or("(unknown)");
        let caller = caller(&stack.javascript);
        let key = (function.to_owned(), origin, caller);
        let index = *at.entry(key).or_insert_with(|| {
            rows.push((empty(function, origin, caller), 0.0, 0.0));
            rows.len() - 1
        });
        add(&mut rows[index], stack, native);
    }
    let finished = rows.into_iter().map(|(mut row, variance, _)| {
        row.plus_minus_bytes = 2.0 * variance.sqrt();
        row
    });
    let mut rows: Vec<Row> = finished.collect();
    memwatch_order::sort_by(&mut rows, |one, other| {
        other.live_bytes.total_cmp(&one.live_bytes)
    });
    rows
}

/// The frames without those at the outer end that say nothing; never without all.
fn without<'a>(frames: &'a [Frame], outer: &[&str]) -> &'a [Frame] {
    let says_something = |frame: &Frame| {
        let name = frame.name();
        !name.is_empty() && !outer.iter().any(|start| name.starts_with(start))
    };
    match frames.iter().rposition(says_something) {
        Some(last) if !ALLOCATORS.contains(&frames[last].name()) => &frames[..=last],
        _ => frames,
    }
}

fn empty(function: &str, origin: Origin, caller: Option<u64>) -> Row {
    Row {
        function: function.to_owned(),
        stack: Vec::new(),
        origin,
        caller,
        javascript: Vec::new(),
        live_bytes: 0.0,
        live_blocks: 0.0,
        plus_minus_bytes: 0.0,
        samples: 0,
    }
}

/// Adds a stack to a row, its variance, and what its largest stack holds.
fn add((row, variance, most): &mut (Row, f64, f64), stack: &Stack, native: &[Frame]) {
    row.live_bytes += stack.live_bytes;
    row.live_blocks += stack.live_blocks;
    row.samples += stack.samples;
    *variance += stack.variance;
    if stack.live_bytes > *most {
        *most = stack.live_bytes;
        row.stack = native
            .iter()
            .filter_map(Frame::text)
            .map(str::to_owned)
            .collect();
        row.javascript.clone_from(&stack.javascript);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 12] = [
        "operator new",
        "asn1_new",
        "X509Pointer::Parse",
        "v8::internal::FunctionCallbackArguments::Call",
        "Builtins_CallApi",
        "",
        "InitZlib",
        "node::DoThreadPoolWork",
        "worker",
        "start_thread",
        "+0x1 [libc.so.6]",
        "deflateInit2_",
    ];

    fn frame(address: u64) -> Frame {
        match NAMES[address as usize] {
            "" => Frame::Compiled,
            name if name.starts_with('+') => Frame::Unnamed(name.to_owned()),
            name => Frame::Named(name.to_owned()),
        }
    }

    fn stack(frames: &[u64], live_bytes: f64) -> Stack {
        Stack {
            frames: frames.to_vec(),
            javascript: vec![live_bytes as u64, 7],
            live_bytes,
            live_blocks: 2.0,
            variance: 4.0,
            samples: 3,
            allocated_bytes: 0.0,
        }
    }

    fn of(stacks: Vec<Stack>) -> Vec<Row> {
        let reading = Reading {
            stacks,
            modules: Vec::new(),
            samples: 0,
            dropped: 0,
            without_stack: 0,
            mean_bytes: 0,
            milliseconds: 0,
            allocator: String::new(),
        };
        rows(&reading, frame, |javascript| {
            javascript.iter().copied().find(|&word| word >= 100)
        })
    }

    #[test]
    fn stacks_are_one_row_by_the_function_that_javascript_called() {
        let rows = of(vec![
            stack(&[0, 1, 2, 3, 4, 5], 10.0),
            stack(&[0, 1, 1, 2, 5, 2], 30.0),
            stack(&[0, 11, 6, 7, 8, 9, 10], 50.0),
        ]);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].function, "node::DoThreadPoolWork");
        assert_eq!(rows[0].origin, Origin::ThreadPool);
        assert_eq!(
            rows[0].stack,
            [
                "operator new",
                "deflateInit2_",
                "InitZlib",
                "node::DoThreadPoolWork"
            ]
        );
        let parse = &rows[1];
        assert_eq!(parse.function, "X509Pointer::Parse");
        assert_eq!(parse.origin, Origin::JavaScript);
        assert_eq!(
            (parse.live_bytes, parse.live_blocks, parse.samples),
            (40.0, 4.0, 6)
        );
        assert!((parse.plus_minus_bytes - 2.0 * 8.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(
            parse.stack,
            ["operator new", "asn1_new", "asn1_new", "X509Pointer::Parse"]
        );
        assert_eq!(
            (parse.caller, parse.javascript.as_slice()),
            (None, &[30, 7][..])
        );
    }

    #[test]
    fn one_function_for_two_places_of_a_program_is_two_rows() {
        let rows = of(vec![
            stack(&[0, 1, 2, 5], 100.0),
            stack(&[0, 1, 1, 2, 5], 100.0),
            stack(&[0, 1, 2, 5], 101.0),
        ]);
        let found = rows.iter().map(|row| (row.caller, row.live_bytes));
        let found: Vec<(Option<u64>, f64)> = found.collect();
        assert_eq!(found, [(Some(100), 200.0), (Some(101), 101.0)]);
    }

    #[test]
    fn a_stack_that_says_nothing_is_a_row_too() {
        let rows = of(vec![
            stack(&[], 1.0),
            stack(&[5], 2.0),
            stack(&[8, 9], 3.0),
            stack(&[0, 3, 5], 4.0),
        ]);
        let functions: Vec<&str> = rows.iter().map(|row| row.function.as_str()).collect();
        let glue = "v8::internal::FunctionCallbackArguments::Call";
        assert_eq!(functions, [glue, "start_thread", "(unknown)", "(unknown)"]);
        assert_eq!(rows[3].stack.len(), 0);
    }
}
