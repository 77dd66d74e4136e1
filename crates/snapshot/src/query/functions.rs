//! `functions`: closures by function and source position, and what the variables
//! they have taken along keep.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::analysis::Analysis;
use super::super::graph::Bits;
use super::super::types::{Location, NodeOrdinal, NodeType};
use super::error::QueryError;
use super::heap::Heap;
use super::info::{SnapshotInfo, SourcePosition};
use super::names::Words;
use super::top::smallest;

/// By what functions are ordered, the most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FunctionOrder {
    /// How many closures.
    #[default]
    Closures,
    /// Bytes their contexts retain, shared ones included.
    Contexts,
    /// Bytes that would be freed with the closures.
    Retained,
}

/// How to answer [`functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionsOptions {
    /// How many to list.
    pub top: usize,
    /// In which order.
    pub order: FunctionOrder,
}

impl Default for FunctionsOptions {
    fn default() -> Self {
        Self {
            top: 20,
            order: FunctionOrder::default(),
        }
    }
}

/// Closures grouped by function and source position.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionsAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many different functions there are.
    pub function_count: u64,
    /// How many closures they are instantiated as.
    pub closure_count: u64,
    /// The first functions, in the order asked for.
    pub functions: Vec<FunctionEntry>,
}

/// One function.
///
/// `ownContextBytes` and `sharedContextBytes` say what the variables of its
/// closures keep. Each closure has one context, in which its outer function's
/// variables live; closures made by the same call share it. Taken are the
/// contexts of all closures of this function, without V8's native contexts, and
/// without those another of them dominates. Each adds its retained size: to
/// `own` when only closures of this function have it, so that the memory goes
/// with them, to `shared` when those of other functions have it too.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionEntry {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Where it stands; nothing for what is built in.
    pub position: Option<SourcePosition>,
    /// How many closures there are of it.
    pub closures: u64,
    /// Bytes of the closures themselves.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if all of its closures were.
    pub retained_bytes: Option<u64>,
    /// How many contexts its closures have.
    pub contexts: Option<u64>,
    /// Bytes retained by contexts no other function's closures have.
    pub own_context_bytes: Option<u64>,
    /// Bytes retained by contexts shared with closures of other functions.
    pub shared_context_bytes: Option<u64>,
    /// One of the closures: the first in the file.
    pub example_id: u64,
}

/// Closures grouped by name and source position. A fast heap gives only numbers
/// and shallow sizes. For what contexts keep, see [`FunctionEntry`].
///
/// # Errors
///
/// [`QueryError::NeedsEdges`]: contexts and script names are behind edges.
pub fn functions(
    heap: &Heap<'_>,
    options: &FunctionsOptions,
) -> Result<FunctionsAnswer, QueryError> {
    heap.need_edges()?;
    let mut groups = Groups::of(heap);
    if let Some(analysis) = heap.analysis() {
        groups.add_retained(heap, analysis);
    }
    let key = |group: &Group| {
        let most = match options.order {
            FunctionOrder::Closures => group.closures,
            FunctionOrder::Contexts => group.own_bytes.saturating_add(group.shared_bytes),
            FunctionOrder::Retained => group.retained_bytes,
        };
        (
            Reverse(most),
            Reverse(group.closures),
            Reverse(group.retained_bytes),
        )
    };
    Ok(FunctionsAnswer {
        snapshot: heap.info(),
        function_count: groups.all.len() as u64,
        closure_count: groups.of_closure.len() as u64,
        functions: smallest(groups.all, options.top, key)
            .iter()
            .map(|group| entry(heap, group))
            .collect(),
    })
}

fn entry(heap: &Heap<'_>, group: &Group) -> FunctionEntry {
    let snapshot = heap.snapshot();
    let exact = |number| heap.analysis().map(|_| number);
    FunctionEntry {
        name: snapshot.name(group.example).into_owned(),
        position: group.location.map(|location| heap.position(location)),
        closures: group.closures,
        shallow_bytes: group.shallow_bytes,
        retained_bytes: exact(group.retained_bytes),
        contexts: exact(group.contexts),
        own_context_bytes: exact(group.own_bytes),
        shared_context_bytes: exact(group.shared_bytes),
        example_id: snapshot.id(group.example).0,
    }
}

