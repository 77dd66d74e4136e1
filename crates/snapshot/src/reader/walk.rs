//! The way through a file: its keys and what stands between the values, whatever is made
//! of the values themselves. Bytes may be cut anywhere.

use super::super::error::{SnapshotError, SnapshotErrorKind as Kind};
use super::super::header::Header;
use super::sections::check_counts;
use super::syntax::{AnyValue, MAX_KEY_BYTES, Part, is_space, unexpected};

/// The header V8 writes is below 2 KB; one beyond this is no header.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// U+FEFF in UTF-8, which some programs write before a text.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

fn is_utf16() -> SnapshotError {
    let message = "the file is UTF-16, as PowerShell writes it, and a snapshot is UTF-8: write it \
                   without a redirection, or convert it";
    SnapshotError::new(Kind::Encoding, 0, message)
}

#[derive(Debug)]
enum State {
    Start,
    /// So many bytes of a byte order mark were read.
    Mark(usize),
    /// This byte was read, with which UTF-16 may begin and JSON does not.
    Wide(u8),
    FirstKey,
    NextKey,
    Key(Vec<u8>),
    Colon(Section),
    Value(Section),
    AfterValue,
    End,
}

/// What a value is, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Header,
    Nodes,
    Edges,
    FunctionInfos,
    TraceTree,
    Samples,
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
            b"trace_function_infos" => Self::FunctionInfos,
            b"trace_tree" => Self::TraceTree,
            b"samples" => Self::Samples,
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

/// Where a section begins.
#[derive(Debug)]
pub(crate) struct Beginning<'a> {
    header: Option<&'a Header>,
    /// Of the byte before it.
    offset: u64,
}

impl<'a> Beginning<'a> {
    /// The header, for sections that cannot be read without.
    pub(crate) fn header(&self) -> Result<&'a Header, SnapshotError> {
        self.header
            .ok_or_else(|| self.wrong("a section precedes the snapshot header"))
    }

    /// An error at this place.
    pub(crate) fn wrong(&self, message: &'static str) -> SnapshotError {
        SnapshotError::new(Kind::Section, self.offset, message)
    }
}

/// What is made of a file's values.
pub(crate) trait Visitor {
    /// A section begins; the header is none. Gives what to take it as:
    /// [`Section::Unknown`] where it is of no use.
    fn begin(&mut self, section: Section, at: &Beginning<'_>) -> Result<Section, SnapshotError>;

    /// Takes a chunk of a section that was begun, as [`Part::push`].
    fn push(
        &mut self,
        section: Section,
        chunk: &[u8],
        base: u64,
    ) -> Result<(usize, bool), SnapshotError>;

    /// Bytes that belong to no section: the header, keys, and what stands between them.
    fn pass(&mut self, _bytes: &[u8]) {}
}

/// A file being read from bytes pushed into it.
#[derive(Debug)]
pub(crate) struct Walk<V> {
    pub visitor: V,
    state: State,
    offset: u64,
    failed: Option<SnapshotError>,
    header_part: Option<HeaderPart>,
    header: Option<Header>,
    seen: Vec<Section>,
}

impl<V: Visitor> Walk<V> {
    /// From the first byte on.
    pub(crate) fn new(visitor: V) -> Self {
        Self {
            visitor,
            state: State::Start,
            offset: 0,
            failed: None,
            header_part: None,
            header: None,
            seen: Vec::new(),
        }
    }

    /// Bytes taken so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the next bytes, however few.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), SnapshotError> {
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
            self.punctuation(rest[0])?;
            self.visitor.pass(&rest[..1]);
            return Ok(1);
        };
        let (used, ended) = match &mut self.header_part {
            Some(part) => {
                let taken = part.push(rest, self.offset)?;
                self.visitor.pass(&rest[..taken.0]);
                taken
            }
            None => self.visitor.push(section, rest, self.offset)?,
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
        if self.start(byte)? || is_space(byte) {
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

    /// Takes the byte where it belongs to what may stand before the text: the byte order mark
    /// of UTF-8, or that of UTF-16, or UTF-16 without one.
    fn start(&mut self, byte: u8) -> Result<bool, SnapshotError> {
        self.state = match (&self.state, byte) {
            (State::Start, _) if byte == BYTE_ORDER_MARK[0] && self.offset == 0 => State::Mark(1),
            (State::Start, 0xff | 0xfe | 0) if self.offset == 0 => State::Wide(byte),
            (&State::Mark(read), _) if BYTE_ORDER_MARK.get(read) == Some(&byte) => {
                match read + 1 == BYTE_ORDER_MARK.len() {
                    true => State::Start,
                    false => State::Mark(read + 1),
                }
            }
            (State::Mark(_), _) => return Err(unexpected(BYTE_ORDER_MARK[0], "'{'", 0)),
            (State::Wide(0xff), 0xfe) | (State::Wide(0xfe), 0xff) | (State::Wide(0), b'{') => {
                return Err(is_utf16());
            }
            (&State::Wide(first), _) => return Err(unexpected(first, "'{'", 0)),
            (State::FirstKey, 0) if self.offset == 1 => return Err(is_utf16()),
            _ => return Ok(false),
        };
        Ok(true)
    }

    /// Makes ready for the value of a section; gives what to read it as.
    fn begin(&mut self, section: Section) -> Result<Section, SnapshotError> {
        let at = Beginning {
            header: self.header.as_ref(),
            offset: self.offset,
        };
        if section != Section::Unknown && self.seen.contains(&section) {
            return Err(at.wrong("a section occurs twice"));
        }
        if section == Section::Header {
            self.header_part = Some(HeaderPart {
                started: self.offset + 1,
                ..HeaderPart::default()
            });
        }
        let taken = match section {
            Section::Header => Section::Header,
            section => self.visitor.begin(section, &at)?,
        };
        self.seen.push(taken);
        Ok(taken)
    }

    /// The header and the visitor, when all has been pushed.
    ///
    /// # Errors
    ///
    /// When it has not, or there is no header.
    pub(crate) fn finish(self) -> Result<(Header, V), SnapshotError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let fail = |kind, message: &'static str| SnapshotError::new(kind, self.offset, message);
        if !matches!(self.state, State::End) {
            let message = "the input ends before the snapshot does";
            return Err(fail(Kind::Truncated, message));
        }
        let missing = || fail(Kind::Section, "the snapshot header is missing");
        Ok((self.header.ok_or_else(missing)?, self.visitor))
    }
}
