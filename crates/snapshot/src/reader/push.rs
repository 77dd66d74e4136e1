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
use super::keep::{EdgeKeeper, NodeKeeper, TextKeeper};
use super::sections::{EdgeSection, LocationSection, NodeSection, counts_to_starts, trim};
use super::syntax::{AnyValue, NumberPart, Part, TextPart};
use super::twins::Twins;
use super::walk::{Beginning, Section, Visitor, Walk};

/// The columns of a snapshot, as they fill.
#[derive(Debug)]
struct Filling {
    columns: Columns,
    nodes: Option<NumberPart<NodeSection<NodeKeeper>>>,
    edges: Option<NumberPart<EdgeSection<EdgeKeeper>>>,
    locations: Option<NumberPart<LocationSection>>,
    strings: Option<TextPart<TextKeeper>>,
    skipped: AnyValue,
}

/// Pushes into the part being read, which is there.
pub(crate) fn push_into(
    part: &mut Option<impl Part>,
    chunk: &[u8],
    base: u64,
) -> Result<(usize, bool), SnapshotError> {
    match part {
        Some(part) => part.push(chunk, base),
        None => Ok((chunk.len(), false)),
    }
}

impl Visitor for Filling {
    fn begin(&mut self, section: Section, at: &Beginning<'_>) -> Result<Section, SnapshotError> {
        match section {
            Section::Nodes => {
                let nodes = NodeSection::new(at.header()?, NodeKeeper::new(self.columns));
                self.nodes = Some(NumberPart::new(nodes));
            }
            Section::Edges => {
                let edges = EdgeSection::new(at.header()?, EdgeKeeper::new(self.columns));
                self.edges = Some(NumberPart::new(edges));
            }
            Section::Locations => {
                let header = at.header()?;
                let Some(layout) = header.location else {
                    return self.begin(Section::Unknown, at);
                };
                let locations = LocationSection::new(header, layout);
                self.locations = Some(NumberPart::new(locations));
            }
            Section::Strings => self.strings = Some(TextPart::default()),
            Section::Header
            | Section::FunctionInfos
            | Section::TraceTree
            | Section::Samples
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
        match section {
            Section::Nodes => push_into(&mut self.nodes, chunk, base),
            Section::Edges => push_into(&mut self.edges, chunk, base),
            Section::Locations => push_into(&mut self.locations, chunk, base),
            Section::Strings => push_into(&mut self.strings, chunk, base),
            Section::Header
            | Section::FunctionInfos
            | Section::TraceTree
            | Section::Samples
            | Section::Unknown => self.skipped.push(chunk, base),
        }
    }
}

/// A heap snapshot being read from bytes pushed into it.
///
/// ```
/// use memwatch_snapshot::{Columns, PushReader};
///
/// let mut reader = PushReader::new(Columns::ALL);
/// let error = reader.push(b"{\"nodes\": [").unwrap_err();
/// assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_SECTION");
/// ```
#[derive(Debug)]
pub struct PushReader {
    walk: Walk<Filling>,
}

impl PushReader {
    /// A reader that keeps these columns.
    pub fn new(columns: Columns) -> Self {
        Self {
            walk: Walk::new(Filling {
                columns: columns.with_needed(),
                nodes: None,
                edges: None,
                locations: None,
                strings: None,
                skipped: AnyValue::default(),
            }),
        }
    }

    /// Bytes taken so far.
    pub fn offset(&self) -> u64 {
        self.walk.offset()
    }

    /// Bytes set aside for columns.
    #[cfg(test)]
    pub(crate) fn reserved_bytes(&self) -> usize {
        let nodes = self.walk.visitor.nodes.as_ref().map(|part| {
            let nodes = &part.section.keeper.nodes;
            nodes.types.capacity()
                + 4 * nodes.names.capacity()
                + 4 * nodes.ids.low.capacity()
                + 4 * nodes.self_sizes.low.capacity()
                + 4 * nodes.first_edge.capacity()
        });
        let edges = self.walk.visitor.edges.as_ref().map(|part| {
            let edges = &part.section.keeper.edges;
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
        self.walk.push(chunk)
    }

    /// The snapshot, when all of it has been pushed.
    ///
    /// # Errors
    ///
    /// When it has not, a section is missing, or the sections do not fit
    /// together.
    pub fn finish(self) -> Result<Snapshot, SnapshotError> {
        let end = self.walk.offset();
        let (header, filled) = self.walk.finish()?;
        let missing = |what: &'static str| SnapshotError::new(Kind::Section, end, what);
        let nodes = filled
            .nodes
            .ok_or_else(|| missing("the nodes are missing"))?
            .section;
        let strings = filled
            .strings
            .ok_or_else(|| missing("the strings are missing"))?
            .texts;
        nodes.names.check(strings.starts.len())?;
        let columns = filled.columns;
        let (edges, names) = match filled.edges {
            Some(part) => (part.section.keeper.edges, part.section.names),
            None if columns.edges => return Err(missing("the edges are missing")),
            None => (EdgeColumns::default(), Default::default()),
        };
        names.check(strings.starts.len())?;
        let strings = StringTable::new(Arc::new(strings.bytes), Starts::from(strings.starts));
        let locations = filled.locations.map(|part| part.section.locations);
        let nodes = nodes.keeper.nodes;
        let locations = Locations::new(nodes.types.len(), locations.unwrap_or_default());
        let mut kept = (nodes, edges);
        trim(&mut kept.0, &mut kept.1);
        assemble(header, kept, locations, strings, columns, end)
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
    let mut twins = Twins::new(nodes.types.len() as u64);
    for node in 0..nodes.ids.low.len() {
        twins.add(nodes.ids.get(node));
    }
    twins.check(end)?;
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
        reading: header.reading,
    })
}
