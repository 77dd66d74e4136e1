//! `dominator_tree`: who keeps how much, as a tree that can be drawn. The largest
//! entries are opened first, so that what is left out is what would be too small to
//! see. Says nothing of ways from a root: a dominator need not refer to what it keeps.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::super::graph::Dominated;
use super::super::types::NodeOrdinal;
use super::error::QueryError;
use super::heap::Heap;
use super::preview::preview;
use super::top::smallest;
use memwatch_order::sort_by_key;

/// How to answer [`dominator_tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DominatorTreeOptions {
    /// Entries at most, groups included.
    pub entries: usize,
    /// Of what one object dominates, entries of their own; the rest is grouped.
    pub singles: usize,
    /// Of the rest, classes that are groups of their own.
    pub groups: usize,
    /// Characters of a preview.
    pub preview_width: usize,
}

impl Default for DominatorTreeOptions {
    fn default() -> Self {
        Self {
            entries: 3000,
            singles: 40,
            groups: 6,
            preview_width: 80,
        }
    }
}

/// An entry while the tree grows; children are places in the list of all.
struct Draft {
    entry: DominatorEntry,
    children: Vec<usize>,
}

/// The top of a dominator tree.
#[derive(Clone, Debug, PartialEq)]
pub struct DominatorTreeAnswer {
    /// Bytes of all.
    pub total_bytes: u64,
    /// Entries there are, groups included.
    pub entry_count: u64,
    /// The root.
    pub root: DominatorEntry,
}

/// An object, or several that are dominated by the same one.
#[derive(Clone, Debug, PartialEq)]
pub struct DominatorEntry {
    /// V8's number; of a group that of its first.
    pub id: u64,
    /// The class; of a group of several classes nothing.
    pub class: Option<String>,
    /// A glance at the object; empty for a group.
    pub preview: String,
    /// How many objects: 1, or those of the group.
    pub count: u64,
    /// Bytes of the objects themselves.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if they were.
    pub retained_bytes: u64,
    /// The nodes that it dominates immediately, where they are listed: the largest first, then groups.
    pub children: Vec<DominatorEntry>,
}

/// The top of the dominator tree, by retained size.
///
/// # Errors
///
/// [`QueryError::NeedsEdges`] in a fast run.
pub fn dominator_tree(
    heap: &Heap<'_>,
    options: &DominatorTreeOptions,
) -> Result<DominatorTreeAnswer, QueryError> {
    let analysis = heap.analysis().ok_or(QueryError::NeedsEdges)?;
    let dominated = analysis.dominators.dominated();
    let root = NodeOrdinal(0);
    let mut drafts = vec![single(heap, root, options)];
    // The larger first; of the same size the one that came first.
    let mut open = BinaryHeap::from([(retained(heap, root), Reverse(0), root)]);
    while let Some((_, Reverse(place), node)) = open.pop() {
        let children = children_of(heap, &dominated, node, options);
        if drafts.len() + children.len() > options.entries {
            continue;
        }
        for (draft, child) in children {
            let at = drafts.len();
            if let Some(child) = child {
                open.push((draft.entry.retained_bytes, Reverse(at), child));
            }
            drafts[place].children.push(at);
            drafts.push(draft);
        }
    }
    Ok(DominatorTreeAnswer {
        total_bytes: retained(heap, root),
        entry_count: drafts.len() as u64,
        root: assembled(drafts),
    })
}

fn retained(heap: &Heap<'_>, node: NodeOrdinal) -> u64 {
    heap.retained(node).unwrap_or(0)
}

