//! The edges of a file, into columns.

use super::super::super::columns::{EdgeColumns, PackedEdge};
use super::super::super::header::{EdgeLayout, Header};
use super::keys::{array_of, plausible_count};
use super::numbers::{NumberArray, Window};

#[derive(Default)]
pub(super) struct EdgesRead {
    pub columns: EdgeColumns,
    pub largest_name: Option<u64>,
    /// Place of the bracket that closes the nodes, if edges are wanted.
    pub nodes_end: Option<usize>,
    /// The place after the closing bracket.
    pub end: usize,
}

/// Reads the edges, which stand after the nodes.
pub(super) fn read_edges(bytes: &[u8], nodes_at: usize, header: &Header) -> Option<EdgesRead> {
    let layout = EdgeLayout {
        fields: 3,
        kind: 0,
        name: 1,
        to: 2,
    };
    if header.edge != layout {
        return None;
    }
    let nodes_end = nodes_at + memchr::memchr(b']', bytes.get(nodes_at..)?)?;
    let at = array_of(bytes, nodes_end + 1, b"edges")?;
    let edges = match header.node.fields {
        6 => read_edges_of::<6>(bytes, at, header)?,
        7 => read_edges_of::<7>(bytes, at, header)?,
        _ => return None,
    };
    Some(EdgesRead {
        nodes_end: Some(nodes_end),
        ..edges
    })
}

fn read_edges_of<const NODE_FIELDS: u64>(
    bytes: &[u8],
    at: usize,
    header: &Header,
) -> Option<EdgesRead> {
    let count = plausible_count(bytes, header.edge_count, 3)?;
    let mut columns = EdgeColumns {
        heads: vec![0; count],
        names: vec![0; count],
    };
    // What an edge of each type adds to its packed head, and the bits of its
    // name that are an index into the strings: all or none.
    let types: Vec<(u32, u64)> = header
        .edge_types
        .iter()
        .map(|&kind| {
            let name_bits = if kind.has_index() { 0 } else { u64::MAX };
            (PackedEdge::new(0, kind).0, name_bits)
        })
        .collect();
    let mut done = 0;
    let mut largest_name = 0;
    let end = NumberArray::<3>::new(bytes, at)?.read(|window: Window<'_, 3>| {
        let range = done..done + window.len();
        let heads = columns.heads.get_mut(range.clone())?;
        let names = columns.names.get_mut(range.clone())?;
        let mut wrong = false;
        let mut largest = largest_name;
        let mut rows = heads.iter_mut().zip(names);
        window.each(|_, [kind, name, to]| {
            let (Some(&(packed, name_bits)), Some((head, name_out))) =
                (types.get(kind as usize), rows.next())
            else {
                wrong = true;
                return;
            };
            let ordinal = to / NODE_FIELDS;
            wrong |= ordinal * NODE_FIELDS != to || ordinal >= header.node_count;
            wrong |= name > u64::from(u32::MAX);
            largest = largest.max(name & name_bits);
            *head = packed | ordinal as u32;
            *name_out = name as u32;
        })?;
        done = range.end;
        largest_name = largest;
        (!wrong).then_some(())
    })?;
    (done == count).then_some(EdgesRead {
        columns,
        largest_name: (count > 0).then_some(largest_name),
        nodes_end: None,
        end: end + 1,
    })
}
