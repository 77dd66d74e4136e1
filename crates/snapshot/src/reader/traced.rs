//! The reader of allocation timelines: nodes with what allocated them, stacks, and the moments at which V8 looked. Edges
//! are passed over. Everything else is read without these sections, and costs nothing for them.

use std::sync::Arc;

use super::super::columns::{EdgeColumns, NodeColumns, Snapshot};
use super::super::error::{SnapshotError, SnapshotErrorKind as Kind};
use super::super::header::{FunctionInfoLayout, Header, MAX_FIELDS, NodeLayout};
use super::super::locations::Locations;
use super::super::strings::{Starts, StringTable};
use super::super::types::{Location, StringIndex};
use super::Columns;
use super::keep::{NodeKeeper, TextKeeper};
use super::push::{assemble, push_into};
use super::sections::{NodeSection, TakesNodes};
use super::syntax::{AnyValue, NumberPart, Part, TakesNumbers, TextPart, is_space, unexpected};
use super::walk::{Beginning, Section, Visitor, Walk};

/// What a file says of who allocated what, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// By ordinal: the number of the stack that allocated the node; 0 where none is known.
    pub of_nodes: Vec<u32>,
    /// Functions, by their place in the file.
    pub functions: Vec<TraceFunction>,
    /// Stacks as a tree, those that call before those that are called.
    pub stacks: Vec<TraceStack>,
    /// In the order of time.
    pub samples: Vec<TraceSample>,
}

/// A function that allocated, or called one that did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceFunction {
    /// Its name.
    pub name: StringIndex,
    /// The name of its script.
    pub script: StringIndex,
    /// Where it stands; nothing for what is built in.
    pub location: Option<Location>,
}

/// A function with those that called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceStack {
    /// The number by which nodes refer to it.
    pub id: u32,
    /// The place of its caller; its own for the first.
    pub caller: u32,
    /// The place of its function.
    pub function: u32,
    /// Objects that it has allocated, whether alive or not.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A moment at which V8 gave a number to each object that was alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceSample {
    /// Microseconds since the recording began.
    pub at_us: u64,
    /// The last number that was given.
    pub last_id: u64,
}

/// An allocation timeline being read from bytes pushed into it.
#[derive(Debug)]
pub struct TracedReader {
    walk: Walk<Tracing>,
}

impl Default for TracedReader {
    fn default() -> Self {
        Self {
            walk: Walk::new(Tracing::default()),
        }
    }
}

impl TracedReader {
    /// Takes the next bytes, however few.
    ///
    /// # Errors
    ///
    /// As [`super::PushReader::push`].
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), SnapshotError> {
        self.walk.push(chunk)
    }

    /// The nodes without edges, and the traces: empty where none were recorded.
    ///
    /// # Errors
    ///
    /// As [`super::PushReader::finish`].
    pub fn finish(self) -> Result<(Snapshot, Traces), SnapshotError> {
        let end = self.walk.offset();
        let (header, read) = self.walk.finish()?;
        let missing = |what: &'static str| SnapshotError::new(Kind::Section, end, what);
        let nodes = read
            .nodes
            .ok_or_else(|| missing("the nodes are missing"))?
            .section;
        let texts = read
            .strings
            .ok_or_else(|| missing("the strings are missing"))?
            .texts;
        nodes.names.check(texts.starts.len())?;
        let strings = StringTable::new(Arc::new(texts.bytes), Starts::from(texts.starts));
        let traces = Traces {
            of_nodes: nodes.keeper.traces,
            functions: read
                .functions
                .map(|part| part.section.all)
                .unwrap_or_default(),
            stacks: read.stacks.map(|part| part.all).unwrap_or_default(),
            samples: read
                .samples
                .map(|part| part.section.all)
                .unwrap_or_default(),
        };
        let columns: (NodeColumns, EdgeColumns) =
            (nodes.keeper.nodes.nodes, EdgeColumns::default());
        let locations = Locations::default();
        let snapshot = assemble(header, columns, locations, strings, Columns::NODES, end)?;
        Ok((snapshot, traces))
    }
}

