//! The heap diff: a snapshot in, a snapshot out, and what changed. The comparison
//! itself is in `memwatch_snapshot`.

use std::collections::HashMap;
use std::rc::Rc;

use memwatch_report::{HeapDiffReport, HeapSide, NewcomersEntry};
use memwatch_snapshot::heap_columns::{ClassNames, HeapColumns};
use memwatch_snapshot::heap_diff::{ClassChange, HeapChange, heap_change, ids_correspond};
use memwatch_snapshot::heap_graph::{HeapGraph, node_type_from_v8};
use memwatch_snapshot::leaks::Investigation;
use memwatch_snapshot::{Analysis, Columns, PushReader, Snapshot};
use napi::Env;
use napi::bindgen_prelude::{JsObjectValue, Object, Unknown};

use crate::clock::since_epoch;
use crate::error::{Code, Result, error, internal};
use crate::give_back::GiveBack;
use crate::live;
use crate::object_numbers::{ObjectNumbers, hidden_ids, hide};
use crate::payload;
use crate::v8::{Export, HeapSnapshot, Isolate, Rows, TrackedObject, wrong_this};

/// Nodes read at a time: many against what a call costs, few enough for the rows to
/// stay in the processor's cache until they are copied.
const NODES_AT_A_TIME: usize = 4096;

/// V8's name for the hidden class of objects.
const MAP: &str = "system / Map";

/// Classes of which it is told what keeps the new objects.
const CLASSES_WITH_RETAINERS: usize = 5;

/// One side of a diff.
pub(crate) struct Side {
    /// When it was taken, in milliseconds since the Unix epoch.
    pub at_unix_ms: f64,
    /// What was there.
    pub columns: HeapColumns,
}

/// A heap diff in the making: what hangs on the JavaScript object `HeapDiff`, and
/// is freed with it.
struct HeapDiff {
    /// `None` until it is taken, and once ended.
    before: Option<Side>,
    /// Hidden from every diff. Its own number shows whether V8 still counts as it
    /// did.
    tracked: Option<Rc<TrackedObject>>,
    /// What V8 called `tracked` in `before`.
    own_id: Option<u32>,
    /// As long as there is `before`.
    numbers: Option<ObjectNumbers>,
}

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("beginDiff", |call| {
        call.answer(begin_diff(*call.env(), call.argument(0)?)?)
    }),
    Export::new("endDiff", |call| {
        let (object, retainers) = (call.argument(0)?, call.argument(1)?);
        call.answer(end_diff(call.env(), object, retainers)?)
    }),
    Export::new("compareDiff", |call| {
        let (object, retainers) = (call.argument(0)?, call.argument(1)?);
        call.answer(compare_diff(call.env(), object, retainers)?)
    }),
    Export::new("updateDiff", |call| {
        call.answer(update_diff(*call.env(), call.argument(0)?)?)
    }),
];

/// Takes the first snapshot and ties it to `object`.
pub(crate) fn begin_diff(env: Env, mut object: Object) -> Result<()> {
    let isolate = Isolate::current()?;
    let tracked = TrackedObject::new(isolate, &object);
    tracked.iter().for_each(hide);
    // Tied before the snapshot is taken, so that what this itself puts on the heap is
    // in both snapshots.
    let diff = HeapDiff {
        before: None,
        tracked,
        own_id: None,
        numbers: Some(ObjectNumbers::of(env)),
    };
    object.wrap(diff, None).map_err(internal)?;
    let begun = begin(env, &object, isolate);
    if begun.is_err() {
        diff_of(&object)?.end(isolate);
    }
    begun
}

fn begin(env: Env, object: &Object, isolate: Isolate) -> Result<()> {
    let _room = GiveBack::afterwards();
    let diff = diff_of(object)?;
    let side = diff.numbered(env, isolate, || {
        let snapshot = live::take(isolate)?;
        Ok(Side {
            at_unix_ms: unix_ms(),
            columns: read(env, isolate, snapshot),
        })
    })?;
    diff.before = Some(side);
    diff.own_id = diff.own_id(isolate);
    Ok(())
}

impl HeapDiff {
    fn own_id(&self, isolate: Isolate) -> Option<u32> {
        self.tracked.as_ref()?.snapshot_id(isolate)
    }

    /// Takes and reads a snapshot.
    fn numbered<T>(
        &self,
        env: Env,
        isolate: Isolate,
        snapshot: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        match &self.numbers {
            Some(numbers) => numbers.around(env, isolate, snapshot),
            None => snapshot(),
        }
    }

    /// Its first snapshot is of no use to anything any more.
    fn end(&mut self, isolate: Isolate) {
        self.before = None;
        if let Some(numbers) = self.numbers.take() {
            numbers.release(isolate);
        }
    }
}

/// Takes the second snapshot, ends the diff and returns what changed; with `retainers`
/// also what keeps the new objects of the classes that grew most. Where no snapshot can
/// be taken the diff goes on.
pub(crate) fn end_diff<'env>(
    env: &'env Env,
    object: Object,
    retainers: bool,
) -> Result<Unknown<'env>> {
    base_of(&object, "end")?;
    let _room = GiveBack::afterwards();
    let result = against_now(env, &object, retainers);
    match &result {
        Err(error) if !matches!(error.status, Code::DiffIds) => {}
        _ => diff_of(&object)?.end(Isolate::current()?),
    }
    result
}

