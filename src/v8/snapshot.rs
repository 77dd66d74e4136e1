//! V8's heap snapshot, read without serialising it. What to read, and what for,
//! is the caller's.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use napi::Env;

use super::ffi;
use super::isolate::Isolate;
use super::text::{HandleScope, TextBuffer};

/// One node: V8's own numbers.
pub(super) type NodeRow = ffi::Node;

/// Nodes with their edges, as many as are read at a time.
pub(crate) struct Rows {
    nodes: Vec<NodeRow>,
    node_count: usize,
    to_ids: Vec<u32>,
    edge_types: Vec<u8>,
    edge_count: usize,
}

impl Rows {
    /// Room for `nodes`; that for edges grows with what a node has.
    pub(crate) fn with_room(nodes: usize) -> Self {
        /// Edges a node in heaps of small objects are 3; some more than that.
        const EDGES_A_NODE: usize = 8;
        Self {
            nodes: vec![NodeRow::default(); nodes],
            node_count: 0,
            to_ids: vec![0; nodes * EDGES_A_NODE],
            edge_types: vec![0; nodes * EDGES_A_NODE],
            edge_count: 0,
        }
    }

    /// The nodes that were read.
    pub(crate) fn nodes(&self) -> &[NodeRow] {
        &self.nodes[..self.node_count]
    }

    /// The ids that their edges lead to, one node's after another's.
    pub(crate) fn to_ids(&self) -> &[u32] {
        &self.to_ids[..self.edge_count]
    }

    /// V8's numbers of their edges' types.
    pub(crate) fn edge_types(&self) -> &[u8] {
        &self.edge_types[..self.edge_count]
    }
}

/// A heap snapshot inside V8; freed when dropped. It is large (hundreds of bytes
/// a node): read it and let it go.
pub(crate) struct HeapSnapshot {
    snapshot: NonNull<c_void>,
    /// Belongs to the isolate's thread.
    not_send: PhantomData<*const ()>,
}

impl HeapSnapshot {
    /// Takes a snapshot; the heap is collected first and the thread is stopped
    /// until it is done. `go_on`, where there is one, is asked about every ten thousand
    /// objects, and told how many there are in all; when it answers `false`, or V8 cannot take a snapshot, the result is
    /// `None`. Being asked makes V8 of Node 20 and 22 slower by some ten percent.
    pub(crate) fn take(
        isolate: Isolate,
        go_on: Option<&mut dyn FnMut(u32) -> bool>,
    ) -> Option<Self> {
        let mut go_on = go_on;
        let callback = go_on
            .is_some()
            .then_some(on_progress as ffi::ProgressCallback);
        // SAFETY: on the isolate's thread, called from JavaScript and so inside a
        // handle scope; `go_on` outlives the call, which is the only user of it.
        let snapshot = unsafe {
            ffi::mw_snapshot_take(isolate.as_ptr(), callback, ptr::from_mut(&mut go_on).cast())
        };
        NonNull::new(snapshot.cast_mut()).map(|snapshot| Self {
            snapshot,
            not_send: PhantomData,
        })
    }

    /// How many nodes there are.
    pub(crate) fn node_count(&self) -> u32 {
        // SAFETY: the snapshot lives until `drop`. So in all calls below.
        unsafe { ffi::mw_snapshot_node_count(self.snapshot.as_ptr()) }
    }

    /// The id of the root.
    pub(crate) fn root_id(&self) -> u32 {
        // SAFETY: as above.
        unsafe { ffi::mw_snapshot_root_id(self.snapshot.as_ptr()) }
    }

