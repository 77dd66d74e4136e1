//! The reader that takes bytes as they come: any split of the input gives the
//! same snapshot or the same error. Holds no more than the bytes have paid for,
//! whatever the header announces.

use std::sync::Arc;

use super::super::columns::{EdgeColumns, NodeColumns, Snapshot};
use super::super::error::{SnapshotError, SnapshotErrorKind as Kind};
use super::super::header::Header;
use super::super::locations::Locations;
use super::super::strings::{Starts, StringTable};
use super::Columns;
use super::sections::{
    EdgeSection, LocationSection, NodeSection, check_counts, counts_to_starts, trim,
};
use super::syntax::{AnyValue, MAX_KEY_BYTES, NumberPart, Part, Strings, is_space, unexpected};

/// The header V8 writes is below 2 KB; one beyond this is no header.
const MAX_HEADER_BYTES: usize = 1 << 20;

#[derive(Debug)]
enum State {
    Start,
    FirstKey,
    NextKey,
    Key(Vec<u8>),
    Colon(Section),
    Value(Section),
    AfterValue,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Header,
    Nodes,
    Edges,
    Locations,
    Strings,
    Unknown,
}

impl Section {
    fn from_key(key: &[u8]) -> Self {
        match key {
            b"snapshot" => Self::Header,
            b"nodes" => Self::Nodes,
            b"edges" => Self::Edges,
            b"locations" => Self::Locations,
            b"strings" => Self::Strings,
            _ => Self::Unknown,
        }
    }
}

/// The header, collected until it is whole.
#[derive(Debug, Default)]
struct HeaderPart {
    value: AnyValue,
    text: Vec<u8>,
    started: u64,
}

impl Part for HeaderPart {
    fn push(&mut self, chunk: &[u8], base: u64) -> Result<(usize, bool), SnapshotError> {
        let (used, ended) = self.value.push(chunk, base)?;
        self.text.extend_from_slice(&chunk[..used]);
        if self.text.len() > MAX_HEADER_BYTES {
            let message = "the snapshot header does not end";
            return Err(SnapshotError::new(Kind::Header, self.started, message));
        }
        Ok((used, ended))
    }
}

/// A heap snapshot being read from bytes pushed into it.
///
/// ```
/// use memwatch_core::snapshot::{Columns, PushReader};
///
/// let mut reader = PushReader::new(Columns::ALL);
/// let error = reader.push(b"{\"nodes\": [").unwrap_err();
/// assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_SECTION");
/// ```
#[derive(Debug)]
pub struct PushReader {
    state: State,
    columns: Columns,
    offset: u64,
    failed: Option<SnapshotError>,
    header_part: Option<HeaderPart>,
    header: Option<Header>,
    nodes: Option<NumberPart<NodeSection>>,
    edges: Option<NumberPart<EdgeSection>>,
    locations: Option<NumberPart<LocationSection>>,
    strings: Option<Strings>,
    skipped: AnyValue,
}

/// Pushes into the part being read, which is there.
fn push_into(
    part: &mut Option<impl Part>,
    chunk: &[u8],
    base: u64,
) -> Result<(usize, bool), SnapshotError> {
    match part {
        Some(part) => part.push(chunk, base),
        None => Ok((chunk.len(), false)),
    }
}

impl PushReader {
    /// A reader that keeps these columns.
    pub fn new(columns: Columns) -> Self {
        Self {
            state: State::Start,
            columns: columns.with_needed(),
            offset: 0,
            failed: None,
            header_part: None,
            header: None,
            nodes: None,
            edges: None,
            locations: None,
            strings: None,
            skipped: AnyValue::default(),
        }
    }

    /// Bytes taken so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes set aside for columns.
    #[cfg(test)]
    pub(crate) fn reserved_bytes(&self) -> usize {
        let nodes = self.nodes.as_ref().map(|part| {
            let nodes = &part.section.nodes;
            nodes.types.capacity()
                + 4 * nodes.names.capacity()
                + 4 * nodes.ids.low.capacity()
                + 4 * nodes.self_sizes.low.capacity()
                + 4 * nodes.first_edge.capacity()
        });
        let edges = self.edges.as_ref().map(|part| {
            let edges = &part.section.edges;
            4 * (edges.heads.capacity() + edges.names.capacity())
        });
        nodes.unwrap_or(0) + edges.unwrap_or(0)
    }