/// What one object dominates: the largest each for itself, the rest in groups. With
/// the object where it is one, and can be opened.
fn children_of(
    heap: &Heap<'_>,
    dominated: &Dominated,
    node: NodeOrdinal,
    options: &DominatorTreeOptions,
) -> Vec<(Draft, Option<NodeOrdinal>)> {
    // What has no size is V8's own bookkeeping, such as a root that dominates nothing.
    let sized: Vec<NodeOrdinal> = dominated
        .of(node)
        .filter(|&child| child != node && retained(heap, child) > 0)
        .collect();
    let by_size = |&child: &NodeOrdinal| Reverse(retained(heap, child));
    let largest = smallest(sized.clone(), options.singles, by_size);
    let mut is_single: Vec<u32> = largest.iter().map(|child| child.0).collect();
    is_single.sort_unstable();
    let rest = sized
        .into_iter()
        .filter(|child| is_single.binary_search(&child.0).is_err());
    let groups = grouped(heap, rest.collect(), options.groups);
    let singles = largest
        .into_iter()
        .map(|child| (single(heap, child, options), Some(child)));
    singles
        .chain(groups.into_iter().map(|group| (group, None)))
        .collect()
}

fn single(heap: &Heap<'_>, node: NodeOrdinal, options: &DominatorTreeOptions) -> Draft {
    Draft {
        entry: DominatorEntry {
            id: heap.snapshot().id(node).0,
            class: Some(class_name(heap, node)),
            preview: preview(heap, node, options.preview_width),
            count: 1,
            shallow_bytes: heap.shallow(node),
            retained_bytes: retained(heap, node),
            children: Vec::new(),
        },
        children: Vec::new(),
    }
}

fn class_name(heap: &Heap<'_>, node: NodeOrdinal) -> String {
    let classes = heap.classes();
    classes.class(classes.of_node(node)).name.to_string()
}

/// By class: those with the most bytes, and one of all others.
fn grouped(heap: &Heap<'_>, nodes: Vec<NodeOrdinal>, most: usize) -> Vec<Draft> {
    let mut by_class: HashMap<u32, DominatorEntry> = HashMap::new();
    for node in nodes {
        let class = heap.classes().of_node(node).0;
        let group = by_class.entry(class).or_insert_with(|| DominatorEntry {
            id: heap.snapshot().id(node).0,
            class: Some(class_name(heap, node)),
            preview: String::new(),
            count: 0,
            shallow_bytes: 0,
            retained_bytes: 0,
            children: Vec::new(),
        });
        group.count += 1;
        group.shallow_bytes = group.shallow_bytes.saturating_add(heap.shallow(node));
        group.retained_bytes = group.retained_bytes.saturating_add(retained(heap, node));
    }
    let mut groups: Vec<DominatorEntry> = by_class.into_values().collect();
    sort_by_key(&mut groups, |group| {
        (Reverse(group.retained_bytes), group.id)
    });
    let others = groups.split_off(most.min(groups.len()));
    if let Some(all) = others.into_iter().reduce(|all, one| DominatorEntry {
        id: all.id.min(one.id),
        class: None,
        count: all.count + one.count,
        shallow_bytes: all.shallow_bytes.saturating_add(one.shallow_bytes),
        retained_bytes: all.retained_bytes.saturating_add(one.retained_bytes),
        ..all
    }) {
        groups.push(all);
    }
    let draft = |entry| Draft {
        entry,
        children: Vec::new(),
    };
    groups.into_iter().map(draft).collect()
}

/// The tree of the list: children stand behind their parents, so the last is done first.
fn assembled(mut drafts: Vec<Draft>) -> DominatorEntry {
    let mut done: Vec<Option<DominatorEntry>> = Vec::new();
    done.resize_with(drafts.len(), || None);
    while let Some(draft) = drafts.pop() {
        let children = draft.children.iter().filter_map(|&at| done[at].take());
        let entry = DominatorEntry {
            children: children.collect(),
            ..draft.entry
        };
        done[drafts.len()] = Some(entry);
    }
    let root = done.into_iter().next().flatten();
    root.unwrap_or(DominatorEntry {
        id: 0,
        class: None,
        preview: String::new(),
        count: 0,
        shallow_bytes: 0,
        retained_bytes: 0,
        children: Vec::new(),
    })
}
