//! The nodes of a file, into columns.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::super::columns::{MAX_EDGES, NodeColumns};
use super::super::super::header::{Header, MAX_BYTES, NodeLayout};
use super::super::Columns;
use super::fill::{Rows, fill_all, fill_first, fill_last};
use super::keys::plausible_count;
use super::windows::Window;

/// Columns for the nodes, not filled yet.
pub(super) fn new_columns(bytes: &[u8], header: &Header, keep: Columns) -> Option<NodeColumns> {
    let canonical = NodeLayout {
        fields: header.node.fields,
        kind: 0,
        name: 1,
        id: 2,
        self_size: 3,
        edge_count: 4,
        detachedness: header.node.detachedness,
    };
    let last = header.node.fields - 1;
    if header.node != canonical || header.node.detachedness.is_some_and(|at| at != last) {
        return None;
    }
    let count = plausible_count(bytes, header.node_count, canonical.fields)?;
    let mut columns = NodeColumns {
        types: vec![0; count],
        names: vec![0; count],
        ..NodeColumns::default()
    };
    columns.self_sizes.low = vec![0; count];
    if keep.ids {
        columns.ids.low = vec![0; count];
    }
    if keep.edges {
        columns.first_edge = vec![0; count];
    }
    Some(columns)
}

/// Some of the nodes.
pub(super) struct NodeRows<'a> {
    types: &'a mut [u8],
    names: &'a mut [u32],
    sizes: &'a mut [u32],
    /// Empty when left out, as `counts`.
    ids: &'a mut [u32],
    counts: &'a mut [u32],
    first_ordinal: usize,
    fields: usize,
    type_count: u64,
    has_detachedness: bool,
    /// Bytes of the file that were read, by all threads.
    progress: &'a AtomicU64,
    pub found: FoundInNodes,
}

/// What nodes have that is no column of its own.
#[derive(Default)]
pub(super) struct FoundInNodes {
    pub largest_name: u64,
    pub edge_sum: u64,
    high_ids: Vec<(u32, u32)>,
    high_sizes: Vec<(u32, u32)>,
    detachedness: Vec<(u32, u8)>,
}

impl FoundInNodes {
    /// Adds what was found elsewhere in the same array.
    pub(super) fn add(&mut self, other: Self) {
        self.largest_name = self.largest_name.max(other.largest_name);
        self.edge_sum += other.edge_sum;
        self.high_ids.extend(other.high_ids);
        self.high_sizes.extend(other.high_sizes);
        self.detachedness.extend(other.detachedness);
    }

    /// Puts it into the columns, in order.
    pub(super) fn put_into(mut self, columns: &mut NodeColumns) {
        self.high_ids.sort_unstable();
        self.high_sizes.sort_unstable();
        self.detachedness.sort_unstable();
        columns.ids.high = self.high_ids;
        columns.self_sizes.high = self.high_sizes;
        columns.detachedness = self.detachedness;
    }
}

fn split_if_kept(column: &mut [u32], count: usize) -> (&mut [u32], &mut [u32]) {
    let count = count.min(column.len());
    column.split_at_mut(count)
}

impl<'a> NodeRows<'a> {
    /// The rows of these columns, the first `count` of them and the others.
    pub(super) fn split(
        columns: &'a mut NodeColumns,
        count: usize,
        header: &Header,
        progress: &'a AtomicU64,
    ) -> (Self, Self) {
        let (types, last_types) = columns.types.split_at_mut(count);
        let (names, last_names) = columns.names.split_at_mut(count);
        let (sizes, last_sizes) = columns.self_sizes.low.split_at_mut(count);
        let (ids, last_ids) = split_if_kept(&mut columns.ids.low, count);
        let (counts, last_counts) = split_if_kept(&mut columns.first_edge, count);
        let rows = |first_ordinal, types, names, sizes, ids, counts| Self {
            types,
            names,
            sizes,
            ids,
            counts,
            first_ordinal,
            fields: header.node.fields,
            type_count: header.node_type_names.len() as u64,
            has_detachedness: header.node.detachedness.is_some(),
            progress,
            found: FoundInNodes::default(),
        };
        (
            rows(0, types, names, sizes, ids, counts),
            rows(
                count,
                last_types,
                last_names,
                last_sizes,
                last_ids,
                last_counts,
            ),
        )
    }

    /// As [`fill_all`].
    pub(super) fn all(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        match self.fields {
            6 => fill_all::<6>(bytes, at, self),
            7 => fill_all::<7>(bytes, at, self),
            _ => None,
        }
    }

    /// As [`fill_first`].
    pub(super) fn first(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        match self.fields {
            6 => fill_first::<6>(bytes, at, self),
            7 => fill_first::<7>(bytes, at, self),
            _ => None,
        }
    }

    /// As [`fill_last`].
    pub(super) fn last(&mut self, bytes: &[u8], at: usize, close: usize) -> Option<usize> {
        match self.fields {
            6 => fill_last::<6>(bytes, at, close, self),
            7 => fill_last::<7>(bytes, at, close, self),
            _ => None,
        }
    }
}

impl<const FIELDS: usize> Rows<FIELDS> for NodeRows<'_> {
    fn len(&self) -> usize {
        self.types.len()
    }

    fn fill(&mut self, first: usize, window: &Window<'_, FIELDS>) -> Option<()> {
        let range = first..first + window.len();
        let types = self.types.get_mut(range.clone())?;
        let names = self.names.get_mut(range.clone())?;
        let sizes = self.sizes.get_mut(range.clone())?;
        let mut ids = self
            .ids
            .get_mut(range.clone())
            .unwrap_or_default()
            .iter_mut();
        let mut counts = self.counts.get_mut(range).unwrap_or_default().iter_mut();
        let (type_count, first_ordinal) = (self.type_count, self.first_ordinal + first);
        let has_detachedness = self.has_detachedness;
        let found = &mut self.found;
        let (mut wrong, mut largest, mut sum) = (false, found.largest_name, found.edge_sum);
        let mut rows = types.iter_mut().zip(names).zip(sizes);
        window.each(|place, record| {
            let Some(((kind, name), size)) = rows.next() else {
                return;
            };
            wrong |= record[0] >= type_count || record[4] > MAX_EDGES || record[3] > MAX_BYTES;
            largest = largest.max(record[1]);
            sum += record[4];
            *kind = record[0] as u8;
            *name = record[1] as u32;
            *size = record[3] as u32;
            let ordinal = || (first_ordinal + place) as u32;
            if let Some(id) = ids.next() {
                *id = record[2] as u32;
                if record[2] > u64::from(u32::MAX) {
                    found.high_ids.push((ordinal(), (record[2] >> 32) as u32));
                }
            }
            if let Some(count) = counts.next() {
                *count = record[4] as u32;
            }
            if record[3] > u64::from(u32::MAX) {
                found.high_sizes.push((ordinal(), (record[3] >> 32) as u32));
            }
            if has_detachedness && record[FIELDS - 1] != 0 {
                // What is larger than its column is unknown, as the pushed reader has it.
                let number = u8::try_from(record[FIELDS - 1]).unwrap_or(0);
                found.detachedness.push((ordinal(), number));
            }
        })?;
        (found.largest_name, found.edge_sum) = (largest, sum);
        self.progress
            .fetch_add(window.byte_count(), Ordering::Relaxed);
        (!wrong && sum <= MAX_EDGES).then_some(())
    }
}