/// Takes a snapshot and returns what changed; the diff goes on.
pub(crate) fn compare_diff<'env>(
    env: &'env Env,
    object: Object,
    retainers: bool,
) -> Result<Unknown<'env>> {
    base_of(&object, "end")?;
    let _room = GiveBack::afterwards();
    against_now(env, &object, retainers)
}

/// Takes a snapshot that replaces the first one.
pub(crate) fn update_diff(env: Env, object: Object) -> Result<()> {
    base_of(&object, "update")?;
    begin(env, &object, Isolate::current()?)
}

fn against_now<'env>(env: &'env Env, object: &Object, retainers: bool) -> Result<Unknown<'env>> {
    let isolate = Isolate::current()?;
    let diff = diff_of(object)?;
    // Before the snapshot, which would number the object anew.
    if diff.own_id != diff.own_id(isolate) {
        return Err(numbered_anew());
    }
    let (graph, after) = diff.numbered(*env, isolate, || {
        let snapshot = live::take(isolate)?;
        let at_unix_ms = unix_ms();
        let graph = retainers.then(|| whole_graph(&snapshot)).transpose()?;
        // Also what this snapshot is the last to need.
        let hidden = hidden_ids(isolate);
        let columns = read(*env, isolate, snapshot);
        let after = Side {
            at_unix_ms,
            columns,
        };
        Ok((graph.map(|graph| (graph, hidden)), after))
    })?;
    let before = base_of(object, "end")?;
    // By chance the object may have been given its own number again.
    if !ids_correspond(&before.columns, &after.columns) {
        return Err(numbered_anew());
    }
    let change = heap_change(&before.columns, &after.columns);
    let newcomers = graph.map(|(graph, hidden)| {
        let is_new =
            |id: u64| !before.columns.has_id(id) && !hidden.iter().any(|&own| id == u64::from(own));
        newcomers(&graph, &is_new, &change)
    });
    let side = |side: &Side| HeapSide::of(&side.columns, side.at_unix_ms);
    let newcomers = newcomers.unwrap_or_default();
    let report = HeapDiffReport::of(side(before), side(&after), &change, &newcomers);
    payload::heap_diff(env, &report).map_err(internal)
}

/// The snapshot with edges and names, for who keeps what. Several times the time and
/// memory of the columns, so only where it is asked for.
fn whole_graph(snapshot: &HeapSnapshot) -> Result<Snapshot> {
    let mut reader = PushReader::new(Columns::ALL);
    snapshot.serialize(|bytes| reader.push(bytes).is_ok());
    reader
        .finish()
        .map_err(|damage| error(Code::SnapshotFailed, damage.to_string()))
}

/// For the classes that grew most: what the new objects retain, and the ways to them.
fn newcomers(
    snapshot: &Snapshot,
    is_new: &impl Fn(u64) -> bool,
    change: &HeapChange,
) -> HashMap<String, NewcomersEntry> {
    let mut grown: Vec<&ClassChange> = change.details.iter().filter(|c| c.size_bytes > 0).collect();
    memwatch_order::sort_by_key(&mut grown, |class| std::cmp::Reverse(class.size_bytes));
    let analysis = Analysis::of(snapshot, 1);
    let mut investigation = Investigation::of(snapshot, &analysis);
    grown
        .into_iter()
        .take(CLASSES_WITH_RETAINERS)
        .map(|class| {
            let newcomers = investigation.newcomers(&class.what, is_new);
            (class.what.clone(), NewcomersEntry::of(&newcomers))
        })
        .collect()
}

fn diff_of<'a>(object: &'a Object) -> Result<&'a mut HeapDiff> {
    object.unwrap::<HeapDiff>().map_err(|_| wrong_this())
}

fn base_of<'a>(object: &'a Object, verb: &str) -> Result<&'a Side> {
    let diff = diff_of(object)?;
    diff.before.as_ref().ok_or_else(|| already_ended(verb))
}

fn already_ended(verb: &str) -> napi::Error<Code> {
    error(
        Code::DiffEnded,
        format!("attempt to {verb}() a HeapDiff that was already ended"),
    )
}

fn numbered_anew() -> napi::Error<Code> {
    error(
        Code::DiffIds,
        "V8 renumbered the heap's objects after this HeapDiff began, as it does when DevTools or \
         another inspector session disconnects or calls HeapProfiler.disable, so the changes \
         are unknown; begin a new HeapDiff",
    )
}

/// Copies what is needed and frees V8's snapshot, which is some ten times larger.
fn read(env: Env, isolate: Isolate, snapshot: HeapSnapshot) -> HeapColumns {
    let hidden = hidden_ids(isolate);
    let mut graph = HeapGraph::with_capacity(snapshot.node_count() as usize);
    let mut rows = Rows::with_room(NODES_AT_A_TIME);
    let mut first = 0;
    loop {
        snapshot.read(first, &mut rows);
        if rows.nodes().is_empty() {
            break;
        }
        for node in rows.nodes() {
            let node_type = node_type_from_v8(node.node_type);
            graph.push_node(node.id, node_type, node.shallow_size, node.edge_count);
            first += 1;
        }
        graph.push_edges(rows.to_ids(), rows.edge_types());
    }
    let is_map = |ordinal: u32| {
        let mut is_map = false;
        snapshot.read_names(env, &[ordinal], |name| is_map = name == MAP);
        is_map
    };
    let graph = graph.resolve(snapshot.root_id(), &hidden, is_map);
    let mut names = ClassNames::default();
    snapshot.read_names(env, graph.unnamed(), |name| names.push(name));
    drop(snapshot);
    graph.finish(&names)
}

fn unix_ms() -> f64 {
    since_epoch().as_millis() as f64
}
