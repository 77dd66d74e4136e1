//! A whole file in memory, read by up to two threads. Accepts what V8 writes and
//! nothing else, and never says what is wrong: when it gives up, the pushed
//! reader reads the file again and finds out.
//!
//! With two threads, one reads the nodes, what stands at the end of the file,
//! and the last of the edges, backwards; the other reads the edges until the
//! two meet. Without edges, the nodes are shared in the same way.

mod blocks;
mod edges;
mod fill;
mod keys;
mod nodes;
mod numbers;
mod tail;
mod texts;
mod windows;

use std::sync::atomic::AtomicU64;

use super::super::columns::{EdgeColumns, NodeColumns, Snapshot};
use super::super::header::Header;
use super::super::strings::{SnapshotBytes, StringTable};
use super::super::threads::both;
use super::push::assemble;
use super::{Columns, ReadOptions};
use edges::EdgeRows;
use keys::{array_of, closing_bracket, edges_end, leads_to, read_header};
use nodes::{FoundInNodes, NodeRows};
use tail::{Tail, read_tail};

/// The part of the edges that the thread which reads nothing else reads: with
/// it, both are done at about the same time on files of 20 MB to 1 GB.
const FIRST_EDGES: f64 = 0.86;

/// As above, of the nodes, when there are no edges to read; the other thread
/// reads what stands at the end of the file as well.
const FIRST_NODES: f64 = 0.68;

/// Below so many nodes or edges a second thread is not worth its start. Tests share small
/// files as well.
const MIN_SHARED: u64 = if cfg!(test) { 5 } else { 10_000 };

/// The snapshot in the file, if the file is as V8 writes it.
pub(super) fn read_whole(
    shared: &SnapshotBytes,
    options: ReadOptions,
    progress: &AtomicU64,
) -> Option<Snapshot> {
    let bytes: &[u8] = (**shared).as_ref();
    let (header, after_header) = read_header(bytes)?;
    let file = File {
        bytes,
        nodes_at: array_of(bytes, after_header, b"nodes")?,
        header: &header,
        keep: options.columns,
        progress,
    };
    let is_shared = |count: u64| options.threads > 1 && count >= MIN_SHARED;
    let read = if !file.keep.edges {
        file.read_nodes_only(is_shared(header.node_count))?
    } else if is_shared(header.node_count.min(header.edge_count)) {
        file.read_shared()?
    } else {
        file.read_alone()?
    };
    if read.largest_name as usize >= read.tail.starts.len() {
        return None;
    }
    let strings = StringTable::new(shared.clone(), read.tail.starts);
    let columns = (read.nodes, read.edges);
    assemble(
        header,
        columns,
        read.tail.locations,
        strings,
        options.columns,
        0,
    )
    .ok()
}

struct File<'a> {
    bytes: &'a [u8],
    /// The place after the bracket that opens the nodes.
    nodes_at: usize,
    header: &'a Header,
    keep: Columns,
    /// Bytes that were read so far.
    progress: &'a AtomicU64,
}

struct Read {
    nodes: NodeColumns,
    edges: EdgeColumns,
    tail: Tail,
    largest_name: u64,
}

