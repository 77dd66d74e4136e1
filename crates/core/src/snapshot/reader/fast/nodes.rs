//! The nodes of a file, into columns.

use super::super::super::columns::{MAX_EDGES, NodeColumns};
use super::super::super::header::{Header, NodeLayout};
use super::super::Columns;
use super::keys::plausible_count;
use super::numbers::{NumberArray, Window};

pub(super) struct NodesRead {
    pub columns: NodeColumns,
    pub largest_name: Option<u64>,
    /// Place of the closing bracket.
    pub end: usize,
}

/// Reads the nodes whose array starts before `at`.
pub(super) fn read_nodes(
    bytes: &[u8],
    at: usize,
    header: &Header,
    keep: Columns,
) -> Option<NodesRead> {
    let layout = NodeLayout {
        fields: header.node.fields,
        kind: 0,
        name: 1,
        id: 2,
        self_size: 3,
        edge_count: 4,
        detachedness: header.node.detachedness,
    };
    let last = header.node.fields - 1;
    if header.node != layout || layout.detachedness.is_some_and(|at| at != last) {
        return None;
    }
    match layout.fields {
        6 => read_nodes_of::<6>(bytes, at, header, keep),
        7 => read_nodes_of::<7>(bytes, at, header, keep),
        _ => None,
    }
}

fn read_nodes_of<const FIELDS: usize>(
    bytes: &[u8],
    at: usize,
    header: &Header,
    keep: Columns,
) -> Option<NodesRead> {
    let count = plausible_count(bytes, header.node_count, FIELDS)?;
    let mut columns = NodeColumns {
        types: vec![0; count],
        names: vec![0; count],
        ..NodeColumns::default()
    };
    columns.self_sizes.low = vec![0; count];
    // Columns left out are filled all the same, one window of them over and over.
    let mut spare = Spare::default();
    if keep.ids {
        columns.ids.low = vec![0; count];
    }
    if keep.edges {
        columns.first_edge = vec![0; count];
    }
    let type_count = header.node_type_names.len() as u64;
    let has_detachedness = header.node.detachedness.is_some();
    let mut done = 0;
    let mut largest_name = 0;
    let mut edge_sum = 0u64;
    let end = NumberArray::<FIELDS>::new(bytes, at)?.read(|window: Window<'_, FIELDS>| {
        let range = done..done + window.len();
        let types = columns.types.get_mut(range.clone())?;
        let names = columns.names.get_mut(range.clone())?;
        let sizes = columns.self_sizes.low.get_mut(range.clone())?;
        let ids = spare.ids.column(&mut columns.ids.low, keep.ids, &range)?;
        let counts = spare
            .counts
            .column(&mut columns.first_edge, keep.edges, &range)?;
        let mut wrong = false;
        let (mut largest, mut sum) = (largest_name, edge_sum);
        let mut rows = types.iter_mut().zip(names).zip(sizes).zip(ids).zip(counts);
        window.each(|place, record| {
            let Some(((((kind, name), size), id), edges)) = rows.next() else {
                return;
            };
            let ordinal = (range.start + place) as u32;
            wrong |= record[0] >= type_count || record[4] > MAX_EDGES;
            largest = largest.max(record[1]);
            sum += record[4];
            *kind = record[0] as u8;
            *name = record[1] as u32;
            *id = record[2] as u32;
            *size = record[3] as u32;
            *edges = record[4] as u32;
            if record[2] > u64::from(u32::MAX) && keep.ids {
                columns.ids.high.push((ordinal, (record[2] >> 32) as u32));
            }
            if record[3] > u64::from(u32::MAX) {
                let high = (record[3] >> 32) as u32;
                columns.self_sizes.high.push((ordinal, high));
            }
            if has_detachedness && record[FIELDS - 1] != 0 {
                columns
                    .detachedness
                    .push((ordinal, record[FIELDS - 1] as u8));
            }
        })?;
        done = range.end;
        (largest_name, edge_sum) = (largest, sum);
        (!wrong && edge_sum <= MAX_EDGES).then_some(())
    })?;
    (done == count).then_some(NodesRead {
        columns,
        largest_name: Some(largest_name),
        end,
    })
}

/// Room for values of columns that are left out.
#[derive(Default)]
struct Spare {
    ids: SpareColumn,
    counts: SpareColumn,
}

#[derive(Default)]
struct SpareColumn(Vec<u32>);

impl SpareColumn {
    /// The part of the column, or as much room that nobody reads.
    fn column<'a>(
        &'a mut self,
        column: &'a mut [u32],
        keep: bool,
        range: &std::ops::Range<usize>,
    ) -> Option<&'a mut [u32]> {
        if keep {
            return column.get_mut(range.clone());
        }
        if self.0.len() < range.len() {
            self.0.resize(range.len(), 0);
        }
        self.0.get_mut(..range.len())
    }
}
