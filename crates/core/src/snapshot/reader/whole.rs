//! A whole file in memory, read by two threads: the nodes and what stands at
//! the end of the file by one, the edges by the other. Accepts what V8 writes
//! and nothing else, and never says what is wrong: when it gives up, the pushed
//! reader reads the file again and finds out.

use memchr::memmem;

use super::super::columns::{EdgeColumns, MAX_EDGES, NodeColumns, PackedEdge, Snapshot};
use super::super::header::{EdgeLayout, Header, LocationLayout, NodeLayout};
use super::super::strings::{SnapshotBytes, StringTable};
use super::super::types::Location;
use super::numbers::{NumberArray, Window};
use super::push::assemble;
use super::sections::{check_counts, sort_locations};
use super::syntax::{AnyValue, is_space};
use super::texts::read_texts;
use super::{Columns, ReadOptions};

/// What of a header V8 never exceeds; further than this it is not looked for.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// The snapshot in the file, if the file is as V8 writes it.
pub(super) fn read_whole(shared: &SnapshotBytes, options: ReadOptions) -> Option<Snapshot> {
    let bytes: &[u8] = (**shared).as_ref();
    let (header, after_header) = read_header(bytes)?;
    let nodes_at = array_of(bytes, after_header, b"nodes")?;
    let keep = options.columns;
    let beside = || read_edges(bytes, nodes_at, &header, keep);
    let (nodes, tail, edges) = if options.threads > 1 && keep.edges {
        std::thread::scope(|scope| {
            let other = scope.spawn(beside);
            let nodes = read_nodes(bytes, nodes_at, &header, keep);
            let tail = read_tail(bytes, nodes_at, &header);
            let edges = other.join();
            (
                nodes,
                tail,
                edges.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            )
        })
    } else {
        let nodes = read_nodes(bytes, nodes_at, &header, keep);
        (nodes, read_tail(bytes, nodes_at, &header), beside())
    };
    let (nodes, tail, edges) = (nodes?, tail?, edges?);
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

fn skip_space(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    Some(at + rest.iter().position(|&byte| !is_space(byte))?)
}

fn expect(bytes: &[u8], at: usize, text: &[u8]) -> Option<usize> {
    let at = skip_space(bytes, at)?;
    bytes
        .get(at..)?
        .starts_with(text)
        .then_some(at + text.len())
}

/// The header, and the place after it.
fn read_header(bytes: &[u8]) -> Option<(Header, usize)> {
    let at = expect(bytes, 0, b"{")?;
    let at = expect(bytes, at, b"\"snapshot\"")?;
    let at = expect(bytes, at, b":")?;
    let head = bytes.get(at..)?;
    let head = &head[..head.len().min(MAX_HEADER_BYTES)];
    let (used, ended) = AnyValue::default().push(head, 0).ok()?;
    let header = Header::parse(&head[..used], 0).ok()?;
    check_counts(&header, 0).ok()?;
    ended.then_some((header, at + used))
}

/// The place after the bracket that opens the array of this name, which is the
/// next thing.
fn array_of(bytes: &[u8], at: usize, name: &[u8]) -> Option<usize> {
    let at = expect(bytes, at, b",")?;
    let at = expect(bytes, at, b"\"")?;
    let at = at + bytes.get(at..)?.strip_prefix(name).map(|_| name.len())?;
    let at = expect(bytes, at, b"\"")?;
    let at = expect(bytes, at, b":")?;
    expect(bytes, at, b"[")
}

/// Says yes when only sections nobody reads stand between the end of one array
/// and the key of the next, at `target`.
fn leads_to(bytes: &[u8], mut at: usize, target: usize) -> Option<()> {
    loop {
        let comma = expect(bytes, at, b",")?;
        let key = skip_space(bytes, comma)?;
        if key == target {
            return Some(());
        }
        let name = expect(bytes, key, b"\"")?;
        let end = name + memchr::memchr(b'"', bytes.get(name..target)?)?;
        let known = [
            &b"snapshot"[..],
            b"nodes",
            b"edges",
            b"locations",
            b"strings",
        ];
        if known.contains(&&bytes[name..end]) {
            return None;
        }
        let value = expect(bytes, end + 1, b":")?;
        let (used, ended) = AnyValue::default()
            .push(bytes.get(value..target)?, 0)
            .ok()?;
        if !ended {
            return None;
        }
        at = value + used;
    }
}

/// Where `text` stands last between two places.
fn find_last(bytes: &[u8], from: usize, to: usize, text: &[u8]) -> Option<usize> {
    // Forward searches are much faster than backward ones, so a window at a
    // time is searched forward, the last one first.
    const STEP: usize = 1 << 20;
    let finder = memmem::Finder::new(text);
    let mut end = to;
    while end > from {
        let start = end.saturating_sub(STEP).max(from);
        let window = bytes.get(start..(end + text.len() - 1).min(to))?;
        if let Some(at) = finder.find_iter(window).last() {
            return Some(start + at);
        }
        end = start;
    }
    None
}

struct NodesRead {
    columns: NodeColumns,
    largest_name: Option<u64>,
    end: usize,
}

fn read_nodes(bytes: &[u8], at: usize, header: &Header, keep: Columns) -> Option<NodesRead> {
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

/// How many records are announced, if the bytes have room for them: nothing is
/// reserved on the word of a header.
fn plausible_count(bytes: &[u8], announced: u64, fields: usize) -> Option<usize> {
    let count = usize::try_from(announced).ok()?;
    // A digit and a comma at the least.
    (count.checked_mul(2 * fields)? <= bytes.len()).then_some(count)
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
        let (mut too_long, mut wrong) = (false, false);
        let (mut largest, mut sum) = (largest_name, edge_sum);
        let rows = types.iter_mut().zip(names).zip(sizes).zip(ids).zip(counts);
        for ((ordinal, record), ((((kind, name), size), id), edges)) in (range.start as u32..)
            .zip(window.records(&mut too_long))
            .zip(rows)
        {
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
        }
        done = range.end;
        (largest_name, edge_sum) = (largest, sum);
        (!wrong && !too_long && edge_sum <= MAX_EDGES).then_some(())
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

#[derive(Default)]
struct EdgesRead {
    columns: EdgeColumns,
    largest_name: Option<u64>,
    /// Place of the bracket that closes the nodes, if edges are wanted.
    nodes_end: Option<usize>,
    end: usize,
}

fn read_edges(bytes: &[u8], nodes_at: usize, header: &Header, keep: Columns) -> Option<EdgesRead> {
    if !keep.edges {
        return Some(EdgesRead::default());
    }
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
        let (mut too_long, mut wrong) = (false, false);
        let mut largest = largest_name;
        for ([kind, name, to], (head, name_out)) in window
            .records(&mut too_long)
            .zip(heads.iter_mut().zip(names))
        {
            let Some(&(packed, name_bits)) = types.get(kind as usize) else {
                wrong = true;
                break;
            };
            let ordinal = to / NODE_FIELDS;
            wrong |= ordinal * NODE_FIELDS != to || ordinal >= header.node_count;
            wrong |= name > u64::from(u32::MAX);
            largest = largest.max(name & name_bits);
            *head = packed | ordinal as u32;
            *name_out = name as u32;
        }
        done = range.end;
        largest_name = largest;
        (!wrong && !too_long).then_some(())
    })?;
    (done == count).then_some(EdgesRead {
        columns,
        largest_name: (count > 0).then_some(largest_name),
        nodes_end: None,
        end: end + 1,
    })
}

struct Tail {
    /// Place of the key of the first section read here.
    start: usize,
    locations: Vec<(u32, Location)>,
    starts: Vec<u64>,
}

/// Locations and strings, found from the end of the file.
fn read_tail(bytes: &[u8], nodes_at: usize, header: &Header) -> Option<Tail> {
    const STRINGS: &[u8] = b"\"strings\":[";
    const LOCATIONS: &[u8] = b"\"locations\":[";
    // A quote within a string is escaped, so this is found in no string.
    let strings = find_last(bytes, nodes_at, bytes.len(), STRINGS)?;
    let (starts, strings_end) = read_texts(bytes, strings + STRINGS.len())?;
    let after = expect(bytes, strings_end, b"}")?;
    if bytes[after..].iter().any(|&byte| !is_space(byte)) {
        return None;
    }
    let mut tail = Tail {
        start: strings,
        locations: Vec::new(),
        starts,
    };
    if let Some(layout) = header.location
        && let Some(at) = find_last(bytes, nodes_at, strings, LOCATIONS)
    {
        let array = at + LOCATIONS.len();
        let end = read_locations(bytes, array, header, layout, &mut tail.locations)?;
        leads_to(bytes, end + 1, strings)?;
        sort_locations(&mut tail.locations);
        tail.start = at;
    }
    Some(tail)
}

fn read_locations(
    bytes: &[u8],
    at: usize,
    header: &Header,
    layout: LocationLayout,
    out: &mut Vec<(u32, Location)>,
) -> Option<usize> {
    let canonical = LocationLayout {
        fields: 4,
        object: 0,
        script_id: 1,
        line: 2,
        column: 3,
    };
    if layout != canonical {
        return None;
    }
    let fields = header.node.fields as u64;
    NumberArray::<4>::new(bytes, at)?.read(|window: Window<'_, 4>| {
        let (mut too_long, mut wrong) = (false, false);
        out.extend(
            window
                .records(&mut too_long)
                .map(|[object, script, line, column]| {
                    let ordinal = object / fields;
                    wrong |= ordinal * fields != object || ordinal >= header.node_count;
                    let location = Location {
                        script_id: script as u32,
                        line: line as u32,
                        column: column as u32,
                    };
                    (ordinal as u32, location)
                }),
        );
        (!wrong && !too_long).then_some(())
    })
}