#[derive(Debug, Default)]
struct Tracing {
    nodes: Option<NumberPart<NodeSection<TracedNodes>>>,
    functions: Option<NumberPart<Functions>>,
    stacks: Option<Stacks>,
    samples: Option<NumberPart<Samples>>,
    strings: Option<TextPart<TextKeeper>>,
    skipped: AnyValue,
}

impl Tracing {
    fn skip(&mut self) -> Section {
        self.skipped = AnyValue::default();
        Section::Unknown
    }
}

impl Visitor for Tracing {
    fn begin(&mut self, section: Section, at: &Beginning<'_>) -> Result<Section, SnapshotError> {
        match section {
            Section::Nodes => {
                let header = at.header()?;
                self.nodes = Some(NumberPart::new(NodeSection::new(
                    header,
                    TracedNodes::new(header),
                )));
            }
            Section::FunctionInfos => {
                let Some(layout) = at.header()?.function_info else {
                    return Ok(self.skip());
                };
                self.functions = Some(NumberPart::new(Functions::new(layout)));
            }
            Section::TraceTree if at.header()?.has_traces => self.stacks = Some(Stacks::default()),
            Section::Samples if at.header()?.has_traces => {
                self.samples = Some(NumberPart::new(Samples::default()));
            }
            Section::Strings => self.strings = Some(TextPart::default()),
            _ => return Ok(self.skip()),
        }
        Ok(section)
    }

    fn push(
        &mut self,
        section: Section,
        chunk: &[u8],
        base: u64,
    ) -> Result<(usize, bool), SnapshotError> {
        match section {
            Section::Nodes => push_into(&mut self.nodes, chunk, base),
            Section::FunctionInfos => push_into(&mut self.functions, chunk, base),
            Section::TraceTree => push_into(&mut self.stacks, chunk, base),
            Section::Samples => push_into(&mut self.samples, chunk, base),
            Section::Strings => push_into(&mut self.strings, chunk, base),
            _ => self.skipped.push(chunk, base),
        }
    }
}

#[derive(Debug)]
struct TracedNodes {
    nodes: NodeKeeper,
    field: Option<usize>,
    traces: Vec<u32>,
}

impl TracedNodes {
    fn new(header: &Header) -> Self {
        Self {
            nodes: NodeKeeper::new(Columns::NODES),
            field: header.trace_node,
            traces: Vec::new(),
        }
    }
}

impl TakesNodes for TracedNodes {
    fn node(&mut self, values: &[u64; MAX_FIELDS], layout: NodeLayout) {
        self.nodes.node(values, layout);
        if let Some(field) = self.field {
            // What is no number of a stack leads to none.
            self.traces.push(u32::try_from(values[field]).unwrap_or(0));
        }
    }
}

#[derive(Debug)]
struct Functions {
    layout: FunctionInfoLayout,
    values: [u64; MAX_FIELDS],
    filled: usize,
    all: Vec<TraceFunction>,
}

impl Functions {
    fn new(layout: FunctionInfoLayout) -> Self {
        Self {
            layout,
            values: [0; MAX_FIELDS],
            filled: 0,
            all: Vec::new(),
        }
    }

    fn function(&self) -> TraceFunction {
        let text = |at: usize| StringIndex(u32::try_from(self.values[at]).unwrap_or(u32::MAX));
        // Here V8 counts lines and columns from 1, and says 0 where there are none.
        let location = self.layout.place.and_then(|place| {
            let [script, line, column] = place.map(|at| self.values[at] as u32);
            Some(Location {
                script_id: script,
                line: line.checked_sub(1)?,
                column: column.checked_sub(1)?,
            })
        });
        TraceFunction {
            name: text(self.layout.name),
            script: text(self.layout.script_name),
            location,
        }
    }
}

impl TakesNumbers for Functions {
    fn number(&mut self, value: u64, _offset: u64) -> Result<(), SnapshotError> {
        self.values[self.filled] = value;
        self.filled += 1;
        if self.filled == self.layout.fields {
            self.filled = 0;
            self.all.push(self.function());
        }
        Ok(())
    }

