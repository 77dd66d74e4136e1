//! `scopes`: the contexts of a heap, each with its variables and what they keep. V8 makes a context for each call of a
//! scope whose variables a closure has taken along. Says nothing of who reads a variable: that is `closures`.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::columns::Edge;
use super::super::graph::Bits;
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::error::QueryError;
use super::heap::Heap;
use super::info::{ObjectRef, SnapshotInfo, SourcePosition};
use super::names::Words;
use super::scripts::is_internal;
use super::top::smallest;

/// Variables named of one context.
const MOST_VARIABLES: usize = 10;

/// How to answer [`scopes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopesOptions {
    /// How many contexts to list.
    pub top: usize,
}

impl Default for ScopesOptions {
    fn default() -> Self {
        Self { top: 20 }
    }
}

/// The contexts of a heap.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopesAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// Contexts that have variables, without those of Node's own modules.
    pub context_count: u64,
    /// The first of them: those that keep most.
    pub scopes: Vec<ScopeEntry>,
}

/// One context.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopeEntry {
    /// V8's number of it.
    pub id: u64,
    /// Bytes of the context itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// Its steps from a global object.
    pub distance: Option<u32>,
    /// The context around it, where it lies within one that is not a realm's.
    pub around: Option<u64>,
    /// How many of the contexts are of the same scope, this one included; nothing where V8 does not say.
    pub alike: Option<u64>,
    /// How many closures have it.
    pub closure_count: u64,
    /// The name of the first of them; empty for an anonymous one, or where there is none.
    pub name: String,
    /// Where that stands.
    pub position: Option<SourcePosition>,
    /// How many variables there are.
    pub variable_count: u64,
    /// The first of them: those whose values keep most.
    pub variables: Vec<ScopeVariable>,
}

/// One variable of a context.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopeVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: ObjectRef,
    /// Bytes that would be freed if the value were, whoever else holds it.
    pub retained_bytes: Option<u64>,
}

/// Contexts by what they keep.
///
/// # Errors
///
/// [`QueryError::NeedsEdges`]: variables are edges.
pub fn scopes(heap: &Heap<'_>, options: &ScopesOptions) -> Result<ScopesAnswer, QueryError> {
    heap.need_edges()?;
    let snapshot = heap.snapshot();
    let closures = Closures::of(heap);
    let has_variables = |&node: &NodeOrdinal| {
        !closures.is_internal.has(node.0) && variables(heap, node).next().is_some()
    };
    let found: Vec<NodeOrdinal> = snapshot.ordinals().filter(has_variables).collect();
    let mut alike: FxHashMap<NodeOrdinal, u64> = FxHashMap::default();
    for &context in &found {
        if let Some(scope) = scope_of(heap, context) {
            *alike.entry(scope).or_default() += 1;
        }
    }
    let context_count = found.len() as u64;
    let key = |&node: &NodeOrdinal| (Reverse(heap.retained(node)), node);
    let first = smallest(found, options.top, key).into_iter();
    let entries = first.map(|context| {
        let alike = scope_of(heap, context).and_then(|scope| alike.get(&scope).copied());
        entry(heap, &closures, context, alike)
    });
    Ok(ScopesAnswer {
        snapshot: heap.info(),
        context_count,
        scopes: entries.collect(),
    })
}

/// V8's description of the scope whose variables a context has.
fn scope_of(heap: &Heap<'_>, context: NodeOrdinal) -> Option<NodeOrdinal> {
    Words::follow(heap.snapshot(), context, &heap.words().scope_info)
}

/// The variables that a program has named: V8's own have a dot, such as `.generator_object`.
fn variables<'a>(heap: &'a Heap<'_>, context: NodeOrdinal) -> impl Iterator<Item = Edge> + 'a {
    let snapshot = heap.snapshot();
    snapshot.edges(context).filter(move |edge| {
        let is_named = || {
            let first = snapshot.strings().head(StringIndex(edge.name_or_index));
            !matches!(first.first(), None | Some(b'.' | b'"'))
        };
        edge.edge_type == EdgeType::Context && is_named()
    })
}

/// Which closures have which context.
struct Closures {
    /// The first closure of each context, and how many there are.
    of_context: FxHashMap<NodeOrdinal, (NodeOrdinal, u64)>,
    /// Contexts that closures of Node's own modules have, and those around them.
    is_internal: Bits,
}

impl Closures {
    fn of(heap: &Heap<'_>) -> Self {
        let (snapshot, words) = (heap.snapshot(), heap.words());
        let mut closures = Self {
            of_context: FxHashMap::default(),
            is_internal: Bits::new(snapshot.node_count()),
        };
        let mut internal_scripts: FxHashMap<u32, bool> = FxHashMap::default();
        for node in snapshot.ordinals() {
            if snapshot.node_type(node) != NodeType::Closure {
                continue;
            }
            let Some(context) = Words::follow(snapshot, node, &words.context) else {
                continue;
            };
            closures.of_context.entry(context).or_insert((node, 0)).1 += 1;
            let is_internal = snapshot.location(node).is_some_and(|location| {
                let script = location.script_id;
                *internal_scripts.entry(script).or_insert_with(|| {
                    let name = heap.script_name(script);
                    name.is_some_and(|name| is_internal(&name))
                })
            });
            let mut next = Some(context).filter(|_| is_internal);
            while let Some(context) = next
                && closures.is_internal.insert(context.0)
            {
                next = Words::follow(snapshot, context, &words.previous);
            }
        }
        closures
    }
}

fn entry(
    heap: &Heap<'_>,
    closures: &Closures,
    context: NodeOrdinal,
    alike: Option<u64>,
) -> ScopeEntry {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    let around = Words::follow(snapshot, context, &words.previous)
        .filter(|&around| !words.native_context.is(snapshot.name_index(around).0));
    let holders = closures.of_context.get(&context).copied();
    let closure = holders.map(|(first, _)| first);
    let all: Vec<Edge> = variables(heap, context).collect();
    let variable_count = all.len() as u64;
    let key = |edge: &Edge| {
        (
            Reverse(heap.retained(edge.to)),
            Reverse(heap.shallow(edge.to)),
        )
    };
    let first = smallest(all, MOST_VARIABLES, key).into_iter();
    ScopeEntry {
        id: snapshot.id(context).0,
        shallow_bytes: heap.shallow(context),
        retained_bytes: heap.retained(context),
        distance: heap.distance(context),
        around: around.map(|around| snapshot.id(around).0),
        alike,
        closure_count: holders.map_or(0, |(_, count)| count),
        name: closure.map_or_else(String::new, |closure| snapshot.name(closure).into_owned()),
        position: closure
            .and_then(|closure| snapshot.location(closure))
            .map(|location| heap.position(location)),
        variable_count,
        variables: first
            .map(|edge| ScopeVariable {
                name: snapshot.edge_name(&edge).into_owned(),
                value: heap.object_ref(edge.to),
                retained_bytes: heap.retained(edge.to),
            })
            .collect(),
    }
}
