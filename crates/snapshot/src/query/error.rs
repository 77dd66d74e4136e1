//! What can be wrong with a question. The snapshot itself is sound by now.

use std::fmt;

use super::super::types::NodeId;

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryError {
    /// Not a number, with or without `@` before it.
    NotAnId(String),
    /// No node has the id.
    NoSuchId(NodeId),
    /// No class has the name. Beside it, names that resemble it.
    NoSuchClass(String, Vec<String>),
    /// An address in a snapshot that V8 wrote, which has none.
    NoAddresses,
    /// No object of the snapshot begins at the address.
    NoSuchAddress(u64),
    /// The question is about edges, which were not read.
    NeedsEdges,
    /// The file has no allocation timeline.
    NoTimeline,
}

impl QueryError {
    /// The code programs compare with; never changes once released.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoAddresses | Self::NotAnId(_) => "ERR_MEMWATCH_NOT_AN_ID",
            Self::NoSuchAddress(_) | Self::NoSuchId(_) => "ERR_MEMWATCH_NO_SUCH_ID",
            Self::NoSuchClass(..) => "ERR_MEMWATCH_NO_SUCH_CLASS",
            Self::NeedsEdges => "ERR_MEMWATCH_NEEDS_EDGES",
            Self::NoTimeline => "ERR_MEMWATCH_NO_TIMELINE",
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnId(text) => write!(f, "{text:?} is not an id such as @12345"),
            Self::NoSuchId(id) => write!(f, "no object has the id {id}"),
            Self::NoAddresses => f.write_str(
                "only the objects of a core have addresses; a snapshot has ids such as @12345",
            ),
            Self::NoSuchAddress(address) => write!(
                f,
                "no living object begins at {address:#x}; --all includes garbage"
            ),
            Self::NoSuchClass(name, similar) if similar.is_empty() => {
                write!(f, "no object is of a class {name:?}")
            }
            Self::NoSuchClass(name, similar) => write!(
                f,
                "no object is of a class {name:?}; there are {}",
                similar.join(", ")
            ),
            Self::NeedsEdges => f.write_str("this needs the edges, which were not read"),
            Self::NoTimeline => f.write_str(
                "the file has no allocation timeline: V8 writes one where objects were tracked \
                 before the snapshot was taken",
            ),
        }
    }
}

impl std::error::Error for QueryError {}

/// An id as people write it: `@12345`, or `12345`.
///
/// # Errors
///
/// [`QueryError::NotAnId`] for anything else.
pub fn parse_id(text: &str) -> Result<NodeId, QueryError> {
    let digits = text.strip_prefix('@').unwrap_or(text);
    // `parse` alone would take `+5`.
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(number) if is_number => Ok(NodeId(number)),
        _ => Err(QueryError::NotAnId(text.to_owned())),
    }
}