    /// Takes the next bytes, however few.
    ///
    /// # Errors
    ///
    /// At the first byte that shows the input to be no heap snapshot. The
    /// reader is of no further use then and repeats the error.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), SnapshotError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let mut rest = chunk;
        while !rest.is_empty() {
            match self.step(rest) {
                Ok(used) => {
                    self.offset += used as u64;
                    rest = rest.get(used..).unwrap_or_default();
                }
                Err(error) => {
                    self.failed = Some(error.clone());
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Uses some of the bytes, or changes state without using any.
    fn step(&mut self, rest: &[u8]) -> Result<usize, SnapshotError> {
        let State::Value(section) = self.state else {
            return self.punctuation(rest[0]).map(|()| 1);
        };
        let base = self.offset;
        let (used, ended) = match section {
            Section::Header => push_into(&mut self.header_part, rest, base)?,
            Section::Nodes => push_into(&mut self.nodes, rest, base)?,
            Section::Edges => push_into(&mut self.edges, rest, base)?,
            Section::Locations => push_into(&mut self.locations, rest, base)?,
            Section::Strings => push_into(&mut self.strings, rest, base)?,
            Section::Unknown => self.skipped.push(rest, base)?,
        };
        if ended {
            self.state = State::AfterValue;
            if let Some(part) = self.header_part.take() {
                let header = Header::parse(&part.text, part.started)?;
                check_counts(&header, part.started)?;
                self.header = Some(header);
            }
        }
        Ok(used)
    }

    /// One byte of what stands between the values.
    fn punctuation(&mut self, byte: u8) -> Result<(), SnapshotError> {
        if let State::Key(key) = &mut self.state {
            match byte {
                b'"' => self.state = State::Colon(Section::from_key(key)),
                _ if key.len() < MAX_KEY_BYTES => key.push(byte),
                _ => return Err(unexpected(byte, "the end of the key", self.offset)),
            }
            return Ok(());
        }
        if is_space(byte) {
            return Ok(());
        }
        self.state = match (&self.state, byte) {
            (State::Start, b'{') => State::FirstKey,
            (State::FirstKey | State::NextKey, b'"') => State::Key(Vec::new()),
            (State::FirstKey | State::AfterValue, b'}') => State::End,
            (State::AfterValue, b',') => State::NextKey,
            (&State::Colon(section), b':') => State::Value(self.begin(section)?),
            (State::Start, _) => return Err(unexpected(byte, "'{'", self.offset)),
            (State::Colon(_), _) => return Err(unexpected(byte, "':'", self.offset)),
            (State::AfterValue, _) => return Err(unexpected(byte, "',' or '}'", self.offset)),
            (State::End, _) => return Err(unexpected(byte, "nothing more", self.offset)),
            _ => return Err(unexpected(byte, "a key", self.offset)),
        };
        Ok(())
    }

    /// Makes ready for the value of a section; gives what to read it as.
    fn begin(&mut self, section: Section) -> Result<Section, SnapshotError> {
        let offset = self.offset;
        let fail = |message: &'static str| SnapshotError::new(Kind::Section, offset, message);
        let twice = match section {
            Section::Header => self.header.is_some(),
            Section::Nodes => self.nodes.is_some(),
            Section::Edges => self.edges.is_some(),
            Section::Locations => self.locations.is_some(),
            Section::Strings => self.strings.is_some(),
            Section::Unknown => false,
        };
        if twice {
            return Err(fail("a section is there twice"));
        }
        let header = self.header.as_ref();
        let header = || header.ok_or(fail("a section stands before the snapshot header"));
        match section {
            Section::Header => {
                self.header_part = Some(HeaderPart {
                    started: offset + 1,
                    ..HeaderPart::default()
                });
            }
            Section::Nodes => {
                let nodes = NodeSection::new(header()?, self.columns);
                self.nodes = Some(NumberPart::new(nodes));
            }
            Section::Edges => {
                let edges = EdgeSection::new(header()?, self.columns);
                self.edges = Some(NumberPart::new(edges));
            }
            Section::Locations => {
                let header = header()?;
                let Some(layout) = header.location else {
                    return self.begin(Section::Unknown);
                };
                let locations = LocationSection::new(header, layout);
                self.locations = Some(NumberPart::new(locations));
            }
            Section::Strings => self.strings = Some(Strings::default()),
            Section::Unknown => self.skipped = AnyValue::default(),
        }
        Ok(section)
    }

    /// The snapshot, when all of it has been pushed.
    ///
    /// # Errors
    ///
    /// When it has not, a section is missing, or the sections do not fit
    /// together.
    pub fn finish(self) -> Result<Snapshot, SnapshotError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let end = self.offset;
        let fail = |kind, message: &'static str| SnapshotError::new(kind, end, message);
        if !matches!(self.state, State::End) {
            return Err(fail(
                Kind::Truncated,
                "the input ends before the snapshot does",
            ));
        }
        let missing = |what: &'static str| fail(Kind::Section, what);
        let header = self
            .header
            .ok_or_else(|| missing("there is no snapshot header"))?;
        let nodes = self
            .nodes
            .ok_or_else(|| missing("there are no nodes"))?
            .section;
        let strings = self
            .strings
            .ok_or_else(|| missing("there are no strings"))?;
        nodes.names.check(strings.starts.len())?;
        let (edges, names) = match self.edges {
            Some(part) => (part.section.edges, part.section.names),
            None if self.columns.edges => return Err(missing("there are no edges")),
            None => (EdgeColumns::default(), Default::default()),
        };
        names.check(strings.starts.len())?;
        let strings = StringTable::new(Arc::new(strings.bytes), Starts::from(strings.starts));
        let locations = self.locations.map(|part| part.section.locations);
        let locations = Locations::new(nodes.nodes.types.len(), locations.unwrap_or_default());
        let mut columns = (nodes.nodes, edges);
        trim(&mut columns.0, &mut columns.1);
        assemble(header, columns, locations, strings, self.columns, end)
    }
}

/// Puts columns together that were read apart.
pub(super) fn assemble(
    header: Header,
    (mut nodes, edges): (NodeColumns, EdgeColumns),
    locations: Locations,
    strings: StringTable,
    columns: Columns,
    end: u64,
) -> Result<Snapshot, SnapshotError> {
    if columns.edges {
        let sum = counts_to_starts(&mut nodes.first_edge);
        if sum as usize != edges.heads.len() {
            return Err(SnapshotError::new(
                Kind::Count,
                end,
                format!(
                    "the nodes announce {sum} edges where there are {}",
                    edges.heads.len()
                ),
            ));
        }
    }
    Ok(Snapshot {
        node_types: header.node_types(),
        root: header.root_ordinal as u32,
        extra_native_bytes: header.extra_native_bytes,
        has_detachedness: header.node.detachedness.is_some(),
        has_edges: columns.edges,
        node_type_names: header.node_type_names,
        nodes,
        edges,
        locations,
        strings,
    })
}
