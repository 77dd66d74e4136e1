//! What becomes of the numbers of each section: records, checked and handed on. Does
//! not know how the bytes arrive, nor what the records are for.

use super::super::columns::{EdgeColumns, MAX_EDGES, MAX_NODES, NodeColumns, WideColumn};
use super::super::error::{SnapshotError, SnapshotErrorKind as Kind};
use super::super::header::{EdgeLayout, Header, LocationLayout, MAX_BYTES, MAX_FIELDS, NodeLayout};
use super::super::locations::FoundLocations;
use super::super::types::{EdgeType, Location};
use super::syntax::TakesNumbers;

/// A record being filled, and where it and the number just read started.
#[derive(Debug)]
struct Record {
    values: [u64; MAX_FIELDS],
    filled: usize,
    fields: usize,
}

impl Record {
    fn new(fields: usize) -> Self {
        Self {
            values: [0; MAX_FIELDS],
            filled: 0,
            fields,
        }
    }

    /// Adds a number; true when the record is complete.
    fn add(&mut self, value: u64) -> bool {
        self.values[self.filled] = value;
        self.filled += 1;
        if self.filled < self.fields {
            return false;
        }
        self.filled = 0;
        true
    }

    fn must_be_complete(&self, what: &str, offset: u64) -> Result<(), SnapshotError> {
        if self.filled == 0 {
            return Ok(());
        }
        Err(SnapshotError::new(
            Kind::Count,
            offset,
            format!(
                "the last {what} has {} of {} numbers",
                self.filled, self.fields
            ),
        ))
    }
}

/// The largest string index used, and where: known to be right or wrong only
/// when the strings have been counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LargestName {
    pub index: u64,
    pub offset: u64,
    pub seen: bool,
}

impl LargestName {
    fn note(&mut self, index: u64, offset: u64) {
        if !self.seen || index > self.index {
            *self = Self {
                index,
                offset,
                seen: true,
            };
        }
    }

    pub(crate) fn check(self, strings: usize) -> Result<(), SnapshotError> {
        if self.seen && self.index >= strings as u64 {
            return Err(SnapshotError::new(
                Kind::Name,
                self.offset,
                format!("name {} of {strings} strings", self.index),
            ));
        }
        Ok(())
    }
}

fn too_many(what: &str, count: u64, offset: u64) -> SnapshotError {
    SnapshotError::new(
        Kind::Count,
        offset,
        format!("more {what} than the {count} announced"),
    )
}

fn too_few(what: &str, found: u64, announced: u64, offset: u64) -> SnapshotError {
    SnapshotError::new(
        Kind::Count,
        offset,
        format!("{found} {what} where {announced} are announced"),
    )
}

fn out_of_range(what: &str, value: u64, offset: u64) -> SnapshotError {
    SnapshotError::new(Kind::Range, offset, format!("{what} {value} is unknown"))
}

/// Says no to a header whose counts the columns cannot number.
pub(super) fn check_counts(header: &Header, offset: u64) -> Result<(), SnapshotError> {
    let too_large = |what: &str, count: u64| {
        SnapshotError::new(Kind::TooLarge, offset, format!("{count} {what}"))
    };
    if header.node_count > MAX_NODES {
        return Err(too_large("nodes", header.node_count));
    }
    if header.edge_count > MAX_EDGES {
        return Err(too_large("edges", header.edge_count));
    }
    if header.root_ordinal >= header.node_count {
        return Err(SnapshotError::new(
            Kind::Target,
            offset,
            format!(
                "the root is node {} of {}",
                header.root_ordinal, header.node_count
            ),
        ));
    }
    Ok(())
}

/// What becomes of the nodes that were found right.
pub(crate) trait TakesNodes {
    /// Takes the next node.
    fn node(&mut self, values: &[u64; MAX_FIELDS], layout: NodeLayout);
}

