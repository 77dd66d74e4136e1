//! A whole file in memory, read by two threads: the nodes and what stands at
//! the end of the file by one, the edges by the other. Accepts what V8 writes
//! and nothing else, and never says what is wrong: when it gives up, the pushed
//! reader reads the file again and finds out.

mod blocks;
mod edges;
mod keys;
mod nodes;
mod numbers;
mod tail;
mod texts;

use super::super::columns::Snapshot;
use super::super::strings::{SnapshotBytes, StringTable};
use super::super::threads::both;
use super::ReadOptions;
use super::push::assemble;
use edges::{EdgesRead, read_edges};
use keys::{array_of, leads_to, read_header};
use nodes::read_nodes;
use tail::read_tail;

/// The snapshot in the file, if the file is as V8 writes it.
pub(super) fn read_whole(shared: &SnapshotBytes, options: ReadOptions) -> Option<Snapshot> {
    let bytes: &[u8] = (**shared).as_ref();
    let (header, after_header) = read_header(bytes)?;
    let nodes_at = array_of(bytes, after_header, b"nodes")?;
    let keep = options.columns;
    let (nodes, tail, edges) = if keep.edges {
        let here = || {
            let nodes = read_nodes(bytes, nodes_at, &header, keep);
            (nodes, read_tail(bytes, nodes_at, &header))
        };
        let there = || read_edges(bytes, nodes_at, &header);
        let ((nodes, tail), edges) = both(options.threads, here, there);
        (nodes?, tail?, edges?)
    } else {
        let here = || read_nodes(bytes, nodes_at, &header, keep);
        let there = || read_tail(bytes, nodes_at, &header);
        let (nodes, tail) = both(options.threads, here, there);
        (nodes?, tail?, EdgesRead::default())
    };
    if edges.nodes_end.is_some_and(|end| end != nodes.end) {
        return None;
    }
    if edges.nodes_end.is_some() {
        leads_to(bytes, edges.end, tail.start)?;
    }
    let largest_name = nodes.largest_name.max(edges.largest_name);
    if largest_name.is_some_and(|name| name as usize >= tail.starts.len()) {
        return None;
    }
    let strings = StringTable::new(shared.clone(), tail.starts);
    let columns = (nodes.columns, edges.columns);
    assemble(header, columns, tail.locations, strings, keep, 0).ok()
}