    /// Reads the nodes from ordinal `first` on, each with all of its edges, as many as
    /// there is room for in `rows`; none where there are no more.
    pub(crate) fn read(&self, first: u32, rows: &mut Rows) {
        let left = self.node_count().saturating_sub(first);
        let count = left.min(u32::try_from(rows.nodes.len()).unwrap_or(u32::MAX));
        loop {
            // SAFETY: as above; `first + count` is at most the number of nodes, `count`
            // at most the room for them, and both edge columns have the same length,
            // which the shim does not write beyond.
            let read = unsafe {
                ffi::mw_snapshot_read(
                    self.snapshot.as_ptr(),
                    first,
                    count,
                    rows.nodes.as_mut_ptr(),
                    rows.to_ids.as_mut_ptr(),
                    rows.edge_types.as_mut_ptr(),
                    rows.to_ids.len().min(rows.edge_types.len()),
                )
            };
            rows.node_count = read.min(count) as usize;
            if rows.node_count > 0 || count == 0 {
                break;
            }
            // A single node has more edges than there was room for.
            let more = rows.to_ids.len() * 2 + 1;
            rows.to_ids.resize(more, 0);
            rows.edge_types.resize(more, 0);
        }
        let edges = rows
            .nodes()
            .iter()
            .map(|node| node.edge_count as usize)
            .sum::<usize>();
        rows.edge_count = edges.min(rows.to_ids.len());
    }

    /// Writes the snapshot as the JSON of a `.heapsnapshot` file, in pieces, until
    /// `write` answers `false`.
    pub(crate) fn serialize(&self, mut write: impl FnMut(&[u8]) -> bool) {
        let mut write: &mut dyn FnMut(&[u8]) -> bool = &mut write;
        // SAFETY: as above; `write` outlives the call, which is the only user of it.
        unsafe {
            ffi::mw_snapshot_serialize(
                self.snapshot.as_ptr(),
                on_write,
                ptr::from_mut(&mut write).cast(),
            );
        }
    }

    /// The names of nodes, in the order of `ordinals`. A name makes a string on V8's
    /// heap: ask for few.
    ///
    /// # Panics
    /// When there is no such node.
    pub(crate) fn read_names(&self, env: Env, ordinals: &[u32], mut receive: impl FnMut(&str)) {
        let mut text = TextBuffer::default();
        let node_count = self.node_count();
        for &ordinal in ordinals {
            assert!(ordinal < node_count);
            let Some(scope) = HandleScope::open(env) else {
                receive("");
                continue;
            };
            // SAFETY: as above; the ordinal was checked, and the handle goes into the
            // scope that is open.
            let name = unsafe { ffi::mw_snapshot_node_name(self.snapshot.as_ptr(), ordinal) };
            // SAFETY: made in this scope.
            receive(&unsafe { text.read(&scope, name) });
        }
    }
}

impl Drop for HeapSnapshot {
    fn drop(&mut self) {
        // SAFETY: taken by us and deleted once. Never all of the isolate's snapshots:
        // others may be somebody else's.
        unsafe { ffi::mw_snapshot_delete(self.snapshot.as_ptr()) };
    }
}

unsafe extern "C" fn on_progress(data: *mut c_void, _done: u32, total: u32) -> u32 {
    // SAFETY: `data` is what `take` holds on its stack while V8 works.
    let go_on = unsafe { &mut *data.cast::<Option<&mut dyn FnMut(u32) -> bool>>() };
    // A panic must not cross into V8; it gives the snapshot up.
    let answer = catch_unwind(AssertUnwindSafe(|| {
        go_on.as_mut().is_none_or(|go_on| go_on(total))
    }));
    u32::from(answer.unwrap_or(false))
}

unsafe extern "C" fn on_write(data: *mut c_void, bytes: *const u8, count: usize) -> u32 {
    // SAFETY: `data` is the closure that `serialize` holds on its stack.
    let write = unsafe { &mut *data.cast::<&mut dyn FnMut(&[u8]) -> bool>() };
    // SAFETY: V8 passes as many bytes as it says, good until this returns.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, count) };
    // A panic must not cross into V8; it ends the writing.
    let answer = catch_unwind(AssertUnwindSafe(|| write(bytes)));
    u32::from(answer.unwrap_or(false))
}
