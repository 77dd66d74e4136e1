//! `instances`: the objects of a class.

use std::cmp::Reverse;

use super::super::types::{NodeOrdinal, NodeType};
use super::error::QueryError;
use super::heap::Heap;
use super::info::SnapshotInfo;
use super::preview::preview;
use super::top::smallest;
use memwatch_order::sort_by_key;

/// Names given where there is no such class.
const MAX_SIMILAR: usize = 5;

/// By what instances are ordered, the most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstanceOrder {
    /// Bytes that would be freed; without an analysis, as [`Self::Shallow`].
    #[default]
    Retained,
    /// Bytes of the object itself.
    Shallow,
    /// V8's number: the older of two objects mostly has the smaller.
    Id,
}

/// How to answer [`instances`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstancesOptions {
    /// How many to list.
    pub top: usize,
    /// In which order.
    pub order: InstanceOrder,
    /// Characters of a preview.
    pub preview_width: usize,
}

impl Default for InstancesOptions {
    fn default() -> Self {
        Self {
            top: 20,
            order: InstanceOrder::default(),
            preview_width: 120,
        }
    }
}

/// The objects of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct InstancesAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The class asked for.
    pub class: String,
    /// How many there are.
    pub instance_count: u64,
    /// Bytes of them all, each itself.
    pub shallow_bytes: u64,
    /// The first of them, in the order asked for.
    pub instances: Vec<InstanceEntry>,
}

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceEntry {
    /// V8's number.
    pub id: u64,
    /// Bytes of the object itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// Steps from a global object; nothing when none leads there.
    pub distance: Option<u32>,
    /// A glance at it.
    pub preview: String,
}

/// The objects of a class, by its name in `classes`, or else by the name of the
/// constructor. As there, those of size 0 do not count.
///
/// # Errors
///
/// [`QueryError::NoSuchClass`].
pub fn instances(
    heap: &Heap<'_>,
    class: &str,
    options: &InstancesOptions,
) -> Result<InstancesAnswer, QueryError> {
    let mut found = of_class(heap, class);
    if found.is_empty() {
        found = of_constructor(heap, class);
    }
    if found.is_empty() {
        return Err(no_such_class(heap, class));
    }
    let instance_count = found.len() as u64;
    let sizes = found.iter().map(|&node| heap.shallow(node));
    let shallow_bytes = sizes.fold(0, u64::saturating_add);
    let key = |&node: &NodeOrdinal| match options.order {
        InstanceOrder::Retained => {
            let size = heap.retained(node).unwrap_or_else(|| heap.shallow(node));
            (Reverse(size), 0)
        }
        InstanceOrder::Shallow => (Reverse(heap.shallow(node)), 0),
        InstanceOrder::Id => (Reverse(0), heap.snapshot().id(node).0),
    };
    let first = smallest(found, options.top, key).into_iter();
    let entry = |node| InstanceEntry {
        id: heap.snapshot().id(node).0,
        shallow_bytes: heap.shallow(node),
        retained_bytes: heap.retained(node),
        distance: heap.distance(node),
        preview: without_class(preview(heap, node, options.preview_width), class),
    };
    Ok(InstancesAnswer {
        snapshot: heap.info(),
        class: class.to_owned(),
        instance_count,
        shallow_bytes,
        instances: first.map(entry).collect(),
    })
}

/// `{a: …}` of `User {a: …}`: all of the list are users.
fn without_class(preview: String, class: &str) -> String {
    let rest = preview.strip_prefix(class);
    match rest.and_then(|rest| rest.strip_prefix(' ')) {
        Some(rest) => rest.to_owned(),
        None => preview,
    }
}

fn of_class(heap: &Heap<'_>, name: &str) -> Vec<NodeOrdinal> {
    let classes = heap.classes();
    let is_named: Vec<bool> = classes
        .iter()
        .map(|(_, class)| class.name == name)
        .collect();
    let is_of = |node: &NodeOrdinal| is_named[classes.of_node(*node).index()];
    with_size(heap).filter(is_of).collect()
}

/// Plain objects whose class is an interface still are of class `Object`.
fn of_constructor(heap: &Heap<'_>, name: &str) -> Vec<NodeOrdinal> {
    let snapshot = heap.snapshot();
    let strings = snapshot.strings();
    let same = (0..strings.text_count() as u32).map(super::super::StringIndex);
    let same: Vec<_> = same.filter(|&index| strings.get(index) == name).collect();
    let is_of = |node: &NodeOrdinal| {
        snapshot.node_type(*node) == NodeType::Object && same.contains(&snapshot.name_index(*node))
    };
    with_size(heap).filter(is_of).collect()
}

fn with_size<'a>(heap: &'a Heap<'_>) -> impl Iterator<Item = NodeOrdinal> + 'a {
    let all = heap.snapshot().ordinals();
    all.filter(|&node| heap.shallow(node) != 0)
}

/// The error for a class that is not there, with the names that resemble it.
pub fn no_such_class(heap: &Heap<'_>, class: &str) -> QueryError {
    QueryError::NoSuchClass(class.to_owned(), similar_classes(heap, class))
}

fn similar_classes(heap: &Heap<'_>, name: &str) -> Vec<String> {
    let wanted = name.to_lowercase();
    let names = heap.classes().iter().map(|(_, class)| class.name.as_str());
    let mut similar: Vec<&str> = names
        .filter(|other| {
            let other = other.to_lowercase();
            !wanted.is_empty() && (other.contains(&wanted) || wanted == other)
        })
        .collect();
    sort_by_key(&mut similar, |other| (other.len(), *other));
    similar.dedup();
    similar.truncate(MAX_SIMILAR);
    similar.into_iter().map(str::to_owned).collect()
}
