//! `timeline`: of an allocation timeline, what of each moment and of each function that allocated is still alive. V8
//! gives numbers to objects at each moment, to those that are alive then: what was garbage before is in no moment.
//! Sizes are those of the nodes; what objects keep is not asked.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::reader::{TraceFunction, TraceSample, Traces};
use super::error::QueryError;
use super::heap::Heap;
use super::info::{SnapshotInfo, SourcePosition};
use super::top::smallest;

/// Between two numbers of objects of the JavaScript heap.
const ID_STEP: u64 = 2;

/// Functions of a stack, from the one that allocated on.
const MOST_FRAMES: usize = 16;

/// How to answer [`timeline`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineOptions {
    /// How many spans of time, and how many functions, to list.
    pub top: usize,
}

impl Default for TimelineOptions {
    fn default() -> Self {
        Self { top: 20 }
    }
}

/// An allocation timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How long was recorded, in microseconds.
    pub duration_us: u64,
    /// How many moments there are.
    pub moment_count: u64,
    /// What was there before the recording and is alive.
    pub before: Alive,
    /// What came after the last moment.
    pub after: Alive,
    /// Moments in the order of time, several as one where there are many.
    pub moments: Vec<MomentEntry>,
    /// Whether stacks were recorded.
    pub has_stacks: bool,
    /// Of what was recorded, what is alive and was allocated by no function of the program.
    pub untraced: Alive,
    /// How many functions have allocated.
    pub function_count: u64,
    /// The first of them: those of which most bytes are alive.
    pub functions: Vec<TracedFunction>,
}

/// Objects that are alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alive {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Alive {
    fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// A span of time.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentEntry {
    /// When it begins, in microseconds since the recording began.
    pub from_us: u64,
    /// When it ends.
    pub to_us: u64,
    /// Objects that came in it and were alive at its end.
    pub then_count: u64,
    /// Those that still are.
    pub alive: Alive,
    /// The class with most bytes of these.
    pub class: Option<String>,
    /// Its bytes.
    pub class_bytes: u64,
}

/// A function that allocated.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedFunction {
    /// It.
    pub function: TracedFrame,
    /// Objects that it has allocated.
    pub allocated_count: u64,
    /// Their bytes.
    pub allocated_bytes: u64,
    /// Those that are alive.
    pub alive: Alive,
    /// The class with most bytes of these.
    pub class: Option<String>,
    /// Who called it, the nearest first, where most of what is alive was allocated.
    pub callers: Vec<TracedFrame>,
}

/// A function in a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedFrame {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Where it stands; nothing for what is built in.
    pub position: Option<SourcePosition>,
}

/// What of an allocation timeline is alive.
///
/// # Errors
///
/// [`QueryError::NoTimeline`].
pub fn timeline(
    heap: &Heap<'_>,
    traces: &Traces,
    options: &TimelineOptions,
) -> Result<TimelineAnswer, QueryError> {
    if traces.samples.is_empty() && traces.stacks.is_empty() {
        return Err(QueryError::NoTimeline);
    }
    let spans = Spans::of(&traces.samples, options.top);
    let mut count = Counting::of(traces, &spans);
    count.all(heap, traces);
    let (function_count, functions) = functions(heap, traces, &count, options.top);
    Ok(TimelineAnswer {
        snapshot: heap.info(),
        duration_us: traces.samples.last().map_or(0, |sample| sample.at_us),
        moment_count: traces.samples.len() as u64,
        before: count.before,
        after: count.after,
        moments: moments(heap, &count, &spans),
        has_stacks: !traces.stacks.is_empty(),
        untraced: count.untraced,
        function_count,
        functions,
    })
}

/// Moments put together to so many spans of time. The first sample is that of the beginning.
struct Spans {
    /// The number of the last object that is older than the recording.
    first_id: u64,
    spans: Vec<Span>,
}

struct Span {
    from_us: u64,
    to_us: u64,
    last_id: u64,
    then_count: u64,
}

