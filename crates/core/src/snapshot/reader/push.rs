//! The reader that takes bytes as they come: any split of the input gives the
//! same snapshot or the same error. Holds no more than the bytes have paid for,
//! whatever the header announces.

use std::sync::Arc;

use super::super::columns::{EdgeColumns, Snapshot};
use super::super::error::{SnapshotError, SnapshotErrorKind as Kind};
use super::super::header::Header;
use super::super::strings::StringTable;
use super::Columns;
use super::sections::{
    EdgeSection, LocationSection, NodeSection, check_counts, counts_to_starts, sort_locations, trim,
};
use super::syntax::{AnyValue, Numbers, is_space, unexpected};

/// The header V8 writes is below 2 KB; one beyond this is no header.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// No section of any version has a name this long.
const MAX_KEY_BYTES: usize = 64;

#[derive(Debug)]
enum State {
    Start,
    FirstKey,
    NextKey,
    Key(Vec<u8>),
    Colon(Section),
    Header(AnyValue, Vec<u8>, u64),
    Nodes(Numbers),
    Edges(Numbers),
    Locations(Numbers),
    Strings(StringsAt),
    Skip(AnyValue),
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StringsAt {
    Open,
    First,
    Next,
    Inside { escaped: bool },
    After,
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
    header: Option<Header>,
    nodes: Option<NodeSection>,
    edges: Option<EdgeSection>,
    locations: Option<LocationSection>,
    string_bytes: Vec<u8>,
    string_starts: Vec<u64>,
    has_strings: bool,
}

impl PushReader {
    /// A reader that keeps these columns.
    pub fn new(columns: Columns) -> Self {
        Self {
            state: State::Start,
            columns: columns.with_needed(),
            offset: 0,
            failed: None,
            header: None,
            nodes: None,
            edges: None,
            locations: None,
            string_bytes: Vec::new(),
            string_starts: Vec::new(),
            has_strings: false,
        }
    }

    /// Bytes taken so far.
    pub fn offset(&self) -> u64 {
        self.offset
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
        match &mut self.state {
            State::Nodes(numbers) => {
                let Some(section) = &mut self.nodes else {
                    return Ok(rest.len());
                };
                let (used, ended) =
                    numbers.push(rest, self.offset, |value, at| section.number(value, at))?;
                if ended {
                    section.end(self.offset + used as u64 - 1)?;
                    self.state = State::AfterValue;
                }
                Ok(used)
            }
            State::Edges(numbers) => {
                let Some(section) = &mut self.edges else {
                    return Ok(rest.len());
                };
                let (used, ended) =
                    numbers.push(rest, self.offset, |value, at| section.number(value, at))?;
                if ended {
                    section.end(self.offset + used as u64 - 1)?;
                    self.state = State::AfterValue;
                }
                Ok(used)
            }
            State::Locations(numbers) => {
                let Some(section) = &mut self.locations else {
                    return Ok(rest.len());
                };
                let (used, ended) =
                    numbers.push(rest, self.offset, |value, at| section.number(value, at))?;
                if ended {
                    section.end(self.offset + used as u64 - 1)?;
                    self.state = State::AfterValue;
                }
                Ok(used)
            }
            State::Strings(StringsAt::Inside { escaped }) => {
                let escaped = *escaped;
                Ok(self.string_text(rest, escaped))
            }
            State::Skip(value) => {
                let (used, ended) = value.push(rest, self.offset)?;
                if ended {
                    self.state = State::AfterValue;
                }
                Ok(used)
            }
            State::Header(..) => self.header_text(rest),
            _ => self.punctuation(rest[0]).map(|()| 1),
        }
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
            (&State::Colon(section), b':') => self.begin(section)?,
            (State::Strings(at), _) => State::Strings(self.string_punctuation(*at, byte)?),
            (State::Start, _) => return Err(unexpected(byte, "'{'", self.offset)),
            (State::Colon(_), _) => return Err(unexpected(byte, "':'", self.offset)),
            (State::AfterValue, _) => return Err(unexpected(byte, "',' or '}'", self.offset)),
            (State::End, _) => return Err(unexpected(byte, "nothing more", self.offset)),
            _ => return Err(unexpected(byte, "a key", self.offset)),
        };
        if self.state_is_finished_strings() {
            self.state = State::AfterValue;
        }
        Ok(())
    }

    /// Strings end by a bracket, which leaves them in [`StringsAt::Open`] again.
    fn state_is_finished_strings(&self) -> bool {
        self.has_strings && matches!(self.state, State::Strings(StringsAt::Open))
    }