impl File<'_> {
    fn read_alone(&self) -> Option<Read> {
        let (bytes, header) = (self.bytes, self.header);
        let mut nodes = nodes::new_columns(bytes, header, self.keep)?;
        let mut edges = edges::new_columns(bytes, header)?;
        let (mut rows, _) = NodeRows::split(
            &mut nodes,
            header.node_count as usize,
            header,
            self.progress,
        );
        let nodes_end = rows.all(bytes, self.nodes_at)?;
        let found = rows.found;
        let edges_at = array_of(bytes, nodes_end + 1, b"edges")?;
        let (mut rows, _) = EdgeRows::split(
            &mut edges,
            header.edge_count as usize,
            header,
            self.progress,
        );
        let edges_end = rows.all(bytes, edges_at)?;
        let largest_name = found.largest_name.max(rows.largest_name);
        let tail = read_tail(bytes, edges_end, header)?;
        leads_to(bytes, edges_end + 1, tail.start)?;
        found.put_into(&mut nodes);
        Some(Read {
            nodes,
            edges,
            tail,
            largest_name,
        })
    }

    fn read_shared(&self) -> Option<Read> {
        let (bytes, header) = (self.bytes, self.header);
        let mut nodes = nodes::new_columns(bytes, header, self.keep)?;
        let mut edges = edges::new_columns(bytes, header)?;
        let (mut node_rows, _) = NodeRows::split(
            &mut nodes,
            header.node_count as usize,
            header,
            self.progress,
        );
        let first = (header.edge_count as f64 * FIRST_EDGES) as usize;
        let (mut first_edges, mut last_edges) =
            EdgeRows::split(&mut edges, first, header, self.progress);
        let here = || {
            let nodes_end = node_rows.all(bytes, self.nodes_at)?;
            let edges_at = array_of(bytes, nodes_end + 1, b"edges")?;
            let tail = read_tail(bytes, edges_at, header)?;
            let close = edges_end(bytes, edges_at, tail.start)?;
            leads_to(bytes, close + 1, tail.start)?;
            let met_at = last_edges.last(bytes, edges_at, close)?;
            Some((edges_at, tail, met_at))
        };
        let there = || {
            let numbers = header.node_count as usize * header.node.fields;
            let nodes_end = closing_bracket(bytes, self.nodes_at, numbers)?;
            let edges_at = array_of(bytes, nodes_end + 1, b"edges")?;
            Some((edges_at, first_edges.first(bytes, edges_at)?))
        };
        let (mine, theirs) = both(2, here, there);
        let ((edges_at, tail, met_at), theirs) = (mine?, theirs?);
        if theirs != (edges_at, met_at) {
            return None;
        }
        let found = node_rows.found;
        let edge_names = first_edges.largest_name.max(last_edges.largest_name);
        let largest_name = found.largest_name.max(edge_names);
        found.put_into(&mut nodes);
        Some(Read {
            nodes,
            edges,
            tail,
            largest_name,
        })
    }

    fn read_nodes_only(&self, is_shared: bool) -> Option<Read> {
        let (bytes, header) = (self.bytes, self.header);
        let mut nodes = nodes::new_columns(bytes, header, self.keep)?;
        let (found, tail) = if is_shared {
            self.share_nodes(&mut nodes)?
        } else {
            let count = header.node_count as usize;
            let (mut rows, _) = NodeRows::split(&mut nodes, count, header, self.progress);
            let end = rows.all(bytes, self.nodes_at)?;
            (rows.found, read_tail(bytes, end, header)?)
        };
        let largest_name = found.largest_name;
        found.put_into(&mut nodes);
        Some(Read {
            nodes,
            edges: EdgeColumns::default(),
            tail,
            largest_name,
        })
    }

    fn share_nodes(&self, nodes: &mut NodeColumns) -> Option<(FoundInNodes, Tail)> {
        let (bytes, header) = (self.bytes, self.header);
        let first = (header.node_count as f64 * FIRST_NODES) as usize;
        let (mut first_nodes, mut last_nodes) =
            NodeRows::split(nodes, first, header, self.progress);
        let here = || first_nodes.first(bytes, self.nodes_at);
        let there = || {
            let numbers = header.node_count as usize * header.node.fields;
            let end = closing_bracket(bytes, self.nodes_at, numbers)?;
            let met_at = last_nodes.last(bytes, self.nodes_at, end)?;
            Some((met_at, read_tail(bytes, end, header)?))
        };
        let (mine, theirs) = both(2, here, there);
        let (met_at, tail) = theirs?;
        if mine? != met_at {
            return None;
        }
        let mut found = first_nodes.found;
        found.add(last_nodes.found);
        Some((found, tail))
    }
}