/// What becomes of the edges that were found right.
pub(crate) trait TakesEdges {
    /// Takes the next edge.
    fn edge(&mut self, edge_type: EdgeType, name: u32, to: u32);
}

#[derive(Debug)]
pub(crate) struct NodeSection<K> {
    layout: NodeLayout,
    record: Record,
    record_offset: u64,
    announced: u64,
    type_count: u64,
    found: u64,
    edge_sum: u64,
    pub keeper: K,
    pub names: LargestName,
}

impl<K: TakesNodes> NodeSection<K> {
    pub(crate) fn new(header: &Header, keeper: K) -> Self {
        Self {
            layout: header.node,
            record: Record::new(header.node.fields),
            record_offset: 0,
            announced: header.node_count,
            type_count: header.node_type_names.len() as u64,
            found: 0,
            edge_sum: 0,
            keeper,
            names: LargestName::default(),
        }
    }

    /// Edges that the nodes announce.
    pub(crate) fn edge_sum(&self) -> u64 {
        self.edge_sum
    }

    fn node(&mut self) -> Result<(), SnapshotError> {
        let (values, layout, offset) = (&self.record.values, self.layout, self.record_offset);
        if self.found >= self.announced {
            return Err(too_many("nodes", self.announced, offset));
        }
        let kind = values[layout.kind];
        if kind >= self.type_count {
            return Err(out_of_range("node type", kind, offset));
        }
        if values[layout.self_size] > MAX_BYTES {
            return Err(SnapshotError::new(
                Kind::Range,
                offset,
                "a node has more bytes than any memory",
            ));
        }
        self.edge_sum = self.edge_sum.saturating_add(values[layout.edge_count]);
        if self.edge_sum > MAX_EDGES {
            return Err(SnapshotError::new(
                Kind::TooLarge,
                offset,
                "the nodes announce more edges than can be numbered",
            ));
        }
        self.found += 1;
        self.keeper.node(values, layout);
        Ok(())
    }
}

impl<K: TakesNodes> TakesNumbers for NodeSection<K> {
    fn number(&mut self, value: u64, offset: u64) -> Result<(), SnapshotError> {
        if self.record.filled == 0 {
            self.record_offset = offset;
        }
        if self.record.filled == self.layout.name {
            self.names.note(value, offset);
        }
        if self.record.add(value) {
            self.node()?;
        }
        Ok(())
    }

