//! Takes the strings out of a snapshot, so that it can be shown to others: each value is
//! replaced by its length, while names stay: classes, properties, variables, functions,
//! scripts, V8's own. Nodes, edges, sizes, ids and source positions stay as they are, byte
//! by byte, and so does every analysis of them.
//!
//! A string table says of no string what it is: V8 keeps a value and a name that read the
//! same but once. So the nodes and edges, which come first, tell which entries are used as
//! names; what no one uses as a name is a value. Hence what this cannot hide: **a value that
//! is also the name of something** in the same program, such as `"admin"` where there is a
//! property `admin`; and **data that a program uses for names**, such as `users[email]`.
//! [`Redaction::Strict`] takes the second away too, as far as it can be told.
//!
//! | module | question it answers |
//! | --- | --- |
//! | `names` | which entries of the string table are names? |
//! | `text` | what is written for one of them? |
//! | `table` | the string table, entry by entry |
//! | `writer` | how are bytes redacted on their way to another writer? |
//!
//! Needs memory for two bits an entry and one an id, whatever the size of the file.

mod names;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod writer;

use super::error::{SnapshotError, SnapshotErrorKind as Kind};
use super::reader::push_into;
use super::reader::sections::{EdgeSection, NodeSection};
use super::reader::syntax::{AnyValue, NumberPart, Part, TextPart};
use super::reader::walk::{Beginning, Section, Visitor, Walk};
use names::{EdgeNames, FunctionNames, Names, NodeNames};
use table::Table;

pub use writer::RedactingWriter;

/// What to take out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// String values: what strings, regular expressions, big integers and numbers hold, the
    /// source of scripts included.
    Strings,
    /// Also the names of properties that do not look as if a programmer had chosen them: no
    /// identifiers, longer than 40 characters, or with more than four digits.
    Strict,
}

/// What became of the texts of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RedactedTexts {
    /// Values that were replaced.
    pub values: u64,
    /// Names that were replaced.
    pub names: u64,
    /// What stayed, as it was or in part.
    pub kept: u64,
}

/// A snapshot on its way through, as bytes pushed in and bytes handed out. Any split of the
/// input gives the same output.
///
/// ```
/// use memwatch_snapshot::redact::{Redaction, Redactor};
///
/// let mut redactor = Redactor::new(Redaction::Strings);
/// let mut out = Vec::new();
/// let error = redactor.push(b"{\"strings\": [\"secret", &mut out).unwrap_err();
/// assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_SECTION");
/// ```
#[derive(Debug)]
pub struct Redactor {
    walk: Walk<Redacting>,
}

#[derive(Debug)]
struct Redacting {
    redaction: Redaction,
    out: Vec<u8>,
    nodes: Option<NumberPart<NodeSection<NodeNames>>>,
    edges: Option<NumberPart<EdgeSection<EdgeNames>>>,
    functions: Option<NumberPart<FunctionNames>>,
    strings: Option<TextPart<Table>>,
    skipped: AnyValue,
}

impl Redactor {
    /// A redactor at the first byte.
    pub fn new(redaction: Redaction) -> Self {
        Self {
            walk: Walk::new(Redacting {
                redaction,
                out: Vec::new(),
                nodes: None,
                edges: None,
                functions: None,
                strings: None,
                skipped: AnyValue::default(),
            }),
        }
    }

    /// Takes the next bytes, however few, and appends what is to be written. That is about
    /// as much as came in: push moderate pieces.
    ///
    /// # Errors
    ///
    /// At the first byte that shows the input to be no heap snapshot, as
    /// [`super::PushReader`]; and when the strings come before what tells what they are,
    /// which is not so in the files of V8. What was handed out is of no use then.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), SnapshotError> {
        self.walk.push(chunk)?;
        out.append(&mut self.walk.visitor.out);
        Ok(())
    }

    /// Says that there is no more, and tells what became of the texts.
    ///
    /// # Errors
    ///
    /// When there should be: as [`super::PushReader::finish`].
    pub fn finish(self) -> Result<RedactedTexts, SnapshotError> {
        let end = self.walk.offset();
        let fail = |kind, message| SnapshotError::new(kind, end, message);
        let missing = |what: &'static str| fail(Kind::Section, what.into());
        let (_, read) = self.walk.finish()?;
        let nodes = read.nodes.ok_or_else(|| missing("the nodes are missing"))?;
        let strings = read
            .strings
            .ok_or_else(|| missing("the strings are missing"))?;
        let (nodes, texts) = (nodes.section, strings.texts.told);
        let strings = strings.texts.count();
        nodes.names.check(strings)?;
        let edges = read.edges.ok_or_else(|| missing("the edges are missing"))?;
        edges.section.names.check(strings)?;
        let (announced, found) = (nodes.edge_sum(), edges.section.found());
        if announced != found {
            let message = format!("the nodes announce {announced} edges where there are {found}");
            return Err(fail(Kind::Count, message));
        }
        nodes.keeper.twins.check(end)?;
        Ok(texts)
    }

    /// Bytes set aside.
    #[cfg(test)]
    fn reserved_bytes(&self) -> usize {
        let read = &self.walk.visitor;
        let nodes = read
            .nodes
            .as_ref()
            .map(|part| part.section.keeper.reserved_bytes());
        let edges = read
            .edges
            .as_ref()
            .map(|part| part.section.keeper.names.reserved_bytes());
        nodes.unwrap_or(0) + edges.unwrap_or(0) + read.out.capacity()
    }
}

