//! The edges of a file, into columns.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::super::columns::{EdgeColumns, PackedEdge};
use super::super::super::header::{EdgeLayout, Header};
use super::fill::{Rows, fill_all, fill_first, fill_last};
use super::keys::plausible_count;
use super::windows::Window;

/// Columns for the edges, not filled yet.
pub(super) fn new_columns(bytes: &[u8], header: &Header) -> Option<EdgeColumns> {
    let canonical = EdgeLayout {
        fields: 3,
        kind: 0,
        name: 1,
        to: 2,
    };
    if header.edge != canonical {
        return None;
    }
    let count = plausible_count(bytes, header.edge_count, canonical.fields)?;
    Some(EdgeColumns {
        heads: vec![0; count],
        names: vec![0; count],
    })
}

/// Some of the edges.
pub(super) struct EdgeRows<'a> {
    heads: &'a mut [u32],
    names: &'a mut [u32],
    node_count: u64,
    node_fields: usize,
    /// What an edge of each type adds to its packed head, and the bits of its
    /// name that are an index into the strings: all or none.
    types: Vec<(u32, u64)>,
    /// Bytes of the file that were read, by all threads.
    progress: &'a AtomicU64,
    pub largest_name: u64,
}

impl<'a> EdgeRows<'a> {
    /// The rows of these columns, the first `count` of them and the others.
    pub(super) fn split(
        columns: &'a mut EdgeColumns,
        count: usize,
        header: &Header,
        progress: &'a AtomicU64,
    ) -> (Self, Self) {
        let (first_heads, last_heads) = columns.heads.split_at_mut(count);
        let (first_names, last_names) = columns.names.split_at_mut(count);
        (
            Self::new(first_heads, first_names, header, progress),
            Self::new(last_heads, last_names, header, progress),
        )
    }

    fn new(
        heads: &'a mut [u32],
        names: &'a mut [u32],
        header: &Header,
        progress: &'a AtomicU64,
    ) -> Self {
        let types = header.edge_types.iter().map(|&kind| {
            let name_bits = if kind.has_index() { 0 } else { u64::MAX };
            (PackedEdge::new(0, kind).0, name_bits)
        });
        Self {
            heads,
            names,
            node_count: header.node_count,
            node_fields: header.node.fields,
            types: types.collect(),
            progress,
            largest_name: 0,
        }
    }

    /// As [`fill_all`].
    pub(super) fn all(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        fill_all(bytes, at, self)
    }

    /// As [`fill_first`].
    pub(super) fn first(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        fill_first(bytes, at, self)
    }

    /// As [`fill_last`].
    pub(super) fn last(&mut self, bytes: &[u8], at: usize, close: usize) -> Option<usize> {
        fill_last(bytes, at, close, self)
    }

    #[inline(always)]
    fn fill_with<const NODE_FIELDS: u64>(
        &mut self,
        first: usize,
        window: &Window<'_, 3>,
    ) -> Option<()> {
        let range = first..first + window.len();
        let heads = self.heads.get_mut(range.clone())?;
        let names = self.names.get_mut(range)?;
        let (types, node_count) = (self.types.as_slice(), self.node_count);
        let (mut wrong, mut largest) = (false, self.largest_name);
        let mut rows = heads.iter_mut().zip(names);
        window.each(|_, [kind, name, to]| {
            let (Some(&(packed, name_bits)), Some((head, name_out))) =
                (types.get(kind as usize), rows.next())
            else {
                wrong = true;
                return;
            };
            let ordinal = to / NODE_FIELDS;
            wrong |= ordinal * NODE_FIELDS != to || ordinal >= node_count;
            wrong |= name > u64::from(u32::MAX);
            largest = largest.max(name & name_bits);
            *head = packed | ordinal as u32;
            *name_out = name as u32;
        })?;
        self.largest_name = largest;
        self.progress
            .fetch_add(window.byte_count(), Ordering::Relaxed);
        (!wrong).then_some(())
    }
}

impl Rows<3> for EdgeRows<'_> {
    fn len(&self) -> usize {
        self.heads.len()
    }

    fn fill(&mut self, first: usize, window: &Window<'_, 3>) -> Option<()> {
        // Dividing by a number known beforehand is much faster.
        match self.node_fields {
            6 => self.fill_with::<6>(first, window),
            7 => self.fill_with::<7>(first, window),
            _ => None,
        }
    }
}