struct Group {
    example: NodeOrdinal,
    location: Option<Location>,
    closures: u64,
    shallow_bytes: u64,
    retained_bytes: u64,
    contexts: u64,
    own_bytes: u64,
    shared_bytes: u64,
}

struct Groups {
    all: Vec<Group>,
    of_closure: FxHashMap<u32, u32>,
}

impl Groups {
    fn of(heap: &Heap<'_>) -> Self {
        let snapshot = heap.snapshot();
        let mut all: Vec<Group> = Vec::new();
        let mut of_closure = FxHashMap::default();
        let mut known: FxHashMap<(u32, Option<Location>), u32> = FxHashMap::default();
        for node in snapshot.ordinals() {
            if snapshot.node_type(node) != NodeType::Closure {
                continue;
            }
            let location = snapshot.location(node);
            let at = *known
                .entry((snapshot.name_index(node).0, location))
                .or_insert_with(|| {
                    all.push(Group {
                        example: node,
                        location,
                        closures: 0,
                        shallow_bytes: 0,
                        retained_bytes: 0,
                        contexts: 0,
                        own_bytes: 0,
                        shared_bytes: 0,
                    });
                    all.len() as u32 - 1
                });
            let group = &mut all[at as usize];
            group.closures += 1;
            group.shallow_bytes = group.shallow_bytes.saturating_add(heap.shallow(node));
            of_closure.insert(node.0, at);
        }
        Self { all, of_closure }
    }

    fn add_retained(&mut self, heap: &Heap<'_>, analysis: &Analysis) {
        let snapshot = heap.snapshot();
        let contexts = self.contexts(heap);
        let mut set = Bits::new(snapshot.node_count());
        let nodes = contexts.iter().map(|(context, _)| context);
        let nodes = nodes.chain(self.of_closure.keys());
        nodes.for_each(|&node| set.add(node));
        let mut of_closures = Cover::new(self.all.len());
        let mut of_contexts = Cover::new(self.all.len());
        for (place, (node, end, bytes)) in analysis.dominators.in_tree_order().enumerate() {
            if !set.has(node.0) {
                continue;
            }
            if let Some(&at) = self.of_closure.get(&node.0)
                && of_closures.adds(at as usize, place, end)
            {
                let sum = &mut self.all[at as usize].retained_bytes;
                *sum = sum.saturating_add(bytes);
            }
            let first = contexts.partition_point(|&(context, _)| context < node.0);
            let users = contexts[first..].iter();
            let users = users.take_while(|&&(context, _)| context == node.0);
            let is_shared = users.clone().nth(1).is_some();
            for &(_, at) in users {
                let group = &mut self.all[at as usize];
                group.contexts += 1;
                if !of_contexts.adds(at as usize, place, end) {
                    continue;
                }
                let sum = match is_shared {
                    false => &mut group.own_bytes,
                    true => &mut group.shared_bytes,
                };
                *sum = sum.saturating_add(bytes);
            }
        }
    }

    /// The contexts of closures with the functions that have them, in order and
    /// once each. What has no variables of its own runs in V8's native context,
    /// which is everybody's.
    fn contexts(&self, heap: &Heap<'_>) -> Vec<(u32, u32)> {
        let (snapshot, words) = (heap.snapshot(), heap.words());
        let closures = self.of_closure.iter();
        let contexts = closures.filter_map(|(&closure, &at)| {
            let context = Words::follow(snapshot, NodeOrdinal(closure), &words.context)?;
            let is_native = words.native_context.is(snapshot.name_index(context).0);
            (!is_native).then_some((context.0, at))
        });
        let mut contexts: Vec<(u32, u32)> = contexts.collect();
        contexts.sort_unstable();
        contexts.dedup();
        contexts
    }
}

/// How much of the dominator tree each group has, the tree being walked from the
/// top in an order in which what a node dominates is a range: a node within the
/// range of another of its group adds nothing.
struct Cover {
    until: Vec<usize>,
}

impl Cover {
    fn new(groups: usize) -> Self {
        Self {
            until: vec![0; groups],
        }
    }

    /// Whether the node adds to the group, which then has what it dominates.
    fn adds(&mut self, group: usize, place: usize, end: usize) -> bool {
        let adds = place >= self.until[group];
        if adds {
            self.until[group] = end;
        }
        adds
    }
}