    fn may_be_negative(&self) -> bool {
        true
    }

    fn end(&mut self, offset: u64) -> Result<(), SnapshotError> {
        whole(self.filled, "function", offset)
    }
}

fn whole(filled: usize, what: &str, offset: u64) -> Result<(), SnapshotError> {
    match filled {
        0 => Ok(()),
        _ => Err(SnapshotError::new(
            Kind::Count,
            offset,
            format!("the last {what} is not whole"),
        )),
    }
}

#[derive(Debug, Default)]
struct Samples {
    at_us: Option<u64>,
    all: Vec<TraceSample>,
}

impl TakesNumbers for Samples {
    fn number(&mut self, value: u64, _offset: u64) -> Result<(), SnapshotError> {
        match self.at_us.take() {
            None => self.at_us = Some(value),
            Some(at_us) => self.all.push(TraceSample {
                at_us,
                last_id: value,
            }),
        }
        Ok(())
    }

    fn end(&mut self, offset: u64) -> Result<(), SnapshotError> {
        whole(usize::from(self.at_us.is_some()), "sample", offset)
    }
}

/// Numbers of a stack before those that it calls: id, function, count, size.
const STACK_NUMBERS: usize = 4;

/// The tree of stacks: arrays within arrays, however deep.
#[derive(Debug, Default)]
struct Stacks {
    all: Vec<TraceStack>,
    /// The arrays that are open, each with the place of the stack that it belongs to.
    open: Vec<u32>,
    values: [u64; STACK_NUMBERS],
    filled: usize,
    digits: Option<u64>,
}

impl Stacks {
    fn end_of_number(&mut self, offset: u64) -> Result<(), SnapshotError> {
        let Some(value) = self.digits.take() else {
            return Ok(());
        };
        let Some(place) = self.values.get_mut(self.filled) else {
            return Err(SnapshotError::new(
                Kind::Count,
                offset,
                "a stack has too many numbers",
            ));
        };
        *place = value;
        self.filled += 1;
        Ok(())
    }

    /// A list begins: that of all, or of those that a stack calls.
    fn open(&mut self, offset: u64) -> Result<(), SnapshotError> {
        let Some(&caller) = self.open.last() else {
            self.open.push(0);
            return Ok(());
        };
        if self.filled != STACK_NUMBERS {
            return Err(SnapshotError::new(
                Kind::Count,
                offset,
                "a stack has too few numbers",
            ));
        }
        let place = self.all.len() as u32;
        let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        self.all.push(TraceStack {
            id: number(self.values[0]),
            caller: caller.min(place),
            function: number(self.values[1]),
            count: self.values[2],
            bytes: self.values[3],
        });
        self.open.push(place);
        self.filled = 0;
        Ok(())
    }
}

impl Part for Stacks {
    fn push(&mut self, chunk: &[u8], base: u64) -> Result<(usize, bool), SnapshotError> {
        for (at, &byte) in chunk.iter().enumerate() {
            let offset = base + at as u64;
            if byte.is_ascii_digit() && !self.open.is_empty() {
                let value = self.digits.unwrap_or(0).checked_mul(10);
                let value = value.and_then(|value| value.checked_add(u64::from(byte - b'0')));
                let too_large =
                    || SnapshotError::new(Kind::Range, offset, "a number beyond 64 bits");
                self.digits = Some(value.ok_or_else(too_large)?);
                continue;
            }
            self.end_of_number(offset)?;
            match byte {
                b',' if !self.open.is_empty() => {}
                b'[' => self.open(offset)?,
                b']' if !self.open.is_empty() => {
                    whole(self.filled, "stack", offset)?;
                    self.open.pop();
                    if self.open.is_empty() {
                        return Ok((at + 1, true));
                    }
                }
                byte if is_space(byte) => {}
                _ => return Err(unexpected(byte, "a tree of stacks", offset)),
            }
        }
        Ok((chunk.len(), false))
    }
}
