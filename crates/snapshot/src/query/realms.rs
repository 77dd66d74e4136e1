//! `realms`: the native contexts of a heap, each with its global object: the program's own, those of `node:vm`, frames of
//! a page. Says nothing of which scripts ran in them.

use std::cmp::Reverse;

use super::super::types::{NodeOrdinal, NodeType, StringIndex};
use super::error::QueryError;
use super::heap::Heap;
use super::info::{ObjectRef, SnapshotInfo};
use super::names::{Word, Words};
use super::top::smallest;

/// What V8 calls a native context; in pages, its address follows.
const NATIVE_CONTEXT: &str = "system / NativeContext";

/// Between what a thing is and its address, in names of V8's.
const BEFORE_ADDRESS: &str = " / ";

/// How to answer [`realms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealmsOptions {
    /// How many to list.
    pub top: usize,
}

impl Default for RealmsOptions {
    fn default() -> Self {
        Self { top: 20 }
    }
}

/// The realms of a heap.
#[derive(Clone, Debug, PartialEq)]
pub struct RealmsAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many there are.
    pub realm_count: u64,
    /// The first of them: those that keep most.
    pub realms: Vec<RealmEntry>,
}

/// One realm.
#[derive(Clone, Debug, PartialEq)]
pub struct RealmEntry {
    /// V8's number of its native context.
    pub id: u64,
    /// The address of its page, where V8 says one.
    pub url: Option<String>,
    /// Its global object.
    pub global: Option<ObjectRef>,
    /// Bytes of the native context itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if the native context were.
    pub retained_bytes: Option<u64>,
    /// Bytes that would be freed if its global object were.
    pub global_retained_bytes: Option<u64>,
    /// Steps of the native context from a global object.
    pub distance: Option<u32>,
}

/// The native contexts, by what they keep.
///
/// # Errors
///
/// [`QueryError::NeedsEdges`]: the global object is behind an edge.
pub fn realms(heap: &Heap<'_>, options: &RealmsOptions) -> Result<RealmsAnswer, QueryError> {
    heap.need_edges()?;
    let snapshot = heap.snapshot();
    let strings = snapshot.strings();
    let names: Vec<u32> = (0..strings.text_count() as u32)
        .filter(|&at| {
            strings
                .head(StringIndex(at))
                .starts_with(NATIVE_CONTEXT.as_bytes())
        })
        .collect();
    let is_realm = |&node: &NodeOrdinal| {
        names.binary_search(&snapshot.name_index(node).0).is_ok()
            && !matches!(
                snapshot.node_type(node),
                NodeType::String | NodeType::Code | NodeType::ObjectShape
            )
    };
    let found: Vec<NodeOrdinal> = snapshot.ordinals().filter(is_realm).collect();
    let realm_count = found.len() as u64;
    let key = |&node: &NodeOrdinal| (Reverse(heap.retained(node)), node);
    let first = smallest(found, options.top, key).into_iter();
    Ok(RealmsAnswer {
        snapshot: heap.info(),
        realm_count,
        realms: first.map(|node| entry(heap, node)).collect(),
    })
}

fn entry(heap: &Heap<'_>, node: NodeOrdinal) -> RealmEntry {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    let by = |word: &Word| Words::follow(snapshot, node, word);
    // The object behind the proxy that the program sees, which has the properties.
    let global = by(&words.extension)
        .or_else(|| by(&words.global_object))
        .or_else(|| by(&words.global_proxy));
    let url = global.and_then(|global| address(&snapshot.name(global)));
    RealmEntry {
        id: snapshot.id(node).0,
        url: url.or_else(|| address(snapshot.name(node).strip_prefix(NATIVE_CONTEXT)?)),
        global: global.map(|global| heap.object_ref(global)),
        shallow_bytes: heap.shallow(node),
        retained_bytes: heap.retained(node),
        global_retained_bytes: global.and_then(|global| heap.retained(global)),
        distance: heap.distance(node),
    }
}

/// The address of `Window / https://shop.example/`.
fn address(name: &str) -> Option<String> {
    let (_, address) = name.split_once(BEFORE_ADDRESS)?;
    (!address.is_empty()).then(|| address.to_owned())
}