impl Spans {
    fn of(samples: &[TraceSample], most: usize) -> Self {
        let Some((first, samples)) = samples.split_first() else {
            return Self {
                first_id: 0,
                spans: Vec::new(),
            };
        };
        let mut spans = Self {
            first_id: first.last_id,
            spans: Vec::new(),
        };
        let end = samples.last().map_or(0, |sample| sample.at_us).max(1);
        let (mut last, mut last_place) = (*first, None);
        for &sample in samples {
            // Numbers and times only rise; what a file has otherwise is taken as no time and no object.
            let id = sample.last_id.max(last.last_id);
            let came = (id - last.last_id) / ID_STEP;
            let place = u128::from(sample.at_us.saturating_sub(1)) * most as u128 / u128::from(end);
            match spans.spans.last_mut() {
                Some(span) if last_place == Some(place) => {
                    span.to_us = sample.at_us.max(span.to_us);
                    span.last_id = id;
                    span.then_count += came;
                }
                _ => spans.spans.push(Span {
                    from_us: last.at_us,
                    to_us: sample.at_us.max(last.at_us),
                    last_id: id,
                    then_count: came,
                }),
            }
            last_place = Some(place);
            last = TraceSample {
                at_us: sample.at_us.max(last.at_us),
                last_id: id,
            };
        }
        spans
    }
}

struct Counting<'a> {
    spans: &'a Spans,
    before: Alive,
    after: Alive,
    untraced: Alive,
    of_spans: Vec<Alive>,
    /// By the place of a stack.
    of_stacks: Vec<Alive>,
    /// Places of stacks by their numbers.
    places: FxHashMap<u32, u32>,
    /// Bytes by span or function, and class.
    span_classes: FxHashMap<(u32, u32), u64>,
    function_classes: FxHashMap<(u32, u32), u64>,
}

impl<'a> Counting<'a> {
    fn of(traces: &Traces, spans: &'a Spans) -> Self {
        let stacks = traces.stacks.iter().zip(0u32..);
        Self {
            spans,
            before: Alive::default(),
            after: Alive::default(),
            untraced: Alive::default(),
            of_spans: vec![Alive::default(); spans.spans.len()],
            of_stacks: vec![Alive::default(); traces.stacks.len()],
            places: stacks.map(|(stack, place)| (stack.id, place)).collect(),
            span_classes: FxHashMap::default(),
            function_classes: FxHashMap::default(),
        }
    }

    fn all(&mut self, heap: &Heap<'_>, traces: &Traces) {
        let snapshot = heap.snapshot();
        for node in snapshot.ordinals() {
            let (id, bytes) = (snapshot.id(node).0, snapshot.self_size(node));
            let class = heap.classes().of_node(node).0;
            let trace = traces
                .of_nodes
                .get(node.index())
                .copied()
                .filter(|&trace| trace != 0);
            let stack = trace.and_then(|trace| self.places.get(&trace)).copied();
            if let Some(stack) = stack {
                self.of_stacks[stack as usize].add(bytes);
                let function = traces.stacks[stack as usize].function;
                add_to(&mut self.function_classes, (function, class), bytes);
            }
            // What is outside of the JavaScript heap has even numbers of other series.
            if id.is_multiple_of(ID_STEP) {
                continue;
            }
            if id <= self.spans.first_id {
                self.before.add(bytes);
                continue;
            }
            if stack.is_none() {
                self.untraced.add(bytes);
            }
            let span = self.spans.spans.partition_point(|span| span.last_id < id);
            let Some(of_span) = self.of_spans.get_mut(span) else {
                self.after.add(bytes);
                continue;
            };
            of_span.add(bytes);
            add_to(&mut self.span_classes, (span as u32, class), bytes);
        }
    }
}

fn add_to(sums: &mut FxHashMap<(u32, u32), u64>, key: (u32, u32), bytes: u64) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(bytes);
}

/// The class with most bytes of each; of the same the one with the smaller number.
fn largest(classes: &FxHashMap<(u32, u32), u64>) -> FxHashMap<u32, (u64, u32)> {
    let mut largest: FxHashMap<u32, (u64, u32)> = FxHashMap::default();
    for (&(of, class), &bytes) in classes {
        let known = largest.entry(of).or_insert((bytes, class));
        if (bytes, Reverse(class)) > (known.0, Reverse(known.1)) {
            *known = (bytes, class);
        }
    }
    largest
}