impl Redacting {
    /// Everything that names something, once it has all been seen.
    fn names(&mut self, at: &Beginning<'_>) -> Result<Names, SnapshotError> {
        let (Some(nodes), Some(edges)) = (&mut self.nodes, &mut self.edges) else {
            return Err(
                at.wrong("the strings precede the nodes and edges, so their use is unknown")
            );
        };
        let mut names = std::mem::take(&mut edges.section.keeper.names);
        names.add(&nodes.section.keeper.names);
        if let Some(functions) = &self.functions {
            names.add(&functions.section.names);
        }
        Ok(names)
    }
}

impl Visitor for Redacting {
    fn begin(&mut self, section: Section, at: &Beginning<'_>) -> Result<Section, SnapshotError> {
        if self.strings.is_some() && matches!(section, Section::Nodes | Section::Edges) {
            return Err(at.wrong("nodes or edges follow the strings"));
        }
        match section {
            Section::Nodes => {
                let header = at.header()?;
                let nodes = NodeSection::new(
                    header,
                    NodeNames::new(&header.node_types(), header.node_count),
                );
                self.nodes = Some(NumberPart::new(nodes));
            }
            Section::Edges => {
                let edges = EdgeSection::new(at.header()?, EdgeNames::default());
                self.edges = Some(NumberPart::new(edges));
            }
            Section::FunctionInfos => {
                let Some(layout) = at.header()?.function_info else {
                    return self.begin(Section::Unknown, at);
                };
                self.functions = Some(NumberPart::new(FunctionNames::new(layout)));
            }
            Section::Strings => {
                let names = self.names(at)?;
                self.strings = Some(TextPart::new(Table::new(names, self.redaction)));
            }
            // Numbers only, and nothing is wanted of them.
            Section::Header
            | Section::TraceTree
            | Section::Samples
            | Section::Locations
            | Section::Unknown => {
                self.skipped = AnyValue::default();
                return Ok(Section::Unknown);
            }
        }
        Ok(section)
    }

    fn push(
        &mut self,
        section: Section,
        chunk: &[u8],
        base: u64,
    ) -> Result<(usize, bool), SnapshotError> {
        let taken = match section {
            Section::Nodes => push_into(&mut self.nodes, chunk, base),
            Section::Edges => push_into(&mut self.edges, chunk, base),
            Section::FunctionInfos => push_into(&mut self.functions, chunk, base),
            Section::Strings => {
                let taken = push_into(&mut self.strings, chunk, base);
                if let Some(strings) = &mut self.strings {
                    self.out.append(&mut strings.texts.out);
                }
                return taken;
            }
            Section::Header
            | Section::TraceTree
            | Section::Samples
            | Section::Locations
            | Section::Unknown => {
                return self.pass_without_texts(chunk, base);
            }
        }?;
        self.pass(&chunk[..taken.0]);
        Ok(taken)
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}

impl Redacting {
    /// A section that this version does not know: whatever text it has, nobody can tell
    /// what it is.
    fn pass_without_texts(
        &mut self,
        chunk: &[u8],
        base: u64,
    ) -> Result<(usize, bool), SnapshotError> {
        let mut used = 0;
        while used < chunk.len() {
            let was_text = self.skipped.is_text();
            let piece = &chunk[used..=used];
            let (taken, ended) = self.skipped.push(piece, base + used as u64)?;
            // The quotes stay, and what is between them goes.
            if !(was_text && self.skipped.is_text()) {
                self.out.extend_from_slice(&piece[..taken]);
            }
            used += taken;
            if ended {
                return Ok((used, true));
            }
        }
        Ok((used, false))
    }
}
