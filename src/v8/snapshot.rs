//! V8's heap snapshot, read without serialising it. What to read, and what for,
//! is the caller's.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use napi::{Env, sys};

use super::ffi;
use super::isolate::Isolate;

/// One node: V8's own numbers.
pub type NodeRow = ffi::Node;
/// One edge: the id it leads to, and V8's number for its type.
pub type EdgeRow = ffi::Edge;

/// A heap snapshot inside V8; freed when dropped. It is large (hundreds of bytes
/// a node): read it and let it go.
pub struct HeapSnapshot {
    snapshot: NonNull<c_void>,
    /// Belongs to the isolate's thread.
    not_send: PhantomData<*const ()>,
}

impl HeapSnapshot {
    /// Takes a snapshot; the heap is collected first and the thread stands still
    /// until it is done. `go_on` is asked about every ten thousand objects, with
    /// how many are done of how many; when it answers `false`, or V8 cannot take
    /// one, the result is `None`.
    pub fn take(isolate: Isolate, mut go_on: impl FnMut(u32, u32) -> bool) -> Option<Self> {
        let mut go_on: &mut dyn FnMut(u32, u32) -> bool = &mut go_on;
        // SAFETY: on the isolate's thread, called from JavaScript and so inside a
        // handle scope; `go_on` outlives the call, which is the only user of it.
        let snapshot = unsafe {
            ffi::mw_snapshot_take(
                isolate.as_ptr(),
                on_progress,
                ptr::from_mut(&mut go_on).cast(),
            )
        };
        NonNull::new(snapshot.cast_mut()).map(|snapshot| Self {
            snapshot,
            not_send: PhantomData,
        })
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> u32 {
        // SAFETY: the snapshot lives until `drop`. So in all calls below.
        unsafe { ffi::mw_snapshot_node_count(self.snapshot.as_ptr()) }
    }

    /// The id of the root.
    pub fn root_id(&self) -> u32 {
        // SAFETY: as above.
        unsafe { ffi::mw_snapshot_root_id(self.snapshot.as_ptr()) }
    }

    /// Reads the nodes from ordinal `first` on into `rows`, as many as fit or are
    /// left, and returns how many.
    pub fn read_nodes(&self, first: u32, rows: &mut [NodeRow]) -> u32 {
        let left = self.node_count().saturating_sub(first);
        let count = left.min(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        // SAFETY: as above; `first + count` is at most the number of nodes and
        // `count` at most the room in `rows`.
        unsafe {
            ffi::mw_snapshot_nodes(self.snapshot.as_ptr(), first, count, rows.as_mut_ptr());
        }
        count
    }

    /// Reads the edges of `nodes` nodes from ordinal `first` on into `rows`, one
    /// node's after another's: `edges` of them, or as many as there are.
    pub fn read_edges(&self, first: u32, nodes: u32, edges: usize, rows: &mut Vec<EdgeRow>) {
        rows.clear();
        rows.reserve(edges);
        let count = nodes.min(self.node_count().saturating_sub(first));
        // SAFETY: as above; `first + count` is at most the number of nodes, and the
        // shim writes at most `edges` rows, for which there is room.
        unsafe {
            let written = ffi::mw_snapshot_edges(
                self.snapshot.as_ptr(),
                first,
                count,
                rows.as_mut_ptr(),
                edges,
            );
            rows.set_len(written.min(edges));
        }
    }

    /// The names of nodes, in the order of `ordinals`. A name makes a string on V8's
    /// heap: ask for few.
    ///
    /// # Panics
    /// When there is no such node.
    pub fn read_names(&self, env: Env, ordinals: &[u32], mut receive: impl FnMut(String)) {
        let mut text = NameBuffer::default();
        let node_count = self.node_count();
        for &ordinal in ordinals {
            assert!(ordinal < node_count);
            receive(text.read(env.raw(), || {
                // SAFETY: as above; the ordinal was checked, and `read` has opened a
                // handle scope.
                unsafe { ffi::mw_snapshot_node_name(self.snapshot.as_ptr(), ordinal) }
            }));
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

unsafe extern "C" fn on_progress(data: *mut c_void, done: u32, total: u32) -> u32 {
    // SAFETY: `data` is the closure that `take` holds on its stack while V8 works.
    let go_on = unsafe { &mut *data.cast::<&mut dyn FnMut(u32, u32) -> bool>() };
    // A panic must not cross into V8; it gives the snapshot up.
    let answer = catch_unwind(AssertUnwindSafe(|| go_on(done, total)));
    u32::from(answer.unwrap_or(false))
}

/// Text of V8 strings, read through Node-API: V8's own functions for it differ
/// between versions.
#[derive(Default)]
struct NameBuffer {
    bytes: Vec<u8>,
}

impl NameBuffer {
    fn read(&mut self, env: sys::napi_env, name: impl FnOnce() -> *mut c_void) -> String {
        let mut scope = ptr::null_mut();
        // SAFETY: env is that of the native call which is running, on its thread.
        // Every call below uses the scope opened here and the value made in it; the
        // buffer has the length that is passed.
        unsafe {
            if sys::napi_open_handle_scope(env, &raw mut scope) != sys::Status::napi_ok {
                return String::new();
            }
            let value = name().cast();
            let mut length = 0;
            sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &raw mut length);
            self.bytes.resize(length + 1, 0);
            sys::napi_get_value_string_utf8(
                env,
                value,
                self.bytes.as_mut_ptr().cast(),
                self.bytes.len(),
                &raw mut length,
            );
            sys::napi_close_handle_scope(env, scope);
            String::from_utf8_lossy(&self.bytes[..length.min(self.bytes.len() - 1)]).into_owned()
        }
    }
}