fn class_name(heap: &Heap<'_>, class: u32) -> String {
    heap.classes()
        .class(super::super::classes::ClassIndex(class))
        .name
        .clone()
}

fn moments(heap: &Heap<'_>, count: &Counting<'_>, spans: &Spans) -> Vec<MomentEntry> {
    let largest = largest(&count.span_classes);
    let entries = spans.spans.iter().zip(&count.of_spans).zip(0u32..);
    entries
        .map(|((span, &alive), place)| {
            let class = largest.get(&place);
            MomentEntry {
                from_us: span.from_us,
                to_us: span.to_us,
                then_count: span.then_count,
                alive,
                class: class.map(|&(_, class)| class_name(heap, class)),
                class_bytes: class.map_or(0, |&(bytes, _)| bytes),
            }
        })
        .collect()
}

#[derive(Clone, Copy, Default)]
struct OfFunction {
    count: u64,
    bytes: u64,
    alive: Alive,
    /// The stack of which most is alive.
    stack: u32,
    most: Option<u64>,
}

fn functions(
    heap: &Heap<'_>,
    traces: &Traces,
    count: &Counting<'_>,
    top: usize,
) -> (u64, Vec<TracedFunction>) {
    let mut by_function: FxHashMap<u32, OfFunction> = FxHashMap::default();
    // The first has no function: it is what was allocated without one.
    for ((stack, alive), place) in traces
        .stacks
        .iter()
        .zip(&count.of_stacks)
        .zip(0u32..)
        .skip(1)
    {
        let one = by_function.entry(stack.function).or_default();
        one.count = one.count.saturating_add(stack.count);
        one.bytes = one.bytes.saturating_add(stack.bytes);
        one.alive.count = one.alive.count.saturating_add(alive.count);
        one.alive.bytes = one.alive.bytes.saturating_add(alive.bytes);
        if one.most.is_none_or(|most| alive.bytes > most) {
            (one.most, one.stack) = (Some(alive.bytes), place);
        }
    }
    by_function.retain(|_, one| one.count > 0 || one.alive.count > 0);
    let function_count = by_function.len() as u64;
    let all: Vec<(u32, OfFunction)> = by_function.into_iter().collect();
    let key = |&(function, one): &(u32, OfFunction)| {
        (Reverse(one.alive.bytes), Reverse(one.bytes), function)
    };
    let largest = largest(&count.function_classes);
    let entries = smallest(all, top, key)
        .into_iter()
        .map(|(function, one)| TracedFunction {
            function: frame(heap, traces, function),
            allocated_count: one.count,
            allocated_bytes: one.bytes,
            alive: one.alive,
            class: largest
                .get(&function)
                .map(|&(_, class)| class_name(heap, class)),
            callers: callers(heap, traces, one.stack),
        });
    (function_count, entries.collect())
}

fn callers(heap: &Heap<'_>, traces: &Traces, stack: u32) -> Vec<TracedFrame> {
    let caller = |place: &u32| {
        // A caller stands before what it calls, and the first has none.
        let caller = traces.stacks.get(*place as usize)?.caller;
        (caller < *place && caller != 0).then_some(caller)
    };
    let places = std::iter::successors(Some(stack), caller).skip(1);
    let functions = places
        .take(MOST_FRAMES)
        .map(|place| traces.stacks[place as usize].function);
    functions
        .map(|function| frame(heap, traces, function))
        .collect()
}

fn frame(heap: &Heap<'_>, traces: &Traces, function: u32) -> TracedFrame {
    let strings = heap.snapshot().strings();
    let known: Option<&TraceFunction> = traces.functions.get(function as usize);
    let script = known.map(|known| strings.get(known.script).into_owned());
    let script = script.filter(|script| !script.is_empty());
    TracedFrame {
        name: known
            .map(|known| strings.get(known.name).into_owned())
            .unwrap_or_default(),
        position: known
            .and_then(|known| known.location)
            .map(|location| SourcePosition {
                script,
                script_id: location.script_id,
                line: location.line,
                column: location.column,
            }),
    }
}