    fn end(&mut self, offset: u64) -> Result<(), SnapshotError> {
        self.record.must_be_complete("node", offset)?;
        if self.found != self.announced {
            return Err(too_few("nodes", self.found, self.announced, offset));
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct EdgeSection<K> {
    layout: EdgeLayout,
    record: Record,
    record_offset: u64,
    announced: u64,
    node_count: u64,
    node_fields: u64,
    types: Vec<EdgeType>,
    found: u64,
    pub keeper: K,
    pub names: LargestName,
}

impl<K: TakesEdges> EdgeSection<K> {
    pub(crate) fn new(header: &Header, keeper: K) -> Self {
        Self {
            layout: header.edge,
            record: Record::new(header.edge.fields),
            record_offset: 0,
            announced: header.edge_count,
            node_count: header.node_count,
            node_fields: header.node.fields as u64,
            types: header.edge_types.clone(),
            found: 0,
            keeper,
            names: LargestName::default(),
        }
    }

    /// Edges there are.
    pub(crate) fn found(&self) -> u64 {
        self.found
    }

    fn edge(&mut self) -> Result<(), SnapshotError> {
        let (values, layout, offset) = (&self.record.values, self.layout, self.record_offset);
        if self.found >= self.announced {
            return Err(too_many("edges", self.announced, offset));
        }
        let kind = values[layout.kind];
        let Some(&edge_type) = self.types.get(kind as usize) else {
            return Err(out_of_range("edge type", kind, offset));
        };
        let to = target(values[layout.to], self.node_fields, self.node_count, offset)?;
        let name = values[layout.name];
        if edge_type.has_index() {
            if name > u64::from(u32::MAX) {
                return Err(out_of_range("edge index", name, offset));
            }
        } else {
            self.names.note(name, offset);
        }
        self.found += 1;
        // A name that does not fit is reported when the strings are counted.
        self.keeper.edge(edge_type, name as u32, to);
        Ok(())
    }
}

impl<K: TakesEdges> TakesNumbers for EdgeSection<K> {
    fn number(&mut self, value: u64, offset: u64) -> Result<(), SnapshotError> {
        if self.record.filled == 0 {
            self.record_offset = offset;
        }
        if self.record.add(value) {
            self.edge()?;
        }
        Ok(())
    }

    fn may_be_negative(&self) -> bool {
        self.record.filled == self.layout.name
    }

    fn end(&mut self, offset: u64) -> Result<(), SnapshotError> {
        self.record.must_be_complete("edge", offset)?;
        if self.found != self.announced {
            return Err(too_few("edges", self.found, self.announced, offset));
        }
        Ok(())
    }
}

/// The ordinal of the node whose record starts at number `index` of `nodes`.
fn target(index: u64, fields: u64, node_count: u64, offset: u64) -> Result<u32, SnapshotError> {
    let ordinal = index / fields;
    if !index.is_multiple_of(fields) || ordinal >= node_count {
        return Err(SnapshotError::new(
            Kind::Target,
            offset,
            format!("no node begins at {index}"),
        ));
    }
    Ok(ordinal as u32)
}

#[derive(Debug)]
pub(super) struct LocationSection {
    layout: LocationLayout,
    record: Record,
    record_offset: u64,
    node_count: u64,
    node_fields: u64,
    pub locations: FoundLocations,
}

impl LocationSection {
    pub(super) fn new(header: &Header, layout: LocationLayout) -> Self {
        Self {
            layout,
            record: Record::new(layout.fields),
            record_offset: 0,
            node_count: header.node_count,
            node_fields: header.node.fields as u64,
            locations: FoundLocations::default(),
        }
    }
}

impl TakesNumbers for LocationSection {
    fn number(&mut self, value: u64, offset: u64) -> Result<(), SnapshotError> {
        if self.record.filled == 0 {
            self.record_offset = offset;
        }
        if !self.record.add(value) {
            return Ok(());
        }
        let (values, layout, offset) = (&self.record.values, self.layout, self.record_offset);
        let ordinal = target(
            values[layout.object],
            self.node_fields,
            self.node_count,
            offset,
        )?;
        // Wrapped as V8 wraps them: it has no more than 32 bits for each.
        let location = Location {
            script_id: values[layout.script_id] as u32,
            line: values[layout.line] as u32,
            column: values[layout.column] as u32,
        };
        self.locations.push(ordinal, location);
        Ok(())
    }

    fn end(&mut self, offset: u64) -> Result<(), SnapshotError> {
        self.record.must_be_complete("location", offset)
    }
}

/// Turns edge counts into the places where each node's edges start, one more
/// entry giving the end. The sum fits: it was checked while reading.
pub(super) fn counts_to_starts(counts: &mut Vec<u32>) -> u32 {
    let mut sum = 0;
    for entry in counts.iter_mut() {
        let count = *entry;
        *entry = sum;
        sum += count;
    }
    counts.push(sum);
    sum
}

/// Gives back what a growing column reserved and did not use, when it is much.
pub(super) fn trim(nodes: &mut NodeColumns, edges: &mut EdgeColumns) {
    nodes.types.shrink_to_fit();
    nodes.names.shrink_to_fit();
    nodes.first_edge.shrink_to_fit();
    for WideColumn { low, .. } in [&mut nodes.ids, &mut nodes.self_sizes] {
        low.shrink_to_fit();
    }
    edges.heads.shrink_to_fit();
    edges.names.shrink_to_fit();
}