    fn string_punctuation(&mut self, at: StringsAt, byte: u8) -> Result<StringsAt, SnapshotError> {
        match (at, byte) {
            (StringsAt::Open, b'[') => {
                self.has_strings = true;
                Ok(StringsAt::First)
            }
            (StringsAt::First | StringsAt::Next, b'"') => {
                self.string_starts.push(self.string_bytes.len() as u64);
                Ok(StringsAt::Inside { escaped: false })
            }
            (StringsAt::After, b',') => Ok(StringsAt::Next),
            (StringsAt::First | StringsAt::After, b']') => Ok(StringsAt::Open),
            (StringsAt::After, _) => Err(unexpected(byte, "',' or ']'", self.offset)),
            (StringsAt::Open, _) => Err(unexpected(byte, "an array", self.offset)),
            _ => Err(unexpected(byte, "a string", self.offset)),
        }
    }

    /// Text of a string, up to its closing quote, which is kept as its end.
    fn string_text(&mut self, rest: &[u8], escaped: bool) -> usize {
        let mut used = usize::from(escaped);
        let mut next = StringsAt::Inside { escaped: false };
        loop {
            let tail = rest.get(used..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'"', b'\\', tail) else {
                used = rest.len();
                break;
            };
            if tail[found] == b'"' {
                used += found + 1;
                next = StringsAt::After;
                break;
            }
            used += found + 2;
            if used > rest.len() {
                used = rest.len();
                next = StringsAt::Inside { escaped: true };
                break;
            }
        }
        self.string_bytes.extend_from_slice(&rest[..used]);
        self.state = State::Strings(next);
        used
    }

    fn header_text(&mut self, rest: &[u8]) -> Result<usize, SnapshotError> {
        let State::Header(value, text, started) = &mut self.state else {
            return Ok(0);
        };
        let (used, ended) = value.push(rest, self.offset)?;
        text.extend_from_slice(&rest[..used]);
        if text.len() > MAX_HEADER_BYTES {
            return Err(SnapshotError::new(
                Kind::Header,
                *started,
                "the snapshot header does not end",
            ));
        }
        if ended {
            let header = Header::parse(text, *started)?;
            check_counts(&header, *started)?;
            self.header = Some(header);
            self.state = State::AfterValue;
        }
        Ok(used)
    }

    /// The state in which the value of a section is read.
    fn begin(&mut self, section: Section) -> Result<State, SnapshotError> {
        let offset = self.offset;
        let fail = |message: &'static str| SnapshotError::new(Kind::Section, offset, message);
        let twice = match section {
            Section::Header => self.header.is_some(),
            Section::Nodes => self.nodes.is_some(),
            Section::Edges => self.edges.is_some(),
            Section::Locations => self.locations.is_some(),
            Section::Strings => self.has_strings,
            Section::Unknown => false,
        };
        if twice {
            return Err(fail("a section is there twice"));
        }
        let header = match (section, &self.header) {
            (Section::Header, _) => {
                return Ok(State::Header(AnyValue::default(), Vec::new(), offset + 1));
            }
            (Section::Unknown, _) => return Ok(State::Skip(AnyValue::default())),
            (Section::Strings, _) => return Ok(State::Strings(StringsAt::Open)),
            (_, None) => return Err(fail("a section stands before the snapshot header")),
            (_, Some(header)) => header,
        };
        Ok(match (section, header.location) {
            (Section::Nodes, _) => {
                self.nodes = Some(NodeSection::new(header, self.columns));
                State::Nodes(Numbers::new())
            }
            (Section::Edges, _) => {
                self.edges = Some(EdgeSection::new(header, self.columns));
                State::Edges(Numbers::new())
            }
            (_, Some(layout)) => {
                self.locations = Some(LocationSection::new(header, layout));
                State::Locations(Numbers::new())
            }
            (_, None) => State::Skip(AnyValue::default()),
        })
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
        let nodes = self.nodes.ok_or_else(|| missing("there are no nodes"))?;
        if !self.has_strings {
            return Err(missing("there are no strings"));
        }
        nodes.names.check(self.string_starts.len())?;
        let (edges, names) = match self.edges {
            Some(section) => (section.edges, section.names),
            None if self.columns.edges => return Err(missing("there are no edges")),
            None => (EdgeColumns::default(), Default::default()),
        };
        names.check(self.string_starts.len())?;
        let strings = StringTable::new(Arc::new(self.string_bytes), self.string_starts);
        let mut locations = self.locations.map(|section| section.locations);
        if let Some(locations) = &mut locations {
            sort_locations(locations);
        }
        let mut columns = (nodes.nodes, edges);
        trim(&mut columns.0, &mut columns.1);
        assemble(
            header,
            columns,
            locations.unwrap_or_default(),
            strings,
            self.columns,
            end,
        )
    }
}

/// Puts columns together that were read apart.
pub(super) fn assemble(
    header: Header,
    (mut nodes, edges): (super::super::columns::NodeColumns, EdgeColumns),
    locations: Vec<(u32, super::super::types::Location)>,
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
